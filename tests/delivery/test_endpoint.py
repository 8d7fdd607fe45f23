"""What does an answer tell of an endpoint?"""

from __future__ import annotations

import pytest

from walkeros_klaviyo.delivery.breaker import Breaker
from walkeros_klaviyo.delivery.endpoint import Endpoint, is_open, learn
from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.delivery.pace import Pace
from walkeros_klaviyo.delivery.verdict import judge

BLOCKED = Endpoint(Pace(blocked=10.0), Breaker(3), flying=2, throttles=4)


def told(answer: Answer, at: float, luck: float = 1.0) -> Endpoint:
    """What is known of the blocked endpoint after this answer."""
    return learn(BLOCKED, answer, judge(answer), at, luck)


def test_it_is_open_from_the_very_moment_on() -> None:
    """The sender sleeps until then, and would be woken for nothing."""
    assert [is_open(BLOCKED, at) for at in (9.9, 10.0, 10.1)] == [False, True, True]


@pytest.mark.parametrize(
    ("at", "luck", "throttles", "until"),
    [
        (5.0, 1.0, 4, 10.0),
        (9.0, 1.0, 4, 13.0),
        (10.0, 1.0, 5, 18.0),
        (11.0, 0.5, 5, 15.0),
        (11.0, 0.0, 5, 12.0),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"retry-after": "0"}], ids=["no time", "0"])
def test_a_429_without_a_time_waits_a_second_or_a_backoff(
    headers: dict[str, str], at: float, luck: float, throttles: int, until: float
) -> None:
    """Longer with each in a row; what was under way before the wait is over is the same one."""
    after = told(Answer(429, headers), at, luck)
    assert (after.throttles, after.pace.blocked) == (throttles, until)


@pytest.mark.parametrize("status", [202, 400, 429])
def test_any_word_of_klaviyos_closes_the_breaker(status: int) -> None:
    """Somebody is up there, and the request is no longer under way."""
    after = told(Answer(status, {"retry-after": "1"}), 20.0)
    assert (after.breaker, after.flying) == (Breaker(), 1)


def test_a_taken_request_ends_the_row_of_429s() -> None:
    """The next one waits no longer than the first did."""
    assert (told(Answer(202), 20.0).throttles, told(Answer(503), 20.0).throttles) == (0, 4)
