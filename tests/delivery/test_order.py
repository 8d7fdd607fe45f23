"""Who waits for whom, and whom does it not hold up?"""

from __future__ import annotations

import random

import pytest
from tests.delivery.world import OK, UPSERT, Request, World, event, keeps_order, refusal, upsert

from walkeros_klaviyo.delivery.lanes import Lanes, enter, leave
from walkeros_klaviyo.delivery.messages import Answer, Arrived, Item


def left(lanes: Lanes) -> dict[str, list[int]]:
    """How many are unsettled, by lane and group."""
    return {lane: [one.left for one in groups] for lane, groups in lanes.groups.items()}


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
    busy, _ = enter(Lanes(), (upsert(9),))
    lanes, ready = enter(busy, (event(1), upsert(2, None)))
    assert [item.id for item in ready] == [1, 2]
    assert lanes == busy
    assert leave(lanes, (event(1),)) == (lanes, ())
    assert leave(lanes, (upsert(2, None),)) == (lanes, ())


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
    assert (freed, left(lanes)) == ((), {"bob": [1]})


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
    assert [group.lanes for group in lanes.groups["ada"]] == [None, ("ada",)]
    lanes, freed = leave(lanes, (upsert(2),))
    assert [item.id for item in freed] == [3, 4]
    assert (left(lanes), dict(lanes.held)) == ({"ada": [2]}, {})
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
    assert list(apart.sender.lanes.held) == [2, 3, 4]


@pytest.mark.parametrize("shared", ["7", "ada", "+49"])
def test_items_that_share_one_of_several_lanes_keep_their_order(shared: str) -> None:
    """Whichever it is: Klaviyo may know the person by any of them."""
    whole, part = ("7", "ada", "+49"), (shared, "new")
    for items in (
        (upsert(1, whole), event(2, part)),
        (event(1, part), upsert(2, whole)),
        (upsert(1, part), upsert(2, whole)),
    ):
        world = World(answers=lambda ask: OK if ask.nth > 2 else Answer(503)).feed(*items).run()
        assert world.delivered == [1, 2]
        assert world.first_sent()[2] >= world.settled_at()[1]


def test_who_shares_lanes_with_two_waits_for_both() -> None:
    """Whoever of them is settled first."""
    first, second, third = upsert(1, "7"), upsert(2, "ada"), event(3, ("7", "ada"))
    for one, other in ((first, second), (second, first)):
        lanes, ready = enter(Lanes(), (first, second, third))
        assert ready == (first, second)
        lanes, freed = leave(lanes, (one,))
        assert freed == ()
        assert leave(lanes, (other,))[1] == (third,)


def test_events_of_just_the_same_lanes_go_side_by_side() -> None:
    """At once, and when they were held; they are waited for all the same."""
    both, last = ("7", "ada"), upsert(9, "ada")
    events = tuple(event(n, both) for n in range(2, 5))
    assert enter(Lanes(), events)[1] == events
    lanes, _ = enter(Lanes(), (upsert(1, "7"), *events, last))
    lanes, freed = leave(lanes, (upsert(1, "7"),))
    assert freed == events
    lanes, freed = leave(lanes, events[1:])
    assert freed == ()
    assert leave(lanes, events[:1])[1] == (last,)


@pytest.mark.parametrize("later", ["7", ("7", "bob"), ("7", "ada", "+49")])
def test_events_of_different_lanes_that_share_one_do_not(later: str | tuple[str, ...]) -> None:
    """The later may name the person anew."""
    for one, other in ((("7", "ada"), later), (later, ("7", "ada"))):
        first, second = event(1, one), event(2, other)
        lanes, ready = enter(Lanes(), (first, second))
        assert ready == (first,)
        assert leave(lanes, (first,))[1] == (second,)


def test_an_event_is_held_by_what_came_between_in_one_lane_only() -> None:
    """Beside its like in the other lane, and not before it is free in both."""
    both = ("7", "ada")
    lanes, ready = enter(Lanes(), (event(1, both), upsert(2, "ada"), event(3, both)))
    assert [item.id for item in ready] == [1]
    lanes, freed = leave(lanes, (event(1, both),))
    assert [item.id for item in freed] == [2]
    lanes, freed = leave(lanes, (upsert(2, "ada"),))
    assert [item.id for item in freed] == [3]
    assert leave(lanes, (event(3, both),)) == (Lanes(), ())


def test_a_subscription_is_waited_for_as_an_upsert_is() -> None:
    """It changes the profile too."""
    subscription = Item(1, "profiles.bulk_subscribe_profiles", ("ada",))
    lanes, ready = enter(Lanes(), (subscription, event(2, "ada")))
    assert ready == (subscription,)
    assert [item.id for item in leave(lanes, (subscription,))[1]] == [2]


def test_what_one_answer_frees_goes_in_the_order_of_acceptance() -> None:
    """In whatever order the lanes are looked at."""
    items = (upsert(1, "7"), upsert(2, "ada"), event(3, "ada"), event(4, "7"))
    lanes, _ = enter(Lanes(), items)
    assert [item.id for item in leave(lanes, items[:2])[1]] == [3, 4]


PEOPLE = (None, "a", "b", "c", ("a", "b"), ("b", "a"), ("b", "c"), ("a", "b", "c"))
"""Whose calls are drawn below: nobody's, and those of people who share identifiers."""


@pytest.mark.parametrize("seed", range(20))
def test_whatever_arrives_and_is_settled_in_any_order(seed: int) -> None:
    """Nobody goes before who shares a lane, or waits for nobody; all go, and all is forgotten."""
    luck = random.Random(seed)
    for _ in range(100):
        most = luck.randrange(1, 16)
        make = [luck.choice([event, event, upsert]) for _ in range(most)]
        items = [one(n, luck.choice(PEOPLE)) for n, one in enumerate(make)]
        lanes, came, going = Lanes(), list[Item](), list[Item]()
        settled = set[int]()
        while len(settled) < most:
            if len(came) < most and (not going or luck.random() < 0.5):
                fresh = items[len(came) :][: luck.randrange(1, 5)]
                came += fresh
                lanes, ready = enter(lanes, tuple(fresh))
            else:
                assert going, "everybody waits"
                gone = luck.sample(going, luck.randrange(1, min(len(going), 3) + 1))
                going = [item for item in going if item not in gone]
                settled |= {item.id for item in gone}
                lanes, ready = leave(lanes, tuple(gone))
            going += ready
            under_way = {item.id for item in going}
            assert len(under_way) == len(going), "let go twice"
            assert under_way.isdisjoint(settled), "let go again"
            waits = {
                item.id
                for at, item in enumerate(came)
                if any(one.id not in settled and keeps_order(one, item) for one in came[:at])
            }
            assert waits.isdisjoint(under_way), "let go too early"
            assert waits == lanes.held.keys(), "who waits is held, and nobody else"
        assert lanes == Lanes()


def test_of_two_events_with_one_unique_id_the_first_is_the_one_that_is_kept() -> None:
    """In single mode too: Klaviyo keeps whichever comes first, and a retry must not be late."""
    world = World(
        answers=lambda ask: Answer(503) if (ask.item.id, ask.nth) == (1, 1) else OK, limits=False
    )
    world.feed(event(1, "ada", repeat="O-1"), event(2, "ada", repeat="O-1"), event(3, "bob")).run()
    assert world.delivered == [3, 1, 2]
