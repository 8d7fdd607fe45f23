"""Is the store undamaged?

Examined if a store was not closed properly or has changed since. A file that cannot be trusted is
refused; single damaged rows are reported and never sent. A damaged state of a profile does no
harm: it matches nothing, so the profile is sent again.
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
    """Check that the schema is ours, before anything in the tables is read."""
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
    """Run SQLite's own check of the file."""
    found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)").fetchall()]
    if found != ["ok"]:
        raise damaged(path, " ".join(found[0].split()) if found else "SQLite's check says nothing")


def damaged_rows(session: Session) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The numbers of damaged calls, and of damaged dead or retried letters."""
    rows = session.connection.execute(SELECT_CALLS)
    calls = tuple(row[0] for row in rows if not is_whole_call(session.salted, row))
    letters: list[int] = []
    for sql, check in ((SELECT_LETTERS, is_whole_letter), (SELECT_AGAIN, is_whole_again)):
        rows = session.connection.execute(sql)
        letters += (row[0] for row in rows if not check(session.salted, row))
    return calls, tuple(letters)


def missing(session: Session, are_rows_damaged: bool = False) -> str | None:
    """How the counts and the rows disagree; None if they agree.

    Events: accepted = delivered + pending + dead + not sent; pending and dead ones are counted from
    their rows. A damaged row may be wrong about whether it represents its event.
    """
    session.flush()
    counts, connection = session.book.counts, session.connection
    waiting, deciding, last = _numbers(connection, "outbox")
    again, undecided, last_again = _numbers(connection, "again")
    if waiting != session.book.waiting:
        return f"{waiting} calls wait where {session.book.waiting} should"
    if again != session.book.again:
        return f"{again} events are to be planned again where {session.book.again} should"
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
    """The damaged rows; StoreDamagedError if more than single rows are damaged.

    Call it after `check_schema` and `check_pages`.
    """
    check_positions(session)
    calls, letters = damaged_rows(session)
    lost = missing(session, bool(calls or letters))
    if lost is not None:
        raise damaged(session.path, lost)
    return calls, letters


def _numbers(connection: Connection, table: str) -> tuple[Any, ...]:
    """The number of rows, of those that represent an event, and the last number assigned."""
    sql = f"SELECT count(*), coalesce(sum(decides = 1), 0), coalesce(max(id), 0) FROM {table}"
    row: tuple[Any, ...] = connection.execute(sql).fetchone()
    return row
