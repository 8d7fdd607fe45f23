"""How are results written as JSON lines?

Numbers keep their value: orjson is used where it is exact, else the standard library. Characters
that a terminal would obey (`core.shown`) are escaped, since lines may be printed to one.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import orjson

_OBEYED: Final = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]"
)
"""The control characters that JSON does not escape, in UTF-8."""
_LEADS: Final = (b"\xc2", b"\xd8", b"\xe2")
"""Their first bytes: few lines contain one, and searching for them is ten times faster."""


def to_line(value: Any) -> bytes:
    """A JSON value as a line of UTF-8 for printing.

    >>> to_line({"name": "Größe", "big": 10**30})
    b'{"name":"Gr\\xc3\\xb6\\xc3\\x9fe","big":1000000000000000000000000000000}\\n'
    >>> to_line("\\x1b \\x9b \\u202e")
    b'"\\\\u001b \\\\u009b \\\\u202e"\\n'
    """
    line = _written(value)
    if b"\x7f" in line or (not line.isascii() and any(lead in line for lead in _LEADS)):
        return _OBEYED.sub(lambda found: b"\\u%04x" % ord(found[0].decode()), line)
    return line


def to_json(value: Any) -> bytes:
    """A JSON value as UTF-8 without a line ending, for sending.

    >>> to_json({"a": 1.5})
    b'{"a":1.5}'
    """
    return _written(value)[:-1]


def _written(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # integers beyond 64 bits, unpaired surrogates, great depth
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        try:
            return text.encode() + b"\n"
        except UnicodeEncodeError:
            return json.dumps(value, separators=(",", ":")).encode() + b"\n"
