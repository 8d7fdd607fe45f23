"""Is this file a store, and how is a new one made?

Checked before SQLite opens anything, so that a foreign file stays untouched. A new store is
completed beside its place and then moved there: at any moment there is none, or a complete one.
Source: SQLite database file format, the header.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from .errors import StoreDamagedError, StoreDiskError, StoreRefusedError, damaged
from .tables import APPLICATION_ID, VERSION

_HEADER: Final = 100
_MAGIC: Final = b"SQLite format 3\0"
_OTHER: Final = "Name another file with --store."


def look(path: Path, access: int = os.O_RDWR) -> bool:
    """Is there a store (False: nothing, or an empty file)? Changes nothing.

    Raises StoreRefusedError for any other file, and for one that cannot be opened with `access`.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return _nothing(path)
    except OSError as error:
        raise StoreRefusedError(f"{path} cannot be opened: {error.strerror}. {_OTHER}") from None
    if not stat.S_ISREG(found.st_mode):
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "no plain file"
        raise StoreRefusedError(f"{path} is {what}. {_OTHER}")
    try:
        file = os.open(path, access | os.O_CLOEXEC)
    except OSError as error:
        how = "read and written" if access == os.O_RDWR else "read"
        text = f"{path} cannot be {how}: {error.strerror}. {_OTHER}"
        raise StoreRefusedError(text) from None
    try:
        header = os.pread(file, _HEADER, 0)
    finally:
        os.close(file)
    if not header:
        return _nothing(path)
    reason = refusal(header)
    if reason is not None:
        raise StoreRefusedError(f"{path} {reason}. It was left untouched. {_OTHER}")
    return True


def absolute(path: Path) -> Path:
    """The absolute path of a store; StoreRefusedError if no file can be there."""
    try:
        found = path.expanduser().resolve()
        if found.exists() and not found.is_file():
            look(found)  # raises with what it is
    except (OSError, RuntimeError) as error:  # a loop of links, too long, no such home
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise StoreRefusedError(f"{path} cannot be opened: {reason}. {_OTHER}") from None
    return found


def refusal(header: bytes) -> str | None:
    """Why a file with this header is not opened; None for a store.

    >>> refusal(b"{}")
    'is not a walkeros-klaviyo store (not a SQLite file)'
    """
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        return "is not a walkeros-klaviyo store (not a SQLite file)"
    if int.from_bytes(header[68:72]) != APPLICATION_ID:
        return "is not a walkeros-klaviyo store (another program's SQLite file)"
    version = int.from_bytes(header[60:64])
    if version > VERSION:
        return (
            f"was written by a newer walkeros-klaviyo (version {version} of the store, "
            f"this one knows {VERSION})"
        )
    return None


def make(path: Path, fill: Callable[[Path], None]) -> None:
    """Make a new store atomically: `fill` writes it to a private file beside its place."""
    draft = path.with_name(path.name + ".new")
    try:
        for left in (draft, *beside(draft)):
            left.unlink(missing_ok=True)
        file = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.close(file)
        fill(draft)
        draft.replace(path)
        sync_folder(path)
    except OSError as error:
        raise StoreDiskError(f"{path} cannot be made: {error.strerror}.") from None
    finally:
        draft.unlink(missing_ok=True)


def make_private(path: Path) -> None:
    """Leave only the owner's permissions, also on SQLite's files beside it."""
    for one in (path, *beside(path)):
        try:
            if stat.S_IMODE(one.stat().st_mode) & 0o077:
                one.chmod(0o600)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StoreRefusedError(
                f"{one} is open to others, and its mode cannot be changed: {error.strerror}. "
                f"{_OTHER}"
            ) from None


def beside(path: Path) -> tuple[Path, Path, Path]:
    """SQLite's own files beside a store."""
    wal, shm, journal = (path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))
    return wal, shm, journal


Stamp = tuple[int, int, int]


def stamp_of(path: Path) -> Stamp | None:
    """Identity, size and modification time of a file; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def wal_size(path: Path) -> int:
    """Bytes written to the -wal but not yet in the store's own file."""
    try:
        return beside(path)[0].stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0


def sync_folder(path: Path) -> None:
    """Make sure that a file's name survives a power cut."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _nothing(path: Path) -> bool:
    """Is there nothing, or an empty file that may become a store? Not if it once was one."""
    if wal_size(path):
        raise _cut_to_nothing(path)
    return False


def _cut_to_nothing(path: Path) -> StoreDamagedError:
    return damaged(path, "it is empty or gone, yet its -wal is there")
