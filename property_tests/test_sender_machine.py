"""Whatever happens in whatever order: does the sender agree with a simple account of it?

The account is what a careful clerk would keep beside it: what was accepted, what is settled, what
Klaviyo holds, and what it said of whom. Worlds are large here (many profiles, twins, all modes, the
true windows) and looked at by chance; `tests/delivery/model.py` looks at small ones whole.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable
from unittest.mock import patch

from attrs import define, evolve, field, frozen
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from tests.delivery.world import (
    BULK_EVENTS,
    BULK_PROFILES,
    EVENT,
    PAGE,
    UPSERT,
    WORKING,
    job,
    keeps_order,
    most_within,
    receipt,
    refusal,
)

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS
from walkeros_klaviyo.delivery import outcome
from walkeros_klaviyo.delivery.batch import Mode
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
from walkeros_klaviyo.delivery.sender import Sender, new_sender, step
from walkeros_klaviyo.delivery.speaker import JOBS
from walkeros_klaviyo.delivery.state import JOBS_BURST, JOBS_STEADY

TROUBLE = {
    "throttled": Answer(429, {"retry-after": "3"}),
    "throttled, no time": Answer(429),
    "down": Answer(503),
    "reset": Answer(None, fault="reset"),
    "timeout": Answer(None, fault="timeout"),
    "half an answer": Answer(202, fault="reset"),
    "a page": PAGE,
    "a page with 400": evolve(PAGE, status=400),
    "a page with 200": evolve(PAGE, status=200),
    "a page with 413": evolve(PAGE, status=413),
    "a redirect": Answer(307, {"location": "https://login.example/"}),
    "204": Answer(204),
    "errors inside": Answer(202, body=b'{"errors": [{"title": "no"}]}'),
}
"""What may come in place of Klaviyo's answer."""
CUTS = {
    "reset": Answer(None, fault="reset"),
    "413": evolve(PAGE, status=413),
    "Klaviyo's 413": refusal(413, "too_large"),
}
"""With what a middlebox, or Klaviyo, answers what it finds too large."""
CANCELLED = (job("cancelled"), job("complete", completed_count=0, total_count=3))
UNKNOWN = refusal(404, "not_found")
FATES = ("bad", "sick", "barred", "phone_number", WEAKER, "lonely")
"""Refused; always answered 500; always answered with a page; refused for an identifier, for two
profiles, or for its only identifier."""
CHARGES = 4
"""A sick item's patience, so that its end is seen."""
NOBODY = frozenset[int]()


@define
class Account:
    """What a clerk would write down."""

    accepted: dict[int, Item] = field(factory=dict)
    fates: dict[int, str] = field(factory=dict)
    settled: set[int] = field(factory=set)
    dead: set[int] = field(factory=set)
    held: set[str] = field(factory=set)
    """What Klaviyo holds: an event by its unique_id, anything else by its number."""
    charges: dict[int, int] = field(factory=dict)
    """On the disk."""
    strikes: Counter[int] = field(factory=Counter)
    """How often an item got a 5xx alone."""
    late: set[int] = field(factory=set)
    """Rows of imports that were not done in time: how they ended is never asked."""

    def waiting(self) -> tuple[Item, ...]:
        """What a restart is given again."""
        return tuple(
            evolve(item, charges=self.charges.get(number, 0))
            for number, item in self.accepted.items()
            if number not in self.settled
        )

    def of(self, *fates: str) -> set[int]:
        """Items of these fates."""
        return {number for number, fate in self.fates.items() if fate in fates}


@frozen
class Open:
    """A request without an answer."""

    call: str
    items: tuple[Item, ...]
    leave_out: tuple[str, ...] = ()
    job: str | None = None
    errors: bool = False


@frozen
class Reply:
    """An answer, and of whom it says that they are taken, or refused for good."""

    answer: Answer
    taken: frozenset[int] = NOBODY
    refused: frozenset[int] = NOBODY


def uid(item: Item) -> str:
    """By what Klaviyo knows it again."""
    return item.repeat or str(item.id)


def ids(items: tuple[Item, ...]) -> frozenset[int]:
    """Their numbers."""
    return frozenset(item.id for item in items)


PEOPLE = (*((f"p{n}",) for n in range(6)), ("p0", "p1"), ("p1", "p2"), ("p3", "p4", "p5"))
"""By their identifiers, some of which they share."""
ITEMS = st.lists(
    st.tuples(
        st.sampled_from([EVENT, EVENT, UPSERT]),
        st.sampled_from(PEOPLE),
        st.one_of(st.none(), st.integers(0, 12)),
        st.booleans(),
        st.sampled_from(["good"] * 20 + ["bad"] * 2 + list(FATES)),
    ),
    min_size=1,
    max_size=30,
)
"""Call, person, unique_id, does it ask for bulk, what becomes of it?"""
TROUBLES = st.sampled_from([None] * 6 + [*TROUBLE])


class Delivering(RuleBasedStateMachine):
    """Arrivals, answers, time and crashes in any order."""

    @initialize(
        mode=st.sampled_from(["single", "auto", "bulk"]),
        pointers=st.booleans(),
        most=st.sampled_from([1, 3, 32]),
        cut=st.sampled_from([None, None, *CUTS]),
        rows=st.sampled_from([1, 2, 7]),
    )
    def begin(self, mode: Mode, pointers: bool, most: int, cut: str | None, rows: int) -> None:
        """A world of its own."""
        self.mode, self.pointers, self.most = mode, pointers, most
        self.cut, self.rows = cut, rows
        self.account, self.time, self.healed = Account(), 1_000.0, False
        self.imports: dict[str, Open] = {}
        self.sender, self.open, self.wake = self.fresh(), {}, None
        self.sent: dict[str, deque[float]] = {}
        self.short = patch.object(outcome, "MAX_CHARGES", CHARGES)
        self.short.start()

    def fresh(self) -> Sender:
        return new_sender(mode=self.mode, max_flying=self.most, give_up=1e9)

    @rule(drawn=ITEMS)
    def accept(self, drawn: list[tuple[str, tuple[str, ...], int | None, bool, str]]) -> None:
        """New events and news of profiles."""
        fresh = []
        for call, lanes, repeat, bulk, fate in drawn:
            number = len(self.account.accepted) + 1
            shared = None if call == UPSERT or repeat is None else f"{lanes[0]} r{repeat}"
            item = Item(number, call, lanes, repeat=shared, bulk=bulk)
            self.account.accepted[number] = item
            if fate != "good" and shared is None:
                self.account.fates[number] = fate
            fresh.append(item)
        self.tell(Arrived(tuple(fresh)))

    @precondition(lambda self: self.open)
    @rule(
        which=st.integers(0), trouble=st.sampled_from([None] * 6 + [*TROUBLE]), seen=st.booleans()
    )
    def answer(self, which: int, trouble: str | None, seen: bool) -> None:
        """One request is answered; where the answer is lost, Klaviyo may have `seen` it."""
        request = sorted(self.open)[which % len(self.open)]
        asked = self.open[request]
        if trouble is None:
            self.reply(request, self.klaviyo(asked))
            return
        answer = TROUBLE[trouble]
        if seen and answer.status not in (429, 503):
            self.klaviyo(asked)
        self.reply(request, Reply(answer))

    @precondition(lambda self: self.open)
    @rule()
    def answer_all(self) -> None:
        """A good moment."""
        for request in sorted(self.open):
            self.reply(request, self.klaviyo(self.open[request]))

    @precondition(lambda self: self.imports)
    @rule()
    def not_yet(self) -> None:
        """Imports take their time."""
        for request in self.questions():
            self.reply(request, Reply(WORKING))

    @precondition(lambda self: self.imports)
    @rule(answer=st.sampled_from([*CANCELLED, UNKNOWN]), seen=st.booleans())
    def not_at_all(self, answer: Answer, seen: bool) -> None:
        """Imports are cancelled, or unknown; those may have been done."""
        for request in self.questions():
            if seen and answer is UNKNOWN:
                self.klaviyo(self.open[request])
            self.reply(request, Reply(answer))

    def questions(self) -> list[int]:
        """Requests that ask how far an import is, in a second at the latest."""
        self.pass_time(1.0)
        asked = sorted(self.open.items())
        return [number for number, one in asked if one.job is not None and not one.errors]

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

    @rule(seconds=st.sampled_from([1.0, 3_600.0, 86_400.0]))
    def oversleep(self, seconds: float) -> None:
        """The machine is suspended, and nobody is woken in time."""
        self.time += seconds
        self.tell(Woke())

    @rule(seen=st.booleans())
    def crash(self, seen: bool) -> None:
        """The process ends; the next one is given what is not settled, in order, and its charges.

        Imports under way may yet be done, or not.
        """
        if seen:
            for asked in self.open.values():
                self.klaviyo(asked)
        self.sender, self.open, self.wake, self.sent = self.fresh(), {}, None, {}
        self.tell(Arrived(self.account.waiting()))

    @precondition(lambda self: any(not asked.job for asked in self.open.values()))
    @rule()
    def stop_and_mend(self) -> None:
        """Klaviyo refuses the key; the other answers still come, and then it is mended."""
        request = next(number for number, asked in self.open.items() if not asked.job)
        self.open.pop(request)
        self.sender, commands = step(self.sender, Answered(request, refusal(401)), self.time, 0.7)
        assert any(isinstance(one, Stop) for one in commands)
        assert not any(isinstance(one, Post | Ask) for one in commands)
        self.the_books_agree()
        self.tell(Resumed())

    def reply(self, request: int, reply: Reply) -> None:
        """An answer comes back."""
        asked = self.open.pop(request)
        if (reply.answer.status or 0) >= 500 and len(asked.items) == 1:
            self.account.strikes[asked.items[0].id] += 1
        self.tell(Answered(request, reply.answer), asked, reply)

    def tell(self, message: Message, asked: Open | None = None, reply: Reply | None = None) -> None:
        """One step, and what must be true of it."""
        self.sender, commands = step(self.sender, message, self.time, 0.7)
        self.wake = None
        taken, refused = NOBODY, NOBODY
        if asked is not None and reply is not None:
            taken, refused = reply.taken, reply.refused
            if asked.job and reply.answer is WORKING and Warn in map(type, commands):
                taken = ids(self.imports[asked.job].items)
                self.account.late |= taken
        for command in commands:
            if isinstance(command, Delivered):
                assert taken.issuperset(command.ids), "counted without a receipt"
                assert asked is not None
                sent = asked if asked.job is None else self.imports[asked.job]
                assert command.left_out == sent.leave_out, "what was left out is told"
                self.settle(*command.ids)
            elif isinstance(command, Dead):
                worn = self.account.strikes[command.id] >= CHARGES - 1
                killed = asked is not None and ids(asked.items) == {command.id} and worn
                is_server_error = reply is not None and (reply.answer.status or 0) >= 500
                assert command.id in refused or (killed and is_server_error), "no verdict on it"
                self.settle(command.id)
                self.account.dead.add(command.id)
            else:
                self.act(command)

    def settle(self, *numbers: int) -> None:
        assert len(set(numbers)) == len(numbers), "settled twice"
        assert self.account.settled.isdisjoint(numbers), "settled twice"
        self.account.settled |= set(numbers)
        for number in numbers:
            self.account.charges.pop(number, None)

    def act(self, command: Command) -> None:
        if isinstance(command, Sleep):
            ahead = command.until - self.time
            assert 0.0 <= ahead <= 60.0 + 1e-6
            self.wake = self.time + max(ahead, 1e-4)
        elif isinstance(command, Charged):
            assert command.charges > self.account.charges.get(command.id, 0)
            self.account.charges[command.id] = command.charges
        elif isinstance(command, Post):
            self.post(command)
        elif isinstance(command, Ask):
            self.count(JOBS)
            self.open[command.request] = Open(JOBS, (), (), command.job, command.errors)
        assert not isinstance(command, Stop)

    def post(self, post: Post) -> None:
        items = tuple(self.account.accepted[number] for number in post.ids)
        under_way = {item.id for asked in self.open.values() for item in asked.items}
        assert items and not under_way.intersection(post.ids), "already under way"
        assert not self.account.settled.intersection(post.ids), "settled, and sent again"
        for item in items:
            for before in self.account.waiting():
                older = before.id < item.id
                assert not (older and keeps_order(before, item)), "before who shares a lane"
        repeats = [item.repeat for item in items if item.repeat is not None]
        assert len(set(repeats)) == len(repeats), "twins in one request"
        assert len(post.ids) <= ENDPOINTS[post.call].items
        if post.leave_out:
            fate = self.account.fates[post.ids[0]]
            objection = "phone_number" if fate == "lonely" else fate
            assert (len(items), post.leave_out) == (1, (objection,)), "left out without reason"
        self.count(post.call)
        self.open[post.request] = Open(post.call, items, post.leave_out)
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

    def klaviyo(self, asked: Open) -> Reply:
        """What Klaviyo does with a request, and says; or who stands before it."""
        account, rows = self.account, ids(asked.items)
        if asked.job is not None:
            return self.progress(asked)
        if asked.leave_out and account.fates[asked.items[0].id] == "lonely":
            return Reply(Answer(None, fault="unsent"), refused=rows)
        if not self.healed:
            if self.cut is not None and len(rows) > self.rows:
                return Reply(CUTS[self.cut])
            if rows & account.of("barred"):
                return Reply(PAGE)
            if rows & account.of("sick"):
                return Reply(Answer(500))
        if asked.call == BULK_PROFILES:
            number = len(self.imports)
            self.imports[f"J{number}"] = asked
            return Reply(receipt(BULK_PROFILES, number))
        wrong = self.wrong(asked.items, asked.leave_out)
        known = {}
        if asked.call == BULK_EVENTS:
            places = enumerate(asked.items)
            known = {
                row: self.error(row, "duplicate")
                for row, item in places
                if uid(item) in account.held and row not in wrong
            }
        if not wrong and not known:
            account.held |= {uid(item) for item in asked.items}
            return Reply(receipt(asked.call), rows)
        errors = [*wrong.values(), *known.values()]
        status = 400 if any(error["code"] == "invalid" for error in errors) else 409
        if not self.pointers and len(rows) > 1:
            return Reply(self.told(status, [{"code": errors[0]["code"]}]))
        taken = frozenset(item.id for row, item in enumerate(asked.items) if row in known)
        return Reply(self.told(status, errors), taken, rows & account.of("bad"))

    def wrong(
        self, items: tuple[Item, ...], left_out: tuple[str, ...] = (), named: bool = False
    ) -> dict[int, dict[str, object]]:
        """What Klaviyo has against rows; that of a single one is seldom `named`."""
        found: dict[int, dict[str, object]] = {}
        for row, item in enumerate(items):
            fate = self.account.fates.get(item.id)
            place = row if named or len(items) > 1 else None
            if fate in left_out:
                continue
            if fate == WEAKER:
                found[row] = self.error(place, "duplicate_profile")
            elif fate in ("phone_number", "lonely"):
                found[row] = self.error(place, "invalid", "/attributes/phone_number")
            elif fate == "bad":
                found[row] = self.error(place, "invalid")
        return found

    def progress(self, asked: Open) -> Reply:
        """An import that is done, with the rows it could not take."""
        sent = self.imports[asked.job or ""]
        items, wrong = sent.items, self.wrong(sent.items, sent.leave_out, named=True)
        good = frozenset(item.id for row, item in enumerate(items) if row not in wrong)
        self.account.held |= {uid(item) for item in items if item.id in good}
        if not asked.errors:
            done = job("complete", failed_count=len(wrong), completed_count=len(good))
            return Reply(done, NOBODY if wrong else good)
        rows = [error if self.pointers else {"code": error["code"]} for error in wrong.values()]
        told = json.dumps({"data": [{"attributes": row} for row in rows]}).encode()
        if not self.pointers:
            return Reply(Answer(200, body=told))
        return Reply(Answer(200, body=told), good, ids(items) & self.account.of("bad"))

    @staticmethod
    def told(status: int, errors: list[dict[str, object]]) -> Answer:
        return Answer(status, body=json.dumps({"errors": errors}).encode())

    @staticmethod
    def error(row: int | None, code: str, where: str = "") -> dict[str, object]:
        pointer = f"/data{where}" if row is None else f"/data/attributes/x/data/{row}{where}"
        return {"code": code, "detail": "no", "source": {"pointer": pointer}}

    @invariant()
    def the_books_agree(self) -> None:
        """Accepted is settled or pending; who waits is woken or answered; charges are told."""
        waiting = len(self.account.accepted) - len(self.account.settled)
        assert self.sender.pending == waiting
        assert self.sender.flights.keys() == self.open.keys()
        assert not waiting or self.wake is not None
        charges = {item.id: item.charges for item, _ in places(self.sender) if item.charges}
        assert charges == self.account.charges

    def teardown(self) -> None:
        """In the end Klaviyo answers, and everything is settled but what fails by itself.

        Once that is well again, everything is.
        """
        try:
            self.go_on(self.stays)
            self.healed = True
            self.go_on(set)
        finally:
            self.short.stop()
        account = self.account
        assert account.dead <= account.of("bad", "lonely", "sick")
        assert account.dead >= account.of("bad") - account.late

    def go_on(self, stays: Callable[[], set[int]]) -> None:
        """Good answers, and time, until nothing is left but what stays."""
        for _ in range(3_000):
            if {item.id for item in self.account.waiting()} <= stays():
                return
            if self.open:
                self.answer_all()
            elif self.wake is not None:
                self.time = max(self.time, self.wake)
                self.tell(Woke())
        raise AssertionError("the end is never reached")

    def stays(self) -> set[int]:
        """What may wait for ever, and what has to wait for that."""
        left: list[Item] = []
        hopeless = self.account.of("sick", "barred")
        for item in self.account.waiting():
            behind = any(
                keeps_order(one, item) or (item.repeat is not None and item.repeat == one.repeat)
                for one in left
            )
            if item.id in hopeless or behind:
                left.append(item)
        return set(ids(tuple(left)))


TestDelivering = Delivering.TestCase
TestDelivering.settings = settings(stateful_step_count=40)
