"""The real SDK against hosts of every kind: whatever happens comes back as an answer."""

from __future__ import annotations

import json
import os
import resource
import socket
from pathlib import Path

import pytest
from tests.end_to_end.command import sandbox
from tests.end_to_end.server import Handler, Host, hosting, http

from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.shell.send.klaviyo import Klaviyo

EVENT = "events.create_event"
BODY = (
    b'{"data": {"n": 1.50, "big": 123456789012345678901234567890, "none": null, "t": "\xc3\xbc"}}'
)
QUICK = (0.5, 0.3)


KEY = "pk_canary_of_the_sdk"


def ask(host: Host, timeout: tuple[float, ...] = (5.0, 5.0), body: bytes = BODY) -> Answer:
    """One call."""
    return Klaviyo(KEY, host.url, timeout=timeout).send(EVENT, body)


def test_the_body_arrives_byte_by_byte_with_key_and_revision() -> None:
    """No model of the SDK's comes in between, and the revision is the SDK's own."""
    with hosting(http("202 Accepted")) as host:
        assert ask(host).status == 202
    head, _, body = host.requests[0].partition(b"\r\n\r\n")
    fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:])
    assert body == BODY
    assert fields[b"authorization"] == b"klaviyo-api-key pk_canary_of_the_sdk"
    assert fields[b"revision"].startswith(b"20")
    assert b"json" in fields[b"content-type"]


@pytest.mark.parametrize("status", [200, 201, 202, 400, 401, 403, 404, 409, 429, 500, 503])
def test_every_status_is_an_answer_with_headers_and_body(status: int) -> None:
    """None of them raises, none is tried again by the SDK or its pool."""
    body = b'{"errors":[{"code":"x"}]}'
    answer = http(f"{status} Some", body, "Retry-After: 7\r\nX-Other: 1\r\nSet-Cookie: a=b\r\n")
    with hosting(answer) as host:
        got = ask(host)
    assert (got.status, got.body, got.fault) == (status, body, None)
    assert dict(got.headers) == {"retry-after": "7"}
    assert len(host.requests) == 1
    assert got.wall > 1.7e9


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(status: str) -> None:
    """The key must not travel to wherever someone points."""
    with hosting(http("202 Accepted")) as other:
        headers = f"location: {other.url}/api/events\r\n"
        with hosting(http(status, b"", headers)) as host:
            assert ask(host).status == int(status[:3])
        assert other.requests == []


def test_the_headers_that_tell_who_answered_are_kept() -> None:
    """A web page, a redirect, a request of which some part was refused."""
    told = {
        "location": "https://login.example/",
        "content-type": "text/html",
        "x-klaviyo-partial-failure": "true",
    }
    with hosting(http("302 Found", b"", "".join(f"{k}: {v}\r\n" for k, v in told.items()))) as host:
        assert dict(ask(host).headers) == told


def test_a_host_that_echoes_the_key_brings_it_nowhere() -> None:
    """Into no body and no header, of which reports are made."""
    echo = http("302 Found", f"not you, {KEY}".encode(), f"location: https://x/?{KEY}\r\n")
    with hosting(echo) as host:
        got = ask(host)
    assert KEY not in repr(got)
    assert got.headers["location"] == "https://x/?(the API key)"


def cutting(data: bytes) -> object:
    """Says so much and hangs up."""

    def make(host: Host) -> Handler:
        def handle(connection: socket.socket, request: bytes) -> None:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_RDWR)

        return handle

    return make


def silent(data: bytes = b"") -> object:
    """Says so much and then nothing for long."""

    def make(host: Host) -> Handler:
        def handle(connection: socket.socket, request: bytes) -> None:
            connection.sendall(data)
            host.gate.wait(10)

        return handle

    return make


@pytest.mark.parametrize(
    ("behaviour", "status", "fault", "words"),
    [
        (cutting(b""), None, "reset", b"closed without an answer"),
        (cutting(b"HTTP/1.1 20"), None, "reset", b"the answer is not HTTP"),
        (
            cutting(b"HTTP/1.1 202 Accepted\r\ncontent-length: 50\r\n\r\nhalf"),
            202,
            "reset",
            b"the answer broke off",
        ),
        (cutting(b"SSH-2.0-OpenSSH_9.6\r\n"), None, "reset", b"the answer is not HTTP"),
        (silent(), None, "timeout", b"nothing came for 0.3 s"),
        (
            silent(b"HTTP/1.1 202 Accepted\r\ncontent-length: 50\r\n\r\nhalf"),
            202,
            "timeout",
            b"nothing came for 0.3 s",
        ),
    ],
    ids=["nothing", "half a line", "half a body", "not HTTP", "silence", "silence in the body"],
)
def test_a_host_that_breaks_off_is_a_fault_with_a_name_and_words(
    behaviour: object, status: int | None, fault: str, words: bytes
) -> None:
    """With the status where there was one."""
    with hosting(behaviour) as host:  # type: ignore[arg-type]
        got = ask(host, (0.5, 0.3, 60.0, 1e9))
    assert (got.status, got.fault, got.body) == (status, fault, words)


def test_nobody_there_is_a_fault_with_a_name() -> None:
    """Refused at once."""
    with hosting(b"") as host:
        pass
    got = ask(host)
    assert (got.status, got.fault, got.body) == (None, "connect", b"connection refused")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (socket.EAI_NONAME, b"the name a.klaviyo.example is not known"),
        (socket.EAI_AGAIN, b"the name a.klaviyo.example cannot be looked up"),
    ],
)
def test_a_name_that_leads_nowhere_is_said(
    number: int, words: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typing error in --host looks otherwise than a network that is down."""

    def look_up(*given: object) -> None:
        raise socket.gaierror(number, "as the system says")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    got = Klaviyo(KEY, "https://a.klaviyo.example").send(EVENT, BODY)
    assert (got.status, got.fault, got.body) == (None, "connect", words)


@pytest.mark.parametrize(
    "name", ["a..b", "a" * 70 + ".example", "x y", "bücher..example", f"{KEY}..example"]
)
def test_a_name_that_is_none_is_an_answer(name: str) -> None:
    """Whatever the codec for names thinks of it."""
    got = Klaviyo(KEY, f"https://{name}").send(EVENT, BODY)
    assert (got.status, got.fault) == (None, "connect")
    assert 0 < len(got.body) < 200
    assert KEY.encode() not in got.body


def test_connections_are_kept() -> None:
    """A handshake for each event would cost more than the event."""
    with hosting(http("202 Accepted")) as host:
        klaviyo = Klaviyo("pk_test", host.url)
        for _ in range(5):
            assert klaviyo.send(EVENT, BODY).status == 202
        ports = {request.split(b"\r\n\r\n")[0] for request in host.requests}
    assert (len(host.requests), len(ports)) == (5, 1)


def test_a_page_of_megabytes_is_not_read_to_its_end() -> None:
    """Who answers so is not Klaviyo; memory is not theirs to fill."""
    with hosting(http("404 Not Found", b"x" * 12_000_000)) as host:
        got = ask(host)
    assert got.status == 404
    assert len(got.body) <= 5_000_000


JOB = "01ABC"


def pages(*bodies: object) -> object:
    """Answers one body after the other."""
    left = [http("200 OK", json.dumps(body).encode()) for body in bodies]

    def make(host: Host) -> Handler:
        return lambda connection, request: connection.sendall(left.pop(0))

    return make


def test_an_imports_errors_are_read_page_by_page() -> None:
    """As one answer; the links' cursors lead on."""
    first = {"data": [{"id": "1"}], "links": {"next": "https://x/api?page%5Bcursor%5D=abc"}}
    second = {"data": [{"id": "2"}], "links": {"next": None}}
    with hosting(pages(first, second)) as host:  # type: ignore[arg-type]
        got = Klaviyo("pk_test", host.url).ask(JOB, errors=True)
    assert [row["id"] for row in json.loads(got.body)["data"]] == ["1", "2"]
    assert f"/{JOB}/import-errors".encode() in host.requests[0]
    assert b"abc" in host.requests[1].split(b"\r\n")[0]


@pytest.mark.parametrize(
    "body",
    [
        *(b"<html>", b"", b"[]", b'"x"', b"null", b'{"data": 5}', b'{"links": 5}', b"\xff"),
        *(b'{"data": [], "links": {"next": "https://[x"}}', b'{"data": [], "links": []}'),
        b'{"data": ' + b"[" * 100_000,
    ],
)
def test_a_page_of_errors_that_cannot_be_read_is_an_answer_all_the_same(body: bytes) -> None:
    """A proxy may say 200 to anything; nothing is raised."""
    with hosting(http("200 OK", body)) as host:
        assert isinstance(Klaviyo("pk_test", host.url).ask(JOB, errors=True), Answer)


def test_a_refused_question_is_its_answer() -> None:
    """For progress and for errors."""
    with hosting(http("404 Not Found", b'{"errors":[{}]}')) as host:
        klaviyo = Klaviyo("pk_test", host.url)
        assert [klaviyo.ask(JOB, errors).status for errors in (False, True)] == [404, 404]


def test_a_thousand_answers_leave_no_connection_open() -> None:
    """Each goes back to the pool, also a refusal's."""
    with hosting(http("400 Bad Request", b'{"errors":[{}]}')) as host:
        klaviyo = Klaviyo("pk_test", host.url, pool=1)
        assert {klaviyo.send(EVENT, BODY).status for _ in range(200)} == {400}


def test_idle_connections_give_their_descriptors_to_new_ones() -> None:
    """urllib3 looks at what lies on top alone: beneath a place without a connection, ten that are
    open are of no use, and a program without further descriptors would never send again."""
    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with sandbox("--limits", "off") as url:
        klaviyo = Klaviyo(KEY, url)
        assert klaviyo.send(EVENT, BODY).status == 400
        idle = klaviyo._api.rest_client._pools.connection_from_url(url).pool
        connection, _ = idle.get(), idle.get()
        idle.put(connection)
        idle.put(None)
        used = max(int(one.name) for one in Path("/proc/self/fd").iterdir())
        held = [os.dup(0) for _ in range(used)]  # whatever is free below
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(held), most))
        try:
            first, second = klaviyo.send(EVENT, BODY), klaviyo.send(EVENT, BODY)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))
            for one in held:
                os.close(one)
    assert (first.fault, second.status) == ("connect", 400)
