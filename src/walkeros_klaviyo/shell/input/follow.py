"""How is a log read that is still being written, and rotated?

Like `tail -F`: at the end of the file we wait for more. A file that was moved away is read to its
end, then the one that took its name from its start; so is a file that was cut (copytruncate).
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from .line import MAX_LINE
from .pipes import CHUNK

EVERY: Final = 0.2
"""Seconds between two looks at a file that does not grow."""


class Tail(io.RawIOBase):
    """A file that ends only where another one has taken its place, or nobody reads any more.

    `wait` waits for so many seconds; False where nobody reads any more. `idle` is called before.
    """

    def __init__(self, path: Path, wait: Callable[[float], bool]) -> None:
        self._path, self._wait = path, wait
        self._file = path.open("rb", buffering=0)
        self.idle: Callable[[], None] = lambda: None
        self.is_over = False
        """Did another one take its place, or was it cut? Then its last line gets no longer."""

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def fileno(self) -> int:
        """The file's number."""
        return self._file.fileno()

    @property
    def name(self) -> str:
        """The file's name."""
        return str(self._path)

    def tell(self) -> int:
        """Where it stands."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        """Stand elsewhere."""
        return self._file.seek(offset, whence)

    def seekable(self) -> bool:
        """It is a file."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Some bytes, once there are any; 0 at the end."""
        while True:
            was_over = self._has_gone()  # what was written before that is still read
            count = self._file.readinto(buffer) or 0
            if count or was_over:
                self.is_over = not count
                return count
            self.idle()
            if not self._wait(EVERY):
                return 0

    def _has_gone(self) -> bool:
        own = os.fstat(self._file.fileno())
        if own.st_size < self._file.tell():
            return True
        try:
            named = self._path.stat()
        except FileNotFoundError:  # moved, and the new one is not there yet
            return False
        return (named.st_dev, named.st_ino) != (own.st_dev, own.st_ino)

    def close(self) -> None:
        """Close the file."""
        super().close()
        self._file.close()


def tail(path: Path, wait: Callable[[float], bool]) -> IO[bytes] | None:
    """The file as it grows, if it is there with its first line."""
    with suppress(FileNotFoundError):
        found = Tail(path, wait)
        if b"\n" in os.pread(found.fileno(), MAX_LINE, 0).lstrip():
            return io.BufferedReader(found, CHUNK)
        found.close()
    return None
