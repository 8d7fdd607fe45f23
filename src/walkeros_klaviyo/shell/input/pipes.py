"""How is what may keep us waiting read and written? A pipe, a terminal, a socket.

Whoever reads it waits, and nobody else: neither for a writer that is late, nor to close it. Others
who share it may have made it non-blocking: then it is waited for, and left as it is.
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
"""What gzip begins with; no JSON does."""
CHUNK: Final = 1 << 16
"""Bytes that are read at once; what a pipe holds."""


class Pipe(io.RawIOBase):
    """An input by its path, opened where it is first read; or by its number, which stays open.

    A read that is under way does not keep it from being closed.
    """

    def __init__(self, place: str | int) -> None:
        self._place = place
        self._file: io.FileIO | None = None

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Some bytes, once there are any; 0 at the end."""
        if self._file is None:  # a FIFO opens no sooner than somebody writes to it
            self._file = io.FileIO(self._place, closefd=isinstance(self._place, str))
            if self.closed:  # meanwhile; `close` looks for a file once it has said so
                self._file.close()
        while (count := self._file.readinto(buffer)) is None:
            select.select([self._file], [], [])
        return count

    def close(self) -> None:
        """Close it at once."""
        super().close()
        if self._file is not None:
            self._file.close()


class Unpacked(GzipFile):
    """Compressed with gzip; where it is cut off or damaged, that is said."""

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
    """What is compressed cannot be read to its end."""


class Unpacking(io.RawIOBase):
    """An input that may be compressed with gzip: its first bytes tell."""

    def __init__(self, packed: io.RawIOBase) -> None:
        self._raw = packed
        self._packed = io.BufferedReader(packed, CHUNK)
        self._plain: Any = None

    @property
    def closed(self) -> bool:
        """Whoever closes what it reads from closes it."""
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
    """An output by its number: it takes everything, in time."""

    def __init__(self, number: int) -> None:
        self._file = io.FileIO(number, "w", closefd=False)

    def writable(self) -> bool:
        """It is there to be written to."""
        return True

    def fileno(self) -> int:
        """Its number."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Is it a terminal?"""
        return self._file.isatty()

    def write(self, data: Any) -> int:
        """Some bytes, once it takes any."""
        while (count := self._file.write(data)) is None:
            select.select([], [self._file], [])
        return count
