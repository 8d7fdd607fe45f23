"""What holds over minutes and hours, whatever comes in between? A virtual clock runs them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from math import ceil, log2

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
from walkeros_klaviyo.delivery.messages import Answer, Item
from walkeros_klaviyo.delivery.pace import pace_for
from walkeros_klaviyo.delivery.retry import CAP
from walkeros_klaviyo.delivery.sender import Sender, new_sender
from walkeros_klaviyo.delivery.state import JOBS

START = 1_000.0
WORDS = "Row is odd."


def rows(*found: tuple[int, str], status: int = 400) -> Answer:
    """A refusal, or an import's errors, that names rows."""
    errors = [
        {"code": code, "detail": WORDS, "source": {"pointer": f"/data/attributes/x/data/{row}"}}
        for row, code in found
    ]
    told = {"errors": errors, "data": [{"attributes": one} for one in errors]}
    return Answer(status, body=json.dumps(told).encode())


# an outage, and what comes after


@pytest.mark.parametrize("mode", ["auto", "bulk"])
@pytest.mark.parametrize("seed", range(2))
def test_an_hour_down_costs_few_requests_and_the_first_minute_after_is_calm(
    mode: str, seed: int
) -> None:
    """In bulk as in single (test_breaker.py): probes only, and then an even flow."""
    down = lambda ask: Answer(503) if ask.at < START + 3_600 else OK  # noqa: E731
    world = World(answers=down, mode=mode, seed=seed, window=12_000)  # type: ignore[arg-type]
    world.feed(
        *(upsert(n, f"p{n}") if n % 4 == 0 else event(n, f"p{n - n % 4}") for n in range(8_000))
    )
    world.run()
    assert (len(world.delivered), world.dead) == (8_000, {})
    for call in (EVENT, UPSERT, BULK_EVENTS, BULK_PROFILES):
        times, limit = world.times(call), ENDPOINTS[call]
        during = [at for at in times if at < START + 3_600]
        after = [at for at in times if at >= START + 3_600]
        assert len(during) <= 3_600 / 10
        assert most_within([at for at in during if at > START + 1], 1.0) <= 3
        assert most_within(after, 1.0) <= limit.burst
        assert most_within(after, 60.0) <= limit.steady
    assert min(at for at, _ in world.settled) < START + 3_600 + CAP + 1


@pytest.mark.parametrize("mode", ["single", "bulk"])
def test_after_ten_minutes_of_429_the_full_rate_comes_back(mode: str) -> None:
    """Nothing before its Retry-After; from a minute after the storm 95% of what is published."""
    storm, told = 600.0, []

    def answers(ask: Request) -> Answer:
        if ask.at >= START + storm:
            return OK
        told.append((ask.at, ask.luck.choice([2, 7, 31])))
        return Answer(429, {"retry-after": str(told[-1][1])})

    call = EVENT if mode == "single" else BULK_EVENTS
    world = World(answers=answers, mode=mode, latency=lambda luck: 0.05, window=6_000)  # type: ignore[arg-type]
    size = 0 if mode == "single" else 1_600_000  # three fill a request
    count = ENDPOINTS[call].steady * (4 if mode == "single" else 12)
    world.feed(*(evolve(event(n), size=size) for n in range(count))).run(until=storm + 180)
    for at, wait in told:
        assert not [one for one in world.times() if at + 0.05 < one < at + 0.05 + wait - 1e-6]
    flowed = [at for at in world.times(call) if at >= START + storm + 60]
    assert len(flowed) >= 0.95 * 2 * ENDPOINTS[call].steady
    assert most_within(world.times(call), 60.0) <= ENDPOINTS[call].steady


# the clock


def narrow(mode: str) -> Sender:
    """A sender whose windows a few dozen items fill: 5 a second, 60 a minute."""
    sender = new_sender(mode=mode)  # type: ignore[arg-type]
    endpoints = {name: evolve(one, pace=pace_for(60, 5)) for name, one in sender.endpoints.items()}
    return evolve(sender, endpoints=endpoints)


def shaken(ask: Request) -> Answer:
    """A third of all goes wrong."""
    roll = ask.luck.random()
    if roll < 0.15:
        return Answer(503)
    if roll < 0.25:
        return Answer(429, {"retry-after": "3"})
    if roll < 0.3:
        return Answer(None, fault="reset")
    return Answer(
        202, body=b'{"data":{"id":"J%d"}}' % ask.item.id if ask.call == BULK_PROFILES else b""
    )


def slow(ask: Request) -> Answer:
    """An import that takes its time."""
    working = Answer(200, body=b'{"data":{"attributes":{"status":"processing"}}}')
    return DONE if ask.luck.random() < 0.3 else working


@pytest.mark.parametrize("part", range(10))
def test_a_thousand_ways_to_set_the_clock(part: int) -> None:
    """Ahead and back, in mid-retry and mid-import: nothing lost, overrun, spun or waited for."""
    for seed in range(part * 100, part * 100 + 100):
        luck = random.Random(seed)
        mode = luck.choice(["single", "bulk"])
        world = World(answers=shaken, jobs=slow, seed=seed, sender=narrow(mode))
        items = [
            evolve(
                upsert(n, f"p{n % 9}") if luck.random() < 0.3 else event(n, f"p{n % 9}"),
                size=1_600_000,
            )
            for n in range(40)
        ]
        world.feed(*items)
        for _ in range(luck.randrange(1, 5)):
            world.run(until=luck.choice([0.01, 0.3, 2.0, 20.0]))
            world.jump(luck.choice([-86_400.0, -3_600.0, -30.0, 30.0, 3_600.0, 86_400.0]))
        world.run()
        assert (len(world.delivered), world.pending) == (40, 0)
        passed = world.time - START
        assert passed < 1_800.0, "an endless wait"
        assert world.steps < 200 + 20 * passed, "a busy loop"
        for call in (EVENT, UPSERT, BULK_EVENTS, BULK_PROFILES):
            assert most_within(world.times(call), 1.0) <= 5
            assert most_within(world.times(call), 60.0) <= 60
        asks = [at for at, _ in world.asks]
        assert most_within(asks, 60.0) <= 60


@pytest.mark.parametrize("call", [EVENT, BULK_EVENTS])
def test_no_jump_is_worth_a_single_request_more(call: str) -> None:
    """At full speed, the clock set ahead every ten seconds: the true windows hold all the same."""
    mode = "single" if call == EVENT else "bulk"
    world = World(mode=mode, window=3_000)  # type: ignore[arg-type]
    size = 0 if mode == "single" else 1_600_000
    world.feed(*(evolve(event(n), size=size) for n in range(9_000 if size == 0 else 1_200)))
    for seconds in (3_600.0, 86_400.0, 5.0, -3_600.0, 60.0, 3_600.0, -1.0, 61.0, 9.0):
        world.run(until=10.0)
        world.jump(seconds)
    world.run(until=40.0)
    assert most_within(world.times(call), 1.0) <= ENDPOINTS[call].burst
    assert most_within(world.times(call), 60.0) <= ENDPOINTS[call].steady
    assert len(world.times(call)) >= 0.93 * ENDPOINTS[call].steady * 2


# bad rows


def poisoned(bad: set[int], named: bool) -> Callable[[Request], Answer]:
    """A Klaviyo that refuses a request for one bad row, and says which or does not."""

    def answers(ask: Request) -> Answer:
        found = [(row, "invalid") for row, item in enumerate(ask.items) if item.id in bad]
        if not found:
            return OK
        return rows(*found) if named else refusal(400, "invalid", WORDS)

    return answers


@pytest.mark.parametrize("named", [True, False], ids=["named", "searched"])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 12, 20, 33, 50])
def test_bad_rows_of_a_thousand_cost_few_requests(count: int, named: bool) -> None:
    """Named, two more; searched for, eleven each. They alone die, in Klaviyo's own words."""
    for seed in range(3):
        bad = set(random.Random(seed).sample(range(1_000), count))
        world = World(answers=poisoned(bad, named), mode="bulk", window=6_000, limits=False)
        world.feed(*(event(n) for n in range(1_000))).run()
        assert set(world.dead) == bad
        assert {one.detail for one in world.dead.values()} == {WORDS}
        assert len(world.delivered) == 1_000 - count
        more = 2 if named else count * (ceil(log2(1_000)) + 1)
        assert len(world.posts) <= 1 + more


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


@pytest.mark.parametrize("named", [True, False], ids=["named", "not named"])
def test_an_import_that_fails_later_kills_its_rows_and_then_lets_their_events_go(
    named: bool,
) -> None:
    """202 was no receipt: half a minute later some rows turn out bad."""
    bad = {3, 50, 99}

    def answers(ask: Request) -> Answer:
        if ask.call == BULK_PROFILES:
            return Answer(202, body=b'{"data":{"id":"J1"}}')
        return refusal(400, "invalid", WORDS) if ask.item.id in bad else OK

    def jobs(ask: Request) -> Answer:
        if ask.at < START + 30.0:
            return Answer(200, body=b'{"data":{"attributes":{"status":"processing"}}}')
        if ask.errors:
            if named:
                return rows(*((row, "invalid") for row in sorted(bad)), status=200)
            return Answer(200, body=b'{"data":[{"attributes":{"code":"invalid"}}]}')
        return Answer(200, body=b'{"data":{"attributes":{"status":"complete","failed_count":3}}}')

    world = World(answers=answers, jobs=jobs, mode="bulk", window=6_000)
    profiles = [upsert(n, f"p{n}") for n in range(100)]
    events: list[Item] = [event(1_000 + n, f"p{n}") for n in range(100)]
    world.feed(*profiles, *events).run()
    assert set(world.dead) == bad
    assert {one.detail for one in world.dead.values()} == {WORDS}
    assert len(world.delivered) == 197
    first, settled = world.first_sent(), world.settled_at()
    assert all(first[1_000 + n] >= settled[n] >= START + 30.0 for n in range(100))
    assert JOBS in world.sender.endpoints
