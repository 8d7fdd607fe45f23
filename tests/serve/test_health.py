"""Is it well, and who may read its numbers?"""

from __future__ import annotations

import json
import resource
import socket
import threading
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.end_to_end.command import sandbox, started
from tests.serve.test_app import EVENT, GUARD, Taken, ask, request
from tests.serve.test_serve import event, post, serving
from tests.shell.fake import IDENTIFY, Fake, line

from walkeros_klaviyo.delivery.messages import Stop
from walkeros_klaviyo.destination import Destination
from walkeros_klaviyo.shell.send import loop as looping
from walkeros_klaviyo.shell.serve import health
from walkeros_klaviyo.shell.serve.app import create_app
from walkeros_klaviyo.shell.serve.guard import Guard

GET = {"method": "GET", "path": "/metrics"}


def values(text: bytes) -> dict[str, float]:
    """A page of metrics: by name and labels, as they stand there."""
    families = text_string_to_metric_families(text.decode())
    return {
        one.name.removeprefix("walkeros_klaviyo_")
        + "".join(f" {value}" for value in one.labels.values()): one.value
        for family in families
        for one in family.samples
    }


def get(connection: HTTPConnection, path: str) -> tuple[int, bytes]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        ("at once", 200, "ok"),
        ("closed", 503, "ended"),
        ("full", 503, "the disk takes no events"),
        ("never", 503, "has not answered"),
    ],
)
def test_it_is_ready_while_its_disk_takes_events(
    how: str, status: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "never":
        monkeypatch.setattr(health, "SECONDS", 0.01)
    found, headers, body = ask(Taken(how), method="GET", path="/readyz")
    assert (found, headers["x-content-type-options"]) == (status, "nosniff")
    assert words in json.loads(body)["status"]
    assert ask(Taken(how), method="GET", path="/healthz")[0] == 200


def test_many_who_ask_write_to_the_disk_once() -> None:
    taker = Taken()
    made = create_app(taker, Guard())
    for _ in range(5):
        assert request(made, method="GET", path="/readyz")[0] == 200
    assert len(taker.futures) == 1


def test_trouble_with_klaviyo_is_a_word_and_no_reason_to_send_senders_away() -> None:
    taker = Taken()
    taker.trouble = Stop("key", "401: ada@example.com")
    status, _, body = ask(taker, method="GET", path="/readyz")
    assert (status, b"key" in body, b"ada" in body) == (200, True, False)


def test_the_metrics_are_the_loops_own_numbers() -> None:
    found = values(ask(Taken(), **GET)[2])
    assert {name: found[name] for name in ("accepted_total", "delivered_total", "dead")} == {
        "accepted_total": 9.0, "delivered_total": 3.0, "dead": 2.0,
    }  # fmt: skip
    assert found["pending"] == 9 - 3 - 2 - 1
    assert found["not_sent_total denied"] == 1.0
    assert found["not_sent_total ignored"] == 0.0
    assert found["invalid_total"] == 4.0
    assert found["oldest_pending_seconds"] == 12.5
    assert found["pace_used events.create_event"] == 7.0
    assert found["pace_limit events.create_event"] == 3_465.0
    assert "pace_limit profiles.create_or_update_profile" not in found
    assert found["waiting_calls events.create_event pace"] == 40.0
    assert found["delivery_seconds_bucket 0.5"] == 0.0
    assert found["delivery_seconds_bucket 1.0"] == found["delivery_seconds_bucket +Inf"] == 3.0
    assert (found["delivery_seconds_count"], found["delivery_seconds_sum"]) == (3.0, 1.5)
    assert found["up"] == 1.0


@pytest.mark.parametrize("how", ["full", "never"])
def test_a_loop_that_does_not_answer_is_down_and_has_no_numbers(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "never":
        monkeypatch.setattr(health, "SECONDS", 0.01)
    status, _, text = ask(Taken(how), **GET)
    found = values(text)
    assert (status, found["up"], "accepted_total" in found) == (200, 0.0, False)


def test_each_application_counts_its_own_answers_to_senders() -> None:
    one, other = create_app(Taken(), Guard()), create_app(Taken(), Guard())
    for body in (json.dumps(EVENT).encode(), b"{", b"{"):
        request(one, body)
    for path in ("/collected", "/healthz", "/metrics"):
        request(one, method="GET", path=path)
    found = values(request(one, **GET)[2])
    statuses = {name: value for name, value in found.items() if name.startswith("requests_total")}
    assert statuses == {"requests_total 200": 1.0, "requests_total 400": 2.0,
                        "requests_total 404": 1.0}  # fmt: skip
    assert "requests_total 200" not in values(request(other, **GET)[2])


@pytest.mark.parametrize(
    ("guard", "headers", "client", "status"),
    [
        (Guard(), {}, "127.0.0.1", 200),
        (Guard(), {}, "::1", 200),
        (Guard(), {}, "192.0.2.7", 403),
        (Guard(), {}, "", 403),
        (Guard(token="s"), {"authorization": "Bearer s"}, "192.0.2.7", 200),
        (Guard(token="s"), {}, "127.0.0.1", 401),
        (GUARD, {"host": "evil.example", "authorization": "Bearer s3cret"}, "127.0.0.1", 421),
    ],
)
def test_the_metrics_are_for_this_machine_or_the_token(
    guard: Guard, headers: dict[str, str], client: str, status: int
) -> None:
    assert ask(Taken(), **GET, guard=guard, headers=headers, client=client)[0] == status
    assert ask(Taken(), method="GET", path="/readyz", guard=guard, client=client)[0] == 200


def test_names_from_outside_become_no_labels(tmp_path: Path) -> None:
    with (
        sandbox("--limits", "off") as host,
        serving(tmp_path, "--host", host, "--limits", "off") as connection,
    ):
        post(connection, [{**event(n), "name": f"word{n} x{n}"} for n in range(300)])
        get(connection, "/collect-word7")
        found = values(get(connection, "/metrics")[1])
        while found["delivered_total"] < 300:
            found = values(get(connection, "/metrics")[1])
    assert len(found) < 100
    assert not [name for name in found if "word" in name]
    assert found["delivery_seconds_count"] == 300.0


def test_a_loop_that_died_is_not_ready_whatever_it_died_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KLAVIYO_API_KEY", "pk_test")

    def broken(*given: Any) -> Any:
        raise KeyError("a fault of ours")

    given: dict[str, Any] = {"host": "http://127.0.0.1:1", "klaviyo": Fake(), "limits": False}
    with Destination(IDENTIFY, store=tmp_path / "shop.db", **given) as taker:
        made = create_app(taker, Guard())
        assert request(made, method="GET", path="/readyz")[0] == 200
        monkeypatch.setattr(looping, "step", broken)
        request(made, json.dumps(line(1)).encode())
        ended = threading.Event()
        for _ in range(1_000):
            if not taker.is_open:
                break
            ended.wait(0.01)
        assert request(made, method="GET", path="/metrics")[0] == 200
        fresh = create_app(taker, Guard())
        assert request(fresh, method="GET", path="/readyz")[0] == 503
        assert request(fresh, json.dumps(EVENT).encode())[0] == 503


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux's prlimit")
def test_a_full_disk_is_not_ready_and_ends_it_for_whoever_starts_it_again(tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_text("{}")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        words = ("serve", "-c", "shop.json", "--port", "0", "--host", host)
        with started(*words, cwd=tmp_path) as server, ExitStack() as stack:
            assert server.stdout is not None and server.stderr is not None
            url = urlsplit(server.stdout.readline().decode().strip())
            connection = stack.enter_context(closing(HTTPConnection(url.netloc, timeout=10)))

            def room(size: int) -> None:
                resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

            post(connection, event(0))
            room(0)
            assert get(connection, "/readyz")[0] == 503
            room(resource.RLIM_INFINITY)
            threading.Event().wait(health.FRESH + 0.1)
            assert get(connection, "/readyz")[0] == 200
            post(connection, event(1))
            room(0)
            connection.request("POST", "/collect", json.dumps(event(2)))
            assert connection.getresponse().status == 503
            assert server.wait(30) == 3
            told = server.stderr.read().decode()
    assert "Traceback" not in told
    assert "shop.db" in told or "walkeros-klaviyo.db" in told
