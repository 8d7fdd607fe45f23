"""How fast may it go?"""

from __future__ import annotations

import pytest
from tests.delivery.world import EVENT, UPSERT, World, event, most_within, upsert

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS
from walkeros_klaviyo.delivery.pace import Pace, hold, pace_for, ready_at, spend

MINUTES = 5
CASES = pytest.mark.parametrize(
    ("call", "make", "seed"),
    [(EVENT, event, 1), (UPSERT, upsert, 2), (UPSERT, upsert, 3)],
    ids=["events", "profiles", "profiles again"],
)


@CASES
def test_no_window_overruns_and_hardly_any_is_wasted(call: str, make: object, seed: int) -> None:
    """Any sliding second and minute below what is published, 95% of it used over five minutes."""
    limit = ENDPOINTS[call]
    count = limit.steady * MINUTES + 500
    world = World(seed=seed)
    world.feed(*(make(n, f"p{n}") for n in range(count)))  # type: ignore[operator]
    world.run(until=60.0 * MINUTES)
    times = world.times(call)
    assert most_within(times, 1.0) <= limit.burst
    assert most_within(times, 60.0) <= limit.steady
    assert len(times) >= 0.95 * limit.steady * MINUTES


def test_events_and_profiles_have_windows_of_their_own() -> None:
    """One endpoint's pace does not slow the other's."""
    world = World()
    for number in range(0, 4_000, 2):
        world.feed(upsert(number, f"p{number}"), event(number + 1, f"p{number}"))
    world.run(until=60)
    assert len(world.times(UPSERT)) >= 0.95 * 750
    assert len(world.times(EVENT)) >= 0.9 * 750


def test_without_limits_nothing_is_paced() -> None:
    """Against a sandbox only the other side's speed counts."""
    world = World(limits=False).feed(*(event(n) for n in range(5_000))).run()
    assert len(world.delivered) == 5_000
    assert most_within(world.times(), 1.0) > 350
    assert spend(Pace(), 5.0) == Pace()


@pytest.mark.parametrize("call", ENDPOINTS)
def test_every_endpoints_bucket_fits_its_windows(call: str) -> None:
    """By arithmetic: what may go at once, and then evenly, stays below both."""
    limit = ENDPOINTS[call]
    pace = pace_for(limit.steady, limit.burst)
    now, sent = 0.0, []
    while now < 130.0:
        now = max(now, ready_at(pace)) if ready_at(pace) > 0 else now
        sent.append(now)
        pace = spend(pace, now)
    assert most_within(sent, 1.0) <= limit.burst
    assert most_within(sent, 60.0) <= limit.steady
    assert len([at for at in sent if at < 120.0]) >= 0.95 * limit.steady * 2


def test_the_longer_wait_wins() -> None:
    """A second, shorter Retry-After does not shorten the first."""
    pace = hold(hold(Pace(interval=1.0), 30.0), 10.0)
    assert ready_at(pace) == 30.0
    assert hold(pace, 30.0) is pace


@pytest.mark.parametrize(
    ("steady", "burst", "at_once"),
    [
        (3_500, 350, 70.0),  # the bucket
        (6_000, 150, 53.0),  # what the burst leaves beside a second's even flow
        (10, 1, 1.0),  # one at least
        (700, 10, 1.0),
        (700, 0, 1.0),
    ],
)
def test_so_many_may_go_at_once_and_then_evenly(steady: int, burst: int, at_once: float) -> None:
    """The two numbers of an endpoint's pace, by hand."""
    pace = pace_for(steady, burst)
    assert pace.interval == pytest.approx(60.0 / (0.97 * steady))
    assert pace.allowance == pytest.approx((at_once - 1.0) * pace.interval)
    assert pace_for(steady) == pace_for(steady, 0)


def test_a_request_is_paid_for_and_a_wait_is_not_saved_up() -> None:
    """Even after a wait the next go one by one, not the whole bucket at once."""
    assert spend(Pace(interval=1.0), 5.0) == Pace(interval=1.0, due=6.0)
    assert spend(Pace(interval=1.0, due=9.0), 5.0) == Pace(interval=1.0, due=10.0)
    assert spend(Pace(), 5.0) == Pace()
    held = hold(Pace(interval=1.0, allowance=5.0), until=30.0)
    assert held == Pace(interval=1.0, allowance=5.0, due=35.0, blocked=30.0)
    assert ready_at(spend(held, 30.0)) == 31.0
    late = Pace(interval=1.0, allowance=5.0, due=99.0)
    assert hold(late, until=30.0).due == 99.0
