"""How are pipes, terminals and sockets read and written, which may block?

Only the reading thread waits for a slow writer, and closing never does. If a process that shares
the descriptor made it non-blocking, we wait for it and leave its mode alone.
"""

from __future__ import annotations

import io
import select
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from gzip import BadGzipFile, GzipFile
from typing import Any, Final

from walkeros_klaviyo.shell.problem import ProblemError

GZIP: Final = b"\x1f\x8b"
"""The first bytes of gzip, with which no JSON begins."""
CHUNK: Final = 1 << 16
"""Bytes read at once: the capacity of a pipe."""


class Pipe(io.RawIOBase):
    """An input by path, opened at the first read, or by file descriptor, which stays open.

    It can be closed while a read is under way.
    """

    def __init__(self, place: str | int) -> None:
        self._place = place
        self._file: io.FileIO | None = None

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Some bytes, once there are any; 0 at the end."""
        if self._file is None:  # opening a FIFO blocks until it has a writer
            self._file = io.FileIO(self._place, closefd=isinstance(self._place, str))
            if self.closed:  # closed meanwhile; `close` looks for a file only after setting this
                self._file.close()
        while (count := self._file.readinto(buffer)) is None:
            select.select([self._file], [], [])
        return count

    def close(self) -> None:
        """Close it without waiting for a read."""
        super().close()
        if self._file is not None:
            self._file.close()


class Unpacked(GzipFile):
    """A gzip stream; if it is truncated or damaged, DamagedError says so."""

    def readline(self, size: int | None = -1) -> bytes:
        """A line."""
        with _told():
            return super().readline(-1 if size is None else size)

    def read1(self, size: int = -1) -> bytes:
        """Some bytes."""
        with _told():
            return super().read1(size)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise DamagedError("the compressed data is cut off") from None
    except (BadGzipFile, zlib.error):
        raise DamagedError("the compressed data is damaged") from None


class DamagedError(ProblemError):
    """Compressed input cannot be read to its end."""


class Unpacking(io.RawIOBase):
    """An input that may be compressed with gzip, which its first bytes show."""

    def __init__(self, packed: io.RawIOBase) -> None:
        self._raw = packed
        self._packed = io.BufferedReader(packed, CHUNK)
        self._plain: Any = None

    @property
    def closed(self) -> bool:
        """Closed if the stream beneath is."""
        return self._raw.closed

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Some bytes, once there are any; 0 at the end."""
        if self._plain is None:
            is_packed = self._packed.peek(2).startswith(GZIP[:1])
            self._plain = Unpacked(fileobj=self._packed) if is_packed else self._packed
        found: bytes = self._plain.read1(len(buffer))
        buffer[: len(found)] = found
        return len(found)


class Outlet(io.RawIOBase):
    """An output by file descriptor that blocks until everything is written."""

    def __init__(self, number: int) -> None:
        self._file = io.FileIO(number, "w", closefd=False)

    def writable(self) -> bool:
        """It is there to be written to."""
        return True

    def fileno(self) -> int:
        """The file descriptor."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Is it a terminal?"""
        return self._file.isatty()

    def write(self, data: Any) -> int:
        """Write some bytes, waiting until it can take any."""
        while (count := self._file.write(data)) is None:
            select.select([], [self._file], [])
        return count
