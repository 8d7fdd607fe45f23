"""What does the sender know at first, by what does an item go, and what is forgotten?"""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.delivery.world import BULK_EVENTS, EVENT, event, upsert

from walkeros_klaviyo.core.limits import ENDPOINTS
from walkeros_klaviyo.delivery.batch import AUTO_BACKLOG, AUTO_READY
from walkeros_klaviyo.delivery.lanes import Lanes
from walkeros_klaviyo.delivery.pace import Pace, pace_for
from walkeros_klaviyo.delivery.search import Search
from walkeros_klaviyo.delivery.state import (
    JOBS,
    enqueue,
    goes_by,
    new_sender,
    probes_go_by,
    release,
)


def test_a_new_sender_keeps_to_klaviyos_limits() -> None:
    """By its published windows, one request an item, and half a minute for a silent host."""
    sender = new_sender()
    published = {name: pace_for(one.steady, one.burst) for name, one in ENDPOINTS.items()}
    paces = {name: one.pace for name, one in sender.endpoints.items()}
    assert paces == {**published, JOBS: pace_for(150, 10)}
    assert (sender.mode, sender.give_up, sender.max_flying) == ("single", 30.0, 32)


def test_without_limits_no_endpoint_has_a_pace() -> None:
    """Nor has the question about imports."""
    assert {one.pace for one in new_sender(limits=False).endpoints.values()} == {Pace()}


@pytest.mark.parametrize("ready", [AUTO_READY - 1, AUTO_READY])
def test_enough_ready_ones_count_those_held_behind_them(ready: int) -> None:
    """From the twentieth on; of fewer, bulk would gain nothing."""
    behind = {"ada": tuple(event(n, "ada") for n in range(AUTO_BACKLOG))}
    sender = evolve(new_sender(mode="auto"), lanes=Lanes(behind))
    queue = tuple(event(n) for n in range(ready))
    assert goes_by(sender, queue) == (BULK_EVENTS if ready == AUTO_READY else EVENT)


def test_probes_go_in_bulk_however_few_they_are() -> None:
    """As the refused request did, whatever the mode and the backlog."""
    assert probes_go_by(Search((event(1), event(2)), 400, "", "")) == BULK_EVENTS


def test_what_comes_again_stands_where_it_stood_and_news_at_the_end() -> None:
    """In the order of acceptance, among those that wait as well."""
    sender = enqueue(new_sender(), [event(4), event(2)])
    assert [item.id for item in sender.queues[EVENT]] == [4, 2]
    assert [item.id for item in enqueue(sender, [event(3)]).queues[EVENT]] == [4, 2, 3]
    again = enqueue(sender, [event(3), event(1)], first=True)
    assert [item.id for item in again.queues[EVENT]] == [1, 2, 3, 4]


def test_what_is_settled_is_forgotten_and_the_others_failures_are_not() -> None:
    """Else the sender would grow with every failure there ever was."""
    sender = evolve(
        new_sender(), attempts={1: 3, 2: 4}, charges={1: 2, 2: 0}, failing={1: 5.0, 2: 6.0}
    )
    sender = release(sender, (event(1),))
    assert (sender.attempts, sender.charges, sender.failing) == ({2: 4}, {2: 0}, {2: 6.0})
    assert release(sender, (upsert(9),)) == sender
