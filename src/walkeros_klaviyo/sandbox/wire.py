"""How is JSON read and written, exactly and fast?

orjson turns integers beyond 64 bits into floats, so text with a long run of digits goes to the
standard library. NaN, infinities (also written as 1e999) and unpaired surrogates are refused: they
are not valid JSON (RFC 8259) or UTF-8.
"""

from __future__ import annotations

import json
import math
from typing import Any

import orjson

_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_LONG = b"0" * 19  # the shortest run of digits that may exceed 64 bits

_BREAKS = tuple((chr(code).encode(), f"\\u{code:04x}".encode()) for code in (0x85, 0x2028, 0x2029))


class JsonError(ValueError):
    """The bytes are not valid JSON; the message says why."""


def loads(raw: bytes) -> Any:
    """Parse JSON; every number keeps its value.

    >>> loads(b'{"n": 18446744073709551616}')
    {'n': 18446744073709551616}
    >>> try: loads(b'[1e999]')
    ... except JsonError as error: print(str(error)[:18])
    number is infinity
    """
    try:
        if _LONG not in raw.translate(_ZEROS):
            return orjson.loads(raw)
        return _exact(raw)
    except RecursionError:
        raise JsonError("nested too deeply") from None
    except ValueError as error:
        raise JsonError(str(error)) from None


def dumps(value: Any) -> bytes:
    """Write compact JSON in UTF-8, including integers of any size."""
    try:
        return orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits, or more than 254 levels
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def canonical(value: Any) -> bytes:
    """The same bytes for equal values, whatever the order of keys.

    >>> canonical({"b": 1, "a": 2**70})
    b'{"a":1180591620717411303424,"b":1}'
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # as above
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def one_line(raw: bytes) -> bytes:
    r"""JSON on one line, with values unchanged: JSON strings contain no raw line endings.

    >>> one_line(b'{\n  "a": "x\\n"\r\n}')
    b'{   "a": "x\\n"  }'
    """
    return raw.replace(b"\n", b" ").replace(b"\r", b" ")


def unbroken(line: bytes) -> bytes:
    r"""The same JSON with those characters escaped that some readers take for line breaks.

    >>> unbroken('"a\u2028b"'.encode())
    b'"a\\u2028b"'
    """
    for raw, escaped in _BREAKS:
        line = line.replace(raw, escaped)
    return line


def _exact(raw: bytes) -> Any:
    text = raw.decode("utf-8")
    value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    if "\\u" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise JsonError("a lone surrogate is not a character") from None
    return value


def _refuse_constant(name: str) -> Any:
    raise JsonError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise JsonError("a number is too large for a float")
    return number
