"""Does an item move as the table says, and in no other way?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from textwrap import indent
from typing import Any

import pytest
from attrs import evolve
from tests.delivery.world import (
    BULK_PROFILES,
    DONE,
    OK,
    PARTLY,
    UPSERT,
    Request,
    World,
    event,
    job,
    named,
    refusal,
    upsert,
)

from walkeros_klaviyo.delivery import sender as under_test
from walkeros_klaviyo.delivery.life import MOVES, draw, places
from walkeros_klaviyo.delivery.messages import Answer, Dead, Delivered
from walkeros_klaviyo.delivery.sender import Sender, new_sender

PHASES = ("_arrived", "answered", "_due", "_give_up", "_dispatch")
"""The parts of a step, in each of which an item moves once at most."""

Moved = Counter[tuple[str, str]]


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Moved:
    """Every move of every item, while the test runs."""
    seen: Moved = Counter()
    for name in PHASES:
        monkeypatch.setattr(under_test, name, watched(getattr(under_test, name), seen))
    return seen


def watched(phase: Callable[..., Any], seen: Moved) -> Callable[..., Any]:
    """A part of a step, with a look at where everything is before and after."""

    def look(sender: Sender, *given: Any) -> Any:
        before = {item.id: place for item, place in places(sender)}
        if phase.__name__ == "_arrived":
            before.update((item.id, "arrived") for item in given[0])
        came = phase(sender, *given)
        after_sender, commands = came if isinstance(came, tuple) else (came, ())
        after: dict[int, str] = {item.id: place for item, place in places(after_sender)}
        for command in commands:
            if isinstance(command, Delivered):
                after.update((number, "delivered") for number in command.ids)
            if isinstance(command, Dead):
                after[command.id] = "dead"
        assert before.keys() == after.keys(), "nobody vanishes or appears"
        seen.update((before[one], after[one]) for one in before if before[one] != after[one])
        return came

    return look


def storm(ask: Request) -> Answer:
    """Every kind of answer; every 31st item is refused."""
    roll = ask.luck.random()
    for share, answer in (
        (0.08, Answer(503)),
        (0.14, Answer(None, fault="reset")),
        (0.20, Answer(429, {"retry-after": "1"})),
    ):
        if roll < share:
            return answer
    bad = [row for row, item in enumerate(ask.items) if item.id % 31 == 4]
    if ask.call == BULK_PROFILES:
        return OK
    if bad and roll < 0.6 and len(ask.items) > 1:
        return named((bad[0], "invalid"))
    return refusal(400) if bad else OK


def failing(row: int) -> Callable[[Request], Answer]:
    """Imports of which this row fails."""
    return lambda ask: named((row, "x"), status=200) if ask.errors else PARTLY


def worlds() -> list[World]:
    """All modes, in fair weather and foul."""
    jobs = (lambda ask: DONE, failing(0), failing(-1), lambda ask: job("cancelled"))
    return [
        World(answers=storm, jobs=told, mode=mode, seed=seed)  # type: ignore[arg-type]
        for mode in ("single", "auto", "bulk")
        for seed, told in enumerate(jobs)
    ]


def test_every_move_is_in_the_table_and_every_row_is_a_move(moved: Moved) -> None:
    """Whatever the world: the table is neither too short nor too long."""
    for world in worlds():
        luck = world.luck
        for number in range(250):
            lane = f"p{luck.randrange(40)}"
            twin = f"{lane} r{luck.randrange(9)}"
            item = upsert(number, lane) if luck.random() < 0.3 else event(number, lane, twin)
            world.feed(evolve(item, bulk=luck.random() < 0.5))
        world.run()
        assert world.pending == 0
    table = {(start, end) for start, end, _ in MOVES}
    assert set(moved) - table == set(), "moves that the table does not know"
    assert table - set(moved) == set(), "rows that nobody has seen"


def test_the_drawing_at_the_senders_head_is_made_from_the_table() -> None:
    """Else one of them would soon be wrong."""
    assert indent(draw(), "    ") in (under_test.__doc__ or "")


def test_the_table_says_each_thing_once_and_goes_everywhere() -> None:
    """Everything but the ends leads on, and everything but the start is led to."""
    pairs = [(start, end) for start, end, _ in MOVES]
    assert len(set(pairs)) == len(pairs)
    starts, ends = {start for start, _ in pairs}, {end for _, end in pairs}
    assert ends - starts == {"delivered", "dead"}
    assert starts - ends == {"arrived"}


def test_every_item_is_in_one_place() -> None:
    """As many as are pending, each once."""
    assert list(places(new_sender())) == []
    world = World(answers=lambda ask: None if ask.item.call == UPSERT else Answer(503))
    world.feed(upsert(1), event(2, "ada"), event(3), event(4, "bob")).run(until=0.2)
    found = {item.id: place for item, place in places(world.sender)}
    assert found[1] == "flying" and found[2] == "held"
    assert len(found) == world.sender.pending == 4
