"""What holds over minutes and hours, whatever comes in between? A virtual clock runs them."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import ceil, log2

import pytest
from attrs import evolve
from tests.delivery.world import (
    BULK_EVENTS,
    BULK_PROFILES,
    EVENT,
    NO_ANSWER,
    OK,
    PAGE,
    PARTLY,
    UPSERT,
    WORKING,
    Request,
    World,
    event,
    most_within,
    named,
    refusal,
    upsert,
)

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS
from walkeros_klaviyo.delivery.breaker import LONGEST, TRIES
from walkeros_klaviyo.delivery.messages import Answer, Item
from walkeros_klaviyo.delivery.state import JOBS

START = 1_000.0
WORDS = "Row is odd."


# an outage, and what comes after


@pytest.mark.parametrize("mode", ["single", "auto", "bulk"])
@pytest.mark.parametrize("seed", range(2))
def test_an_hour_down_costs_few_requests_and_the_first_minute_after_is_calm(
    mode: str, seed: int
) -> None:
    """Probes only, and then an even flow, of which nothing is missing."""
    down = lambda ask: Answer(503) if ask.at < START + 3_600 else OK  # noqa: E731
    world = World(answers=down, mode=mode, seed=seed, window=12_000)  # type: ignore[arg-type]
    world.feed(
        *(upsert(n, f"p{n}") if n % 4 == 0 else event(n, f"p{n - n % 4}") for n in range(4_000))
    )
    world.run()
    assert (len(world.delivered), world.dead) == (4_000, {})
    for call in (EVENT, UPSERT, BULK_EVENTS, BULK_PROFILES):
        times, limit = world.times(call), ENDPOINTS[call]
        during = [at for at in times if at < START + 3_600]
        after = [at for at in times if at >= START + 3_600]
        assert len(during) <= 3_600 / 10 + 30
        assert most_within([at for at in during if at > START + 1], 1.0) <= TRIES + 1
        assert most_within(after, 1.0) <= limit.burst
        assert most_within(after, 60.0) <= limit.steady
    assert min(at for at, _ in world.settled) < START + 3_600 + LONGEST + 1


@pytest.mark.parametrize("mode", ["single", "bulk"])
def test_after_ten_minutes_of_429_the_full_rate_comes_back(mode: str) -> None:
    """Nothing before its Retry-After; from a minute after the storm 95% of what is published."""
    storm, told = 600.0, []

    def answers(ask: Request) -> Answer:
        if ask.at >= START + storm:
            return OK
        told.append((ask.call, ask.at, ask.luck.choice([2, 7, 31])))
        return Answer(429, {"retry-after": str(told[-1][2])})

    call = EVENT if mode == "single" else BULK_EVENTS
    world = World(answers=answers, mode=mode, latency=lambda luck: 0.05, window=6_000)  # type: ignore[arg-type]
    size = 0 if mode == "single" else 1_600_000  # three fill a request
    count = ENDPOINTS[call].steady * (4 if mode == "single" else 12)
    world.feed(*(evolve(event(n), size=size) for n in range(count))).run(until=storm + 180)
    for asked, at, wait in told:
        again = [one for one in world.times(asked) if at + 0.05 < one < at + 0.05 + wait - 1e-6]
        assert not again
    flowed = [at for at in world.times(call) if at >= START + storm + 60]
    assert len(flowed) >= 0.95 * 2 * ENDPOINTS[call].steady
    assert most_within(world.times(call), 60.0) <= ENDPOINTS[call].steady


@pytest.mark.parametrize("mode", ["auto", "bulk"])
@pytest.mark.parametrize("call", [EVENT, BULK_EVENTS])
@pytest.mark.parametrize("begins", [0.0, 20.0])
def test_hours_without_one_endpoint_kill_nobody_while_the_other_takes_its_own(
    mode: str, call: str, begins: float
) -> None:
    """Who goes alone, twins and all, is not measured by those who go elsewhere."""
    is_down = lambda ask: ask.call == call and begins < ask.at - START < 4_800  # noqa: E731
    world = World(answers=lambda ask: Answer(503) if is_down(ask) else OK, mode=mode)  # type: ignore[arg-type]
    for minute in range(85):
        first = minute * 60 if minute else 0
        count, kinds = 300 if minute % 10 == 0 else 6, 2 if minute == 0 else 99
        repeats = (f"{minute} {n % kinds}" if n < 4 else None for n in range(count))
        world.feed(*(event(first * 10 + n, None, one) for n, one in enumerate(repeats)))
        world.run(until=60)
    world.run()
    assert (world.dead, world.pending, world.stops) == ({}, 0, [])


# bad rows


def poisoned(bad: set[int], is_named: bool, status: int) -> Callable[[Request], Answer]:
    """A Klaviyo that refuses a request for one bad row, and says which or does not."""

    def answers(ask: Request) -> Answer:
        found = [(row, "invalid") for row, item in enumerate(ask.items) if item.id in bad]
        if not found:
            return OK
        if is_named and len(ask.items) > 1:
            return named(*found, status=status)
        return refusal(status, "invalid", WORDS)

    return answers


@pytest.mark.parametrize("status", [400, 409, 413, 422])
@pytest.mark.parametrize("count", [2, 3, 7, 33, 100, 999, 1_000])
def test_bad_rows_that_nobody_names_die_alone_in_few_requests_and_all_others_arrive(
    count: int, status: int
) -> None:
    """Each is posted alone before it dies of what Klaviyo says of it; halving finds it soon."""
    for seed, bad_count in enumerate((1, 2, 3, 9, count)):
        if bad_count > min(count, 100):
            continue
        bad = set(random.Random(seed + count).sample(range(count), bad_count))
        answers = poisoned(bad, False, status)
        world = World(answers=answers, mode="bulk", window=6_000, limits=False, seed=seed)
        world.feed(*(event(n) for n in range(count))).run()
        assert set(world.dead) == bad
        assert {one.detail for one in world.dead.values()} == {WORDS}
        assert len(world.delivered) == count - bad_count
        assert len(world.posts) <= 1 + 2 * bad_count * ceil(log2(count))
        last = {number: post.ids for _, post in world.posts for number in post.ids}
        assert all(last[n] == (n,) for n in bad)


@pytest.mark.parametrize("count", [1, 4, 20, 50])
def test_bad_rows_that_are_named_cost_one_request_more(count: int) -> None:
    """They alone die, each in its own words."""
    bad = set(random.Random(count).sample(range(1_000), count))
    world = World(answers=poisoned(bad, True, 400), mode="bulk", window=6_000)
    world.feed(*(event(n) for n in range(1_000))).run()
    assert (set(world.dead), len(world.delivered)) == (bad, 1_000 - count)
    assert [world.dead[n].detail for n in sorted(bad)] == [f"row {n}" for n in sorted(bad)]
    assert len(world.posts) == 2


# what stands in between


def cutting(rows: float, size: float, answer: Answer, ends: float) -> Callable[[Request], Answer]:
    """A middlebox that lets through what is small enough, until it goes away."""

    def answers(ask: Request) -> Answer:
        is_large = len(ask.items) > rows or sum(item.size for item in ask.items) > size
        return answer if is_large and ask.at < START + ends else OK

    return answers


@pytest.mark.parametrize("mode", ["auto", "bulk"])
@pytest.mark.parametrize(
    "answer", [NO_ANSWER, Answer(413), PAGE, Answer(502)], ids=lambda a: a.status
)
@pytest.mark.parametrize(("rows", "size"), [(100, 1e9), (1e9, 90_000), (7, 1e9)])
def test_a_middlebox_that_cuts_large_requests_costs_nothing_but_requests(
    mode: str, answer: Answer, rows: float, size: float
) -> None:
    """Not even one row; requests get as small as needed, and large again when it is gone."""
    fits = int(min(rows, size / 1_000))
    count = 400 * fits
    box = cutting(rows, size, answer, 60.0)
    world = World(answers=box, mode=mode, window=3_000)  # type: ignore[arg-type]
    world.feed(*(event(n, size=1_000) for n in range(count))).run(until=60.0)
    during = [len(post.ids) for _, post in world.posts]
    assert sum(rows > fits for rows in during) <= 15
    assert len(during) <= 15 + 150
    world.run(until=240)
    assert (len(world.delivered), world.dead, world.stops) == (count, {}, [])
    assert max(len(post.ids) for at, post in world.posts if at > START + 60) > 4 * fits
    assert world.sender.endpoints[BULK_EVENTS].size.most > 4 * fits


# repeats, and imports that fail later


@pytest.mark.parametrize("mode", ["auto", "bulk"])
def test_no_bulk_request_fails_for_repeats_however_many(mode: str) -> None:
    """1,500 events of 300 unique_ids, and again after they are settled."""
    held: set[str] = set()
    refused: list[Request] = []

    def answers(ask: Request) -> Answer:
        ids = [item.repeat or "" for item in ask.items]
        if ask.call == BULK_EVENTS and (held.intersection(ids) or len(set(ids)) < len(ids)):
            refused.append(ask)
            return refusal(409, "duplicate")
        held.update(ids)
        return OK

    world = World(answers=answers, mode=mode, window=12_000, limits=False)  # type: ignore[arg-type]
    luck = random.Random(3)
    for start in (0, 1_500):
        world.feed(*(event(start + n, repeat=f"r{luck.randrange(300)}") for n in range(1_500)))
        world.run()
    assert refused == []
    assert (len(world.delivered), len(held)) == (3_000, 300)
    assert world.times(BULK_EVENTS)


@pytest.mark.parametrize("is_named", [True, False], ids=["named", "not named"])
def test_an_import_that_fails_later_kills_its_rows_and_then_lets_their_events_go(
    is_named: bool,
) -> None:
    """202 was no receipt: half a minute later some rows turn out bad."""
    bad = {3, 50, 99}

    def answers(ask: Request) -> Answer:
        is_bad = ask.call == UPSERT and ask.item.id in bad
        return refusal(400, "invalid", WORDS) if is_bad else OK

    def jobs(ask: Request) -> Answer:
        if ask.at < START + 30.0:
            return WORKING
        found = sorted(bad) if is_named else [-1]
        return named(*((row, "invalid") for row in found), status=200) if ask.errors else PARTLY

    world = World(answers=answers, jobs=jobs, mode="bulk", window=6_000)
    profiles = [upsert(n, f"p{n}") for n in range(100)]
    events: list[Item] = [event(1_000 + n, f"p{n}") for n in range(100)]
    world.feed(*profiles, *events).run()
    assert set(world.dead) == bad
    assert {one.detail for one in world.dead.values()} == (
        {"row 3", "row 50", "row 99"} if is_named else {WORDS}
    )
    assert len(world.delivered) == 197
    first, settled = world.first_sent(), world.settled_at()
    assert all(first[1_000 + n] >= settled[n] >= START + 30.0 for n in range(100))
    assert JOBS in world.sender.endpoints
