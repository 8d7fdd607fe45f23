"""What does an answer change?

Each kind of verdict has its transition. An item dies of Klaviyo's own words on it, alone or by its
row; a refused group that names no row is halved until it does. Source: design "Delivery".
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Final

from attrs import evolve

from .batch import BULK
from .endpoint import AGAIN, is_troubled, learn
from .jobs import FIRST_ASK, LATELY, Job, Progress, failed_of, job_of, later, progress_of
from .messages import (
    WEAKER,
    Answer,
    Charged,
    Command,
    Dead,
    Delivered,
    Item,
    Repair,
    Stop,
    Warn,
)
from .retry import MAX_CHARGES, backoff
from .rows import RowError, identifier_at, import_errors, row_errors
from .size import grow, shrink
from .state import Flight, Sender, enqueue, release
from .verdict import Verdict, judge

Step = tuple[Sender, tuple[Command, ...]]
IMPORT: Final = "profiles.bulk_import_profiles"
PARTIAL: Final = "x-klaviyo-partial-failure"
"""The header by which Klaviyo says that it took a request, but not all of it."""
UNDONE: Final = "import.undone"
_SINGLE: Final = {bulk: call for call, bulk in BULK.items()}


def answered(sender: Sender, request: int, answer: Answer, at: float, luck: float) -> Step:
    """The sender after an answer to one of its requests."""
    flight = sender.flights[request]
    verdict = judge(answer, flight.endpoint)
    if verdict.kind == "too-large" and len(flight.items) < 2:  # there is nothing to be halved
        verdict = evolve(verdict, kind="refused" if verdict.is_klaviyos else "failed")
    crashed = answer.fault in ("crash", "unsent")  # nobody was asked
    known = sender.endpoints[flight.endpoint]
    since = max((item.failed_at for item in flight.items), default=-inf)
    others_pass = known.spoke_at >= (since if since > -inf else flight.at)
    is_news = not crashed and not (others_pass and _is_its_own(flight, verdict))
    learned = evolve(verdict, kind="failed") if _is_unnamed(flight, verdict, answer) else verdict
    endpoint = learn(known, answer, learned, at, luck, is_news)
    heard = sender.heard or verdict.is_klaviyos
    sender = evolve(
        sender,
        flights={number: one for number, one in sender.flights.items() if number != request},
        endpoints={**sender.endpoints, flight.endpoint: endpoint},
        heard=heard,
        failing_since=None if heard or crashed else sender.failing_since,
    )
    if endpoint.spoke_at > known.spoke_at:
        sender = _awakened(sender, flight.endpoint, at)
    if verdict.kind == "stop":
        return _stopped(sender, flight, verdict)
    if flight.job is not None:
        return _job_answered(sender, flight.job, verdict, answer, at, luck)
    if verdict.kind in ("throttled", "failed"):
        return _failed(sender, flight, verdict, others_pass, at, luck, known.is_passing)
    if verdict.kind == "delivered":
        return _delivered(sender, flight, answer, at)
    return _refused(sender, flight, verdict, answer, at)


def _is_unnamed(flight: Flight, verdict: Verdict, answer: Answer) -> bool:
    """Is it a bulk request that is refused, and no row named? It may be the endpoint that is."""
    is_refused = verdict.kind in ("refused", "conflict", "duplicate")
    is_bulk = flight.endpoint in _SINGLE and flight.job is None
    return is_refused and is_bulk and not row_errors(answer.body, len(flight.items))


def _is_its_own(flight: Flight, verdict: Verdict) -> bool:
    """Did only one fail, that fails by itself? A rate is a rate, unless it is told often."""
    if len(flight.items) != 1 or not flight.items[0].charges:
        return False
    return verdict.kind != "throttled" or flight.items[0].failures >= AGAIN


def _awakened(sender: Sender, name: str, at: float) -> Sender:
    """Klaviyo is heard here: who failed while nobody got through waits no longer."""
    call = _SINGLE.get(name, name)
    if not any(item.in_silence and item.call == call for _, item in sender.delayed):
        return sender
    delayed = tuple(
        (at if item.in_silence and item.call == call else when, item)
        for when, item in sender.delayed
    )
    return evolve(sender, delayed=delayed)


def _stopped(sender: Sender, flight: Flight, verdict: Verdict) -> Step:
    sender = enqueue(sender, flight.items, first=True)
    if verdict.code == "scope" and flight.endpoint in _SINGLE and sender.mode == "auto":
        denied = sender.bulk_denied | {_SINGLE[flight.endpoint]}
        warning = Warn("bulk.denied", f"{flight.endpoint}: {verdict.detail}; going single")
        return evolve(sender, bulk_denied=denied), (warning,)
    if verdict.code == "scope" and flight.job is not None:  # it may import, but not ask
        job, sender = _without_job(sender, flight.job)
        sender = evolve(sender, bulk_denied=sender.bulk_denied | {_SINGLE[IMPORT]})
        untold = f"the key may not ask for imports: {verdict.detail}; going single"
        return _import_done(sender, job, (), untold)
    if sender.stopped is not None:  # the others under way say the same
        return sender, ()
    stop = Stop(verdict.code, verdict.detail)  # type: ignore[arg-type]
    return evolve(sender, stopped=stop), (stop,)


def _delivered(sender: Sender, flight: Flight, answer: Answer, at: float) -> Step:
    endpoint = sender.endpoints[flight.endpoint]
    grown = evolve(endpoint, size=grow(endpoint.size, len(flight.items), at))
    sender = evolve(sender, endpoints={**sender.endpoints, flight.endpoint: grown})
    told = answer.headers.get(PARTIAL)
    warnings = () if told is None else (Warn("klaviyo.partial-failure", f"{PARTIAL}: {told}"),)
    job = job_of(answer.body) if flight.endpoint == IMPORT else None
    if job is not None:
        started = Job(job, flight.items, at, at + FIRST_ASK)
        return evolve(sender, jobs=(*sender.jobs, started)), warnings
    return release(sender, flight.items), (_delivery(flight.items), *warnings)


def _delivery(items: Iterable[Item]) -> Delivered:
    return Delivered(tuple(item.id for item in items))


def _refused(sender: Sender, flight: Flight, verdict: Verdict, answer: Answer, at: float) -> Step:
    """Klaviyo's verdict on one item, or on the rows that it names; else the group is halved."""
    rows = row_errors(answer.body, len(flight.items))
    if not rows and (len(flight.items) > 1 or flight.endpoint in _SINGLE):
        endpoint = sender.endpoints[flight.endpoint]
        if verdict.kind == "too-large" or is_troubled(endpoint):
            others_pass = not is_troubled(endpoint)
            size = shrink(endpoint.size, len(flight.items), at, others_pass)
            endpoints = {**sender.endpoints, flight.endpoint: evolve(endpoint, size=size)}
            sender = evolve(sender, endpoints=endpoints)
        if len(flight.items) > 1:
            return enqueue(sender, _halved(flight.items), first=True), ()
        # It may be the bulk endpoint that is refused: its next try is a single one.
        alone = evolve(flight.items[0], most=1, failures=flight.items[0].failures // 2 * 2 + 1)
        return enqueue(sender, (alone,), first=True), ()
    if not rows:
        code = "duplicate" if verdict.kind == "duplicate" else verdict.code
        rows = (RowError(0, code, verdict.detail, verdict.pointer),)
    named = {row.row for row in rows}
    rest = (item for row, item in enumerate(flight.items) if row not in named)
    sender = enqueue(sender, rest, first=True)
    return _judged(sender, [(flight.items[row.row], row) for row in rows], verdict.status)


def _halved(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Half of them at most may share a request from now on."""
    most = (len(items) + 1) // 2
    return tuple(evolve(item, most=most) for item in items)


def _judged(sender: Sender, judged: list[tuple[Item, RowError]], status: int | None) -> Step:
    """Each item by what Klaviyo says of it: there already, once more, or dead."""
    known: list[Item] = []
    again: list[Item] = []
    gone: list[Item] = []
    commands: list[Command] = []
    for item, error in judged:
        if error.is_duplicate or (error.is_repeat and item.is_alone):
            known.append(item)
            continue
        if error.is_repeat:  # it repeats another row: the single endpoint takes it
            again.append(evolve(item, most=1))
            continue
        dead = Dead(item.id, status, error.code, error.detail, error.pointer)
        repaired = _repaired(item, dead)
        if repaired is not None:
            again.append(repaired)
            commands.append(Warn("call.repaired", f"{item.call} {_without(repaired)}"))
            continue
        gone.append(item)
        was = item.repair if error.code == "unsent" else None
        commands.append(dead if was is None else was.refused)
    sender = release(enqueue(sender, again, first=True), (*known, *gone))
    return sender, ((_delivery(known),) if known else ()) + tuple(commands)


def _repaired(item: Item, dead: Dead) -> Item | None:
    """The item once more without what Klaviyo objects to; None where nothing can be left out."""
    objection = identifier_at(dead.pointer)
    if dead.code.startswith("duplicate_profile"):
        objection = WEAKER
    left_out = () if item.repair is None else item.repair.leave_out
    if objection is None or objection in left_out:
        return None
    first = dead if item.repair is None else item.repair.refused
    return evolve(item, most=1, repair=Repair((*left_out, objection), first))


def _without(item: Item) -> str:
    """How a call goes once more, for a person."""
    left_out = "" if item.repair is None else item.repair.leave_out[-1]
    if left_out == WEAKER:
        return "once more under the strongest identifier alone"
    return f"once more without {left_out}"


def _failed(
    sender: Sender,
    flight: Flight,
    verdict: Verdict,
    others_pass: bool,
    at: float,
    luck: float,
    is_passing: bool = True,
) -> Step:
    """Later again. Where others get through, a group is halved, and who is alone is charged.

    Where most fail, though some get through, nobody is.
    """
    rows = len(flight.items)
    endpoint = sender.endpoints[flight.endpoint]
    is_throttled = verdict.kind == "throttled"
    if is_throttled:  # a rate is no fault of the items, unless it is theirs alone
        others_pass = others_pass and min(item.failures for item in flight.items) >= AGAIN - 1
    is_halved = rows > 1 and others_pass
    is_bulk = flight.endpoint in _SINGLE
    if is_bulk and (others_pass or endpoint.breaker.failures > 1 or endpoint.throttles >= AGAIN):
        size = shrink(endpoint.size, rows, at, others_pass and not is_troubled(endpoint))
        endpoints = {**sender.endpoints, flight.endpoint: evolve(endpoint, size=size)}
        sender = evolve(sender, endpoints=endpoints)
    items = _halved(flight.items) if is_halved else flight.items
    is_charged = rows == 1 and (others_pass or verdict.code == "crash")
    is_charged = is_charged or (is_halved and rows == 2)  # one of them; from now on they go alone
    is_charged = is_charged and verdict.code != UNDONE
    may_die = rows == 1 and (verdict.code == "crash" or (verdict.status or 0) >= 500)
    counts = may_die and (is_passing or verdict.code == "crash")
    failed = tuple(
        evolve(
            item,
            failures=1 if is_halved else item.failures + 1,
            failed_at=at,
            in_silence=not others_pass and not is_throttled,
            # Silence, strangers and a group mark it once: they bring nobody nearer to the end;
            # nor does a failure right after another one's.
            charges=item.charges + (is_charged and (counts or not item.charges)),
        )
        for item in items
    )
    both = zip(items, failed, strict=True)
    charged = tuple(Charged(now.id, now.charges) for was, now in both if now.charges > was.charges)
    if is_charged and counts and failed[0].charges >= MAX_CHARGES:
        dead = Dead(failed[0].id, verdict.status, verdict.code, verdict.detail, verdict.pointer)
        return release(sender, failed), (dead,)
    is_own = rows == 1 and flight.items[0].charges > 0
    if is_throttled and not is_own:  # the endpoint waits, for all
        return enqueue(sender, failed, first=True), charged
    wait = (verdict.wait or 0.0) if is_own else 0.0
    delayed = tuple((at + max(backoff(item.failures, luck), wait), item) for item in failed)
    return evolve(sender, delayed=(*sender.delayed, *delayed)), charged


def _without_job(sender: Sender, number: str) -> tuple[Job, Sender]:
    job = next(job for job in sender.jobs if job.id == number)
    return job, evolve(sender, jobs=tuple(one for one in sender.jobs if one is not job))


def _job_answered(
    sender: Sender, number: str, verdict: Verdict, answer: Answer, at: float, luck: float
) -> Step:
    job, sender = _without_job(sender, number)
    told: tuple[tuple[RowError, ...], int] | None = None
    progress: Progress = "untold"
    if verdict.kind == "delivered":
        told = import_errors(answer.body, len(job.items)) if job.errors else None
        progress = "untold" if job.errors else progress_of(answer.body)
    if told is not None:
        return _import_failed(sender, job, *told)
    if progress == "done":
        return _import_done(sender, job, ())
    if progress == "partly":
        partly = evolve(job, asking=False, errors=True, failed=failed_of(answer.body))
        return evolve(sender, jobs=(*sender.jobs, partly)), ()
    is_late = _is_late(sender, job, at)
    if is_late and progress == "working":
        detail = f"an import is not done after {sender.patience:g} seconds; its events go"
        return _import_done(sender, job, (), detail)
    is_unknown = verdict.kind in ("refused", "conflict", "duplicate")
    if not (is_late or is_unknown or progress == "undone"):
        return evolve(sender, jobs=(*sender.jobs, later(job, at))), ()
    is_untold = not is_unknown and progress != "undone"  # it is late, and nobody says how it is
    if is_untold and _is_deaf(sender, job, at):
        others = [one for one in sender.jobs if not one.asking and _is_late(sender, one, at)]
        sender = evolve(sender, jobs=tuple(one for one in sender.jobs if one not in others))
        every = [evolve(item, most=1) for one in (job, *others) for item in one.items]
        warning = Warn(UNDONE, f"imports go again, one by one: {verdict.detail}")
        return enqueue(sender, every, first=True), (warning,)
    cancelled = "it was cancelled, or nothing of it completed"
    why = cancelled if progress == "undone" else verdict.detail
    undone = Verdict("failed", None, UNDONE, why)
    items = job.items if is_untold else _halved(job.items)
    sender, commands = _failed(sender, Flight(IMPORT, items), undone, not is_untold, at, luck)
    return sender, (*commands, Warn(UNDONE, f"an import goes again: {why}"))


def _is_late(sender: Sender, job: Job, at: float) -> bool:
    return at - job.since >= sender.patience


def _is_deaf(sender: Sender, job: Job, at: float) -> bool:
    """Do only questions fail? Others got through lately, or the import did, a second time."""
    failed_at = max(item.failed_at for item in job.items)
    if -inf < failed_at < sender.endpoints[IMPORT].spoke_at:
        return True
    return any(at - endpoint.spoke_at < LATELY for endpoint in sender.endpoints.values())


def _import_failed(sender: Sender, job: Job, errors: tuple[RowError, ...], unplaced: int) -> Step:
    """Its named rows failed; where more failed than are named, each row not named goes alone."""
    if not unplaced and len({error.row for error in errors}) >= max(job.failed, 1):
        return _import_done(sender, job, errors)
    named = {error.row for error in errors}
    rest = [evolve(item, most=1) for row, item in enumerate(job.items) if row not in named]
    sender = enqueue(sender, rest, first=True)
    return _judged(sender, [(job.items[error.row], error) for error in errors], 202)


def _import_done(
    sender: Sender, job: Job, errors: tuple[RowError, ...], warning: str | None = None
) -> Step:
    named = {error.row for error in errors}
    good = tuple(item for row, item in enumerate(job.items) if row not in named)
    sender, commands = _judged(
        release(sender, good), [(job.items[error.row], error) for error in errors], 202
    )
    warnings = () if warning is None else (Warn("import.unknown", warning),)
    return sender, ((_delivery(good),) if good else ()) + commands + warnings
