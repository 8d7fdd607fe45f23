"""What does one step do, and until when does it then sleep?"""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.delivery.test_states import STATES
from tests.delivery.world import BULK_EVENTS, EVENT, event, upsert

from walkeros_klaviyo.delivery.breaker import TRIES, Breaker
from walkeros_klaviyo.delivery.endpoint import Endpoint
from walkeros_klaviyo.delivery.jobs import Job
from walkeros_klaviyo.delivery.messages import (
    Answer,
    Answered,
    Arrived,
    Ask,
    Command,
    Post,
    Sleep,
    Stop,
    Woke,
)
from walkeros_klaviyo.delivery.pace import Pace
from walkeros_klaviyo.delivery.search import Search
from walkeros_klaviyo.delivery.sender import new_sender, step
from walkeros_klaviyo.delivery.state import JOBS, Flight, Sender
from walkeros_klaviyo.delivery.steady import Steady, tick

AT = 50.0


def standing(**known: Any) -> Sender:
    """A sender at second 50 that knows this, in auto and without limits."""
    sender = evolve(new_sender(limits=False, mode="auto"), steady=Steady(AT, AT), answered=True)
    return evolve(sender, **known)


def blocked(name: str, until: float) -> dict[str, Endpoint]:
    """All endpoints, of which this one must not be troubled yet."""
    return {**standing().endpoints, name: Endpoint(Pace(blocked=until))}


def woken(sender: Sender, at: float = AT) -> tuple[Command, ...]:
    """What a sender does when time has passed, and nothing else happened."""
    return step(sender, Woke(), at)[1]


def posts(commands: tuple[Command, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """What was posted, and where."""
    return [(one.call, one.ids) for one in commands if isinstance(one, Post)]


# time


@pytest.mark.parametrize("state", STATES)
def test_every_step_keeps_what_the_clock_showed_and_when_it_wants_to_wake(state: str) -> None:
    """Also one that has nothing to do: else the next reading would look like a jump, or not."""
    world = STATES[state]()
    now = world.now + 0.5
    sender, commands = step(world.sender, Woke(), now)
    wake = next((one.until for one in commands if isinstance(one, Sleep)), None)
    assert sender.steady == evolve(tick(world.sender.steady, now), wake=wake)


@pytest.mark.parametrize(("seconds", "requests"), [(1.9, 32), (2.1, 1), (3_600.0, 1)])
def test_a_leap_of_the_clock_leaves_nothing_saved_up(seconds: float, requests: int) -> None:
    """Nobody knows how much time has passed, so from there on it goes evenly."""
    sender, _ = step(new_sender(), Woke(), 0.0)
    _, commands = step(sender, Arrived(tuple(event(n) for n in range(99))), seconds)
    assert len(posts(commands)) == requests


def test_luck_is_half_unless_it_is_given() -> None:
    """So that a script without luck is a script of the mean."""
    sender, _ = step(new_sender(), Arrived((event(1),)), 0.0)
    failed = Answered(1, Answer(503))
    assert step(sender, failed, 1.0) == step(sender, failed, 1.0, 0.5)
    assert step(sender, failed, 1.0) != step(sender, failed, 1.0, 0.6)


def test_a_delayed_item_is_due_at_its_very_time_and_goes_first() -> None:
    """It was accepted before those that wait for their turn."""
    sender = standing(
        delayed=((AT + 1.0, event(1)), (AT + 1.5, event(2))), queues={EVENT: (event(3),)}
    )
    sender = evolve(sender, endpoints=blocked(EVENT, AT + 1.0))
    assert woken(sender, AT + 0.9) == (Sleep(AT + 1.0),)
    assert posts(woken(sender, AT + 1.0)) == [(EVENT, (1,)), (EVENT, (3,))]


# a host that never answers


@pytest.mark.parametrize(("seconds", "stops"), [(29.9, False), (30.0, True), (31.0, True)])
def test_it_is_given_up_half_a_minute_after_the_first_request(seconds: float, stops: bool) -> None:
    """To the second, whenever that was, also while no time-out has come yet."""
    sender = new_sender(limits=False)
    for at in range(41):
        sender, _ = step(sender, Woke(), float(at))
    sender, _ = step(sender, Arrived((event(1),)), 40.0)
    for at in range(41, 70):
        sender, commands = step(sender, Arrived((event(at),)), float(at))
        assert not [one for one in commands if isinstance(one, Stop)]
    commands = woken(sender, 40.0 + seconds)
    assert [one for one in commands if isinstance(one, Stop)] == (
        [Stop("unreachable", "no answer in 30 seconds")] if stops else []
    )


# what goes


@pytest.mark.parametrize(("breaker", "first"), [(Breaker(), 1), (Breaker(TRIES, AT), 2)])
def test_a_probe_is_the_item_that_failed_least(breaker: Breaker, first: int) -> None:
    """One that fails by its own fault must not stand for the endpoint; else the first goes."""
    sender = standing(
        attempts={1: 1},
        queues={EVENT: (event(1), event(2))},
        endpoints={**standing().endpoints, EVENT: Endpoint(Pace(), breaker)},
    )
    assert posts(woken(sender))[0] == (EVENT, (first,))


SEARCH = Search((event(1), event(2)), 400, "", "")
OTHER = Search((upsert(3), upsert(4, "bob")), 400, "", "")


def test_probes_keep_to_the_room_there_is() -> None:
    """One may be under way, so one of two goes, and then none."""
    sender = standing(searches=(SEARCH, OTHER), max_flying=1)
    sender, commands = step(sender, Woke(), AT)
    assert posts(commands) == [(BULK_EVENTS, (1,))]
    assert sender.searches == (OTHER,)
    assert posts(woken(sender)) == []


def test_who_waits_for_a_search_sleeps_until_bulk_is_open() -> None:
    """The single endpoint is, but no probe goes by it."""
    sender = standing(searches=(SEARCH,), endpoints=blocked(BULK_EVENTS, AT + 9.0))
    assert woken(sender) == (Sleep(AT + 9.0),)


def test_an_import_is_asked_about_at_its_very_time_and_no_other_with_it() -> None:
    """As the next request, which is under way from then on."""
    jobs = (
        Job("J1", (upsert(1),), AT, AT + 1.0),
        Job("J2", (upsert(2),), AT, AT, errors=True),
        Job("J3", (upsert(3),), AT, AT, asking=True),
        Job("J4", (upsert(4),), AT, AT + 2.0),
    )
    flights = {7: Flight(JOBS, (), job="J3")}
    after, commands = step(standing(jobs=jobs, flights=flights, requests=7), Woke(), AT)
    assert commands == (Ask(8, "J2", errors=True), Sleep(AT + 1.0))
    assert after.flights == {**flights, 8: Flight(JOBS, (), job="J2")}
    assert after.jobs == (jobs[0], evolve(jobs[1], asking=True), *jobs[2:])
    assert (after.requests, after.endpoints[JOBS].flying) == (8, 1)
