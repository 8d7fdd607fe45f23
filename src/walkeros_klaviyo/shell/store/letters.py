"""What is dead, and what is to become of it?

A dead letter is looked at, put back among the calls that wait, or dropped. An upsert whose
profile was told something later is not sent again: it would take the profile back in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attrs import frozen

from . import people
from .errors import damaged
from .rows import (
    INSERT_CALL,
    SELECT_LETTERS,
    Damaged,
    DeadLetter,
    as_blob,
    call_row,
    is_whole_letter,
    letter_of,
)
from .session import Session
from .waiting import count_dead, count_not_sent


@frozen
class Which:
    """Dead letters by their numbers, or all; and of those the ones of a code and a metric.

    An upsert's metric is `(profile)`, as reports call it.
    """

    numbers: frozenset[int] | None = None
    code: str | None = None
    metric: str | None = None


@frozen
class Retried:
    """What became of dead letters that were to be sent again."""

    retried: int = 0
    """Wait again."""
    superseded: int = 0
    """Upserts that a later one had overtaken: dropped."""
    kept: int = 0
    """Damaged, or of no call: still dead letters."""


_PAGE: Final = 200


def letters(session: Session, limit: int | None = None) -> Iterator[DeadLetter | Damaged]:
    """Dead letters, the oldest first."""
    for row in _rows(session, None if limit is None else max(limit, 0)):
        if not is_whole_letter(session.salted, row):
            yield Damaged(row[0])
        else:
            yield letter_of(row)


def retry(session: Session, which: Which) -> Retried:
    """Put calls back among those that wait."""
    retried = superseded = kept = 0
    for identity in _chosen(session, which):
        row = _row(session, identity)
        if row is None:
            continue
        if not is_whole_letter(session.salted, row) or not letter_of(row).can_be_retried:
            kept += 1
            continue
        number, lanes, told = row[1], row[3], row[8]
        decided = _remove(session, row)
        is_news = lanes is not None and told is not None
        if is_news and people.is_overtaken(session, lanes, number):
            superseded += 1
            count_not_sent(session, row[5], decided, "superseded")
            continue
        retried += 1
        _put_back(session, row)
        if is_news:
            people.put_back(session, lanes, told, number)
    return Retried(retried, superseded, kept)


def drop(session: Session, which: Which) -> int:
    """Remove dead letters for good; how many were there?"""
    return sum(remove(session, identity, "dropped") for identity in _chosen(session, which))


def remove(session: Session, identity: int, reason: str) -> bool:
    """Remove a dead letter; its event is counted under the reason."""
    row = _row(session, identity)
    if row is None:
        return False
    count_not_sent(session, row[5], _remove(session, row), reason)
    return True


def _rows(session: Session, limit: int | None = None) -> Iterator[tuple[Any, ...]]:
    """A page at a time, so that whoever reads may write meanwhile."""
    after, left = -1, limit
    while left is None or left > 0:
        sql = f"{SELECT_LETTERS} WHERE id > ? ORDER BY id LIMIT ?"
        span = (after, _PAGE if left is None else min(left, _PAGE))
        rows = session.connection.execute(sql, span).fetchall()
        if not rows:
            return
        if rows[-1][0] <= after:
            raise damaged(session.path, "its rows are out of order")
        yield from rows
        after = rows[-1][0]
        left = None if left is None else left - len(rows)


def _chosen(session: Session, which: Which) -> list[int]:
    sql = "SELECT id FROM letters WHERE code IS ifnull(?1, code) AND metric IS ifnull(?2, metric)"
    found = session.connection.execute(f"{sql} ORDER BY id", (which.code, which.metric)).fetchall()
    return [row[0] for row in found if which.numbers is None or row[0] in which.numbers]


def _row(session: Session, identity: int) -> tuple[Any, ...] | None:
    sql = f"{SELECT_LETTERS} WHERE id = ?"
    row: tuple[Any, ...] | None = session.connection.execute(sql, (identity,)).fetchone()
    return row


def _remove(session: Session, row: tuple[Any, ...]) -> bool:
    """Out of the letters, and out of the counts of the dead; did it decide its event?"""
    session.write()
    session.connection.execute("DELETE FROM letters WHERE id = ?", (row[0],))
    if is_whole_letter(session.salted, row):
        count_dead(session, row[2], row[5], row[6], -1)
        return bool(row[6])
    sql = "SELECT count(*) FROM letters WHERE decides = 1"
    decided = session.book.counts.dead > session.connection.execute(sql).fetchone()[0]
    session.book.counts.dead -= decided
    return bool(decided)


def _put_back(session: Session, row: tuple[Any, ...]) -> None:
    session.flush()
    book = session.book
    book.numbered += 1
    book.waiting += 1
    session.untaken += 1
    columns = (book.numbered, row[1], *row[2:12], session.clock())
    found = call_row(session.salted, columns, as_blob(row[-2]), as_blob(row[-1]))
    session.connection.execute(INSERT_CALL, found)
