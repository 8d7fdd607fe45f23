"""A world small enough to be looked at whole: the sender, Klaviyo, an outbox, and what may happen.

A state is a value; `moves` says everything that may happen in it. Where a move breaks one of the
sender's promises, `BrokenError` is raised. What is left out, and why nothing is lost by it:

- Times are relative to now. What lies in the past is as if it had never been.
- Answers come at once, or after any number of wakes; never in between two wakes.
- The pace is one request a second and endpoint, luck is always one half and Retry-After two
  seconds: all times are then exact binary fractions, and equal states are equal.
- An import that is not done after two seconds is let go: each second more is many states more.
- Faults, crashes and an import's "not yet" are limited in number, those of a wrong row are not.
- The ages of failures are forgotten (they count in hours), and how many 429s came in a row (it
  counts only without Retry-After). Nobody gives up; 401 and 403 do not occur.
- A request without an answer is worked on at Klaviyo before the next step, or never. After a
  crash the new sender's pace starts afresh: the old one's requests count no more.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import product
from math import inf

from attrs import evolve, field, frozen
from tests.delivery.world import BULK_EVENTS, BULK_PROFILES, UPSERT

from walkeros_klaviyo.delivery import sender as under_test
from walkeros_klaviyo.delivery.batch import Mode
from walkeros_klaviyo.delivery.breaker import TRIES, Breaker
from walkeros_klaviyo.delivery.endpoint import Endpoint
from walkeros_klaviyo.delivery.life import places
from walkeros_klaviyo.delivery.messages import (
    Answer,
    Answered,
    Arrived,
    Ask,
    Command,
    Dead,
    Delivered,
    Item,
    Message,
    Post,
    Sleep,
    Stop,
    Warn,
    Woke,
)
from walkeros_klaviyo.delivery.pace import Pace
from walkeros_klaviyo.delivery.search import Search
from walkeros_klaviyo.delivery.state import JOBS, Flight, Sender, new_sender
from walkeros_klaviyo.delivery.steady import Steady

LUCK = 0.5
SECOND = 1.0
WAIT = 2.0
MOMENT = 1 / 64
OK = Answer(202)
FAULTS = {
    "429": Answer(429, {"retry-after": f"{WAIT:g}"}),
    "503": Answer(503),
    "reset": Answer(None, fault="reset"),
}
WORKING = Answer(200, body=b'{"data":{"attributes":{"status":"processing"}}}')


class BrokenError(AssertionError):
    """A promise of the sender's does not hold."""


def promise(holds: bool, what: str) -> None:
    """It must hold."""
    if not holds:
        raise BrokenError(what)


@frozen
class Small:
    """What the world is made of; all else follows."""

    items: tuple[Item, ...]
    mode: Mode = "single"
    bad: frozenset[int] = frozenset()
    """Items that Klaviyo refuses."""
    pointers: bool = True
    """Does Klaviyo say which row it refuses?"""
    prompt: bool = False
    """Does it refuse an import with a wrong row at once? Else the import fails later."""
    faults: int = 1
    """429s, 503s and cut connections, in all."""
    crashes: int = 1
    slow: int = 0
    """How often an import may answer: not yet."""
    brink: bool = False
    """Has every endpoint failed so often that the next failure opens its breaker?"""
    max_flying: int = 2

    def sender(self) -> Sender:
        """A new one, with windows that three items can overrun."""
        breaker = Breaker(TRIES - 1) if self.brink else Breaker()
        fresh = new_sender(give_up=inf, max_flying=self.max_flying, mode=self.mode)
        endpoint = Endpoint(Pace(interval=SECOND), breaker)
        endpoints = dict.fromkeys(fresh.endpoints, endpoint)
        return evolve(fresh, endpoints=endpoints, patience=2.0, steady=Steady(0.0, 0.0))


@frozen(eq=False)
class State:
    """One moment. `recorded` is what Klaviyo holds, by unique_id; the rest is our side."""

    sender: Sender
    faults: int
    crashes: int
    slow: int
    sleep: float | None = None
    handed: int = 0
    delivered: frozenset[int] = frozenset()
    dead: frozenset[int] = frozenset()
    recorded: frozenset[str] = frozenset()
    posted: frozenset[tuple[str, float]] = field(factory=frozenset)
    """Requests of the last second: the endpoint, and how long ago."""
    blocked: frozenset[tuple[str, float]] = frozenset()
    """Endpoints of which Klaviyo has asked not to be troubled, and for how long yet."""

    def key(self) -> tuple[object, ...]:
        """Equal for equal states; what never changes is left out."""
        return (_sender_key(self.sender), *_plain(self))


Move = tuple[str, bool, State]
"""What happened, whether it is what should happen on a good day, and what came of it."""


def start(world: Small) -> State:
    """Before anything happened."""
    return State(world.sender(), world.faults, world.crashes, world.slow)


def is_over(world: Small, state: State) -> bool:
    """Is everything settled?"""
    return len(state.delivered) + len(state.dead) == len(world.items)


def moves(world: Small, state: State) -> Iterator[Move]:
    """Everything that may happen now."""
    left = len(world.items) - state.handed
    for count in {1, left} if left else ():
        fresh = world.items[state.handed : state.handed + count]
        grown = evolve(state, handed=state.handed + count)
        yield f"{count} arrive", True, tell(world, grown, Arrived(fresh))
    for request, flight in state.sender.flights.items():
        for name, good, answer, after in _replies(world, state, flight):
            told = tell(world, after, Answered(request, answer))
            yield f"{_name(flight)}: {name}", good, told
    if state.sleep is not None:
        _, early = under_test.step(state.sender, Woke(), state.sleep - MOMENT, LUCK)
        promise(all(isinstance(one, Sleep) for one in early), "no sleep is longer than it must be")
        yield f"{state.sleep:g} s pass", True, tell(world, state, Woke(), state.sleep)
    if state.crashes:
        yield from _crashes(world, state)


def tell(world: Small, state: State, message: Message, after: float = 0.0) -> State:
    """One step of the sender, and all that must hold in it and after it."""
    sender, commands = under_test.step(state.sender, message, after, LUCK)
    heard = message.request if isinstance(message, Answered) else 0
    flights = {number: one for number, one in state.sender.flights.items() if number != heard}
    posted = frozenset((name, age + after) for name, age in state.posted if age + after < SECOND)
    blocked = frozenset((name, left - after) for name, left in state.blocked if left > after)
    state = evolve(state, posted=posted, blocked=blocked, sleep=None, sender=_from_now(sender))
    warned = any(isinstance(one, Warn) for one in commands)
    busy = {item.id for flight in flights.values() for item in flight.items}
    for command in commands:
        if isinstance(command, Post):
            _may_go(world, command, state.delivered | state.dead, busy)
        state = _act(world, state, command, sender, warned, after)
    here = Counter(item.id for item, _ in places(sender))
    gone = state.delivered | state.dead
    accepted = {item.id for item in world.items[: state.handed]}
    promise(sum(here.values()) == len(here) == sender.pending, "each item is in one place")
    promise(here.keys() == accepted - gone, "an item is pending or settled, and only one of both")
    promise(not sender.pending or state.sleep is not None, "who has something to do, sleeps")
    posts = sum(flight.job is None for flight in sender.flights.values())
    promise(posts <= world.max_flying, "no more are under way than may be")
    return state


def _act(
    world: Small, state: State, command: Command, sender: Sender, warned: bool, now: float
) -> State:
    gone = state.delivered | state.dead
    if isinstance(command, Delivered):
        for number in command.ids:
            promise(number not in gone, "settled once")
            known = _uid(_item(world, number)) in state.recorded
            promise(known or warned, "what is delivered, Klaviyo holds")
        promise(len(set(command.ids)) == len(command.ids), "settled once")
        return evolve(state, delivered=state.delivered | set(command.ids))
    if isinstance(command, Dead):
        promise(command.id not in gone, "settled once")
        promise(command.id in world.bad, "what is dead, Klaviyo refused")
        return evolve(state, dead=state.dead | {command.id})
    if isinstance(command, Post | Ask):
        name = command.call if isinstance(command, Post) else JOBS
        promise(name not in dict(state.posted), "no window is overrun")
        promise(name not in dict(state.blocked), "nothing goes before its Retry-After")
        promise(sender.flights[command.request].endpoint == name, "it is known to be under way")
        return evolve(state, posted=state.posted | {(name, 0.0)})
    if isinstance(command, Sleep):
        promise(command.until > now, "no sleep ends before it begins")
        return evolve(state, sleep=command.until - now)
    promise(not isinstance(command, Stop), "nobody stops")
    return state


def _may_go(world: Small, post: Post, gone: frozenset[int], busy: set[int]) -> None:
    items = [_item(world, number) for number in post.ids]
    promise(len(set(post.ids)) == len(post.ids) > 0, "an item is once in a request")
    for item in items:
        promise(item.id not in gone, "what is settled is not sent again")
        promise(item.id not in busy, "an item is in one request at a time")
        for before in world.items[: item.id - 1]:
            if before.lane == item.lane and UPSERT in (before.call, item.call):
                promise(before.id in gone, "an upsert goes after all before it, before all after")
    uids = [item.repeat for item in items if item.repeat is not None]
    promise(len(set(uids)) == len(uids), "twins never share a request")


def _crashes(world: Small, state: State) -> Iterator[Move]:
    """The end of the process: what is under way may have been recorded, or not."""
    posts = [flight for flight in state.sender.flights.values() if flight.job is None]
    working = [Flight(BULK_PROFILES, job.items) for job in state.sender.jobs]
    accepted = world.items[: state.handed]
    rest = tuple(one for one in accepted if one.id not in state.delivered | state.dead)
    for lot in product((False, True), repeat=len(posts) + len(working)):
        recorded = state.recorded
        for flight, done in zip((*posts, *working), lot, strict=True):
            recorded = _recorded(world, recorded, flight) if done else recorded
        after = evolve(
            state,
            sender=world.sender(),
            crashes=state.crashes - 1,
            recorded=recorded,
            posted=frozenset(),
            blocked=frozenset(),
            sleep=None,
        )
        yield f"crash {lot}", False, tell(world, after, Arrived(rest))


def _replies(
    world: Small, state: State, flight: Flight
) -> Iterator[tuple[str, bool, Answer, State]]:
    """What may come back for a request, and what Klaviyo then holds."""
    if flight.job is None:
        answer = _klaviyo(world, state.recorded, flight)
        later = flight.endpoint == BULK_PROFILES and answer.status == 202
        recorded = state.recorded if later else _recorded(world, state.recorded, flight)
        yield "done", True, answer, evolve(state, recorded=recorded)
    else:
        recorded, answer = _job(world, state, flight.job)
        yield "done", True, answer, evolve(state, recorded=recorded)
        if state.slow:
            yield "not yet", False, WORKING, evolve(state, slow=state.slow - 1)
    if state.faults:
        hurt = evolve(state, faults=state.faults - 1)
        wait = evolve(hurt, blocked=hurt.blocked | {(flight.endpoint, WAIT)})
        for name, answer in FAULTS.items():
            yield name, False, answer, wait if answer.status == 429 else hurt
        if flight.job is None and (after := _recorded(world, state.recorded, flight)):
            lost = evolve(hurt, recorded=after)
            yield "recorded, and reset", False, FAULTS["reset"], lost


def _klaviyo(world: Small, recorded: frozenset[str], flight: Flight) -> Answer:
    items = flight.items
    bad = [(row, "invalid") for row, item in enumerate(items) if item.id in world.bad]
    if flight.endpoint == BULK_PROFILES and not (bad and world.prompt):
        return Answer(202, body=b'{"data":{"id":"%s"}}' % _name(flight).encode())
    if flight.endpoint == BULK_EVENTS:
        known = [(row, "duplicate") for row, item in enumerate(items) if _uid(item) in recorded]
        uids = [_uid(item) for item in items]
        twins = [(row, "duplicate_in_request") for row, u in enumerate(uids) if u in uids[:row]]
        bad += [*known, *twins]
    if not bad:
        return OK
    status = 400 if any(code == "invalid" for _, code in bad) else 409
    errors = [_error(row, code) for row, code in bad] if world.pointers else [{"code": bad[0][1]}]
    return Answer(status, body=json.dumps({"errors": errors}).encode())


def _recorded(world: Small, recorded: frozenset[str], flight: Flight) -> frozenset[str]:
    """What Klaviyo holds once it has worked on a request; an import's good rows are taken."""
    if _klaviyo(world, recorded, flight).status != 202:
        return recorded
    return recorded | {_uid(item) for item in flight.items if item.id not in world.bad}


def _job(world: Small, state: State, number: str) -> tuple[frozenset[str], Answer]:
    job = next((one for one in state.sender.jobs if one.id == number), None)
    if job is None:  # the sender has let it go
        return state.recorded, WORKING
    recorded = _recorded(world, state.recorded, Flight(BULK_PROFILES, job.items))
    bad = [row for row, item in enumerate(job.items) if item.id in world.bad]
    if not job.errors:
        told: object = {"attributes": {"status": "complete", "failed_count": len(bad)}}
    elif world.pointers:
        told = [{"attributes": _error(row, "invalid")} for row in bad]
    else:
        told = [{"attributes": {"code": "invalid"}} for _ in bad]
    return recorded, Answer(200, body=json.dumps({"data": told}).encode())


def _error(row: int, code: str) -> dict[str, object]:
    return {"code": code, "detail": "no", "source": {"pointer": f"/data/attributes/x/data/{row}"}}


def _item(world: Small, number: int) -> Item:
    return world.items[number - 1]


def _uid(item: Item) -> str:
    return item.repeat or f"{item.call} {item.id}"


def _name(flight: Flight) -> str:
    return flight.job or f"{flight.endpoint} {','.join(str(one.id) for one in flight.items)}"


def _from_now(sender: Sender) -> Sender:
    """The same sender, its clock set to nought and its requests numbered from one."""
    now = sender.steady.own
    endpoints = {name: _endpoint_from(one, now) for name, one in sender.endpoints.items()}
    jobs = tuple(
        evolve(one, since=one.since - now, ask_at=max(one.ask_at - now, 0.0)) for one in sender.jobs
    )
    return evolve(
        sender,
        endpoints=endpoints,
        jobs=tuple(sorted(jobs, key=lambda one: one.id)),
        delayed=tuple((when - now, item) for when, item in sender.delayed),
        failing=dict.fromkeys(sender.failing, 0.0),
        failing_since=None if sender.failing_since is None else 0.0,
        flights=dict(enumerate(sender.flights.values(), 1)),
        requests=len(sender.flights),
        steady=Steady(0.0, 0.0),
    )


def _endpoint_from(one: Endpoint, now: float) -> Endpoint:
    if one.flying == one.throttles == one.breaker.failures == 0 and one.pace.due == -inf:
        return one
    ahead = [-inf if when <= now else when - now for when in (one.pace.due, one.pace.blocked)]
    opens = one.breaker.open_until
    return Endpoint(
        Pace(one.pace.interval, one.pace.allowance, *ahead),
        Breaker(one.breaker.failures, -inf if opens <= now else opens - now),
        one.flying,
    )


def _plain(state: State) -> tuple[object, ...]:
    return (
        (state.faults, state.crashes, state.slow, state.sleep, state.handed),
        tuple(sorted(state.delivered)),
        tuple(sorted(state.dead)),
        tuple(sorted(state.recorded)),
        tuple(sorted(state.posted)),
        tuple(sorted(state.blocked)),
    )


def _ids(items: tuple[Item, ...]) -> tuple[int, ...]:
    """What may change of an item is whether it goes alone."""
    return tuple(-item.id if item.alone else item.id for item in items)


def _search(search: Search | None) -> tuple[int, ...] | None:
    return None if search is None else (*_ids(search.suspects), 0, *_ids(search.aside))


def _sender_key(sender: Sender) -> tuple[object, ...]:
    repeats = sender.repeats
    return (
        tuple(
            (
                name,
                one.flying,
                one.pace.due,
                one.pace.blocked,
                one.breaker.failures,
                one.breaker.open_until,
            )
            for name, one in sender.endpoints.items()
            if one.flying or one.pace.due > 0 or one.pace.blocked > 0 or one.breaker.failures
        ),
        tuple(sorted((call, _ids(queue)) for call, queue in sender.queues.items() if queue)),
        tuple(sorted((lane, _ids(held)) for lane, held in sender.lanes.held.items())),
        tuple(sorted(sender.lanes.busy.items())),
        tuple(sorted((shared, _ids(twins)) for shared, twins in repeats.waiting.items())),
        tuple(sorted(repeats.older.union(*repeats.recent))),
        tuple(
            (one.endpoint, _ids(one.items), _search(one.search), one.job)
            for one in sender.flights.values()
        ),
        tuple(_search(one) for one in sender.searches),
        tuple(
            (one.id, _ids(one.items), one.since, one.ask_at, one.pause, one.asking, one.errors)
            for one in sender.jobs
        ),
        tuple(sorted((when, *_ids((item,))) for when, item in sender.delayed)),
        tuple(sorted(sender.attempts.items())),
        tuple(sorted(sender.charges.items())),
        (sender.answered, sender.failing_since),
    )
