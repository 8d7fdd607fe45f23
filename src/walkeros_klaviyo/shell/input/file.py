"""How far was the input read, and where does it go on?

A file is known by its first line, so it may grow, be renamed or rotated. Its position carries a
digest of everything before it: what was changed there is read again from the start, which Klaviyo
takes once all the same, for an event keeps its unique_id. A pipe has no position.
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
"""So many bytes of the input, at an offset."""


@define(eq=False)
class Reading:
    """An input that is being read: what lies before `offset` is hashed, `line` lines stand there.

    `note` says what a person should know of where it begins.
    """

    read: Read
    names: tuple[str, ...]
    offset: int = 0
    line: int = 0
    note: str = ""
    size: int | None = None
    """Bytes that there were at its opening, where that is known."""
    _hashed: Any = field(factory=lambda: blake2b(digest_size=16), init=False, repr=False)

    def see(self, passed: bytes, line: int) -> None:
        """It was read so much further, up to so many lines."""
        self._hashed.update(passed)
        self.offset += len(passed)
        self.line = line

    @property
    def position(self) -> Position:
        """Where it stands."""
        return self.mark()()

    def mark(self) -> Callable[[], Position]:
        """Where it stands now, to be asked for later, if at all: each line may be the last."""
        offset, line, hashed = self.offset, self.line, self._hashed.copy()
        return lambda: Position(offset, line, hashed.hexdigest())

    def lines(self, stream: IO[bytes]) -> Iterator[Found]:
        """Every line from here on; it stands behind each one that is given."""
        is_array = self.offset > 0 and self.is_array
        return read_lines(stream, self.line, self.offset, is_array, self.see)

    @property
    def is_array(self) -> bool:
        """Is it one JSON array?"""
        return begins_array(_first_line(self.read).removeprefix(BOM_UTF8))

    def go_on(self, position: Position) -> bool:
        """Go to a position, if the input is the same up to there."""
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
        """A last line may have been read before its end was written; that is no line of its own."""
        if self.is_array:
            return
        before = self.read(1, self.offset - 1) if self.offset else b"\n"
        end = _LINE_END.match(self.read(1_000, self.offset))
        if before != b"\n" and end is not None:
            self._see_to(self.offset + end.end())


def reading_of(stream: IO[bytes]) -> Reading | None:
    """An input of which the place is kept; None for a pipe, or what was read in part already.

    It is known by its first line and its place, for several files may begin alike; and by the
    first line alone, for it may be renamed. An empty file has nothing to go on from.
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
    """A handle of its own: what is unpacked can only be read onwards."""
    file = GzipFile(place)

    def read(size: int, offset: int) -> bytes:
        found = b""
        with suppress(EOFError, OSError, zlib.error):  # whoever reads it to its end is told
            file.seek(offset)
            while len(found) < size and (more := file.read1(size - len(found))):
                found += more
        return found

    return read


def _first_line(read: Read) -> bytes:
    """The first line that is not blank; empty where there is none."""
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
    """Where to read from: after what was accepted, or from the start; the stream stands there.

    `known` tells the position that is kept under a name. If it `is_again`, from the start.
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
