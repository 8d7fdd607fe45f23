"""What does an answer change? One request, one answer, and what is known afterwards."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest
from attrs import evolve
from tests.delivery.world import (
    BULK_EVENTS,
    BULK_PROFILES,
    DONE,
    EVENT,
    NO_ANSWER,
    PAGE,
    PARTLY,
    UPSERT,
    WORKING,
    event,
    job,
    named,
    receipt,
    refusal,
    upsert,
)

from walkeros_klaviyo.delivery.answered import answered
from walkeros_klaviyo.delivery.breaker import Breaker
from walkeros_klaviyo.delivery.endpoint import sent
from walkeros_klaviyo.delivery.jobs import PATIENCE, Job
from walkeros_klaviyo.delivery.messages import (
    Answer,
    Charged,
    Command,
    Dead,
    Delivered,
    Item,
    Repair,
    Stop,
    Warn,
)
from walkeros_klaviyo.delivery.retry import MAX_CHARGES
from walkeros_klaviyo.delivery.size import LARGEST
from walkeros_klaviyo.delivery.state import JOBS, Flight, Sender, new_sender, queue_of

AT = 50_000.0
WORDS = ("invalid", "Row is odd.", "/data/attributes/x/data/0")
NO = refusal(500, *WORDS)
CRASH = Answer(None, fault="crash", body=b"boom")


def after(
    flight: Flight,
    answer: Answer,
    spoke_at: float = -inf,
    is_passing: bool = True,
    **known: Any,
) -> tuple[Sender, tuple[Command, ...]]:
    """What comes of an answer to this request, the only one under way.

    Klaviyo last spoke at `spoke_at` by this endpoint; event 9 and upsert 9 wait for their turn.
    """
    queues = {EVENT: (event(9),), UPSERT: (upsert(9, "z"),)}
    sender = evolve(new_sender(mode="auto"), queues=queues, flights={1: flight}, **known)
    endpoint = sender.endpoints[flight.endpoint]
    busy = sent(evolve(endpoint, spoke_at=spoke_at, is_passing=is_passing), AT - 1.0)
    sender = evolve(sender, endpoints={**sender.endpoints, flight.endpoint: busy})
    return answered(sender, 1, answer, AT, 1.0)


def ready(sender: Sender, call: str = EVENT) -> dict[int, int]:
    """Who may go, in order, and how many may share a request with it."""
    alone = sender.queues.get(queue_of(Item(0, call, most=1)), ())
    return {item.id: item.most for item in (*alone, *sender.queues[call])}


def letter(item: int, row: int, code: str = "invalid", status: int = 400) -> Dead:
    """How the named row is told."""
    return Dead(item, status, code, f"row {row}", f"/data/attributes/x/data/{row}")


# failures

SENT = AT - 2.0


@pytest.mark.parametrize(
    ("failed_at", "spoke_at", "passes"),
    [
        (-inf, -inf, False),
        (-inf, SENT - 0.1, False),
        (-inf, SENT, True),
        (SENT - 9.0, SENT - 9.1, False),
        (SENT - 9.0, SENT - 9.0, True),
    ],
)
def test_a_failure_is_an_items_own_where_others_get_through_since_its_last_one(
    failed_at: float, spoke_at: float, passes: bool
) -> None:
    """Or since it was sent, at its first. Else it waits longer each time, and that is all."""
    items = (evolve(event(1), failures=2, failed_at=failed_at), event(2))
    sender, commands = after(Flight(BULK_EVENTS, items, SENT), NO, spoke_at)
    assert commands == ((Charged(1, 1), Charged(2, 1)) if passes else ())
    one, two = (item for _, item in sender.delayed)
    assert (one.failed_at, two.failed_at) == (AT, AT)
    assert (one.failures, two.failures) == ((1, 1) if passes else (3, 1))
    assert (one.most, two.most) == ((1, 1) if passes else (0, 0))
    pauses = [when - AT for when, _ in sender.delayed]
    assert pauses == ([0.5, 0.5] if passes else [2.0, 0.5])


@pytest.mark.parametrize("answer", [NO, NO_ANSWER, PAGE, refusal(408), Answer(202, fault="reset")])
@pytest.mark.parametrize("passes", [True, False])
@pytest.mark.parametrize("rows", [1, 2, 3, 4, 7])
def test_only_who_is_alone_is_charged_and_a_group_is_halved(
    answer: Answer, passes: bool, rows: int
) -> None:
    """Also the last two of a group, who go alone from then on."""
    items = tuple(event(n) for n in range(rows))
    sender, commands = after(Flight(BULK_EVENTS, items, SENT), answer, AT if passes else -inf)
    charged = [n for n in range(rows) if passes and rows < 3]
    assert commands == tuple(Charged(n, 1) for n in charged)
    assert [item.charges for _, item in sender.delayed] == [int(n in charged) for n in range(rows)]
    half = (rows + 1) // 2 if passes and rows > 1 else 0
    assert {item.most for _, item in sender.delayed} == {half}


@pytest.mark.parametrize(
    ("answer", "charges", "passes", "dies"),
    [
        (NO, MAX_CHARGES - 2, True, False),
        (NO, MAX_CHARGES - 1, True, True),
        (NO, MAX_CHARGES + 5, True, True),
        (NO, MAX_CHARGES - 1, False, False),
        (NO_ANSWER, MAX_CHARGES + 5, True, False),
        (PAGE, MAX_CHARGES + 5, True, False),
        (refusal(408), MAX_CHARGES + 5, True, False),
        (CRASH, MAX_CHARGES - 2, False, False),
        (CRASH, MAX_CHARGES - 1, False, True),
    ],
)
def test_who_was_charged_too_often_dies_of_a_server_error_or_of_a_crash_only(
    answer: Answer, charges: int, passes: bool, dies: bool
) -> None:
    """In Klaviyo's last words; silence and strangers are no item's fault, a crash always is."""
    item = evolve(event(1), failures=11, failed_at=SENT, charges=charges)
    sender, commands = after(Flight(EVENT, (item,), SENT), answer, AT if passes else -inf)
    if dies:
        (dead,) = commands
        assert isinstance(dead, Dead)
        told = (
            (500, *WORDS) if answer is NO else (None, "crash", "a fault of this program: boom", "")
        )
        assert (dead.status, dead.code, dead.detail, dead.pointer) == told
        assert sender.delayed == ()
    else:
        may_die = answer in (NO, CRASH)  # silence and strangers mark it once
        is_charged = may_die and (passes or answer is CRASH)
        assert commands == ((Charged(1, charges + 1),) if is_charged else ())
        assert [when for when, _ in sender.delayed] == [AT + 90.0]


@pytest.mark.parametrize("charges", [0, 1, MAX_CHARGES - 1])
def test_who_fails_right_after_another_is_marked_and_no_more(charges: int) -> None:
    """An endpoint that mostly fails says nothing of the few that get through."""
    item = evolve(event(1), charges=charges)
    sender, _ = after(Flight(EVENT, (item,), SENT), NO, AT, is_passing=False)
    ((_, failed),) = sender.delayed
    assert failed.charges == max(charges, 1)


@pytest.mark.parametrize(
    ("charges", "spoke_at", "failures"), [(0, AT, 3), (1, AT, 2), (1, -inf, 3)]
)
@pytest.mark.parametrize("rows", [1, 2])
def test_the_failure_of_one_that_fails_by_itself_says_nothing_of_the_endpoint(
    charges: int, spoke_at: float, failures: int, rows: int
) -> None:
    """That of several does, whoever is among them; and where nobody gets through, its own."""
    fresh = new_sender().endpoints
    endpoints = {**fresh, EVENT: evolve(fresh[EVENT], breaker=Breaker(2))}
    items = tuple(evolve(event(n), charges=charges) for n in range(rows))
    sender, _ = after(Flight(EVENT, items, SENT), NO, spoke_at, endpoints=endpoints)
    assert sender.endpoints[EVENT].breaker.failures == (failures if rows == 1 else 3)


@pytest.mark.parametrize(
    ("before", "passes", "most"),
    [(0, False, LARGEST), (1, False, 50), (0, True, 50), (3, False, 50)],
)
def test_requests_get_smaller_where_others_get_through_or_at_the_second_failure(
    before: int, passes: bool, most: int
) -> None:
    """One failure in a row may be anything."""
    fresh = new_sender().endpoints
    endpoints = {**fresh, BULK_EVENTS: evolve(fresh[BULK_EVENTS], breaker=Breaker(before))}
    items = tuple(event(n) for n in range(100))
    flight = Flight(BULK_EVENTS, items, SENT)
    sender, _ = after(flight, NO_ANSWER, AT if passes else -inf, endpoints=endpoints)
    assert sender.endpoints[BULK_EVENTS].size.most == most


# refusals

NO_ROW = refusal(400)


def test_named_rows_are_settled_and_the_others_go_again_in_their_place() -> None:
    """The known, the repeated and the bad one, each by its own row."""
    flight = Flight(BULK_EVENTS, tuple(event(n) for n in range(5)))
    answer = named((3, "invalid"), (1, "duplicate"), (2, "duplicate_in_request"), status=409)
    sender, commands = after(flight, answer)
    assert commands == (Delivered((1,)), letter(3, 3, status=409))
    assert ready(sender) == {2: 1, 0: 0, 4: 0, 9: 0}


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422])
@pytest.mark.parametrize("code", ["invalid", "duplicate", "duplicate_profile"])
@pytest.mark.parametrize("rows", [2, 3, 7, 100])
def test_a_refused_group_that_names_no_row_is_halved(status: int, code: str, rows: int) -> None:
    """At once, in its place, and nobody is charged, repaired or dead for it."""
    items = tuple(event(n) for n in range(rows))
    sender, commands = after(Flight(BULK_EVENTS, items), refusal(status, code))
    assert commands == ()
    assert {number: most for number, most in ready(sender).items() if number != 9} == {
        n: (rows + 1) // 2 for n in range(rows) if n != 9
    }
    most = (rows + 1) // 2 if status == 413 else LARGEST
    assert sender.endpoints[BULK_EVENTS].size.most == most


@pytest.mark.parametrize("answer", [refusal(413), Answer(413)], ids=["klaviyo", "a stranger"])
def test_one_that_is_too_large_dies_of_klaviyos_words_alone(answer: Answer) -> None:
    """A proxy's limit may be raised."""
    sender, commands = after(Flight(EVENT, (event(1),), SENT), answer)
    is_dead = answer != Answer(413)
    assert commands == ((Dead(1, 413, "invalid", "no"),) if is_dead else ())
    assert len(sender.delayed) == (not is_dead)


# stops, and leave that is missing


@pytest.mark.parametrize(("status", "reason"), [(401, "key"), (403, "scope")])
def test_a_stop_tells_klaviyos_words(status: int, reason: str) -> None:
    """The person has to know which leave is missing."""
    sender, commands = after(Flight(EVENT, (event(1),)), refusal(status, "x", "You may not."))
    assert commands == (Stop(reason, "You may not."),)  # type: ignore[arg-type]
    assert (sender.stopped, ready(sender)) == (commands[0], {1: 0, 9: 0})


def test_without_leave_for_bulk_all_go_single_in_their_place() -> None:
    """What else was denied remains so."""
    sender, commands = after(
        Flight(BULK_EVENTS, (event(6), event(7))),
        refusal(403, "x", "You may not."),
        bulk_denied=frozenset({UPSERT}),
    )
    assert commands == (Warn("bulk.denied", f"{BULK_EVENTS}: You may not.; going single"),)
    assert ready(sender) == {6: 0, 7: 0, 9: 0}
    assert sender.bulk_denied == frozenset({UPSERT, EVENT})


# receipts


@pytest.mark.parametrize("call", [UPSERT, EVENT, BULK_EVENTS, BULK_PROFILES])
def test_only_an_import_begins_a_job_and_what_klaviyo_did_not_take_of_it_is_told(call: str) -> None:
    """A single upsert is answered with its profile, which has an id as well."""
    item = upsert(1) if call in (UPSERT, BULK_PROFILES) else event(1)
    told = evolve(receipt(call), headers={"x-klaviyo-partial-failure": "3 of 9"})
    sender, commands = after(Flight(call, (item,)), told)
    warning = Warn("klaviyo.partial-failure", "x-klaviyo-partial-failure: 3 of 9")
    if call == BULK_PROFILES:
        assert (sender.jobs, commands) == ((Job("J1", (item,), AT, AT + 0.5),), (warning,))
    else:
        assert (sender.jobs, commands) == ((), (Delivered((1,)), warning))
    assert after(Flight(call, (item,)), receipt(call))[1] == commands[:-1]


# imports

ROWS = tuple(upsert(n, f"p{n}") for n in range(5))
JOB = Job("J1", ROWS, AT - 1.0, AT - 0.5, asking=True)
OTHER = Job("J2", (upsert(8, "p8"),), AT - 1.0, AT + 3.0)
QUESTION = Flight(JOBS, (), job="J1")


def asked(answer: Answer, job: Job = JOB) -> tuple[Sender, tuple[Command, ...]]:
    """What comes of an answer to the question about a job."""
    return after(QUESTION, answer, jobs=(job, OTHER))


@pytest.mark.parametrize("errors", [False, True])
@pytest.mark.parametrize(
    "answer",
    [evolve(DONE, status=503), evolve(DONE, status=429), evolve(DONE, fault="reset"), PAGE],
    ids=["503", "429", "reset", "page"],
)
def test_a_failed_answer_about_an_import_is_not_believed(answer: Answer, errors: bool) -> None:
    """Whatever stands in its body, the question is asked again."""
    empty = evolve(answer, body=b'{"data":[]}') if errors else answer
    sender, commands = asked(empty, evolve(JOB, errors=errors))
    again = evolve(JOB, errors=errors, asking=False, ask_at=AT + 1.0, pause=1.0)
    assert (sender.jobs, commands) == ((OTHER, again), ())


UNKNOWN = refusal(404, "not_found", "No such job.")


@pytest.mark.parametrize("rows", [1, 2, 5])
@pytest.mark.parametrize("answer", [job("cancelled"), job("complete", completed_count=0), UNKNOWN])
def test_an_import_that_has_not_happened_goes_again_in_half_or_alone(
    answer: Answer, rows: int
) -> None:
    """Nobody is charged for it: it is not known whose fault it is."""
    sender, commands = asked(answer, evolve(JOB, items=ROWS[:rows]))
    why = "No such job." if answer is UNKNOWN else "it was cancelled, or nothing of it completed"
    assert commands == (Warn("import.undone", f"an import goes again: {why}"),)
    assert sender.jobs == (OTHER,)
    half = (rows + 1) // 2
    again = [(item.id, item.most, item.charges) for _, item in sender.delayed]
    assert again == [(n, half, 0) for n in range(rows)]


@pytest.mark.parametrize("age", [PATIENCE - 0.1, PATIENCE])
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (WORKING, "import.unknown"),
        (Answer(503), "import.undone"),
        (Answer(429), "import.undone"),
        (NO_ANSWER, "import.undone"),
        (PAGE, "import.undone"),
    ],
)
def test_after_the_patience_what_klaviyo_says_decides(
    answer: Answer, code: str, age: float
) -> None:
    """Still at it: the events go. Nothing to be heard: the rows go again."""
    sender, commands = asked(answer, evolve(JOB, since=AT - age))
    if age < PATIENCE:
        assert (len(sender.jobs), commands) == (2, ())
        return
    assert sender.jobs == (OTHER,)
    told = [one.code for one in commands if isinstance(one, Warn)]
    delivered = [one for one in commands if isinstance(one, Delivered)]
    assert told == [code]
    assert delivered == ([Delivered((0, 1, 2, 3, 4))] if answer is WORKING else [])
    assert len(sender.delayed) == (0 if answer is WORKING else 5)


def test_a_key_that_may_not_ask_for_imports_sends_profiles_one_by_one_from_then_on() -> None:
    """What was accepted counts; what else was denied remains so."""
    known = {"jobs": (JOB, OTHER), "bulk_denied": frozenset({EVENT})}
    sender, commands = after(QUESTION, refusal(403, "x", "You may not."), **known)
    told = "the key may not ask for imports: You may not.; going single"
    assert commands == (Delivered((0, 1, 2, 3, 4)), Warn("import.unknown", told))
    assert (sender.jobs, sender.bulk_denied) == ((OTHER,), frozenset({EVENT, UPSERT}))


def test_an_import_that_is_done_with_failures_is_asked_for_its_errors_at_once() -> None:
    """No further pause: they are there."""
    sender, commands = asked(PARTLY)
    assert (sender.jobs, commands) == (
        (OTHER, evolve(JOB, asking=False, errors=True, failed=1)),
        (),
    )


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
    told = [letter(row, row, f"code {row}", 202) for row in sorted(dead, key=rows.index)]
    assert commands == (*([Delivered(delivered)] if delivered else []), *told)
    assert ready(sender, UPSERT) == {**dict.fromkeys(alone, 1), 9: 0}
    assert sender.jobs == (OTHER,)


# repairs

PHONE = "/data/attributes/profile/data/attributes/phone_number"
REFUSED = Dead(1, 400, "invalid", "Bad phone.", PHONE)
REPAIRED = evolve(event(1), most=1, repair=Repair(("phone_number",), REFUSED))


@pytest.mark.parametrize(
    ("item", "answer", "dead"),
    [
        (REPAIRED, refusal(400, "invalid", "Still.", PHONE), ("invalid", "Still.")),
        (REPAIRED, refusal(400, "invalid", "No metric."), ("invalid", "No metric.")),
        (REPAIRED, Answer(None, fault="unsent"), ("invalid", "Bad phone.")),
        (event(1), Answer(None, fault="unsent"), ("unsent", "the request was not made")),
    ],
    ids=["the same again", "something else", "nobody is left", "never sent"],
)
def test_what_cannot_be_repaired_dies_in_the_words_that_say_most(
    item: Item, answer: Answer, dead: tuple[str, str]
) -> None:
    """The latest ones; if it could not even be sent again, those of its first refusal."""
    _, (command,) = after(Flight(EVENT, (item,)), answer)
    assert isinstance(command, Dead)
    assert (command.code, command.detail) == dead


@pytest.mark.parametrize(
    "answer", [receipt(EVENT), refusal(409, "duplicate")], ids=["taken", "known"]
)
def test_what_a_repaired_profile_went_without_is_told_when_it_is_delivered(answer: Answer) -> None:
    """Klaviyo knows the person by the other identifiers only."""
    assert after(Flight(EVENT, (REPAIRED,)), answer)[1] == (Delivered((1,), ("phone_number",)),)
    assert after(Flight(EVENT, (event(1, most=1),)), answer)[1] == (Delivered((1,), ()),)
