"""When is it tried again?"""

from __future__ import annotations

import random
from math import inf

import pytest
from tests.delivery.world import OK, PAGE, Request, World, event, refusal

from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.delivery.retry import BASE, CAP, backoff

ATTEMPTS = [-(10**9), -1, 0, 1, 2, 7, 8, 9, 20, 21, 22, 100, 1_023, 1_024, 1_025, 10**9, 10**400]
LUCKS = [0.0, 1e-300, 0.25, 0.5, 0.999999, 1.0, -1.0, 2.0, -inf, inf]


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: str(attempt)[:12])
@pytest.mark.parametrize("luck", LUCKS)
def test_the_delay_stays_within_zero_and_the_cap(attempt: int, luck: float) -> None:
    """Others' backoffs have overflowed and underflowed; no number may break this one."""
    assert 0.0 <= backoff(attempt, luck) <= CAP


def test_the_ceiling_doubles_until_the_cap() -> None:
    """Half a second, then twice as long each time."""
    assert [backoff(attempt, 1.0) for attempt in range(1, 12)] == [
        0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, CAP, CAP, CAP,
    ]  # fmt: skip


def test_the_cap_lies_past_the_minute_window() -> None:
    """Within the window the same refusal would come again."""
    assert CAP > 60.0
    assert BASE > 0.0


def test_the_jitter_is_full() -> None:
    """Any delay from nothing to the ceiling, so that many senders do not march in step."""
    luck = random.Random(7)
    delays = [backoff(4, luck.random()) for _ in range(2_000)]
    assert min(delays) < 0.05 * 4.0 and max(delays) > 0.95 * 4.0
    assert 0.45 * 4.0 < sum(delays) / len(delays) < 0.55 * 4.0


@pytest.mark.parametrize(
    "answer",
    [
        *(refusal(status) for status in (408, 425, 429, 500, 503)),
        *(Answer(status) for status in (204, 302, 400, 401, 403, 408, 413, 429, 502, 504)),
        *(Answer(None, fault=fault) for fault in ("connect", "reset", "timeout", "crash")),
        Answer(202, fault="reset"),
        PAGE,
    ],
    ids=lambda answer: f"{answer.status}-{answer.fault}",
)
def test_what_may_pass_is_tried_until_it_does(answer: Answer) -> None:
    """Three such answers, then a good one."""

    def answers(ask: Request) -> Answer:
        return answer if ask.nth <= 3 and ask.item.id == 2 else OK

    world = World(answers=answers).feed(event(1), event(2), event(3)).run()
    assert sorted(world.delivered) == [1, 2, 3]
    assert world.asked == {1: 1, 2: 4, 3: 1}


def test_a_retry_waits_as_long_as_its_luck_says() -> None:
    """The second request of an item comes within the first backoff's ceiling."""
    for seed in range(20):
        world = World(answers=lambda ask: OK if ask.nth > 1 else Answer(500), seed=seed)
        world.feed(event(1)).run()
        first, second = world.times()
        assert 0.0 <= second - first <= 0.5 + 0.08


def test_a_failed_answers_retry_after_is_kept() -> None:
    """A 503 may name its time, too."""
    slow = Answer(503, {"retry-after": "20"})
    world = World(answers=lambda ask: OK if ask.nth > 1 else slow).feed(event(1)).run()
    first, second = world.times()
    assert second - first >= 20.0
