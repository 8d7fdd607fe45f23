"""Firewalls, proxies, bad hours: no good event dies of them, none sticks, none is counted early.

Through the real SDK over HTTP, out of a real store; what takes hours is in tests/delivery.
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.between import CUT, Asked, Between, Mood, between, job_is, page, said
from tests.end_to_end.server import http

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.delivery.batch import Mode
from walkeros_klaviyo.shell.send.klaviyo import Klaviyo
from walkeros_klaviyo.shell.send.loop import Loop
from walkeros_klaviyo.shell.send.run import deliver, new_loop
from walkeros_klaviyo.shell.send.uncommitted import Observers
from walkeros_klaviyo.shell.show.ending import exit_code
from walkeros_klaviyo.shell.store import Store

KEY = "pk_canary"
IDENTIFY = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}
POISON = "e137"
pytestmark = pytest.mark.usefixtures("impatient")


def events(count: int, **user: Any) -> io.BytesIO:
    """So many orders of as many people."""
    rows = (
        {
            "name": "order complete",
            "timestamp": 1_795_518_160_712 + n,
            "id": f"e{n}",
            "user": {"id": f"u{n}", "first": f"F{n}", **user},
        }
        for n in range(count)
    )
    return io.BytesIO(b"".join(json.dumps(row).encode() + b"\n" for row in rows))


@contextmanager
def run(
    folder: Path,
    box: Between,
    stream: io.BytesIO,
    *,
    mode: Mode = "bulk",
    config: Any = None,
    until: Callable[[Between], bool] | None = None,
    give_up: float = 30.0,
) -> Iterator[Loop]:
    """A whole run; with `until`, it is stopped as by a signal once that holds."""
    with Store.open(folder / "shop.db", host=box.url, key=KEY) as store:
        parsed = parse_config(config or {})
        klaviyo = Klaviyo(KEY, box.url)
        loop = new_loop(parsed, store, klaviyo, limits=False, mode=mode, give_up=give_up)
        if until is not None:
            late = threading.Timer(60, loop.interrupt, [15])
            late.daemon = True
            late.start()

            def watch(now: Loop) -> None:
                if now.course.interrupted is None and until(box):
                    now.interrupt(15)

            loop.observers = Observers(watch=watch)
        deliver(loop, stream)
        if until is not None:
            late.cancel()
            assert until(box), "a minute was not enough"
        yield loop


def everything(box: Between, count: int, but: frozenset[str] = frozenset()) -> bool:
    """Has all arrived?"""
    return {f"e{n}" for n in range(count)} - but <= set(box.recorded)


@pytest.mark.parametrize("status", ["400 Bad", "403 No", "404 No", "406 No", "407 No", "451 No"])
@pytest.mark.parametrize("mode", ["single", "bulk"])
def test_a_firewalls_page_for_every_request_kills_nothing(
    tmp_path: Path, status: str, mode: Mode
) -> None:
    """The run ends, says what answers there, and keeps everything; the next one delivers it."""
    with between(lambda asked: page(status)) as box:
        with run(tmp_path, box, events(300), mode=mode, give_up=0.3) as loop:
            assert loop.course.stopped is not None
            assert loop.course.stopped.reason == "not-klaviyo"
            assert '"Blocked by policy"' in loop.course.stopped.detail
            assert (loop.store.counts.dead, loop.store.counts.pending) == (0, 300)
            assert exit_code(loop) == 3
        assert len(box.asked) < 100


STRAYS = [
    http("302 Found", b"", "location: https://login.corp.example/sso?token=x\r\n"),
    page("200 OK"),
    page("404 Not Found"),
    page("401 Unauthorized", "Attention required!"),
    page("403 Forbidden", "Checking your browser"),
    page("413 Too Large"),
    page("202 Accepted"),
    http("200 OK"),
    http("204 No Content"),
    http("206 Partial Content", b"{}"),
    http("200 OK", b"{}"),
    http("202 Accepted", b"{}"),
    http("202 Accepted", b'{"errors":[{"code":"x","detail":"y"}]}'),
    http("200 OK", b'{"errors":[{"code":"x","detail":"y"}]}'),
    http("400 Bad", b'{"errors": "blocked"}'),
    http("400 Bad", b'{"errors": [{"code": "WAF", "message": "Forbidden"}]}'),
    http("400 Bad", b'{"message": "Forbidden"}'),
    CUT,
]


@pytest.mark.parametrize("stray", STRAYS, ids=range(len(STRAYS)))
@pytest.mark.parametrize("mode", ["single", "bulk"])
def test_a_stray_answer_is_neither_a_receipt_nor_a_verdict_nor_an_end(
    tmp_path: Path, stray: bytes, mode: Mode
) -> None:
    """One in five, of every kind of call: all that was meant arrives, nothing is counted before."""
    mood: Mood = lambda asked: stray if asked.nth % 5 == 2 else None  # noqa: E731
    with (
        between(mood) as box,
        run(tmp_path, box, events(60), mode=mode, config=IDENTIFY) as loop,
    ):
        assert loop.course.stopped is None
        assert (loop.store.counts.delivered, loop.store.counts.dead) == (60, 0)
        assert everything(box, 60)
        assert {f"u{n}" for n in range(60)} <= set(box.recorded)
        assert exit_code(loop) == 0


def test_who_shared_a_refused_request_is_posted_alone_before_it_is_judged(tmp_path: Path) -> None:
    """One 400 for a bulk of two; afterwards everything is taken."""
    mood: Mood = lambda asked: said("400 Bad") if asked.nth == 1 else None  # noqa: E731
    with between(mood) as box, run(tmp_path, box, events(2)) as loop:
        assert (loop.store.counts.delivered, loop.store.counts.dead) == (2, 0)
        assert box.recorded.keys() == {"e0", "e1"}


@pytest.mark.parametrize("answer", [page("413 Too Large"), said("413 Too Large"), CUT])
def test_a_limit_in_bytes_makes_requests_smaller(tmp_path: Path, answer: bytes) -> None:
    """Whoever sets it, and however they say it."""
    mood: Mood = lambda asked: answer if asked.size > 20_000 else None  # noqa: E731
    with between(mood) as box, run(tmp_path, box, events(300), until=done(300)) as loop:
        assert loop.store.counts.dead == 0
        assert everything(box, 300)
        assert len(box.asked) < 60


def done(count: int, *but: str) -> Callable[[Between], bool]:
    """Until all of these have arrived."""
    return lambda box: everything(box, count, frozenset(but))


@pytest.mark.parametrize(
    "answer",
    [http("500 Oops"), said("500 Oops"), CUT, page("403 Forbidden"), http("302 Found")],
    ids=["500", "500 in words", "cut", "page", "redirect"],
)
def test_a_row_that_never_passes_holds_nobody_up(tmp_path: Path, answer: bytes) -> None:
    """299 of 300 go at once; the one is kept, with what it has used up where it was heard."""
    mood: Mood = lambda asked: answer if POISON in asked.rows else None  # noqa: E731
    with between(mood) as box:
        with run(tmp_path, box, events(300), until=done(300, POISON)) as loop:
            assert everything(box, 300, frozenset({POISON}))
            assert (loop.store.counts.dead, loop.store.counts.pending) == (0, 1)
        assert box.alone(POISON) >= 1
        with run(tmp_path, box, io.BytesIO(), until=lambda box: box.alone(POISON) > 2) as loop:
            assert loop.store.counts.pending == 1


@pytest.mark.parametrize("hurt", [http("500 Oops"), CUT, page("403 Forbidden")])
@pytest.mark.parametrize("words", ["named", "not named"])
def test_a_search_goes_on_whatever_becomes_of_its_requests(
    tmp_path: Path, hurt: bytes, words: str
) -> None:
    """A bad row among 300, and every third request goes wrong besides: it alone dies."""
    lock, seen = threading.Lock(), [0]

    def mood(asked: Asked) -> bytes | None:
        with lock:
            seen[0] += 1
        if seen[0] % 3 == 0:
            return hurt
        if POISON not in asked.rows:
            return None
        row = asked.rows.index(POISON)
        place = "events-bulk-create/data/" if asked.kind == "bulk" else ""
        pointer = f"/data/attributes/{place}{row}" if words == "named" and place else ""
        return said("400 Bad", pointer=pointer)

    with between(mood) as box, run(tmp_path, box, events(300)) as loop:
        assert everything(box, 300, frozenset({POISON}))
        assert [letter.origin.id for letter in loop.letters] == [POISON]
        assert loop.letters[0].detail == "No."
        assert (loop.store.counts.delivered, loop.store.counts.dead) == (299, 1)


def test_a_middlebox_that_cuts_large_bulks_is_fed_small_ones(tmp_path: Path) -> None:
    """Of over 100 rows: everything arrives, in few requests."""
    mood: Mood = lambda asked: CUT if len(asked.rows) > 100 else None  # noqa: E731
    with between(mood) as box, run(tmp_path, box, events(1_000), config=IDENTIFY) as loop:
        assert (loop.store.counts.delivered, loop.store.counts.upserts) == (1_000, 1_000)
        assert len(box.asked) < 120


@pytest.mark.parametrize(
    "answer",
    [
        job_is("cancelled", completed_count=0),
        job_is("complete", completed_count=0, total_count=40),
        said("404 Not Found", "not_found"),
    ],
    ids=["cancelled", "nothing completed", "unknown"],
)
def test_an_import_that_did_not_happen_goes_again(tmp_path: Path, answer: bytes) -> None:
    """Its rows are not counted before; here every import fares so, and they end up single."""
    mood: Mood = lambda asked: answer if asked.kind.startswith("/api/profile-bulk") else None  # noqa: E731
    with between(mood) as box, run(tmp_path, box, events(40), config=IDENTIFY) as loop:
        assert {f"u{n}" for n in range(40)} <= set(box.recorded)
        assert (loop.store.counts.upserts, loop.store.counts.delivered) == (40, 40)
        assert any(warning.code == "import.undone" for warning in loop.warnings)


@pytest.mark.parametrize("digits", ["9" * 5_000, "9" * 30, "-1", "1e3"])
def test_a_pointer_to_no_row_is_none(tmp_path: Path, digits: str) -> None:
    """However long its number: the group is halved, as where nothing is said."""
    pointer = f"/data/attributes/events-bulk-create/data/{digits}"
    mood: Mood = lambda asked: said("400 Bad", pointer=pointer) if "e3" in asked.rows else None  # noqa: E731
    with between(mood) as box, run(tmp_path, box, events(8)) as loop:
        assert (loop.store.counts.delivered, loop.store.counts.dead) == (7, 1)
        assert everything(box, 8, frozenset({"e3"}))


PHONE = {"settings": {**IDENTIFY["settings"], "phoneNumber": "user.phone"}}


def dislikes(kind: str, place: str, status: str = "400 Bad") -> Mood:
    """Klaviyo takes no phone number, wherever it stands, in this kind of call."""

    def mood(asked: Asked) -> bytes | None:
        if asked.kind != kind or "+4915112345678" not in json.dumps(asked.body):
            return None
        return said(status, pointer=f"/data/attributes/{place}phone_number")

    return mood


@pytest.mark.parametrize(
    ("mode", "kind", "place"),
    [
        ("single", "upsert", ""),
        ("single", "event", "profile/data/attributes/"),
        ("bulk", "bulk", "events-bulk-create/data/0/attributes/profile/data/attributes/"),
        ("bulk", "import", "profiles/data/0/attributes/"),
    ],
)
def test_an_identifier_that_klaviyo_refuses_is_left_out_and_told(
    tmp_path: Path, mode: Mode, kind: str, place: str
) -> None:
    """The call goes once more without it; the others it names are enough."""
    stream = events(3, phone="+4915112345678")
    with (
        between(dislikes(kind, place)) as box,
        run(tmp_path, box, stream, mode=mode, config=PHONE) as loop,
    ):
        assert (loop.store.counts.dead, loop.store.counts.dead_upserts) == (0, 0)
        assert everything(box, 3)
        told = {one.detail: count for one, count in loop.warnings.items()}
        assert sum(told.values()) == 3
        assert all("once more without phone_number" in detail for detail in told)
        assert "+49" not in str(told)


def test_where_nothing_else_is_known_the_refusal_stands_in_klaviyos_words(tmp_path: Path) -> None:
    """Nobody is left to send it for."""
    config = {"settings": {"externalId": "user.none", "phoneNumber": "user.phone"}}
    with (
        between(dislikes("event", "profile/data/attributes/")) as box,
        run(tmp_path, box, events(1, phone="+4915112345678"), mode="single", config=config) as loop,
    ):
        assert (loop.letters[0].status, loop.letters[0].detail) == (400, "No.")
        assert len(box.asked) == 1


def test_a_duplicate_profile_goes_once_more_under_its_strongest_identifier(tmp_path: Path) -> None:
    """Only once: Klaviyo's second word is the last."""
    config = {"settings": {**IDENTIFY["settings"]}}
    conflict = said("409 Conflict", "duplicate_profile", pointer="/data/attributes")

    def mood(asked: Asked) -> bytes | None:
        is_both = asked.kind == "upsert" and "email" in asked.body["data"]["attributes"]
        return conflict if is_both else None

    stream = events(2, email="ada@example.com")
    with between(mood) as box, run(tmp_path, box, stream, mode="single", config=config) as loop:
        assert (loop.store.counts.upserts, loop.store.counts.dead_upserts) == (2, 0)
        (warning,) = loop.warnings
        assert "under the strongest identifier alone" in warning.detail
    always: Mood = lambda asked: conflict if asked.kind == "upsert" else None  # noqa: E731
    (tmp_path / "other").mkdir()
    with (
        between(always) as box,
        run(tmp_path / "other", box, events(1), mode="single", config=config) as loop,
    ):
        assert loop.store.counts.dead_upserts == 1


def test_a_partial_failure_is_told(tmp_path: Path) -> None:
    """A header of Klaviyo's: the request was taken, but not all of it."""
    answer = http("202 Accepted", b"", "X-Klaviyo-Partial-Failure: metric-limit\r\n")
    with between(lambda asked: answer) as box, run(tmp_path, box, events(2)) as loop:
        assert [one.detail for one in loop.warnings] == ["x-klaviyo-partial-failure: metric-limit"]
        assert loop.store.counts.delivered == 2


@pytest.mark.parametrize(("status", "reason"), [("401 No", "key"), ("403 No", "scope")])
def test_klaviyos_own_word_about_the_key_ends_the_run(
    tmp_path: Path, status: str, reason: str
) -> None:
    """At any time; everything is kept."""
    mood: Mood = lambda asked: said(status, detail="You may not.") if asked.nth > 3 else None  # noqa: E731
    with between(mood) as box, run(tmp_path, box, events(50), mode="single") as loop:
        assert loop.course.stopped is not None
        assert (loop.course.stopped.reason, loop.course.stopped.detail) == (reason, "You may not.")
        counts = loop.store.counts
        assert (counts.dead, counts.delivered + counts.pending) == (0, 50)
