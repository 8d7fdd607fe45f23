"""The page of `serve`: who sees it, whom it names, and what a click does."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.pages.status import PERSONAL, Klaviyo, event, opened, serving, soon
from tests.pages.test_html import Read
from tests.serve.test_app import request

from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.destination import Destination
from walkeros_klaviyo.shell.serve.guard import LOOPBACK, Guard
from walkeros_klaviyo.shell.serve.nobody import masked
from walkeros_klaviyo.shell.store import Store

HERE = {"host": "localhost:8080"}
OWN = {**HERE, "origin": "http://localhost:8080", "sec-fetch-site": "same-origin"}
Serving = tuple[Any, Destination, Klaviyo]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as found:
        yield found


def shown(app: Any, query: str = "", **headers: str) -> tuple[int, str]:
    status, _, text = request(app, b"", "GET", "/status", query, {**HERE, **headers})
    return status, text.decode()


def click(app: Any, headers: dict[str, str] = OWN, **form: str) -> tuple[int, dict[str, str], str]:
    found = re.search(r'name="token" value="([^"]+)"', shown(app)[1])
    token = found[1] if found else ""
    raw = urlencode({"token": token, **form}).encode()
    status, told, text = request(app, raw, "POST", "/status", "", headers)
    return status, told, text.decode()


def test_it_says_what_is_dead_and_why_and_names_nobody(serve: Serving) -> None:
    status, text = shown(serve[0])
    assert status == 200
    for part in ("Placed Order", "invalid", "400", "is refused.", "Retry 1", "Drop 2"):
        assert part in Read(text).text
    for one in PERSONAL:
        assert one not in text
    assert "<script>alert" not in text
    assert "What was to be sent" not in text


def test_whoever_asks_for_it_sees_the_people_and_the_bodies(serve: Serving) -> None:
    text = Read(shown(serve[0], "people=show")[1]).text
    for one in (*PERSONAL, "The walkerOS event", '"item": "tent"'):
        assert one in text


def test_a_click_on_retry_plans_the_event_anew_and_it_is_delivered(serve: Serving) -> None:
    app, taker, klaviyo = serve
    klaviyo.refuses = False
    status, told, _ = click(app, what="retry", number="1")
    assert (status, told["location"]) == (303, "/status?retry=1")
    soon(lambda: taker.counts.delivered == 2)
    assert (taker.counts.dead, taker.counts.pending) == (1, 0)
    assert sorted(klaviyo.fake.ids()[-1:]) == ["e0"]
    assert "1 dead letter was planned again." in shown(app, "retry=1")[1]


def test_a_click_does_what_the_command_does(tmp_path: Path) -> None:
    """By the same function of the store, with the same outcome."""
    counts = []
    for by_click in (True, False):
        folder = tmp_path / str(by_click)
        folder.mkdir()
        with serving(folder) as (app, taker, klaviyo):
            klaviyo.refuses = False
            if by_click:
                assert click(app, what="retry", code="invalid")[1]["location"] == "/status?retry=2"
                soon(lambda: taker.counts.delivered == 3)
        if not by_click:
            with Store.visit(folder / "s.db") as store:
                assert store.retry(code="invalid").retried == 2
                store.commit()
            with opened(folder, klaviyo) as taker:
                soon(lambda: taker.counts.delivered == 3)
        with Store.visit(folder / "s.db") as store:
            found = store.counts
            counts.append((found.dead, found.pending, found.anew, store.to_plan_anew))
    assert counts[0] == counts[1] == (0, 0, 2, 0)


def test_a_click_on_drop_removes_it_for_good(serve: Serving) -> None:
    app, taker, _ = serve
    assert click(app, what="drop", number="2", people="show")[1]["location"] == (
        "/status?drop=1&people=show"
    )
    assert (taker.counts.dead, taker.counts.not_sent["dropped"]) == (1, 1)
    assert click(app, what="drop", number="2")[1]["location"] == "/status?drop=0"
    assert "0 dead letters were dropped." in shown(app, "drop=0")[1]


@pytest.mark.parametrize(
    ("headers", "form", "status"),
    [
        (OWN, {"token": "guessed"}, 403),
        (OWN, {"token": ""}, 403),
        ({**OWN, "origin": "http://evil.example"}, {}, 403),
        ({**OWN, "origin": "null"}, {}, 403),
        ({**OWN, "origin": "http://localhost:9999"}, {}, 403),
        (HERE, {}, 403),
        ({**OWN, "sec-fetch-site": "cross-site"}, {}, 403),
        ({**OWN, "host": "evil.example", "origin": "http://evil.example"}, {}, 421),
        (OWN, {"what": "forget"}, 400),
        (OWN, {"number": ""}, 400),
        (OWN, {"number": "1", "code": "invalid"}, 400),
        (OWN, {"number": "9" * 30}, 400),
        (OWN, {"number": "x"}, 400),
        (OWN, {"more": "x" * 20_000}, 413),
    ],
)
def test_what_is_no_click_on_the_page_changes_nothing(
    headers: dict[str, str], form: dict[str, str], status: int, serve: Serving
) -> None:
    app, taker, _ = serve
    assert click(app, headers, **{"what": "drop", "number": "1", **form})[0] == status
    assert taker.counts.dead == 2


def basic(password: str) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(f'me:{password}'.encode()).decode()}"}


@pytest.mark.parametrize(
    ("guard", "headers", "client", "status"),
    [
        (Guard(), {}, "127.0.0.1", 200),
        (Guard(), {}, "192.0.2.7", 403),
        (Guard(), {"host": "evil.example"}, "127.0.0.1", 421),
        (Guard(token="s3cret"), {}, "127.0.0.1", 401),
        (Guard(token="s3cret"), basic("wrong"), "127.0.0.1", 401),
        (Guard(token="s3cret"), {"authorization": "Basic s3cret"}, "127.0.0.1", 401),
        (Guard(token="s3cret"), basic("s3cret"), "192.0.2.7", 200),
        (Guard(token="a:b"), basic("a:b"), "192.0.2.7", 200),
        (Guard(token="s3cret"), {"authorization": "Bearer s3cret"}, "192.0.2.7", 200),
        (Guard(hosts=frozenset(LOOPBACK)), {"host": "evil.example"}, "127.0.0.1", 421),
        (Guard(origins=frozenset({"https://shop.example"})), OWN, "127.0.0.1", 200),
    ],
)
def test_the_page_is_for_this_machine_or_who_brings_the_token(
    guard: Guard, headers: dict[str, str], client: str, status: int, tmp_path: Path
) -> None:
    with serving(tmp_path, 0, guard) as (app, *_):
        given = {**HERE, **headers}
        found, told, text = request(app, b"", "GET", "/status", "", given, client)
        posted = request(app, b"what=drop", "POST", "/status", "", given, client)[0]
    assert found == status
    assert posted == (403 if status == 200 else status)
    assert ("www-authenticate" in told) == (status == 401)
    assert not [name for name in told if name.startswith("access-control")]
    assert b"s3cret" not in text
    assert "frame-ancestors 'none'" in told["content-security-policy"]


def test_it_says_why_nothing_goes_out_and_what_waits(tmp_path: Path) -> None:
    with serving(tmp_path, 0) as (app, taker, klaviyo):
        klaviyo.fake.answers = lambda call, body: Answer(None, fault="connect")
        taker.push_many([{**event(n), "name": f"a{n} b{n}"} for n in range(80)])
        soon(lambda: "breaker" in shown(app)[1] or "backoff" in shown(app)[1])
        text = Read(shown(app)[1]).text
        taker.close(0.0)
    assert "pending80" in text
    assert "Events, by metric" in text
    assert len(text) < 20_000


def test_a_loop_that_does_not_answer_is_said_in_a_word(tmp_path: Path) -> None:
    with serving(tmp_path, 0) as (app, taker, _):
        pass
    assert not taker.is_open
    status, text = shown(app)
    assert (status, "does not answer" in text) == (503, True)


def test_numbers_beyond_what_people_wrote_are_not_masked() -> None:
    assert masked("status 400 at /data/attributes/value, 12 rows") == (
        "status 400 at /data/attributes/value, 12 rows"
    )
    assert masked("Ada and ADA", ["ada"]) == "A*** and A***"


def test_letters_are_not_read_again_where_none_came_or_went(
    serve: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, taker, _ = serve
    read: list[int] = []
    letters = Store.letters
    monkeypatch.setattr(Store, "letters", lambda *given: read.append(1) or letters(*given))
    first = shown(app, "people=show")[1]
    assert shown(app, "people=show")[1].count("<li ") == first.count("<li ") == 2
    assert len(read) == 1
    taker.push(event(5))
    soon(lambda: taker.counts.dead == 3)
    assert shown(app)[1].count("<li ") == 3
    click(app, what="drop", number="1")
    assert shown(app)[1].count("<li ") == 2


def test_words_of_any_length_keep_no_sender_waiting() -> None:
    begun = time.process_time()
    assert len(masked("x" * 10**6, [f"y{n}" for n in range(1_000)])) < 1_100
    assert "@" not in masked(f"{'a ' * 499}ada@example.com is refused")
    assert time.process_time() - begun < 1.0
