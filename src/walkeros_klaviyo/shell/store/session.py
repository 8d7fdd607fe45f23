"""What is written in one transaction?

A session holds a store's open transaction, its counts, and the states of people. All writes
between two commits are one transaction; after an error all of them are undone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from attrs import Factory, define, field, frozen

from walkeros_klaviyo.core.klaviyo.subscribed import owner_of
from walkeros_klaviyo.delivery.messages import Charged, Item

from .checksum import Salted
from .connection import Connection, take_in
from .counting import Book, read_book
from .lag import Lags
from .place import Stamp, wal_size
from .presence import Presence, presence_of
from .rows import INSERT_CALL, call_row

DIGEST: Final = 16
"""Bytes of a key's digest; a topic's has twice as many."""
WAL_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of the -wal at which it is checkpointed."""
REMEMBERED: Final = 20_000
"""Keys whose states are cached."""
NAMED: Final = 64
"""Keys whose digests are cached: those of the latest few events."""
AT_HAND: Final = 16 * 1024 * 1024
"""Bytes of accepted calls that are kept in memory, so that they need not be read back."""
BESIDE: Final = 1_024
"""Bytes of memory per call besides its body: the Item, its lanes, and the index entry."""
ROWS_AT_ONCE: Final = 64
"""Rows inserted by one statement, because each statement releases the GIL."""


@frozen
class Known:
    """The state under a key: a row of `people` without its key.

    `linked` holds digests, joined; `certain` a letter for each; if both are empty, it is tangled.
    """

    told: str
    """The fingerprint last sent; empty if it must be sent again."""
    time: float | None
    linked: bytes
    certain: str
    number: int
    """The number of the call that sent it."""

    @property
    def columns(self) -> tuple[Any, ...]:
        """The columns in the order of the table."""
        return self.told, self.time, self.linked, self.certain, self.number


_ONE: Final = INSERT_CALL.partition(" VALUES ")[2]
_INSERT_MANY: Final = INSERT_CALL + f", {_ONE}" * (ROWS_AT_ONCE - 1)


def is_plausible(row: tuple[Any, ...] | None) -> bool:
    """Is a row of `people` plausible? One that is not counts as missing."""
    if row is None or not isinstance(row[0], str) or not isinstance(row[4], int):
        return False
    told_at = isinstance(row[1], float | int | None)
    fits = (
        isinstance(row[2], bytes)
        and isinstance(row[3], str)
        and len(row[2]) == DIGEST * len(row[3])
    )
    return told_at and fits


@define(eq=False)
class Session:
    """An open store's connection, and what in memory must stay consistent with it."""

    path: Path
    connection: Connection
    salted: Salted
    book: Book
    clock: Callable[[], float]
    wal_limit: int = WAL_LIMIT
    reads_only: bool = False
    """If set, changes are kept in memory and never written."""
    unchanged: Stamp | None = None
    """For a file read without a lock: its stamp, which must be the same at the end."""
    presence: Presence = field(
        default=Factory(lambda self: presence_of(self.path), takes_self=True), repr=False
    )
    accounts: set[str] = Factory(set)
    committed: int = 0
    """The number of the last committed call."""
    taken: int = 0
    """The number of the last call handed out."""
    untaken: int = 0
    """Calls waiting to be handed out, including uncommitted ones."""
    damaged: frozenset[int] = frozenset()
    """Calls found damaged when the store was opened."""
    at_hand: dict[int, tuple[Item, bytes]] = Factory(dict)
    """Calls in memory, by number, whose rows need not be read or checked."""
    lags: Lags = Factory(Lags)
    charges: dict[int, int] = Factory(dict)
    """The charges of pending calls, by number."""
    _at_hand_bytes: int = 0
    _unwritten: list[tuple[tuple[Any, ...], bytes, bytes]] = Factory(list)
    _unkept: dict[bytes, Known] = Factory(dict)
    """Changed states that are not written yet; the cache `_known` may drop them after that."""
    _known: dict[bytes, Known | None] = Factory(dict)
    _named: dict[str, bytes] = Factory(dict)

    def digest(self, key: str) -> bytes:
        """The digest of a person's key; needed twice per event.

        A topic's digest begins with its owner's, so that both are erased together.
        """
        found = self._named.get(key)
        if found is None:
            if len(self._named) >= NAMED:
                self._named.clear()
            found = self.salted.of("profile", key)
            owner = owner_of(key)
            if owner is not None:
                found = self.salted.of("profile", owner) + found
            self._named[key] = found
        return found

    def write(self) -> None:
        """Begin a transaction, unless one is open."""
        if not self.connection.in_transaction:
            self.connection.execute("BEGIN IMMEDIATE")

    def insert(self, columns: tuple[Any, ...], item: Item, body: bytes, raw: bytes) -> None:
        """Add a pending call, by its columns up to `at`.

        Rows are sealed and written together, at the latest before anything is read.
        """
        self.write()
        self._unwritten.append((columns, body, raw))
        if self._at_hand_bytes + len(body) + BESIDE <= AT_HAND:
            self._at_hand_bytes += len(body) + BESIDE
            self.at_hand[item.id] = (item, body)
        if len(self._unwritten) >= ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write the inserted rows and the changed states of people."""
        learned, self._unkept = self._unkept, {}
        if learned:
            self.connection.executemany(
                "REPLACE INTO people VALUES (?, ?, ?, ?, ?, ?)",
                [(key, *known.columns) for key, known in learned.items()],
            )
        unwritten, self._unwritten = self._unwritten, []
        rows = [call_row(self.salted, *one) for one in unwritten]
        if len(rows) == ROWS_AT_ONCE:
            self.connection.execute(_INSERT_MANY, [value for row in rows for value in row])
        else:
            for row in rows:
                self.connection.execute(INSERT_CALL, row)

    def let_go(self, identity: int) -> None:
        """Forget a call that is settled."""
        if self.charges.pop(identity, None) is not None:
            self.connection.execute("DELETE FROM charges WHERE id = ?", (identity,))
        found = self.at_hand.pop(identity, None)
        if found is not None:
            self._at_hand_bytes -= len(found[1]) + BESIDE

    def charge(self, charged: Charged) -> None:
        """Store a call's charges; after a restart, `take` returns them."""
        self.write()
        row = (charged.id, charged.charges)
        seal = self.salted.seal(row)
        self.connection.execute("REPLACE INTO charges VALUES (?, ?, ?)", (*row, seal))
        self.charges[charged.id] = charged.charges

    def commit(self) -> None:
        """Make all writes durable; does nothing if there are none.

        Raises StoreGoneError if the file is no longer under its name.
        """
        self.flush()
        if not self.connection.in_transaction:
            if not self.book.has_news:
                return
            self.write()
        self.book.write(self.connection, self.salted)
        self.connection.execute("COMMIT")
        waiting = self.presence.check()
        self.committed = self.book.numbered
        if waiting > self.wal_limit:
            with suppress(sqlite3.OperationalError):  # a full disk: try later, all is in the -wal
                take_in(self.connection)

    @property
    def can_rest(self) -> bool:
        """Is nothing pending, while the -wal still has bodies of delivered calls?"""
        is_idle = self.book.waiting == 0 and not self.connection.in_transaction
        return is_idle and wal_size(self.path) > 0

    def rest(self) -> None:
        """Checkpoint the -wal, so that no bodies of delivered calls remain on disk."""
        if self.can_rest:
            with suppress(sqlite3.OperationalError):  # a full disk: later
                take_in(self.connection)

    def rollback(self) -> None:
        """Undo what is not committed, in memory too."""
        with suppress(sqlite3.Error):  # SQLite may have done it already
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        self._known.clear()
        self._unkept.clear()
        self._unwritten.clear()
        self.at_hand.clear()
        self._at_hand_bytes = 0
        self.book = read_book(self.connection, self.salted, self.path)
        self.recount()

    def recount(self) -> None:
        """Read how many calls wait to be handed out, their charges, and the accounts."""
        self.flush()
        rows = self.connection.execute("SELECT id, charges, seal FROM charges").fetchall()
        self.charges = {
            one: used for one, used, seal in rows if seal == self.salted.seal((one, used))
        }
        sql = "SELECT count(*) FROM outbox WHERE id > ?"
        self.untaken = self.connection.execute(sql, (self.taken,)).fetchone()[0]
        sql = "SELECT name FROM meta WHERE name LIKE 'account:%'"
        self.accounts = {name.partition(":")[2] for (name,) in self.connection.execute(sql)}

    def known(self, digest: bytes) -> Known | None:
        """The state under a key's digest, if any."""
        try:
            return self._known[digest]
        except KeyError:
            if (unkept := self._unkept.get(digest)) is not None:
                return unkept
            sql = "SELECT told, time, linked, certain, number FROM people WHERE key = ?"
            row = self.connection.execute(sql, (digest,)).fetchone()
            return self._remember(digest, Known(*row) if is_plausible(row) else None)

    def keep(self, digest: bytes, known: Known) -> None:
        """Set the state under a key's digest."""
        if not self.reads_only:
            self.write()
            self._unkept[digest] = known
        self._remember(digest, known)

    def drop(self, digest: bytes) -> bool:
        """Drop the state under a key, with its topics; was there any?"""
        self.write()
        self.flush()
        sql = "DELETE FROM people WHERE key BETWEEN ? AND ? RETURNING key"
        last = digest + b"\xff" * DIGEST
        found = self.connection.execute(sql, (digest, last)).fetchall()
        for key in {digest, *(row[0] for row in found)}:
            self._remember(key, None)
        return bool(found)

    def drop_by(self, *numbers: object) -> None:
        """Drop the states that these calls set."""
        self.flush()
        for number in numbers:
            self.connection.execute("DELETE FROM people WHERE number = ?", (number,))
        self._known.clear()

    def _remember(self, digest: bytes, known: Known | None) -> Known | None:
        if len(self._known) >= REMEMBERED and not self.reads_only:
            del self._known[next(iter(self._known))]
        self._known[digest] = known
        return known
