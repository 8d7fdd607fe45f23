"""Is the endpoint up, and what does an outage cost?"""

from __future__ import annotations

from itertools import pairwise

import pytest
from tests.delivery.world import OK, UPSERT, Request, World, event, upsert

from walkeros_klaviyo.delivery.breaker import LONGEST, TRIES, Breaker, failed, may_send, succeeded
from walkeros_klaviyo.delivery.messages import Answer

START = 1_000.0
DOWN = Answer(503)


def down_until(seconds: float) -> object:
    """Nobody is served for so long."""
    return lambda ask: DOWN if ask.at < START + seconds else OK


def test_it_opens_after_five_failures_in_a_row() -> None:
    """Not after four, and a success in between starts the count over."""
    breaker = Breaker()
    for _ in range(TRIES - 1):
        breaker = failed(breaker, 10.0, 0.5)
        assert breaker.is_closed and may_send(breaker, 10.0, flying=31)
    assert succeeded(breaker) == Breaker()
    opened = failed(breaker, 10.0, 0.5)
    assert not opened.is_closed
    assert TRIES == 5
    assert not may_send(opened, 10.0, flying=0)


def test_a_single_probe_goes_once_its_time_has_come() -> None:
    """One request finds out; the others wait for what it says."""
    opened = Breaker(TRIES, open_until=20.0)
    assert [may_send(opened, at, 0) for at in (19.9, 20.0, 99.0)] == [False, True, True]
    assert not may_send(opened, 99.0, flying=1)


def test_a_success_closes_it_and_a_failure_opens_it_for_longer() -> None:
    """With the same luck each pause is at least as long as the one before, up to 20 seconds."""
    breaker, pauses, now = Breaker(TRIES - 1), [], 0.0
    for _ in range(30):
        breaker = failed(breaker, now, 0.3)
        pauses.append(breaker.open_until - now)
        now += 128.0  # the probe goes some time after it may
    assert pauses == sorted(pauses) and pauses[0] < pauses[-1] == LONGEST == 20.0
    assert succeeded(breaker) == Breaker()


def test_a_success_without_failures_changes_nothing() -> None:
    """The usual case makes no garbage."""
    fresh = Breaker()
    assert succeeded(fresh) is fresh


def test_while_it_is_open_one_request_at_a_time_goes() -> None:
    """The whole outage long: probes only."""
    world = World(answers=down_until(600), latency=lambda luck: 0.05)  # type: ignore[arg-type]
    world.feed(*(event(n) for n in range(200))).run(until=600)
    probes = [at for at in world.times() if at > START + 1]
    gaps = [after - before for before, after in pairwise(probes)]
    assert min(gaps) >= 0.25
    assert len(probes) < 100


@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_failures_under_way_when_it_opens_count_as_one(seconds: float) -> None:
    """32 requests meet one hiccup: it is over in a second, and so should our pause be."""
    world = World(answers=down_until(0.01 + seconds))  # type: ignore[arg-type]
    world.feed(*(event(n) for n in range(300))).run()
    assert len(world.delivered) == 300
    assert world.time - START < 20.0 + 2 * seconds


def test_one_endpoints_outage_leaves_the_other_alone() -> None:
    """Upserts fail, events of people without news flow."""
    world = World(answers=lambda ask: DOWN if ask.item.call == UPSERT else OK)
    world.feed(*(upsert(n, f"p{n}") for n in range(20)), *(event(n) for n in range(100, 200)))
    world.run(until=30)
    assert sorted(world.delivered) == list(range(100, 200))


def test_throttling_does_not_open_it() -> None:
    """A 429 is an answer of someone who is up."""
    world = World(answers=lambda ask: Answer(429, {"retry-after": "1"})).feed(event(1))
    world.run(until=60)
    assert world.sender.endpoints["events.create_event"].breaker == Breaker()


def test_it_flaps_without_losing_anything() -> None:
    """Ten seconds up, ten seconds down, for a while."""

    def answers(ask: Request) -> Answer:
        return OK if int(ask.at / 10) % 2 else DOWN

    world = World(answers=answers, seed=9).feed(*(event(n) for n in range(1_500))).run()
    assert sorted(world.delivered) == list(range(1_500))


@pytest.mark.parametrize(
    ("failures", "luck", "pause"),
    [
        (4, 0.0, 0.5),
        (4, 0.5, 0.625),
        (4, 1.0, 0.75),
        (5, 0.0, 0.75),
        (5, 1.0, 1.25),
        (6, 1.0, 2.25),
    ],
)
def test_a_pause_is_a_quarter_second_and_half_to_all_of_a_backoff(
    failures: int, luck: float, pause: float
) -> None:
    """Never nothing: full jitter alone would let a probe go at once."""
    assert failed(Breaker(failures), 10.0, luck) == Breaker(failures + 1, 10.0 + pause)


def test_a_failure_before_the_pause_is_over_is_the_same_one_and_at_its_end_a_new_one() -> None:
    """The probe may go at that very moment, so its failure counts."""
    opened = Breaker(5, open_until=20.0)
    assert failed(opened, 19.9, 1.0) is opened
    assert failed(opened, 20.0, 1.0) == Breaker(6, 21.25)
