"""Many in one request: what goes together, and does one bad row cost the others?"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from itertools import pairwise

import pytest
from attrs import evolve
from tests.delivery.world import (
    BULK_EVENTS,
    BULK_PROFILES,
    DONE,
    EVENT,
    OK,
    UPSERT,
    Request,
    World,
    event,
    most_within,
    refusal,
    upsert,
)

from walkeros_klaviyo.core.limits import ENDPOINTS
from walkeros_klaviyo.delivery.batch import (
    AUTO_BACKLOG,
    AUTO_READY,
    ROW_OVERHEAD,
    endpoint_for,
    take_batch,
)
from walkeros_klaviyo.delivery.jobs import PATIENCE, Job, job_of, later, progress_of
from walkeros_klaviyo.delivery.messages import Answer, Answered, Arrived, Item
from walkeros_klaviyo.delivery.repeats import (
    GENERATION,
    LAYER,
    Repeats,
    leave,
    part,
    settled_lately,
)
from walkeros_klaviyo.delivery.rows import import_errors, row_errors
from walkeros_klaviyo.delivery.search import Search, refused

STARTED = Answer(202, body=b'{"data":{"id":"J1"}}')


def errors(*rows: tuple[int, str], status: int = 400, kind: str = "events-bulk-create") -> Answer:
    """A refusal that names its rows."""
    found = [
        {"code": code, "detail": "no", "source": {"pointer": f"/data/attributes/{kind}/data/{row}"}}
        for row, code in rows
    ]
    return Answer(status, body=json.dumps({"errors": found}).encode())


def refusing(bad: set[int], named: bool) -> Callable[[Request], Answer]:
    """A Klaviyo that refuses a whole request for one bad row, and says which or does not."""

    def answers(ask: Request) -> Answer:
        rows = [row for row, item in enumerate(ask.items) if item.id in bad]
        if not rows:
            return OK
        if named and len(ask.items) > 1:
            return errors(*((row, "invalid") for row in rows))
        return refusal(400, "invalid", "no")

    return answers


# what goes together


def test_a_request_takes_as_many_as_klaviyo_does_and_no_more() -> None:
    """1,000 events, in order."""
    items = tuple(event(n) for n in range(2_500))
    taken, left = take_batch(items, BULK_EVENTS)
    assert (taken, left) == (items[:1_000], items[1_000:])


def test_a_request_stays_below_its_bytes() -> None:
    """5 MB with all that stands around the rows; one item alone always goes."""
    items = tuple(evolve(event(n), size=900_000) for n in range(10))
    taken, left = take_batch(items, BULK_EVENTS)
    assert [len(taken), len(left)] == [5, 5]
    huge = (evolve(event(1), size=9_000_000), event(2))
    assert take_batch(huge, BULK_EVENTS) == (huge[:1], huge[1:])


def test_twins_never_share_a_request() -> None:
    """Klaviyo would refuse all of it; the later one keeps its place in the queue."""
    queue = (event(1, repeat="x"), event(2, repeat="y"), event(3, repeat="x"), event(4))
    taken, left = take_batch(queue, BULK_EVENTS)
    assert [[item.id for item in group] for group in (taken, left)] == [[1, 2, 4], [3]]


def test_who_must_go_alone_does() -> None:
    """Neither taken along nor the first of many."""
    lonely = evolve(event(1), alone=True)
    assert endpoint_for((lonely, event(2)), "bulk", True) == EVENT
    taken, left = take_batch((event(2), lonely), BULK_EVENTS)
    assert ([item.id for item in taken], left) == ([2], (lonely,))


@pytest.mark.parametrize(
    ("mode", "waiting", "allowed", "endpoint"),
    [
        ("single", 5_000, True, EVENT),
        ("auto", AUTO_BACKLOG - 1, True, EVENT),
        ("auto", AUTO_BACKLOG, True, BULK_EVENTS),
        ("auto", AUTO_BACKLOG, False, EVENT),
        ("bulk", 1, True, BULK_EVENTS),
        ("bulk", 1, False, EVENT),
    ],
)
def test_bulk_is_chosen_by_mode_backlog_and_leave(
    mode: str, waiting: int, allowed: bool, endpoint: str
) -> None:
    """A small backlog is sooner gone one by one."""
    queue = tuple(event(n) for n in range(waiting))
    assert endpoint_for(queue, mode, allowed) == endpoint  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ready", "behind", "endpoint"),
    [
        (AUTO_READY - 1, 5_000, EVENT),
        (AUTO_READY, AUTO_BACKLOG - AUTO_READY - 1, EVENT),
        (AUTO_READY, AUTO_BACKLOG - AUTO_READY, BULK_EVENTS),
    ],
)
def test_those_behind_count_once_enough_are_ready(ready: int, behind: int, endpoint: str) -> None:
    """Of a few ready ones an import would only be asked about."""
    queue = tuple(event(n) for n in range(ready))
    assert endpoint_for(queue, "auto", True, behind) == endpoint


def test_a_request_is_full_to_the_byte() -> None:
    """1,000 bytes around all, 250 around each row; what is left out does not count."""
    room = ENDPOINTS[BULK_EVENTS].bytes
    assert room is not None
    first, lonely = event(1, repeat="x"), evolve(event(2), size=room // 2, alone=True)
    twin = evolve(event(3, repeat="x"), size=room // 2)
    rest = evolve(event(4), size=room - 1_000 - 2 * ROW_OVERHEAD - first.size)
    taken, left = take_batch((first, lonely, twin, rest), BULK_EVENTS)
    assert (taken, left) == ((first, rest), (lonely, twin))
    more = evolve(rest, size=rest.size + 1)
    assert take_batch((first, more, event(5)), BULK_EVENTS) == ((first,), (more, event(5)))


def test_a_single_endpoint_takes_the_first() -> None:
    """And leaves the others in order."""
    queue = (event(1), event(2), event(3))
    assert take_batch(queue, EVENT) == (queue[:1], queue[1:])


def test_calls_without_a_bulk_form_go_as_they_are() -> None:
    """A subscription is one request in any mode."""
    item = Item(1, "profiles.bulk_subscribe_profiles")
    assert endpoint_for((item,), "bulk", True) == item.call


@pytest.mark.parametrize("call", [BULK_EVENTS, BULK_PROFILES])
def test_bulk_keeps_to_its_windows(call: str) -> None:
    """150 a minute and 10 a second, and hardly any wasted while there is enough to send."""
    limit = ENDPOINTS[call]
    make = event if call == BULK_EVENTS else upsert
    world = World(mode="bulk", window=6_000)
    world.feed(*(evolve(make(n, f"p{n}"), size=1_600_000) for n in range(1_500)))
    world.run(until=180)
    times = world.times(call)
    assert most_within(times, 1.0) <= limit.burst
    assert most_within(times, 60.0) <= limit.steady
    assert len(times) >= 0.95 * limit.steady * 3


# who waits


@pytest.mark.parametrize("mode", ["auto", "bulk"])
def test_events_wait_until_their_profiles_import_is_done(mode: str) -> None:
    """202 only says that it has begun."""
    answers = lambda ask: STARTED if ask.call == BULK_PROFILES else OK  # noqa: E731
    begun: list[float] = []

    def jobs(ask: Request) -> Answer:
        begun.append(ask.at)
        working = b'{"data":{"attributes":{"status":"processing"}}}'
        return DONE if len(begun) > 4 else Answer(200, body=working)

    world = World(answers=answers, jobs=jobs, mode=mode, window=6_000)  # type: ignore[arg-type]
    world.feed(*(evolve(upsert(n, f"p{n}"), bulk=True) for n in range(500)))
    world.feed(*(event(1_000 + n, f"p{n}") for n in range(500))).run()
    assert len(begun) == 5
    first = world.first_sent()
    assert min(first[1_000 + n] for n in range(500)) >= begun[-1]
    assert len(world.delivered) == 1_000


def test_an_import_is_asked_less_and_less_often() -> None:
    """It may take a minute; 150 questions a minute are all there are."""
    working = Answer(200, body=b'{"data":{"attributes":{"status":"processing"}}}')
    world = World(answers=lambda ask: STARTED, jobs=lambda ask: working, mode="bulk")
    world.feed(upsert(1)).run()
    times = [at for at, _ in world.asks]
    gaps = [after - before for before, after in pairwise(times)]
    assert all(after > before - 0.1 for before, after in pairwise(gaps))
    assert len(times) < 20


def test_an_import_that_never_ends_lets_its_events_go_with_a_warning() -> None:
    """Up to a bound: better an event before its profile than none."""
    working = Answer(200, body=b'{"data":{"attributes":{"status":"processing"}}}')
    answers = lambda ask: STARTED if ask.call == BULK_PROFILES else OK  # noqa: E731
    world = World(answers=answers, jobs=lambda ask: working, mode="bulk")
    world.feed(upsert(1), event(2, "ada")).run()
    assert world.delivered == [1, 2]
    assert [one.code for one in world.warnings] == ["import.unknown"]
    assert PATIENCE <= world.first_sent()[2] - world.start <= PATIENCE + 2.0


@pytest.mark.parametrize("fault", [Answer(503), Answer(429, {"retry-after": "2"}), Answer(None)])
def test_a_question_that_fails_is_asked_again(fault: Answer) -> None:
    """Nothing is known yet, so nothing is decided."""
    count: list[float] = []

    def jobs(ask: Request) -> Answer:
        count.append(ask.at)
        return DONE if len(count) > 3 else fault

    world = World(answers=lambda ask: STARTED, jobs=jobs, mode="bulk").feed(upsert(1)).run()
    assert (world.delivered, len(count), world.warnings) == ([1], 4, [])


def test_an_imports_bad_rows_die_and_the_others_are_delivered() -> None:
    """By the import's own errors; the dead profile's events go all the same."""
    done = b'{"data":{"attributes":{"status":"complete","failed_count":1}}}'
    rows = {
        "data": [
            {
                "attributes": {
                    "code": "invalid",
                    "detail": "Bad phone.",
                    "source": {"pointer": "/data/attributes/profiles/data/1/attributes"},
                }
            }
        ]
    }

    def jobs(ask: Request) -> Answer:
        return Answer(200, body=json.dumps(rows).encode() if ask.errors else done)

    answers = lambda ask: STARTED if ask.call == BULK_PROFILES else OK  # noqa: E731
    world = World(answers=answers, jobs=jobs, mode="bulk")
    world.feed(*(upsert(n, f"p{n}") for n in range(3)), event(9, "p1")).run()
    assert (list(world.dead), world.dead[1].detail) == ([1], "Bad phone.")
    assert sorted(world.delivered) == [0, 2, 9]


def test_import_errors_that_point_nowhere_are_cleared_up_one_by_one() -> None:
    """Each row alone gets a verdict of its own; none is guessed."""
    done = b'{"data":{"attributes":{"status":"complete","failed_count":1}}}'
    lost = b'{"data":[{"attributes":{"code":"invalid","detail":"Bad."}}]}'

    def answers(ask: Request) -> Answer:
        if ask.call == BULK_PROFILES:
            return STARTED
        return refusal(400, "invalid", "Bad.") if ask.item.id == 2 else Answer(200)

    jobs = lambda ask: Answer(200, body=lost if ask.errors else done)  # noqa: E731
    world = World(answers=answers, jobs=jobs, mode="bulk")
    world.feed(*(upsert(n, f"p{n}") for n in range(5))).run()
    assert (list(world.dead), sorted(world.delivered)) == ([2], [0, 1, 3, 4])


def test_a_job_that_klaviyo_does_not_know_is_let_go_with_a_warning() -> None:
    """Nobody can say more of its rows."""
    world = World(answers=lambda ask: STARTED, jobs=lambda ask: refusal(404), mode="bulk")
    world.feed(upsert(1)).run()
    assert (world.delivered, len(world.warnings)) == ([1], 1)


def test_a_key_that_may_not_ask_for_imports_goes_single_in_auto() -> None:
    """profiles:write alone is enough for the single endpoint."""
    answers = lambda ask: STARTED if ask.call == BULK_PROFILES else Answer(200)  # noqa: E731
    world = World(answers=answers, jobs=lambda ask: refusal(403), mode="auto", window=6_000)
    world.feed(*(upsert(n, f"p{n}") for n in range(500))).run()
    assert (world.stops, len(world.delivered)) == ([], 500)
    assert world.warnings


# one bad row


@pytest.mark.parametrize(
    "bad", [{0}, {499}, {999}, {0, 1, 500, 998, 999}, set(range(0, 1_000, 90))]
)
@pytest.mark.parametrize("named", [True, False], ids=["named", "searched"])
def test_bad_rows_never_cost_the_others(bad: set[int], named: bool) -> None:
    """They alone die; the others are delivered, each once."""
    world = World(answers=refusing(bad, named), mode="bulk", window=6_000)
    world.feed(*(event(n) for n in range(1_000))).run()
    assert set(world.dead) == bad
    assert len(world.delivered) == 1_000 - len(bad)


@pytest.mark.parametrize("bad", [0, 1, 511, 512, 998, 999])
def test_a_bad_row_is_found_in_a_dozen_requests(bad: int) -> None:
    """log2(1000) probes, the first refusal and what was left over."""
    world = World(answers=refusing({bad}, named=False), mode="bulk", window=6_000)
    world.feed(*(event(n) for n in range(1_000))).run()
    assert len(world.posts) <= 10 + 2 + 10
    assert list(world.dead) == [bad]


def test_a_thousand_bad_rows_come_to_an_end() -> None:
    """All of them bad: each is named dead, none is tried for ever."""
    world = World(answers=refusing(set(range(300)), named=False), mode="bulk", limits=False)
    world.feed(*(event(n) for n in range(300))).run()
    assert len(world.dead) == 300


@pytest.mark.parametrize("status", [400, 409])
def test_a_row_that_is_recorded_already_counts_as_delivered(status: int) -> None:
    """A resend of a request whose answer was lost finds its rows there; the others go again."""

    def answers(ask: Request) -> Answer:
        twice = [row for row, item in enumerate(ask.items) if item.id == 1]
        return errors(*((row, "duplicate") for row in twice), status=status) if twice else OK

    world = World(answers=answers, mode="bulk").feed(event(1), event(2), event(3)).run()
    assert [post.ids for _, post in world.posts] == [(1, 2, 3), (2, 3)]
    assert sorted(world.delivered) == [1, 2, 3]


@pytest.mark.parametrize("status", [400, 409])
def test_a_recorded_row_does_not_speak_for_a_bad_one(status: int) -> None:
    """Row by row, each in its own words."""

    def answers(ask: Request) -> Answer:
        return errors((0, "duplicate"), (2, "invalid"), status=status) if len(ask.items) > 2 else OK

    world = World(answers=answers, mode="bulk").feed(event(1), event(2), event(3)).run()
    assert (sorted(world.delivered), list(world.dead)) == ([1, 2], [3])


def test_a_row_that_repeats_another_goes_alone() -> None:
    """By the single endpoint, which takes a repeat and records it once."""

    def answers(ask: Request) -> Answer:
        return errors((1, "duplicate_in_request"), status=400) if len(ask.items) > 2 else OK

    world = World(answers=answers, mode="bulk").feed(event(1), event(2), event(3)).run()
    assert sorted(world.delivered) == [1, 2, 3]
    assert [post.ids for _, post in world.posts if post.call == EVENT] == [(2,)]


def test_a_duplicate_that_names_no_row_sends_each_alone() -> None:
    """Any of them may be the one."""

    def answers(ask: Request) -> Answer:
        return refusal(409, "duplicate") if len(ask.items) > 1 else OK

    world = World(answers=answers, mode="bulk").feed(*(event(n) for n in range(20))).run()
    assert sorted(world.delivered) == list(range(20))


def test_a_poisonous_row_dies_alone_in_bulk_too() -> None:
    """It makes each of its requests answer 500; the others must not die with it."""

    def answers(ask: Request) -> Answer:
        return refusal(500) if any(item.id == 7 for item in ask.items) else OK

    world = World(answers=answers, mode="bulk", window=6_000)
    world.feed(*(event(n) for n in range(3_000))).run(until=12 * 3_600)
    assert (list(world.dead), world.pending) == ([7], 0)


def test_a_search_that_waits_holds_up_no_other() -> None:
    """Each by its own endpoint; and who waits for the one does not spin because of the other."""

    def answers(ask: Request) -> Answer:
        if ask.call == BULK_EVENTS and len(ask.items) < 40:
            return Answer(429, {"retry-after": "30"})
        bad = any(item.id in (3, 103) for item in ask.items)
        return refusal(400) if bad else OK

    world = World(answers=answers, mode="bulk")
    world.feed(*(event(n) for n in range(40)), *(upsert(100 + n, f"p{n}") for n in range(40)))
    world.run(until=20)
    assert list(world.dead) == [103]
    assert len(world.delivered) == 39
    assert world.steps < 100


# twins


def test_a_twin_waits_for_the_first_and_goes_alone() -> None:
    """So that it is recorded once, whatever became of the first."""
    for first in (OK, refusal(400)):
        world = World(answers=lambda ask, first=first: first if ask.item.id == 1 else OK)
        world = World(mode="bulk", answers=world.answers)
        world.feed(event(1, "ada", "x"), event(2, "ada", "x"), event(3, "ada", "y")).run()
        assert world.pending == 0
        assert [post.ids for _, post in world.posts if 2 in post.ids] == [(2,)]
        assert world.first_sent()[2] >= world.settled_at()[1]


def test_a_late_twin_is_known_for_long() -> None:
    """The first is settled and forgotten otherwise."""
    world = World(mode="bulk").feed(event(1, repeat="x")).run()
    world.feed(*(event(n, repeat=f"r{n}") for n in range(2, 3_000))).run()
    world.feed(event(9_000, repeat="x")).run()
    assert (EVENT, (9_000,)) in [(post.call, post.ids) for _, post in world.posts]


def test_settled_ids_are_kept_in_bounded_memory() -> None:
    """Twice the generation at most, the oldest forgotten first."""
    repeats = Repeats({})
    for start in range(0, 3 * GENERATION, 1_000):
        items = tuple(event(n, repeat=str(n)) for n in range(start, start + 1_000))
        repeats, _ = part(repeats, items)
        repeats, _ = leave(repeats, items)
    assert sum(map(len, repeats.recent)) + len(repeats.older) <= 2 * GENERATION + 1_000
    assert len(repeats.recent) <= GENERATION / LAYER + 12
    assert repeats.waiting == {}


# leave


@pytest.mark.parametrize(
    ("make", "bulk"), [(event, BULK_EVENTS), (upsert, BULK_PROFILES)], ids=["events", "profiles"]
)
def test_a_key_without_leave_for_bulk_goes_single_in_auto_and_stops_in_bulk(
    make: Callable[..., Item], bulk: str
) -> None:
    """With a warning; who asked for bulk is told instead."""

    def answers(ask: Request) -> Answer:
        return refusal(403, "permission_denied", "Missing scope.") if ask.call == bulk else OK

    world = World(answers=answers, mode="auto", window=6_000)
    world.feed(*(make(n, f"p{n}") for n in range(600))).run()
    assert (world.stops, len(world.delivered)) == ([], 600)
    assert {one.code for one in world.warnings} == {"bulk.denied"}
    world = World(answers=answers, mode="bulk").feed(make(1, "p")).run()
    assert (world.stops[0][1].reason, world.pending) == ("scope", 1)


def test_leave_taken_away_in_the_middle_of_a_search_ends_it() -> None:
    """The probes would meet the same 403 for ever; one by one the bad row shows itself."""

    def answers(ask: Request) -> Answer:
        if ask.call == BULK_EVENTS:
            return refusal(403) if len(world.posts) > 3 else refusal(400)
        return refusal(400) if ask.item.id == 7 else OK

    world = World(answers=answers, mode="auto", window=6_000, limits=False)
    world.feed(*(event(n) for n in range(300))).run(most=5_000)
    assert (world.stops, list(world.dead), len(world.delivered)) == ([], [7], 299)
    assert len(world.times(BULK_EVENTS)) < 8


def test_a_backlog_behind_upserts_goes_in_bulk_too() -> None:
    """150 profiles with 20 events each: hardly any is ready at first, and yet it is a backlog."""
    items = [
        upsert(n, f"p{n // 21}") if n % 21 == 0 else event(n, f"p{n // 21}") for n in range(3_150)
    ]
    world = World(mode="auto", window=6_000).feed(*items).run()
    assert len(world.delivered) == 3_150
    assert (world.times(UPSERT), world.times(EVENT)) == ([], [])
    assert world.time - world.start < 5.0


def test_one_profiles_long_story_goes_one_by_one() -> None:
    """Nothing is gained where each waits for the one before: an import of one row is slower."""
    items = [(upsert if n % 2 else event)(n, "ada") for n in range(600)]
    world = World(mode="auto", window=6_000).feed(*items).run(until=20)
    assert world.times(BULK_PROFILES) == []


# all of it together


@pytest.mark.parametrize("mode", ["single", "auto", "bulk"])
@pytest.mark.parametrize("seed", range(4))
def test_whatever_goes_wrong_nothing_is_lost_and_the_order_holds(mode: str, seed: int) -> None:
    """A storm of every fault over profiles, twins and bad rows; the world counts each step."""

    def answers(ask: Request) -> Answer:
        roll = ask.luck.random()
        for share, answer in (
            (0.06, Answer(503)),
            (0.10, Answer(None, fault="reset")),
            (0.14, Answer(429, {"retry-after": "1"})),
            (0.16, Answer(202, fault="reset")),
        ):
            if roll < share:
                return answer
        rows = [row for row, item in enumerate(ask.items) if item.id % 97 == 5]
        if rows and len(ask.items) > 1 and roll < 0.5:
            return errors(*((row, "invalid") for row in rows))
        if rows:
            return refusal(400)
        if ask.call == BULK_PROFILES:
            return Answer(202, body=b'{"data":{"id":"J%d"}}' % ask.item.id)
        return OK

    def jobs(ask: Request) -> Answer:
        working = Answer(200, body=b'{"data":{"attributes":{"status":"queued"}}}')
        return DONE if ask.luck.random() < 0.5 else working

    world = World(answers=answers, jobs=jobs, mode=mode, seed=seed, window=3_000)  # type: ignore[arg-type]
    items = []
    for number in range(1_500):
        lane = f"p{world.luck.randrange(200)}"
        if world.luck.random() < 0.3:
            items.append(upsert(number, lane))
        else:
            items.append(event(number, lane, repeat=f"r{world.luck.randrange(700)}"))
    world.feed(*items).run()
    assert world.pending == 0
    assert set(world.dead) == {item.id for item in items if item.id % 97 == 5}
    first, settled = world.first_sent(), world.settled_at()
    told: dict[str, int] = {}
    for item in items:
        lane = item.lane or ""
        if lane in told:
            assert first[item.id] >= settled[told[lane]]
        if item.call == UPSERT:
            told[lane] = item.id


@pytest.mark.parametrize("mode", ["auto", "bulk"])
def test_draining_in_the_middle_of_all_keeps_what_is_left(mode: str) -> None:
    """Searches, imports and twins wait for the next run."""
    world = World(answers=refusing({3, 700}, named=False), mode=mode, window=6_000)  # type: ignore[arg-type]
    world.feed(*(event(n, f"p{n}", f"r{n % 900}") for n in range(2_000)))
    world.feed(*(upsert(5_000 + n, f"q{n}") for n in range(500)))
    world.run(until=0.2)
    world.drain().run(until=300)
    assert len(world.delivered) + len(world.dead) + world.pending == 2_500
    assert world.pending > 0


# reading answers

BODIES = [b"", b"null", b"[]", b"5", b"{}", b'{"errors":5}', b'{"data":5}', b"\xff", b"[" * 50_000]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:12].decode("latin-1"))
def test_an_answer_that_cannot_be_read_names_nothing(body: bytes) -> None:
    """Neither a row, nor a job, nor progress; and it is no list of no errors either."""
    assert row_errors(body, 10) == ()
    assert import_errors(body, 10) is None
    assert job_of(body) is None
    assert progress_of(body) == (False, 0)


@pytest.mark.parametrize(
    ("pointer", "rows"),
    [
        ("/data/attributes/events-bulk-create/data/7/attributes", [7]),
        ("/data/attributes/profiles/data/0", [0]),
        ("/data/attributes/profiles/data/9/attributes/email", [9]),
        ("/data/attributes/profiles/data/10", []),
        ("/data/attributes/profiles/data/99999999999999999999", []),
        ("/data/attributes/profiles/data/-1", []),
        ("/data/attributes/profiles/data/x", []),
        ("/data", []),
        ("", []),
    ],
)
def test_a_pointer_names_its_row_or_none(pointer: str, rows: list[int]) -> None:
    """Beyond the request there are no rows."""
    body = json.dumps({"errors": [{"code": "x", "source": {"pointer": pointer}}]}).encode()
    assert [one.row for one in row_errors(body, 10)] == rows


def test_the_first_error_of_a_row_is_the_one_that_is_told() -> None:
    """One reason is enough."""
    body = errors((3, "first"), (3, "second"), (4, "third")).body
    assert [(one.row, one.code) for one in row_errors(body, 10)] == [(3, "first"), (4, "third")]


def test_items_arriving_bit_by_bit_end_the_same() -> None:
    """In auto, whatever the pieces."""
    world = World(mode="auto")
    for number in range(300):
        world.tell(Arrived((event(number, f"p{number % 7}", f"r{number % 250}"),)))
    world.run()
    assert sorted(world.delivered) == list(range(300))


@pytest.mark.parametrize("most", [1, 7, 1_000])
def test_what_is_settled_lately_is_known_in_whatever_pieces(most: int) -> None:
    """At least the last generation, in few layers, so that looking stays cheap."""
    luck, repeats, number = random.Random(most), Repeats({}), 0
    while number < GENERATION + 3_000:
        piece = tuple(
            event(n, repeat=str(n)) for n in range(number, number + luck.randint(1, most))
        )
        number += len(piece)
        repeats, _ = leave(part(repeats, piece)[0], piece)
        assert len(repeats.recent) <= GENERATION / LAYER + 12
    last = {str(n) for n in range(number - GENERATION, number)}
    assert settled_lately(repeats, last | {"x"}) == last


def test_two_twins_settled_at_once_let_the_next_go_once() -> None:
    """A request holds no twins, so this cannot happen; were it to, nothing would be doubled."""
    repeats, _ = part(Repeats({}), (event(1, repeat="x"), event(2, repeat="x")))
    repeats, freed = leave(repeats, (event(1, repeat="x"), event(1, repeat="x")))
    assert [item.id for item in freed] == [2]
    assert leave(Repeats({"x": ()}), (event(1, repeat="x"), event(1, repeat="x")))[1] == ()


def test_an_answer_about_an_import_that_is_given_up_changes_nothing() -> None:
    """It came after the patience was over."""
    world = World(answers=lambda ask: STARTED, jobs=lambda ask: None, mode="bulk")
    world.feed(upsert(1)).run(until=PATIENCE + 5)
    assert world.delivered == [1]
    (request,) = world.sender.flights
    assert world.tell(Answered(request, DONE)) == ()


@pytest.mark.parametrize("page", [b'{"data": 5}', b"{}"])
def test_errors_of_an_import_that_cannot_be_read_are_asked_for_again(page: bytes) -> None:
    """A proxy's page must not pass for: no errors. The bad row is found, the rest delivered."""
    done = b'{"data":{"attributes":{"status":"complete","failed_count":1}}}'
    row = {"code": "invalid", "detail": "no", "source": {"pointer": "/data/attributes/x/data/1"}}
    rows = json.dumps({"data": [{"attributes": row}]}).encode()
    told: list[bytes] = []

    def jobs(ask: Request) -> Answer:
        told.append(page if ask.errors and page not in told else rows if ask.errors else done)
        return Answer(200, body=told[-1])

    world = World(answers=lambda ask: STARTED, jobs=jobs, mode="bulk")
    world.feed(*(upsert(n, f"p{n}") for n in range(3))).run()
    assert (sorted(world.delivered), list(world.dead)) == ([0, 2], [1])
    assert told == [done, page, rows]


def test_of_three_twins_one_goes_at_a_time() -> None:
    """Each alone; a first of its kind needs not."""
    twins = tuple(event(n, repeat="x") for n in range(4))
    repeats, ready = part(Repeats({}), twins)
    assert ready == twins[:1]
    for last, one in pairwise(twins):
        repeats, ready = leave(repeats, (last,))
        assert ready == (evolve(one, alone=True),)
    assert leave(repeats, twins[-1:])[0].waiting == {}


def test_one_event_settled_twice_at_once_costs_no_other() -> None:
    """What comes after it in the same request is settled all the same."""
    one, other = event(1, repeat="x"), event(2, repeat="y")
    repeats, _ = part(Repeats({}), (one, other))
    repeats, freed = leave(repeats, (one, one, other))
    assert (repeats.waiting, freed) == ({}, ())
    assert settled_lately(repeats, {"x", "y", "z"}) == {"x", "y"}


def test_a_search_goes_on_with_the_latest_refusal() -> None:
    """It is what the bad row will be told with."""
    rows = tuple(event(n) for n in range(5))
    half = refused(Search(rows, 400, "first", "one"), 413, "second", "two")
    assert half == Search(rows[:2], 413, "second", "two", rows[2:])
    again = refused(half, None, "third", "three")
    assert again == Search(rows[:1], None, "third", "three", (*rows[2:], rows[1]))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"code": "c", "detail": "d", "title": "t"}, ("c", "d")),
        ({"code": "c", "title": "t"}, ("c", "t")),
        ({"detail": None, "title": None}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_a_row_is_told_in_klaviyos_words(error: dict[str, str | None], told: object) -> None:
    """A title stands in for a missing detail, and what is not there is empty."""
    pointer = "/data/attributes/events-bulk-create/data/3"
    body = json.dumps({"errors": [{**error, "source": {"pointer": pointer}}]}).encode()
    (one,) = row_errors(body, 5)
    assert (one.row, one.pointer, (one.code, one.detail)) == (3, pointer, told)


@pytest.mark.parametrize("source", [None, "/data/0", [], {}, {"pointer": None}, {"pointer": "/x"}])
def test_errors_of_an_import_that_name_no_row_are_counted(source: object) -> None:
    """They are many or few; the named ones are not among them."""
    named = {"attributes": {"source": {"pointer": "/data/1/attributes"}}}
    lost = {"attributes": {"source": source}}
    rows, nowhere = import_errors(json.dumps({"data": [lost, named, lost]}).encode(), 5) or ((), 0)
    assert ([one.row for one in rows], nowhere) == ([1], 2)
    assert import_errors(json.dumps({"data": [named]}).encode(), 5) == (rows, 0)


@pytest.mark.parametrize(
    ("data", "job"),
    [({"id": "J1"}, "J1"), ({"id": ""}, None), ({"id": 7}, None), ({}, None), ([], None)],
)
def test_a_job_has_a_text_for_its_id(data: object, job: str | None) -> None:
    """Another could not be asked for."""
    assert job_of(json.dumps({"data": data}).encode()) == job


@pytest.mark.parametrize(
    ("attributes", "progress"),
    [
        ({"status": "complete", "failed_count": 2}, (True, 2)),
        ({"status": "cancelled", "failed_count": 3}, (True, 3)),
        ({"status": "processing"}, (False, 0)),
        ({"status": "complete", "failed_count": None}, (True, 0)),
        ({"status": "complete", "failed_count": "2"}, (True, 0)),
        ({}, (False, 0)),
        (None, (False, 0)),
    ],
)
def test_a_job_is_done_when_it_is_complete_or_cancelled(
    attributes: object, progress: tuple[bool, int]
) -> None:
    """And so many of its rows failed."""
    assert progress_of(json.dumps({"data": {"attributes": attributes}}).encode()) == progress


def test_the_pause_between_two_questions_doubles_up_to_ten_seconds() -> None:
    """A short import is soon known, a long one seldom asked for."""
    job, pauses = Job("J1", (), 0.0, 0.5, asking=True), []
    for _ in range(6):
        job = later(job, 100.0)
        pauses.append(job.pause)
        assert (job.ask_at, job.asking) == (100.0 + job.pause, False)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
