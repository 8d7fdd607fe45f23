"""What does an answer change? One request, one answer, and what is known afterwards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve
from tests.delivery.world import (
    BULK_EVENTS,
    BULK_PROFILES,
    DONE,
    EVENT,
    OK,
    UPSERT,
    event,
    refusal,
    upsert,
)

from walkeros_klaviyo.delivery.answered import answered, overdue
from walkeros_klaviyo.delivery.breaker import TRIES, Breaker
from walkeros_klaviyo.delivery.endpoint import sent
from walkeros_klaviyo.delivery.jobs import Job
from walkeros_klaviyo.delivery.messages import Answer, Command, Dead, Delivered, Item, Stop, Warn
from walkeros_klaviyo.delivery.retry import MAX_AGE, MAX_CHARGES
from walkeros_klaviyo.delivery.search import Search
from walkeros_klaviyo.delivery.state import JOBS, Flight, Sender, new_sender

AT = 50_000.0
FULL = b'{"data":{"attributes":{"status":"complete","failed_count":1}}}'
WORDS = ("invalid", "Row is odd.", "/data/attributes/x/data/0")


def waits(sender: Sender, **known: Any) -> Sender:
    """With this known as well, and event 9 and upsert 9 waiting for their turn."""
    return evolve(sender, queues={EVENT: (event(9),), UPSERT: (upsert(9, "z"),)}, **known)


def after(flight: Flight, answer: Answer, **known: Any) -> tuple[Sender, tuple[Command, ...]]:
    """What comes of an answer to this request, the only one under way."""
    sender = waits(new_sender(mode="auto"), flights={1: flight}, **known)
    busy = sent(sender.endpoints[flight.endpoint], AT - 1.0)
    sender = evolve(sender, endpoints={**sender.endpoints, flight.endpoint: busy})
    return answered(sender, 1, answer, AT, 1.0)


def ready(sender: Sender, call: str = EVENT) -> list[tuple[int, bool]]:
    """Who may go, in order, and whether alone."""
    return [(item.id, item.alone) for item in sender.queues[call]]


def named(*rows: tuple[int, str], status: int = 400) -> Answer:
    """A refusal, or an import's errors: each row in its own words; -1 points nowhere."""
    errors = [
        {
            "code": code,
            "detail": f"row {row}",
            "source": {"pointer": f"/data/attributes/x/data/{row}"},
        }
        for row, code in rows
    ]
    told = {"errors": errors, "data": [{"attributes": one} for one in errors]}
    return Answer(status, body=json.dumps(told).encode())


def letter(item: int, row: int, code: str = "invalid", status: int = 400) -> Dead:
    """How the named row is told."""
    return Dead(item, status, code, f"row {row}", f"/data/attributes/x/data/{row}")


# failures


@pytest.mark.parametrize(
    ("answer", "failures", "charge"),
    [
        (Answer(503), 0, 1),
        (Answer(503), TRIES - 1, 0),
        (Answer(None, fault="reset"), 0, 0),
        (Answer(None, fault="reset"), TRIES - 1, 0),
    ],
)
def test_a_failure_is_counted_and_charged_where_others_get_through(
    answer: Answer, failures: int, charge: int
) -> None:
    """Each item by itself: how often, how often by its own fault, since when, and the pause."""
    fresh = new_sender()
    worn = evolve(fresh.endpoints[BULK_EVENTS], breaker=Breaker(failures))
    sender, commands = after(
        Flight(BULK_EVENTS, (event(1), event(2))),
        answer,
        endpoints={**fresh.endpoints, BULK_EVENTS: worn},
        attempts={1: 2, 3: 7},
        charges={1: 3, 3: 7},
        failing={1: AT - 5.0, 3: AT - 7.0},
    )
    assert commands == ()
    assert sender.attempts == {1: 3, 2: 1, 3: 7}
    assert sender.charges == {1: 3 + charge, 2: charge, 3: 7}
    assert sender.failing == {1: AT - 5.0, 2: AT, 3: AT - 7.0}
    assert sender.delayed == ((AT + 2.0, event(1)), (AT + 0.5, event(2)))


NO = refusal(500, *WORDS)


@pytest.mark.parametrize(
    ("answer", "charges", "age", "dies"),
    [
        (NO, MAX_CHARGES - 2, 0.0, False),
        (NO, MAX_CHARGES - 1, 0.0, True),
        (NO, 0, MAX_AGE - 1.0, False),
        (NO, 0, MAX_AGE, True),
        (Answer(None, fault="timeout"), MAX_CHARGES - 1, MAX_AGE, False),
    ],
)
def test_who_failed_too_often_or_for_too_long_dies_in_klaviyos_last_words(
    answer: Answer, charges: int, age: float, dies: bool
) -> None:
    """At the twelfth charge or after four hours; silence is no item's fault."""
    flight = Flight(EVENT, (event(1),))
    known = {"attempts": {1: 11}, "charges": {1: charges}, "failing": {1: AT - age}}
    sender, commands = after(flight, answer, **known)
    assert commands == ((Dead(1, 500, *WORDS),) if dies else ())
    assert sender.delayed == (() if dies else ((AT + 90.0, event(1)),))
    assert (1 in sender.attempts) is not dies


def test_one_of_many_is_tried_alone_before_it_dies() -> None:
    """Another row may be the reason; its next failure is the last."""
    flight = Flight(BULK_EVENTS, (event(1), event(2)))
    known = {"attempts": {1: 1}, "charges": {1: MAX_CHARGES - 1}, "failing": {1: AT}}
    sender, commands = after(flight, NO, **known)
    assert (commands, sender.charges) == ((), {1: MAX_CHARGES - 1, 2: 1})
    assert (ready(sender), sender.delayed) == ([(9, False), (1, True)], ((AT + 0.5, event(2)),))


# refusals

NO_ROW = refusal(400)


@pytest.mark.parametrize(
    ("row", "code", "is_there"),
    [
        (0, "duplicate", True),
        (0, "duplicate_in_request", True),
        (0, "invalid", False),
        (1, "duplicate", False),
    ],
)
def test_the_only_row_is_delivered_if_it_is_there_already(
    row: int, code: str, is_there: bool
) -> None:
    """As far as the error is about it."""
    _, commands = after(Flight(BULK_EVENTS, (event(1),)), named((row, code)))
    assert commands == (Delivered((1,)) if is_there else letter(1, row, code),)


def test_named_rows_are_settled_and_the_others_go_again_in_their_place() -> None:
    """The known, the repeated and the bad one, each by its own row."""
    flight = Flight(BULK_EVENTS, tuple(event(n) for n in range(5)))
    answer = named((3, "invalid"), (1, "duplicate"), (2, "duplicate_in_request"), status=409)
    sender, commands = after(flight, answer)
    assert commands == (Delivered((1,)), letter(3, 3, status=409))
    assert ready(sender) == [(0, False), (2, True), (4, False), (9, False)]


@pytest.mark.parametrize("search", [None, Search(tuple(event(n) for n in range(4)), 400, "", "")])
def test_a_duplicate_that_names_no_row_sends_each_alone_and_the_rest_of_a_search_after(
    search: Search | None,
) -> None:
    """Before those that came later."""
    flight = Flight(BULK_EVENTS, (event(0), event(1)), search)
    sender, commands = after(flight, refusal(400, "duplicate"))
    rest = [] if search is None else [(2, False), (3, False)]
    assert (ready(sender), commands) == ([(0, True), (1, True), *rest, (9, False)], ())
    assert sender.searches == ()


def test_a_search_begins_and_goes_on_in_the_words_of_the_refusal() -> None:
    """The latest ones are about the fewest rows."""
    items = tuple(event(n) for n in range(4))
    sender, _ = after(Flight(BULK_EVENTS, items), refusal(413, "large", "Too large."))
    assert sender.searches == (Search(items, 413, "large", "Too large."),)
    sender, _ = after(Flight(BULK_EVENTS, items[:2], sender.searches[0]), NO_ROW)
    assert sender.searches == (Search(items[:2], 400, "invalid", "no", items[2:]),)


@pytest.mark.parametrize("answer", [Answer(503), Answer(None, fault="reset"), Answer(429)])
def test_a_probe_that_nobody_judged_goes_once_more_before_the_other_searches(
    answer: Answer,
) -> None:
    """It says nothing of the rows, so none of them is charged."""
    mine, other = (Search((event(n), event(n + 1)), 400, "", "") for n in (1, 3))
    sender, commands = after(Flight(BULK_EVENTS, (event(1),), mine), answer, searches=(other,))
    assert (sender.searches, sender.delayed, commands) == ((mine, other), (), ())
    assert (sender.attempts, sender.charges) == ({}, {})


@pytest.mark.parametrize(("answer", "bad"), [(NO_ROW, 1), (OK, 2)])
def test_a_found_row_dies_in_the_words_of_its_refusal(answer: Answer, bad: int) -> None:
    """The probe was refused, or it was taken and one is left; what was laid aside goes again."""
    search = Search((event(1), event(2)), 422, "first", "Odd.", (event(3), event(8)))
    sender, commands = after(Flight(BULK_EVENTS, (event(1),), search), answer)
    if bad == 1:
        assert commands == (Dead(1, 400, "invalid", "no"),)
        assert ready(sender) == [(2, False), (3, False), (8, False), (9, False)]
    else:
        assert commands == (Delivered((1,)), Dead(2, 422, "first", "Odd."))
        assert ready(sender) == [(3, False), (8, False), (9, False)]


# stops, and leave that is missing


@pytest.mark.parametrize(("status", "reason"), [(401, "key"), (403, "scope")])
def test_a_stop_tells_klaviyos_words(status: int, reason: str) -> None:
    """The person has to know which leave is missing."""
    sender, commands = after(Flight(EVENT, (event(1),)), refusal(status, "x", "You may not."))
    assert commands == (Stop(reason, "You may not."),)  # type: ignore[arg-type]
    assert (sender.stopped, ready(sender)) == (commands[0], [(1, False), (9, False)])


def test_without_leave_for_bulk_its_searches_end_and_all_go_single_in_their_place() -> None:
    """Those of the other call go on."""
    mine = Search((event(3), event(4)), 400, "", "", (event(5),))
    other = Search((upsert(1, "a"), upsert(2, "b")), 400, "", "")
    flight = Flight(BULK_EVENTS, (event(6), event(7)))
    sender, commands = after(
        flight,
        refusal(403, "x", "You may not."),
        searches=(mine, other),
        bulk_denied=frozenset({UPSERT}),
    )
    assert commands == (Warn("bulk.denied", f"{BULK_EVENTS}: You may not.; going single"),)
    assert ready(sender) == [(n, False) for n in (3, 4, 5, 6, 7, 9)]
    assert (sender.searches, sender.bulk_denied) == ((other,), frozenset({UPSERT, EVENT}))


# imports

ROWS = tuple(upsert(n, f"p{n}") for n in range(5))
JOB = Job("J1", ROWS, AT - 1.0, AT - 0.5, asking=True)
OTHER = Job("J2", (upsert(8, "p8"),), AT - 1.0, AT + 3.0)
QUESTION = Flight(JOBS, (), job="J1")


def asked(answer: Answer, job: Job = JOB) -> tuple[Sender, tuple[Command, ...]]:
    """What comes of an answer to the question about a job."""
    return after(QUESTION, answer, jobs=(job, OTHER))


@pytest.mark.parametrize("call", [UPSERT, EVENT, BULK_EVENTS])
def test_only_an_import_begins_a_job(call: str) -> None:
    """A single upsert is answered with its profile, which has an id as well."""
    item = upsert(1) if call == UPSERT else event(1)
    told = Answer(200, body=b'{"data":{"type":"profile","id":"01J"}}')
    sender, commands = after(Flight(call, (item,)), told)
    assert (sender.jobs, commands) == ((), (Delivered((1,)),))
    sender, commands = after(Flight(BULK_PROFILES, ROWS), told)
    assert (sender.jobs, commands) == ((Job("01J", ROWS, AT, AT + 0.5),), ())


@pytest.mark.parametrize("errors", [False, True])
@pytest.mark.parametrize(
    "answer", [evolve(DONE, status=503), evolve(DONE, status=429), evolve(DONE, fault="reset")]
)
def test_a_failed_answer_about_an_import_is_not_believed(answer: Answer, errors: bool) -> None:
    """Whatever stands in its body, the question is asked again."""
    empty = evolve(answer, body=b'{"data":[]}') if errors else answer
    sender, commands = asked(empty, evolve(JOB, errors=errors))
    again = evolve(JOB, errors=errors, asking=False, ask_at=AT + 1.0, pause=1.0)
    assert (sender.jobs, commands) == ((OTHER, again), ())


def test_an_unknown_import_is_let_go_at_once_with_a_warning() -> None:
    """Nobody can say more of it, however often it is asked for."""
    sender, commands = asked(refusal(404, "not_found", "No such job."))
    assert commands == (
        Delivered((0, 1, 2, 3, 4)),
        Warn("import.unknown", "job No such job."),
    )
    assert sender.jobs == (OTHER,)


def test_a_key_that_may_not_ask_for_imports_sends_profiles_one_by_one_from_then_on() -> None:
    """What was accepted counts; what else was denied remains so."""
    known = {"jobs": (JOB, OTHER), "bulk_denied": frozenset({EVENT})}
    sender, commands = after(QUESTION, refusal(403, "x", "You may not."), **known)
    told = "the key may not ask for imports: You may not.; going single"
    assert commands == (Delivered((0, 1, 2, 3, 4)), Warn("import.unknown", told))
    assert (sender.jobs, sender.bulk_denied) == ((OTHER,), frozenset({EVENT, UPSERT}))


def test_an_import_that_is_done_with_failures_is_asked_for_its_errors_at_once() -> None:
    """No further pause: they are there."""
    sender, commands = asked(Answer(200, body=FULL))
    assert (sender.jobs, commands) == ((OTHER, evolve(JOB, asking=False, errors=True)), ())


@pytest.mark.parametrize(
    ("rows", "dead", "delivered", "alone"),
    [
        ([3, 1], [3, 1], (0, 2, 4), []),
        ([3, -1, 1], [1, 3], (), [0, 2, 4]),
        ([-1], [], (), [0, 1, 2, 3, 4]),
        ([], [], (), [0, 1, 2, 3, 4]),
    ],
    ids=["all named", "some named", "none named", "no errors"],
)
def test_an_imports_errors_settle_whom_they_name_and_the_others_if_they_name_all(
    rows: list[int], dead: list[int], delivered: tuple[int, ...], alone: list[int]
) -> None:
    """Each in its own words; where one points nowhere, the unnamed get a verdict of their own."""
    answer = named(*((row, f"code {row}") for row in rows), status=200)
    sender, commands = asked(answer, evolve(JOB, errors=True))
    told = [letter(row, row, f"code {row}", 202) for row in dead]
    assert commands == (*([Delivered(delivered)] if delivered else []), *told)
    assert ready(sender, UPSERT) == [*((row, True) for row in alone), (9, False)]
    assert sender.jobs == (OTHER,)


def test_imports_that_take_too_long_are_let_go_each_with_a_warning() -> None:
    """From the very second on; the younger one stays."""

    def job(name: str, item: Item, age: float) -> Job:
        return Job(name, (item,), AT - age, AT)

    young = job("J3", ROWS[2], 119.0)
    jobs = (job("J1", ROWS[0], 120.0), young, job("J2", ROWS[1], 130.0))
    sender, commands = overdue(evolve(new_sender(), jobs=jobs), AT)
    told = "is not done after 120 seconds; its events go"
    assert commands == (
        Delivered((0,)),
        Warn("import.unknown", f"import J1 {told}"),
        Delivered((1,)),
        Warn("import.unknown", f"import J2 {told}"),
    )
    assert sender.jobs == (young,)
