"""A small world for the sender: a virtual clock, seeded luck, scripted answers.

It stands where the shell stands: hands items over, "sends" what the sender posts, brings the
answers back after a latency, and wakes the sender when it asked for it. After every step it checks
what must always hold; nothing here waits for real time.

    world = World(answers=lambda ask: Answer(202))
    world.feed(event(1, "ada"))
    world.run()
    assert world.delivered == [1]
"""

from __future__ import annotations

import heapq
import json
import random
from collections import Counter, deque
from collections.abc import Callable, Iterable
from math import inf, nextafter

from attrs import Factory, define, field, frozen

from walkeros_klaviyo.delivery.batch import Mode
from walkeros_klaviyo.delivery.endpoint import MAX_BULK_FLYING
from walkeros_klaviyo.delivery.messages import (
    Answer,
    Answered,
    Arrived,
    Ask,
    Charged,
    Command,
    Dead,
    Delivered,
    Draining,
    Item,
    Message,
    Post,
    Sleep,
    Stop,
    Warn,
    Woke,
)
from walkeros_klaviyo.delivery.sender import Sender, new_sender, step

EVENT = "events.create_event"
UPSERT = "profiles.create_or_update_profile"
BULK_EVENTS = "events.bulk_create_events"
BULK_PROFILES = "profiles.bulk_import_profiles"
CONSENT = "profiles.bulk_subscribe_profiles"
TURN = 1e-6
"""Seconds that a turn of the shell's loop takes at least."""
OK = Answer(202)
"""Taken: the world brings back what Klaviyo says so with (`receipt`)."""
NO_ANSWER = Answer(None, fault="reset")
PAGE = Answer(403, body=b"<html><title>Blocked</title>")
"""A stranger's: a firewall's, a proxy's, a portal's."""


def receipt(call: str, number: int = 1) -> Answer:
    """How Klaviyo says that it has taken a request by this endpoint."""
    if call == UPSERT:
        return Answer(201, body=b'{"data":{"type":"profile","id":"P1"}}')
    if call == BULK_PROFILES:
        return Answer(202, body=b'{"data":{"id":"J%d"}}' % number)
    return OK


def job(status: str, **counts: int) -> Answer:
    """What Klaviyo says when it is asked how far an import is."""
    told = {"data": {"attributes": {"status": status, **counts}}}
    return Answer(200, body=json.dumps(told).encode())


DONE = job("complete", failed_count=0)
PARTLY = job("complete", failed_count=1)
WORKING = job("processing")


Lane = str | tuple[str, ...] | None
"""Whose a call is: by one identifier, by several, or nobody's."""


def event(
    number: int, lane: Lane = None, repeat: str | None = None, most: int = 0, size: int = 0
) -> Item:
    """An event of a profile; two with the same `repeat` are one event to Klaviyo."""
    return Item(number, EVENT, _lanes(lane), size, repeat, most=most)


def upsert(number: int, lane: Lane = "ada") -> Item:
    """News of a profile."""
    return Item(number, UPSERT, _lanes(lane))


def consent(number: int, lane: Lane, group: str) -> Item:
    """Somebody subscribes; those of one group may share a request."""
    return Item(number, CONSENT, _lanes(lane), group=group)


def _lanes(lane: Lane) -> tuple[str, ...]:
    if lane is None:
        return ()
    return (lane,) if isinstance(lane, str) else lane


def keeps_order(before: Item, after: Item) -> bool:
    """Must the one be settled before the other goes? Events of just the same person need not."""
    if before.lanes == after.lanes and before.call == after.call == EVENT:
        return False
    return not set(before.lanes).isdisjoint(after.lanes)


def refusal(status: int, code: str = "invalid", detail: str = "no", pointer: str = "") -> Answer:
    """An answer with a JSON:API error."""
    body = '{"errors":[{"code":"%s","detail":"%s","source":{"pointer":"%s"}}]}'
    return Answer(status, body=(body % (code, detail, pointer)).encode())


def named(*rows: tuple[int, str], status: int = 400, end: str = "") -> Answer:
    """A refusal, or an import's errors, that names rows; -1 points nowhere."""
    errors = [
        {
            "code": code,
            "detail": f"row {row}",
            "source": {"pointer": f"/data/attributes/x/data/{row}{end}"},
        }
        for row, code in rows
    ]
    told = (
        {"data": [{"attributes": one} for one in errors]} if status == 200 else {"errors": errors}
    )
    return Answer(status, body=json.dumps(told).encode())


@frozen
class Request:
    """A request as it reaches the other side."""

    call: str
    items: tuple[Item, ...]
    at: float
    nth: int
    """The how manieth request for its first item, from 1."""
    luck: random.Random
    """For scripts that roll dice."""
    job: str | None = None
    """The import that is asked about; `errors`: for its errors."""
    errors: bool = False
    leave_out: tuple[str, ...] = ()

    @property
    def item(self) -> Item:
        """The first item, in single mode the only one."""
        return self.items[0]

    @property
    def ids(self) -> set[int]:
        """The items' numbers."""
        return {item.id for item in self.items}


class Even(random.Random):
    """Luck that is always the same."""

    def __init__(self, luck: float) -> None:
        super().__init__(0)
        self.always = luck

    def random(self) -> float:
        return self.always


Answers = Callable[[Request], Answer | None]
"""What comes back; None: nothing ever does (the shell's time-out is then an answer of its own)."""


@define
class World:
    """One sender and all that it can see."""

    answers: Answers = lambda ask: OK
    jobs: Answers = lambda ask: DONE
    """Answers to questions about imports."""
    limits: bool = True
    give_up: float = 30.0
    max_flying: int = 32
    mode: Mode = "single"
    seed: int = 1
    start: float = 1_000.0
    window: int = 512
    """Items in the sender's hands at once."""
    latency: Callable[[random.Random], float] = lambda luck: 0.03 + 0.04 * luck.random()

    sender: Sender = Factory(
        lambda self: new_sender(self.limits, self.give_up, self.max_flying, self.mode),
        takes_self=True,
    )
    time: float = Factory(lambda self: self.start, takes_self=True)
    luck: random.Random = Factory(lambda self: random.Random(self.seed), takes_self=True)
    backlog: deque[Item] = field(factory=deque)
    items: dict[int, Item] = field(factory=dict)
    """Everything handed to the sender."""
    posts: list[tuple[float, Post]] = field(factory=list)
    asks: list[tuple[float, Ask]] = field(factory=list)
    settled: list[tuple[float, int]] = field(factory=list)
    dead: dict[int, Dead] = field(factory=dict)
    stops: list[tuple[float, Stop]] = field(factory=list)
    warnings: list[Warn] = field(factory=list)
    charged: dict[int, int] = Factory(dict)
    """What items have used up, as it would stand on the disk."""
    left_out: dict[int, tuple[str, ...]] = Factory(dict)
    """What the profiles of delivered items went without, where it was something."""
    steps: int = 0
    asked: Counter[int] = field(factory=Counter)
    """How many requests an item was in."""
    _coming: list[tuple[float, int, Answer]] = field(factory=list, init=False)
    _open: dict[int, tuple[int, ...]] = field(factory=dict, init=False)
    _under_way: set[int] = field(factory=set, init=False)
    _without: dict[int, tuple[str, ...]] = field(factory=dict, init=False)
    _gone: set[int] = field(factory=set, init=False)
    _wake: float = field(default=inf, init=False)
    _draining: bool = field(default=False, init=False)
    _spins: int = field(default=0, init=False)

    @property
    def delivered(self) -> list[int]:
        """Delivered items, in order."""
        return [number for _, number in self.settled if number not in self.dead]

    @property
    def pending(self) -> int:
        """Items neither delivered nor dead, the ones not handed over included."""
        return self.sender.pending + len(self.backlog)

    @property
    def flying(self) -> int:
        """Requests without an answer."""
        return len(self._open)

    def feed(self, *items: Item) -> World:
        """Give it items; they are handed over as the sender has room, as the shell does."""
        self.backlog.extend(items)
        return self

    def times(self, call: str = EVENT) -> list[float]:
        """When requests of an endpoint were sent."""
        return [at for at, post in self.posts if post.call == call]

    def first_sent(self) -> dict[int, float]:
        """When each item was first sent."""
        return {number: at for at, post in reversed(self.posts) for number in post.ids}

    def settled_at(self) -> dict[int, float]:
        """When each item was settled."""
        return {number: at for at, number in self.settled}

    def order(self, *numbers: int) -> list[int]:
        """In which order these items were first sent."""
        wanted = set(numbers)
        return list(dict.fromkeys(n for _, post in self.posts for n in post.ids if n in wanted))

    def tell(self, message: Message) -> tuple[Command, ...]:
        """One step of the sender, with all that must hold after it."""
        if isinstance(message, Arrived):
            self.items.update((item.id, item) for item in message.items)
        if isinstance(message, Answered):
            self._under_way.difference_update(self._open.pop(message.request, ()))
        self._draining = self._draining or isinstance(message, Draining)
        self.sender, commands = step(self.sender, message, self.time, self.luck.random())
        self.steps += 1
        self._wake = inf
        for command in commands:
            self._act(command)
        self._check()
        idle = isinstance(message, Woke) and all(isinstance(one, Sleep) for one in commands)
        self._spins = self._spins + 1 if idle and self._wake - self.time <= TURN else 0
        assert self._spins < 25, "it spins: nothing to do, and no sleep"
        return commands

    def run(self, until: float = inf, most: int = 1_000_000) -> World:
        """Go on until nothing is left to do, or until that many seconds have really passed."""
        end = self.time + until
        for _ in range(most):
            self._hand_over()
            at = min(self._coming[0][0] if self._coming else inf, self._wake)
            if at == inf or at > end or (self.stops and not self._coming):
                self.time = self.time if end == inf else end
                return self
            self.time = max(self.time, at)
            if self._coming and self._coming[0][0] <= at:
                _, request, answer = heapq.heappop(self._coming)
                self.tell(Answered(request, answer))
            else:
                self.tell(Woke())
        raise AssertionError(f"still busy after {most} steps")

    def drain(self) -> World:
        """Ask it to stop."""
        self.tell(Draining())
        return self

    def jump(self, seconds: float, lost: bool = False) -> World:
        """The machine is suspended: time passes, and nobody is woken; answers may be lost by it."""
        self.time += seconds
        if lost:
            self._coming = [(at, request, NO_ANSWER) for at, request, _ in self._coming]
        return self

    def _hand_over(self) -> None:
        if self._draining or self.stops:
            return
        while self.backlog and self.sender.pending < self.window:
            room = min(self.window - self.sender.pending, len(self.backlog))
            self.tell(Arrived(tuple(self.backlog.popleft() for _ in range(room))))

    def _act(self, command: Command) -> None:
        if isinstance(command, Post):
            self._post(command)
        elif isinstance(command, Ask):
            self.asks.append((self.time, command))
            about = (command.job, command.errors)
            asked = Request("", (), self.time, 1, self.luck, *about)
            self._send(command.request, (), self.jobs(asked))
        elif isinstance(command, Delivered):
            assert command.ids, "nothing at all was delivered"
            went = {self._without[number] for number in command.ids}
            assert went == {command.left_out}, "what was left out is told"
            if command.left_out:
                self.left_out[command.ids[0]] = command.left_out
            self._settle(*command.ids)
        elif isinstance(command, Dead):
            self._settle(command.id)
            self.dead[command.id] = command
        elif isinstance(command, Stop):
            self.stops.append((self.time, command))
        elif isinstance(command, Warn):
            self.warnings.append(command)
        elif isinstance(command, Charged):
            self.charged[command.id] = command.charges
        else:
            assert command.until >= self.time, "a sleep that ends in the past"
            # However short the nap, a turn of the loop takes its time.
            nap = max(min(command.until - self.time, 60.0), TURN)
            self._wake = max(self.time + nap, nextafter(self.time, inf))

    def _settle(self, *numbers: int) -> None:
        for number in numbers:
            assert number not in self._gone, "settled twice"
            assert number not in self._under_way, "settled while it is under way"
            self._gone.add(number)
            self.settled.append((self.time, number))

    def _post(self, post: Post) -> None:
        items = tuple(self.items[number] for number in post.ids)
        assert items, "an empty request"
        assert len(set(post.ids)) == len(post.ids), "an item twice in one request"
        for number in post.ids:
            assert number not in self._under_way, "an item that is under way, sent again"
            assert number not in self._gone, "an item that is settled, sent again"
            self.asked[number] += 1
        self._under_way.update(post.ids)
        self._without.update(dict.fromkeys(post.ids, post.leave_out))
        self.posts.append((self.time, post))
        nth = self.asked[post.ids[0]]
        asked = Request(post.call, items, self.time, nth, self.luck, leave_out=post.leave_out)
        self._send(post.request, post.ids, self.answers(asked))

    def _send(self, request: int, ids: tuple[int, ...], answer: Answer | None) -> None:
        assert not self._draining, "a new request while draining"
        assert not self.stops, "a new request after stopping"
        assert request not in self._open, "a request's number given twice"
        self._open[request] = ids
        if answer is OK:
            answer = receipt(self.posts[-1][1].call, request)
        if answer is not None:
            due = self.time + self.latency(self.luck)
            heapq.heappush(self._coming, (due, request, answer))

    def _check(self) -> None:
        sender = self.sender
        assert len(self.items) == len(self.settled) + sender.pending, (
            "items in = delivered + dead + pending"
        )
        assert sender.flights.keys() == self._open.keys(), "the same requests are under way"
        posts = sum(map(bool, self._open.values()))
        assert posts <= self.max_flying, "more under way than allowed"
        bulk = Counter(flight.endpoint for flight in sender.flights.values())
        assert max(bulk[BULK_EVENTS], bulk[BULK_PROFILES]) <= MAX_BULK_FLYING, "too many in bulk"
        if sender.pending and not (self.stops or self._draining):
            assert self._wake < inf or self._open, "nothing would ever happen"


def most_within(times: Iterable[float], seconds: float) -> int:
    """The most requests in any window of this length, the window's end not included."""
    window: deque[float] = deque()
    most = 0
    for at in times:
        window.append(at)
        while window[0] <= at - seconds:
            window.popleft()
        most = max(most, len(window))
    return most
