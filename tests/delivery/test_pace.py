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
    pace = hold(hold(Pace(interval=1.0), 0.0, 30.0), 5.0, 5.0)
    assert ready_at(pace) == 30.0
    assert hold(pace, 20.0, 10.0) is pace


def test_both_windows_are_used() -> None:
    """As fast as the second allows, until the minute is full: 3,000 in ten seconds."""
    for count, seconds in ((3_000, 10.0), (5_000, 67.0)):
        world = World(seed=count).feed(*(event(n, f"p{n}") for n in range(count))).run()
        times = world.times(EVENT)
        assert len(times) == count
        assert times[-1] - times[0] <= seconds


def test_after_a_wait_it_goes_evenly_for_as_long_again() -> None:
    """Then as fast as before."""
    pace = hold(pace_for(600, 100), 0.0, 30.0)
    for now, interval in ((30.0, 60 / 594), (59.9, 60 / 594), (60.0, 1 / 90)):
        ahead = spend(pace, now).due - max(pace.due, now)
        assert ahead == pytest.approx(interval)


def test_the_minute_counts_second_by_second() -> None:
    """A second's requests leave it a minute after its end, and no sooner."""
    pace = Pace(interval=0.1, most=3)
    for now in (10.0, 10.9, 11.5):
        assert ready_at(pace) <= now
        pace = spend(pace, now)
    assert pace.used == ((10, 2), (11, 1))
    assert ready_at(pace) == 71.0
    pace = spend(pace, 71.0)
    assert pace.used == ((11, 1), (71, 1))
    assert ready_at(pace) == pytest.approx(71.1)
    pace = spend(pace, 71.2)
    assert ready_at(pace) == 72.0
    # A clock that goes back counts for the last second that is known.
    assert spend(pace, 70.0).used[-1] == (71, 3)


@pytest.mark.parametrize("burst", [1, 10, 75, 350])
def test_a_second_is_used_evenly(burst: int) -> None:
    """The numbers of an endpoint's pace, by hand."""
    pace = pace_for(10 * burst, burst)
    assert pace.interval == pytest.approx(1 / (0.9 * burst))
    assert pace.allowance == pytest.approx(0.08 * burst * pace.interval)
    assert pace.most == int(0.99 * 10 * burst)


def test_a_request_is_paid_for_and_a_wait_is_not_saved_up() -> None:
    """Even after a wait the next go one by one, not the whole bucket at once."""
    assert spend(Pace(interval=1.0), 5.0) == Pace(interval=1.0, due=6.0)
    assert spend(Pace(interval=1.0, due=9.0), 5.0) == Pace(interval=1.0, due=10.0)
    assert spend(Pace(), 5.0) == Pace()
    held = hold(Pace(interval=1.0, allowance=5.0), 10.0, 20.0)
    assert held == Pace(interval=1.0, allowance=5.0, due=35.0, blocked=30.0, calm=50.0)
    assert ready_at(spend(held, 30.0)) == 31.0
    late = Pace(interval=1.0, allowance=5.0, due=99.0)
    assert hold(late, 0.0, 30.0).due == 99.0
