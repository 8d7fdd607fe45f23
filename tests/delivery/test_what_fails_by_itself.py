"""Does what fails by itself hold up anybody else, or die unheard?"""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.delivery.world import (
    BULK_EVENTS,
    BULK_PROFILES,
    DONE,
    EVENT,
    NO_ANSWER,
    OK,
    PAGE,
    UPSERT,
    Answers,
    Request,
    World,
    event,
    refusal,
    upsert,
)

from walkeros_klaviyo.delivery.batch import Mode
from walkeros_klaviyo.delivery.messages import Answer

THROTTLES = [
    Answer(429),
    Answer(429, {"retry-after": "1"}),
    evolve(refusal(429), headers={"retry-after": "2"}),
]


def poisoned(answer: Answer) -> Answers:
    """Whoever has item 7 in its request gets this answer."""
    return lambda ask: answer if 7 in ask.ids else OK


@pytest.mark.parametrize("throttle", THROTTLES)
@pytest.mark.parametrize("count", [300, 12_000])
def test_one_row_that_is_always_throttled_holds_up_no_other(throttle: Answer, count: int) -> None:
    """A 429 with no rate behind it: halved like other trouble of its own, and never dead."""
    world = World(answers=poisoned(throttle), mode="bulk", window=12_000)
    world.feed(*(event(n) for n in range(count))).run(until=120)
    assert len(world.delivered) == count - 1
    assert not world.dead


def test_one_that_is_always_throttled_alone_holds_up_no_other() -> None:
    """Each time it is answered 429 the others' window would be shut for half a minute."""
    throttle = evolve(refusal(429), headers={"retry-after": "30"})
    world = World(answers=poisoned(throttle), window=5_000)
    world.feed(*(event(n) for n in range(3_000))).run(until=300)
    assert len(world.delivered) == 2_999
    assert not world.dead


@pytest.mark.parametrize("blocked", [PAGE, NO_ANSWER, Answer(503), Answer(429)])
@pytest.mark.parametrize("mode", ["auto", "bulk"])
def test_where_the_bulk_endpoint_is_blocked_events_go_single(blocked: Answer, mode: Mode) -> None:
    """A firewall's rule for one path, say."""
    world = World(
        answers=lambda ask: blocked if ask.call == BULK_EVENTS else OK, mode=mode, window=12_000
    )
    world.feed(*(event(n) for n in range(1_000))).run(until=600)
    assert len(world.delivered) == 1_000


@pytest.mark.parametrize("blocked", [PAGE, NO_ANSWER, Answer(503)])
def test_where_imports_are_blocked_profiles_go_single(blocked: Answer) -> None:
    """And the events behind them after them."""
    world = World(
        answers=lambda ask: blocked if ask.call == BULK_PROFILES else OK,
        mode="auto",
        window=12_000,
    )
    world.feed(*(upsert(n, f"p{n}") for n in range(500)))
    world.feed(*(event(1_000 + n, f"p{n}") for n in range(500))).run(until=400)
    assert len(world.delivered) == 1_000


@pytest.mark.parametrize("items", [[event(7)], [event(7), event(8)], [upsert(7)]])
def test_no_row_dies_of_a_bulk_refusal_that_does_not_name_it(items: list[object]) -> None:
    """It may be the endpoint that is refused; the single one takes it."""
    world = World(
        answers=lambda ask: OK if ask.call in (EVENT, UPSERT) else refusal(400), mode="bulk"
    )
    world.feed(*items).run(until=60)  # type: ignore[arg-type]
    assert len(world.delivered) == len(items)
    assert not world.dead


@pytest.mark.parametrize("question", [PAGE, NO_ANSWER, Answer(500)])
@pytest.mark.parametrize(("others", "patience"), [(True, 400), (False, 700)])
def test_imports_of_which_nobody_can_be_asked_go_single_after_their_patience(
    question: Answer, others: bool, patience: float
) -> None:
    """Others get through, or the import itself does, twice: no import is begun for ever."""
    world = World(answers=lambda ask: OK, jobs=lambda ask: question, mode="bulk")
    world.feed(*(upsert(n, f"p{n}") for n in range(100)))
    world.feed(*(event(2_000 + n, f"p{n}") for n in range(100))).run(until=290)
    world.feed(*(event(1_000 + n) for n in range(10 * others))).run(until=patience - 290)
    assert len(world.delivered) == 200 + 10 * others
    assert len(world.times(BULK_PROFILES)) < 3


def test_an_import_in_an_outage_is_not_cut_to_pieces() -> None:
    """Where nobody is heard, the question fails like all else."""

    def answers(ask: Request) -> Answer:
        return OK if ask.at < 1_002 or ask.at > 9_000 else Answer(503)

    world = World(
        answers=answers,
        jobs=lambda ask: DONE if ask.at > 9_000 else Answer(503),
        mode="bulk",
        window=12_000,
    )
    world.feed(*(upsert(n, f"p{n}") for n in range(5_000))).run()
    assert len(world.delivered) == 5_000
    assert len(world.times(UPSERT)) < 500


@pytest.mark.parametrize("status", [503, 403])
def test_a_strangers_retry_after_for_one_holds_up_no_other(status: int) -> None:
    """It comes again at each of its requests."""
    page = evolve(PAGE, status=status, headers={"retry-after": "300"})
    world = World(answers=poisoned(page), window=5_000)
    world.feed(*(event(n) for n in range(100))).run(until=100)
    world.feed(*(event(n) for n in range(100, 3_000))).run(until=900)
    assert len(world.delivered) == 2_999
    assert not world.dead
