"""How is SQLite used?

One connection writes; others may read, each seeing a snapshot. Every commit is synchronised,
deleted content is overwritten, and checkpoints of the -wal happen only when we ask for them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, Protocol


class Rows(Protocol):
    """The result of a statement."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """All remaining rows."""

    def __iter__(self) -> Any:
        """Iterate over the rows."""


class Connection(Protocol):
    """What the store needs of a connection; sqlite3's has all of it."""

    @property
    def in_transaction(self) -> bool:
        """Is there anything uncommitted?"""

    def execute(self, sql: str, values: Any = ..., /) -> Rows:
        """Run a statement."""

    def executemany(self, sql: str, values: Iterable[Any], /) -> Any:
        """Run a statement once for each set of values."""

    def close(self) -> None:
        """Close the connection; SQLite checkpoints the -wal."""


Connect = Callable[[str], Connection]

PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "secure_delete = ON",
    "wal_autocheckpoint = 0",
    "cell_size_check = ON",
    "trusted_schema = OFF",
    "temp_store = MEMORY",
    "cache_size = -16000",
)
"""Settings of every connection that writes."""


def connect(path: str) -> sqlite3.Connection:
    """Python's sqlite3, with explicit transactions, and invalid UTF-8 still readable.

    The connection may be handed to another thread than the one that opened it.
    """
    connection = sqlite3.connect(path, isolation_level=None, timeout=0.0, check_same_thread=False)
    connection.text_factory = lambda text: text.decode(errors="replace")
    return connection


def connect_to_read(path: Path, is_quiet: bool) -> sqlite3.Connection:
    """A read-only connection.

    With `is_quiet`, when no process is using the file, no lock is taken.
    """
    query = "mode=ro&immutable=1" if is_quiet else "mode=ro"
    uri = f"{path.as_uri()}?{query}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    connection.text_factory = lambda text: text.decode(errors="replace")
    return connection


def prepare(connection: Connection) -> None:
    """Set a connection up."""
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()


def take_in(connection: Connection) -> None:
    """Checkpoint: move the -wal's content into the file, and truncate the -wal."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def opened(path: Path, factory: Connect) -> Connection:
    """A connection that is set up; closed again if that fails."""
    connection = factory(str(path))
    try:
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection
