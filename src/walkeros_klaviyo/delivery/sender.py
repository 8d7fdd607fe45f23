"""What next? Start here: the sender as a pure state machine.

    (sender, message, now, luck) -> (sender, commands)

An item moves like this; nothing else ever happens to it:

    arrived ─► held ─► ready ─► flying ─┬─► delivered
                         ▲        │     ├─► dead
                         │        │     └─► importing ─► delivered, dead
                         ├─◄ delayed ◄┘ failed, throttled
                         └─◄ searched ◄┘ refused as one of many

held: an upsert of its profile, or a twin with its unique_id, is unsettled. Time and luck are
arguments, what to do comes back as values; the shell only acts.
"""

from __future__ import annotations

from attrs import evolve

from .answered import answered, overdue
from .batch import endpoint_for, take_batch
from .endpoint import is_open, opens_at, sent
from .jobs import PATIENCE
from .lanes import enter
from .messages import Answered, Arrived, Ask, Command, Draining, Item, Message, Post, Sleep, Stop
from .repeats import part
from .search import probe
from .state import JOBS, Flight, Sender, enqueue, new_sender
from .steady import MAX_LEAP, tick

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
    sender = evolve(sender, steady=tick(sender.steady, now))
    at = sender.steady.own
    commands: tuple[Command, ...] = ()
    if isinstance(message, Arrived):
        sender = _arrived(sender, message.items)
    elif isinstance(message, Answered):
        if message.request in sender.flights:
            sender, commands = answered(sender, message.request, message.answer, at, luck)
    elif isinstance(message, Draining):
        sender = evolve(sender, draining=True)
    sender = _due(sender, at)
    sender, late = overdue(sender, at, PATIENCE)
    sender, given_up = _give_up(sender, at)
    commands += late + given_up
    if sender.stopped is not None or sender.draining:
        return sender, commands
    sender, posts = _dispatch(sender, at)
    sleep = Sleep(now + min(max(_next_time(sender, at) - at, 0.0), MAX_LEAP))
    return sender, (*commands, *posts, *((sleep,) if sender.pending else ()))


def _arrived(sender: Sender, items: tuple[Item, ...]) -> Sender:
    lanes, ready = enter(sender.lanes, items)
    sender = evolve(sender, lanes=lanes)
    if sender.mode == "single":
        return enqueue(sender, ready)
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
            name = endpoint_for(queue, sender.mode, call not in sender.bulk_denied)
            if not is_open(sender.endpoints[name], at):
                break
            if not sender.endpoints[name].breaker.is_closed:
                queue = _least_tried_first(sender, queue)
            taken, left = take_batch(queue, name)
            sender = evolve(sender, queues={**sender.queues, call: left})
            sender, post = _post(sender, name, Flight(name, taken), at)
            posts.append(post)
    return sender, tuple(posts)


def _least_tried_first(sender: Sender, queue: tuple[Item, ...]) -> tuple[Item, ...]:
    """For a probe: an item that fails by its own fault must not stand for the endpoint for ever."""
    probe_item = min(queue, key=lambda item: sender.attempts.get(item.id, 0))
    return (probe_item, *(item for item in queue if item is not probe_item))


def _post(sender: Sender, name: str, flight: Flight, at: float) -> tuple[Sender, Command]:
    request = sender.requests + 1
    waits = not sender.answered and sender.failing_since is None
    sender = evolve(
        sender,
        requests=request,
        flights={**sender.flights, request: flight},
        endpoints={**sender.endpoints, name: sent(sender.endpoints[name], at)},
        failing_since=at if waits else sender.failing_since,
    )
    return sender, Post(request, name, tuple(item.id for item in flight.items))


def _probe(sender: Sender, at: float) -> tuple[Sender, list[Command]]:
    posts: list[Command] = []
    for search in sender.searches:
        items = probe(search)
        name = endpoint_for((evolve(items[0], bulk=True),), "bulk", True)
        if len(sender.flights) >= sender.max_flying or not is_open(sender.endpoints[name], at):
            break
        left = tuple(one for one in sender.searches if one is not search)
        flight = Flight(name, items, search)
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
    wanted = {
        endpoint_for(queue, sender.mode, call not in sender.bulk_denied)
        for call, queue in sender.queues.items()
        if queue
    }
    wanted |= {endpoint_for(one.suspects, "bulk", True) for one in sender.searches}
    if len(sender.flights) < sender.max_flying:
        opened = (opens_at(sender.endpoints[name]) for name in wanted)
        times += [when for when in opened if when is not None]
    asks = [job.ask_at for job in sender.jobs if not job.asking]
    opened_jobs = opens_at(sender.endpoints[JOBS])
    if asks and opened_jobs is not None:
        times.append(max(min(asks), opened_jobs))
    times += [job.since + PATIENCE for job in sender.jobs]
    if sender.failing_since is not None and not sender.answered:
        times.append(sender.failing_since + sender.give_up)
    return min(times, default=at + MAX_LEAP)
