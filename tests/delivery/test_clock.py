"""What if the clock jumps?"""

from __future__ import annotations

import pytest
from tests.delivery.world import OK, Request, World, event, most_within, upsert

from walkeros_klaviyo.delivery.messages import Answer, Arrived, Sleep, Woke
from walkeros_klaviyo.delivery.sender import new_sender, step
from walkeros_klaviyo.delivery.steady import MAX_LEAP, Steady, leapt, tick

JUMPS = [-1e9, -86_400.0, -3_600.0, -61.0, -1.0, -1e-9, 1e-9, 1.0, 59.0, 61.0, 3_600.0, 1e9]


@pytest.mark.parametrize("seconds", JUMPS)
def test_a_jump_while_retries_wait_loses_nothing_and_hangs_nowhere(seconds: float) -> None:
    """Half of the answers fail; in the middle someone sets the clock."""

    def answers(ask: Request) -> Answer:
        return Answer(503) if ask.luck.random() < 0.3 else OK

    world = World(answers=answers, seed=5)
    world.feed(*(upsert(n, f"p{n}") if n % 3 else event(n, f"p{n}") for n in range(300)))
    world.run(until=2.0)
    before = world.time
    world.jump(seconds).run()
    assert (len(world.delivered), world.pending) == (300, 0)
    assert world.time - before < 1_200.0


@pytest.mark.parametrize("seconds", [-3_600.0, 1.0, 59.0, 1e9])
def test_a_jump_overruns_no_window(seconds: float) -> None:
    """A jump ahead of an hour is no hour that Klaviyo has seen."""
    world = World().feed(*(event(n) for n in range(5_000)))
    world.run(until=20.0)
    world.jump(seconds).run(until=70.0)
    believed = min(max(seconds, 0.0), MAX_LEAP)  # so much looks like time that has passed
    assert most_within(world.times(), 1.0) <= 350
    assert most_within(world.times(), 60.0) <= 3_500 * (1 + believed / 60.0)


@pytest.mark.parametrize("seconds", [-3_600.0, -1.0, 0.0])
def test_a_jump_back_only_stops_the_clock_for_a_moment(seconds: float) -> None:
    """The wait goes on from where it was, and is not started over."""
    throttle = Answer(429, {"retry-after": "30"})
    world = World(answers=lambda ask: OK if ask.nth > 1 else throttle).feed(event(1))
    world.run(until=10.0)
    world.jump(seconds).run()
    first, second = world.times()
    assert 30.0 <= second - first <= 30.0 + MAX_LEAP


def test_a_clock_that_runs_backwards_all_the_time_still_gets_there() -> None:
    """Absurd, and all the same no endless wait: each reading is earlier than the last."""
    sender = new_sender()
    sender, commands = step(sender, Arrived((event(1),)), 0.0)
    for reading in range(0, -1_000, -1):
        sender, commands = step(sender, Woke(), float(reading))
        (sleep,) = (one for one in commands if isinstance(one, Sleep))
        assert reading <= sleep.until <= reading + MAX_LEAP


@pytest.mark.parametrize("start", [-1e9, 0.0, 1e3, 1.79e9, 1e12])
def test_the_size_of_the_clocks_number_does_not_matter(start: float) -> None:
    """Seconds since boot or since 1970: a nap too short for the number must not spin."""
    answers = lambda ask: Answer(503) if ask.luck.random() < 0.3 else OK  # noqa: E731
    world = World(answers=answers, start=start, seed=6).feed(*(event(n) for n in range(500)))
    world.run(most=20_000)
    assert len(world.delivered) == 500
    assert world.steps < 6 * len(world.posts)


@pytest.mark.parametrize("answer", [OK, Answer(503), Answer(429, {"retry-after": "5"})])
def test_every_sleep_lies_ahead_or_something_is_under_way(answer: Answer) -> None:
    """Else the loop would spin; the world looks at each, this looks at all of them."""
    world = World(answers=lambda ask: answer if ask.nth < 3 else OK)
    world.tell(Arrived(tuple(event(n) for n in range(40))))
    spins = 0
    for _ in range(400):
        commands = world.tell(Woke())
        sleep = next((one for one in commands if isinstance(one, Sleep)), None)
        if sleep is not None and sleep.until <= world.now and not world.sender.flying:
            spins += 1
        world.run(until=0.25)
    assert spins == 0


def test_no_sleep_is_longer_than_a_minute() -> None:
    """So that a jump is noticed in time."""
    throttle = Answer(429, {"retry-after": "3600"})
    world = World(answers=lambda ask: throttle, latency=lambda luck: 0.0).feed(event(1))
    world.run(until=1.0)
    (sleep,) = world.tell(Woke())
    assert isinstance(sleep, Sleep)
    assert sleep.until - world.now == pytest.approx(60.0)


def test_give_up_survives_a_jump() -> None:
    """Ahead or back, a host that never answers is given up, and not for ever later."""
    for seconds in JUMPS:
        world = World(answers=lambda ask: Answer(None, fault="connect"), give_up=100.0)
        world.feed(event(1)).run(until=10.0)
        world.jump(seconds).run()
        assert world.stops[0][1].reason == "unreachable"
        assert world.time - world.start <= 100.0 + MAX_LEAP + 1.0


def test_the_own_time_never_goes_back_and_never_leaps() -> None:
    """Whatever is read."""
    steady = Steady()
    for reading in (5.0, 6.0, 1.0, 1e9, -1e9, 0.0, 30.0):
        after = tick(steady, reading)
        assert steady.own <= after.own <= steady.own + MAX_LEAP
        assert after.read == reading
        steady = after


@pytest.mark.parametrize(
    ("wake", "now", "own", "jumped"),
    [
        (101.0, 103.0, 10.0, False),
        (101.0, 103.5, 9.0, True),
        (101.0, 3_700.0, 9.0, True),
        (99.0, 102.0, 9.0, False),
        (99.0, 102.5, 9.0, True),
        (None, 102.0, 9.0, False),
        (None, 102.5, 9.5, True),
        (None, 3_700.0, 67.0, True),
        (101.0, 100.5, 7.5, False),
        (101.0, 90.0, 7.0, False),
    ],
)
def test_who_is_woken_late_believes_two_seconds_and_who_was_idle_a_minute(
    wake: float | None, now: float, own: float, jumped: bool
) -> None:
    """Two seconds after the wake it may still be the loop; later, the clock may have been set."""
    steady = Steady(100.0, 7.0, wake)
    assert (tick(steady, now).own, leapt(steady, now)) == (own, jumped)
