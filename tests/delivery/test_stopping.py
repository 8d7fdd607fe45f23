"""What ends an item, and what ends it all?"""

from __future__ import annotations

import pytest
from tests.delivery.world import OK, UPSERT, Even, Request, World, event, refusal, upsert

from walkeros_klaviyo.delivery.messages import Answer, Answered, Arrived, Draining, Post, Woke
from walkeros_klaviyo.delivery.retry import MAX_CHARGES
from walkeros_klaviyo.delivery.sender import new_sender, step

START = 1_000.0
NOBODY = Answer(None, fault="connect")


def test_a_refused_item_dies_alone_and_in_klaviyos_words() -> None:
    """A 400 is about one item; it costs one request."""
    no = refusal(400, "invalid", "Metric is odd.", "/data/attributes/metric")
    world = World(answers=lambda ask: no if ask.item.id == 2 else OK)
    world.feed(event(1), event(2), event(3)).run()
    letter = world.dead[2]
    assert sorted(world.delivered) == [1, 3]
    assert (letter.status, letter.code, letter.detail) == (400, "invalid", "Metric is odd.")
    assert (letter.pointer, world.asked[2]) == ("/data/attributes/metric", 1)


def poison(count: int) -> World:
    """One event always meets 500, while the others flow by at their pace."""
    no = refusal(500, "error", "We could not process it.")
    world = World(answers=lambda ask: no if ask.item.id == 1 else OK, luck=Even(0.1))
    return world.feed(*(event(n) for n in range(count)))


def test_a_poisonous_event_dies_while_others_get_through() -> None:
    """It must not be tried for ever, and takes nobody along."""
    world = poison(5_000).run()
    assert list(world.dead) == [1]
    assert (world.dead[1].status, world.dead[1].detail) == (500, "We could not process it.")
    assert world.asked[1] == MAX_CHARGES
    assert len(world.delivered) == 4_999


@pytest.mark.parametrize("count", [2, 10, 500])
def test_a_poisonous_event_is_given_up_also_when_it_is_the_last(count: int) -> None:
    """The others are long delivered: the run must come to an end within some hours."""
    world = poison(count)
    world.run(until=6 * 3_600)
    assert (list(world.dead), world.pending) == ([1], 0)


@pytest.mark.parametrize("count", [2, 3, 40])
def test_poisonous_events_are_given_up_also_when_they_are_the_last(count: int) -> None:
    """They must not keep each other alive, each taking the others for an outage."""
    world = World(answers=lambda ask: refusal(500) if ask.item.id < count else OK)
    world.feed(*(event(n) for n in range(100))).run(until=12 * 3_600)
    assert (sorted(world.dead), world.pending) == (list(range(count)), 0)


def test_a_poisonous_upsert_does_not_hold_its_events_for_ever() -> None:
    """They wait for it, so it is never the only one; it must die all the same."""
    world = World(answers=lambda ask: refusal(500) if ask.item.id == 1 else OK)
    world.feed(event(0), upsert(1), event(2, "ada"), upsert(3), event(4, "ada"))
    world.run(until=12 * 3_600)
    assert list(world.dead) == [1]
    assert sorted(world.delivered) == [0, 2, 3, 4]


@pytest.mark.parametrize("count", [1, 2, 50])
def test_a_days_outage_costs_no_item_whatever_their_number(count: int) -> None:
    """Nobody is there: that is no item's fault, also if a single one is left."""

    def answers(ask: Request) -> Answer:
        down = 10 < ask.at - START < 86_400
        return NOBODY if down else OK

    world = World(answers=answers).feed(event(0)).run()
    world.run(until=20)
    world.feed(*(event(n) for n in range(1, count + 1))).run()
    assert (world.dead, len(world.delivered)) == ({}, count + 1)


def test_a_poisonous_upsert_lets_its_events_go_when_it_dies() -> None:
    """Also by patience worn out, not only by a refusal."""
    world = World(answers=lambda ask: Answer(500) if ask.item.id == 1 else OK, luck=Even(0.1))
    world.feed(upsert(1), event(2, "ada"), *(upsert(n, f"p{n}") for n in range(3, 1_500))).run()
    assert list(world.dead) == [1]
    assert 2 in world.delivered


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (refusal(401, "authentication_failed", "Bad key."), "key"),
        (refusal(403, "permission_denied", "Missing scope."), "scope"),
        (Answer(404, body=b"<html>"), "not-klaviyo"),
        (Answer(301), "not-klaviyo"),
        (Answer(None, fault="tls"), "tls"),
    ],
    ids=["401", "403", "404 html", "301", "tls"],
)
def test_a_stop_keeps_everything(answer: Answer, reason: str) -> None:
    """Nobody can mend it but a person: nothing more is sent, nothing is dropped."""
    world = World(answers=lambda ask: answer)
    world.feed(*(upsert(n, f"p{n}") for n in range(40)), *(event(n) for n in range(100, 200)))
    world.run()
    assert world.stops[0][1].reason == reason
    assert (world.settled, world.pending) == ([], 140)


def test_a_stop_in_the_middle_keeps_what_came_before() -> None:
    """The key was withdrawn: what was delivered stays delivered, the rest waits."""
    world = World(answers=lambda ask: OK if ask.at < START + 2 else refusal(401))
    world.feed(*(event(n) for n in range(400))).run()
    assert 0 < len(world.delivered) < 400
    assert len(world.delivered) + world.pending == 400
    assert not world.dead


def test_after_a_stop_answers_still_count() -> None:
    """What was under way and got through must not be sent again."""
    sender, commands = step(new_sender(), Arrived((event(1), event(2))), 0.0)
    first, second = (one for one in commands if isinstance(one, Post))
    sender, _ = step(sender, Answered(first.request, refusal(401)), 0.1)
    sender, commands = step(sender, Answered(second.request, OK), 0.2)
    assert [type(one).__name__ for one in commands] == ["Delivered"]
    assert sender.pending == 1


@pytest.mark.parametrize("give_up", [0.5, 5.0, 30.0, 600.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_host_that_never_answers_is_given_up_in_time_and_not_before(
    give_up: float, seed: int
) -> None:
    """Counted from the first request; everything is kept."""
    world = World(answers=lambda ask: NOBODY, give_up=give_up, seed=seed)
    world.feed(*(event(n) for n in range(50))).run()
    ((at, stop),) = world.stops
    assert stop.reason == "unreachable"
    assert f"{give_up:g} seconds" in stop.detail
    assert give_up <= at - START < give_up + 1.0
    assert world.pending == 50


@pytest.mark.parametrize("fault", ["connect", "reset", "timeout"])
def test_any_silence_counts_as_never_answering(fault: str) -> None:
    """Refused, cut off or too slow: nobody has answered."""
    world = World(answers=lambda ask: Answer(None, fault=fault), give_up=10.0)  # type: ignore[arg-type]
    world.feed(event(1)).run()
    assert world.stops[0][1].reason == "unreachable"


@pytest.mark.parametrize("count", [1, 4, 32, 100])
def test_a_host_that_comes_up_in_time_is_noticed(count: int) -> None:
    """Started two seconds after us: it must be tried again before it is given up."""
    world = World(answers=lambda ask: NOBODY if ask.at < START + 2 else OK)
    world.feed(*(event(n) for n in range(count))).run()
    assert (world.stops, len(world.delivered)) == ([], count)


def test_a_host_that_has_answered_is_waited_for() -> None:
    """It is Klaviyo, and it comes back."""

    def answers(ask: Request) -> Answer:
        return OK if ask.at < START + 0.5 or ask.at > START + 7_200 else NOBODY

    world = World(answers=answers, give_up=1.0).feed(event(0)).run()
    world.time += 1.0
    world.feed(*(event(n) for n in range(1, 50))).run()
    assert (world.stops, len(world.delivered)) == ([], 50)


def test_even_an_error_is_an_answer() -> None:
    """A 503 comes from someone."""
    world = World(answers=lambda ask: Answer(503) if ask.nth == 1 else NOBODY, give_up=5.0)
    world.feed(event(1)).run(until=600)
    assert world.stops == []


def test_a_request_that_could_not_be_made_asked_nobody() -> None:
    """A crash of our own says nothing of the host, however long ago it was."""
    crash = Answer(None, fault="crash", body=b"boom")
    world = World(answers=lambda ask: crash if ask.item.id == 1 else OK).feed(event(1)).run()
    world.time += 3_600.0
    world.feed(event(2)).run()
    assert (list(world.dead), world.delivered, world.stops) == ([1], [2], [])


def test_give_up_of_nothing_stops_at_the_first_failure() -> None:
    """For scripts that would rather know at once."""
    world = World(answers=lambda ask: NOBODY, give_up=0.0).feed(event(1)).run()
    assert (world.stops[0][1].reason, world.asked[1]) == ("unreachable", 1)


def test_draining_starts_nothing_new() -> None:
    """What is under way may end; the world asserts that nothing else begins."""
    world = World().feed(upsert(1), event(2, "ada"), *(event(n) for n in range(3, 300)))
    world.run(until=0.01)
    flying = world.sender.flying
    world.drain().run(until=600)
    assert 0 < flying <= 32
    assert len(world.delivered) == flying
    assert world.pending == 299 - flying


def test_draining_is_not_undone_by_news() -> None:
    """Nor by time, nor by answers that would let others go."""
    sender, commands = step(new_sender(), Arrived((upsert(1), event(2, "ada"))), 0.0)
    sender, _ = step(sender, Draining(), 0.1)
    assert isinstance(commands[0], Post)
    for message in (Woke(), Arrived((event(3),)), Answered(1, OK), Draining(), Woke()):
        sender, commands = step(sender, message, 50.0)
        assert not [one for one in commands if isinstance(one, Post)]
    assert (sender.pending, sender.flying) == (2, 0)


def test_a_failure_while_draining_is_kept_for_the_next_run() -> None:
    """It is neither delivered nor dead, so it waits."""
    world = World(answers=lambda ask: Answer(503)).feed(event(1)).run(until=0.0)
    world.drain().run(until=100)
    assert (world.pending, world.settled) == (1, [])


def test_nothing_to_do_is_nothing_asked() -> None:
    """No sleep, no request: who has nothing waits for nothing."""
    assert step(new_sender(), Woke(), 5.0)[1] == ()
    assert World().run().steps == 0


def test_upserts_and_events_end_the_same_way() -> None:
    """The endpoint makes no difference to what an answer does."""
    for make in (event, upsert):
        for answer, settled in ((OK, 1), (refusal(400), 1), (refusal(401), 0)):
            world = World(answers=lambda ask, answer=answer: answer).feed(make(1, "ada")).run()
            assert len(world.settled) == settled
    assert UPSERT.startswith("profiles.")


def test_an_event_that_is_there_already_counts_as_delivered() -> None:
    """Its first answer was lost; the second try finds it recorded."""

    def answers(ask: Request) -> Answer:
        return refusal(409, "duplicate") if ask.nth > 1 else Answer(None, fault="reset")

    world = World(answers=answers).feed(event(1)).run()
    assert (world.delivered, world.dead) == ([1], {})
