"""How is a log read while it is being written and rotated?

Like `tail -F`: at the end of the file we wait for more. A new file under the name is opened as soon
as it appears, so that it is read even if moved away before its turn. A truncated file
(copytruncate) is read again from its start.
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
"""Seconds between checks of a file that does not grow, and of its name."""
KNOWN: Final = 256
"""Bytes before our position by which we check that it is still the same content."""


class Name:
    """A path, and the files that appeared under it and are still to be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: deque[io.FileIO] = deque()
        self._last: tuple[int, int] | None = None
        self._lock = threading.Lock()

    @property
    def has_next(self) -> bool:
        """Does the next file have content? Until then the writer may still use the one before."""
        return len(self.files) > 1 or (bool(self.files) and is_ready(self.files[0]))

    def look(self, is_first: bool = False, is_anew: bool = False) -> None:
        """Open the file now under the name, if it is new or, with `is_anew`, to be read again.

        Only `is_first` raises SourceError for an unreadable file; later on we wait for it.
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
                raise SourceError(f"{self.path}: is not a file that can be followed; name a log")
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
        """Raise SourceError for a compressed file, which cannot be followed."""
        if self.files and os.pread(self.files[0].fileno(), 2, 0) == GZIP:
            raise SourceError(f"{self.path}: is compressed; run reads it without --follow")


class Tail(io.RawIOBase):
    """A file that ends only when another is waiting to be read, or reading is to stop.

    `wait` sleeps for some seconds and returns False to stop; `idle` is called before it.
    """

    def __init__(self, file: io.FileIO, name: Name, wait: Callable[[float], bool]) -> None:
        self._file, self._name, self._wait = file, name, wait
        self._before = b""
        self.idle: Callable[[], object] = lambda: None
        self.is_over = False
        """Was it replaced or truncated? Then its last line will not be continued."""
        self.is_cut = False

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def fileno(self) -> int:
        """The file's number."""
        return self._file.fileno()

    @property
    def name(self) -> str:
        """The path it was opened by, which may lead to another file now."""
        return str(self._name.path)

    def tell(self) -> int:
        """The current offset."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        """Change the offset."""
        self._before = b""
        return self._file.seek(offset, whence)

    def seekable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Some bytes, once there are any; 0 at the end."""
        while True:
            was_over = self._name.has_next  # anything written before this is still read
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
        """Was it truncated? It may have grown past our offset again, so compare the content."""
        begin = self._file.tell() - len(self._before)
        return os.pread(self._file.fileno(), len(self._before), begin) != self._before

    def close(self) -> None:
        """Close the file."""
        super().close()
        self._file.close()


def is_ready(file: io.FileIO) -> bool:
    """Does it have a first line, by which it is recognised?"""
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
