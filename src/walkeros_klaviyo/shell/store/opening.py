"""How is a store opened and closed?

It must be a store, of a known version, held by no other process, undamaged, and of this host and
key. These are checked in this order, and nothing is written before all are known.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from attrs import frozen

from . import ending
from .checksum import SALT_SIZE, Salted
from .connection import Connect, Connection, connect_to_read, opened, take_in
from .counting import Book, read_book
from .errors import (
    StoreDamagedError,
    StoreError,
    StoreHeldError,
    StoreMismatchError,
    StoreRefusedError,
    damaged,
    translate,
)
from .examine import check_pages, check_schema, examine
from .guard import never_close
from .holder import holder_of
from .place import beside, look, make, make_private, stamp_of, wal_size
from .session import Session
from .tables import APPLICATION_ID, VERSION, steps


@frozen
class Binding:
    """Whose store it is: a host and an API key, of which only a digest is kept.

    `is_new_key`: the user says that the key is a new one of the same account.
    """

    host: str
    key: str
    is_new_key: bool = False

    def __repr__(self) -> str:
        return f"<binding to {self.host}>"


@frozen
class Opened:
    """An open store: its session, its host, and its damaged rows."""

    session: Session
    host: str
    damaged: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())


def open_session(
    path: Path, binding: Binding | None, factory: Connect, clock: Callable[[], float]
) -> Opened:
    """Open a store, or make a new one; without a binding, open an existing one only."""
    if not look(path):
        if binding is None:
            raise _no_store(path)
        make(path, lambda draft: _fill(draft, binding, factory))
    make_private(path)
    is_good = ending.take_off(path) and wal_size(path) == 0
    wal = beside(path)[0]
    kept = wal.read_bytes() if wal_size(path) else b""
    try:
        with _named(path), _closing_on_error(opened(path, factory)) as connection:
            migrate(connection, path)
            if not is_good:
                check_schema(connection, path)
                check_pages(connection, path)
            salted, host = _identify(connection, path, binding)
            book = read_book(connection, salted, path)
            session = Session(path, connection, salted, book, clock)
            session.committed = book.numbered
            session.recount()
            found = ((), ()) if is_good else examine(session)
            if binding is not None:
                _bind(connection, salted, binding)
            session.damaged = frozenset(found[0])
            return Opened(session, host, found)
    except StoreDamagedError:
        if kept:  # SQLite recovered it, as far as it could
            wal.touch(mode=0o600)
            wal.write_bytes(kept)
        raise
    except StoreError:
        if is_good and wal_size(path) == 0:
            ending.put_on(path)
        raise


def view_session(path: Path) -> Opened | None:
    """Open a store read-only; None if it is of an earlier version.

    Everything is read as of this moment: the transaction stays open.
    """
    is_held = holder_of(path) is not None
    # If this process has the store open, opening and closing its file would drop SQLite's POSIX
    # locks; so for a held store only SQLite reads the header.
    if not is_held and not look(path, os.O_RDONLY):
        raise _no_store(path)
    is_quiet = not is_held and not beside(path)[0].exists()
    unchanged = stamp_of(path) if is_quiet else None
    with _named(path), _closing_on_error(connect_to_read(path, is_quiet)) as connection:
        connection.execute("BEGIN")
        if connection.execute("PRAGMA user_version").fetchone()[0] < VERSION:
            connection.close()
            return None
        salted, host = _identify(connection, path, None)
        book = read_book(connection, salted, path)
        session = Session(path, connection, salted, book, time.time)
        session.reads_only, session.unchanged = True, unchanged
        return Opened(session, host)


def _no_store(path: Path) -> StoreRefusedError:
    return StoreRefusedError(
        f"{path}: there is no store. Name the right one with --store; `run` makes a new one."
    )


def close_session(session: Session) -> None:
    """Checkpoint the -wal, close, and seal; if that fails, the next opening examines the store.

    A file that replaced it is not touched: on closing, SQLite would delete the -wal by name.
    """
    path, connection = session.path, session.connection
    if session.reads_only:
        connection.close()
        if session.unchanged not in (None, stamp_of(path)):
            raise StoreHeldError(f"{path}: a run began while it was being read; ask again.")
        return
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        take_in(connection)
        is_good = True
    except sqlite3.Error:
        is_good = False
    if session.presence.is_replaced:
        never_close(connection)
        return
    with suppress(sqlite3.Error):  # then the -wal stays
        connection.close()
    if is_good and wal_size(path) == 0:
        with suppress(OSError):
            ending.put_on(path)


def migrate(connection: Connection, path: Path) -> None:
    """Migrate an older store to this version, in one transaction."""
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    try:
        todo = steps(found)
    except LookupError:
        raise StoreRefusedError(
            f"{path} has version {found} of the store, which this walkeros-klaviyo does not know. "
            "It was left untouched. Use the version that wrote it."
        ) from None
    if todo:
        connection.execute("BEGIN IMMEDIATE")
        for statement in todo:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")


def _fill(draft: Path, binding: Binding, factory: Connect) -> None:
    with _named(draft), closing(opened(draft, factory)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrate(connection, draft)
        salted = Salted(secrets.token_bytes(SALT_SIZE))
        rows = _meta(salted, binding.host, salted.of("key", binding.key))
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO meta VALUES (?, ?)", rows.items())
        Book().write(connection, salted)
        connection.execute("COMMIT")
        take_in(connection)
    ending.put_on(draft)


_NAMES: Final = ("salt", "host", "key", "seal")


def _meta(salted: Salted, host: str, key: bytes) -> dict[str, bytes]:
    named = host.encode()
    seal = salted.seal(("meta",), named, key)
    return dict(zip(_NAMES, (salted.salt, named, key, seal), strict=True))


def _identify(connection: Connection, path: Path, binding: Binding | None) -> tuple[Salted, str]:
    """The store's salt and host; StoreMismatchError if it belongs to another host or key."""
    rows = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    found = {name: rows.get(name) for name in _NAMES}
    salt, named, key = found["salt"], found["host"], found["key"]
    if not (isinstance(salt, bytes) and isinstance(named, bytes) and isinstance(key, bytes)):
        raise damaged(path, "it does not say whose it is")
    salted, host = Salted(salt[:64]), named.decode(errors="replace")
    if found != _meta(salted, host, key):
        raise damaged(path, "what it says of whose it is was changed")
    if binding is not None:
        is_new = _is_unused(connection)  # it holds nothing that could go to the wrong place
        is_key = is_new or binding.is_new_key or may_use(connection, salted, binding.key)
        reason = mismatch(is_new or host == binding.host, is_key, host)
        if reason is not None:
            hint = "" if is_key else " (or say --new-key, if it is a new key of the same account)"
            raise StoreMismatchError(
                f"{path} belongs to {reason}. What waits in it can only go there: "
                f"name another file with --store{hint}."
            )
        host = binding.host
    return salted, host


def _is_unused(connection: Connection) -> bool:
    sql = "SELECT coalesce(sum(value), 0) FROM tally WHERE kind IN ('count', 'number')"
    used = f"{sql} AND name NOT IN ('rows', 'invalid')"
    return bool(connection.execute(used).fetchone()[0] == 0)


_REFUSED: Final = "refused"


def may_use(connection: Connection, salted: Salted, key: str) -> bool:
    """Is this the store's key, or did Klaviyo refuse the store's?"""
    rows = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    was_refused = rows.get(_REFUSED) == salted.seal((_REFUSED,), rows["key"])
    return bool(was_refused or salted.of("key", key) == rows["key"])


def refuse_key(session: Session) -> None:
    """Note that Klaviyo refused the store's key, so that another one may be used with it."""
    session.write()
    key = session.connection.execute("SELECT value FROM meta WHERE name = 'key'").fetchone()[0]
    row = (_REFUSED, session.salted.seal((_REFUSED,), key))
    session.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", row)


def _bind(connection: Connection, salted: Salted, binding: Binding) -> None:
    """Bind the store to this key, which does not count as refused."""
    rows = _meta(salted, binding.host, salted.of("key", binding.key))
    known = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    if known["seal"] == rows["seal"] and _REFUSED not in known:
        return
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows.items())
    connection.execute("DELETE FROM meta WHERE name = ?", (_REFUSED,))
    connection.execute("COMMIT")


def mismatch(is_host: bool, is_key: bool, host: str) -> str | None:
    """Why a store belongs to another host or key; None if it does not. Never names the key.

    >>> mismatch(False, True, "https://a.klaviyo.com"), mismatch(True, False, "")
    ('https://a.klaviyo.com', 'another API key')
    """
    if is_host and is_key:
        return None
    if is_host:
        return "another API key"
    return host if is_key else f"{host} and another API key"


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Translate SQLite's errors."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        named = translate(error, path)
        if named is None:
            raise
        raise named from error


@contextmanager
def _closing_on_error(connection: Connection) -> Iterator[Connection]:
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
