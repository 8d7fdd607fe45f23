"""Is all as we left it?

Looked at when a store was not closed well, or is not as it was closed. What cannot be trusted is
refused by the file's name; single damaged rows are named, and never sent. A damaged state of a
profile does no harm: it fits no news, so Klaviyo is told again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .connection import Connection, connect
from .errors import damaged
from .rows import (
    SELECT_AGAIN,
    SELECT_CALLS,
    SELECT_LETTERS,
    is_whole_again,
    is_whole_call,
    is_whole_letter,
)
from .session import Session
from .sources import check_positions
from .tables import steps


def check_schema(connection: Connection, path: Path) -> None:
    """Are the tables those that were made? What they hold is read after this only."""
    fresh = connect(":memory:")
    try:
        for statement in steps(0):
            fresh.execute(statement)
        if _schema(connection) != _schema(fresh):
            raise damaged(path, "its tables are not those that were made")
    finally:
        fresh.close()


def _schema(connection: Connection) -> list[Any]:
    sql = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
    return connection.execute(sql).fetchall()


def check_pages(connection: Connection, path: Path) -> None:
    """SQLite's own check of the file."""
    found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)").fetchall()]
    if found != ["ok"]:
        raise damaged(path, " ".join(found[0].split()) if found else "SQLite's check says nothing")


def damaged_rows(session: Session) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The calls, and the dead letters or what was one, that are not as we wrote them."""
    rows = session.connection.execute(SELECT_CALLS)
    calls = tuple(row[0] for row in rows if not is_whole_call(session.salted, row))
    letters: list[int] = []
    for sql, check in ((SELECT_LETTERS, is_whole_letter), (SELECT_AGAIN, is_whole_again)):
        rows = session.connection.execute(sql)
        letters += (row[0] for row in rows if not check(session.salted, row))
    return calls, tuple(letters)


def missing(session: Session, are_rows_damaged: bool = False) -> str | None:
    """What the counts know of and is not there, or the other way round; None if all fits.

    Events: accepted = delivered + pending + dead + not sent, the pending ones and the dead ones
    counted where they lie. A damaged row may lie about which event it decides.
    """
    session.flush()
    counts, connection = session.book.counts, session.connection
    waiting, deciding, last = _numbers(connection, "outbox")
    again, undecided, last_again = _numbers(connection, "again")
    if waiting != session.book.waiting:
        return f"{waiting} calls wait where {session.book.waiting} should"
    if again != session.book.again:
        return f"{again} events are to be planned anew where {session.book.again} should"
    _, dead, last_letter = _numbers(connection, "letters")
    if are_rows_damaged:
        return None
    if (deciding + undecided, dead) != (counts.pending, counts.dead):
        return (
            f"{deciding + undecided} events wait and {dead} are dead where "
            f"{counts.pending} and {counts.dead} should"
        )
    if last > session.book.numbered or max(last_letter, last_again) > session.book.lettered:
        return "a row has a number that was never given"
    return None


def examine(session: Session) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The damaged rows; StoreDamagedError where more than single rows are damaged.

    The schema and the pages were checked before anything was read.
    """
    check_positions(session)
    calls, letters = damaged_rows(session)
    lost = missing(session, bool(calls or letters))
    if lost is not None:
        raise damaged(session.path, lost)
    return calls, letters


def _numbers(connection: Connection, table: str) -> tuple[Any, ...]:
    """Rows, those that decide an event, and the last number."""
    sql = f"SELECT count(*), coalesce(sum(decides = 1), 0), coalesce(max(id), 0) FROM {table}"
    row: tuple[Any, ...] = connection.execute(sql).fetchone()
    return row
