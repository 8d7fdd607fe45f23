"""Which calls are dead letters, and how are they retried or dropped?

A dead letter can be listed, dropped, or retried: then its event is planned again by the next run.
Of a retried letter only the event is kept; it is pending until the run removes it, in the
transaction that accepts the new plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from attrs import frozen

from .errors import damaged
from .rows import (
    DAMAGED,
    INSERT_AGAIN,
    SELECT_AGAIN,
    SELECT_LETTERS,
    Again,
    Damaged,
    DeadLetter,
    again_of,
    again_row,
    as_blob,
    is_whole_again,
    is_whole_letter,
    letter_of,
)
from .session import Session
from .tables import AgainRow, LetterRow
from .waiting import ASIDE, count_dead, count_not_sent, is_one_undecided, write_letter


@frozen
class Retried:
    """The result of retrying dead letters."""

    retried: int = 0
    """How many the next run will plan again."""
    kept: int = 0
    """How many are damaged and so remain dead letters."""


_PAGE: Final = 200


def letters(session: Session, limit: int | None = None) -> Iterator[DeadLetter | Damaged]:
    """Dead letters, the oldest first."""
    for row in _rows(session, None if limit is None else max(limit, 0)):
        whole = is_whole_letter(session.salted, tuple(row))
        yield letter_of(row) if whole else Damaged(row.id)


def retry(
    session: Session,
    numbers: Iterable[int] | None = None,
    *,
    code: str | None = None,
    metric: str | None = None,
    limit: int = -1,
) -> Retried:
    """Hand the events of dead letters to the next run, to be planned again.

    All of them, or those with these numbers, a code, or a metric (an upsert's is `(profile)`); only
    the first `limit` (-1: no limit).
    """
    retried = kept = 0
    for identity in _chosen(session, numbers, code, metric, limit):
        row = _row(session, identity)
        if row is None:
            continue
        if not is_whole_letter(session.salted, tuple(row)) or row.code == DAMAGED:
            kept += 1
            continue
        retried += 1
        _remove(session, row)
        session.connection.execute(INSERT_AGAIN, again_row(session.salted, row))
        session.book.again += 1
    return Retried(retried, kept)


def again(session: Session, limit: int) -> tuple[Again, ...]:
    """The first retried letters (-1: all), in the order of their calls.

    A damaged one becomes a dead letter again.
    """
    sql = f"{SELECT_AGAIN} ORDER BY number, id LIMIT ?"
    rows = [AgainRow(*row) for row in session.connection.execute(sql, (limit,)).fetchall()]
    whole = []
    for row in rows:
        if is_whole_again(session.salted, row):
            whole.append(again_of(row))
        elif not session.reads_only:
            set_aside(session, row.id)
    return tuple(whole)


def plan_anew(session: Session, one: Again) -> None:
    """Remove a retried letter whose event is being planned; the new plan counts it instead."""
    _take_out(session, one.id)
    session.book.counts.anew += 1
    if one.decides and one.metric is not None:
        session.book.count(one.metric, "accepted", -1)  # its metric may have another name now


def set_aside(session: Session, identity: int) -> None:
    """Make a retried letter that is damaged a dead letter again, for good."""
    row = _take_out(session, identity)
    decides = int(is_one_undecided(session))
    columns = (None, None, None, None, decides, 0, None, None, 0, None, session.clock())
    raw = as_blob(row.raw)
    write_letter(session, 0, (*columns, None, DAMAGED, ""), ASIDE.encode(), None, raw)


def drop(
    session: Session,
    numbers: Iterable[int] | None = None,
    *,
    code: str | None = None,
    metric: str | None = None,
    limit: int = -1,
) -> int:
    """Remove dead letters (chosen as for `retry`) for good; returns how many."""
    chosen = _chosen(session, numbers, code, metric, limit)
    return sum(remove(session, identity, "dropped") for identity in chosen)


def remove(session: Session, identity: int, reason: str) -> bool:
    """Remove a dead letter, counting its event under the reason."""
    row = _row(session, identity)
    if row is None:
        return False
    count_not_sent(session, row.metric, _remove(session, row), reason)
    return True


def remove_again(session: Session, identity: int, reason: str) -> bool:
    """The same for a retried one."""
    row = _take_out(session, identity)
    is_whole = is_whole_again(session.salted, tuple(row))
    decides = row.decides if is_whole else is_one_undecided(session)
    count_not_sent(session, row.metric if is_whole else None, decides, reason)
    return True


def _take_out(session: Session, identity: int) -> AgainRow:
    session.write()
    sql = "DELETE FROM again WHERE id = ? RETURNING *"
    found = session.connection.execute(sql, (identity,)).fetchall()
    session.book.again -= 1
    return AgainRow(*found[0])


def _rows(session: Session, limit: int | None = None) -> Iterator[LetterRow]:
    """Read a page at a time, so that the caller may write in between."""
    after, left = -1, limit
    while left is None or left > 0:
        sql = f"{SELECT_LETTERS} WHERE id > ? ORDER BY id LIMIT ?"
        span = (after, _PAGE if left is None else min(left, _PAGE))
        rows = session.connection.execute(sql, span).fetchall()
        if not rows:
            return
        if rows[-1][0] <= after:
            raise damaged(session.path, "its rows are out of order")
        yield from (LetterRow(*row) for row in rows)
        after = rows[-1][0]
        left = None if left is None else left - len(rows)


def _chosen(
    session: Session,
    numbers: Iterable[int] | None,
    code: str | None,
    metric: str | None,
    limit: int,
) -> list[int]:
    wanted = None if numbers is None else frozenset(numbers)
    sql = "SELECT id FROM letters WHERE code IS ifnull(?1, code) AND metric IS ifnull(?2, metric)"
    found = session.connection.execute(f"{sql} ORDER BY id", (code, metric)).fetchall()
    chosen = [row[0] for row in found if wanted is None or row[0] in wanted]
    return chosen if limit < 0 else chosen[:limit]


def _row(session: Session, identity: int) -> LetterRow | None:
    sql = f"{SELECT_LETTERS} WHERE id = ?"
    row: tuple[Any, ...] | None = session.connection.execute(sql, (identity,)).fetchone()
    return None if row is None else LetterRow(*row)


def _remove(session: Session, row: LetterRow) -> bool:
    """Delete the row and uncount it; did it represent its event?"""
    session.write()
    session.connection.execute("DELETE FROM letters WHERE id = ?", (row.id,))
    if is_whole_letter(session.salted, tuple(row)):
        count_dead(session, row.call, row.metric, row.decides, -1)
        return bool(row.decides)
    sql = "SELECT count(*) FROM letters WHERE decides = 1"
    decided = session.book.counts.dead > session.connection.execute(sql).fetchone()[0]
    session.book.counts.dead -= decided
    return bool(decided)
