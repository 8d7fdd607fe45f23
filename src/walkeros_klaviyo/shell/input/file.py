"""How far was an input read, and where does reading continue?

A file is recognised by its first line, so it may grow, be renamed or be rotated. Its position
carries a digest of everything before it: a file changed there is read again from the start, which
is harmless, because events keep their unique_id. A pipe has no position.
"""

from __future__ import annotations

import os
import re
import stat
import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from contextlib import suppress
from gzip import GzipFile
from hashlib import blake2b
from typing import IO, Any, Final

from attrs import define, evolve, field

from .line import MAX_LINE
from .lines import Found, begins_array, read_lines
from .position import Position

_CHUNK: Final = 1 << 20
_LINE_END: Final = re.compile(rb"[ \t\r]*\n")


Read = Callable[[int, int], bytes]
"""(size, offset) -> bytes of the input."""


@define(eq=False)
class Reading:
    """An input being read: what precedes `offset` is hashed, and is `line` lines long.

    `note` says what the user should know about where reading begins.
    """

    read: Read
    names: tuple[str, ...]
    offset: int = 0
    line: int = 0
    note: str = ""
    size: int | None = None
    """The input's size in bytes when it was opened, if known."""
    _hashed: Any = field(factory=lambda: blake2b(digest_size=16), init=False, repr=False)

    def see(self, passed: bytes, line: int) -> None:
        """Move on past these bytes, to this line number."""
        self._hashed.update(passed)
        self.offset += len(passed)
        self.line = line

    @property
    def position(self) -> Position:
        """The current position."""
        return self.mark()()

    def mark(self) -> Callable[[], Position]:
        """A function for the current position, since computing it for every line is expensive."""
        offset, line, hashed = self.offset, self.line, self._hashed.copy()
        return lambda: Position(offset, line, hashed.hexdigest())

    def lines(self, stream: IO[bytes]) -> Iterator[Found]:
        """Every line from here on, moving past each as it is yielded."""
        is_array = self.offset > 0 and self.is_array
        return read_lines(stream, self.line, self.offset, is_array, self.see)

    @property
    def is_array(self) -> bool:
        """Is it one JSON array?"""
        return begins_array(_first_line(self.read).removeprefix(BOM_UTF8))

    def go_on(self, position: Position) -> bool:
        """Move to a position, if the input is unchanged up to there."""
        self._see_to(position.offset)
        self.line = position.line
        if self.position != position:
            return False
        self._pass_line_end()
        return True

    def _see_to(self, offset: int) -> None:
        while self.offset < offset:
            found = self.read(min(_CHUNK, offset - self.offset), self.offset)
            if not found:
                return
            self.see(found, self.line)

    def _pass_line_end(self) -> None:
        """Skip a line ending that was written after its line was read."""
        if self.is_array:
            return
        before = self.read(1, self.offset - 1) if self.offset else b"\n"
        end = _LINE_END.match(self.read(1_000, self.offset))
        if before != b"\n" and end is not None:
            self._see_to(self.offset + end.end())


def reading_of(stream: IO[bytes]) -> Reading | None:
    """An input whose position can be kept; None for a pipe, or one that was partly read already.

    It is recognised by its first line with its path, since several files may begin alike, and by
    the first line alone, since it may be renamed. An empty file has no position.
    """
    try:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode) or stream.tell() != 0:
            return None
    except (OSError, ValueError, AttributeError):
        return None
    place = str(getattr(stream, "name", ""))
    is_packed = isinstance(stream, GzipFile)
    if is_packed and not place:
        return None
    read = _unpacked(place) if is_packed else _at(stream.fileno())
    first = _first_line(read)
    if not first:
        return None
    here = os.path.realpath(place) if not place.isdigit() else ""
    names = (_digest(first + b"\0" + os.fsencode(here)), _digest(first))
    return Reading(read, names, size=None if is_packed else found.st_size)


def _at(file: int) -> Read:
    return lambda size, offset: os.pread(file, size, offset)


def _unpacked(place: str) -> Read:
    """Opens the file anew: an unpacked stream can only be read forwards."""
    file = GzipFile(place)

    def read(size: int, offset: int) -> bytes:
        found = b""
        with suppress(EOFError, OSError, zlib.error):  # the main reader reports it
            file.seek(offset)
            while len(found) < size and (more := file.read1(size - len(found))):
                found += more
        return found

    return read


def _first_line(read: Read) -> bytes:
    """The first line that is not blank; empty if there is none."""
    head, size = b"", 1 << 14
    while size <= 4 * MAX_LINE:
        head = read(size, 0)
        rest = head.lstrip()
        if b"\n" in rest or len(head) < size:
            return rest.partition(b"\n")[0].strip()
        size *= 4
    return head.strip()


def _digest(text: bytes) -> str:
    return blake2b(text, digest_size=16).hexdigest()


def begin(
    stream: IO[bytes],
    known: Callable[[str], Position | None],
    reading: Reading,
    is_again: bool = False,
) -> Reading:
    """Position the stream after what was accepted, or at the start if new or `is_again`.

    `known` returns the position kept under a name.
    """
    names = reading.names
    positions = [found for found in map(known, names) if found is not None and found.offset]
    for position in sorted(positions, key=lambda one: -one.offset):
        if is_again:
            reading.note = (
                f"{position.line:,} lines were accepted before; it is read from the start all the "
                "same, and Klaviyo keeps the first of each unique_id"
            )
            break
        tried = evolve(reading)
        if tried.go_on(position):
            reading = tried
            reading.note = f"{position.line:,} lines were accepted before; going on after them"
            break
    else:
        if known(names[0]) is not None:
            reading.note = (
                "what was accepted of the file before has changed since, so it is read from the "
                "start; Klaviyo keeps the first of each unique_id"
            )
    stream.seek(reading.offset)
    return reading
