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
    NO_ANSWER,
    OK,
    PAGE,
    UPSERT,
    WORKING,
    Request,
    World,
    event,
    job,
    keeps_order,
    most_within,
    named,
    refusal,
    upsert,
)

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS
from walkeros_klaviyo.delivery.batch import (
    AUTO_BACKLOG,
    AUTO_READY,
    ROW_OVERHEAD,
    endpoint_for,
    take_batch,
)
from walkeros_klaviyo.delivery.messages import Answer, Item
from walkeros_klaviyo.delivery.repeats import (
    GENERATION,
    LAYER,
    Repeats,
    leave,
    part,
    settled_lately,
)
from walkeros_klaviyo.delivery.rows import identifier_at, row_errors
from walkeros_klaviyo.delivery.size import LARGEST, PAUSE, Size, grow, shrink

# what goes together


def test_a_request_takes_as_many_as_klaviyo_does_and_no_more() -> None:
    """1,000 events, in order."""
    items = tuple(event(n) for n in range(2_500))
    taken, left = take_batch(items, BULK_EVENTS)
    assert (taken, left) == (items[:1_000], items[1_000:])


@pytest.mark.parametrize("passed", [0, 50, 100, 101])
@pytest.mark.parametrize("others_pass", [True, False])
def test_a_size_that_failed_is_halved_and_tried_again_later(passed: int, others_pass: bool) -> None:
    """Not where it passed of late while others do: then it is something in it."""
    size = shrink(Size(passed=passed), 100, 7.0, others_pass)
    if others_pass and passed >= 100:
        assert size == Size(passed=passed)
        return
    assert (size.most, size.passed) == (50, passed if others_pass else 0)
    grows_at = 7.0 + PAUSE if others_pass and passed else 7.0
    for at in (grows_at - 0.1, grows_at):
        is_due = at >= grows_at or not others_pass
        assert grow(size, 50, at).most == (100 if is_due else 50)
        assert grow(size, 49, at) == evolve(size, passed=max(size.passed, 49))
    assert grow(Size(most=6_000), 6_000, 0.0) == Size(LARGEST, 6_000)
    assert [shrink(Size(), rows, 0.0, False).most for rows in (1, 2, 3)] == [1, 1, 2]


def test_twins_never_share_a_request() -> None:
    """Klaviyo would refuse all of it; the later one keeps its place in the queue."""
    queue = (event(1, repeat="x"), event(2, repeat="y"), event(3, repeat="x"), event(4))
    taken, left = take_batch(queue, BULK_EVENTS)
    assert [[item.id for item in group] for group in (taken, left)] == [[1, 2, 4], [3]]


def test_who_must_go_alone_does() -> None:
    """Neither taken along nor the first of many."""
    lonely = event(1, most=1)
    assert endpoint_for((lonely, event(2)), "bulk", True) == EVENT
    taken, left = take_batch((event(2), lonely), BULK_EVENTS)
    assert ([item.id for item in taken], left) == ([2], (lonely,))


def groups(queue: tuple[Item, ...], most: int = 10_000) -> list[list[int]]:
    """How a queue goes, request by request."""
    found = []
    while queue:
        taken, queue = take_batch(queue, BULK_EVENTS, most)
        found.append([item.id for item in taken])
    return found


def test_no_request_holds_more_rows_than_any_of_them_may_share_it_with() -> None:
    """Whoever comes first; and never more than the endpoint may hold now."""
    luck = random.Random(5)
    for _ in range(300):
        queue = tuple(event(n, most=luck.choice([0, 0, 2, 3, 9])) for n in range(40))
        most = luck.choice([1, 4, 10_000])
        found = groups(queue, most)
        assert sorted(n for group in found for n in group) == list(range(40))
        assert all(group == sorted(group) for group in found)
        for group in found:
            assert len(group) <= min(most, *(queue[n].most or 40 for n in group))
    halves = tuple(event(n, most=3) for n in range(5)) + tuple(event(n, most=2) for n in (5, 6))
    assert groups(halves) == [[0, 1, 2], [3, 4], [5, 6]]
    assert groups((*halves[:4], event(9))) == [[0, 1, 2], [3, 9]]


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
    first, lonely = event(1, repeat="x"), event(2, most=1, size=room // 2)
    twin = evolve(event(3, repeat="x"), size=room // 2)
    rest = evolve(event(4), size=room - 1_000 - 2 * ROW_OVERHEAD - first.size)
    taken, left = take_batch((first, lonely, twin, rest), BULK_EVENTS)
    assert (taken, left) == ((first, rest), (lonely, twin))
    more = evolve(rest, size=rest.size + 1)
    assert take_batch((first, more, event(5)), BULK_EVENTS) == ((first,), (more, event(5)))
    huge = (event(1, size=2 * room), event(2))
    assert take_batch(huge, BULK_EVENTS) == (huge[:1], huge[1:])


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


# bad rows: test_laws.py has those that nobody names


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
            (0.10, NO_ANSWER),
            (0.14, Answer(429, {"retry-after": "1"})),
            (0.16, Answer(202, fault="reset")),
            (0.18, PAGE),
        ):
            if roll < share:
                return answer
        rows = [row for row, item in enumerate(ask.items) if item.id % 97 == 5]
        if rows and len(ask.items) > 1 and roll < 0.5:
            return named(*((row, "invalid") for row in rows))
        if rows:
            return refusal(400)
        return OK

    def jobs(ask: Request) -> Answer:
        roll = ask.luck.random()
        return DONE if roll < 0.5 else job("cancelled") if roll < 0.55 else WORKING

    world = World(answers=answers, jobs=jobs, mode=mode, seed=seed, window=3_000)  # type: ignore[arg-type]
    items = []
    for number in range(1_500):
        who = world.luck.randrange(200)
        lanes = (f"p{who}", f"q{who % 150}")[: 1 + number % 2]
        if world.luck.random() < 0.3:
            items.append(upsert(number, lanes))
        else:
            items.append(event(number, lanes, repeat=f"r{world.luck.randrange(700)}"))
    world.feed(*items).run()
    assert world.pending == 0
    assert set(world.dead) == {item.id for item in items if item.id % 97 == 5}
    first, settled = world.first_sent(), world.settled_at()
    came: dict[str, list[Item]] = {}
    for item in items:
        for lane in item.lanes:
            earlier = came.setdefault(lane, [])
            late = [before.id for before in earlier if keeps_order(before, item)]
            assert all(first[item.id] >= settled[number] for number in late)
            earlier.append(item)


@pytest.mark.parametrize("mode", ["auto", "bulk"])
def test_draining_in_the_middle_of_all_keeps_what_is_left(mode: str) -> None:
    """Halves, imports and twins wait for the next run."""
    bad = lambda ask: refusal(400) if ask.ids & {3, 700} else OK  # noqa: E731
    world = World(answers=bad, mode=mode, window=6_000)  # type: ignore[arg-type]
    world.feed(*(event(n, f"p{n}", f"r{n % 900}") for n in range(2_000)))
    world.feed(*(upsert(5_000 + n, f"q{n}") for n in range(500)))
    world.run(until=0.2)
    world.drain().run(until=300)
    assert len(world.delivered) + len(world.dead) + world.pending == 2_500
    assert world.pending > 0


# reading answers


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


@pytest.mark.parametrize("name", ["external_id", "email", "phone_number", "anonymous_id", "_kx"])
def test_a_pointer_names_an_identifier_of_the_profile_or_none(name: str) -> None:
    """At its end; a property may be called the same."""
    for place in (
        "/data/attributes/profile/data/attributes/",
        "/data/3/attributes/",
        "/attributes/",
    ):
        assert identifier_at(place + name) == name
        for other in (f"{place}{name}/x", f"{place}x{name}", f"/data/attributes/properties/{name}"):
            assert identifier_at(other) is None
    assert identifier_at("") is None


def test_the_first_error_of_a_row_is_the_one_that_is_told() -> None:
    """One reason is enough."""
    body = named((3, "first"), (3, "second"), (4, "third")).body
    assert [(one.row, one.code) for one in row_errors(body, 10)] == [(3, "first"), (4, "third")]


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


def test_of_three_twins_one_goes_at_a_time() -> None:
    """Each alone; a first of its kind needs not."""
    twins = tuple(event(n, repeat="x") for n in range(4))
    repeats, ready = part(Repeats({}), twins)
    assert ready == twins[:1]
    for last, one in pairwise(twins):
        repeats, ready = leave(repeats, (last,))
        assert ready == (evolve(one, most=1),)
    assert leave(repeats, twins[-1:])[0].waiting == {}


def test_one_event_settled_twice_at_once_costs_no_other() -> None:
    """What comes after it in the same request is settled all the same."""
    one, other = event(1, repeat="x"), event(2, repeat="y")
    repeats, _ = part(Repeats({}), (one, other))
    repeats, freed = leave(repeats, (one, one, other))
    assert (repeats.waiting, freed) == ({}, ())
    assert settled_lately(repeats, {"x", "y", "z"}) == {"x", "y"}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"code": "c", "detail": "d", "title": "t"}, ("c", "d")),
        ({"code": "c", "title": "t"}, ("c", "t")),
        ({"code": "c", "detail": None, "title": None}, ("c", "")),
        ({"detail": "d"}, ("", "d")),
    ],
)
def test_a_row_is_told_in_klaviyos_words(error: dict[str, str | None], told: object) -> None:
    """A title stands in for a missing detail, and what is not there is empty."""
    pointer = "/data/attributes/events-bulk-create/data/3"
    body = json.dumps({"errors": [{**error, "source": {"pointer": pointer}}]}).encode()
    (one,) = row_errors(body, 5)
    assert (one.row, one.pointer, (one.code, one.detail)) == (3, pointer, told)
