"""Is this value valid for its field?

Each check takes a value (never null) and returns None or what is wrong with it.
Source: the types, formats and descriptions of Klaviyo's endpoint descriptions; RFC 3339 for
`date-time`, E.164 for phone numbers, ISO 4217 for currencies. For emails, the standards allow more
than Klaviyo takes; required here are one `@`, no blanks, and a domain with a dot.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeAlias

from walkeros_klaviyo.core.klaviyo.currencies import CURRENCIES

Check: TypeAlias = Callable[[Any], str | None]

_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]{1,64}"
    r"@(?=.{4,255}\Z)(?:[^\s@.,;:<>()\[\]\\\"/]{1,63}\.)+[^\s@.,;:<>()\[\]\\\"/]{2,63}"
)
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def string(value: Any) -> str | None:
    """A string; nothing is converted to one."""
    return None if isinstance(value, str) else f"must be a string, not {kind(value)}."


def boolean(value: Any) -> str | None:
    """True or false; 0 and 1 are numbers."""
    return None if isinstance(value, bool) else f"must be a boolean, not {kind(value)}."


def number(value: Any) -> str | None:
    """A finite number; true is not one.

    >>> number(True)
    'must be a number, not a boolean.'
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"must be a number, not {kind(value)}."
    if isinstance(value, float) and not math.isfinite(value):
        return "must be a finite number."
    return None


def number_or_string(value: Any) -> str | None:
    """A coordinate may be written either way."""
    return None if isinstance(value, str) else number(value)


def mapping(value: Any) -> str | None:
    """An object with any keys."""
    return None if isinstance(value, dict) else f"must be an object, not {kind(value)}."


def email(value: Any) -> str | None:
    """An email address, by its shape.

    >>> email("ada@example.com") is None
    True
    >>> email("ada@example")
    'is not a valid email address.'
    """
    if not isinstance(value, str):
        return string(value)
    good = _EMAIL.fullmatch(value) and not value.isspace()
    local = value.split("@", 1)[0]
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    return None if good and not dots else "is not a valid email address."


def phone_number(value: Any) -> str | None:
    """E.164: a plus, a country code that does not start with 0, at most 15 digits.

    >>> phone_number("+15005550006") is None
    True
    """
    if not isinstance(value, str):
        return string(value)
    return None if _PHONE.fullmatch(value) else "is not a phone number in E.164 format."


def currency(value: Any) -> str | None:
    """An ISO 4217 code in upper case."""
    if not isinstance(value, str):
        return string(value)
    return None if value in CURRENCIES else "is not an ISO 4217 currency code."


def date_time(value: Any) -> str | None:
    """RFC 3339: date, `T`, time, and an offset.

    >>> date_time("2022-11-08T00:00:00+00:00") is None
    True
    >>> date_time("2022-11-08")
    'is not a date-time (RFC 3339), such as 2022-11-08T00:00:00Z.'
    """
    if not isinstance(value, str):
        return string(value)
    if instant(value) is None:
        return "is not a date-time (RFC 3339), such as 2022-11-08T00:00:00Z."
    return None


def full_date(value: Any) -> str | None:
    """RFC 3339 `full-date`."""
    if not isinstance(value, str):
        return string(value)
    try:
        good = bool(_DATE.fullmatch(value)) and date.fromisoformat(value) is not None
    except ValueError:
        good = False
    return None if good else "is not a date, such as 1990-12-31."


def one_of(*names: str) -> Check:
    """One of these words, spelled exactly."""

    def check(value: Any) -> str | None:
        return None if value in names else f"must be one of {', '.join(names)}."

    return check


def instant(text: str) -> float | None:
    """A date-time as seconds since 1970; None if it is not one.

    >>> instant("1970-01-01T00:00:01.5Z")
    1.5
    >>> instant("2023-02-29T00:00:00Z") is None
    True
    """
    if _TIME.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.upper()).timestamp()
    except (ValueError, OverflowError):
        return None


def kind(value: Any) -> str:
    """The name of a JSON value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "an object"
