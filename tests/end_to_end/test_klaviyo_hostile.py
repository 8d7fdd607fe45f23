"""The real SDK with hosts that mean no good: nothing is raised, whatever they say."""

from __future__ import annotations

import random
import socket

import pytest
from tests.end_to_end.server import Handler, Host, hosting, http

from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.shell.send.klaviyo import Klaviyo
from walkeros_klaviyo.shell.send.wire import Times

KEY = "pk_canary_of_the_sdk"
OK = b"HTTP/1.1 202 Accepted\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
NOT_HTTP = b"the answer is not HTTP"
BROKEN = b"the answer broke off"


def saying(data: bytes) -> object:
    """Says so and hangs up, politely: what it said arrives."""

    def make(host: Host) -> Handler:
        def handle(connection: socket.socket, request: bytes) -> None:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)

        return handle

    return make


def ask(data: bytes) -> Answer:
    """What becomes of it."""
    with hosting(saying(data)) as host:  # type: ignore[arg-type]
        return Klaviyo(KEY, host.url, timeout=Times(5, 5, 5)).send("events.create_event", b"{}")


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (OK + b"x: 1\r\n" * 120 + b"\r\n", None, b"got more than 100 headers"),
        (OK + b"x: " + b"1" * 70_000, None, b"got more than 65536 bytes when reading header line"),
        (b"HTTP/1.1 " + b"2" * 70_000, None, b"got more than 65536 bytes when reading status line"),
        (
            OK + b"content-length: 2, 3\r\n\r\nabc",
            None,
            b"the answer's headers contradict each other",
        ),
        (b"HTTP/2.0 202 OK\r\n\r\n", None, NOT_HTTP),
        (b"HTTP/1.1 9999 OK\r\n\r\n", None, NOT_HTTP),
        (b"HTTP/1.1 \xb2\xb3 OK\r\n\r\n", None, NOT_HTTP),
        (b"\x15\x03\x03\x00\x02\x02\x28", None, NOT_HTTP),
        (CHUNKED + b"F" * 300 + b"\r\nabc", 202, BROKEN),
        (
            CHUNKED + b"F" * 70_000 + b"\r\nabc",
            202,
            b"got more than 65536 bytes when reading chunk size",
        ),
        (CHUNKED + b"-5\r\nabc", 202, BROKEN),
        (CHUNKED + b"pk_canary_of_the_sdk\r\nabc", 202, BROKEN),
        (OK + b"content-length: " + b"9" * 30 + b"\r\n\r\nabc", 202, BROKEN),
        (
            OK + b"content-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd",
            202,
            b"error -3 while decompressing data: incorrect header check",
        ),
    ],
    ids=lambda value: value[:60].decode("latin-1") if isinstance(value, bytes) else str(value),
)
def test_an_answer_that_is_none_is_cut_off_and_said(
    data: bytes, status: int | None, words: bytes
) -> None:
    """In words of ours: theirs may be anything."""
    got = ask(data)
    assert (got.status, got.fault, got.body) == (status, "reset", words)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("content-length: " + "9" * 5000, b""),
        ("location: http://[x", b""),
        ("location: \x00", b""),
        ("no colon at all", b""),
        (" folded: before any", b""),
        ("content-encoding: gzip, gzip, gzip, gzip, gzip, gzip, gzip", b""),
        ("content-type: \xff\xfe", b""),
        ("connection: upgrade\r\nupgrade: h2c", b""),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
@pytest.mark.parametrize("status", [202, 302, 429])
def test_headers_that_make_no_sense_hurt_nobody(status: int, headers: str, body: bytes) -> None:
    """The status says what there is to say."""
    got = ask(http(f"{status} So", body, headers + "\r\n"))
    assert got.status in (status, None)
    assert KEY not in repr(got)


def test_an_answer_that_cannot_be_unpacked_takes_its_connection_along() -> None:
    """What is left of it is not the next one's answer."""
    spoilt = http("202 Accepted", b"x" * 300_000, "content-encoding: gzip\r\n")
    answers = [spoilt, http("202 Accepted")]

    def make(host: Host) -> Handler:
        return lambda connection, request: connection.sendall(answers.pop(0))

    with hosting(make) as host:
        klaviyo = Klaviyo(KEY, host.url, timeout=Times(5, 5, 5))
        got = [klaviyo.send("events.create_event", b"{}") for _ in range(2)]
    assert [(one.status, one.fault) for one in got] == [(202, "reset"), (202, None)]


def test_no_noise_is_more_than_a_fault() -> None:
    """A good answer, spoilt in a few places: a thousand of them."""
    luck = random.Random(7)
    good = CHUNKED.replace(b"\r\n\r\n", b"\r\nretry-after: 7\r\n\r\n") + b"5\r\nhello\r\n0\r\n\r\n"

    def spoil(data: bytes) -> bytes:
        spoilt = bytearray(data)
        for _ in range(luck.randint(1, 4)):
            at = luck.randrange(len(spoilt))
            spoilt[at : at + luck.randint(0, 2)] = luck.randbytes(luck.randint(0, 2))
        return bytes(spoilt)

    def noisy(host: Host) -> Handler:
        def handle(connection: socket.socket, request: bytes) -> None:
            connection.sendall(spoil(good))
            connection.shutdown(socket.SHUT_WR)

        return handle

    with hosting(noisy) as host:
        klaviyo = Klaviyo(KEY, host.url, timeout=Times(5, 5, 5))
        for _ in range(1000):
            got = klaviyo.send("events.create_event", b"{}")
            assert got.fault in (None, "reset")
            assert got.fault is None or 0 < len(got.body) < 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"errors":[{"detail":"key \\u0070k_canary_of_the_sdk"}]}',
        b"<html><title>&#112;k_canary_of_the_sdk</title>",
        b"pk_canary_of_the_sdk",
    ],
)
def test_an_echoed_key_is_hidden_however_it_is_spelt(body: bytes) -> None:
    """What is decoded later must not bring it to light."""
    with hosting(http("401 No", body)) as host:
        answer = Klaviyo("pk_canary_of_the_sdk", host.url).send("events.create_event", b"{}")
    assert b"(the API key)" in answer.body
    assert b"canary" not in answer.body
