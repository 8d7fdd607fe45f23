"""Imports: who waits for them, and what if they fail later, or have never happened?"""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from attrs import evolve
from tests.delivery.world import (
    BULK_PROFILES,
    CONSENT,
    DONE,
    EVENT,
    NO_ANSWER,
    OK,
    PAGE,
    PARTLY,
    UPSERT,
    WORKING,
    Request,
    World,
    event,
    job,
    named,
    refusal,
    upsert,
)

from walkeros_klaviyo.delivery.jobs import PATIENCE, Job, job_of, later, progress_of
from walkeros_klaviyo.delivery.messages import Answer, Item
from walkeros_klaviyo.delivery.rows import import_errors, row_errors

# who waits


@pytest.mark.parametrize("mode", ["auto", "bulk"])
def test_events_wait_until_their_profiles_import_is_done(mode: str) -> None:
    """202 only says that it has begun."""
    begun: list[float] = []

    def jobs(ask: Request) -> Answer:
        begun.append(ask.at)
        return DONE if len(begun) > 4 else WORKING

    world = World(jobs=jobs, mode=mode, window=6_000)  # type: ignore[arg-type]
    world.feed(*(evolve(upsert(n, f"p{n}"), bulk=True) for n in range(500)))
    world.feed(*(event(1_000 + n, f"p{n}") for n in range(500))).run()
    assert len(begun) == 5
    first = world.first_sent()
    assert min(first[1_000 + n] for n in range(500)) >= begun[-1]
    assert len(world.delivered) == 1_000


def test_an_import_that_never_ends_lets_its_events_go_with_a_warning() -> None:
    """Up to a bound: better an event before its profile than none. It is asked ever less often."""
    world = World(jobs=lambda ask: WORKING, mode="bulk").feed(upsert(1), event(2, "ada")).run()
    assert world.delivered == [1, 2]
    assert [one.code for one in world.warnings] == ["import.unknown"]
    assert PATIENCE <= world.first_sent()[2] - world.start <= PATIENCE + 11.0
    gaps = [after - before for before, after in pairwise(at for at, _ in world.asks)]
    assert all(after > before - 0.1 for before, after in pairwise(gaps))
    assert len(gaps) < 40


@pytest.mark.parametrize("fault", [Answer(503), Answer(429), NO_ANSWER, PAGE, Answer(204)])
def test_a_question_that_fails_is_asked_again(fault: Answer) -> None:
    """Nothing is known yet, so nothing is decided."""
    count: list[float] = []

    def jobs(ask: Request) -> Answer:
        count.append(ask.at)
        return DONE if len(count) > 3 else fault

    world = World(jobs=jobs, mode="bulk").feed(upsert(1)).run()
    assert (world.delivered, len(count), world.warnings) == ([1], 4, [])


UNDONE = {
    "cancelled": job("cancelled"),
    "nothing completed": job("complete", completed_count=0, total_count=9),
    "unknown": refusal(404, "not_found"),
}


@pytest.mark.parametrize("told", UNDONE)
@pytest.mark.parametrize("mode", ["auto", "bulk"])
@pytest.mark.parametrize("rows", [1, 2, 3, 10, 300])
def test_imports_that_never_happen_end_delivered_one_by_one(
    told: str, mode: str, rows: int
) -> None:
    """However often Klaviyo cancels them; their events wait for it, and nobody is charged."""
    world = World(jobs=lambda ask: UNDONE[told], mode=mode, window=6_000)  # type: ignore[arg-type]
    world.feed(*(upsert(n, f"p{n}") for n in range(rows)))
    world.feed(*(event(1_000 + n, f"p{n}") for n in range(rows))).run()
    assert (len(world.delivered), world.dead, world.charged) == (2 * rows, {}, {})
    imports = world.times(BULK_PROFILES)
    assert [one.code for one in world.warnings] == ["import.undone"] * len(imports)
    assert len(imports) < 2 * rows
    first, settled = world.first_sent(), world.settled_at()
    assert all(first[1_000 + n] >= settled[n] for n in range(rows))
    assert world.time - world.start < 180.0


def test_a_key_that_may_not_ask_for_imports_goes_single_in_auto() -> None:
    """profiles:write alone is enough for the single endpoint."""
    world = World(jobs=lambda ask: refusal(403), mode="auto", window=6_000)
    world.feed(*(upsert(n, f"p{n}") for n in range(500))).run()
    assert (world.stops, len(world.delivered)) == ([], 500)
    assert world.warnings


@pytest.mark.parametrize("page", [b'{"data": 5}', b"{}"])
def test_errors_of_an_import_that_cannot_be_read_are_asked_for_again(page: bytes) -> None:
    """A proxy's page must not pass for: no errors. The bad row is found, the rest delivered."""
    rows, told = named((1, "invalid"), status=200), [Answer(200, body=page)]

    def jobs(ask: Request) -> Answer:
        if not ask.errors:
            return PARTLY
        return told.pop() if told else rows

    world = World(jobs=jobs, mode="bulk").feed(*(upsert(n, f"p{n}") for n in range(3))).run()
    assert (sorted(world.delivered), list(world.dead)) == ([0, 2], [1])
    assert [ask.errors for _, ask in world.asks] == [False, True, True]


UNNAMED = Answer(200, body=b'{"data": [{"attributes": {"code": "invalid", "detail": "no"}}]}')


def test_a_suspect_whose_import_fails_unnamed_goes_by_the_single_endpoint_next() -> None:
    """Of a suspect every second try goes in bulk; one that says nothing of it is no verdict."""
    world = World(
        lambda ask: refusal(400) if ask.call == UPSERT else OK,
        lambda ask: UNNAMED if ask.errors else PARTLY,
        mode="auto",
    )
    world.feed(evolve(upsert(1), most=1, failures=2, charges=1), event(2, "ada")).run(most=100)
    assert [post.call for _, post in world.posts] == [BULK_PROFILES, UPSERT, EVENT]
    assert (list(world.dead), world.delivered) == ([1], [2])


@pytest.mark.parametrize("mode", ["single", "auto", "bulk"])
@pytest.mark.parametrize("told", [UNNAMED, named((0, "invalid"), status=200)])
def test_what_goes_by_an_import_alone_dies_of_its_errors_named_or_not(
    mode: str, told: Answer
) -> None:
    """There is no single endpoint to be asked next: of one row any error is its own."""
    world = World(
        jobs=lambda ask: told if ask.errors else PARTLY,
        mode=mode,  # type: ignore[arg-type]
    )
    listed = Item(1, BULK_PROFILES, ("ada",), group="club")
    world.feed(listed, event(2, "ada")).run(most=100)
    assert (list(world.dead), world.delivered) == ([1], [2])


@pytest.mark.parametrize("mode", ["single", "auto", "bulk"])
@pytest.mark.parametrize("call", [BULK_PROFILES, CONSENT])
def test_jobs_that_are_refused_end_with_the_rows_that_are_wrong(mode: str, call: str) -> None:
    """Halved until it is known which; the others of the job are taken."""
    bad = 3
    world = World(
        lambda ask: refusal(400) if bad in ask.ids and ask.call == call else OK,
        mode=mode,  # type: ignore[arg-type]
    )
    world.feed(*(Item(n, call, (f"p{n}",), group="club") for n in range(8))).run(most=200)
    assert (list(world.dead), len(world.delivered)) == ([bad], 7)


def test_a_key_that_may_not_import_stops_what_has_no_other_way() -> None:
    """In auto profiles would go single; whoever is put on a list cannot, so a person is told."""
    world = World(lambda ask: refusal(403, "permission_denied"), mode="auto")
    world.feed(Item(1, BULK_PROFILES, ("ada",), group="club")).run(most=100)
    assert [stop.reason for _, stop in world.stops] == ["scope"]


# reading answers

BODIES = [b"", b"null", b"[]", b"5", b"{}", b'{"errors":5}', b'{"data":5}', b"\xff", b"[" * 50_000]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:12].decode("latin-1"))
def test_an_answer_that_cannot_be_read_names_nothing(body: bytes) -> None:
    """Neither a row, nor a job, nor progress; and it is no list of no errors either."""
    assert row_errors(body, 10) == ()
    assert import_errors(body, 10) is None
    assert job_of(body) is None
    assert progress_of(body) == "untold"


@pytest.mark.parametrize("source", [None, "/data/0", [], {}, {"pointer": None}, {"pointer": "/x"}])
def test_errors_of_an_import_that_name_no_row_are_counted(source: object) -> None:
    """They are many or few; the named ones are not among them."""
    placed = {"attributes": {"source": {"pointer": "/data/1/attributes"}}}
    lost = {"attributes": {"source": source}}
    told = json.dumps({"data": [lost, placed, lost]}).encode()
    rows, nowhere = import_errors(told, 5) or ((), 0)
    assert ([one.row for one in rows], nowhere) == ([1], 2)
    assert import_errors(json.dumps({"data": [placed]}).encode(), 5) == (rows, 0)


@pytest.mark.parametrize(
    ("data", "number"),
    [({"id": "J1"}, "J1"), ({"id": ""}, None), ({"id": 7}, None), ({}, None), ([], None)],
)
def test_a_job_has_a_text_for_its_id(data: object, number: str | None) -> None:
    """Another could not be asked for."""
    assert job_of(json.dumps({"data": data}).encode()) == number


@pytest.mark.parametrize(
    ("attributes", "progress"),
    [
        ({"status": "complete", "failed_count": 2}, "partly"),
        ({"status": "complete", "failed_count": 2, "completed_count": 0}, "partly"),
        ({"status": "complete", "failed_count": 0, "completed_count": 7}, "done"),
        ({"status": "complete", "failed_count": None}, "done"),
        ({"status": "complete", "failed_count": "2"}, "done"),
        ({"status": "complete", "completed_count": 0}, "undone"),
        ({"status": "complete", "completed_count": 0, "total_count": 9}, "undone"),
        ({"status": "complete", "completed_count": 0, "total_count": 0}, "done"),
        ({"status": "cancelled", "failed_count": 3}, "undone"),
        ({"status": "failed"}, "undone"),
        ({"status": "expired"}, "undone"),
        ({"status": "processing"}, "working"),
        ({"status": "queued", "failed_count": 1}, "working"),
        ({"status": "complete", "completed_count": 3, "total_count": 9}, "partly"),
        ({}, "untold"),
        ({"status": 7}, "untold"),
        (None, "untold"),
    ],
)
def test_a_job_is_done_when_it_is_complete_and_something_of_it_was(
    attributes: object, progress: str
) -> None:
    """Cancelled, failed as a whole or with nothing completed, it has not happened."""
    assert progress_of(json.dumps({"data": {"attributes": attributes}}).encode()) == progress


def test_the_pause_between_two_questions_doubles_up_to_ten_seconds() -> None:
    """A short import is soon known, a long one seldom asked for."""
    one, pauses = Job("J1", (), 0.0, 0.5, asking=True), []
    for _ in range(6):
        one = later(one, 100.0)
        pauses.append(one.pause)
        assert (one.ask_at, one.asking) == (100.0 + one.pause, False)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
