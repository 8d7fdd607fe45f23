"""How does an answer change the sender?

Each kind of verdict has its transition: those of items are in `outcome`, of imports in `imports`.
"""

from __future__ import annotations

from math import inf
from typing import Final

from attrs import evolve

from .endpoint import AGAIN, learn
from .imports import IMPORT, import_done, job_answered, without_job
from .jobs import FIRST_ASK, Job, job_of
from .messages import Answer, Reason, Stop, Warn
from .outcome import SINGLE, Step, delivery, failed, is_grouped, refused
from .rows import row_errors
from .size import grow
from .state import Flight, Sender, enqueue, release
from .verdict import Verdict, judge

PARTIAL: Final = "x-klaviyo-partial-failure"
"""The header by which Klaviyo says that it accepted only part of a request."""


def answered(sender: Sender, request: int, answer: Answer, at: float, luck: float) -> Step:
    """The sender after an answer to one of its requests."""
    flight = sender.flights[request]
    verdict = judge(answer, flight.endpoint)
    if verdict.kind == "too-large" and len(flight.items) < 2:  # nothing to halve
        verdict = evolve(verdict, kind="refused" if verdict.is_klaviyos else "failed")
    crashed = answer.fault in ("crash", "unsent")  # nothing was sent
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
        return job_answered(sender, flight.job, verdict, answer, at, luck)
    if verdict.kind in ("throttled", "failed"):
        return failed(sender, flight, verdict, others_pass, at, luck, known.is_passing)
    if verdict.kind == "delivered":
        return _delivered(sender, flight, answer, at)
    return refused(sender, flight, verdict, answer, at)


def _is_unnamed(flight: Flight, verdict: Verdict, answer: Answer) -> bool:
    """Was a bulk request refused without naming a row? Then the endpoint may be at fault."""
    is_refused = verdict.kind in ("refused", "conflict", "duplicate")
    return is_refused and is_grouped(flight) and not row_errors(answer.body, len(flight.items))


def _is_its_own(flight: Flight, verdict: Verdict) -> bool:
    """Is the failure the item's own? A 429 is the endpoint's, unless it comes again and again."""
    if len(flight.items) != 1 or not flight.items[0].charges:
        return False
    return verdict.kind != "throttled" or flight.items[0].failures >= AGAIN


def _awakened(sender: Sender, name: str, at: float) -> Sender:
    """Klaviyo answers again: items that failed while nothing got through need not wait longer."""
    call = SINGLE.get(name, name)
    if not any(item.in_silence and item.call == call for _, item in sender.delayed):
        return sender
    delayed = tuple(
        (at if item.in_silence and item.call == call else when, item)
        for when, item in sender.delayed
    )
    return evolve(sender, delayed=delayed)


_REASONS: Final[dict[str, Reason]] = {"key": "key", "scope": "scope", "tls": "tls"}
"""Reasons to stop, by the verdict's code."""


def _stopped(sender: Sender, flight: Flight, verdict: Verdict) -> Step:
    sender = enqueue(sender, flight.items, first=True)
    if verdict.code == "scope" and is_grouped(flight) and sender.mode == "auto":
        denied = sender.bulk_denied | {SINGLE[flight.endpoint]}
        warning = Warn("bulk.denied", f"{flight.endpoint}: {verdict.detail}; going single")
        return evolve(sender, bulk_denied=denied), (warning,)
    if verdict.code == "scope" and flight.job is not None:  # the key may import but not poll
        job, sender = without_job(sender, flight.job)
        sender = evolve(sender, bulk_denied=sender.bulk_denied | {SINGLE[IMPORT]})
        untold = f"the key may not ask for imports: {verdict.detail}; going single"
        return import_done(sender, job, (), untold)
    if sender.stopped is not None:  # other requests under way end the same way
        return sender, ()
    stop = Stop(_REASONS[verdict.code], verdict.detail)
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
    return release(sender, flight.items), (delivery(flight.items), *warnings)
