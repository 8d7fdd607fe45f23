"""What ends an item, and what ends it all?"""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.delivery.world import (
    DONE,
    NO_ANSWER,
    OK,
    PAGE,
    UPSERT,
    Request,
    World,
    event,
    receipt,
    refusal,
    upsert,
)

from walkeros_klaviyo.delivery.messages import Answer, Answered, Arrived, Draining, Post, Woke
from walkeros_klaviyo.delivery.retry import MAX_CHARGES
from walkeros_klaviyo.delivery.sender import SLOWEST, new_sender, step
from walkeros_klaviyo.delivery.speaker import described
from walkeros_klaviyo.delivery.verdict import FAULTS

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


SICK = refusal(500, "error", "We could not process it.")


def trickle(world: World, seconds: float, number: int = 10_000) -> World:
    """A new event every ten seconds, as in a shop that is open."""
    for more in range(int(seconds / 10)):
        world.feed(event(number + more)).run(until=10)
    return world


@pytest.mark.parametrize("mode", ["single", "auto", "bulk"])
@pytest.mark.parametrize(
    ("answer", "dies"),
    [(SICK, True), (NO_ANSWER, False), (Answer(None, fault="timeout"), False), (PAGE, False)],
    ids=["500", "reset", "timeout", "page"],
)
def test_a_row_that_always_fails_holds_up_nobody_and_dies_of_klaviyos_words_only(
    mode: str, answer: Answer, dies: bool
) -> None:
    """299 of 300 are delivered within a minute; it dies once it failed often while others passed.

    Not without that: when all others are delivered it may as well be an outage.
    """
    for seed, bad in enumerate((0, 150, 299) if dies else (150,)):
        sick = lambda ask, bad=bad: answer if bad in ask.ids else OK  # noqa: E731
        world = World(answers=sick, mode=mode, seed=seed, window=6_000)  # type: ignore[arg-type]
        world.feed(*(event(n) for n in range(300))).run(until=60)
        assert (len(world.delivered), world.stops) == (299, [])
        assert len(world.posts) < 330
        world.run(until=3_600)
        assert world.sender.is_stuck
        assert (world.dead, world.charged[bad] < MAX_CHARGES) == ({}, True)
        trickle(world, 3_600)
        assert (list(world.dead), world.pending) == (([bad], 0) if dies else ([], 1))
        assert len(world.delivered) == 299 + 360
        if dies:
            assert world.charged[bad] == MAX_CHARGES - 1
            assert (world.dead[bad].status, world.dead[bad].detail) == (
                500,
                "We could not process it.",
            )


@pytest.mark.parametrize("mode", ["single", "auto", "bulk"])
@pytest.mark.parametrize("bad", [{7}, {0, 1}, set(range(0, 300, 30))], ids=len)
def test_rows_that_always_fail_are_told_from_an_outage_also_when_they_are_the_last(
    mode: str, bad: set[int]
) -> None:
    """Whoever watches can end it then, with everything kept."""
    sick = lambda ask: SICK if not bad.isdisjoint(ask.ids) else OK  # noqa: E731
    world = World(answers=sick, mode=mode, window=6_000)  # type: ignore[arg-type]
    world.feed(*(event(n) for n in range(300))).run(until=0.5)
    assert not world.sender.is_stuck
    world.run(until=1_200)
    assert world.sender.is_stuck
    assert (len(world.delivered), world.dead, world.pending) == (300 - len(bad), {}, len(bad))
    trickle(world, 5_400)
    assert (set(world.dead), world.pending) == (bad, 0)


@pytest.mark.parametrize("mode", ["single", "auto", "bulk"])
def test_an_outage_is_not_being_stuck_and_charges_only_who_was_under_way(mode: str) -> None:
    """At its very beginning it looks like an item's own fault, once."""
    world = World(answers=lambda ask: OK if ask.at < START + 1 else Answer(503), mode=mode)  # type: ignore[arg-type]
    world.feed(*(event(n) for n in range(400)))
    for _ in range(100):
        world.run(until=60)
        assert not world.sender.is_stuck
    assert max(world.charged.values(), default=0) <= 1
    assert (world.dead, len(world.charged) <= 32) == ({}, True)
    world = World(mode=mode).feed(event(0)).run().jump(1.0)  # type: ignore[arg-type]
    world.answers = lambda ask: Answer(503)
    world.feed(*(event(n) for n in range(1, 20))).run(until=3_600)
    assert (world.charged, world.sender.is_stuck, world.pending) == ({}, False, 19)


def test_what_was_used_up_is_not_forgotten_by_a_restart() -> None:
    """The disk hands the items over with their charges; the next failure alone is the last."""
    answers = lambda ask: SICK if ask.item.id < 3 else OK  # noqa: E731
    worn = (evolve(event(n), charges=MAX_CHARGES - n) for n in range(3))
    world = World(answers=answers).feed(*worn, *(event(n) for n in range(3, 400))).run(until=20)
    assert world.dead.keys() == {0, 1, 2}
    assert (world.asked[0], world.asked[1], world.asked[2]) == (1, 1, 2)
    assert world.charged == {2: MAX_CHARGES - 1}


def test_a_poisonous_upsert_lets_its_events_go_when_it_dies() -> None:
    """They wait for it, and for it only."""
    world = World(answers=lambda ask: SICK if ask.item.id == 1 else OK)
    world.feed(event(0), upsert(1), event(2, "ada"), upsert(3), event(4, "ada"))
    for number in range(10, 1_000):
        world.feed(upsert(number, f"p{number}")).run(until=3)
    assert list(world.dead) == [1]
    assert {0, 2, 3, 4} <= set(world.delivered)


def test_a_crash_of_our_own_is_charged_whoever_passes() -> None:
    """It says nothing of the host, however long ago it was; in the end the item is set aside."""
    crash = Answer(None, fault="crash", body=b"boom")
    world = World(answers=lambda ask: crash if ask.item.id == 1 else OK, give_up=10.0)
    world.feed(event(1)).run()
    world.time += 3_600.0
    world.feed(event(2)).run()
    assert (list(world.dead), world.delivered, world.stops) == ([1], [2], [])
    assert (world.asked[1], world.dead[1].code) == (MAX_CHARGES, "crash")


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


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (refusal(401, "authentication_failed", "Bad key."), "key"),
        (refusal(403, "permission_denied", "Missing scope."), "scope"),
        (PAGE, "not-klaviyo"),
        (Answer(301), "not-klaviyo"),
        (Answer(None, fault="tls"), "tls"),
    ],
    ids=["401", "403", "page", "301", "tls"],
)
def test_a_stop_keeps_everything(answer: Answer, reason: str) -> None:
    """Nobody can mend it but a person: nothing more is sent, nothing is dropped.

    At once where Klaviyo says so; a stranger has until it is given up.
    """
    world = World(answers=lambda ask: answer)
    world.feed(*(upsert(n, f"p{n}") for n in range(40)), *(event(n) for n in range(100, 200)))
    world.run()
    at, stop = world.stops[0]
    assert (stop.reason, at - START >= 30.0) == (reason, reason == "not-klaviyo")
    assert (world.settled, world.pending) == ([], 140)


def test_after_a_stop_answers_still_count() -> None:
    """What was under way and got through must not be sent again."""
    sender, commands = step(new_sender(), Arrived((event(1), event(2))), 0.0)
    first, second = (one for one in commands if isinstance(one, Post))
    sender, _ = step(sender, Answered(first.request, refusal(401)), 0.1)
    sender, commands = step(sender, Answered(second.request, OK), 0.2)
    assert [type(one).__name__ for one in commands] == ["Delivered"]
    assert sender.pending == 1


@pytest.mark.parametrize("give_up", [0.5, 5.0, 30.0, 600.0])
@pytest.mark.parametrize("fault", ["connect", "reset", "timeout"])
def test_a_host_that_never_answers_is_given_up_in_time_and_not_before(
    give_up: float, fault: str
) -> None:
    """Counted from the first request; everything is kept. Any silence is none."""
    silence = Answer(None, fault=fault)  # type: ignore[arg-type]
    world = World(answers=lambda ask: silence, give_up=give_up)
    world.feed(*(event(n) for n in range(50))).run()
    ((at, stop),) = world.stops
    assert stop.reason == "unreachable"
    assert stop.detail == f"no answer in {give_up:g} seconds; last: {FAULTS[fault][1]}"
    assert give_up <= at - START < give_up + 1.0
    assert world.pending == 50


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


@pytest.mark.parametrize(
    "answer",
    [Answer(503), Answer(500, body=b"oops"), Answer(429), refusal(400), refusal(408)],
    ids=lambda one: str(one.status),
)
def test_even_an_error_is_an_answer(answer: Answer) -> None:
    """It may be Klaviyo's: what comes after it is an outage."""
    world = World(answers=lambda ask: answer if ask.nth == 1 else NOBODY, give_up=5.0)
    world.feed(event(1)).run(until=600)
    assert world.stops == []


STRANGERS = {
    "page 502": Answer(502, body=PAGE.body),
    "page": PAGE,
    "page 404": Answer(404, body=PAGE.body),
    "page 401": Answer(401, body=PAGE.body),
    "200 page": Answer(200, body=PAGE.body),
    "302": Answer(302, {"location": "https://portal.example/?next=x"}),
    "204": Answer(204),
    "200": Answer(200),
    "202 errors": evolve(refusal(400), status=202),
    "202 {}": Answer(202, body=b"{}"),
    "413": Answer(413),
    "400": Answer(400),
}


@pytest.mark.parametrize("stray", STRANGERS)
@pytest.mark.parametrize("mode", ["single", "auto", "bulk"])
def test_a_stranger_among_good_answers_stops_nothing_and_kills_nobody(
    stray: str, mode: str
) -> None:
    """One in five, and then an hour of nothing else: all of it is an outage."""

    def answers(ask: Request) -> Answer:
        if 30 < ask.at - START < 3_630 or (ask.at > START + 0.2 and ask.luck.random() < 0.2):
            return STRANGERS[stray]
        return OK

    world = World(answers=answers, jobs=lambda ask: DONE, mode=mode)  # type: ignore[arg-type]
    items = [upsert(n, f"p{n}") if n % 3 == 0 else event(n, f"p{n - n % 3}") for n in range(300)]
    world.feed(*items).run(until=29)
    world.feed(*(event(n) for n in range(1_000, 1_300))).run()
    assert (len(world.delivered), world.dead, world.stops) == (600, {}, [])


@pytest.mark.parametrize("stray", STRANGERS)
def test_a_host_that_is_a_stranger_is_given_up_and_told_as_what_it_is(stray: str) -> None:
    """Half a minute after the first request, with everything kept."""
    answer = STRANGERS[stray]
    world = World(answers=lambda ask: answer).feed(*(event(n) for n in range(50))).run()
    ((at, stop),) = world.stops
    assert (stop.reason, world.pending) == ("not-klaviyo", 50)
    assert 30.0 <= at - START < 31.0
    assert stop.detail == f"no answer of Klaviyo's in 30 seconds; last: {described(answer)}"


@pytest.mark.parametrize("rows", [1, 100, 1_000])
@pytest.mark.parametrize("seconds", [20.0, 40.0, 250.0, 400.0])
def test_a_large_body_is_given_its_time_to_be_sent(rows: int, seconds: float) -> None:
    """An uplink of 16 kB a second is waited for, also at the very beginning."""
    world = World(mode="bulk", latency=lambda luck: seconds, window=6_000)
    world.feed(*(evolve(event(n), size=4_000) for n in range(rows)))
    world.run(until=2_000)
    needed = 30.0 + rows * 4_000 // SLOWEST
    if seconds < needed:
        assert (len(world.delivered), world.stops) == (rows, [])
    else:
        assert [at - START for at, _ in world.stops] == [pytest.approx(needed, abs=0.1)]
        assert world.pending == rows - len(world.delivered)


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
    taken = Answered(1, receipt(UPSERT))
    for message in (Woke(), Arrived((event(3),)), taken, Draining(), Woke()):
        sender, commands = step(sender, message, 50.0)
        assert not [one for one in commands if isinstance(one, Post)]
    assert (sender.pending, sender.flying) == (2, 0)


def test_nothing_to_do_is_nothing_asked() -> None:
    """No sleep, no request: who has nothing waits for nothing."""
    assert step(new_sender(), Woke(), 5.0)[1] == ()
    assert World().run().steps == 0


def test_an_event_that_is_there_already_counts_as_delivered() -> None:
    """Its first answer was lost; the second try finds it recorded."""

    def answers(ask: Request) -> Answer:
        return refusal(409, "duplicate") if ask.nth > 1 else Answer(None, fault="reset")

    world = World(answers=answers).feed(event(1)).run()
    assert (world.delivered, world.dead) == ([1], {})
