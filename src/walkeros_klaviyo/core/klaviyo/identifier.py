"""Is this an identifier that Klaviyo would take?

Judges of raw values, usable alone: email, phone number, external id. Each `parse_…` returns what
to send and diagnostics, each `read_…` (for the stages) what to send or a reason. A bad identifier
is dropped alone; the others still find the profile.
Source: Klaviyo profile identifiers (`email`, `phone_number` in E.164, `external_id`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite
from typing import Final

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics
from walkeros_klaviyo.core.walkeros.event import kind_of

Judged = tuple[str | None, str]
"""What to send and an empty reason, or None and the reason."""

_EMAIL: Final = (
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"(?:[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{1,59})"
)
PLACEHOLDERS: Final = frozenset({"undefined", "null", "none", "nan", "[object object]"})
"""What broken senders write where an id is missing; taken as an id, it would merge everybody."""

MIN_PHONE_DIGITS: Final = 7
"""The shortest numbers in use, country code included (Niue, Saint Helena); less is an extension
or a placeholder, which some countries' plans would let pass as possible."""

MAX_PHONE_DIGITS: Final = 15
"""E.164's own limit."""

_SUSPICIOUS: Final = frozenset("uUnN[")
"""How a placeholder may begin; any other id needs no closer look."""


def parse_email(raw: object) -> tuple[str | None, Diagnostics]:
    """A trimmed address of valid shape, or None and why.

    >>> parse_email(" ada@example.com ")
    ('ada@example.com', ())
    >>> parse_email("ada@@example")[1][0].code
    'email.invalid'
    """
    return _parsed("email.invalid", *read_email(raw))


def parse_phone(raw: object, region: str | None = None) -> tuple[str | None, Diagnostics]:
    """A possible number in E.164, national ones read by region, or None and why.

    >>> parse_phone("0151 23456789", "DE")
    ('+4915123456789', ())
    >>> print(parse_phone("0151 23456789")[1][0])
    has no country code, and no phoneRegion is set
    """
    return _parsed("phone.invalid", *read_phone(raw, region))


def parse_identifier(raw: object) -> tuple[str | None, Diagnostics]:
    """An external id as text, or None and why; numbers become texts as JavaScript's would.

    >>> parse_identifier(90210), parse_identifier("undefined")[0]
    (('90210', ()), None)
    """
    return _parsed("external-id.invalid", *read_identifier(raw))


def _parsed(code: str, text: str | None, reason: str) -> tuple[str | None, Diagnostics]:
    return text, () if text is not None else (Diagnostic(code, "", reason),)


def read_email(raw: object) -> Judged:
    """A trimmed address of valid shape, or None and the reason.

    >>> read_email(" ada@example.com ")
    ('ada@example.com', '')
    >>> read_email("ada@@example")
    (None, 'has no shape like name@domain.tld')
    """
    if not isinstance(raw, str):
        return None, f"is {kind_of(raw)}, not a text"
    return _email(raw) if len(raw) <= 1_000 else (None, "is longer than 254 characters")


@lru_cache(maxsize=4096)
def _email(raw: str) -> tuple[str | None, str]:
    text = raw.strip()
    if len(text) > 254:
        return None, "is longer than 254 characters"
    if len(text.partition("@")[0]) > 64 or not re.fullmatch(_EMAIL, text):
        return None, "has no shape like name@domain.tld"
    return text, ""


def read_phone(raw: object, region: str | None = None) -> Judged:
    """A possible number in E.164, national ones read by region, or None and the reason.

    Possible counts, not valid: valid would refuse test numbers such as +15551234567.

    >>> read_phone("0151 23456789", "DE")
    ('+4915123456789', '')
    >>> read_phone("0151 23456789")
    (None, 'has no country code, and no phoneRegion is set')
    """
    whole = isinstance(raw, int | float) and not isinstance(raw, bool) and raw == raw // 1
    if isinstance(raw, int | float) and whole and 0 < raw < 10**15:
        raw = _number_text(float(raw))
    if not isinstance(raw, str):
        return None, f"is {kind_of(raw)}, not a text"
    if region is not None and not is_phone_region(region.upper()):
        return None, "cannot be read: phoneRegion is no country code such as DE"
    code = None if region is None else region.upper()
    return _phone(raw, code) if len(raw) <= 100 else (None, "is no number")


@lru_cache(maxsize=4096)
def _phone(raw: str, region: str | None) -> tuple[str | None, str]:
    import phonenumbers  # 20 ms; only who maps a phone number pays

    try:
        number = phonenumbers.parse(raw.strip(), region)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            if region is None and not raw.strip().startswith("+"):
                return None, "has no country code, and no phoneRegion is set"
            return None, "has an unknown country code"
        return None, "is no number"
    if number.extension:
        return None, "has an extension"
    text: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    fits = MIN_PHONE_DIGITS < len(text) <= MAX_PHONE_DIGITS + 1
    if not fits or not phonenumbers.is_possible_number(number):
        return None, "has an impossible length for its country"
    return text, ""


def is_phone_region(code: str) -> bool:
    """Is it a country code that has phone numbers?

    >>> is_phone_region("DE"), is_phone_region("XX")
    (True, False)
    """
    import phonenumbers

    return code in phonenumbers.SUPPORTED_REGIONS


def read_identifier(raw: object) -> Judged:
    """An id as text: numbers become texts, as JavaScript would write them.

    >>> read_identifier(90210), read_identifier(1.0), read_identifier("us3r")
    (('90210', ''), ('1', ''), ('us3r', ''))
    >>> read_identifier("undefined")
    (None, 'is a placeholder, not an id')
    """
    if isinstance(raw, str):
        if raw and raw[0] not in _SUSPICIOUS and not raw[0].isspace():
            return raw, ""
        bare = raw.strip().lower()
        if bare in PLACEHOLDERS:
            return None, "is a placeholder, not an id"
        return (raw, "") if bare else (None, "is blank")
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None, f"is {kind_of(raw)}, not a text or number"
    if isinstance(raw, int):
        return (str(raw), "") if abs(raw) < 10**100 else (None, "is no number for an id")
    return (_number_text(raw), "") if isfinite(raw) else (None, "is NaN or Infinity")


def _number_text(number: float) -> str:
    """JavaScript's text of a number: no `.0`, exponents only from 1e21 and below 1e-6.

    >>> _number_text(1e16), _number_text(0.00001), _number_text(1e-7), _number_text(-0.0)
    ('10000000000000000', '0.00001', '1e-7', '0')
    """
    if number.is_integer() and abs(number) < 1e21:
        return str(int(number))
    text = repr(number)
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    power = int(exponent)
    if -7 < power < 0:
        digits = mantissa.replace(".", "").lstrip("-")
        return ("-" if number < 0 else "") + "0." + "0" * (-power - 1) + digits
    return f"{mantissa}e{power:+}"
