"""What next? Start here: the sender as a pure state machine.

    (sender, message, now, luck) -> (sender, commands)

An item moves like this; nothing else ever happens to it (the table is in `life.py`):

    arrived   ─► ready      nothing stands before it
              ─► held       what came before it of its profile, or a twin, is unsettled
    held      ─► ready      what it waited for is settled
    ready     ─► flying     posted, as pace, breaker and room allow
    flying    ─► delivered  taken, or known to Klaviyo already
              ─► dead       refused, or failed too often while others got through
              ─► delayed    failed: once more, after a pause
              ─► ready      throttled, or another row of its request was refused
              ─► importing  taken as a row of an import, which works later
              ─► searched   refused as one of many, and nobody says which
    delayed   ─► ready      its pause is over
    searched  ─► flying     posted as half of its group, to see whether that is refused too
              ─► ready      the refused row is found, and it is another
              ─► dead       the only one left of a refused group
    importing ─► delivered  the import is done, or nobody can say more of it
              ─► dead       the import's errors name it
              ─► ready      the import's errors name nobody: each of its rows goes alone

Time and luck are arguments, what to do comes back as values; the shell only acts.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from .answered import answered, overdue
from .batch import take_batch
from .endpoint import Endpoint, is_open, opens_at, sent
from .lanes import enter
from .messages import Answered, Arrived, Ask, Command, Draining, Item, Message, Post, Sleep, Stop
from .pace import hold
from .repeats import part
from .search import probe
from .state import JOBS, Flight, Sender, enqueue, goes_by, new_sender, probes_go_by
from .steady import MAX_LEAP, Steady, leapt, tick

__all__ = ["Sender", "new_sender", "step"]


def step(
    sender: Sender, message: Message, now: float, luck: float = 0.5
) -> tuple[Sender, tuple[Command, ...]]:
    """Take in one message at a time `now` (seconds of any clock); luck is 0 to 1.

    >>> from .messages import Answer
    >>> arrived = Arrived((Item(1, "events.create_event"),))
    >>> sender, commands = step(new_sender(), arrived, now=0.0)
    >>> commands[0]
    Post(request=1, call='events.create_event', ids=(1,))
    >>> step(sender, Answered(1, Answer(202)), now=0.1)[1][0]
    Delivered(ids=(1,))
    """
    leap = leapt(sender.steady, now)
    steady = tick(sender.steady, now)
    at = steady.own
    if leap:
        sender = evolve(sender, endpoints=_emptied(sender, at))
    commands: tuple[Command, ...] = ()
    if isinstance(message, Arrived):
        sender = _arrived(sender, message.items)
    elif isinstance(message, Answered):
        if message.request in sender.flights:
            sender, commands = answered(sender, message.request, message.answer, at, luck)
    elif isinstance(message, Draining):
        sender = evolve(sender, draining=True)
    sender = _due(sender, at)
    sender, late = overdue(sender, at)
    sender, given_up = _give_up(sender, at)
    commands += late + given_up
    if sender.stopped is not None or sender.draining:
        return evolve(sender, steady=steady), commands
    sender, posts = _dispatch(sender, at)
    if not sender.is_busy:
        return evolve(sender, steady=steady), (*commands, *posts)
    wake = now + min(max(_next_time(sender, at) - at, 0.0), MAX_LEAP)
    sender = evolve(sender, steady=Steady(now, at, wake))
    return sender, (*commands, *posts, Sleep(wake))


def _emptied(sender: Sender, at: float) -> dict[str, Endpoint]:
    """The endpoints, with nothing saved up: from here on evenly."""
    return {name: evolve(one, pace=hold(one.pace, at)) for name, one in sender.endpoints.items()}


def _arrived(sender: Sender, items: tuple[Item, ...]) -> Sender:
    lanes, ready = enter(sender.lanes, items)
    sender = evolve(sender, lanes=lanes)
    repeats, ready = part(sender.repeats, ready)
    return enqueue(evolve(sender, repeats=repeats), ready)


def _due(sender: Sender, at: float) -> Sender:
    """What was delayed and is due goes to the front."""
    due = tuple(item for when, item in sender.delayed if when <= at)
    if not due:
        return sender
    later = tuple(pair for pair in sender.delayed if pair[0] > at)
    return enqueue(evolve(sender, delayed=later), due, first=True)


def _give_up(sender: Sender, at: float) -> tuple[Sender, tuple[Command, ...]]:
    """A host that has never answered is not waited for beyond `give_up` seconds."""
    since = sender.failing_since
    if sender.stopped is not None or sender.answered or since is None:
        return sender, ()
    if at - since < sender.give_up:
        return sender, ()
    stop = Stop("unreachable", f"no answer in {sender.give_up:g} seconds")
    return evolve(sender, stopped=stop), (stop,)


def _dispatch(sender: Sender, at: float) -> tuple[Sender, tuple[Command, ...]]:
    """Everything that may be sent now: imports asked for, searches probed, queues emptied."""
    sender, asked = _ask(sender, at)
    sender, probed = _probe(sender, at)
    posts: list[Command] = [*asked, *probed]
    for call in sender.queues:
        while len(sender.flights) < sender.max_flying and (queue := sender.queues[call]):
            name = goes_by(sender, queue)
            if not is_open(sender.endpoints[name], at):
                break
            if not sender.endpoints[name].breaker.is_closed:
                queue = _least_tried_first(sender, queue)
            taken, left = take_batch(queue, name)
            queues = {**sender.queues, call: left}
            sender, post = _post(sender, name, Flight(name, taken), at, queues)
            posts.append(post)
    return sender, tuple(posts)


def _least_tried_first(sender: Sender, queue: tuple[Item, ...]) -> tuple[Item, ...]:
    """For a probe: an item that fails by its own fault must not stand for the endpoint for ever."""
    probe_item = min(queue, key=lambda item: sender.attempts.get(item.id, 0))
    return (probe_item, *(item for item in queue if item is not probe_item))


def _post(
    sender: Sender,
    name: str,
    flight: Flight,
    at: float,
    queues: Mapping[str, tuple[Item, ...]] | None = None,
) -> tuple[Sender, Command]:
    request = sender.requests + 1
    waits = not sender.answered and sender.failing_since is None
    sender = evolve(
        sender,
        requests=request,
        queues=sender.queues if queues is None else queues,
        flights={**sender.flights, request: flight},
        endpoints={**sender.endpoints, name: sent(sender.endpoints[name], at)},
        failing_since=at if waits else sender.failing_since,
    )
    return sender, Post(request, name, tuple(item.id for item in flight.items))


def _probe(sender: Sender, at: float) -> tuple[Sender, list[Command]]:
    posts: list[Command] = []
    for search in sender.searches:
        name = probes_go_by(search)
        if len(sender.flights) >= sender.max_flying:
            break
        if not is_open(sender.endpoints[name], at):  # the next may go by another
            continue
        left = tuple(one for one in sender.searches if one is not search)
        flight = Flight(name, probe(search), search)
        sender, post = _post(evolve(sender, searches=left), name, flight, at)
        posts.append(post)
    return sender, posts


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
            flights={**sender.flights, request: Flight(JOBS, (), job=job.id)},
            endpoints={**sender.endpoints, JOBS: sent(sender.endpoints[JOBS], at)},
        )
        asks.append(Ask(request, job.id, job.errors))
    return sender, asks


def _next_time(sender: Sender, at: float) -> float:
    """When something may happen without a message: a retry, the pace, a probe, giving up."""
    times = [when for when, _ in sender.delayed]
    wanted = {goes_by(sender, queue) for queue in sender.queues.values() if queue}
    wanted |= {probes_go_by(one) for one in sender.searches}
    if len(sender.flights) < sender.max_flying:
        opened = (opens_at(sender.endpoints[name]) for name in wanted)
        times += [when for when in opened if when is not None]
    asks = [job.ask_at for job in sender.jobs if not job.asking]
    opened_jobs = opens_at(sender.endpoints[JOBS])
    if asks and opened_jobs is not None:
        times.append(max(min(asks), opened_jobs))
    times += [job.since + sender.patience for job in sender.jobs]
    if sender.failing_since is not None and not sender.answered:
        times.append(sender.failing_since + sender.give_up)
    return min(times, default=at + MAX_LEAP)
