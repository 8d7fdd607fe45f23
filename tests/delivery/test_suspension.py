"""What if the machine was suspended? The clock is never set, but hours may pass unseen."""

from __future__ import annotations

import random

import pytest
from attrs import evolve
from tests.delivery.world import (
    BULK_EVENTS,
    BULK_PROFILES,
    DONE,
    EVENT,
    NO_ANSWER,
    OK,
    UPSERT,
    WORKING,
    Request,
    World,
    event,
    job,
    most_within,
    upsert,
)

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS
from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.delivery.pace import pace_for
from walkeros_klaviyo.delivery.sender import Sender, new_sender

START = 1_000.0
GAPS = (1.0, 59.0, 61.0, 3_600.0, 86_400.0, 1e7)


def narrow(mode: str) -> Sender:
    """A sender whose windows a few dozen items fill: 5 a second, 60 a minute."""
    sender = new_sender(mode=mode)  # type: ignore[arg-type]
    endpoints = {name: evolve(one, pace=pace_for(60, 5)) for name, one in sender.endpoints.items()}
    return evolve(sender, endpoints=endpoints)


def shaken(ask: Request) -> Answer:
    """A third of all goes wrong, but not the first."""
    roll = ask.luck.random() if ask.at > START else 1.0
    if roll < 0.15:
        return Answer(503)
    if roll < 0.25:
        return Answer(429, {"retry-after": "3"})
    return NO_ANSWER if roll < 0.3 else OK


def slow(ask: Request) -> Answer:
    """An import that takes its time, and is cancelled now and then."""
    roll = ask.luck.random()
    return DONE if roll < 0.3 else job("cancelled") if roll < 0.4 else WORKING


@pytest.mark.parametrize("part", range(8))
def test_a_machine_that_sleeps_at_any_moment_loses_doubles_and_overruns_nothing(part: int) -> None:
    """In mid-retry and mid-import; what was under way is answered late, or lost by it."""
    for seed in range(part * 30, part * 30 + 30):
        luck = random.Random(seed)
        mode = luck.choice(["single", "bulk"])
        world = World(answers=shaken, jobs=slow, seed=seed, sender=narrow(mode))
        world.feed(event(40)).run(until=0.2)
        for number in range(40):
            make = upsert if luck.random() < 0.3 else event
            world.feed(evolve(make(number, f"p{number % 9}"), size=1_600_000))
        slept = 0.0
        for _ in range(luck.randrange(1, 5)):
            world.run(until=luck.choice([0.01, 0.3, 2.0, 20.0]))
            gap = luck.choice(GAPS)
            slept += gap
            world.jump(gap, lost=luck.random() < 0.5)
        world.run()
        assert (len(world.delivered), world.pending, world.stops) == (41, 0, [])
        awake = world.time - START - slept
        assert awake < 1_800.0, "an endless wait"
        assert world.steps < 200 + 20 * awake, "a busy loop"
        for call in (EVENT, UPSERT, BULK_EVENTS, BULK_PROFILES):
            assert most_within(world.times(call), 1.0) <= 5
            assert most_within(world.times(call), 60.0) <= 60
        assert most_within([at for at, _ in world.asks], 60.0) <= 60


@pytest.mark.parametrize("call", [EVENT, BULK_EVENTS])
def test_at_full_speed_no_sleep_is_worth_a_request_too_many(call: str) -> None:
    """Every ten seconds for a while: idleness is not saved up."""
    mode = "single" if call == EVENT else "bulk"
    world = World(mode=mode, window=3_000)  # type: ignore[arg-type]
    size = 0 if mode == "single" else 1_600_000
    world.feed(*(event(n, size=size) for n in range(9_000 if size == 0 else 1_200)))
    for gap in (3_600.0, 5.0, 86_400.0, 60.0, 0.5, 61.0, 9.0):
        world.run(until=10.0).jump(gap)
    world.run(until=40.0)
    assert most_within(world.times(call), 1.0) <= ENDPOINTS[call].burst
    assert most_within(world.times(call), 60.0) <= ENDPOINTS[call].steady
    assert len(world.times(call)) >= 0.93 * ENDPOINTS[call].steady * 110 / 60


@pytest.mark.parametrize("gap", GAPS)
def test_a_wait_that_is_over_when_the_machine_wakes_is_over(gap: float) -> None:
    """It goes on from where it was, and is not started over."""
    throttle = Answer(429, {"retry-after": "70"})
    world = World(answers=lambda ask: OK if ask.nth > 1 else throttle).feed(event(1))
    world.run(until=10.0).jump(gap).run()
    first, second = world.times()
    assert second - first == pytest.approx(max(70.0, 10.0 + gap), abs=0.1)


@pytest.mark.parametrize("heard", [True, False])
def test_who_was_never_heard_is_given_up_after_the_sleep(heard: bool) -> None:
    """And who was heard once is waited for."""
    world = World(answers=lambda ask: NO_ANSWER if ask.item.id else OK, give_up=100.0)
    if heard:
        world.feed(event(0)).run()
    world.feed(event(1)).run(until=10.0).jump(3_600.0).run(until=100.0)
    assert [stop.reason for _, stop in world.stops] == ([] if heard else ["unreachable"])
    assert world.pending == 1


@pytest.mark.parametrize("start", [0.0, 1e3, 1.79e9, 1e12])
def test_the_size_of_the_clocks_number_does_not_matter(start: float) -> None:
    """Seconds since boot or since 1970: a nap too short for the number must not spin."""
    answers = lambda ask: Answer(503) if ask.luck.random() < 0.3 else OK  # noqa: E731
    world = World(answers=answers, start=start, seed=6).feed(*(event(n) for n in range(500)))
    world.run(most=20_000)
    assert len(world.delivered) == 500
    assert world.steps < 6 * len(world.posts)
