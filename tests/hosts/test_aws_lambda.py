"""The Lambda's handler, against the sandbox through the real SDK."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from klaviyo_api import KlaviyoAPI
from notebooks.hosts.aws_lambda import Batch, Record, handler_of, sender
from tests.core.make import NOW, event_with

from walkeros_klaviyo import parse_config, pipeline, read_config, scan
from walkeros_klaviyo.core.klaviyo.clock import format_time
from walkeros_klaviyo.core.walkeros.functions.texts import iso_to_ms
from walkeros_klaviyo.kept import KeptStates
from walkeros_klaviyo.sandbox import Faults, Sandbox
from walkeros_klaviyo.sandbox.serve import running
from walkeros_klaviyo.shop import CONFIG, EVENTS

TRANSFORM = pipeline(parse_config({"settings": {"identify": {"map": {"firstName": "user.first"}}}}))
Sent = list[tuple[str, Mapping[str, Any]]]


def message(number: int, event: Any, group: str | None = None) -> Record:
    body = event if isinstance(event, str) else json.dumps(event)
    record: Record = {"messageId": f"m{number}", "body": body}
    if group is not None:
        record["attributes"] = {"MessageGroupId": group}
    return record


def visit(number: int, who: str = "u1", first: str = "Ada", **changes: Any) -> dict[str, Any]:
    return event_with(id=f"e{number}", user={"id": who, "first": first}, **changes)


def failed(records: list[Record], send: Any, kept: dict[str, bytes] | None = None) -> list[str]:
    """The ids of the messages that shall come again."""
    known: dict[str, bytes] = {} if kept is None else kept
    states = KeptStates(known.get, known.__setitem__)
    handler = handler_of(TRANSFORM, send, states, clock=lambda: NOW / 1_000)
    answer = handler(Batch(Records=records), None)
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


@pytest.fixture
def sandbox() -> Iterator[tuple[Sandbox, Any]]:
    """It, and the SDK that talks to it."""
    stand_in = Sandbox(limits="off")
    with running(stand_in) as url:
        yield stand_in, sender(KlaviyoAPI("pk_test", max_retries=1, test_host=url))


def test_a_batch_is_delivered_and_what_is_known_is_not_told_again(sandbox: Any) -> None:
    stand_in, send = sandbox
    kept: dict[str, bytes] = {}
    assert failed([message(1, visit(1)), message(2, visit(2, "u2", "Bob"))], send, kept) == []
    assert failed([message(3, visit(3))], send, kept) == []
    assert [event["unique_id"] for event in stand_in.events()] == ["e1", "e2", "e3"]
    assert {one["attributes"]["first_name"] for one in stand_in.profiles()} == {"Ada", "Bob"}
    assert stand_in.stats()["requests"] == 5


def test_what_cannot_be_sent_comes_again_and_the_rest_does_not(
    sandbox: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Broken JSON, no event, and one that Klaviyo would refuse; logged without anybody's words."""
    stand_in, send = sandbox
    far = visit(5, timestamp=NOW + 3 * 366 * 86_400_000)
    records = [
        message(1, '{"name": "ada@example.com'),
        message(2, visit(2)),
        message(3, {"name": "ada@example.com"}),
        message(4, {**visit(4), "user": {}}),
        message(5, far),
    ]
    with caplog.at_level(logging.WARNING):
        assert failed(records, send) == ["m1", "m3", "m5"]
    assert [event["unique_id"] for event in stand_in.events()] == ["e2"]
    assert "ada" not in caplog.text
    assert "invalid" in caplog.text


def test_a_message_that_comes_again_is_recorded_once(sandbox: Any) -> None:
    stand_in, send = sandbox
    kept: dict[str, bytes] = {}
    for _ in range(3):
        assert failed([message(1, visit(1))], send, kept) == []
    assert len(stand_in.events()) == 1


def test_after_a_failure_the_rest_of_its_group_waits_and_other_groups_go_on() -> None:
    """So that a queue which keeps order keeps it."""
    sent: Sent = []

    def send(name: str, body: Mapping[str, Any]) -> None:
        attributes = body["data"]["attributes"]
        if attributes.get("unique_id") == "e2":
            raise TimeoutError
        sent.append((name, attributes.get("unique_id")))

    records = [message(n, visit(n, f"u{n % 2}"), group=f"u{n % 2}") for n in range(1, 6)]
    assert failed(records, send) == ["m2", "m4"]
    assert [one for _, one in sent if one] == ["e1", "e3", "e5"]


def test_an_upsert_whose_fate_is_unknown_is_told_again() -> None:
    """Ada became Eva, and nobody knows whether that arrived: Ada again is no repeat."""
    kept: dict[str, bytes] = {}
    assert failed([message(1, visit(1))], lambda name, body: None, kept) == []
    known = dict(kept)

    def lose(name: str, body: Mapping[str, Any]) -> None:
        raise ConnectionResetError

    assert failed([message(2, visit(2, first="Eva"))], lose, kept) == ["m2"]
    assert kept != known
    sent: Sent = []
    failed([message(3, visit(3))], lambda name, body: sent.append((name, body)), kept)
    assert [name for name, _ in sent] == [
        "profiles.create_or_update_profile",
        "events.create_event",
    ]
    assert kept == known


def test_an_answer_of_500_makes_the_message_come_again() -> None:
    stand_in = Sandbox(limits="off", faults=Faults({"error": 1.0}))
    with running(stand_in) as url:
        send = sender(KlaviyoAPI("pk_test", max_retries=1, test_host=url))
        assert failed([message(1, visit(1))], send) == ["m1"]


class Klaviyo(BaseHTTPRequestHandler):
    """Takes everything, and keeps what it was sent."""

    bodies: list[Any] = []  # noqa: RUF012

    def do_POST(self) -> None:
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        kind = {"/api/profile-import": "profile"}.get(self.path, "profile-bulk-import-job")
        attributes = {"status": "queued", "created_at": "2026-10-30T00:00:00Z", "total_count": 1}
        data = {"type": kind, "id": "1", "attributes": attributes, "links": {"self": "x"}}
        answer = json.dumps({"data": data}).encode()
        self.send_response(202)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *given: Any) -> None:
        """Nothing."""


def spelt(body: Any) -> Any:
    """A planned body with what the SDK adds: what the Lambda's page says, and no more."""
    kind, attributes = body["data"]["type"], body["data"]["attributes"]
    more = {"event": {"backfill": False}, SUBSCRIPTION: {"historical_import": False}}
    return {**body, "data": {**body["data"], "attributes": more.get(kind, {}) | attributes}}


def in_z(sent: Any) -> Any:
    """What was sent, its moments spelt as they were planned."""
    if isinstance(sent, list):
        return [in_z(one) for one in sent]
    if not isinstance(sent, dict):
        return sent
    moments = {key: at for key, at in sent.items() if key in ("time", "consented_at")}
    assert all(at.endswith("+00:00") for at in moments.values())
    ours = {key: format_time(iso_to_ms(at)) for key, at in moments.items()}
    return {key: in_z(one) for key, one in sent.items()} | ours


SUBSCRIPTION = "profile-subscription-bulk-create-job"
PLAYED = [
    read_config(CONFIG),
    parse_config(
        {
            "consent": {"marketing": True},
            "settings": {
                "preset": "ecommerce",
                "anonymousId": "user.device",
                "items": True,
                "lists": ["Y6nRLr"],
                "patch": {"append": {"Seen": "data.id"}, "unset": ["Old"]},
                "identify": {"map": {"firstName": "user.firstName", "title": {"value": None}}},
            },
        }
    ),
    parse_config(
        {
            "settings": {"backfill": True},
            "mapping": {
                "newsletter": {
                    "signup": {
                        "consent": {"marketing": True},
                        "settings": {"subscribe": {"channels": ["email"], "list": "Y6nRLr"}},
                    }
                }
            },
        }
    ),
]


def test_the_sdk_sends_the_shops_day_as_planned_but_for_what_the_page_says() -> None:
    """Every kind of call; the moment is the same, in another spelling."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Klaviyo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    send = sender(KlaviyoAPI("pk_test", test_host=f"http://127.0.0.1:{server.server_port}"))
    day = [json.loads(line) for line in EVENTS.read_text("utf-8").splitlines()]
    day = [*day[::9], *(event for event in day if event["name"] == "newsletter signup")]
    names = set()
    for config in PLAYED:
        for plan, _ in scan(pipeline(config), day):
            for call in plan.calls:
                send(call.name, call.body)
                assert in_z(Klaviyo.bodies[-1]) == spelt(call.body)
                names.add(call.name)
    server.shutdown()
    server.server_close()
    assert names == {
        "events.create_event",
        "profiles.create_or_update_profile",
        "profiles.bulk_import_profiles",
        "profiles.bulk_subscribe_profiles",
    }
