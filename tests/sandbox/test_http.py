"""The real SDK, over a real loopback connection: what it sends is taken, what comes back is parsed.

Also what only a wire can show: a connection that closes, an answer that is cut off, a late one.
"""

import asyncio
import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from klaviyo_api import KlaviyoAPI

from walkeros_klaviyo.sandbox import Faults, Sandbox
from walkeros_klaviyo.sandbox.app import create_app
from walkeros_klaviyo.sandbox.serve import _Protocol, running


def _ask(url, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def _call(url, make, path, body):
    return _ask(url, "POST", path, json.dumps(body), make.headers)


def test_the_sdk_creates_an_event(sandbox, make):
    body = make.event("Placed Order", value=12.5, value_currency="EUR", unique_id="O-1")
    with running(sandbox) as url:
        KlaviyoAPI("pk_test", test_host=url).Events.create_event(body)
    (event,) = sandbox.events()
    assert (event["metric"], event["value"], event["unique_id"]) == ("Placed Order", 12.5, "O-1")


def test_the_sdk_upserts_a_profile_and_reads_the_answer(sandbox, make):
    profile = make.profile(
        email="ada@example.com", location={"city": "London"}, properties={"a": 1}
    )
    with running(sandbox) as url:
        profiles = KlaviyoAPI("pk_test", test_host=url).Profiles
        new = profiles.create_or_update_profile(make.upsert(profile))
        known = profiles.create_or_update_profile(make.upsert(profile))
    assert new.data.id == known.data.id == sandbox.profiles()[0]["id"]
    assert new.data.attributes.location.city == "London"


def test_the_sdk_sends_in_bulk(sandbox, make):
    rows = [make.row(unique_id=str(n)) for n in range(20)]
    with running(sandbox) as url:
        KlaviyoAPI("pk_test", test_host=url).Events.bulk_create_events(
            make.bulk(make.group(make.profile(), *rows))
        )
    assert sandbox.stats()["events"] == 20


def test_the_sdk_imports_polls_and_reads_the_errors(sandbox, make):
    with running(sandbox) as url:
        profiles = KlaviyoAPI("pk_test", test_host=url).Profiles
        rows = make.job(make.profile(external_id="u1"), make.profile(email="bad"))
        job = profiles.bulk_import_profiles(rows).data.id
        state = profiles.get_bulk_import_profiles_job(job).data.attributes
        errors = profiles.get_errors_for_bulk_import_profiles_job(job).data
    assert (state.status, state.failed_count) == ("complete", 1)
    assert errors[0].attributes.source.pointer.endswith("/data/1/attributes/email")


def test_the_sdk_subscribes(sandbox, make):
    channels = {"email": {"marketing": {"consent": "SUBSCRIBED"}}}
    profile = make.profile(email="ada@example.com", subscriptions=channels)
    with running(sandbox) as url:
        KlaviyoAPI("pk_test", test_host=url).Profiles.bulk_subscribe_profiles(
            make.subscription(profile)
        )
    assert "email" in sandbox.profiles()[0]["subscriptions"]


def test_the_sdk_reads_the_account_and_its_metrics(sandbox):
    with running(sandbox) as url:
        api = KlaviyoAPI("pk_test", test_host=url)
        account = api.Accounts.get_accounts().data[0]
        mapped = api.Metrics.get_mapped_metrics(include=["metric"]).data
    assert account.attributes.preferred_currency == "EUR"
    assert {row.id for row in mapped} >= {"revenue", "ordered_product"}


def test_a_closed_connection_has_no_answer(make):
    sandbox = Sandbox(faults=Faults({"reset": 1.0}))
    with running(sandbox) as url, pytest.raises(ConnectionError):
        _call(url, make, "/api/events", make.event())


@pytest.mark.parametrize("call", ["event", "upsert"])
def test_an_answer_cut_off_is_noticed(make, call):
    """Also the empty one: it promises more than nothing."""
    sandbox = Sandbox(faults=Faults({"half": 1.0}))
    path, body = {
        "event": ("/api/events", make.event()),
        "upsert": ("/api/profile-import", make.upsert(make.profile())),
    }[call]
    with running(sandbox) as url, pytest.raises(http.client.IncompleteRead):
        _call(url, make, path, body)
    assert sandbox.stats()["profiles"] == 1


def test_a_late_answer_does_not_hold_up_the_others(make):
    sandbox = Sandbox(faults=Faults({"slow": 1.0}), slow_seconds=0.5)
    with running(sandbox) as url:
        started = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            bodies = [make.event(unique_id=str(n)) for n in range(8)]
            answers = list(pool.map(lambda body: _call(url, make, "/api/events", body), bodies))
        took = time.monotonic() - started
    assert [status for status, _, _ in answers] == [202] * 8
    assert 0.5 <= took < 8 * 0.5


def test_many_connections_lose_nothing(make):
    sandbox = Sandbox(limits="off")

    def send(url, place):
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        for n in range(25):
            body = json.dumps(make.event(unique_id=f"{place}-{n}"))
            connection.request("POST", "/api/events", body, make.headers)
            connection.getresponse().read()
        connection.close()

    with running(sandbox) as url:
        threads = [threading.Thread(target=send, args=(url, place)) for place in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sandbox.stats()["events"] == 200


def test_a_body_in_chunks_is_read_whole(sandbox, make):
    properties = {str(n): "x" * 50_000 for n in range(20)}
    raw = json.dumps(make.event(properties=properties)).encode()
    with running(sandbox) as url:
        parts = (raw[start : start + 9_999] for start in range(0, len(raw), 9_999))
        assert _ask(url, "POST", "/api/events", parts, make.headers)[0] == 202
    assert sandbox.events()[0]["properties"] == properties


def test_a_body_without_end_is_answered(sandbox, make):
    with running(sandbox) as url:
        parts = (b" " * 1_000_000 for _ in range(70))
        assert _ask(url, "POST", "/api/events", parts, make.headers)[0] == 413


def test_many_lines_are_fetched_whole(sandbox, make):
    rows = [make.row(unique_id=str(n), properties={"x": "y" * 1_000}) for n in range(600)]
    with running(sandbox) as url:
        _call(
            url, make, "/api/event-bulk-create-jobs", make.bulk(make.group(make.profile(), *rows))
        )
        text = _ask(url, "GET", "/sandbox/events.jsonl")[2]
    assert [json.loads(line)["unique_id"] for line in text.splitlines()] == [
        str(n) for n in range(600)
    ]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_the_blocking_way_ends_in_peace(name):
    code = (
        "from walkeros_klaviyo.sandbox import Sandbox\n"
        "from walkeros_klaviyo.sandbox.serve import serve\n"
        "serve(Sandbox(), announce=lambda url: print(url, flush=True))\n"
        "print('after')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        url = process.stdout.readline().strip()
        assert _ask(url, "GET", "/sandbox/stats")[0] == 200
        process.send_signal(getattr(signal, name))
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "after\n", "")


def test_what_arrived_can_be_fetched(sandbox, make):
    name = "line\u2028break\u0085er"
    with running(sandbox) as url:
        _call(url, make, "/api/events", make.event(name, unique_id="1"))
        _call(url, make, "/api/events", make.event(name, unique_id="1"))
        _call(url, make, "/api/events", make.event("x" * 128))
        stats = json.loads(_ask(url, "GET", "/sandbox/stats")[2])
        texts = {
            part: _ask(url, "GET", f"/sandbox/{part}.jsonl")[2].decode()
            for part in ("events", "profiles", "requests")
        }
        status, _, after = _ask(url, "POST", "/sandbox/reset")
    assert stats == {
        "events": 1,
        "profiles": 1,
        "duplicates": 1,
        "rejected": 1,
        "throttled": 0,
        "requests": 3,
    }
    lines = {part: [json.loads(line) for line in text.splitlines()] for part, text in texts.items()}
    assert {part: len(rows) for part, rows in lines.items()} == {
        "events": 1,
        "profiles": 1,
        "requests": 3,
    }
    assert lines["events"][0]["metric"] == name
    assert [row["status"] for row in lines["requests"]] == [202, 202, 400]
    assert (status, set(json.loads(after).values())) == (200, {0})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api", 404),
        ("GET", "/api/nothing", 404),
        ("PUT", "/api/events", 405),
        ("GET", "/sandbox/reset", 405),
        ("POST", "/sandbox/stats", 405),
    ],
)
def test_a_wrong_address_is_answered_in_json_api(sandbox, method, path, status):
    with running(sandbox) as url:
        answered, _, body = _ask(url, method, path)
    assert answered == status
    assert json.loads(body)["errors"][0]["status"] == status


def test_a_taken_port_is_named(sandbox):
    with running(sandbox) as url:
        port = urlsplit(url).port
        with pytest.raises(OSError, match=str(port)), running(Sandbox(), port=port):
            pass


@pytest.mark.parametrize("name", ["reset", "half"])
def test_under_a_foreign_server_a_fault_still_is_no_good_answer(make, name):
    """Another server gives the connection to nobody, so the application can only break off."""
    app = create_app(Sandbox(faults=Faults({name: 1.0})))
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/events",
        "query_string": b"",
        "headers": [(key.encode(), text.encode()) for key, text in make.headers.items()],
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": json.dumps(make.event()).encode()}

    async def send(message):
        sent.append(message)

    if name == "reset":
        with pytest.raises(ConnectionAbortedError):
            asyncio.run(app(scope, receive, send))
        assert sent[0]["status"] == 500
    else:
        asyncio.run(app(scope, receive, send))
        assert (b"content-length", b"64") in sent[0]["headers"]
        assert sent[-1]["more_body"]


def test_an_answer_is_not_held_back(sandbox, make, monkeypatch):
    """Its body would wait for the acknowledgement of its head: 40 ms for every upsert."""
    seen = []
    made = _Protocol.connection_made

    def spied(self, transport):
        opened = transport.get_extra_info("socket")
        seen.append(opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        made(self, transport)

    monkeypatch.setattr(_Protocol, "connection_made", spied)
    with running(sandbox) as url:
        _ask(url, "GET", "/sandbox/stats")
    assert all(seen) and seen


def test_two_sandboxes_know_nothing_of_each_other(make):
    one, two = Sandbox(), Sandbox()
    with running(one) as url, running(two):
        _call(url, make, "/api/events", make.event())
    assert (one.stats()["events"], two.stats()["events"]) == (1, 0)
