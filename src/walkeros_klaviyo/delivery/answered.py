"""What does an answer change?

Each verdict has its transition; a bulk refusal is split by the rows it names, or searched.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from .endpoint import learn
from .jobs import FIRST_ASK, Job, job_of, later, progress_of
from .messages import Answer, Command, Dead, Delivered, Item, Stop, Warn
from .retry import MAX_AGE, MAX_CHARGES, backoff
from .rows import RowError, import_errors, row_errors
from .search import Search, found, refused, taken
from .state import Flight, Sender, enqueue, release
from .verdict import Verdict, judge

Step = tuple[Sender, tuple[Command, ...]]


def answered(sender: Sender, request: int, answer: Answer, at: float, luck: float) -> Step:
    """The sender after an answer to one of its requests."""
    flight = sender.flights[request]
    verdict = judge(answer)
    endpoint = learn(sender.endpoints[flight.endpoint], answer, verdict, at, luck)
    sender = evolve(
        sender,
        flights={number: one for number, one in sender.flights.items() if number != request},
        endpoints={**sender.endpoints, flight.endpoint: endpoint},
        answered=sender.answered or answer.status is not None,
        failing_since=None if answer.fault == "crash" else sender.failing_since,  # nobody was asked
    )
    if verdict.kind == "stop":
        return _stopped(sender, flight, verdict)
    if flight.job is not None:
        return _job_answered(sender, flight.job, verdict, answer, at)
    if verdict.kind == "throttled":
        return _unsent(sender, flight), ()
    if verdict.kind == "failed":
        return _failed(sender, flight, verdict, endpoint.breaker.is_closed, at, luck)
    if verdict.kind == "delivered":
        return _delivered(sender, flight, answer, at)
    return _refused(sender, flight, verdict, answer)


def _unsent(sender: Sender, flight: Flight) -> Sender:
    """As if the request had not been made."""
    if flight.search is not None:
        return evolve(sender, searches=(flight.search, *sender.searches))
    return enqueue(sender, flight.items, first=True)


def _stopped(sender: Sender, flight: Flight, verdict: Verdict) -> Step:
    if verdict.code == "scope" and flight.endpoint in _BULK_SINGLE and sender.mode == "auto":
        sender = _go_single(_unsent(sender, flight), _BULK_SINGLE[flight.endpoint])
        return sender, (Warn("bulk.denied", f"{flight.endpoint}: {verdict.detail}; going single"),)
    if verdict.code == "scope" and flight.job is not None:
        return _import_untold(sender, flight.job, verdict.detail)
    if sender.stopped is not None:  # the others under way say the same
        return _unsent(sender, flight), ()
    stop = Stop(verdict.code, verdict.detail)  # type: ignore[arg-type]
    return evolve(_unsent(sender, flight), stopped=stop), (stop,)


def _go_single(sender: Sender, call: str) -> Sender:
    """From now on one by one; what was searched for in bulk shows itself then."""
    ended = tuple(one for one in sender.searches if one.suspects[0].call == call)
    left = tuple(one for one in sender.searches if one not in ended)
    sender = evolve(sender, searches=left, bulk_denied=sender.bulk_denied | {call})
    return enqueue(sender, (item for one in ended for item in one.items), first=True)


def _import_untold(sender: Sender, number: str, detail: str) -> Step:
    """The key may import, but not ask: what was accepted counts, the rest goes single."""
    job = next(one for one in sender.jobs if one.id == number)
    jobs = tuple(one for one in sender.jobs if one.id != number)
    denied = sender.bulk_denied | {"profiles.create_or_update_profile"}
    sender = evolve(sender, jobs=jobs, bulk_denied=denied)
    return _import_done(sender, job, (), f"the key may not ask for imports: {detail}; going single")


_BULK_SINGLE = {
    "events.bulk_create_events": "events.create_event",
    "profiles.bulk_import_profiles": "profiles.create_or_update_profile",
}


def _delivered(sender: Sender, flight: Flight, answer: Answer, at: float) -> Step:
    job = job_of(answer.body) if flight.endpoint == "profiles.bulk_import_profiles" else None
    if job is not None:
        started = Job(job, flight.items, at, at + FIRST_ASK)
        return _after_probe(evolve(sender, jobs=(*sender.jobs, started)), flight)
    sender, commands = _after_probe(sender, flight)
    return release(sender, flight.items), (_delivery(flight.items), *commands)


def _delivery(items: Iterable[Item]) -> Delivered:
    return Delivered(tuple(item.id for item in items))


def _after_probe(sender: Sender, flight: Flight) -> Step:
    """Where a probe was taken, its search goes on in the rest."""
    if flight.search is None:
        return sender, ()
    return _go_on(sender, taken(flight.search))


def _go_on(sender: Sender, search: Search) -> Step:
    bad = found(search)
    if bad is None:
        return evolve(sender, searches=(*sender.searches, search)), ()
    sender = release(enqueue(sender, search.aside, first=True), (bad,))
    return sender, (Dead(bad.id, search.status, search.code, search.detail),)


def _refused(sender: Sender, flight: Flight, verdict: Verdict, answer: Answer) -> Step:
    if len(flight.items) == 1 and flight.search is None:
        item = flight.items[0]
        rows = row_errors(answer.body, 1)
        if verdict.kind == "duplicate" or (rows and (rows[0].is_duplicate or rows[0].is_repeat)):
            return release(sender, flight.items), (_delivery(flight.items),)
        dead = Dead(item.id, verdict.status, verdict.code, verdict.detail, verdict.pointer)
        return release(sender, (item,)), (dead,)
    rows = row_errors(answer.body, len(flight.items))
    if rows:
        return _split(sender, flight, rows, verdict.status)
    if verdict.code.startswith("duplicate"):
        alone = tuple(evolve(item, alone=True) for item in flight.items)
        rest = () if flight.search is None else flight.search.items[len(flight.items) :]
        return enqueue(sender, (*alone, *rest), first=True), ()
    if flight.search is None:
        search = Search(flight.items, verdict.status, verdict.code, verdict.detail)
        return evolve(sender, searches=(*sender.searches, search)), ()
    search = refused(flight.search, verdict.status, verdict.code, verdict.detail)
    return _go_on(sender, search)


def _split(sender: Sender, flight: Flight, rows: tuple[RowError, ...], status: int | None) -> Step:
    """The named rows are settled, and all others go again."""
    named = {error.row: error for error in rows}
    delivered = tuple(flight.items[row] for row, one in named.items() if one.is_duplicate)
    repeats = tuple(flight.items[row] for row, one in named.items() if one.is_repeat)
    bad = {row: one for row, one in named.items() if not one.is_duplicate and not one.is_repeat}
    commands: list[Command] = [_delivery(delivered)] if delivered else []
    commands += [
        Dead(flight.items[row].id, status, one.code, one.detail, one.pointer)
        for row, one in bad.items()
    ]
    rest = tuple(item for row, item in enumerate(flight.items) if row not in named)
    if flight.search is not None:
        rest += flight.search.items[len(flight.items) :]
    alone = tuple(evolve(item, alone=True) for item in repeats)
    sender = enqueue(sender, (*rest, *alone), first=True)
    gone = delivered + tuple(flight.items[row] for row in bad)
    return release(sender, gone), tuple(commands)


def _failed(
    sender: Sender, flight: Flight, verdict: Verdict, up: bool, at: float, luck: float
) -> Step:
    """Failed: later again; given up only if it failed too often while others got through."""
    if flight.search is not None:
        return _unsent(sender, flight), ()
    charge = 1 if up and verdict.status is not None else 0
    attempts, charges, failing = dict(sender.attempts), dict(sender.charges), dict(sender.failing)
    again: list[tuple[float, Item]] = []
    spent: list[Item] = []
    for item in flight.items:
        attempts[item.id] = attempts.get(item.id, 0) + 1
        charges[item.id] = charges.get(item.id, 0) + charge
        since = failing.setdefault(item.id, at)
        old = verdict.status is not None and at - since >= MAX_AGE
        if charges[item.id] >= MAX_CHARGES or old:
            spent.append(item)
        else:
            again.append((at + backoff(attempts[item.id], luck), item))
    delayed = (*sender.delayed, *again)
    sender = evolve(sender, attempts=attempts, charges=charges, failing=failing, delayed=delayed)
    if not spent:
        return sender, ()
    if len(flight.items) > 1:  # one of them may be the reason: each is tried alone before it dies
        alone = tuple(evolve(item, alone=True) for item in spent)
        charges = {**charges, **{item.id: MAX_CHARGES - 1 for item in spent}}
        return enqueue(evolve(sender, charges=charges), alone), ()
    dead = Dead(spent[0].id, verdict.status, verdict.code, verdict.detail, verdict.pointer)
    return release(sender, tuple(spent)), (dead,)


def _job_answered(sender: Sender, number: str, verdict: Verdict, answer: Answer, at: float) -> Step:
    job = next((one for one in sender.jobs if one.id == number), None)
    if job is None:
        return sender, ()
    others = tuple(one for one in sender.jobs if one.id != number)
    if verdict.kind in ("throttled", "failed"):
        return evolve(sender, jobs=(*others, later(job, at))), ()
    if verdict.kind == "dead":  # Klaviyo knows no such job: nobody can say more of its rows
        return _import_done(evolve(sender, jobs=others), job, (), f"job {verdict.detail}")
    if job.errors:
        told = import_errors(answer.body, len(job.items))
        if told is None:
            return evolve(sender, jobs=(*others, later(job, at))), ()
        errors, lost = told
        if (
            lost or not errors
        ):  # errors that point nowhere: each row alone gets a verdict of its own
            known = {error.row for error in errors}
            left = [item for row, item in enumerate(job.items) if row not in known]
            alone = tuple(evolve(item, alone=True) for item in left)
            named = evolve(job, items=tuple(job.items[row] for row in sorted(known)))
            ranked = sorted(errors, key=lambda error: error.row)
            renumbered = tuple(evolve(one, row=at) for at, one in enumerate(ranked))
            sender = enqueue(evolve(sender, jobs=others), alone, first=True)
            return _import_done(sender, named, renumbered)
        return _import_done(evolve(sender, jobs=others), job, errors)
    done, failures = progress_of(answer.body)
    if done and failures == 0:
        return _import_done(evolve(sender, jobs=others), job, ())
    if done:
        return evolve(sender, jobs=(*others, evolve(job, asking=False, errors=True))), ()
    return evolve(sender, jobs=(*others, later(job, at))), ()


def _import_done(
    sender: Sender, job: Job, errors: tuple[RowError, ...], warning: str | None = None
) -> Step:
    bad = {error.row for error in errors}
    good = tuple(item for row, item in enumerate(job.items) if row not in bad)
    commands: list[Command] = [_delivery(good)] if good else []
    commands += [
        Dead(job.items[one.row].id, 202, one.code, one.detail, one.pointer) for one in errors
    ]
    if warning is not None:
        commands.append(Warn("import.unknown", warning))
    return release(sender, job.items), tuple(commands)


def overdue(sender: Sender, at: float) -> Step:
    """Imports that take too long: their events go, with a warning."""
    late = tuple(job for job in sender.jobs if at - job.since >= sender.patience)
    commands: tuple[Command, ...] = ()
    for job in late:
        sender = evolve(sender, jobs=tuple(one for one in sender.jobs if one.id != job.id))
        detail = f"import {job.id} is not done after {sender.patience:g} seconds; its events go"
        sender, more = _import_done(sender, job, (), detail)
        commands += more
    return sender, commands
