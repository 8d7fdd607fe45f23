"""What does an answer tell of an endpoint?"""

from __future__ import annotations

from math import inf

import pytest
from attrs import evolve
from tests.delivery.world import EVENT, OK, PAGE, refusal

from walkeros_klaviyo.delivery.breaker import Breaker
from walkeros_klaviyo.delivery.endpoint import Endpoint, is_open, learn, opens_at
from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.delivery.pace import Pace
from walkeros_klaviyo.delivery.verdict import judge

BLOCKED = Endpoint(Pace(blocked=10.0), Breaker(3), flying=2, throttles=4)


def told(answer: Answer, at: float, luck: float = 1.0, is_news: bool = True) -> Endpoint:
    """What is known of the blocked endpoint after this answer."""
    return learn(BLOCKED, answer, judge(answer, EVENT), at, luck, is_news)


def test_it_is_open_from_the_very_moment_on() -> None:
    """The sender sleeps until then, and would be woken for nothing."""
    assert [is_open(BLOCKED, at) for at in (9.9, 10.0, 10.1)] == [False, True, True]
    assert opens_at(BLOCKED) == 10.0


def test_it_is_full_from_so_many_requests_on() -> None:
    """Then only an answer opens it."""
    for most, is_full in ((1, True), (2, True), (3, False)):
        endpoint = evolve(BLOCKED, most_flying=most)
        assert is_open(endpoint, 10.0) is not is_full
        assert opens_at(endpoint) == (None if is_full else 10.0)


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


SOMEBODY = [OK, refusal(400), refusal(401), refusal(413), refusal(409, "duplicate")]
STRANGERS = [PAGE, Answer(413), Answer(None, fault="unsent"), Answer(None, fault="reset")]


@pytest.mark.parametrize("answer", [*SOMEBODY, Answer(429)], ids=lambda one: str(one.status))
def test_any_word_of_klaviyos_closes_the_breaker(answer: Answer) -> None:
    """Somebody is up there, and the request is no longer under way."""
    after = told(answer, 20.0)
    assert (after.breaker, after.flying) == (Breaker(), 1)
    assert after.spoke_at == (20.0 if answer in SOMEBODY else -inf)


@pytest.mark.parametrize("answer", STRANGERS, ids=lambda one: f"{one.status}-{one.fault}")
def test_a_strangers_word_closes_nothing(answer: Answer) -> None:
    """Nor does it show that others get through; but it is over."""
    after = told(answer, 20.0)
    assert after.breaker.failures >= BLOCKED.breaker.failures
    assert (after.spoke_at, after.flying) == (-inf, 1)


@pytest.mark.parametrize("status", [503, 429])
def test_what_fails_by_itself_is_no_news_of_the_endpoint(status: int) -> None:
    """Nor is the wait that is asked of it; the others go on."""
    answer = Answer(status, {"retry-after": "9"})
    assert told(answer, 20.0).pace.blocked == 29.0
    after = told(answer, 20.0, is_news=False)
    assert (after.breaker, after.pace, after.throttles) == (
        BLOCKED.breaker,
        BLOCKED.pace,
        BLOCKED.throttles,
    )
    assert (after.trouble, after.flying) == (str(status), 1)


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (Answer(503), "503"),
        (Answer(429), "429"),
        (Answer(503, fault="timeout"), "the answer was cut off"),
        (Answer(None), "the connection was cut off"),
        (PAGE, 'answered 403 with a web page, "Blocked"'),
        (refusal(400), ""),
    ],
)
def test_the_last_trouble_is_kept_for_who_watches(answer: Answer, trouble: str) -> None:
    """A status, a fault of the network, or what a stranger looks like."""
    assert told(answer, 20.0).trouble == trouble


def test_a_taken_request_ends_the_row_of_429s() -> None:
    """The next one waits no longer than the first did."""
    assert (told(OK, 20.0).throttles, told(Answer(503), 20.0).throttles) == (0, 4)
