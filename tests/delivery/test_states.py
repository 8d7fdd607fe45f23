"""Every state meets every message: what may change, and what must not?"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.delivery.world import (
    EVENT,
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

from walkeros_klaviyo.delivery.messages import (
    Answer,
    Answered,
    Arrived,
    Dead,
    Delivered,
    Draining,
    Item,
    Message,
    Post,
    Sleep,
    Woke,
)
from walkeros_klaviyo.delivery.sender import Sender, step

NOBODY = Answer(None, fault="connect")


def _new() -> World:
    return World()


def _flying() -> World:
    return World(answers=lambda ask: None).feed(event(1), upsert(2), event(3, "ada")).run(until=0.0)


def _held() -> World:
    return World(answers=lambda ask: None).feed(upsert(1), event(2, "ada"), upsert(3)).run(until=0)


def _paced() -> World:
    return World().feed(*(event(n) for n in range(400))).run(until=1.0)


def _delayed() -> World:
    world = World(answers=lambda ask: Answer(503), latency=lambda luck: 0.0)
    return world.feed(event(1), event(2)).run(until=0.0)


def _throttled() -> World:
    throttle = Answer(429, {"retry-after": "60"})
    return World(answers=lambda ask: throttle).feed(event(1), event(2)).run(until=1.0)


def _open() -> World:
    world = World(answers=lambda ask: Answer(503)).feed(*(event(n) for n in range(40)))
    return world.run(until=20.0)


def _failing() -> World:
    return World(answers=lambda ask: NOBODY, give_up=1e6).feed(event(1)).run(until=5.0)


def _draining() -> World:
    return _flying().drain()


def _stopped() -> World:
    return World(answers=lambda ask: refusal(401)).feed(*(event(n) for n in range(40))).run()


def _unreachable() -> World:
    return World(answers=lambda ask: NOBODY, give_up=1.0).feed(event(1)).run()


def _done() -> World:
    return World().feed(upsert(1), event(2, "ada")).run()


STATES: dict[str, Callable[[], World]] = {
    "new": _new,
    "flying": _flying,
    "held": _held,
    "paced": _paced,
    "delayed": _delayed,
    "throttled": _throttled,
    "breaker open": _open,
    "failing": _failing,
    "draining": _draining,
    "stopped": _stopped,
    "unreachable": _unreachable,
    "done": _done,
}

ANSWERS: dict[str, Answer] = {
    "202": OK,
    "400": refusal(400),
    "401": refusal(401),
    "403": refusal(403),
    "404": refusal(404),
    "409": refusal(409, "duplicate_event"),
    "413": refusal(413),
    "page": PAGE,
    "repair": refusal(400, pointer="/x/attributes/email"),
    "conflict": refusal(409, "duplicate_profile"),
    "429": Answer(429, {"retry-after": "3"}),
    "500": Answer(500),
    "503": Answer(503, {"retry-after": "3"}),
    "connect": NOBODY,
    "reset": Answer(None, fault="reset"),
    "timeout": Answer(None, fault="timeout"),
    "tls": Answer(None, fault="tls"),
    "crash": Answer(None, fault="crash"),
    "unsent": Answer(None, fault="unsent"),
    "half": Answer(202, fault="reset"),
    "spent": Answer(202, {"ratelimit-remaining": "0", "ratelimit-reset": "5"}),
}


def _first_flight(sender: Sender, answer: Answer) -> Message | None:
    return Answered(min(sender.flights), answer) if sender.flights else None


MESSAGES: dict[str, Callable[[Sender], Message | None]] = {
    "nothing arrives": lambda sender: Arrived(()),
    "an event arrives": lambda sender: Arrived((event(90_001, "ada"),)),
    "an upsert arrives": lambda sender: Arrived((upsert(90_002), event(90_003, "ada"))),
    "time passes": lambda sender: Woke(),
    "draining": lambda sender: Draining(),
    "an unknown answer": lambda sender: Answered(10**9, OK),
    **{
        f"answer {name}": lambda sender, answer=answer: _first_flight(sender, answer)  # type: ignore[misc]
        for name, answer in ANSWERS.items()
    },
}


UNDER_WAY = ("flying", "held", "paced", "draining")
"""The states in which some request has no answer yet."""


def test_the_table_of_states_is_right_about_itself() -> None:
    """Each state is what its name says, as far as requests go."""
    assert tuple(name for name in STATES if STATES[name]().sender.flights) == UNDER_WAY


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (state, message)
        for state in STATES
        for message in MESSAGES
        if state in UNDER_WAY or not message.startswith("answer ")
    ],
)
def test_every_message_in_every_state_keeps_the_books(state: str, message: str) -> None:
    """Conserved, nothing sent twice, nothing started after a stop: the world asserts it."""
    for later in (0.0, 0.3, 61.0, 86_400.0):
        world = STATES[state]()
        said = MESSAGES[message](world.sender)
        assert said is not None
        world.jump(later)
        before = world.sender
        kept = before.pending
        new = len(said.items) if isinstance(said, Arrived) else 0
        commands = world.tell(said)
        gone = sum(
            len(one.ids) if isinstance(one, Delivered) else isinstance(one, Dead)
            for one in commands
        )
        assert world.sender.pending == kept + new - gone
        assert before.pending == kept, "the state before was changed"
        if before.stopped or before.draining or isinstance(said, Draining):
            assert not [one for one in commands if isinstance(one, Post | Sleep)]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("state", STATES)
def test_an_unknown_requests_answer_changes_nothing(state: str, answer: str) -> None:
    """A late, doubled or invented answer is as if nothing had been said but the time."""
    world = STATES[state]()
    sender, now = world.sender, world.time
    for request in (0, -1, 10**9, *(n for n in range(1, 40) if n not in sender.flights)):
        assert step(sender, Answered(request, ANSWERS[answer]), now) == step(sender, Woke(), now)


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_counts_once(answer: str) -> None:
    """The second time its request is unknown."""
    sender = _flying().sender
    once, _ = step(sender, Answered(1, ANSWERS[answer]), 1_000.0)
    twice, commands = step(once, Answered(1, OK), 1_000.0)
    assert not [one for one in commands if isinstance(one, Delivered | Dead)]
    assert twice.pending == once.pending


@pytest.mark.parametrize("state", STATES)
def test_a_step_is_a_function_of_its_arguments(state: str) -> None:
    """The same again gives the same again, and the state that went in is as it was."""
    world = STATES[state]()
    sender, now = world.sender, world.time + 0.7
    shown = repr(sender)
    assert step(sender, Woke(), now, 0.4) == step(sender, Woke(), now, 0.4)
    assert repr(sender) == shown


@pytest.mark.parametrize("state", [name for name in STATES if name not in ("stopped", "draining")])
def test_from_every_state_good_answers_empty_the_queue(state: str) -> None:
    """None of them is a dead end."""
    world = STATES[state]()
    if state == "unreachable":
        assert world.stops
        return
    world.answers = lambda ask: OK
    for request, flight in list(world.sender.flights.items()):
        world.tell(Answered(request, receipt(flight.endpoint)))
    world.run()
    assert (world.pending, world.dead) == (0, {})


@pytest.mark.parametrize("call", [EVENT, UPSERT])
@pytest.mark.parametrize("answer", ANSWERS)
def test_items_in_are_delivered_dead_or_pending(call: str, answer: str) -> None:
    """Under every kind of answer at a third of the requests, whatever the seed."""

    def answers(ask: Request) -> Answer:
        return ANSWERS[answer] if ask.luck.random() < 0.3 else OK

    for seed in range(3):
        world = World(answers=answers, seed=seed, limits=False)
        world.feed(*(Item(n, call, (f"p{n % 7}",)) for n in range(60))).run(until=5_000)
        assert len(world.delivered) + len(world.dead) + world.pending == 60
        if not world.stops:
            assert world.pending == 0
