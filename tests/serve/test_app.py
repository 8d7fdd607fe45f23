"""What is answered, and when? The application with a taker of the test's own."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from typing import Any

import pytest

from walkeros_klaviyo import parse_config, pipeline
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.delivery.messages import Stop
from walkeros_klaviyo.delivery.outlook import Waiting
from walkeros_klaviyo.shell.send.gauges import Gauges
from walkeros_klaviyo.shell.serve import app as endpoint
from walkeros_klaviyo.shell.serve.app import Limits, create_app
from walkeros_klaviyo.shell.serve.guard import Guard
from walkeros_klaviyo.shell.store import StoreFullError
from walkeros_klaviyo.shell.store.counts import Counts
from walkeros_klaviyo.shell.store.lag import Lags

MORE = b"..."
"""A body's part after which nothing comes."""
NOW = 1_795_518_160.712
EVENT = {"name": "page view", "user": {"id": "u1"}}
PLAN = pipeline(parse_config({})).plan
COUNTS = Counts(accepted=9, delivered=3, dead=2, not_sent=Counter(denied=1), invalid=4)
LAGS = Lags()
LAGS.add(2, 3, 1.5)
PACES = {"events.create_event": (7, 3_465), "profiles.create_or_update_profile": (0, None)}
GAUGES = Gauges(COUNTS, LAGS, 12.5, PACES, (Waiting("events.create_event", "pace", 1.0, 40),))


class Taken:
    """Takes events, and says so at once; or never, or not any more."""

    def __init__(self, how: str = "at once") -> None:
        self.how, self.events, self.futures = how, list[Any](), list[Future[Any]]()
        self.trouble: Stop | None = None

    @property
    def is_open(self) -> bool:
        return self.how != "closed"

    def gauges(self) -> Future[Gauges]:
        return self._told(GAUGES)

    def probe(self) -> Future[None]:
        return self._told(None)

    def _told(self, answer: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.futures.append(future)
        if self.how == "full":
            future.set_exception(StoreFullError("shop.db: the disk is full"))
        elif self.how == "broken":
            future.set_exception(ValueError("a fault of ours"))
        elif self.how != "never":
            future.set_result(answer)
        return future

    def submit(self, events: Sequence[Any]) -> Future[tuple[Plan, ...]]:
        if self.how == "closed":
            raise RuntimeError("it is closed")
        future: Future[tuple[Plan, ...]] = Future()
        self.futures.append(future)
        if self.how == "ended":  # while the event was on its way to the disk
            future.set_exception(CancelledError())
        if self.how == "at once":
            self.events.extend(events)
            future.set_result(tuple(map(PLAN, events)))
        return future


def ask(
    taker: Taken,
    body: bytes | Sequence[bytes] = b"",
    *,
    method: str = "POST",
    path: str = "/collect",
    query: str = "",
    headers: dict[str, str] | None = None,
    guard: Guard = Guard(),  # noqa: B008
    limits: Limits = Limits(),  # noqa: B008
    client: str = "127.0.0.1",
) -> tuple[int, dict[str, str], bytes]:
    """One request to an application of its own, without a network."""
    made = create_app(
        taker, guard, limits=limits, clock=lambda: NOW, new_id=lambda: "0123456789abcdef"
    )
    return request(made, body, method, path, query, headers, client)


def request(
    app: Any,
    body: bytes | Sequence[bytes] = b"",
    method: str = "POST",
    path: str = "/collect",
    query: str = "",
    headers: dict[str, str] | None = None,
    client: str = "127.0.0.1",
) -> tuple[int, dict[str, str], bytes]:
    """One request, without a network."""
    parts = [body] if isinstance(body, bytes) else list(body)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not parts:
            await asyncio.sleep(3_600)
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts) or part == MORE}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        "server": ("127.0.0.1", 80), "client": (client, 1), "root_path": "",
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    start = next(one for one in sent if one["type"] == "http.response.start")
    found = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], found, b"".join(one.get("body", b"") for one in sent)


def answered(taker: Taken, value: Any, **more: Any) -> tuple[int, Any]:
    status, headers, body = ask(taker, json.dumps(value).encode(), **more)
    assert headers["x-content-type-options"] == "nosniff"
    return status, json.loads(body)


STAMP = {"id": "0123456789abcdef", "timestamp": 1_795_518_160_712}


def test_an_event_is_stamped_and_taken_before_it_is_answered() -> None:
    taker = Taken()
    assert answered(taker, EVENT) == (200, {"success": True, **STAMP})
    assert taker.events == [{**EVENT, **STAMP}]


def test_what_a_sender_stamped_stays() -> None:
    own = {"id": "e1", "timestamp": 5}
    assert answered(Taken(), {**EVENT, **own}) == (200, {"success": True, **own})


@pytest.mark.parametrize(
    ("value", "status", "expected"),
    [
        ([EVENT, EVENT], 200, {"success": True, "processed": 2, "ids": [STAMP["id"]] * 2}),
        ({"batch": [EVENT]}, 200, {"success": True, "processed": 1, "ids": [STAMP["id"]]}),
        ([], 200, {"success": True, "processed": 0, "ids": []}),
        ({"name": "page"}, 400, {"success": False, "error": "Event name is invalid"}),
        ({"data": 1}, 400, {"success": False, "error": "Event name is required"}),
        (
            [EVENT, {"name": "page"}],
            207,
            {
                "success": False,
                "processed": 1,
                "failed": 1,
                "errors": [{"index": 1, "error": "Event name is invalid"}],
            },
        ),
    ],
)
def test_the_answers_are_walkeros_own(value: Any, status: int, expected: Any) -> None:
    assert answered(Taken(), value) == (status, expected)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "text/plain", "x/y", None])
def test_the_content_type_does_not_matter(kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    assert answered(Taken(), EVENT, headers=headers)[0] == 200


def test_what_cannot_be_taken_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "PATIENCE", 0.01)
    never = Taken("never")
    for taker in (Taken("closed"), Taken("ended"), never):
        status, headers, _ = ask(taker, json.dumps(EVENT).encode())
        assert (status, headers["retry-after"]) == (503, "5")
    assert never.futures[0].cancelled()  # it is not taken later either


def test_a_large_batch_is_taken_in_parts_so_that_others_come_between() -> None:
    taker = Taken()
    status, said = answered(taker, [{**EVENT, "id": str(n)} for n in range(250)])
    assert (status, said["ids"]) == (200, [str(n) for n in range(250)])
    assert [len(one.result()) for one in taker.futures] == [100, 100, 50]


def test_a_pixel_is_answered_with_a_dot() -> None:
    taker = Taken()
    status, headers, body = ask(taker, method="GET", query="name=page%20view&user[id]=u1")
    assert (status, len(body), headers["content-type"]) == (200, 42, "image/gif")
    assert headers["cache-control"] == "no-cache, no-store, must-revalidate"
    assert taker.events == [{**EVENT, **STAMP}]
    assert ask(taker, method="GET")[0] == 200


def test_a_body_is_bounded_however_it_comes() -> None:
    small = Limits(bytes=20, seconds=0.05)
    announced = ask(Taken(), headers={"content-length": "21"}, limits=small)
    chunked = ask(Taken(), [b"x" * 15, b"x" * 15], limits=small)
    slow = ask(Taken(), [MORE], limits=small)
    assert [one[0] for one in (announced, chunked, slow)] == [413, 413, 408]


def test_a_page_may_ask_before_it_sends() -> None:
    asked = {"origin": "https://shop.example", "access-control-request-headers": "traceparent"}
    status, headers, _ = ask(Taken(), method="OPTIONS", headers=asked, guard=Guard(token="s"))
    assert (status, headers["access-control-allow-origin"]) == (204, "*")
    assert headers["access-control-allow-headers"] == "traceparent"


GUARD = Guard(
    token="s3cret",
    origins=frozenset({"https://shop.example"}),
    hosts=frozenset({"localhost"}),
)
FINE = {"host": "localhost:8080", "authorization": "Bearer s3cret"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (FINE, 200),
        ({**FINE, "origin": "https://shop.example"}, 200),
        ({**FINE, "origin": "https://evil.example"}, 403),
        ({**FINE, "origin": "null"}, 403),
        ({**FINE, "host": "evil.example"}, 421),
        ({"authorization": "Bearer s3cret"}, 421),
        ({"host": "localhost"}, 401),
        ({**FINE, "authorization": "Bearer s3cre"}, 401),
        ({**FINE, "authorization": "Bearer é"}, 401),
    ],
)
def test_who_may_not_send_is_refused_and_nothing_is_taken(
    headers: dict[str, str], status: int
) -> None:
    taker = Taken()
    assert ask(taker, json.dumps(EVENT).encode(), headers=headers, guard=GUARD)[0] == status
    assert bool(taker.events) == (status == 200)
