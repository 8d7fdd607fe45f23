"""How is an untrusted string displayed safely?

Characters that a terminal obeys, or that reorder the text a reader sees, are escaped.
Source: ECMA-48 (controls), Unicode Standard Annex 9 (bidirectional controls).
"""

from __future__ import annotations

import re
from typing import Final

_OBEYED: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    r"""The string on one line, with control characters escaped as in Python.

    >>> print(visible("order\x1b[2J\ncomplete\u202e"))
    order\x1b[2J\ncomplete\u202e
    """
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def plain_key(key: object) -> str:
    """An object's key, or `…` where it may be somebody's address or number.

    >>> plain_key("color"), plain_key("ada@example.com"), plain_key("c_0049151")
    ('color', '…', '…')
    """
    text = str(key)
    return "…" if _PERSONAL.search(text) else text


_PERSONAL: Final = re.compile(r"@|\d{6}")


def visible_lines(text: str) -> str:
    r"""The same for a string of several lines, which are kept.

    >>> print(visible_lines("two\nlines\r"))
    two
    lines\r
    """
    return "\n".join(map(visible, text.split("\n")))
