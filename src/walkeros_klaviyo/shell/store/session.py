"""What is written together?

The open transaction of a store, its counts, and what Klaviyo was last told of profiles. All
writes between two commits are one transaction; after an error all of them are undone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import Factory, define

from .checksum import Salted
from .connection import Connection, take_in
from .counting import Book, read_book
from .place import wal_size

WAL_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of the -wal after which it is taken into the file."""
REMEMBERED: Final = 20_000
"""Profiles whose states are kept at hand."""

Told = tuple[str, int]
"""What Klaviyo was last told of a profile: a fingerprint, and the number of the call."""


@define(eq=False)
class Session:
    """An open store's connection and what must fit what is in it."""

    path: Path
    connection: Connection
    salted: Salted
    book: Book
    clock: Callable[[], float]
    wal_limit: int = WAL_LIMIT
    accounts: set[str] = Factory(set)
    committed: int = 0
    """The last number of a call that is committed."""
    taken: int = 0
    """The last call that was handed out."""
    untaken: int = 0
    """Calls that wait to be handed out, those included that are not committed."""
    damaged: frozenset[int] = frozenset()
    """Calls that were found damaged at opening."""
    _known: dict[bytes, Told | None] = Factory(dict)

    def write(self) -> None:
        """Begin a transaction, unless one is open."""
        if not self.connection.in_transaction:
            self.connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make durable what was written; nothing happens where nothing was."""
        if not self.connection.in_transaction:
            if not self.book.has_news:
                return
            self.write()
        self.book.write(self.connection, self.salted)
        self.connection.execute("COMMIT")
        self.committed = self.book.numbered
        if wal_size(self.path) > self.wal_limit:
            with suppress(sqlite3.OperationalError):  # a full disk: later, for all is in the -wal
                take_in(self.connection)

    def rollback(self) -> None:
        """Undo what was not committed, in memory too."""
        with suppress(sqlite3.Error):  # SQLite may have done it already
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        self._known.clear()
        self.book = read_book(self.connection, self.salted, self.path)
        self.recount()

    def recount(self) -> None:
        """How many calls wait to be handed out?"""
        sql = "SELECT count(*) FROM outbox WHERE id > ?"
        self.untaken = self.connection.execute(sql, (self.taken,)).fetchone()[0]

    def told(self, profile: bytes) -> Told | None:
        """What Klaviyo was last told of a profile, by the digest of its key."""
        try:
            return self._known[profile]
        except KeyError:
            sql = "SELECT told, number FROM states WHERE profile = ?"
            found = self.connection.execute(sql, (profile,)).fetchone()
            return self._remember(profile, found)

    def tell(self, profile: bytes, fingerprint: str, number: int) -> None:
        """Klaviyo is told this of a profile."""
        self.write()
        told = (fingerprint, number)
        self.connection.execute("REPLACE INTO states VALUES (?, ?, ?)", (profile, *told))
        self._remember(profile, told)

    def untell(self, profile: bytes) -> bool:
        """Klaviyo may be told again; was anything known?"""
        self.write()
        sql = "DELETE FROM states WHERE profile = ? RETURNING 1"
        found = self.connection.execute(sql, (profile,)).fetchall()
        self._remember(profile, None)
        return bool(found)

    def untell_by(self, *numbers: object) -> None:
        """The same for whatever these calls told."""
        for number in numbers:
            self.connection.execute("DELETE FROM states WHERE number = ?", (number,))
        self._known.clear()

    def _remember(self, profile: bytes, told: Told | None) -> Told | None:
        if len(self._known) >= REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[profile] = told
        return told
