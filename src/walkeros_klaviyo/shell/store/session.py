"""What is written together?

The open transaction of a store, its counts, and what Klaviyo was last told of profiles. All
writes between two commits are one transaction; after an error all of them are undone.
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
from .rows import INSERT_CALL

DIGEST: Final = 16
"""Bytes that stand for a key; a topic has twice as many."""
WAL_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of the -wal after which it is taken into the file."""
REMEMBERED: Final = 20_000
"""Keys whose states are kept at hand."""
NAMED: Final = 64
"""Keys whose digests are kept at hand: those of the events of a moment."""
AT_HAND: Final = 16 * 1024 * 1024
"""Bytes of calls that are kept at hand from their acceptance on, so that they need no reading."""
BESIDE: Final = 1_024
"""Bytes that a call takes in memory beside its body: an Item, its lanes, where it is found."""
ROWS_AT_ONCE: Final = 64
"""Rows that are inserted by one statement: each gives way to other threads once."""


@frozen
class Known:
    """What is known under a key: a row of `people`, all but the key.

    `linked` are digests, joined; `certain` has a letter for each; both empty: tangled.
    """

    told: str
    """A fingerprint; empty where Klaviyo must be told anew."""
    time: float | None
    linked: bytes
    certain: str
    number: int
    """Of the call that told it."""

    @property
    def columns(self) -> tuple[Any, ...]:
        """As the table has them."""
        return self.told, self.time, self.linked, self.certain, self.number


_ONE: Final = INSERT_CALL.partition(" VALUES ")[2]
_INSERT_MANY: Final = INSERT_CALL + f", {_ONE}" * (ROWS_AT_ONCE - 1)


def is_sound(row: tuple[Any, ...] | None) -> bool:
    """Can a row of `people` be what we wrote? One that cannot is as good as none."""
    if row is None or not isinstance(row[0], str) or not isinstance(row[4], int):
        return False
    told_at = isinstance(row[1], float | int | None)
    fits = isinstance(row[2], bytes) and isinstance(row[3], str) and len(row[2]) == 16 * len(row[3])
    return told_at and fits


@define(eq=False)
class Session:
    """An open store's connection and what must fit what is in it."""

    path: Path
    connection: Connection
    salted: Salted
    book: Book
    clock: Callable[[], float]
    wal_limit: int = WAL_LIMIT
    reads_only: bool = False
    """Then what is learned is kept at hand, and never written."""
    unchanged: Stamp | None = None
    """Of a file that is read without a lock: how it must still be at the end."""
    presence: Presence = field(
        default=Factory(lambda self: presence_of(self.path), takes_self=True), repr=False
    )
    accounts: set[str] = Factory(set)
    committed: int = 0
    """The last number of a call that is committed."""
    taken: int = 0
    """The last call that was handed out."""
    untaken: int = 0
    """Calls that wait to be handed out, those included that are not committed."""
    damaged: frozenset[int] = frozenset()
    """Calls that were found damaged at opening."""
    at_hand: dict[int, tuple[Item, bytes]] = Factory(dict)
    """Calls whose rows need not be read, by their numbers: what is in memory is not damaged."""
    lags: Lags = Factory(Lags)
    charges: dict[int, int] = Factory(dict)
    """What calls that wait have used up of their patience, by their numbers."""
    _at_hand_bytes: int = 0
    _unwritten: list[tuple[Any, ...]] = Factory(list)
    _unkept: dict[bytes, Known] = Factory(dict)
    """What was learned of people, written with others; then `_known` may have let it go."""
    _known: dict[bytes, Known | None] = Factory(dict)
    _named: dict[str, bytes] = Factory(dict)

    def digest(self, key: str) -> bytes:
        """The digest of a person's key; asked for twice an event.

        That of a topic begins with its owner's, so that both are forgotten together.
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

    def insert(self, row: tuple[Any, ...], item: Item, body: bytes) -> None:
        """A call that waits; written with others, at the latest before anyone looks."""
        self.write()
        self._unwritten.append(row)
        if self._at_hand_bytes + len(body) + BESIDE <= AT_HAND:
            self._at_hand_bytes += len(body) + BESIDE
            self.at_hand[item.id] = (item, body)
        if len(self._unwritten) >= ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write the rows that were inserted, and what was learned of people."""
        learned, self._unkept = self._unkept, {}
        if learned:
            self.connection.executemany(
                "REPLACE INTO people VALUES (?, ?, ?, ?, ?, ?)",
                [(key, *known.columns) for key, known in learned.items()],
            )
        rows, self._unwritten = self._unwritten, []
        if len(rows) == ROWS_AT_ONCE:
            self.connection.execute(_INSERT_MANY, [value for row in rows for value in row])
        else:
            for row in rows:
                self.connection.execute(INSERT_CALL, row)

    def let_go(self, identity: int) -> None:
        """A call is decided."""
        if self.charges.pop(identity, None) is not None:
            self.connection.execute("DELETE FROM charges WHERE id = ?", (identity,))
        found = self.at_hand.pop(identity, None)
        if found is not None:
            self._at_hand_bytes -= len(found[1]) + BESIDE

    def charge(self, charged: Charged) -> None:
        """A call has used up so much of its patience; `take` tells it after a restart."""
        self.write()
        row = (charged.id, charged.charges)
        seal = self.salted.seal(row)
        self.connection.execute("REPLACE INTO charges VALUES (?, ?, ?)", (*row, seal))
        self.charges[charged.id] = charged.charges

    def commit(self) -> None:
        """Make durable what was written; nothing happens where nothing was.

        StoreGoneError where it went to a file that nobody will find.
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
            with suppress(sqlite3.OperationalError):  # a full disk: later, for all is in the -wal
                take_in(self.connection)

    @property
    def can_rest(self) -> bool:
        """Does nothing wait, though what was delivered still stands in the -wal?"""
        is_idle = self.book.waiting == 0 and not self.connection.in_transaction
        return is_idle and wal_size(self.path) > 0

    def rest(self) -> None:
        """Take the -wal in, so that of what was delivered no body is left behind."""
        if self.can_rest:
            with suppress(sqlite3.OperationalError):  # a full disk: later
                take_in(self.connection)

    def rollback(self) -> None:
        """Undo what was not committed, in memory too."""
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
        """How many calls wait to be handed out, and what have they used up?"""
        self.flush()
        rows = self.connection.execute("SELECT id, charges, seal FROM charges").fetchall()
        self.charges = {
            one: used for one, used, seal in rows if seal == self.salted.seal((one, used))
        }
        sql = "SELECT count(*) FROM outbox WHERE id > ?"
        self.untaken = self.connection.execute(sql, (self.taken,)).fetchone()[0]

    def known(self, digest: bytes) -> Known | None:
        """What is known under a key, by its digest."""
        try:
            return self._known[digest]
        except KeyError:
            if (unkept := self._unkept.get(digest)) is not None:
                return unkept
            sql = "SELECT told, time, linked, certain, number FROM people WHERE key = ?"
            row = self.connection.execute(sql, (digest,)).fetchone()
            return self._remember(digest, Known(*row) if is_sound(row) else None)

    def keep(self, digest: bytes, known: Known) -> None:
        """This is known under a key from now on."""
        if not self.reads_only:
            self.write()
            self._unkept[digest] = known
        self._remember(digest, known)

    def drop(self, digest: bytes) -> bool:
        """Klaviyo may be told again, of subscriptions too; was anything known?"""
        self.write()
        self.flush()
        sql = "DELETE FROM people WHERE key BETWEEN ? AND ? RETURNING key"
        last = digest + b"\xff" * DIGEST
        found = self.connection.execute(sql, (digest, last)).fetchall()
        for key in {digest, *(row[0] for row in found)}:
            self._remember(key, None)
        return bool(found)

    def drop_by(self, *numbers: object) -> None:
        """The same for whatever these calls told."""
        self.flush()
        for number in numbers:
            self.connection.execute("DELETE FROM people WHERE number = ?", (number,))
        self._known.clear()

    def _remember(self, digest: bytes, known: Known | None) -> Known | None:
        if len(self._known) >= REMEMBERED and not self.reads_only:
            del self._known[next(iter(self._known))]
        self._known[digest] = known
        return known
