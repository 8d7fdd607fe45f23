"""Is the open store's file still under its name?

A file that is deleted, moved or replaced stays open, and whatever is written to it is lost.
"""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen

from .errors import StoreGoneError
from .place import beside

Files = tuple[int, int, int, int]
"""Device and inode of the store's file, and of its -wal."""


@frozen
class Presence:
    """The paths of an open store's files, and the files they referred to when it was opened."""

    path: Path
    _names: tuple[Path, Path]
    _files: Files | None = field(repr=False)

    def check(self) -> int:
        """Bytes in the -wal; StoreGoneError if a path leads to another file, or to none."""
        found = _look(self._names)
        if found is None or found[0] != self._files:
            raise StoreGoneError(
                f"{self.path} is gone: it, its -wal or its folder was deleted, moved or replaced "
                "while it was in use, and the work was stopped. What was accepted since then may "
                "not be recorded: put the store back if it was moved, and run the same command "
                "again (Klaviyo keeps the first of each unique_id)."
            )
        return found[1]

    @property
    def is_replaced(self) -> bool:
        """Does its path lead to another file now?"""
        try:
            found = self.path.stat()
        except OSError:
            return False
        return self._files is None or (found.st_dev, found.st_ino) != self._files[:2]


def presence_of(path: Path) -> Presence:
    """The presence of a store that was just opened."""
    names = path, beside(path)[0]
    found = _look(names)
    return Presence(path, names, None if found is None else found[0])


def _look(names: tuple[Path, Path]) -> tuple[Files, int] | None:
    try:
        store, wal = names[0].stat(), names[1].stat()
    except OSError:
        return None
    return (store.st_dev, store.st_ino, wal.st_dev, wal.st_ino), wal.st_size
