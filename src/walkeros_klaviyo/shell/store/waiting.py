"""Which calls wait, and what becomes of each?

Accepted, taken, delivered or dead: each step writes into the open transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS
from walkeros_klaviyo.core.klaviyo.state import States
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.settle import deciding
from walkeros_klaviyo.delivery.messages import Dead, Item
from walkeros_klaviyo.shell.counts import LEFT_OUT, NOT_SENT
from walkeros_klaviyo.shell.jsonl import to_json
from walkeros_klaviyo.shell.letter import Letter, Origin

from . import people
from .errors import damaged
from .rows import (
    DAMAGED,
    INSERT_LETTER,
    SELECT_CALLS,
    SELECT_SHORT,
    Body,
    Damaged,
    as_blob,
    call_row,
    is_whole_call,
    item_from,
    item_of,
    letter_of,
    letter_row,
    plain,
)
from .session import Session

ASIDE = "The row is damaged; it was set aside and not sent."


def accept(
    session: Session, origin: Origin, plan: Plan, changes: States, bulk: bool = False
) -> tuple[Letter, ...]:
    """An event's calls and what they change; what Klaviyo would refuse is dead at once."""
    letters: list[Letter] = []
    book, counts = session.book, session.book.counts
    was_told = people.told_at(session, plan.keys) if plan.upserts else None
    lanes = people.lanes_of(session, plan.keys or _device(plan)) or None
    at = session.clock()
    bodies = [to_json(call.body) for call in plan.calls]
    if plan.account is not None and plan.account not in session.accounts:
        _know_account(session, plan.account)
    counts.accepted += 1
    if plan.outcome in NOT_SENT:
        counts.not_sent[plan.outcome] += 1
    elif not plan.calls:
        letters.append(_refuse_whole(session, origin, plan, at))
    decider = deciding(plan.calls) if plan.calls else None
    number = None
    for call, body in zip(plan.calls, bodies, strict=True):
        decides = call is decider
        columns = _columns(session, call, lanes, was_told, decides, bulk, origin, at)
        if decides:
            book.count(columns[3], "accepted")
        session.write()
        if call.refusal:
            reason = call.refusal[0]
            ended = (*columns, None, plain(reason.code), "")
            said = str(reason).encode(errors="replace")
            letters.append(_write_letter(session, book.numbered, ended, said, body, origin.raw))
            continue
        book.numbered += 1
        book.waiting += 1
        session.untaken += 1
        number = number if call.fingerprint is None else book.numbered
        row = (book.numbered, book.numbered, *columns)
        item = evolve(item_from(row, len(body)), lanes=people.waits_with(session, lanes))
        session.insert(call_row(session.salted, row, body, origin.raw), item, body)
    if changes:
        people.learn(session, changes, number)
    return tuple(letters)


def _device(plan: Plan) -> tuple[str, ...]:
    """Whose it is where nobody is named: a visitor's events keep their order too."""
    given = {call.identifiers.get("anonymous_id") for call in plan.calls} - {None}
    return tuple(f"anonymous_id:{one}" for one in sorted(map(str, given)))


def _columns(
    session: Session,
    call: Call,
    lanes: bytes | None,
    was_told: str | None,
    decides: bool,
    bulk: bool,
    origin: Origin,
    at: float,
) -> tuple[Any, ...]:
    """A call's columns from `call` to `at`."""
    event = None if origin.id is None else plain(origin.id)
    told = (call.fingerprint, None if call.fingerprint is None else was_told)
    repeat = None
    if call.metric is not None:
        repeat = session.salted.of("repeat", f"{call.metric}\0{call.unique_id}")
    rest = (int(decides), int(bulk), *told, origin.line, event, at)
    return (call.name, lanes, repeat, plain(call.label), *rest)


def _know_account(session: Session, account: str) -> None:
    """Whoever is forgotten is forgotten in every account."""
    session.write()
    name = f"account:{account}"
    session.connection.execute("INSERT OR IGNORE INTO meta VALUES (?, x'')", (plain(name),))
    session.accounts.add(account)


def _refuse_whole(session: Session, origin: Origin, plan: Plan, at: float) -> Letter:
    """Refused without calls: a condition raised, or no account could be chosen."""
    session.write()
    reason = plan.diagnostics[-1]
    event = None if origin.id is None else plain(origin.id)
    columns = (None, None, None, None, 1, 0, None, None, origin.line, event, at)
    ended = (*columns, None, plain(reason.code), "")
    return _write_letter(session, 0, ended, str(reason).encode(errors="replace"), None, origin.raw)


def _write_letter(
    session: Session,
    number: int,
    columns: tuple[Any, ...],
    detail: bytes,
    body: bytes | None,
    raw: bytes,
) -> Letter:
    """A dead letter from its columns `call` to `pointer`; the counts with it."""
    book = session.book
    book.lettered += 1
    row = (book.lettered, number, *columns)
    found = letter_row(session.salted, row, detail, body, raw)
    session.connection.execute(INSERT_LETTER, found)
    count_dead(session, columns[0], columns[3], columns[4], 1)
    return letter_of(found).letter


def count_dead(session: Session, call: Any, metric: Any, decides: Any, by: int) -> None:
    """One dead letter more (or less)."""
    counts = session.book.counts
    if call in ENDPOINTS and (ENDPOINTS[call].changes_profile or not decides):
        counts.dead_upserts += by  # and whatever else goes beside the event
    if decides:
        counts.dead += by
        if isinstance(metric, str):
            session.book.count(metric, "dead", by)


def count_not_sent(session: Session, metric: Any, decides: Any, reason: str) -> None:
    """A call that waited, or was dead, is not to be made."""
    if decides:
        session.book.counts.not_sent[reason] += 1
        if isinstance(metric, str):
            session.book.count(metric, LEFT_OUT)


def take(session: Session, limit: int) -> tuple[Item, ...]:
    """The next committed calls; damaged ones are set aside as dead letters."""
    items: list[Item] = []
    while len(items) < limit and session.taken < session.committed:
        found = session.at_hand.get(session.taken + 1)
        if found is None:
            items.extend(_read(session, limit - len(items)))
            continue
        session.taken += 1
        session.untaken -= 1
        items.append(found[0])
    if session.charges:
        items = [evolve(item, charges=session.charges.get(item.id, 0)) for item in items]
    return tuple(items)


def _read(session: Session, limit: int) -> list[Item]:
    """The next ones from the disk, up to the first that is at hand."""
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
    """What is to be posted, in the order asked for."""
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


_THESE: Final = "WHERE id IN (SELECT value FROM json_each(?))"


def delivered(session: Session, ids: Iterable[int]) -> None:
    """Klaviyo has taken these calls; their bodies are gone."""
    session.write()
    session.flush()
    book = session.book
    gone = tuple(ids)
    these = (json.dumps(gone),)
    sql = f"SELECT call, metric, decides, count(*) FROM outbox {_THESE} GROUP BY 1, 2, 3"
    for call, metric, decides, count in session.connection.execute(sql, these).fetchall():
        book.waiting -= count
        if ENDPOINTS[call].changes_profile:
            book.counts.upserts += count
        if decides:
            book.counts.delivered += count
            book.count(metric, "delivered", count)
    sql = f"SELECT count(*) FROM outbox {_THESE} AND id > ?"
    session.untaken -= session.connection.execute(sql, (*these, session.taken)).fetchone()[0]
    session.connection.execute(f"DELETE FROM outbox {_THESE}", these)
    for one in gone:
        session.let_go(one)


def repaired(session: Session, identity: int, left_out: Collection[str]) -> None:
    """Klaviyo has taken this call without some of its identifiers."""
    session.flush()
    sql = "SELECT lane, number FROM outbox WHERE id = ? AND told IS NOT NULL"
    for lanes, number in session.connection.execute(sql, (identity,)).fetchall():
        people.lessen(session, lanes, number, left_out)


def bury(session: Session, dead: Dead) -> Letter | None:
    """Klaviyo refuses this call for good, or it is damaged; None where it waits no more."""
    session.write()
    session.flush()
    sql = "DELETE FROM outbox WHERE id = ? RETURNING *"
    found = session.connection.execute(sql, (dead.id,)).fetchall()
    if not found:
        return None
    row = found[0]
    session.book.waiting -= 1
    session.untaken -= row[0] > session.taken
    session.let_go(dead.id)
    code, body, raw = plain(dead.code), as_blob(row[-2]), as_blob(row[-1])
    number, columns = row[1], row[2:-4]
    if not is_whole_call(session.salted, row):
        code, columns, number = DAMAGED, _mended(session, columns), 0
        session.drop_by(row[0], row[1])
    lanes, told, was_told = columns[1], columns[6], columns[7]
    if lanes is not None and told is not None:
        people.take_back(session, lanes, number, was_told)
    ended = (*columns, dead.status, code, plain(dead.pointer))
    return _write_letter(session, number, ended, dead.detail.encode(errors="replace"), body, raw)


def remove(session: Session, identity: int, reason: str) -> bool:
    """A call is not to be made; its event is counted under the reason."""
    session.write()
    session.flush()
    sql = "DELETE FROM outbox WHERE id = ? RETURNING *"
    found = session.connection.execute(sql, (identity,)).fetchall()
    for row in found:
        session.book.waiting -= 1
        session.untaken -= identity > session.taken
        session.let_go(identity)
        number, columns = row[1], row[2:-4]
        if not is_whole_call(session.salted, row):
            columns = _mended(session, columns)
            session.drop_by(identity, number)
        count_not_sent(session, columns[3], columns[4], reason)
        lanes, told, was_told = columns[1], columns[6], columns[7]
        if lanes is not None and told is not None:
            people.take_back(session, lanes, number, was_told)
    return bool(found)


def _mended(session: Session, columns: tuple[Any, ...]) -> tuple[Any, ...]:
    """A damaged row's columns, as far as they make sense; the counts say what it decided."""
    sql = "SELECT count(*) FROM outbox WHERE decides = 1"
    others = session.connection.execute(sql).fetchone()[0]
    decides = int(session.book.counts.pending > others)
    call, lanes, _, metric, _, _, told, _, line, event, at = columns
    known_metric = metric if metric in session.book.metrics else None
    return (
        call if isinstance(call, str) else None,
        lanes if isinstance(lanes, bytes) else None,
        None,
        known_metric,
        decides,
        0,
        told if isinstance(told, str) else None,
        None,
        line if isinstance(line, int) else 0,
        event if isinstance(event, str) else None,
        at if isinstance(at, float) else session.clock(),
    )
