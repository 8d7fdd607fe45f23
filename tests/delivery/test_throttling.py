"""What does a 429 change?"""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.delivery.world import OK, UPSERT, Request, World, event, most_within, refusal, upsert

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS
from walkeros_klaviyo.delivery.messages import Answer

START = 1_000.0


def until(seconds: float, answer: Answer) -> object:
    """This answer for so long, then good ones."""
    return lambda ask: answer if ask.at < START + seconds else OK


@pytest.mark.parametrize("wait", [1.0, 5.0, 47.0, 300.0])
def test_nothing_goes_before_retry_after(wait: float) -> None:
    """Klaviyo asked for it; the first 429 counts."""
    throttle = Answer(429, {"retry-after": f"{wait:g}"})
    world = World(answers=until(0.01, throttle), latency=lambda luck: 0.05)  # type: ignore[arg-type]
    world.feed(*(event(n) for n in range(200))).run()
    told = START + 0.05
    assert not [at for at in world.times() if told < at < told + wait - 1e-6]
    assert len(world.delivered) == 200


def test_throttled_items_keep_their_order() -> None:
    """What was accepted first goes first, also the second time."""
    throttle = Answer(429, {"retry-after": "5"})
    world = World(answers=until(0.01, throttle), latency=lambda luck: 0.05)  # type: ignore[arg-type]
    world.feed(*(event(n, "ada") for n in range(40))).run()
    again = [post.ids[0] for at, post in world.posts if at > START + 1]
    assert again == sorted(again)


def test_no_stampede_comes_after_the_wait() -> None:
    """All at once would be throttled again: evenly, for as long as the wait was."""
    throttle = Answer(429, {"retry-after": "30"})
    world = World(answers=until(0.3, throttle))  # type: ignore[arg-type]
    world.feed(*(event(n) for n in range(3_000))).run(until=60)
    after = [at for at in world.times() if START + 30 <= at < START + 60]
    limit = ENDPOINTS["events.create_event"]
    assert most_within(after, 1.0) <= limit.steady / 60 + 1


def test_a_used_up_window_is_waited_for_without_a_429() -> None:
    """RateLimit-Remaining says so in good time."""
    spent = Answer(202, {"ratelimit-remaining": "0", "ratelimit-reset": "12"})
    world = World(answers=lambda ask: spent if ask.item.id == 0 else OK)
    world.feed(event(0)).run()
    world.feed(*(event(n) for n in range(1, 20))).run()
    assert sorted(world.delivered) == list(range(20))
    gap = world.times()[1] - world.settled[0][0]
    assert 12.0 <= gap < 12.5


def test_throttling_charges_no_item() -> None:
    """However often: it says nothing about the item."""
    throttle = Answer(429, {"retry-after": "1"})
    world = World(answers=lambda ask: OK if ask.nth > 50 else throttle).feed(event(1)).run()
    assert (world.delivered, world.asked[1], world.dead) == ([1], 51, {})


def test_retry_after_zero_is_no_leave_to_hammer() -> None:
    """Some proxies say 0 to everyone; a request at every turn would help nobody."""
    throttle = Answer(429, {"retry-after": "0"})
    world = World(answers=until(60, throttle), limits=False)  # type: ignore[arg-type]
    world.feed(*(event(n) for n in range(100))).run()
    assert len(world.delivered) == 100
    assert len(world.posts) < 2_000


def test_one_endpoints_429_leaves_the_others_alone() -> None:
    """Windows are per endpoint."""

    def answers(ask: Request) -> Answer:
        return Answer(429, {"retry-after": "60"}) if ask.item.call == UPSERT else OK

    world = World(answers=answers).feed(upsert(1, "bob"), *(event(n) for n in range(2, 100)))
    world.run(until=10)
    assert len(world.delivered) == 98


def test_a_days_wait_is_slept_in_pieces_and_kept() -> None:
    """The longest Retry-After that is believed; nobody sleeps beyond a minute without looking."""
    throttle = evolve(refusal(429), headers={"retry-after": "86400"})
    world = World(answers=lambda ask: OK if ask.nth > 1 else throttle).feed(event(1)).run()
    first, second = world.times()
    assert 86_400 <= second - first < 86_401
    assert world.steps < 1_500
