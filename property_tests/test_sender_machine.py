"""Whatever happens in whatever order: does the sender agree with a simple account of it?

The account is what a careful clerk would keep beside it: what was accepted, what is settled, what
Klaviyo holds. Worlds are large here (many profiles, twins, all modes, the true windows) and looked
at by chance; `tests/delivery/model.py` looks at small ones whole.
"""

from __future__ import annotations

import json
from collections import deque

from attrs import define, field, frozen
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from tests.delivery.world import BULK_EVENTS, BULK_PROFILES, EVENT, OK, UPSERT, most_within

from walkeros_klaviyo.core.limits import ENDPOINTS
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
from walkeros_klaviyo.delivery.sender import Sender, new_sender, step
from walkeros_klaviyo.delivery.state import JOBS, JOBS_BURST, JOBS_STEADY

TROUBLE = {
    "throttled": Answer(429, {"retry-after": "3"}),
    "throttled, no time": Answer(429),
    "down": Answer(503),
    "reset": Answer(None, fault="reset"),
    "timeout": Answer(None, fault="timeout"),
}
WORKING = Answer(200, body=b'{"data":{"attributes":{"status":"processing"}}}')


@define
class Account:
    """What a clerk would write down."""

    accepted: dict[int, Item] = field(factory=dict)
    bad: set[int] = field(factory=set)
    settled: set[int] = field(factory=set)
    held: set[str] = field(factory=set)
    """What Klaviyo holds: an event by its unique_id, anything else by its number."""

    def waiting(self) -> tuple[Item, ...]:
        """What a restart is given again."""
        return tuple(item for number, item in self.accepted.items() if number not in self.settled)


@frozen
class Open:
    """A request without an answer."""

    call: str
    items: tuple[Item, ...]
    job: str | None = None
    errors: bool = False


def uid(item: Item) -> str:
    """By what Klaviyo knows it again."""
    return item.repeat or str(item.id)


ITEMS = st.lists(
    st.tuples(
        st.sampled_from([EVENT, EVENT, UPSERT]),
        st.integers(0, 5),
        st.one_of(st.none(), st.integers(0, 12)),
        st.booleans(),
        st.sampled_from([False] * 7 + [True]),
    ),
    min_size=1,
    max_size=30,
)
"""Call, profile, unique_id, does it ask for bulk, will Klaviyo refuse it?"""


class Delivering(RuleBasedStateMachine):
    """Arrivals, answers, time, jumps and crashes in any order."""

    @initialize(
        mode=st.sampled_from(["single", "auto", "bulk"]),
        pointers=st.booleans(),
        most=st.sampled_from([1, 3, 32]),
    )
    def begin(self, mode: str, pointers: bool, most: int) -> None:
        """A world of its own."""
        self.mode, self.pointers, self.most = mode, pointers, most
        self.account, self.time, self.offset = Account(), 1_000.0, 0.0
        self.imports: dict[str, tuple[Item, ...]] = {}
        self.sender, self.open, self.wake = self.fresh(), {}, None
        self.sent: dict[str, deque[float]] = {}

    def fresh(self) -> Sender:
        return new_sender(mode=self.mode, max_flying=self.most, give_up=1e9)  # type: ignore[arg-type]

    @rule(drawn=ITEMS)
    def accept(self, drawn: list[tuple[str, int, int | None, bool, bool]]) -> None:
        """New events and news of profiles."""
        fresh = []
        for call, lane, repeat, bulk, bad in drawn:
            number = len(self.account.accepted) + 1
            shared = None if call == UPSERT or repeat is None else f"p{lane} r{repeat}"
            item = Item(number, call, f"p{lane}", repeat=shared, bulk=bulk)
            self.account.accepted[number] = item
            if bad and shared is None:
                self.account.bad.add(number)
            fresh.append(item)
        self.tell(Arrived(tuple(fresh)))

    @precondition(lambda self: self.open)
    @rule(which=st.integers(0), trouble=st.sampled_from([None, None, *TROUBLE]), seen=st.booleans())
    def answer(self, which: int, trouble: str | None, seen: bool) -> None:
        """One request is answered; where the answer is lost, Klaviyo may have `seen` it."""
        request = sorted(self.open)[which % len(self.open)]
        asked = self.open.pop(request)
        if trouble is None:
            self.tell(Answered(request, self.klaviyo(asked)))
            return
        if seen and trouble in ("reset", "timeout"):
            self.klaviyo(asked)
        self.tell(Answered(request, TROUBLE[trouble]))

    @precondition(lambda self: self.open)
    @rule()
    def answer_all(self) -> None:
        """A good moment."""
        for request in sorted(self.open):
            self.tell(Answered(request, self.klaviyo(self.open.pop(request))))

    @precondition(lambda self: self.imports)
    @rule()
    def not_yet(self) -> None:
        """Imports take their time."""
        for request, asked in sorted(self.open.items()):
            if asked.job is not None and not asked.errors:
                del self.open[request]
                self.tell(Answered(request, WORKING))

    @rule(seconds=st.sampled_from([0.0, 0.02, 0.5, 3.0, 20.0, 150.0]))
    def pass_time(self, seconds: float) -> None:
        """The shell sleeps as long as it is asked to, and no longer."""
        end = self.time + seconds
        for _ in range(5_000):
            if self.wake is None or self.wake > end:
                self.time = end
                return
            self.time = max(self.time, self.wake)
            self.tell(Woke())
        raise AssertionError("it spins")

    @rule(seconds=st.sampled_from([-86_400.0, -3_600.0, -1.0, 3_600.0, 86_400.0]))
    def jump(self, seconds: float) -> None:
        """Someone sets the clock; the next message shows it."""
        self.offset += seconds
        self.tell(Woke())

    @rule(seen=st.booleans())
    def crash(self, seen: bool) -> None:
        """The process ends; the next one is given what is not settled, in order."""
        if seen:
            for asked in self.open.values():
                self.klaviyo(asked)
        self.sender, self.open, self.wake, self.sent = self.fresh(), {}, None, {}
        self.tell(Arrived(self.account.waiting()))

    def tell(self, message: Message) -> None:
        """One step, and what must be true of it."""
        self.sender, commands = step(self.sender, message, self.time + self.offset, 0.7)
        self.wake = None
        forgiven = any(isinstance(one, Warn) for one in commands)
        for command in commands:
            self.act(command, forgiven)

    def act(self, command: Command, forgiven: bool) -> None:
        account = self.account
        if isinstance(command, Sleep):
            ahead = command.until - self.time - self.offset
            assert 0.0 <= ahead <= 60.0 + 1e-6
            self.wake = self.time + max(ahead, 1e-4)
        elif isinstance(command, Delivered):
            for number in command.ids:
                assert number not in account.settled, "settled twice"
                assert forgiven or uid(account.accepted[number]) in account.held, "not there"
                account.settled.add(number)
        elif isinstance(command, Dead):
            assert command.id not in account.settled, "settled twice"
            assert command.id in account.bad, "Klaviyo never refused it"
            account.settled.add(command.id)
        elif isinstance(command, Post):
            self.post(command)
        elif isinstance(command, Ask):
            self.count(JOBS)
            self.open[command.request] = Open(JOBS, (), command.job, command.errors)
        assert not isinstance(command, Stop)

    def post(self, post: Post) -> None:
        items = tuple(self.account.accepted[number] for number in post.ids)
        under_way = {item.id for asked in self.open.values() for item in asked.items}
        assert items and not under_way.intersection(post.ids), "already under way"
        assert not self.account.settled.intersection(post.ids), "settled, and sent again"
        for item in items:
            for before in self.account.waiting():
                older = before.id < item.id and before.call == UPSERT
                assert not (older and before.lane == item.lane), "before its profile's upsert"
        repeats = [item.repeat for item in items if item.repeat is not None]
        assert len(set(repeats)) == len(repeats), "twins in one request"
        assert len(post.ids) <= ENDPOINTS[post.call].items
        self.count(post.call)
        self.open[post.request] = Open(post.call, items)
        assert sum(asked.job is None for asked in self.open.values()) <= self.most

    def count(self, call: str) -> None:
        """Within the windows, in time that has really passed."""
        burst, steady = JOBS_BURST, JOBS_STEADY
        if call != JOBS:
            burst, steady = ENDPOINTS[call].burst, ENDPOINTS[call].steady
        times = self.sent.setdefault(call, deque(maxlen=4_000))
        times.append(self.time)
        assert most_within(times, 1.0) <= burst
        assert most_within(times, 60.0) <= steady

    def klaviyo(self, asked: Open) -> Answer:
        """What Klaviyo does with a request, and says; only its answer may be lost."""
        account = self.account
        if asked.job is not None:
            return self.progress(asked)
        if asked.call == BULK_PROFILES:
            job = f"J{len(self.imports)}"
            self.imports[job] = asked.items
            account.held |= {uid(item) for item in asked.items if item.id not in account.bad}
            return Answer(202, body=b'{"data":{"id":"%s"}}' % job.encode())
        rows = [(row, "invalid") for row, item in enumerate(asked.items) if item.id in account.bad]
        status = 400 if rows else 409
        if asked.call == BULK_EVENTS:
            for row, item in enumerate(asked.items):
                if uid(item) in account.held:
                    rows.append((row, "duplicate"))
        if rows:
            found = [self.error(row, code) for row, code in rows]
            told = found if self.pointers else [{"code": rows[0][1]}]
            return Answer(status, body=json.dumps({"errors": told}).encode())
        account.held |= {uid(item) for item in asked.items}
        return OK

    def progress(self, asked: Open) -> Answer:
        """An import that is done, with the rows it could not take."""
        items = self.imports[asked.job or ""]
        bad = [row for row, item in enumerate(items) if item.id in self.account.bad]
        done = {"attributes": {"status": "complete", "failed_count": len(bad)}}
        rows = [
            {"attributes": self.error(row, "invalid") if self.pointers else {"code": "invalid"}}
            for row in bad
        ]
        return Answer(200, body=json.dumps({"data": rows if asked.errors else done}).encode())

    @staticmethod
    def error(row: int, code: str) -> dict[str, object]:
        return {"code": code, "detail": "no", "source": {"pointer": f"/data/x/data/{row}"}}

    @invariant()
    def the_books_agree(self) -> None:
        """Accepted is settled or pending; who waits is woken or answered."""
        waiting = len(self.account.accepted) - len(self.account.settled)
        assert self.sender.pending == waiting
        assert self.sender.flights.keys() == self.open.keys()
        assert not waiting or self.wake is not None

    def teardown(self) -> None:
        """In the end Klaviyo is well again, and everything is settled."""
        for _ in range(3_000):
            if self.sender.pending == 0:
                break
            if self.open:
                self.answer_all()
            elif self.wake is not None:
                self.time = max(self.time, self.wake)
                self.tell(Woke())
        assert self.sender.pending == 0, "the end is never reached"
        sent = {number for number in self.account.accepted if number not in self.account.bad}
        assert sent <= self.account.settled


TestDelivering = Delivering.TestCase
TestDelivering.settings = settings(stateful_step_count=40)
