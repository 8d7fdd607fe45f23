"""A world small enough to be looked at whole: the sender, Klaviyo, an outbox, and what may happen.

A state is a value; `moves` says everything that may happen in it. Where a move breaks one of the
sender's promises, `BrokenError` is raised. What is left out, and why nothing is lost by it:

- Times are relative to now. What lies in the past is as if it had never been, but for the one
  question that the sender asks of it: has Klaviyo spoken here since this failed? (`_since`)
- Answers come at once, or after any number of wakes; never in between two wakes.
- The pace is one request a second and endpoint, luck is always one half and Retry-After two
  seconds: all times are then exact binary fractions, and equal states are equal.
- What counts for long is made short (`Short`): pauses end at a second, three 5xx are too many, a
  batch is not tried larger for two seconds, and an import that is not done after two is let go.
- Faults, crashes and an import's "not yet" are limited in number; what is wrong with a row, or
  with all large requests, is so always.
- How many 429s came in a row is forgotten (it counts from the third, or without Retry-After), and
  the words of troubles. Nobody gives up; Klaviyo's 403 does not occur, nor do faults of ours.
- A request without an answer is worked on at Klaviyo before the next step, or never. After a
  crash the new sender's pace starts afresh: the old one's requests count no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import product
from math import inf
from unittest.mock import patch

from attrs import evolve, field, frozen
from tests.delivery.world import (
    BULK_EVENTS,
    BULK_PROFILES,
    CONSENT,
    DONE,
    EVENT,
    UPSERT,
    keeps_order,
    receipt,
    refusal,
)

from walkeros_klaviyo.delivery import outcome
from walkeros_klaviyo.delivery import retry as retrying
from walkeros_klaviyo.delivery import sender as under_test
from walkeros_klaviyo.delivery import size as sizing
from walkeros_klaviyo.delivery.batch import BULK, Mode
from walkeros_klaviyo.delivery.breaker import TRIES, Breaker
from walkeros_klaviyo.delivery.endpoint import Endpoint
from walkeros_klaviyo.delivery.lanes import Group
from walkeros_klaviyo.delivery.life import places
from walkeros_klaviyo.delivery.messages import (
    WEAKER,
    Answer,
    Answered,
    Arrived,
    Ask,
    Charged,
    Command,
    Dead,
    Delivered,
    Item,
    Message,
    Post,
    Resumed,
    Sleep,
    Stop,
    Warn,
    Woke,
)
from walkeros_klaviyo.delivery.pace import Pace
from walkeros_klaviyo.delivery.resume import restarted
from walkeros_klaviyo.delivery.size import Size
from walkeros_klaviyo.delivery.speaker import JOBS
from walkeros_klaviyo.delivery.state import Flight, Sender, new_sender

LUCK = 0.5
SECOND = 1.0
WAIT = 2.0
MOMENT = 1 / 64
PATIENCE = 2.0
LAST_PAUSE = 3
"""After so many failures a pause grows no longer (see `Short`)."""
PAGE = Answer(400, body=b"<html><title>Blocked</title>")
RESET = Answer(None, fault="reset")
SERVER_ERROR = Answer(500)
FAULTS = {
    "429": Answer(429, {"retry-after": f"{WAIT:g}"}),
    "503": Answer(503),
    "reset": RESET,
    "a page with 400": PAGE,
    "a page with 403": evolve(PAGE, status=403),
    "a page with 200": evolve(PAGE, status=200),
    "a redirect": Answer(302, {"location": "https://login.example/"}),
    "204": Answer(204),
}
"""What may come in place of Klaviyo's answer; then Klaviyo has not seen the request."""
LOST = {"reset": RESET, "a page": PAGE}
"""What may come once Klaviyo has recorded it."""
MUTE = (*FAULTS.values(), *LOST.values(), SERVER_ERROR, Answer(413))
"""Answers in which Klaviyo says nothing of a request."""
CUTS = {"reset": RESET, "413": Answer(413), "Klaviyo's 413": refusal(413, "too_large")}
"""What somebody in between may answer every request of more than one row with."""
WORKING = Answer(200, body=b'{"data":{"attributes":{"status":"processing"}}}')
CANCELLED = Answer(200, body=b'{"data":{"attributes":{"status":"cancelled"}}}')
UNKNOWN = refusal(404, "not_found")


class BrokenError(AssertionError):
    """A promise of the sender's does not hold."""


def promise(holds: bool, what: str) -> None:
    """It must hold."""
    if not holds:
        raise BrokenError(what)


@frozen
class Short:
    """What is long in the true sender and short here."""

    cap: float = 2.0
    pause: float = 2.0
    charges: int = 3


@frozen
class Small:
    """What the world is made of; all else follows."""

    items: tuple[Item, ...]
    mode: Mode = "single"
    bad: frozenset[int] = frozenset()
    """Items that Klaviyo refuses."""
    objections: tuple[tuple[int, str], ...] = ()
    """Items of which it refuses an identifier (WEAKER: the profile is two of its own)."""
    lonely: frozenset[int] = frozenset()
    """Those that have no other identifier."""
    sick: frozenset[int] = frozenset()
    """Items on which Klaviyo breaks: every request with one is answered 500."""
    barred: frozenset[int] = frozenset()
    """Items that a firewall dislikes: every request with one is answered with a page."""
    spoiling: frozenset[int] = frozenset()
    """Items of which every import is cancelled."""
    cut: str = ""
    """With what every request of more than one row is answered, of CUTS."""
    pointers: bool = True
    """Does Klaviyo say which row it refuses?"""
    prompt: bool = False
    """Does it refuse an import with a wrong row at once? Else the import fails later."""
    faults: int = 1
    """Answers that are not Klaviyo's, in all."""
    crashes: int = 1
    slow: int = 0
    """How often an import may answer: not yet."""
    undone: int = 0
    """How often an import may be cancelled, or be unknown."""
    stops: int = 0
    """How often Klaviyo may refuse the key, until somebody mends that."""
    brink: bool = False
    """Has every endpoint failed so often that the next failure opens its breaker?"""
    max_flying: int = 2

    def sender(self) -> Sender:
        """A new one, with windows that three items can overrun."""
        breaker = Breaker(TRIES - 1) if self.brink else Breaker()
        fresh = new_sender(give_up=inf, max_flying=self.max_flying, mode=self.mode)
        endpoint = Endpoint(Pace(interval=SECOND), breaker)
        endpoints = dict.fromkeys(fresh.endpoints, endpoint)
        return evolve(fresh, endpoints=endpoints, patience=PATIENCE, heard=True)

    @property
    def short(self) -> Short:
        """No item may die of the faults that come by chance."""
        return Short(charges=max(3, self.faults + 1))

    @property
    def hopeless(self) -> frozenset[int]:
        """Items that may wait for ever."""
        return self.sick | self.barred


@frozen(eq=False)
class State:
    """One moment. `recorded` is what Klaviyo holds, by unique_id; the rest is our side."""

    sender: Sender
    faults: int
    crashes: int
    slow: int
    undone: int
    stops: int = 0
    sleep: float | None = None
    handed: int = 0
    delivered: frozenset[int] = frozenset()
    dead: frozenset[int] = frozenset()
    recorded: frozenset[str] = frozenset()
    posted: frozenset[tuple[str, float]] = field(factory=frozenset)
    """Requests of the last second: the endpoint, and how long ago."""
    blocked: frozenset[tuple[str, float]] = frozenset()
    """What Klaviyo has asked not to be troubled with, and for how long yet: an endpoint, or an item
    that fails by itself."""
    charged: frozenset[tuple[int, int]] = frozenset()
    """On the disk: what items have used up."""
    struck: frozenset[tuple[int, int]] = frozenset()
    """How often sick items got a 5xx alone, with others passing since the last time."""
    passing: frozenset[int] = frozenset()
    """Sick items since whose last failure Klaviyo took or judged another."""
    fresh: bool = False
    """Did it so in this very moment?"""

    @property
    def gone(self) -> frozenset[int]:
        """What is settled."""
        return self.delivered | self.dead

    def key(self) -> tuple[object, ...]:
        """Equal for equal states; what never changes is left out."""
        return (_sender_key(self.sender), *_plain(self))


Move = tuple[str, bool, State]
"""What happened, whether it is what should happen on a good day, and what came of it."""


@frozen
class Reply:
    """An answer, what Klaviyo holds afterwards, and what it says of whom in its own words."""

    name: str
    good: bool
    answer: Answer
    after: State
    taken: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()
    """For good: nothing can be left out any more."""

    @property
    def is_klaviyos(self) -> bool:
        """Has it taken or judged the request?"""
        return self.answer.status is not None and self.answer not in MUTE


NOTHING = frozenset[int]()


@contextmanager
def shortened(short: Short) -> Iterator[None]:
    """While the sender counts as a small world does."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(retrying, "CAP", short.cap))
        stack.enter_context(patch.object(sizing, "PAUSE", short.pause))
        stack.enter_context(patch.object(outcome, "MAX_CHARGES", short.charges))
        yield


def start(world: Small) -> State:
    """Before anything happened."""
    limits = (world.faults, world.crashes, world.slow, world.undone, world.stops)
    return State(world.sender(), *limits)


def is_over(world: Small, state: State) -> bool:
    """Is everything settled, but what is hopeless and what has to wait for that?"""
    left = [item for item in world.items if item.id not in state.gone]
    stays: list[Item] = []
    for item in left:
        if item.id in world.hopeless or any(_waits(item, before) for before in stays):
            stays.append(item)
    return state.handed == len(world.items) and left == stays


def _waits(item: Item, before: Item) -> bool:
    is_twin = item.repeat is not None and item.repeat == before.repeat
    return is_twin or keeps_order(before, item)


def moves(world: Small, state: State) -> Iterator[Move]:
    """Everything that may happen now."""
    left = len(world.items) - state.handed
    for count in {1, left} if left else ():
        fresh = world.items[state.handed : state.handed + count]
        grown = evolve(state, handed=state.handed + count)
        yield move(f"{count} arrive", True, world, grown, Arrived(fresh))
    for request, flight in state.sender.flights.items():
        for reply in _replies(world, state, flight):
            name, heard = f"{_name(flight)}: {reply.name}", Answered(request, reply.answer)
            yield move(name, reply.good, world, reply.after, heard, reply=reply)
    if state.sleep is not None:
        _, early = under_test.step(state.sender, Woke(), state.sleep - MOMENT, LUCK)
        promise(all(isinstance(one, Sleep) for one in early), "no sleep is longer than it must be")
        yield move(f"{state.sleep:g} s pass", True, world, state, Woke(), state.sleep)
    if state.sender.stopped is not None:
        yield move("mended", True, world, state, Resumed())
    if state.crashes:
        yield from _crashes(world, state)


def move(
    name: str,
    good: bool,
    world: Small,
    state: State,
    message: Message,
    after: float = 0.0,
    reply: Reply | None = None,
) -> Move:
    """One step of the sender, by name."""
    try:
        return name, good, tell(world, state, message, after, reply)
    except BrokenError as broken:
        raise BrokenError(f"{broken}: {name}") from None


def tell(
    world: Small, state: State, message: Message, after: float = 0.0, reply: Reply | None = None
) -> State:
    """One step of the sender, and all that must hold in it and after it."""
    before = state.sender
    sender, commands = under_test.step(before, message, after, LUCK)
    heard = message.request if isinstance(message, Answered) else 0
    flights = {number: one for number, one in before.flights.items() if number != heard}
    posted = frozenset((name, age + after) for name, age in state.posted if age + after < SECOND)
    blocked = frozenset((name, left - after) for name, left in state.blocked if left > after)
    fresh = state.fresh and not after
    state = evolve(state, posted=posted, blocked=blocked, fresh=fresh, sleep=None)
    if reply is not None:
        state = _noted(world, state, before.flights[heard], reply)
        _fair(world, state, before.flights[heard], reply, commands)
    else:
        verdicts = [one for one in commands if isinstance(one, Delivered | Dead)]
        promise(not verdicts, "nothing is settled without an answer")
    busy = {item.id for flight in flights.values() for item in flight.items}
    for command in commands:
        if isinstance(command, Post):
            _may_go(world, command, state, busy)
        state = _act(state, command, sender, after)
    pending = [item for item, _ in places(sender)]
    here = {item.id for item in pending}
    accepted = {item.id for item in world.items[: state.handed]}
    promise(len(pending) == len(here) == sender.pending, "each item is in one place")
    promise(here == accepted - state.gone, "an item is pending or settled, and one of both")
    is_stopped = sender.stopped is not None
    is_awake = bool(pending) and not is_stopped and state.sleep is None
    promise(not is_awake, "who has something to do, sleeps")
    promise(not (is_stopped and any(isinstance(one, Post | Ask) for one in commands)), "it stopped")
    posts = sum(flight.job is None for flight in sender.flights.values())
    promise(posts <= world.max_flying, "no more are under way than may be")
    known = {item.id: item.charges for item in pending if item.charges}
    promise(known == {n: c for n, c in state.charged if n in here}, "what is charged is told")
    return _forgetting(evolve(state, sender=_from_now(sender, pending, world)), world)


def _noted(world: Small, state: State, flight: Flight, reply: Reply) -> State:
    """Our own account of a sick item's patience: what it gets alone while others pass."""
    if not world.sick:
        return state
    status = reply.answer.status or 0
    if reply.is_klaviyos:
        others = world.sick.difference(item.id for item in flight.items)
        return evolve(state, passing=state.passing | others, fresh=True)
    ids = world.sick.intersection(item.id for item in flight.items)
    struck = dict(state.struck)
    if len(flight.items) == 1 and status >= 500:
        struck.update({one: struck.get(one, 0) + 1 for one in ids & state.passing})
    hurt = status != 429 and not state.fresh
    passing = state.passing - ids if hurt else state.passing
    return evolve(state, struck=frozenset(struck.items()), passing=passing)


def _fair(
    world: Small, state: State, flight: Flight, reply: Reply, commands: tuple[Command, ...]
) -> None:
    """Nothing counts without a receipt, and nothing dies without a verdict."""
    late = any(isinstance(one, Warn) and one.code == "import.unknown" for one in commands)
    job = next((one for one in state.sender.jobs if one.id == flight.job), None)
    may_be_there = job is not None and late and reply.answer is WORKING
    sent = flight.items if job is None else job.items
    accepted = {item.id for item in sent} if may_be_there else set()
    for command in commands:
        if isinstance(command, Delivered):
            receipted = reply.taken.union(accepted).issuperset(command.ids)
            promise(receipted, "nothing is counted without a receipt")
            uids = {_uid(_item(world, number)) for number in command.ids if number not in accepted}
            promise(uids <= state.recorded, "what is delivered, Klaviyo holds")
            went = {_without(item) for item in sent if item.id in command.ids}
            promise(went == {command.left_out}, "what was left out is told")
        elif isinstance(command, Dead):
            alone = [item.id for item in flight.items] == [command.id]
            worn = dict(state.struck).get(command.id, 0) >= world.short.charges - 1
            killed = alone and (reply.answer.status or 0) >= 500 and worn
            judged = command.id in reply.refused
            promise(judged or killed, "nothing dies without a verdict on it alone, or by its row")


def _act(state: State, command: Command, sender: Sender, now: float) -> State:
    if isinstance(command, Delivered):
        promise(len(set(command.ids)) == len(command.ids), "settled once")
        promise(state.gone.isdisjoint(command.ids), "settled once")
        return evolve(state, delivered=state.delivered | set(command.ids))
    if isinstance(command, Dead):
        promise(command.id not in state.gone, "settled once")
        return evolve(state, dead=state.dead | {command.id})
    if isinstance(command, Charged):
        promise(command.charges > dict(state.charged).get(command.id, 0), "charges only grow")
        rest = {pair for pair in state.charged if pair[0] != command.id}
        return evolve(state, charged=frozenset({*rest, (command.id, command.charges)}))
    if isinstance(command, Post | Ask):
        name = command.call if isinstance(command, Post) else JOBS
        promise(name not in dict(state.posted), "no window is overrun")
        promise(name not in dict(state.blocked), "nothing goes before its Retry-After")
        promise(sender.flights[command.request].endpoint == name, "it is known to be under way")
        return evolve(state, posted=state.posted | {(name, 0.0)})
    if isinstance(command, Sleep):
        promise(command.until > now, "no sleep ends before it begins")
        return evolve(state, sleep=command.until - now)
    promise(not isinstance(command, Stop) or command.reason == "key", "nobody stops else")
    return state


def _may_go(world: Small, post: Post, state: State, busy: set[int]) -> None:
    items, gone = [_item(world, number) for number in post.ids], state.gone
    waiting = dict(state.blocked).keys()
    promise(len(set(post.ids)) == len(post.ids) > 0, "an item is once in a request")
    for item in items:
        promise(item.id not in gone, "what is settled is not sent again")
        promise(item.id not in busy, "an item is in one request at a time")
        promise(str(item.id) not in waiting, "nothing goes before its Retry-After")
        for before in world.items[: item.id - 1]:
            if keeps_order(before, item):
                promise(before.id in gone, "calls that share an identifier keep their order")
    uids = [item.repeat for item in items if item.repeat is not None]
    promise(len(set(uids)) == len(uids), "twins never share a request")
    promise(len({item.group for item in items}) == 1, "a request says one thing for all")
    if post.leave_out:
        told = dict(world.objections).get(post.ids[0])
        promise(len(post.ids) == 1, "what is repaired goes alone")
        promise(post.leave_out == (told,), "only what Klaviyo objects to is left out, and once")


def _crashes(world: Small, state: State) -> Iterator[Move]:
    """The end of the process: what is under way may have been recorded, or not."""
    posts = [flight for flight in state.sender.flights.values() if flight.job is None]
    working = [Flight(BULK_PROFILES, job.items) for job in state.sender.jobs]
    left = (one for one in world.items[: state.handed] if one.id not in state.gone)
    rest = restarted(left, dict(state.charged))
    for lot in product((False, True), repeat=len(posts) + len(working)):
        recorded = state.recorded
        for flight, done in zip((*posts, *working), lot, strict=True):
            recorded = _recorded(world, recorded, flight) if done else recorded
        if any(lot) and recorded == state.recorded:
            continue
        after = evolve(
            state,
            sender=world.sender(),
            crashes=state.crashes - 1,
            recorded=recorded,
            posted=frozenset(),
            blocked=frozenset(),
            passing=frozenset(),
            fresh=False,
            sleep=None,
        )
        yield move(f"crash {lot}", False, world, after, Arrived(rest))


def _replies(world: Small, state: State, flight: Flight) -> Iterator[Reply]:
    """What may come back for a request, and what Klaviyo then holds."""
    if flight.job is None:
        if _is_unsent(world, flight):
            ids = frozenset(item.id for item in flight.items)
            yield Reply("not sent", True, Answer(None, fault="unsent"), state, refused=ids)
            return
        answer, taken, refused = _answer(world, state.recorded, flight)
        later = flight.endpoint == BULK_PROFILES and answer.status == 202
        recorded = state.recorded if later else _recorded(world, state.recorded, flight)
        after = evolve(state, recorded=recorded)
        yield Reply("done", True, answer, after, taken, refused)
    else:
        yield from _progress(world, state, flight.job)
    if state.stops:
        stopping = evolve(state, stops=state.stops - 1)
        yield Reply("the key is refused", False, refusal(401, "not_authenticated"), stopping)
    if state.faults:
        hurt = evolve(state, faults=state.faults - 1)
        wait = evolve(hurt, blocked=hurt.blocked | {(_throttled(flight), WAIT)})
        for name, answer in FAULTS.items():
            yield Reply(name, False, answer, wait if answer.status == 429 else hurt)
        if flight.job is None and state.recorded != (
            recorded := _recorded(world, state.recorded, flight)
        ):
            for name, answer in LOST.items():
                lost = evolve(hurt, recorded=recorded)
                yield Reply(f"recorded, and {name}", False, answer, lost)


def _throttled(flight: Flight) -> str:
    """Who is to wait: the endpoint, or an item alone that fails by itself."""
    is_its_own = len(flight.items) == 1 and flight.items[0].charges
    return str(flight.items[0].id) if is_its_own else flight.endpoint


def _is_unsent(world: Small, flight: Flight) -> bool:
    """A shell that would leave out all that a call has sends nothing."""
    return flight.items[0].repair is not None and flight.items[0].id in world.lonely


Judged = tuple[Answer, frozenset[int], frozenset[int]]
"""An answer, and of which items it says that they are taken, or refused for good."""


def _answer(world: Small, recorded: frozenset[str], flight: Flight) -> Judged:
    """What comes back on a good day: Klaviyo's answer, if the request gets there."""
    ids = {item.id for item in flight.items}
    if world.cut and len(ids) > 1:
        return CUTS[world.cut], NOTHING, NOTHING
    if ids & world.barred:
        return PAGE, NOTHING, NOTHING
    if ids & world.sick:
        return SERVER_ERROR, NOTHING, NOTHING
    wrong = _wrong(world, flight.items)
    ready = frozenset(ids)
    if flight.endpoint == BULK_PROFILES and not (wrong and world.prompt):
        job = b'{"data":{"id":"%s"}}' % _name(flight).encode()
        return Answer(202, body=job), NOTHING, NOTHING
    known = {}
    if flight.endpoint == BULK_EVENTS:
        rows = enumerate(flight.items)
        known = {row: _error(row, "duplicate") for row, item in rows if _uid(item) in recorded}
    if not wrong and not known:
        return receipt(flight.endpoint), ready, NOTHING
    objects = any(error["code"] == "invalid" for error in wrong.values())
    status = 400 if objects else 409
    errors = [*wrong.values(), *known.values()]
    if not world.pointers and len(ids) > 1:
        code = {"code": errors[0]["code"]}
        return _told(status, [code]), NOTHING, NOTHING
    taken = frozenset(item.id for row, item in enumerate(flight.items) if row in known)
    return _told(status, errors), taken, _final(world, flight.items)


def _wrong(
    world: Small, items: tuple[Item, ...], named: bool = False
) -> dict[int, dict[str, object]]:
    """What Klaviyo has against rows of a request; the row of a single one is seldom `named`."""
    found: dict[int, dict[str, object]] = {}
    for row, item in enumerate(items):
        place = row if named or len(items) > 1 else None
        objection = _objection(world, item)
        if objection == WEAKER:
            found[row] = _error(place, "duplicate_profile")
        elif objection is not None:
            found[row] = _error(place, "invalid", f"/attributes/{objection}")
        elif item.id in world.bad:
            found[row] = _error(place, "invalid")
    return found


def _objection(world: Small, item: Item) -> str | None:
    """What Klaviyo has yet against the person of an item."""
    told = dict(world.objections).get(item.id)
    return None if told in _without(item) else told


def _without(item: Item) -> tuple[str, ...]:
    """What an item's profile goes without."""
    return () if item.repair is None else item.repair.leave_out


def _final(world: Small, items: Iterable[Item]) -> frozenset[int]:
    """Those of which a refusal is the last word."""
    return frozenset(
        item.id for item in items if item.id in world.bad and _objection(world, item) is None
    )


def _recorded(world: Small, recorded: frozenset[str], flight: Flight) -> frozenset[str]:
    """What Klaviyo holds once it has worked on a request; an import's good rows are taken."""
    answer = _answer(world, recorded, flight)[0]
    if _is_unsent(world, flight) or answer.status not in (200, 201, 202):
        return recorded
    if flight.endpoint != BULK_PROFILES:
        return recorded.union(map(_uid, flight.items))
    if world.spoiling.intersection(item.id for item in flight.items):
        return recorded
    wrong = _wrong(world, flight.items)
    return recorded.union(_uid(one) for row, one in enumerate(flight.items) if row not in wrong)


def _progress(world: Small, state: State, number: str) -> Iterator[Reply]:
    """What Klaviyo may say of an import."""
    job = next((one for one in state.sender.jobs if one.id == number), None)
    if job is None:  # the sender has let it go
        yield Reply("done", True, WORKING, state)
        return
    if world.spoiling.intersection(item.id for item in job.items):
        yield Reply("cancelled", True, CANCELLED, state)
        return
    recorded = _recorded(world, state.recorded, Flight(BULK_PROFILES, job.items))
    after = evolve(state, recorded=recorded)
    yield Reply("done", True, *_job(world, after, job.items, job.errors))
    if state.slow:
        yield Reply("not yet", False, WORKING, evolve(state, slow=state.slow - 1))
    if state.undone:
        undone = evolve(state, undone=state.undone - 1)
        yield Reply("cancelled", False, CANCELLED, undone)
        yield Reply("unknown", False, UNKNOWN, undone)
        yield Reply("done, and unknown", False, UNKNOWN, evolve(undone, recorded=recorded))


def _job(
    world: Small, after: State, items: tuple[Item, ...], errors: bool
) -> tuple[Answer, State, frozenset[int], frozenset[int]]:
    wrong = _wrong(world, items, named=True)
    if not wrong:
        return DONE, after, frozenset(item.id for item in items), NOTHING
    told: object = {"attributes": {"status": "complete", "failed_count": len(wrong)}}
    if not errors:
        return Answer(200, body=_text(told)), after, NOTHING, NOTHING
    if not world.pointers:
        told = [{"attributes": {"code": "invalid"}} for _ in wrong]
        return Answer(200, body=_text(told)), after, NOTHING, NOTHING
    told = [{"attributes": error} for error in wrong.values()]
    good = frozenset(item.id for row, item in enumerate(items) if row not in wrong)
    return Answer(200, body=_text(told)), after, good, _final(world, items)


def _text(data: object) -> bytes:
    return json.dumps({"data": data}).encode()


def _told(status: int, errors: list[dict[str, object]]) -> Answer:
    return Answer(status, body=json.dumps({"errors": errors}).encode())


def _error(row: int | None, code: str, where: str = "") -> dict[str, object]:
    """An error of Klaviyo's about a row, or about the only one."""
    pointer = f"/data{where}" if row is None else f"/data/attributes/x/data/{row}{where}"
    return {"code": code, "detail": "no", "source": {"pointer": pointer}}


def _item(world: Small, number: int) -> Item:
    return world.items[number - 1]


def _uid(item: Item) -> str:
    return item.repeat or f"{item.call} {item.id}"


def _name(flight: Flight) -> str:
    return flight.job or f"{flight.endpoint} {','.join(str(one.id) for one in flight.items)}"


def _from_now(sender: Sender, pending: list[Item], world: Small) -> Sender:
    """The same sender, its clock set to nought and its requests numbered from one."""
    now = sender.now
    spoke, failed = _since(sender, pending)
    often = _often(pending)
    most = world.short.charges

    def known(items: Iterable[Item], delayed: bool = False) -> tuple[Item, ...]:
        return tuple(
            evolve(
                item,
                failures=often.get((item.call, item.failures), item.failures),
                failed_at=failed[item.call, item.failed_at],
                in_silence=item.in_silence and delayed,
                charges=min(item.charges, most),
            )
            if item.failures or item.charges
            else item
            for item in items
        )

    flights = [
        Flight(
            one.endpoint,
            known(one.items),
            failed[_call(one.endpoint), one.at] if _is_first(one) else 0.0,
            one.job,
        )
        for one in sender.flights.values()
    ]
    jobs = (
        evolve(
            one,
            items=known(one.items),
            since=max(one.since - now, -PATIENCE),
            ask_at=max(one.ask_at - now, 0.0),
        )
        for one in sender.jobs
    )
    return evolve(
        sender,
        now=0.0,
        endpoints={
            name: _endpoint_from(name, one, now, spoke, len(world.items))
            for name, one in sender.endpoints.items()
        },
        queues={name: known(queue) for name, queue in sender.queues.items()},
        jobs=tuple(sorted(jobs, key=lambda one: one.id)),
        delayed=tuple((when - now, known((item,), True)[0]) for when, item in sender.delayed),
        flights=dict(enumerate(flights, 1)),
        requests=len(flights),
        failing_since=None,
    )


_SINGLE = {bulk: call for call, bulk in BULK.items()}


def _call(endpoint: str) -> str:
    """Whose items go by an endpoint."""
    return _SINGLE.get(endpoint, endpoint)


def _is_first(flight: Flight) -> bool:
    """Does it count when it was sent? For what never failed."""
    return flight.job is None and all(item.failed_at == -inf for item in flight.items)


Times = dict[tuple[str, float], float]


def _since(sender: Sender, pending: list[Item]) -> tuple[Times, Times]:
    """When Klaviyo spoke, and when something failed: only which came first, and what is now."""
    spoke, failed = Times(), Times()
    for call in (EVENT, UPSERT, CONSENT):
        spoken = {sender.endpoints[name].spoke_at for name in (call, BULK.get(call, call))}
        since = {item.failed_at for item in pending if item.call == call}
        since |= {
            one.at
            for one in sender.flights.values()
            if _call(one.endpoint) == call and _is_first(one)
        }
        marks = [(at, False) for at in since if at > -inf]
        marks += [(at, True) for at in spoken if -inf < at < sender.now]
        block, was_spoken, found = 0, True, list[tuple[float, bool, int]]()
        for at, is_spoken in sorted(marks):
            block += was_spoken and not is_spoken
            was_spoken = is_spoken
            found.append((at, is_spoken, block))
        last = block + was_spoken  # what failed after all that was spoken might as well fail now
        failed[call, -inf] = -inf
        spoke[call, sender.now] = 0.0
        for at, is_spoken, place in found:
            if not is_spoken:
                failed[call, at] = float(place - last)
            elif place:  # else it failed later, all of it
                spoke[call, at] = float(place - last)
    return spoke, failed


def _often(pending: list[Item]) -> dict[tuple[str, int], int]:
    """Where pauses grow no longer, it counts who failed more often, and whether evenly."""
    found = dict[tuple[str, int], int]()
    last = dict.fromkeys((EVENT, UPSERT, CONSENT), LAST_PAUSE - 1)
    often = {(item.call, item.failures) for item in pending if item.failures >= LAST_PAUSE}
    for call, failures in sorted(often):
        last[call] += 1 + (last[call] + 1 - failures) % 2
        found[call, failures] = last[call]
    return found


def _endpoint_from(name: str, one: Endpoint, now: float, spoke: Times, rows: int) -> Endpoint:
    is_idle = one.flying == one.breaker.failures == one.size.passed == 0
    if is_idle and one.pace.due == one.pace.blocked == one.spoke_at == -inf:
        return one if one.size.most > rows else evolve(one, size=_size_from(one.size, now, rows))
    ahead = [-inf if when <= now else when - now for when in (one.pace.due, one.pace.blocked)]
    opens = one.breaker.open_until
    return Endpoint(
        Pace(one.pace.interval, one.pace.allowance, *ahead),
        Breaker(
            min(one.breaker.failures, TRIES - 1 + LAST_PAUSE),
            -inf if opens <= now else opens - now,
        ),
        one.flying,
        spoke_at=spoke.get((_call(name), one.spoke_at), -inf),
        is_passing=one.is_passing,
        size=_size_from(one.size, now, rows) if name in _SINGLE else Size(),
    )


def _size_from(size: Size, now: float, rows: int) -> Size:
    """No request is larger than all there is."""
    if size.most > rows:
        return Size(passed=size.passed)
    return evolve(size, grows_at=-inf if size.grows_at <= now else size.grows_at - now)


def _forgetting(state: State, world: Small) -> State:
    """What is settled needs no account."""
    if not (state.charged or world.sick):
        return state
    gone, most = state.gone, world.short.charges
    return evolve(
        state,
        charged=frozenset((n, min(count, most)) for n, count in state.charged if n not in gone),
        struck=frozenset((n, min(count, most)) for n, count in state.struck if n not in gone),
        passing=state.passing - gone,
        fresh=state.fresh and bool(world.sick - gone),
    )


def _plain(state: State) -> tuple[object, ...]:
    return (
        (state.faults, state.crashes, state.slow, state.undone, state.stops),
        (state.sleep, state.handed, state.sender.stopped is None),
        tuple(sorted(state.delivered)),
        tuple(sorted(state.dead)),
        tuple(sorted(state.recorded)),
        tuple(sorted(state.posted)),
        tuple(sorted(state.blocked)),
        tuple(sorted(state.charged)),
        tuple(sorted(state.struck)),
        tuple(sorted(state.passing)),
        state.fresh,
    )


def _ids(items: Iterable[Item]) -> tuple[object, ...]:
    """What may change of an item."""
    return tuple(
        (
            item.id,
            item.most,
            item.failures,
            item.failed_at,
            item.in_silence,
            item.charges,
            _without(item),
        )
        for item in items
    )


def _groups(groups: tuple[Group, ...]) -> tuple[object, ...]:
    """Who was held is of no matter in the first, which may go."""
    return tuple((one.lanes, one.left, one.held if at else ()) for at, one in enumerate(groups))


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
                one.spoke_at,
                one.is_passing,
                one.size.most,
                one.size.passed,
                one.size.grows_at,
            )
            for name, one in sender.endpoints.items()
        ),
        tuple(sorted((call, _ids(queue)) for call, queue in sender.queues.items() if queue)),
        tuple(sorted((lane, _groups(groups)) for lane, groups in sender.lanes.groups.items())),
        tuple(sorted((n, before, *_ids((one,))) for n, (one, before) in sender.lanes.held.items())),
        tuple(sorted((shared, _ids(twins)) for shared, twins in repeats.waiting.items())),
        tuple(sorted(repeats.older.union(*repeats.recent))),
        tuple((one.endpoint, _ids(one.items), one.at, one.job) for one in sender.flights.values()),
        tuple(
            (
                one.id,
                _ids(one.items),
                one.since,
                one.ask_at,
                one.pause,
                one.asking,
                one.errors,
                one.failed,
            )
            for one in sender.jobs
        ),
        tuple(sorted((when, item.id, *_ids((item,))) for when, item in sender.delayed)),
    )
