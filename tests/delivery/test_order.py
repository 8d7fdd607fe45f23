"""Who waits for whom, and whom does it not hold up?"""

from __future__ import annotations

import pytest
from tests.delivery.world import OK, UPSERT, Request, World, event, refusal, upsert

from walkeros_klaviyo.delivery.lanes import Lanes, enter, leave
from walkeros_klaviyo.delivery.messages import Answer, Arrived, Item


def test_an_upsert_is_delivered_before_its_profiles_later_events() -> None:
    """Else a flow starts that does not know the name yet."""
    world = World().feed(upsert(1), event(2, "ada"), event(3, "ada")).run()
    assert world.order(1, 2, 3)[0] == 1
    settled_at = world.settled_at()
    assert all(at >= settled_at[1] for at, post in world.posts if post.ids != (1,))


def test_every_upsert_waits_for_the_one_before() -> None:
    """The later one tells what is true now; arriving first, it would be overwritten."""
    chain = (upsert(1), event(2, "ada"), upsert(3), event(4, "ada"), upsert(5), event(6, "ada"))
    world = World(answers=lambda ask: OK if ask.nth > 2 else Answer(503)).feed(*chain).run()
    assert sorted(world.delivered) == [1, 2, 3, 4, 5, 6]
    settled_at = world.settled_at()
    for later, before in ((2, 1), (3, 1), (4, 3), (5, 3), (6, 5)):
        first = next(at for at, post in world.posts if post.ids == (later,))
        assert first >= settled_at[before], f"{later} was sent before {before} was settled"


def test_other_profiles_do_not_wait() -> None:
    """One profile's trouble is not the others'."""

    def answers(ask: Request) -> Answer | None:
        return None if ask.item.id == 1 else OK  # Ada's upsert stays under way

    items = (upsert(1), event(2, "ada"), upsert(3, "bob"), event(4, "bob"), event(5), event(6, "c"))
    world = World(answers=answers).feed(*items).run(until=20)
    assert sorted(world.delivered) == [3, 4, 5, 6]
    assert world.pending == 2


def test_a_dead_upsert_lets_its_events_go() -> None:
    """The profile's traits are lost, the order is not."""
    world = World(answers=lambda ask: refusal(400) if ask.item.id == 1 else OK)
    world.feed(upsert(1), event(2, "ada"), event(3, "ada")).run()
    assert list(world.dead) == [1]
    assert sorted(world.delivered) == [2, 3]


def test_a_delayed_upsert_still_holds_its_events() -> None:
    """Waiting for a retry is not being settled."""
    world = World(answers=lambda ask: Answer(500) if ask.item.call == UPSERT else OK)
    world.feed(upsert(1), event(2, "ada"), event(3, "bob")).run(until=30)
    assert world.delivered == [3]
    assert world.order(2) == []


def test_what_has_no_profile_never_waits() -> None:
    """An anonymous event has no upsert to wait for."""
    busy = Lanes({}, {"ada": -1})
    lanes, ready = enter(busy, (event(1), Item(2, UPSERT, None)))
    assert [item.id for item in ready] == [1, 2]
    assert lanes == busy
    assert leave(lanes, (event(1),)) == (lanes, ())
    assert leave(lanes, (Item(2, UPSERT, None),)) == (lanes, ())


def test_events_alone_hold_nobody() -> None:
    """Those of one profile go side by side."""
    lanes, ready = enter(Lanes(), (event(1, "ada"), event(2, "ada")))
    assert ([item.id for item in ready], lanes.held) == ([1, 2], {})


def test_an_upsert_waits_for_the_events_before_it() -> None:
    """A late one names the profile by its old address, and would bring that back."""
    lanes, ready = enter(Lanes(), (event(1, "ada"), event(2, "ada"), upsert(3), event(4, "ada")))
    assert [item.id for item in ready] == [1, 2]
    lanes, freed = leave(lanes, (event(2, "ada"),))
    assert freed == ()
    lanes, freed = leave(lanes, (event(1, "ada"),))
    assert [item.id for item in freed] == [3]
    lanes, freed = leave(lanes, (upsert(3),))
    assert [item.id for item in freed] == [4]
    assert leave(lanes, (event(4, "ada"),)) == (Lanes(), ())


def test_an_older_event_that_is_retried_comes_before_the_news() -> None:
    """The first event fails once: the address that came after it is told after it."""
    world = World(answers=lambda ask: Answer(503) if (ask.item.id, ask.nth) == (2, 1) else OK)
    world.feed(upsert(1), event(2, "ada"), upsert(3), event(4, "ada")).run()
    assert world.delivered == [1, 2, 3, 4]


def test_what_nobody_knows_changes_nothing() -> None:
    """Settled twice is settled once."""
    assert leave(Lanes(), (upsert(1),)) == (Lanes(), ())


def test_settled_twice_in_one_answer_is_settled_once_and_costs_no_other() -> None:
    """A request of many: the lanes after the odd one are looked at all the same."""
    lanes, _ = enter(Lanes(), (event(1, "ada"), event(2, "bob"), event(3, "bob"), event(4, "cid")))
    settled = (event(1, "ada"), event(1, "ada"), event(2, "bob"), event(4, "cid"))
    lanes, freed = leave(lanes, settled)
    assert (freed, dict(lanes.busy)) == ((), {"bob": 1})


def test_an_upsert_waits_for_the_last_of_three_events() -> None:
    """One by one they are counted down."""
    events = [event(n, "ada") for n in range(4)]
    lanes, _ = enter(Lanes(), (*events, upsert(9)))
    for one in events[:-1]:
        lanes, freed = leave(lanes, (one,))
        assert freed == ()
    assert [item.id for item in leave(lanes, events[-1:])[1]] == [9]


def test_who_was_held_holds_others_like_anyone_who_was_not() -> None:
    """A freed upsert goes alone; freed events let more events beside them, but no upsert."""
    lanes, _ = enter(Lanes(), (event(1, "ada"), upsert(2), event(3, "ada"), event(4, "ada")))
    lanes, _ = leave(lanes, (event(1, "ada"),))
    assert dict(lanes.busy) == {"ada": -1}
    lanes, freed = leave(lanes, (upsert(2),))
    assert [item.id for item in freed] == [3, 4]
    assert (dict(lanes.busy), dict(lanes.held)) == ({"ada": 2}, {})
    lanes, ready = enter(lanes, (event(5, "ada"), upsert(6)))
    assert [item.id for item in ready] == [5]
    lanes, _ = enter(Lanes(), (event(1, "ada"), upsert(2)))
    lanes, _ = leave(lanes, (event(1, "ada"),))
    assert enter(lanes, (event(3, "ada"),))[1] == ()


def test_a_lane_is_forgotten_once_nothing_waits() -> None:
    """A million profiles must not stay in memory."""
    world = World(limits=False)
    for number in range(0, 400, 2):
        world.feed(upsert(number, f"p{number}"), event(number + 1, f"p{number}"))
    world.run()
    sender = world.sender
    assert (sender.lanes, sender.flights, sender.delayed) == (Lanes(), {}, ())
    assert not any(sender.queues.values())


@pytest.mark.parametrize("mode", ["single", "auto"])
def test_who_goes_alone_is_not_kept_waiting_by_those_behind(mode: str) -> None:
    """A twin's turn comes where it stands, however many came after it."""
    world = World(mode=mode)  # type: ignore[arg-type]
    world.feed(event(1, repeat="x"), event(2, repeat="x"), *(event(n) for n in range(3, 3_000)))
    world.run()
    assert world.first_sent()[2] - world.settled_at()[1] < 0.1


def test_items_of_a_lane_that_arrive_later_are_held_too() -> None:
    """It makes no difference in how many pieces the stream is handed over."""
    together, apart = World(answers=lambda ask: None), World(answers=lambda ask: None)
    together.tell(Arrived((upsert(1), event(2, "ada"), upsert(3), event(4, "ada"))))
    for item in (upsert(1), event(2, "ada"), upsert(3), event(4, "ada")):
        apart.tell(Arrived((item,)))
    assert together.sender.lanes == apart.sender.lanes
    assert [item.id for item in apart.sender.lanes.held["ada"]] == [2, 3, 4]


def test_of_two_events_with_one_unique_id_the_first_is_the_one_that_is_kept() -> None:
    """In single mode too: Klaviyo keeps whichever comes first, and a retry must not be late."""
    world = World(
        answers=lambda ask: Answer(503) if (ask.item.id, ask.nth) == (1, 1) else OK, limits=False
    )
    world.feed(event(1, "ada", repeat="O-1"), event(2, "ada", repeat="O-1"), event(3, "bob")).run()
    assert world.delivered == [3, 1, 2]
