"""What should be sent next? The sender as a pure state machine; start reading here.

    (sender, message, now, luck) -> (sender, commands)

An item moves only like this (drawn from `life.py`, against which the tests check every move):

    arrived   ─► ready      nothing stands before it
              ─► held       what came before it of its profile, or a twin, is unsettled
    held      ─► ready      what it waited for is settled
    ready     ─► flying     posted, as pace, breaker and room allow
    flying    ─► delivered  taken, or known to Klaviyo already
              ─► dead       refused by name or alone, or a 5xx too often while others got through
              ─► delayed    failed: once more, after a pause, in half the group if others pass
              ─► ready      throttled; another row was refused; in half a group that was refused
              ─► importing  taken as a row of an import, which works later
    delayed   ─► ready      its pause is over
    importing ─► delivered  the import is done, or still under way after its patience
              ─► dead       the import's errors name it
              ─► delayed    the import was cancelled or is unknown: it has not happened
              ─► ready      the import's errors name nobody: each of its rows goes alone

The time and luck (the random number for a pause's jitter) are arguments, and what to do comes back
as values; the shell only carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from attrs import evolve

from .answered import answered
from .batch import take_batch
from .endpoint import is_open, is_troubled, opens_at, sent
from .lanes import enter
from .messages import (
    Answered,
    Arrived,
    Ask,
    Command,
    Draining,
    Item,
    Message,
    Post,
    Resumed,
    Sleep,
    Stop,
)
from .repeats import part
from .resume import resumed
from .speaker import JOBS
from .state import Flight, Sender, enqueue, goes_by, new_sender
from .verdict import NOT_KLAVIYO

__all__ = ["Sender", "new_sender", "silence", "step", "stuck"]

NAP = 60.0
"""The longest sleep, in seconds."""
SLOWEST = 16_000
"""The slowest uplink that is waited for, in bytes per second."""


def step(
    sender: Sender, message: Message, now: float, luck: float = 0.5
) -> tuple[Sender, tuple[Command, ...]]:
    """Handle a message at time `now`, in seconds of a monotonic clock; `luck` is random, 0 to 1.

    >>> from .messages import Answer
    >>> arrived = Arrived((Item(1, "events.create_event"),))
    >>> sender, commands = step(new_sender(), arrived, now=0.0)
    >>> commands[0]
    Post(request=1, call='events.create_event', ids=(1,), leave_out=())
    >>> step(sender, Answered(1, Answer(202)), now=0.1)[1][0]
    Delivered(ids=(1,), left_out=())
    """
    now = max(now, sender.now)
    sender = evolve(sender, now=now)
    commands: tuple[Command, ...] = ()
    if isinstance(message, Arrived):
        sender = _arrived(sender, message.items)
    elif isinstance(message, Answered):
        if message.request in sender.flights:
            sender, commands = answered(sender, message.request, message.answer, now, luck)
    elif isinstance(message, Draining):
        sender = evolve(sender, draining=True)
    elif isinstance(message, Resumed):
        sender = resumed(sender)
    sender = _due(sender, now)
    sender, given_up = _give_up(sender, now)
    commands += given_up
    if sender.stopped is not None or sender.draining:
        return sender, commands
    sender, posts = _dispatch(sender, now)
    if not sender.is_busy:
        return sender, (*commands, *posts)
    return sender, (*commands, *posts, Sleep(min(max(_next_time(sender), now), now + NAP)))


def _arrived(sender: Sender, items: tuple[Item, ...]) -> Sender:
    lanes, ready = enter(sender.lanes, items)
    sender = evolve(sender, lanes=lanes)
    repeats, ready = part(sender.repeats, ready)
    return enqueue(evolve(sender, repeats=repeats), ready)


def _due(sender: Sender, at: float) -> Sender:
    """Move delayed items that are due to the front of their queues."""
    due = tuple(item for when, item in sender.delayed if when <= at)
    if not due:
        return sender
    later = tuple(pair for pair in sender.delayed if pair[0] > at)
    return enqueue(evolve(sender, delayed=later), due, first=True)


def _give_up(sender: Sender, at: float) -> tuple[Sender, tuple[Command, ...]]:
    """Stop if no answer of Klaviyo's came within `give_up` seconds of the first request."""
    if sender.stopped is not None or at < _gives_up_at(sender):
        return sender, ()
    stop = silence(sender, sender.give_up)
    return evolve(sender, stopped=stop), (stop,)


def _gives_up_at(sender: Sender) -> float:
    """When to give up, allowing time to send the largest request on a slow uplink."""
    if sender.heard or sender.failing_since is None:
        return inf
    flights = sender.flights.values()
    longest = max((sum(one.size for one in flight.items) for flight in flights), default=0)
    return sender.failing_since + sender.give_up + longest // SLOWEST


def unheard(sender: Sender, patience: float, now: float) -> Stop | None:
    """The reason to stop if Klaviyo has not answered for `patience` seconds, else None."""
    since = inf if sender.heard or sender.failing_since is None else sender.failing_since
    return silence(sender, round(now - since)) if now - since >= patience else None


def silence(sender: Sender, seconds: float) -> Stop:
    """The reason to stop after so many seconds without an answer of Klaviyo's.

    >>> silence(new_sender(), 30.0)
    Stop(reason='unreachable', detail='no answer in 30 seconds')
    """
    troubled = [one for one in sender.endpoints.values() if one.trouble]
    foreign = [one for one in troubled if one.is_foreign]
    said = "".join(f"; last: {one.trouble}" for one in (foreign or troubled)[:1])
    if foreign:
        return Stop(NOT_KLAVIYO, f"no answer of Klaviyo's in {seconds:g} seconds{said}")
    return Stop("unreachable", f"no answer in {seconds:g} seconds{said}")


def stuck(sender: Sender) -> Stop:
    """The reason to stop where everything left keeps failing on its own account."""
    waiting = len(sender.lanes.held) + sum(map(len, sender.repeats.waiting.values()))
    troubles = [one.trouble for one in sender.endpoints.values() if one.trouble]
    behind = f", {waiting:,} wait behind them" if waiting else ""
    last = f"; last: {troubles[0]}" if troubles else ""
    return Stop("stuck", f"{sender.pending - waiting:,} calls failed alone{behind}{last}")


def _dispatch(sender: Sender, at: float) -> tuple[Sender, tuple[Command, ...]]:
    """Send all that may be sent now: polls of imports, then the queues."""
    sender, asked = _ask(sender, at)
    posts: list[Command] = list(asked)
    waiting = {key: queue[0].id for key, queue in sender.queues.items() if queue}
    for key in sorted(waiting, key=lambda key: waiting[key]):  # oldest first, so that none starves
        while len(sender.flights) < sender.max_flying and (queue := sender.queues[key]):
            name = goes_by(sender, queue)
            endpoint = sender.endpoints[name]
            if not is_open(endpoint, at):
                break
            if is_troubled(endpoint):  # probe with items less likely to be at fault
                queue = tuple(sorted(queue, key=lambda item: item.failures))
            taken, left = take_batch(queue, name, endpoint.size.most)
            queues = {**sender.queues, key: left}
            sender, post = _post(sender, name, Flight(name, taken, at), at, queues)
            posts.append(post)
    return sender, tuple(posts)


def _post(
    sender: Sender,
    name: str,
    flight: Flight,
    at: float,
    queues: Mapping[str, tuple[Item, ...]],
) -> tuple[Sender, Command]:
    request = sender.requests + 1
    sender = evolve(
        sender,
        requests=request,
        queues=queues,
        flights={**sender.flights, request: flight},
        endpoints={**sender.endpoints, name: sent(sender.endpoints[name], at)},
        failing_since=_since(sender, at),
    )
    repair = flight.items[0].repair
    ids = tuple(item.id for item in flight.items)
    return sender, Post(request, name, ids, () if repair is None else repair.leave_out)


def _since(sender: Sender, at: float) -> float | None:
    """The time of the first request, kept until Klaviyo answers."""
    return at if sender.failing_since is None and not sender.heard else sender.failing_since


def _ask(sender: Sender, at: float) -> tuple[Sender, list[Command]]:
    asks: list[Command] = []
    for job in sender.jobs:
        if job.asking or job.ask_at > at or not is_open(sender.endpoints[JOBS], at):
            continue
        request = sender.requests + 1
        jobs = tuple(evolve(one, asking=True) if one is job else one for one in sender.jobs)
        sender = evolve(
            sender,
            jobs=jobs,
            requests=request,
            flights={**sender.flights, request: Flight(JOBS, (), at, job.id)},
            endpoints={**sender.endpoints, JOBS: sent(sender.endpoints[JOBS], at)},
        )
        asks.append(Ask(request, job.id, job.errors))
    return sender, asks


def _next_time(sender: Sender) -> float:
    """When something can happen without a message: a retry, the pace, a probe, giving up."""
    times = [when for when, _ in sender.delayed]
    if len(sender.flights) < sender.max_flying:
        wanted = {goes_by(sender, queue) for queue in sender.queues.values() if queue}
        for name, endpoint in sender.endpoints.items():
            when = opens_at(endpoint)  # an endpoint not wanted now may be wanted once open
            if when is not None and (name in wanted or (wanted and when > sender.now)):
                times.append(when)
    asks = [job.ask_at for job in sender.jobs if not job.asking]
    opened_jobs = opens_at(sender.endpoints[JOBS])
    if asks and opened_jobs is not None:
        times.append(max(min(asks), opened_jobs))
    return min((*times, _gives_up_at(sender)))
