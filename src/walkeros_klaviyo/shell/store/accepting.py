"""What is recorded when an event is accepted?

Its calls become pending (or dead letters, if Klaviyo would refuse them), and the person's state is
updated, all in the open transaction.
"""

from __future__ import annotations

from typing import Any

from walkeros_klaviyo.core.canonical import digest
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.state import States
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.settle import deciding
from walkeros_klaviyo.shell.jsonl import to_json

from . import people
from .counts import NOT_SENT
from .letter import Letter, Origin
from .letters import plan_anew
from .rows import Again, item_from, plain
from .session import Session
from .waiting import write_letter


def accept(
    session: Session,
    origin: Origin,
    plan: Plan,
    changes: States,
    bulk: bool = False,
    *,
    saved: int = 0,
    again: Again | None = None,
) -> tuple[Letter, ...]:
    """Record an event's calls and states; calls that Klaviyo would refuse become dead letters.

    `bulk`: its rule asks for bulk. `saved`: how many upserts were left out as unchanged. An event
    planned `again` was accepted before; it is counted now only if its dead call represented it.
    """
    letters: list[Letter] = []
    book, counts = session.book, session.book.counts
    counts.saved += saved
    lanes = people.lanes_of(session, plan.keys or plan.devices) or None
    at = session.clock()
    bodies = [to_json(call.body) for call in plan.calls]
    if plan.account is not None and plan.account not in session.accounts:
        _know_account(session, plan.account)
    is_decided = again is None or again.decides
    if again is None:
        counts.accepted += 1
    else:
        plan_anew(session, again)
    if plan.outcome in NOT_SENT:
        counts.not_sent[plan.outcome] += is_decided
    elif not plan.calls:
        letters.append(_refuse_whole(session, origin, plan, again, at))
    decider = deciding(plan.calls) if plan.calls and is_decided else None
    number: int | None = None
    numbers: dict[str, int] = {}
    for call, body in zip(plan.calls, bodies, strict=True):
        decides = call is decider
        whose = lanes if not call.topics else (lanes or b"") + people.lanes_of(session, call.topics)
        changed = call.topics or plan.keys
        was_told = None if call.fingerprint is None else people.told_at(session, changed)
        columns = _columns(session, call, whose, was_told, decides, bulk, origin, at)
        if decides:
            book.count(columns[3], "accepted")
        session.write()
        if call.refusal:
            reason = call.refusal[0]
            ended = (*columns, None, plain(reason.code), "")
            said = str(reason).encode(errors="replace")
            letters.append(write_letter(session, book.numbered, ended, said, body, origin.raw))
            continue
        book.numbered += 1
        book.waiting += 1
        session.untaken += 1
        numbers |= dict.fromkeys(call.topics, book.numbered)
        number = book.numbered if call.is_upsert else number
        row = (book.numbered, book.numbered, *columns)
        item = item_from(row, len(body), people.waits_with(session, whose))
        session.insert(row, item, body, origin.raw)
    if changes:
        people.learn(session, changes, number, numbers)
    return tuple(letters)


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
    likeness = None
    if call.metric is not None:
        likeness = session.salted.of("repeat", f"{call.metric}\0{call.unique_id}")
    elif call.envelope is not None:
        likeness = session.salted.of("group", digest(call.envelope))
    rest = (int(decides), int(bulk), call.fingerprint, was_told, origin.line, event, at)
    return (call.name, lanes, likeness, plain(call.label), *rest)


def _know_account(session: Session, account: str) -> None:
    """Remember the account's name, so that erasing a person covers every account."""
    session.write()
    name = f"account:{account}"
    session.connection.execute("INSERT OR IGNORE INTO meta VALUES (?, x'')", (plain(name),))
    session.accounts.add(account)


def _refuse_whole(
    session: Session, origin: Origin, plan: Plan, again: Again | None, at: float
) -> Letter:
    """Record an event refused without calls: a condition raised, or no account could be chosen.

    A retried letter becomes the same dead call again.
    """
    session.write()
    reason = plan.diagnostics[-1]
    event = None if origin.id is None else plain(origin.id)
    was = Again(0, session.book.numbered, None, None, True, origin) if again is None else again
    call, metric = (None, None) if was.decides else (was.call, was.metric)
    columns = (call, None, None, metric, int(was.decides), 0, None, None, origin.line, event, at)
    ended = (*columns, None, plain(reason.code), "")
    said = str(reason).encode(errors="replace")
    return write_letter(session, was.number, ended, said, None, origin.raw)
