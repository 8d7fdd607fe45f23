"""Where does one event end and the next begin?

One event per line or, if the input begins with a bracket, the objects of one JSON array in any
layout. Nothing is decoded here.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from typing import IO, Final

from .line import MAX_LINE

Found = tuple[int, bytes, int, bool]
"""(number, bytes, end offset in the input, whether it is complete)."""
Seen = Callable[[bytes, int], object]
"""Called with each piece of input that was passed, and the number of lines so far."""

_CHUNK: Final = 1 << 16
_BETWEEN: Final = re.compile(rb"[\s,\[\]]*")
"""What may separate the objects of an array."""
_OUTSIDE: Final = re.compile(rb'["{}]')
_WITHIN: Final = re.compile(rb'["\\]')
"""Within a string: its end, or a backslash that escapes the next character."""
_SCALAR: Final = re.compile(rb"[^\s,\[\]]*")


def read_lines(
    stream: IO[bytes],
    number: int = 0,
    offset: int = 0,
    is_array: bool = False,
    seen: Seen = lambda passed, number: None,
) -> Iterator[Found]:
    """Every line that is not blank, without its line ending and a leading BOM.

    `number` lines and `offset` bytes were read before. If it `is_array`, numbers count objects.

    >>> import io
    >>> list(read_lines(io.BytesIO(b'{}\\r\\n\\n[]'))), list(read_lines(io.BytesIO(b'[]')))
    ([(1, b'{}', 4, True), (3, b'[]', 7, False)], [])
    >>> list(read_lines(io.BytesIO(b'[{"a": 1},\\n {"b":\\n 2}]')))
    [(1, b'{"a": 1}', 9, True), (2, b'{"b":\\n 2}', 21, True)]
    """
    if is_array:
        yield from _read_objects(stream, b"", number, offset, seen)
        return
    is_first = offset == 0
    while raw := _beginning(stream) if is_first else stream.readline(MAX_LINE + 1):
        body = raw.removeprefix(BOM_UTF8) if offset == 0 else raw
        if is_first and begins_array(body):
            seen(raw[: len(raw) - len(body)], 0)
            yield from _read_objects(stream, body, 0, offset + len(raw) - len(body), seen)
            return
        if is_first and not raw.endswith(b"\n"):
            raw += stream.readline(MAX_LINE + 1 - len(raw))
            body = raw.removeprefix(BOM_UTF8) if offset == 0 else raw
        is_empty = is_first and _EMPTY.fullmatch(body) is not None
        is_first = is_first and not body.strip()
        number += 1
        offset += len(raw)
        seen(raw, number)
        is_whole = raw.endswith(b"\n")
        if len(raw) > MAX_LINE:
            while not is_whole and (rest := stream.readline(MAX_LINE)):
                seen(rest, number)
                offset += len(rest)  # dropped as too long, but counted
                is_whole = rest.endswith(b"\n")
            yield number, raw, offset, is_whole
            if is_whole:
                continue  # the rest of it was dropped
            return
        body = body.rstrip(b"\r\n")
        if body.strip() and not is_empty:
            yield number, body, offset, is_whole
        if not is_whole:  # whatever is written after it continues this line
            return


def _beginning(stream: IO[bytes]) -> bytes:
    """Enough of the first line to tell whether an array begins: its end may not have come yet."""
    found = b""
    while _UNDECIDED.fullmatch(found) and (byte := stream.readline(1)):
        found += byte
    return found


def begins_array(line: bytes) -> bool:
    """Does it begin an array of objects? Any other bracketed value is an ordinary line.

    >>> [begins_array(one) for one in (b' [{"a": 1}', b"[", b"[]", b"[1]", b"{}")]
    [True, True, False, False, False]
    """
    return _ARRAY.match(line) is not None


_ARRAY: Final = re.compile(rb"\s*\[\s*(?:\{|$)")
_EMPTY: Final = re.compile(rb"\s*\[\s*\]\s*")
"""An export without events."""
_UNDECIDED: Final = re.compile(rb"(?:\xef(?:\xbb\xbf?)?)?[ \t\r]*(?:\[[ \t\r]*)?")


def _read_objects(
    stream: IO[bytes], data: bytes, number: int, offset: int, seen: Seen
) -> Iterator[Found]:
    """The objects of an array, and anything else between them."""
    more: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
    at, gap = 0, b""
    while True:
        between = _BETWEEN.match(data, at)
        begin = at if between is None else between.end()
        seen(data[at:begin], number)
        offset += begin - at
        gap += data[at:begin]
        if begin == len(data):
            data, at = more(_CHUNK), 0
            if not data:
                return
            continue
        scan = _Scan(begin)
        while (end := scan.find(data)) is None and len(data) - begin <= 4 * MAX_LINE:
            chunk = more(max(_CHUNK, (len(data) - begin) // 2))
            if not chunk:
                break
            data, begin, at = data[begin:] + chunk, 0, 0
            scan.moved()
        if end is None:
            end = _next_object(data, begin, gap)
        at = len(data) if end is None else end
        number, offset, gap = number + 1, offset + at - begin, b""
        seen(data[begin:at], number)
        yield number, data[begin:at], offset, end is not None
        if end is None:  # cut off, or longer than an event may be
            return


def _next_object(data: bytes, begin: int, gap: bytes) -> int | None:
    """Where the next object starts a line like this one, which then lacks its end."""
    indent = gap.rpartition(b"\n")[2].strip(b"[,")
    found = re.compile(rb"\n" + re.escape(indent) + rb"\{").search(data, begin)
    return None if found is None else found.start()


class _Scan:
    """Searches for the end of a value, resuming when more input has arrived."""

    def __init__(self, begin: int) -> None:
        self._begin = self._at = begin
        self._depth = 0
        self._is_within = False

    def moved(self) -> None:
        """The data now begins at the value."""
        self._begin, self._at = 0, self._at - self._begin

    def find(self, data: bytes) -> int | None:
        """Where the value ends; None if that is not in the data yet."""
        if data[self._begin] not in b'{"':
            scalar = _SCALAR.match(data, self._begin)
            end = len(data) if scalar is None else scalar.end()
            return end if end < len(data) else None
        while True:
            found = (_WITHIN if self._is_within else _OUTSIDE).search(data, self._at)
            if found is None:
                self._at = max(self._at, len(data))
                return None
            self._at, mark = found.end(), found[0]
            if mark == b"\\":
                self._at += 1
                continue
            if mark == b'"':
                self._is_within = not self._is_within
            else:
                self._depth += 1 if mark == b"{" else -1
            if self._depth <= 0 and not self._is_within:
                return self._at
