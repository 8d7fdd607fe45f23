"""What can go wrong with a store, and what is a person told?

Every error names the file and says what to do. SQLite's codes become ours here, in one table.
Source: SQLite result codes.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from walkeros_klaviyo.shell.problem import ProblemError


class StoreError(ProblemError):
    """The store cannot be used as asked; the text says why and what to do."""


class StoreRefusedError(StoreError):
    """The file is not ours to open, or not one of this version; it was left untouched."""


class StoreHeldError(StoreError):
    """Another process works with this store; the text says which."""


class StoreMismatchError(StoreError):
    """The store belongs to another host or API key."""


class StoreDamagedError(StoreError):
    """The file is not as we left it, in more than single rows."""


class StoreFullError(StoreError):
    """No room on the disk; what was committed is kept."""


class StoreDiskError(StoreError):
    """The disk or the system refuses to read or write; what was committed is kept."""


class StoreGoneError(StoreError):
    """The store was deleted, moved or replaced while it was open."""


class StoreForkedError(StoreError):
    """A forked child uses its parent's store; it must open its own."""


_KINDS: Final[dict[int, tuple[type[StoreError], str]]] = {
    sqlite3.SQLITE_FULL: (
        StoreFullError,
        "the disk is full. Nothing that was committed is lost: make room, then run again",
    ),
    sqlite3.SQLITE_CORRUPT: (StoreDamagedError, "is damaged"),
    sqlite3.SQLITE_NOTADB: (StoreDamagedError, "is damaged"),
    sqlite3.SQLITE_ERROR: (StoreDamagedError, "is damaged"),
    sqlite3.SQLITE_MISMATCH: (StoreDamagedError, "is damaged"),
    sqlite3.SQLITE_CONSTRAINT: (StoreDamagedError, "is damaged"),
    sqlite3.SQLITE_TOOBIG: (StoreDamagedError, "is damaged"),
    sqlite3.SQLITE_IOERR: (StoreDiskError, "cannot be read or written"),
    sqlite3.SQLITE_CANTOPEN: (StoreDiskError, "cannot be opened"),
    sqlite3.SQLITE_READONLY: (StoreDiskError, "cannot be written"),
    sqlite3.SQLITE_PERM: (StoreDiskError, "cannot be opened"),
    sqlite3.SQLITE_BUSY: (StoreHeldError, "another program, not a walkeros-klaviyo, works with it"),
    sqlite3.SQLITE_LOCKED: (StoreHeldError, "another program works with it"),
}
"""A damaged schema shows as a plain error ("no such column"), a damaged cell as too big a value,
or a row that is there twice."""


def damaged(path: Path, what: str) -> StoreDamagedError:
    """The file's name, what is wrong, and what to do.

    >>> print(damaged(Path("s.db"), "a page is torn"))
    s.db is damaged: a page is torn. Nothing more was written to it. Put a backup in its place; or \
move it and its -wal away and run the same input again (Klaviyo keeps the first of each unique_id).
    """
    return StoreDamagedError(
        f"{path} is damaged: {what}. Nothing more was written to it. Put a backup in its place; or "
        "move it and its -wal away and run the same input again "
        "(Klaviyo keeps the first of each unique_id)."
    )


def translate(error: BaseException, path: Path) -> StoreError | None:
    """An error of SQLite's as one of ours; None for a fault in our own code.

    A damaged schema is quoted in SQLite's message, which may then be no text.

    >>> full = sqlite3.OperationalError("database or disk is full")
    >>> full.sqlite_errorcode = sqlite3.SQLITE_FULL
    >>> print(translate(full, Path("s.db")))
    s.db: the disk is full. Nothing that was committed is lost: make room, then run again.
    """
    if isinstance(error, UnicodeDecodeError | sqlite3.DataError):
        return damaged(path, "what should be text or a number is none")
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    kind, text = _KINDS.get(code & 0xFF, (None, ""))
    if kind is None:
        return None
    if kind is StoreDamagedError:
        return damaged(path, str(error))
    if kind is StoreDiskError:
        return StoreDiskError(f"{path} {text}: {error}. What was committed is kept.")
    return kind(f"{path}: {text}.")
