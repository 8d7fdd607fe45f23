"""How are results written as JSON lines?

Numbers keep their value: orjson where it is exact, the standard library where it is not.
"""

from __future__ import annotations

import json
from typing import Any

import orjson


def to_json(value: Any) -> bytes:
    """One JSON value as UTF-8, without a line end.

    >>> to_json({"a": 1.5})
    b'{"a":1.5}'
    """
    return to_line(value)[:-1]


def to_line(value: Any) -> bytes:
    """One JSON value as a line of UTF-8.

    >>> to_line({"name": "Größe", "big": 10**30})
    b'{"name":"Gr\\xc3\\xb6\\xc3\\x9fe","big":1000000000000000000000000000000}\\n'
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # integers beyond 64 bits, half characters, great depth
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        try:
            return text.encode() + b"\n"
        except UnicodeEncodeError:
            return json.dumps(value, separators=(",", ":")).encode() + b"\n"
