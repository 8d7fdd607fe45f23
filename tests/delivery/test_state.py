"""What does the sender know at first, by what does an item go, and what is forgotten?"""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.delivery.world import BULK_EVENTS, BULK_PROFILES, EVENT, UPSERT, event, upsert

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS
from walkeros_klaviyo.delivery.batch import AUTO_BACKLOG, AUTO_READY
from walkeros_klaviyo.delivery.jobs import Job
from walkeros_klaviyo.delivery.lanes import Lanes
from walkeros_klaviyo.delivery.messages import Item
from walkeros_klaviyo.delivery.pace import Pace, pace_for
from walkeros_klaviyo.delivery.repeats import part
from walkeros_klaviyo.delivery.state import (
    JOBS,
    Flight,
    enqueue,
    goes_by,
    new_sender,
    queue_of,
    release,
)


def test_a_new_sender_keeps_to_klaviyos_limits() -> None:
    """By its published windows, one request an item, and half a minute for a silent host."""
    sender = new_sender()
    published = {name: pace_for(one.steady, one.burst) for name, one in ENDPOINTS.items()}
    paces = {name: one.pace for name, one in sender.endpoints.items()}
    assert paces == {**published, JOBS: pace_for(150, 10)}
    assert (sender.mode, sender.give_up, sender.max_flying) == ("single", 30.0, 32)
    assert (sender.heard, sender.failing_since, sender.patience) == (False, None, 300.0)
    most = {name: one.most_flying for name, one in sender.endpoints.items() if name != JOBS}
    bulk = {name: 8 for name, one in ENDPOINTS.items() if one.items > 1}
    assert bulk.keys() > {BULK_EVENTS, BULK_PROFILES}
    assert most == {**dict.fromkeys(ENDPOINTS, 32), **bulk}


def test_without_limits_no_endpoint_has_a_pace() -> None:
    """Nor has the question about imports."""
    assert {one.pace for one in new_sender(limits=False).endpoints.values()} == {Pace()}


@pytest.mark.parametrize("ready", [AUTO_READY - 1, AUTO_READY])
def test_enough_ready_ones_count_those_held_behind_them(ready: int) -> None:
    """From the twentieth on; of fewer, bulk would gain nothing."""
    behind = {n: (event(n, "ada"), 1) for n in range(AUTO_BACKLOG)}
    sender = evolve(new_sender(mode="auto"), lanes=Lanes(held=behind))
    queue = tuple(event(n) for n in range(ready))
    assert goes_by(sender, queue) == (BULK_EVENTS if ready == AUTO_READY else EVENT)


def test_what_comes_again_stands_where_it_stood_and_news_at_the_end() -> None:
    """In the order of acceptance, among those that wait as well."""
    sender = enqueue(new_sender(), [event(4), event(2)])
    assert [item.id for item in sender.queues[EVENT]] == [4, 2]
    assert [item.id for item in enqueue(sender, [event(3)]).queues[EVENT]] == [4, 2, 3]
    again = enqueue(sender, [event(3), event(1)], first=True)
    assert [item.id for item in again.queues[EVENT]] == [1, 2, 3, 4]


def test_who_goes_alone_stands_apart() -> None:
    """And in order there, too: those who go in bulk do not wait for it, nor it for them."""
    sender = enqueue(new_sender(), [event(4), event(3, most=1)])
    sender = enqueue(sender, [event(2, most=1), event(1, most=2)], first=True)
    queued = {name: [item.id for item in queue] for name, queue in sender.queues.items()}
    assert queued == {EVENT: [1, 4], f"{EVENT}, alone": [2, 3]}
    suspect = evolve(event(9, most=1), charges=1, failures=2)
    assert queue_of(suspect) not in (EVENT, queue_of(evolve(suspect, failures=3)))
    assert enqueue(sender, []) is sender


@pytest.mark.parametrize("mode", ["single", "auto", "bulk"])
def test_who_goes_alone_and_was_charged_goes_in_bulk_each_second_time(mode: str) -> None:
    """In bulk the others pass, which shows whose fault it is; and one of the two may be down."""
    sender = new_sender(mode=mode)  # type: ignore[arg-type]
    for charges, by_bulk in ((0, set()), (1, {2, 4}), (7, {2, 4})):
        for failures in range(6):
            item = evolve(event(1, most=1), charges=charges, failures=failures)
            is_bulk = mode != "single" and failures in by_bulk
            assert goes_by(sender, (item,)) == (BULK_EVENTS if is_bulk else EVENT)
            together = evolve(item, most=0, bulk=False)
            assert goes_by(sender, (together,)) == (BULK_EVENTS if mode == "bulk" else EVENT)
    denied = evolve(sender, bulk_denied=frozenset({EVENT}))
    assert goes_by(denied, (evolve(event(1, most=1), charges=1, failures=2),)) == EVENT


def test_what_is_settled_lets_go_who_waited_for_it() -> None:
    """A twin alone; and what nobody waited for changes nothing."""
    twins = (event(1, repeat="x"), event(2, repeat="x"))
    sender = evolve(new_sender(), repeats=part(new_sender().repeats, twins)[0])
    sender = release(sender, twins[:1])
    assert [item.id for item in sender.queues[f"{EVENT}, alone"]] == [2]
    assert release(sender, (upsert(9),)) == sender


BAD = evolve(event(1), failures=3, charges=1)


@pytest.mark.parametrize(
    ("items", "is_stuck"),
    [
        ((BAD,), True),
        ((BAD, evolve(BAD, id=2)), True),
        ((BAD, event(2)), False),
        ((evolve(BAD, failures=2),), False),
        ((evolve(BAD, charges=0),), False),
    ],
)
@pytest.mark.parametrize("place", ["queued", "delayed", "flying"])
def test_stuck_is_who_has_nothing_left_but_what_failed_alone_and_often(
    items: tuple[Item, ...], is_stuck: bool, place: str
) -> None:
    """Wherever it is; an import under way may still let others go."""
    known = {
        "queued": {"queues": {EVENT: (), UPSERT: items}},
        "delayed": {"delayed": tuple((9.0, item) for item in items)},
        "flying": {"flights": {n: Flight(EVENT, (item,)) for n, item in enumerate(items)}},
    }
    sender = evolve(new_sender(), **known[place])  # type: ignore[arg-type]
    assert sender.is_stuck is is_stuck
    assert not evolve(sender, jobs=(Job("J1", (upsert(9),), 0.0, 0.0),)).is_stuck
    assert not new_sender().is_stuck
