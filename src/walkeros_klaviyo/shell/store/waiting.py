"""How do pending calls become taken, delivered, dropped or dead?

Each step writes into the open transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core.klaviyo.calls import CREATE_EVENT, UPSERT_PROFILE, Call
from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS
from walkeros_klaviyo.delivery.messages import Dead, Item
from walkeros_klaviyo.delivery.resume import restarted

from . import people
from .counts import LEFT_OUT
from .errors import damaged
from .lag import BUCKET, SECONDS
from .letter import Letter
from .rows import (
    DAMAGED,
    INSERT_LETTER,
    SELECT_CALLS,
    SELECT_SHORT,
    Body,
    Damaged,
    as_blob,
    is_whole_call,
    item_of,
    letter_of,
    letter_row,
    plain,
)
from .session import Session
from .tables import CallRow

ASIDE = "The row is damaged; it was set aside and not sent."


def write_letter(
    session: Session,
    number: int,
    columns: tuple[Any, ...],
    detail: bytes,
    body: bytes | None,
    raw: bytes,
) -> Letter:
    """Write a dead letter from its columns `call` to `pointer`, and count it."""
    book = session.book
    book.lettered += 1
    row = (book.lettered, number, *columns)
    found = letter_row(session.salted, row, detail, body, raw)
    session.connection.execute(INSERT_LETTER, found)
    count_dead(session, columns[0], columns[3], columns[4], 1)
    return letter_of(found).letter


def count_dead(session: Session, call: Any, metric: Any, decides: Any, by: int) -> None:
    """Count a dead letter more (or less)."""
    counts = session.book.counts
    if call in ENDPOINTS and (ENDPOINTS[call].changes_profile or not decides):
        counts.dead_upserts += by  # or any other call besides the event
    if decides:
        counts.dead += by
        if isinstance(metric, str):
            session.book.count(metric, "dead", by)


def count_not_sent(session: Session, metric: Any, decides: Any, reason: str) -> None:
    """Count a pending or dead call that will not be sent."""
    if decides:
        session.book.counts.not_sent[reason] += 1
        if isinstance(metric, str):
            session.book.count(metric, LEFT_OUT)


def take(session: Session, limit: int) -> tuple[Item, ...]:
    """Take the next committed calls; damaged ones become dead letters."""
    items: list[Item] = []
    while len(items) < limit and session.taken < session.committed:
        found = session.at_hand.get(session.taken + 1)
        if found is None:
            items.extend(_read(session, limit - len(items)))
            continue
        session.taken += 1
        session.untaken -= 1
        items.append(found[0])
    return restarted(items, session.charges)


def _read(session: Session, limit: int) -> list[Item]:
    """Read the next calls from disk, up to the first that is in memory."""
    until = min((one for one in session.at_hand if one > session.taken), default=0) - 1
    if not session.taken <= until <= session.committed:
        until = session.committed
    sql = f"{SELECT_SHORT} WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"
    rows = session.connection.execute(sql, (session.taken, until, limit)).fetchall()
    items = []
    for row in rows:
        if row[0] <= session.taken:
            raise damaged(session.path, "its rows are out of order")
        session.taken = row[0]
        session.untaken -= 1
        found = item_of(session.salted, row)
        if isinstance(found, Damaged) or found.id in session.damaged:
            bury(session, Dead(found.id, None, DAMAGED, ASIDE))
        else:
            items.append(evolve(found, lanes=people.waits_with(session, row[3])))
    if len(rows) < limit:
        session.taken = until
    return items


def bodies(session: Session, ids: Iterable[int]) -> tuple[Body | Damaged, ...]:
    """The bodies to post, in the order asked for."""
    found: list[Body | Damaged] = []
    for one in ids:
        known = session.at_hand.get(one)
        if known is not None:
            found.append(Body(one, known[0].call, known[1]))
            continue
        row = session.connection.execute(f"{SELECT_CALLS} WHERE id = ?", (one,)).fetchone()
        whole = row is not None and is_whole_call(session.salted, row)
        found.append(Body(one, row[2], row[-2]) if whole else Damaged(one))
    return tuple(found)


def recent_events(session: Session, limit: int, see: Callable[[str | None, Call], object]) -> None:
    """Call `see` with (event id, call) for the latest pending events, in order."""
    session.flush()
    events = f"FROM outbox WHERE call = '{CREATE_EVENT}'"
    first = f"SELECT id {events} ORDER BY id DESC LIMIT 1 OFFSET ?"
    sql = f"{SELECT_CALLS} WHERE call = '{CREATE_EVENT}' AND id >= ifnull(({first}), 0) ORDER BY id"
    for found in session.connection.execute(sql, (limit - 1,)):
        row = CallRow(*found)
        if is_whole_call(session.salted, found):
            see(row.event, Call(str(row.call), json.loads(row.body)))


_THESE: Final = "WHERE id IN (SELECT value FROM json_each(?1))"


def delivered(session: Session, ids: Iterable[int]) -> None:
    """Record that Klaviyo accepted these calls, and delete their bodies."""
    session.write()
    session.flush()
    book = session.book
    gone = tuple(ids)
    these = (json.dumps(gone),)
    columns = f"call, metric, decides, {BUCKET}, count(*), {SECONDS}"
    sql = f"SELECT {columns} FROM outbox {_THESE} GROUP BY 1, 2, 3, 4"
    found = session.connection.execute(sql, (*these, session.clock())).fetchall()
    for call, metric, decides, bucket, count, seconds in found:
        book.waiting -= count
        if call == UPSERT_PROFILE:
            book.counts.upserts += count
        elif ENDPOINTS[call].changes_profile:
            book.counts.subscriptions += count
        if decides:
            book.counts.delivered += count
            book.count(metric, "delivered", count)
            session.lags.add(bucket, count, seconds)
    sql = f"SELECT count(*) FROM outbox {_THESE} AND id > ?2"
    session.untaken -= session.connection.execute(sql, (*these, session.taken)).fetchone()[0]
    session.connection.execute(f"DELETE FROM outbox {_THESE}", these)
    for one in gone:
        session.let_go(one)


def oldest_age(session: Session) -> float:
    """The age in seconds of the oldest pending call; 0.0 if there is none."""
    session.flush()
    found = session.connection.execute("SELECT at FROM outbox ORDER BY id LIMIT 1").fetchone()
    is_time = found is not None and isinstance(found[0], float)
    return max(session.clock() - found[0], 0.0) if is_time else 0.0


def repaired(session: Session, identity: int, left_out: Collection[str]) -> None:
    """Record that Klaviyo accepted this call without some of its identifiers."""
    session.flush()
    sql = "SELECT lane, number FROM outbox WHERE id = ? AND told IS NOT NULL"
    for lanes, number in session.connection.execute(sql, (identity,)).fetchall():
        people.lessen(session, lanes, number, left_out)


def bury(session: Session, dead: Dead) -> Letter | None:
    """Make a refused or damaged call a dead letter; None if it is no longer pending."""
    found = _take_out(session, dead.id)
    if found is None:
        return None
    row, is_whole = found
    ended = (*row[2:13], dead.status, plain(dead.code) if is_whole else DAMAGED)
    detail, body, raw = dead.detail.encode(errors="replace"), as_blob(row.body), as_blob(row.raw)
    return write_letter(session, row.number, (*ended, plain(dead.pointer)), detail, body, raw)


def dead(session: Session, *several: Dead) -> tuple[Letter, ...]:
    """Make these calls dead letters. For an upsert, the profile's state is taken back."""
    found = [bury(session, one) for one in several]
    return tuple(one for one in found if one is not None)


def drop(session: Session, numbers: Iterable[int]) -> int:
    """Remove pending calls by number, for good; returns how many."""
    return sum(remove(session, number, "dropped") for number in set(numbers))


def remove(session: Session, identity: int, reason: str) -> bool:
    """Remove a call that will not be sent, counting its event under the reason."""
    found = _take_out(session, identity)
    if found is not None:
        count_not_sent(session, found[0].metric, found[0].decides, reason)
    return found is not None


def _take_out(session: Session, identity: int) -> tuple[CallRow, bool] | None:
    """Remove a pending call and take back the state it set; returns the row, and if it is intact.

    Of a damaged row, columns are kept as far as they make sense.
    """
    session.write()
    session.flush()
    sql = "DELETE FROM outbox WHERE id = ? RETURNING *"
    found = session.connection.execute(sql, (identity,)).fetchall()
    if not found:
        return None
    row = CallRow(*found[0])
    session.book.waiting -= 1
    session.untaken -= row.id > session.taken
    session.let_go(identity)
    is_whole = is_whole_call(session.salted, tuple(row))
    if not is_whole:
        session.drop_by(row.id, row.number)
        row = _mended(session, row)
    if row.lane is not None and row.told is not None:
        people.take_back(session, row.lane, row.number, row.told_before)
    return row, is_whole


def is_one_undecided(session: Session) -> bool:
    """By the counts, did the row that was just removed represent its event?"""
    tables = ("outbox", "again")
    sql = " + ".join(f"(SELECT count(*) FROM {one} WHERE decides = 1)" for one in tables)
    others: int = session.connection.execute(f"SELECT {sql}").fetchone()[0]
    return session.book.counts.pending > others


def _mended(session: Session, row: CallRow) -> CallRow:
    """A damaged row's plausible columns; the counts tell whether it represented its event."""
    return row._replace(
        number=0,
        call=row.call if isinstance(row.call, str) else None,
        lane=row.lane if isinstance(row.lane, bytes) else None,
        repeat=None,
        metric=row.metric if row.metric in session.book.metrics else None,
        decides=int(is_one_undecided(session)),
        bulk=0,
        told=row.told if isinstance(row.told, str) else None,
        told_before=None,
        line=row.line if isinstance(row.line, int) else 0,
        event=row.event if isinstance(row.event, str) else None,
        at=row.at if isinstance(row.at, float) else session.clock(),
    )
