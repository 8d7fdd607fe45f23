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
from typing import Any, Final
from unicodedata import normalize

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics
from walkeros_klaviyo.core.walkeros.event import kind_of

Judged = tuple[str | None, str]
"""What to send and an empty reason, or None and the reason."""

_EMAIL: Final = (
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"(?:[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{1,59})"
)
MACHINE_MADE: Final = frozenset(
    "undefined null none nan nat nil n/a na {} [] <na> <null> <nil> [null] (null) (none) (nil) \\n "
    "#n/a #ref! #value! #null! '' \"\" undefined-undefined".split()
) | {"(not set)", "[object object]"}
PLACEHOLDERS: Final = MACHINE_MADE | set("- guest anonymous unknown true false".split())
"""What senders write where something is missing; taken as an id, it would merge everybody."""
_NOBODY: Final = r"[+-]?0*(?:\.0*)?|0x0+|-1(?:\.0*)?|0{8}-0{4}-0{4}-0{4}-0{12}"
"""What shops write where nobody is logged in; as an order's number it may be a real one."""
AROUND: Final = "".join(
    map(
        chr,
        (
            *range(33),
            *(0x85, 0xA0, 0xAD, 0x1680, 0x180E, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF),
            *range(0x2000, 0x2010),
            *range(0x2060, 0x2065),
        ),
    )
)
"""Blanks and invisible characters, which may stand around anything that was copied."""
MAX_EMAIL: Final = 100
MAX_EXTERNAL_ID: Final = 255

MIN_PHONE_DIGITS: Final = 7
"""The shortest numbers in use, country code included (Niue, Saint Helena); less is an extension
or a placeholder, which some countries' plans would let pass as possible."""

MAX_PHONE_DIGITS: Final = 15
"""E.164's own limit."""


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
    return _parsed("external-id.invalid", *read_person_id(raw))


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
    return _email(raw) if len(raw) <= 1_000 else (None, _LONG_EMAIL)


_LONG_EMAIL: Final = f"is longer than {MAX_EMAIL} characters"


@lru_cache(maxsize=4096)
def _email(raw: str) -> tuple[str | None, str]:
    text = raw.strip(AROUND)
    name, at, domain = text.rpartition("@")
    if at and not domain.isascii():
        try:
            text = f"{name}@{'.'.join(map(_ascii_label, domain.split('.')))}"
        except UnicodeError:
            return None, "has an impossible domain"
    if len(text) > MAX_EMAIL:
        return None, _LONG_EMAIL
    if "**" in name:
        return None, "is masked"
    if len(name) > 64 or not re.fullmatch(_EMAIL, text):
        return None, "has no shape like name@domain.tld"
    return text, ""


def _ascii_label(label: str) -> str:
    """A domain's label in punycode (IDNA 2008: `ß` is a letter of its own, and not `ss`)."""
    text = normalize("NFC", label.lower())
    return text if text.isascii() else f"xn--{text.encode('punycode').decode()}"


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

    text = re.sub(r"(?<=\d)\.0$", "", raw.strip(AROUND))  # a column of numbers, written as text
    if "*" in text or re.search(r"[xX•#]{2}", text):
        return None, "is masked"
    if re.search(r"[A-Za-z]{3}", re.sub(r"(?i)ext\.?n?|tel:?", "", text)):
        return None, "is no number"
    if re.fullmatch(r"\d+(?:[.,]\d+)?[eE]\+?\d+", text):
        return None, "is in scientific notation, and has lost its digits"
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            if region is None and not text.startswith("+"):
                return None, "has no country code, and no phoneRegion is set"
            return None, "has an unknown country code"
        return None, "is no number"
    if number.extension:
        return None, "has an extension"
    number = _international(text, region) or number
    national = str(number.national_number)
    if number.country_code == 52 and len(national) == 11 and national[0] == "1":
        number.national_number = int(national[1:])  # messengers still write Mexico's old 1
    if len(set(national)) == 1:
        return None, "is one digit again and again"
    found: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    length = phonenumbers.is_possible_number_with_reason(number)
    if length == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return None, "lacks its area code"
    fits = MIN_PHONE_DIGITS < len(found) <= MAX_PHONE_DIGITS + 1
    if not fits or length != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None, "has an impossible length for its country"
    return found, ""


def _international(text: str, region: str | None) -> Any:
    """A valid number that begins with its region's country code, only without the plus."""
    import phonenumbers

    if region is None or text.startswith(("+", "0")):
        return None
    digits = re.sub(r"\D", "", text)
    if not digits.startswith(str(phonenumbers.country_code_for_region(region))):
        return None
    try:
        number = phonenumbers.parse(f"+{digits}", region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


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
        return _known_identifier(raw) if len(raw) <= 1_000 else _identifier(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None, f"is {kind_of(raw)}, not a text or number"
    if isinstance(raw, float) and not isfinite(raw):
        return None, "is NaN or Infinity"
    return (read_number(raw), "") if abs(raw) < 10**100 else (None, "is no number for an id")


def read_number(raw: float) -> str:
    """A finite number as text.

    >>> read_number(25555), read_number(4.0)
    ('25555', '4')
    """
    return str(raw) if isinstance(raw, int) else _number_text(raw)


def _identifier(raw: str) -> tuple[str | None, str]:
    bare = raw.strip(AROUND)
    if bare.lower() in PLACEHOLDERS or is_template(bare):
        return None, "is a placeholder, not an id"
    return (bare, "") if bare else (None, "is blank")


_known_identifier = lru_cache(maxsize=4096)(_identifier)


def is_template(text: str) -> bool:
    """Is it a place in a template that nobody has filled?

    >>> is_template("{{ customer.id }}"), is_template("Ada")
    (True, False)
    """
    return any(mark in text for mark in ("{{", "${", "%%", "<%="))


def read_person_id(raw: object) -> Judged:
    """A person's or a device's id: none that all guests would share, nor one that is too long.

    >>> read_person_id("c77"), read_person_id(0)
    (('c77', ''), (None, 'stands for nobody, not an id'))
    """
    text, reason = read_identifier(raw)
    if text is None:
        return None, reason
    if len(text) > MAX_EXTERNAL_ID:
        return None, f"is longer than {MAX_EXTERNAL_ID} characters"
    if text[0] in "+-0." and re.fullmatch(_NOBODY, text, re.IGNORECASE):
        return None, "stands for nobody, not an id"
    return text, ""


def read_kx(raw: object) -> Judged:
    """Klaviyo's exchange id, by itself or in the address of a page; None without a reason if the
    page has none.

    >>> read_kx("https://shop.example/?x=1&_kx=Q9z8.AbC")
    ('Q9z8.AbC', '')
    >>> read_kx("https://shop.example/")
    (None, '')
    >>> read_kx("Q9z8==.AbC")
    ('Q9z8==.AbC', '')
    """
    text, reason = read_identifier(raw)
    if text is None or not re.search("[/?&#]|=[^=.]", text):  # an id itself may end in =
        return text, reason
    found = re.search(r"(?:^|[?&#])_kx=([^&#\s]+)", text)
    if found is None:
        return None, ""
    return _identifier(re.sub("%([0-9A-Fa-f]{2})", lambda code: chr(int(code[1], 16)), found[1]))


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
