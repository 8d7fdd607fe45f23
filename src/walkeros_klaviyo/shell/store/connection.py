"""How is SQLite asked?

One connection writes; others may look on, read-only, each at one moment's content. Every commit
is synchronised, deleted content is overwritten, and we say when the -wal is taken in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, Protocol


class Rows(Protocol):
    """What a statement found."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def __iter__(self) -> Any:
        """Row by row."""


class Connection(Protocol):
    """What the store needs of a connection; sqlite3's has it."""

    @property
    def in_transaction(self) -> bool:
        """Is something written and not committed?"""

    def execute(self, sql: str, values: Any = ..., /) -> Rows:
        """Run a statement."""

    def executemany(self, sql: str, values: Iterable[Any], /) -> Any:
        """Run a statement for each."""

    def close(self) -> None:
        """Close it; SQLite takes the -wal in."""


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
"""For every connection that writes."""


def connect(path: str) -> sqlite3.Connection:
    """SQLite as it comes with Python; transactions are ours, broken texts stay readable.

    It may be handed from the thread that opened it to the one that works with it.
    """
    connection = sqlite3.connect(path, isolation_level=None, timeout=0.0, check_same_thread=False)
    connection.text_factory = lambda text: text.decode(errors="replace")
    return connection


def connect_to_read(path: Path, is_quiet: bool) -> sqlite3.Connection:
    """A connection that cannot write.

    Of a file that is `is_quiet`, for nobody works with it, no lock is taken and none is left.
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
    """Bring the -wal's content into the file, and cut the -wal to nothing."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def opened(path: Path, factory: Connect) -> Connection:
    """A connection that is set up; closed again where that fails."""
    connection = factory(str(path))
    try:
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection
