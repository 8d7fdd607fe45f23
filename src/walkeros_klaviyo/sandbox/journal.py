"""How does a record survive its process?

In an append-only file of JSON lines: a first line that identifies the file, then one per request,
written before its answer is sent. A killed process may leave its last line incomplete; that request
was never answered, so the line is cut off. A file that is not a journal is never written. Lines are
written but not synchronised, so they survive the process but not a power cut.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_NAME: Final = b'{"walkeros-klaviyo":"sandbox","version":'
HEADER: Final = _NAME + b"1}\n"


class JournalError(ValueError):
    """The file cannot be used; the message says why."""


class Journal:
    """The lines of a file, locked against other writers.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     journal = Journal(Path(folder) / "kept")
    ...     journal.append(b'{"n":1}')
    ...     journal.close()
    ...     again = Journal(Path(folder) / "kept")
    ...     print(list(again))
    ...     again.close()
    [b'{"n":1}']
    """

    def __init__(self, path: str | Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise JournalError(f"cannot be opened: {error.strerror}") from None
        try:
            self._size = _admit(self._file)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        """Yield the complete lines in order; an incomplete last one is cut off at the end."""
        place = len(HEADER)
        with open(self._file, "rb", buffering=1_000_000, closefd=False) as file:
            file.seek(place)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                place += len(line)
                yield line[:-1]
        os.ftruncate(self._file, place)
        self._size = place

    def append(self, line: bytes) -> None:
        """Add a line, which must not contain a line ending; raises OSError on failure."""
        left = memoryview(line + b"\n")
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(line) + 1

    def clear(self) -> None:
        """Forget all lines."""
        os.ftruncate(self._file, len(HEADER))
        self._size = len(HEADER)

    def close(self) -> None:
        """Unlock and close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _admit(file: int) -> int:
    """Check that the file is a journal and lock it; an empty one becomes one. Returns the size."""
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise JournalError("is not a file")
    if not _lock(file):
        raise JournalError("is in use by another sandbox; stop that one or choose another path")
    start = os.pread(file, len(HEADER), 0)
    if start == b"":
        try:
            os.fchmod(file, 0o600)  # it holds personal data
            os.write(file, HEADER)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(file, 0)
            raise JournalError(f"cannot be written: {error.strerror}") from None
    elif start != HEADER:
        whose = "of another version" if start.startswith(_NAME) else "not a sandbox's store"
        raise JournalError(f"is {whose}; it was left as it is, choose another path")
    return os.fstat(file).st_size


def _lock(file: int) -> bool:
    """Lock the file, so that two sandboxes cannot mix lines. The lock ends with the process."""
    try:
        import fcntl
    except ModuleNotFoundError:  # pragma: no cover - not a Unix: then nobody is warned
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
