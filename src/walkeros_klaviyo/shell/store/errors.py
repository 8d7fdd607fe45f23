"""What can go wrong with a store, and what should the user do?

Every error names the file and says what to do. One table translates SQLite's codes.
Source: SQLite result codes.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from walkeros_klaviyo.shell.problem import ProblemError


class StoreError(ProblemError):
    """The store cannot be used as asked; the message says why and what to do."""


class StoreRefusedError(StoreError):
    """The file is not a store, or not of a known version; it was left untouched."""


class StoreHeldError(StoreError):
    """Another process is using this store; the message says which."""


class StoreMismatchError(StoreError):
    """The store belongs to another host or API key."""


class StoreDamagedError(StoreError):
    """The file was damaged or changed, in more than single rows."""


class StoreFullError(StoreError):
    """The disk is full; what was committed is kept."""


class StoreDiskError(StoreError):
    """The disk or the system refuses a read or write; what was committed is kept."""


class StoreGoneError(StoreError):
    """The store was deleted, moved or replaced while it was open."""


class StoreForkedError(StoreError):
    """A forked child used its parent's store; it must open its own."""


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
"""A damaged schema shows as a plain error ("no such column"), a damaged cell as a value that is too
big or as a duplicate row."""


def damaged(path: Path, what: str) -> StoreDamagedError:
    """An error with the file's name, what is wrong, and what to do.

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
    """Translate an error of SQLite's; None for a fault in our own code.

    SQLite's message may quote a damaged schema, and then fail to decode.

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
