"""How far was the input read, and where does it go on?

A file is known by its first line, so it may grow, be renamed or rotated. Its position carries a
digest of everything before it: what was changed there is read again from the start, which Klaviyo
takes once all the same, for an event keeps its unique_id. A pipe has no position.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from hashlib import blake2b
from typing import IO, Any, Final

from attrs import define, field

from .line import MAX_LINE, Line
from .position import Position

_CHUNK: Final = 1 << 20
_LINE_END: Final = re.compile(rb"[ \t\r]*\n")


@define
class Reading:
    """A file that is being read: everything before `offset` is hashed, `line` lines stand there.

    `note` says what a person should know of where it begins.
    """

    file: int
    names: tuple[str, ...]
    offset: int = 0
    line: int = 0
    note: str = ""
    _hashed: Any = field(factory=lambda: blake2b(digest_size=16), repr=False)

    def reach(self, line: Line) -> Position:
        """The position after a line of the file."""
        self._hash_to(line.end)
        self.line = line.number
        return self.position

    @property
    def position(self) -> Position:
        """Where it stands."""
        return Position(self.offset, self.line, self._hashed.hexdigest())

    def _hash_to(self, offset: int) -> None:
        while self.offset < offset:
            found = os.pread(self.file, min(_CHUNK, offset - self.offset), self.offset)
            if not found:
                return
            self._hashed.update(found)
            self.offset += len(found)

    def go_on(self, position: Position) -> bool:
        """Go to a position, if the file is the same up to there."""
        self._hash_to(position.offset)
        self.line = position.line
        if self.position != position:
            return False
        self._pass_line_end()
        return True

    def _pass_line_end(self) -> None:
        """A last line may have been read before its end was written; that is no line of its own."""
        before = os.pread(self.file, 1, self.offset - 1) if self.offset else b"\n"
        end = _LINE_END.match(os.pread(self.file, 1_000, self.offset))
        if before != b"\n" and end is not None:
            self._hash_to(self.offset + end.end())


def names_of(stream: IO[bytes]) -> tuple[int, tuple[str, ...]] | None:
    """A file's number and the names under which its position is kept; None for what is no file.

    By its first line and its place, for several files may begin alike; and by the first line
    alone, for it may be renamed. An empty file has nothing to go on from.
    """
    try:
        file = stream.fileno()
        if not stat.S_ISREG(os.fstat(file).st_mode) or stream.tell() != 0:
            return None
    except (OSError, ValueError, AttributeError):
        return None
    first = _first_line(file)
    if not first:
        return None
    place = str(getattr(stream, "name", ""))
    here = os.path.realpath(place) if not place.isdigit() else ""
    return file, (_digest(first + b"\0" + os.fsencode(here)), _digest(first))


def _first_line(file: int) -> bytes:
    """The first line that is not blank; empty where there is none."""
    head, size = b"", 1 << 14
    while size <= 4 * MAX_LINE:
        head = os.pread(file, size, 0)
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
    named: tuple[int, tuple[str, ...]],
) -> Reading:
    """Where to read from: after what was accepted, or from the start; the stream stands there.

    `known` tells the position that is kept under a name.
    """
    file, names = named
    positions = [found for found in map(known, names) if found is not None and found.offset]
    reading = Reading(file, names)
    for position in sorted(positions, key=lambda one: -one.offset):
        tried = Reading(file, names)
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
