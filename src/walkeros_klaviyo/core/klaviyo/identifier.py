"""Which identifiers are there, and would Klaviyo accept a given value?

To add one, add a row to `IDENTIFIERS` below, a setting to `settings.py` and a code to `codes.py`;
failing tests name the rest. The checks can be used on their own (phone numbers' are in
`phone.py`): each `parse_…` returns what to send and diagnostics, each `read_…` what to send or a
reason. A bad identifier is dropped alone; the others still find the profile.
Source: Klaviyo profile identifiers (`email`, `external_id`, `phone_number`, `_kx`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from math import isfinite
from typing import Final
from unicodedata import combining, normalize

from attrs import frozen

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics
from walkeros_klaviyo.core.walkeros.event import kind_of

from .blank import trimmed, why_empty
from .number import read_number

Judged = tuple[str | None, str]
"""What to send and an empty reason, or None and the reason."""

_EMAIL: Final = (
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"(?:[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{1,59})"
)
_NOBODY: Final = (
    r"[+-]?0*(?:[.,]0*)?(?:e[+-]?\d+)?|0x0+|-0*1(?:[.,]0*)?|\{?0{8}-?0{4}-?0{4}-?0{4}-?0{12}\}?"
)
"""Ids that shops write when nobody is logged in; as an order number they may be real."""
MAX_EMAIL: Final = 100
MAX_EXTERNAL_ID: Final = 255


def parse_email(raw: object) -> tuple[str | None, Diagnostics]:
    """A trimmed email address of valid shape, or None and a diagnostic.

    >>> parse_email(" ada@example.com ")
    ('ada@example.com', ())
    >>> parse_email("ada@@example")[1][0].code
    'email.invalid'
    """
    return parsed("email.invalid", *read_email(raw))


def parse_identifier(raw: object) -> tuple[str | None, Diagnostics]:
    """An external id as a string, or None and a diagnostic; numbers are written as in JavaScript.

    >>> parse_identifier(90210), parse_identifier("undefined")[0]
    (('90210', ()), None)
    """
    return parsed("external-id.invalid", *read_person_id(raw))


def parsed(code: str, text: str | None, reason: str) -> tuple[str | None, Diagnostics]:
    """The result of a check, with its reason as a diagnostic."""
    return text, () if text is not None else (Diagnostic(code, "", reason),)


def read_email(raw: object) -> Judged:
    """A trimmed email address of valid shape, or None and the reason.

    >>> read_email(" ada@example.com ")
    ('ada@example.com', '')
    >>> read_email("ada@@example")
    (None, 'does not look like name@domain.tld')
    """
    if not isinstance(raw, str):
        return None, f"is {kind_of(raw)}, not a string"
    return _email(raw) if len(raw) <= 1_000 else (None, _LONG_EMAIL)


_LONG_EMAIL: Final = f"is longer than {MAX_EMAIL} characters"


@lru_cache(maxsize=4096)
def _email(raw: str) -> tuple[str | None, str]:
    text = trimmed(raw)
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
    if not name.isascii():
        return None, "has a character before the @ that is not ASCII"
    if len(name) > 64 or not re.fullmatch(_EMAIL, text):
        return None, "does not look like name@domain.tld"
    return text, ""


def _ascii_label(label: str) -> str:
    """A domain's label in punycode (IDNA 2008, in which `ß` is not `ss`)."""
    text = normalize("NFC", label.lower())
    if text.isascii():
        return text
    if not all(one.isalnum() or one == "-" or combining(one) for one in text) or text[0] == "-":
        raise UnicodeError("a mark or an invisible character")
    return f"xn--{text.encode('punycode').decode()}"


def read_identifier(raw: object) -> Judged:
    """An id as a string; numbers are written as in JavaScript.

    >>> read_identifier(90210), read_identifier(1.0), read_identifier("us3r")
    (('90210', ''), ('1', ''), ('us3r', ''))
    >>> read_identifier("undefined")
    (None, 'is a placeholder, not an id')
    """
    if isinstance(raw, str):
        reason = why_empty(raw)
        if not reason:
            return raw if raw.isascii() and raw.isalnum() else trimmed(raw), ""
        return None, reason if reason == "is blank" else f"{reason}, not an id"
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None, f"is {kind_of(raw)}, not a string or number"
    if isinstance(raw, float) and not isfinite(raw):
        return None, "is NaN or Infinity"
    return (read_number(raw), "") if abs(raw) < 10**100 else (None, "is too large for an id")


def read_person_id(raw: object) -> Judged:
    """The id of a person or device; one that all guests share, or that is too long, is refused.

    >>> read_person_id("c77"), read_person_id(0)
    (('c77', ''), (None, 'stands for nobody, not an id'))
    """
    if type(raw) is str and len(raw) <= MAX_EXTERNAL_ID:
        return _known_person_id(raw)
    return _person_id(raw)


def _person_id(raw: object) -> Judged:
    text, reason = read_identifier(raw)
    if text is None:
        return None, reason
    if len(text) > MAX_EXTERNAL_ID:
        return None, f"is longer than {MAX_EXTERNAL_ID} characters"
    plain = text if text.isascii() else normalize("NFKC", text).replace("\u2212", "-")
    if plain[0] in "+-0.{" and re.fullmatch(_NOBODY, plain, re.IGNORECASE):
        return None, "stands for nobody, not an id"
    return text, ""


_known_person_id = lru_cache(maxsize=4096)(_person_id)
"""Cached because a person's events come in runs; short strings only, so at most 2 MB."""


def read_kx(raw: object) -> Judged:
    """Klaviyo's exchange id, on its own or in a page's URL; no reason if the URL has none.

    >>> read_kx("https://shop.example/?x=1&_kx=Q9z8.AbC")
    ('Q9z8.AbC', '')
    >>> read_kx("https://shop.example/"), read_kx("about:blank")
    ((None, ''), (None, ''))
    >>> read_kx("Q9z8==.AbC")
    ('Q9z8==.AbC', '')
    """
    text, reason = read_identifier(raw)
    if text is None or not re.search("[/?&#:()]|=[^=.]|%[23]", text):  # an id itself may end in =
        return text, reason
    found = re.search(r"(?:^|[?&#;])_kx=([^&#\s]+)", text)
    if found is None:
        return None, ""
    return read_identifier(
        re.sub("%([0-9A-Fa-f]{2})", lambda code: chr(int(code[1], 16)), found[1])
    )


@frozen
class Identifier:
    """A kind of identifier: the setting that says where to read it, and its field in a call."""

    setting: str
    field: str
    code: str
    """The diagnostic code for an invalid one."""
    read: Callable[[object], Judged] | None
    """Checks a value; None where that needs more, as phone numbers need a country."""
    is_key: bool = True
    """Whether it names a person. Traits sent for a device go to whoever later logs in on it."""


IDENTIFIERS: Final = {
    one.setting: one
    for one in (
        Identifier("external_id", "external_id", "external-id.invalid", read_person_id),
        Identifier("email", "email", "email.invalid", read_email),
        Identifier("phone_number", "phone_number", "phone.invalid", None),
        Identifier("kx", "_kx", "kx.invalid", read_kx),
        # Finds a visitor's profile without naming a customer; never sent as external_id.
        Identifier("anonymous_id", "anonymous_id", "anonymous-id.invalid", read_person_id, False),
    )
}
"""By the setting's Python name, strongest first."""
FIELDS: Final = tuple(one.field for one in IDENTIFIERS.values())
STRENGTH: Final = tuple(one.field for one in IDENTIFIERS.values() if one.is_key)
"""The fields that name a person, strongest first."""
DEVICES: Final = tuple(one.field for one in IDENTIFIERS.values() if not one.is_key)
"""The fields that name a device."""
