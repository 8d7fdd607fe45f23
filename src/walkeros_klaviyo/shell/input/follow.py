"""How is a log read that is still being written, and rotated?

Like `tail -F`: at the end of the file we wait for more. Whatever stands under the name is opened as
soon as it is seen there, so that one that is moved away before its turn is read all the same. So is
a file anew that was cut (copytruncate).
"""

from __future__ import annotations

import io
import os
import stat
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from .pipes import GZIP
from .source import SourceError

EVERY: Final = 0.05
"""Seconds between two looks at a file that does not grow, and at its name."""
KNOWN: Final = 256
"""Bytes before our place that tell whether it is still the same file."""


class Name:
    """A name, and the files that have stood under it and wait to be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: deque[io.FileIO] = deque()
        self._last: tuple[int, int] | None = None
        self._lock = threading.Lock()

    @property
    def has_next(self) -> bool:
        """Has the next one begun? Until then its writer may still be at the one before."""
        return len(self.files) > 1 or (bool(self.files) and is_ready(self.files[0]))

    def look(self, is_first: bool = False, is_anew: bool = False) -> None:
        """Open what stands there now, if it is another one, or `is_anew` to be read from its start.

        SourceError for what can never be read, at first only: what cannot be read for a moment
        while it is followed is waited for.
        """
        with self._lock:
            self._last = None if is_anew else self._last
            self._look(is_first)

    def _look(self, is_first: bool) -> None:
        try:
            found = self.path.stat()
            if (found.st_dev, found.st_ino) == self._last:
                return
            if not stat.S_ISREG(found.st_mode):
                raise SourceError(f"{self.path}: is no file that could be followed; name a log")
            file = self.path.open("rb", buffering=0)
            found = os.fstat(file.fileno())
            self._last = found.st_dev, found.st_ino
            self.files.append(file)
        except FileNotFoundError:
            return
        except SourceError:
            if is_first:
                raise
        except OSError as error:
            if is_first:
                raise SourceError(f"{self.path}: {error.strerror or 'cannot be read'}") from None

    def refuse_packed(self) -> None:
        """What is compressed is written at once, and not followed."""
        if self.files and os.pread(self.files[0].fileno(), 2, 0) == GZIP:
            raise SourceError(f"{self.path}: is compressed; run reads it without --follow")


class Tail(io.RawIOBase):
    """A file that ends only where another one waits to be read, or nobody reads any more.

    `wait` waits for so many seconds; False where nobody reads any more. `idle` is called before.
    """

    def __init__(self, file: io.FileIO, name: Name, wait: Callable[[float], bool]) -> None:
        self._file, self._name, self._wait = file, name, wait
        self._before = b""
        self.idle: Callable[[], object] = lambda: None
        self.is_over = False
        """Did another one take its place, or was it cut? Then its last line gets no longer."""
        self.is_cut = False

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def fileno(self) -> int:
        """The file's number."""
        return self._file.fileno()

    @property
    def name(self) -> str:
        """Its name, under which it may stand no longer."""
        return str(self._name.path)

    def tell(self) -> int:
        """Where it stands."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        """Stand elsewhere."""
        self._before = b""
        return self._file.seek(offset, whence)

    def seekable(self) -> bool:
        """It is a file."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Some bytes, once there are any; 0 at the end."""
        while True:
            was_over = self._name.has_next  # what was written before that is still read
            self.is_cut = self._was_cut()
            count = 0 if self.is_cut else self._file.readinto(buffer) or 0
            if count:
                last = bytes(buffer[max(0, count - KNOWN) : count])
                self._before = (self._before + last)[-KNOWN:]
                return count
            if was_over or self.is_cut:
                self.is_over = True
                return 0
            self.idle()
            if not self._wait(EVERY):
                return 0

    def _was_cut(self) -> bool:
        """Is what was read last no longer there? It may have grown again past our place."""
        begin = self._file.tell() - len(self._before)
        return os.pread(self._file.fileno(), len(self._before), begin) != self._before

    def close(self) -> None:
        """Close the file."""
        super().close()
        self._file.close()


def is_ready(file: io.FileIO) -> bool:
    """Has it a first line, by which it is known?"""
    size, head = 1 << 14, b""
    while len(head) < size <= 1 << 25:
        head = os.pread(file.fileno(), size, 0)
        if b"\n" in head.lstrip():
            return True
        if len(head) < size:
            return False
        size *= 8
        head = b""
    return True
