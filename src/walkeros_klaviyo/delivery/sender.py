"""What next? Start here: the sender as a pure state machine.

    (sender, message, now, luck) -> (sender, commands)

An item moves like this; nothing else ever happens to it:

    arrived ─► held (an upsert of its profile is unsettled) ─► ready ─► flying ─► delivered
                                                                ▲          ├────► dead
                                                                └─ delayed ◄┘ failed, throttled

Time and luck are arguments, what to do comes back as values; the shell only acts.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from types import MappingProxyType
from typing import Final

from attrs import Factory, evolve, frozen

from walkeros_klaviyo.core.limits import ENDPOINTS

from .breaker import may_send
from .endpoint import Endpoint, learn
from .lanes import Lanes, enter, settled
from .messages import (
    Answer,
    Answered,
    Arrived,
    Command,
    Dead,
    Delivered,
    Draining,
    Item,
    Message,
    Post,
    Sleep,
    Stop,
)
from .pace import pace_for, ready_at, spend
from .retry import MAX_CHARGES, backoff
from .steady import MAX_LEAP, Steady, tick
from .verdict import Verdict, judge

_NONE: Final[Mapping[int, int]] = MappingProxyType({})


@frozen
class Sender:
    """All that the sender knows. Start with `new_sender`, go on with `step`."""

    endpoints: Mapping[str, Endpoint]
    lanes: Lanes
    flights: Mapping[int, tuple[Item, ...]]
    delayed: tuple[tuple[float, Item], ...] = ()
    attempts: Mapping[int, int] = _NONE
    """Failures of an item, for its backoff."""
    charges: Mapping[int, int] = _NONE
    """Failures that count against an item itself."""
    requests: int = 0
    steady: Steady = Factory(Steady)
    give_up: float = 30.0
    max_flying: int = 32
    answered: bool = False
    failing_since: float | None = None
    draining: bool = False
    stopped: Stop | None = None

    @property
    def pending(self) -> int:
        """Items that are neither delivered nor dead."""
        ready = sum(len(one.ready) for one in self.endpoints.values())
        held = sum(map(len, self.lanes.held.values()))
        return ready + held + self.flying + len(self.delayed)

    @property
    def flying(self) -> int:
        """Items under way."""
        return sum(map(len, self.flights.values()))


def new_sender(limits: bool = True, give_up: float = 30.0, max_flying: int = 32) -> Sender:
    """A sender that has seen nothing; without limits it does not pace itself.

    >>> new_sender().pending
    0
    """
    endpoints = {
        name: Endpoint(pace_for(limit.steady if limits else None, limit.burst))
        for name, limit in ENDPOINTS.items()
    }
    return Sender(endpoints, Lanes({}), {}, give_up=give_up, max_flying=max_flying)


def step(
    sender: Sender, message: Message, now: float, luck: float = 0.5
) -> tuple[Sender, tuple[Command, ...]]:
    """Take in one message at a time `now` (seconds of any clock); luck is 0 to 1.

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
        lanes, ready = enter(sender.lanes, message.items)
        sender = _enqueue(evolve(sender, lanes=lanes), ready)
    elif isinstance(message, Answered):
        if message.request in sender.flights:
            sender, commands = _answered(sender, message.request, message.answer, at, luck)
    elif isinstance(message, Draining):
        sender = evolve(sender, draining=True)
    sender = _due(sender, at)
    sender, given_up = _give_up(sender, at)
    if sender.stopped is not None or sender.draining:
        return sender, commands + given_up
    sender, posts = _dispatch(sender, at)
    sleep = Sleep(now + min(max(_next_time(sender, at) - at, 0.0), MAX_LEAP))
    return sender, (*commands, *posts, *((sleep,) if sender.pending else ()))


def _enqueue(sender: Sender, items: tuple[Item, ...], first: bool = False) -> Sender:
    endpoints = dict(sender.endpoints)
    for item in items:
        endpoint = endpoints[item.call]
        ready = (item, *endpoint.ready) if first else (*endpoint.ready, item)
        endpoints[item.call] = evolve(endpoint, ready=ready)
    return evolve(sender, endpoints=endpoints)


def _answered(
    sender: Sender, request: int, answer: Answer, at: float, luck: float
) -> tuple[Sender, tuple[Command, ...]]:
    items = sender.flights[request]
    flights = {number: one for number, one in sender.flights.items() if number != request}
    call = items[0].call
    verdict = judge(answer)
    endpoint = sender.endpoints[call]
    endpoint = learn(evolve(endpoint, flying=endpoint.flying - 1), answer, verdict, at, luck)
    sender = evolve(
        sender,
        flights=flights,
        endpoints={**sender.endpoints, call: endpoint},
        answered=sender.answered or answer.status is not None,
        failing_since=_failing_since(sender, answer, at),
    )
    if verdict.kind == "delivered":
        return _release(sender, items), (Delivered(tuple(item.id for item in items)),)
    if verdict.kind == "dead":
        return _release(sender, items), tuple(_dead(item, verdict) for item in items)
    if verdict.kind == "throttled":
        return _enqueue(sender, items[::-1], first=True), ()
    if verdict.kind == "stop":
        stop = Stop(verdict.code, verdict.detail)  # type: ignore[arg-type]
        sender = _enqueue(sender, items[::-1], first=True)
        return evolve(sender, stopped=stop), (stop,)
    return _retry(sender, items, verdict, endpoint.breaker.is_closed, at, luck)


def _failing_since(sender: Sender, answer: Answer, at: float) -> float | None:
    if answer.status is not None:
        return None
    return at if sender.failing_since is None else sender.failing_since


def _release(sender: Sender, items: tuple[Item, ...]) -> Sender:
    """Items are settled: forget them, and let go who waited for them."""
    gone = {item.id for item in items}
    sender = evolve(
        sender,
        attempts={one: count for one, count in sender.attempts.items() if one not in gone},
        charges={one: count for one, count in sender.charges.items() if one not in gone},
    )
    for item in items:
        lanes, ready = settled(sender.lanes, item)
        sender = _enqueue(evolve(sender, lanes=lanes), ready)
    return sender


def _dead(item: Item, verdict: Verdict) -> Dead:
    return Dead(item.id, verdict.status, verdict.code, verdict.detail, verdict.pointer)


def _retry(
    sender: Sender, items: tuple[Item, ...], verdict: Verdict, up: bool, at: float, luck: float
) -> tuple[Sender, tuple[Command, ...]]:
    """Failed: later again; given up only if it failed too often while others got through."""
    commands: list[Command] = []
    for item in items:
        attempts = sender.attempts.get(item.id, 0) + 1
        charges = sender.charges.get(item.id, 0) + (1 if up and verdict.status is not None else 0)
        if charges >= MAX_CHARGES:
            sender = _release(sender, (item,))
            commands.append(_dead(item, verdict))
            continue
        due = at + backoff(attempts, luck)
        sender = evolve(
            sender,
            attempts={**sender.attempts, item.id: attempts},
            charges={**sender.charges, item.id: charges},
            delayed=(*sender.delayed, (due, item)),
        )
    return sender, tuple(commands)


def _due(sender: Sender, at: float) -> Sender:
    """What was delayed and is due goes to the front."""
    due = tuple(item for when, item in sender.delayed if when <= at)
    if not due:
        return sender
    later = tuple(pair for pair in sender.delayed if pair[0] > at)
    return _enqueue(evolve(sender, delayed=later), due[::-1], first=True)


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
    posts: list[Command] = []
    endpoints = dict(sender.endpoints)
    flights = dict(sender.flights)
    requests, room = sender.requests, sender.max_flying - len(sender.flights)
    for call, endpoint in sender.endpoints.items():
        pace, flying, sent = endpoint.pace, endpoint.flying, 0
        while (
            room > 0
            and sent < len(endpoint.ready)
            and ready_at(pace) <= at
            and may_send(endpoint.breaker, at, flying)
        ):
            item = endpoint.ready[sent]
            requests, room, sent, flying = requests + 1, room - 1, sent + 1, flying + 1
            pace = spend(pace, at)
            flights[requests] = (item,)
            posts.append(Post(requests, call, (item.id,)))
        if sent:
            endpoints[call] = evolve(
                endpoint, pace=pace, flying=flying, ready=endpoint.ready[sent:]
            )
    if not posts:
        return sender, ()
    sender = evolve(sender, endpoints=endpoints, flights=flights, requests=requests)
    return sender, tuple(posts)


def _next_time(sender: Sender, at: float) -> float:
    """When something may happen without a message: a retry, the pace, a probe, giving up."""
    times = [when for when, _ in sender.delayed]
    if len(sender.flights) < sender.max_flying:
        for endpoint in sender.endpoints.values():
            if endpoint.ready:
                opened = -inf if endpoint.breaker.is_closed else endpoint.breaker.open_until
                if endpoint.breaker.is_closed or endpoint.flying == 0:
                    times.append(max(ready_at(endpoint.pace), opened))
    if sender.failing_since is not None and not sender.answered:
        times.append(sender.failing_since + sender.give_up)
    return min(times, default=at + MAX_LEAP)
