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
    WORKING,
    Answers,
    Request,
    World,
    event,
    job,
    named,
    refusal,
    upsert,
)

from walkeros_klaviyo.delivery.batch import Mode
from walkeros_klaviyo.delivery.messages import Answer, Item

THROTTLES = [
    Answer(429),
    Answer(429, {"retry-after": "1"}),
    evolve(refusal(429), headers={"retry-after": "2"}),
]


def poisoned(answer: Answer) -> Answers:
    """Whoever has item 7 in its request gets this answer."""
    return lambda ask: answer if 7 in ask.ids else OK


@pytest.mark.parametrize("throttle", THROTTLES)
@pytest.mark.parametrize("count", [300, 3_000])
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
    assert len(world.times(UPSERT)) < 1_000


@pytest.mark.parametrize("status", [503, 403])
def test_a_strangers_retry_after_for_one_holds_up_no_other(status: int) -> None:
    """It comes again at each of its requests."""
    page = evolve(PAGE, status=status, headers={"retry-after": "300"})
    world = World(answers=poisoned(page), window=5_000)
    world.feed(*(event(n) for n in range(100))).run(until=100)
    world.feed(*(event(n) for n in range(100, 3_000))).run(until=900)
    assert len(world.delivered) == 2_999
    assert not world.dead


@pytest.mark.parametrize("refused", [refusal(404), refusal(409), refusal(413)])
@pytest.mark.parametrize("failing", [Answer(503), PAGE, NO_ANSWER])
@pytest.mark.parametrize("item", [event(7), upsert(7)])
def test_who_failed_alone_does_not_die_of_the_bulk_endpoints_words(
    refused: Answer, failing: Answer, item: Item
) -> None:
    """It is tried in bulk now and then; a refusal there that names nobody is no verdict."""

    def answers(ask: Request) -> Answer:
        if ask.call in (BULK_EVENTS, BULK_PROFILES):
            return refused
        return failing if 7 in ask.ids and ask.at < 1_060 else OK

    world = World(answers=answers, mode="bulk", window=6_000)
    world.feed(item, *(event(n) for n in range(100, 2_000))).run(until=600)
    assert (len(world.delivered), world.dead) == (1_901, {})


@pytest.mark.parametrize("blocked", [PAGE, NO_ANSWER, Answer(503), Answer(413), Answer(429)])
@pytest.mark.parametrize("item", [event(7), upsert(7)])
def test_a_lone_row_whose_bulk_endpoint_is_blocked_goes_single(blocked: Answer, item: Item) -> None:
    """Klaviyo is heard elsewhere: only that endpoint is shut."""
    other = upsert(1, "eve") if item.call == EVENT else event(1)
    bulk = BULK_EVENTS if item.call == EVENT else BULK_PROFILES
    world = World(answers=lambda ask: blocked if ask.call == bulk else OK, mode="bulk")
    world.feed(other, item).run(until=300)
    assert len(world.delivered) == 2


@pytest.mark.parametrize(
    ("counts", "named_rows"),
    [
        ({"failed_count": 5}, 1),
        ({"failed_count": 10, "completed_count": 0, "total_count": 10}, 1),
        ({"failed_count": 0, "completed_count": 3, "total_count": 10}, 0),
    ],
)
def test_rows_of_an_import_that_failed_unnamed_go_alone(
    counts: dict[str, int], named_rows: int
) -> None:
    """More failed than are named: none of the rest counts as delivered before it is."""
    told = named(*((row, "invalid") for row in range(named_rows)), status=200)
    world = World(jobs=lambda ask: told if ask.errors else job("complete", **counts), mode="bulk")
    world.feed(*(upsert(n, f"p{n}") for n in range(10))).run(until=300)
    assert len(world.delivered) == 10 - named_rows
    assert len(world.times(UPSERT)) == 10 - named_rows


@pytest.mark.parametrize("thin", [b'{"data":{}}', b'{"data":[]}', b'{"data":{"attributes":{}}}'])
def test_a_thin_answer_about_an_import_says_nothing(thin: bytes) -> None:
    """It is no "still working": after the patience its rows are sent again."""
    world = World(jobs=lambda ask: Answer(200, body=thin), mode="bulk")
    world.feed(*(upsert(n, f"p{n}") for n in range(10))).run(until=290)
    world.feed(event(100)).run(until=700)
    assert len(world.times(UPSERT)) == 10
    assert len(world.delivered) == 11


@pytest.mark.parametrize("question", [PAGE, None])
def test_many_small_imports_of_which_nobody_can_be_asked_go_single_together(
    question: Answer | None,
) -> None:
    """And new ones do not begin an import while questions are not answered."""
    world = World(jobs=lambda ask: question or NO_ANSWER, mode="bulk")

    def latency(luck: object) -> float:
        is_asked = question is None and bool(world.asks) and world.asks[-1][0] == world.time
        return 60.0 if is_asked else 0.05

    world.latency = latency
    for n in range(100):
        world.feed(upsert(n, f"p{n}")).run(until=2)
    world.run(until=700)
    assert len(world.delivered) == 100
    assert len(world.times(BULK_PROFILES)) < 60


@pytest.mark.parametrize("blocked", [PAGE, NO_ANSWER, Answer(503)])
def test_a_bulk_endpoint_that_is_blocked_later_goes_single_soon(blocked: Answer) -> None:
    """Some rows fail by themselves; what passed before the block says nothing of it."""

    def answers(ask: Request) -> Answer:
        if ask.call == BULK_EVENTS and ask.at > 1_020:
            return blocked
        bad = any(number % 50 == 0 for number in ask.ids)
        return Answer(503) if bad and ask.at < 1_060 else OK

    world = World(answers=answers, mode="bulk", window=6_000)
    world.feed(*(event(n) for n in range(1, 501))).run(until=600)
    assert (len(world.delivered), world.dead) == (500, {})


def test_a_pages_retry_after_does_not_outlast_the_first_half_minute() -> None:
    """In bulk, with one bad row: the others get through before it gives up."""
    page = evolve(PAGE, headers={"retry-after": "300"})
    world = World(answers=poisoned(page), mode="bulk", window=6_000)
    world.feed(*(event(n) for n in range(400))).run(until=120)
    assert (len(world.delivered), world.stops) == (399, [])


@pytest.mark.parametrize("mode", ["single", "bulk"])
@pytest.mark.parametrize("bad", [2, 20])
def test_some_rows_with_a_pages_retry_after_hold_up_no_other_for_long(mode: Mode, bad: int) -> None:
    """Each of them alone, in the end."""
    page = evolve(PAGE, headers={"retry-after": "300"})
    sick = set(range(5, 5 + 13 * bad, 13))
    world = World(
        answers=lambda ask: page if not sick.isdisjoint(ask.ids) else OK, mode=mode, window=6_000
    )
    world.feed(*(event(n) for n in range(3_000))).run(until=300)
    assert (len(world.delivered), world.dead) == (3_000 - bad, {})


@pytest.mark.parametrize("part", [0.8, 0.9])
def test_an_endpoint_that_mostly_fails_kills_nobody(part: float) -> None:
    """Who fails often while few get through is not to blame."""
    world = World(answers=lambda ask: Answer(503) if ask.luck.random() < part else OK)
    world.feed(*(event(n) for n in range(300))).run(until=20_000)
    assert (len(world.delivered), world.dead) == (300, {})


def test_an_outage_after_many_failed_alone_costs_few_requests() -> None:
    """What failed by itself says something again where nobody gets through."""

    def answers(ask: Request) -> Answer:
        if ask.at > 1_030:
            return Answer(503)
        return PAGE if ask.item.id < 1_000 else OK

    world = World(answers=answers, limits=False, window=6_000)
    world.feed(*(event(n) for n in range(2_000))).run(until=1_230)
    assert len([at for at in world.times() if at > 1_031]) < 300


def test_a_late_import_that_was_cancelled_takes_no_other_with_it() -> None:
    """Its question was answered: the others are still worked on, and are not sent one by one."""

    def jobs(ask: Request) -> Answer:
        if ask.job == first[0] and ask.at > 1_300:
            return job("cancelled")
        return WORKING

    first: list[str] = []
    world = World(jobs=jobs, mode="bulk")
    world.feed(*(upsert(n, f"p{n}") for n in range(100))).run(until=0.1)
    first.append(world.sender.jobs[0].id)
    world.feed(*(upsert(n, f"p{n}") for n in range(100, 200))).run(until=180)
    world.feed(event(1_000)).run(until=400)
    assert len(world.times(UPSERT)) < 60
    assert not [one for one in world.warnings if "one by one" in one.detail]
