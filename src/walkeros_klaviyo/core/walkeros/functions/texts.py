"""Functions of one string."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from walkeros_klaviyo.core.walkeros.event import kind_of
from walkeros_klaviyo.core.walkeros.path import ABSENT

from .misfit import Misfit, is_number, no_text

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def text(value: Any) -> Any:
    """A number as a string of plain digits; a string stays as it is.

    >>> text(4107), text(1e-7), text("04107")
    ('4107', '0.0000001', '04107')
    """
    if isinstance(value, str):
        return value
    if not is_number(value):
        return Misfit(f"is {kind_of(value)}, not a string or number")
    if isinstance(value, int):
        return str(value) if abs(value) < 10**400 else Misfit("has more than 400 digits")
    from decimal import Decimal

    written = f"{Decimal(repr(value)):f}"
    return written.rstrip("0").removesuffix(".") if "." in written else written


def lower(value: Any) -> Any:
    """A string in lower case.

    >>> lower("EUR")
    'eur'
    """
    return value.lower() if isinstance(value, str) else no_text(value)


def upper(value: Any) -> Any:
    """A string in upper case.

    >>> upper("eur")
    'EUR'
    """
    return value.upper() if isinstance(value, str) else no_text(value)


def trim(value: Any) -> Any:
    """A string without blanks around it; nothing if it is blank.

    >>> trim(" a "), trim(" ")
    ('a', ABSENT)
    """
    return (value.strip() or ABSENT) if isinstance(value, str) else no_text(value)


def split(value: Any, separator: str) -> Any:
    """The parts of a string, without blanks around them; empty ones are left out.

    >>> split("Men > Shirts >", ">")
    ['Men', 'Shirts']
    """
    if not isinstance(value, str):
        return no_text(value)
    return [part.strip() for part in value.split(separator) if part.strip()] or ABSENT


def query(value: Any, name: str) -> Any:
    """A query parameter of a URL; nothing where it has none of that name.

    >>> query("https://shop.example/?q=Zelt%20gr%C3%BCn&page=2#top", "q")
    'Zelt grün'
    """
    if not isinstance(value, str):
        return no_text(value)
    found = re.search(rf"[?&]{re.escape(name)}=([^&#]*)", value.partition("#")[0])
    if found is None:
        return ABSENT
    written = found[1].replace("+", " ").encode(errors="replace")
    read = re.sub(rb"%([0-9A-Fa-f]{2})", lambda code: bytes([int(code[1], 16)]), written)
    return read.decode(errors="replace") or ABSENT


def url(value: Any) -> Any:
    """A web address (http or https); nothing for any other string.

    >>> url("https://shop.example/"), url("app")
    ('https://shop.example/', ABSENT)
    """
    if not isinstance(value, str):
        return no_text(value)
    return value if re.match(r"https?://[^\s/]", value) else ABSENT


def iso_to_ms(value: Any) -> Any:
    """An ISO 8601 time in milliseconds since 1970; one without a zone is UTC.

    >>> iso_to_ms("2026-10-30T10:00:00+01:00"), iso_to_ms("yesterday").reason
    (1793350800000, 'is not a time such as 2026-10-30T09:00:00Z')
    """
    if not isinstance(value, str):
        return no_text(value)
    try:
        found = datetime.fromisoformat(value.strip())
        zoned = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return (zoned - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return Misfit("is not a time such as 2026-10-30T09:00:00Z")
