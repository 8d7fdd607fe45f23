"""How far was the input read, and where does it go on?

A file is known by its first line, so it may grow, be renamed or rotated. Its position carries a
digest of everything before it: what was changed there is read again from the start, which Klaviyo
takes once all the same, for an event keeps its unique_id. A pipe has no position.
"""

from __future__ import annotations

import os
import stat
from hashlib import blake2b
from typing import IO, Any, Final

from attrs import define, field

from .intake import MAX_LINE, Line
from .store import Position

_CHUNK: Final = 1 << 20


@define
class Reading:
    """A file that is being read: everything before `offset` is hashed, `line` lines stand there.

    `note` says what a person should know of where it begins.
    """

    file: int
    name: str
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
        after = os.pread(self.file, 2, self.offset)
        if before != b"\n" and after[:1] in (b"\n", b"\r"):
            self._hash_to(self.offset + (2 if after == b"\r\n" else 1))


def name_of(stream: IO[bytes]) -> tuple[int, str] | None:
    """A file's number and the name under which its position is kept; None for what is no file.

    An empty file has no first line yet, and nothing to go on from.
    """
    try:
        file = stream.fileno()
        if not stat.S_ISREG(os.fstat(file).st_mode) or stream.tell() != 0:
            return None
    except (OSError, ValueError, AttributeError):
        return None
    first, size = b"", 1 << 14
    while size <= 2 * MAX_LINE:
        first = os.pread(file, size, 0)
        if b"\n" in first or len(first) < size:
            break
        size *= 4
    first = first.partition(b"\n")[0].strip()
    return (file, blake2b(first, digest_size=16).hexdigest()) if first else None


def begin(stream: IO[bytes], known: Position | None, named: tuple[int, str]) -> Reading:
    """Where to read from: after what was accepted, or from the start; the stream stands there."""
    reading = Reading(*named)
    if known is not None and known.offset:
        if reading.go_on(known):
            reading.note = f"{known.line:,} lines were accepted before; going on after them"
        else:
            reading = Reading(*named)
            reading.note = (
                f"the file has changed within its first {known.line:,} lines, so it is read from "
                "the start; Klaviyo keeps the first of each unique_id"
            )
    stream.seek(reading.offset)
    return reading
