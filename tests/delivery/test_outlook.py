"""Is a person told why it waits, and how long yet?"""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.delivery.world import (
    BULK_EVENTS,
    BULK_PROFILES,
    EVENT,
    PAGE,
    UPSERT,
    World,
    event,
    upsert,
)

from walkeros_klaviyo.delivery.endpoint import MAX_BULK_FLYING, Endpoint
from walkeros_klaviyo.delivery.jobs import Job
from walkeros_klaviyo.delivery.messages import Answer, Stop
from walkeros_klaviyo.delivery.outlook import Waiting, outlook
from walkeros_klaviyo.delivery.pace import Pace
from walkeros_klaviyo.delivery.sender import Sender, new_sender
from walkeros_klaviyo.delivery.state import enqueue


def at_once(luck: object) -> float:
    """Answers come without delay."""
    return 0.0


def seen(world: World) -> dict[tuple[str, str], Waiting]:
    """By endpoint and reason."""
    return {(one.endpoint, one.reason): one for one in outlook(world.sender, world.time)}


def test_nothing_to_do_waits_for_nothing() -> None:
    """Nor does what is under way."""
    assert outlook(new_sender(), 5.0) == ()
    assert outlook(World(answers=lambda ask: None).feed(event(1)).run(until=1).sender, 1e3) == ()


def test_the_pace_is_named_with_its_seconds() -> None:
    """750 upserts a minute: the next goes in some hundredths of a second."""
    world = World(latency=at_once).feed(*(upsert(n, f"p{n}") for n in range(60))).run(until=0.01)
    one = seen(world)[UPSERT, "pace"]
    assert 0.0 < (one.seconds or 0.0) <= 60 / 727
    assert (one.items, one.trouble) == (world.pending, "")


def test_klaviyos_own_word_is_named() -> None:
    """With what is left of it, and the 429 it came with."""
    world = World(answers=lambda ask: Answer(429, {"retry-after": "30"}), latency=at_once)
    world.feed(event(1), event(2)).run(until=10.0)
    assert seen(world) == {
        (EVENT, "retry-after"): Waiting(EVENT, "retry-after", pytest.approx(20.0), 2, "429")
    }


GONE = "nobody answers there"


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (Answer(503), "503"),
        (Answer(None, fault="connect", body=b"connection refused"), f"{GONE}: connection refused"),
        (Answer(202, fault="reset"), "the answer was cut off"),
    ],
)
def test_a_pause_before_a_retry_is_named_with_its_cause(answer: Answer, trouble: str) -> None:
    """A status, or what the network did."""
    world = World(answers=lambda ask: answer, latency=at_once).feed(event(1)).run(until=0.0)
    one = seen(world)[EVENT, "backoff"]
    assert (one.items, one.trouble) == (1, trouble)
    assert 0.0 < (one.seconds or 0.0) <= 0.5


def test_an_open_breaker_is_named_and_then_its_probe() -> None:
    """Until when it is left alone; while the probe is under way only its answer counts."""
    world = World(answers=lambda ask: Answer(503), latency=at_once)
    world.feed(*(event(n) for n in range(100))).run(until=5.0)
    one = seen(world)[EVENT, "breaker"]
    assert 0.0 < (one.seconds or 0.0) <= 20.0
    assert one.trouble == "503"
    world.answers = lambda ask: None
    world.run(until=91.0)
    assert seen(world)[EVENT, "breaker"].seconds is None


def test_an_import_is_named_until_it_is_asked_about() -> None:
    """Its own rows wait for it; what failed while asking is told, too."""
    world = World(jobs=lambda ask: Answer(503), mode="bulk", latency=at_once)
    world.feed(upsert(1), upsert(2, "bob"), event(3, "ada")).run(until=1.0)
    one = seen(world)[BULK_PROFILES, "import"]
    assert (one.items, one.trouble) == (2, "503")
    assert 0.0 < (one.seconds or 0.0) <= 1.0


def test_a_full_house_is_named() -> None:
    """As many as allowed are under way; nobody knows when they are answered."""
    world = World(answers=lambda ask: None, max_flying=2, limits=False)
    world.feed(*(event(n) for n in range(5))).run(until=1.0)
    assert seen(world) == {(EVENT, "answers"): Waiting(EVENT, "answers", None, 3)}


def test_eight_in_bulk_are_a_full_house_too() -> None:
    """A slow uplink is shared by few."""
    world = World(answers=lambda ask: None, mode="bulk", limits=False, window=20_000)
    world.feed(*(event(n) for n in range(9_000))).run(until=1.0)
    one = Waiting(BULK_EVENTS, "answers", None, 1_000)
    assert (seen(world), world.flying) == ({(BULK_EVENTS, "answers"): one}, MAX_BULK_FLYING)


def test_a_stranger_is_named_as_what_it_is() -> None:
    """Whoever watches knows where to look."""
    world = World(answers=lambda ask: PAGE, latency=at_once).feed(event(1)).run(until=0.0)
    assert seen(world)[EVENT, "backoff"].trouble == 'answered 403 with a web page, "Blocked"'


def standing(**known: Any) -> Sender:
    """A sender at second 50 that knows this, in auto."""
    return evolve(new_sender(limits=False, mode="auto"), now=50.0, **known)


def with_endpoint(name: str, endpoint: Endpoint) -> dict[str, Endpoint]:
    """All endpoints, with this one among them."""
    return {**standing().endpoints, name: endpoint}


def test_who_has_stopped_waits_for_nothing() -> None:
    """Nor who drains, whatever is left."""
    delayed = ((53.0, event(1)),)
    assert len(outlook(standing(delayed=delayed), 50.0)) == 1
    assert outlook(standing(delayed=delayed, draining=True), 50.0) == ()
    assert outlook(standing(delayed=delayed, stopped=Stop("key", "")), 50.0) == ()


def test_it_is_told_in_order_and_each_with_its_own_seconds() -> None:
    """By endpoint and reason; of many pauses the first, and none that is over."""
    sender = standing(
        queues={UPSERT: (upsert(1), upsert(2, "bob"))},
        endpoints=with_endpoint(UPSERT, Endpoint(Pace(blocked=54.0), trouble="429")),
        delayed=((53.0, event(3)), (52.0, event(4)), (49.0, upsert(5, "eve"))),
        jobs=(
            Job("J1", (upsert(6, "kim"),), 49.0, 50.75),
            Job("J2", (upsert(7, "lou"), upsert(8, "max")), 49.0, 58.0),
            Job("J3", (upsert(9, "ned"),), 49.0, 49.0, asking=True),
        ),
    )
    assert outlook(sender, 50.5) == (
        Waiting(EVENT, "backoff", 1.5, 2),
        Waiting(BULK_PROFILES, "import", 0.25, 4),
        Waiting(UPSERT, "backoff", 0.0, 1, "429"),
        Waiting(UPSERT, "retry-after", 3.5, 2, "429"),
    )


def test_an_import_that_is_being_asked_about_waits_for_the_answer() -> None:
    """Nobody knows how long."""
    sender = standing(jobs=(Job("J1", (upsert(1),), 49.0, 49.5, asking=True),))
    assert outlook(sender, 50.0) == (Waiting(BULK_PROFILES, "import", None, 1),)


def test_those_who_go_alone_wait_for_the_single_endpoint_and_the_others_for_bulk() -> None:
    """Halves of a group as whole ones; a full house is told with the last trouble."""
    endpoint = Endpoint(Pace(), trouble="503")
    halves = [evolve(event(n, most=2), bulk=True) for n in range(4)]
    sender = standing(
        endpoints=with_endpoint(BULK_EVENTS, evolve(endpoint, pace=Pace(blocked=60.0)))
    )
    sender = enqueue(sender, [*halves, *(event(n, most=1) for n in (8, 9))])
    sender = evolve(sender, endpoints={**sender.endpoints, EVENT: Endpoint(Pace(blocked=55.0))})
    assert outlook(sender, 50.0) == (
        Waiting(BULK_EVENTS, "retry-after", 10.0, 4, "503"),
        Waiting(EVENT, "retry-after", 5.0, 2),
    )
    full = evolve(sender, endpoints=with_endpoint(BULK_EVENTS, endpoint), max_flying=0)
    assert [(one.reason, one.items) for one in outlook(full, 50.0)] == [
        ("answers", 4),
        ("answers", 2),
    ]


def test_looking_changes_nothing() -> None:
    """The same again says the same, and time only makes it less."""
    world = World(answers=lambda ask: Answer(429, {"retry-after": "30"}), latency=at_once)
    world.feed(event(1)).run(until=1.0)
    shown = repr(world.sender)
    first, second = (outlook(world.sender, world.time + more)[0].seconds for more in (0.0, 2.0))
    assert (first or 0.0) - (second or 0.0) == pytest.approx(2.0)
    assert repr(world.sender) == shown
