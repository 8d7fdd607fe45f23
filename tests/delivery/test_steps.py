"""What does one step do, and until when does it then sleep?"""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.delivery.test_states import STATES
from tests.delivery.world import BULK_EVENTS, EVENT, UPSERT, event, upsert

from walkeros_klaviyo.delivery.breaker import TRIES, Breaker
from walkeros_klaviyo.delivery.endpoint import MAX_BULK_FLYING, Endpoint
from walkeros_klaviyo.delivery.jobs import Job
from walkeros_klaviyo.delivery.messages import (
    Answer,
    Answered,
    Arrived,
    Ask,
    Command,
    Dead,
    Post,
    Repair,
    Sleep,
    Stop,
    Woke,
)
from walkeros_klaviyo.delivery.pace import Pace
from walkeros_klaviyo.delivery.sender import NAP, SLOWEST, new_sender, step
from walkeros_klaviyo.delivery.size import Size
from walkeros_klaviyo.delivery.state import JOBS, Flight, Sender, enqueue

AT = 50.0


def standing(**known: Any) -> Sender:
    """A sender at second 50 that knows this, in auto and without limits."""
    sender = evolve(new_sender(limits=False, mode="auto"), now=AT, heard=True)
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
def test_time_never_goes_back(state: str) -> None:
    """A clock that did would say what the last one said."""
    world = STATES[state]()
    sender, commands = step(world.sender, Woke(), world.time + 0.5)
    assert sender.now == world.time + 0.5
    last = world.sender.now
    assert step(world.sender, Woke(), last - 99.0) == step(world.sender, Woke(), last)
    assert all(one.until >= sender.now for one in commands if isinstance(one, Sleep))


def test_no_sleep_is_longer_than_a_minute() -> None:
    """What could be waited for without end is looked at again."""
    sender = standing(delayed=((AT + 3_600.0, event(1)),))
    assert woken(sender) == (Sleep(AT + NAP),)
    assert woken(standing(delayed=((AT + 59.0, event(1)),))) == (Sleep(AT + 59.0),)


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


@pytest.mark.parametrize("rows", [1, 5])
def test_what_is_under_way_may_take_the_time_that_its_bytes_need(rows: int) -> None:
    """The largest request counts, while it is under way; who sleeps knows when it is over."""
    flights = {
        1: Flight(BULK_EVENTS, tuple(event(n, size=SLOWEST * 10) for n in range(rows))),
        2: Flight(EVENT, (event(9, size=SLOWEST),)),
    }
    sender = standing(heard=False, failing_since=AT, flights=flights)
    ends = AT + 30.0 + 10.0 * rows
    assert woken(sender, ends - 0.1) == (Sleep(ends),)
    assert isinstance(woken(sender, ends)[0], Stop)
    assert woken(evolve(sender, heard=True), ends) == (Sleep(ends + NAP),)
    assert isinstance(woken(evolve(sender, flights={}), AT + 30.0)[0], Stop)


# what goes


@pytest.mark.parametrize(("breaker", "first"), [(Breaker(), 1), (Breaker(TRIES, AT), 2)])
def test_a_probe_is_the_item_that_failed_least(breaker: Breaker, first: int) -> None:
    """One that fails by its own fault must not stand for the endpoint; else the first goes."""
    sender = standing(
        queues={EVENT: (evolve(event(1), failures=1), event(2))},
        endpoints={**standing().endpoints, EVENT: Endpoint(Pace(), breaker)},
    )
    assert posts(woken(sender))[0] == (EVENT, (first,))


def test_the_oldest_goes_first_whether_alone_or_not() -> None:
    """Each queue's turn comes where its first item stands; one may be under way, then none."""
    sender = enqueue(standing(max_flying=1), [event(5), event(3, most=1)])
    for numbers in ([4, 6], [2, 7]):
        sender = enqueue(sender, [upsert(n, f"p{n}") for n in numbers], first=True)
    sender, commands = step(sender, Woke(), AT)
    assert posts(commands) == [(UPSERT, (2,))]
    assert posts(woken(sender)) == []
    assert posts(woken(evolve(sender, flights={}))) == [(EVENT, (3,))]


def test_no_request_is_larger_than_what_passes_now_nor_are_there_more_than_eight() -> None:
    """Of those that hold many; a single one is as large as it is."""
    fresh = standing(mode="bulk", max_flying=99)
    small = evolve(fresh.endpoints[BULK_EVENTS], size=Size(most=3))
    sender = evolve(fresh, endpoints={**fresh.endpoints, BULK_EVENTS: small})
    sender = enqueue(sender, map(event, range(99)))
    sender, commands = step(sender, Woke(), AT)
    assert [len(ids) for _, ids in posts(commands)] == [3] * MAX_BULK_FLYING
    assert not any(isinstance(one, Sleep) and one.until < AT + NAP for one in commands)


def test_a_repaired_item_is_posted_with_what_it_leaves_out() -> None:
    """The shell makes its body anew."""
    repair = Repair(("email", "weaker"), Dead(1, 400, "invalid", "no"))
    sender = enqueue(standing(mode="bulk"), [evolve(event(1, most=1), repair=repair), event(2)])
    one, two, _ = woken(sender)
    assert (one, two) == (Post(1, EVENT, (1,), ("email", "weaker")), Post(2, BULK_EVENTS, (2,)))


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
    assert after.flights == {**flights, 8: Flight(JOBS, (), AT, "J2")}
    assert after.jobs == (jobs[0], evolve(jobs[1], asking=True), *jobs[2:])
    assert (after.requests, after.endpoints[JOBS].flying) == (8, 1)
