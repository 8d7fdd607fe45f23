"""Is a string blank or a placeholder?

Senders, spreadsheets and templates write placeholders for missing values. Taken literally, they
would merge all guests into one person and overwrite what is known.
"""

from __future__ import annotations

import re
from typing import Final

MACHINE_MADE: Final = frozenset(
    "undefined null none nan nat nil n/a na {} [] <na> <null> <nil> [null] (null) (none) (nil) \\n "
    "#n/a #ref! #value! #null! '' \"\" undefined-undefined".split()
) | {"(not set)", "[object object]"}
PLACEHOLDERS: Final = MACHINE_MADE | set("- guest anonymous unknown true false".split())
"""What senders write for a missing value."""
AROUND: Final = "".join(
    map(
        chr,
        (
            *range(33),
            *(0x85, 0xA0, 0xAD, 0x61C, 0x1680, 0x180E, 0x205F, 0x2800, 0x3000, 0x3164, 0xFEFF),
            *range(0x2000, 0x2010),
            *range(0x2028, 0x2030),
            *range(0x2060, 0x2070),
            *range(0xFE00, 0xFE10),
        ),
    )
)
"""Blanks and invisible characters, which copying may leave around a string."""


def trimmed(text: str) -> str:
    """The string without blanks and invisible characters around it.

    >>> trimmed(" Ada\\u200b"), trimmed("Ada Roe ")
    ('Ada', 'Ada Roe')
    """
    is_plain = text.isascii() and text.isprintable()  # then only spaces are possible
    return text.strip(" ") if is_plain else text.strip(AROUND)


def is_blank(text: str) -> bool:
    """Has it no visible character?

    >>> is_blank(" \\u200b"), is_blank("0")
    (True, False)
    """
    return not trimmed(text)


def why_empty(text: str, words: frozenset[str] = PLACEHOLDERS) -> str:
    """Why the string counts as missing; empty if it does not.

    For free text pass MACHINE_MADE: there, `guest` and `true` may be real values.

    >>> why_empty(" \\u200b"), why_empty(" NULL "), why_empty("{{ customer.id }}"), why_empty("Ada")
    ('is blank', 'is a placeholder', 'is a placeholder', '')
    """
    if text.isascii() and text.isalnum():  # most are one word with nothing around it
        return "is a placeholder" if text.lower() in words else ""
    word = trimmed(text).lower()
    if not word:
        return "is blank"
    return "is a placeholder" if word in words or _TEMPLATE(text) else ""


_TEMPLATE: Final = re.compile(r"\{\{|\$\{|%%|<%=").search
"""An unfilled template placeholder."""
