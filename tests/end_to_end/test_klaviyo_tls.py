"""The real SDK over TLS: what is not to be trusted stops it, what breaks off is asked again."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from tests.end_to_end.certificates import serving, trusted  # noqa: F401
from tests.end_to_end.server import Handler, Host, hosting, http

from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.shell.send.host import HostError
from walkeros_klaviyo.shell.send.klaviyo import Klaviyo
from walkeros_klaviyo.shell.send.wire import Times

EVENT = "events.create_event"
ENOUGH = Times(connect=5, read=5)


pytestmark = pytest.mark.usefixtures("trusted")


def ask(url: str, times: Times = ENOUGH, body: bytes = b"{}") -> Answer:
    """One call."""
    return Klaviyo("pk_test", url, timeout=times).send(EVENT, body)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_certificate_of_a_named_authority_is_trusted(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By either variable; the connection is kept."""
    path = os.environ["REQUESTS_CA_BUNDLE"]
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.setenv(variable, path)
    with hosting(http("202 Accepted"), tls=serving()) as host:
        klaviyo = Klaviyo("pk_test", host.url, timeout=ENOUGH)
        assert [klaviyo.send(EVENT, b"x" * 3_000_000).status for _ in range(2)] == [202, 202]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("another's", b"unable to get local issuer certificate"),
        ("for another name", b"certificate is not valid for '127.0.0.1'"),
        ("an old one", b"certificate has expired"),
    ],
)
def test_a_certificate_that_is_not_to_be_trusted_stops(given: str, words: bytes) -> None:
    """Asking again would not help, and somebody may be listening."""
    contexts = {
        "another's": lambda: serving(authority=trustme.CA()),
        "for another name": lambda: serving("b.klaviyo.example"),
        "an old one": lambda: serving(until=datetime(2020, 1, 1, tzinfo=UTC)),
    }
    with hosting(http("202 Accepted"), tls=contexts[given]()) as host:
        got = ask(host.url)
    assert (got.status, got.fault) == (None, "tls")
    assert got.body.startswith(b"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: ")
    assert words in got.body
    assert host.requests == []


def beginning(data: bytes) -> Callable[[socket.socket], bytes]:
    """Says so to the first words of a client, and hangs up."""

    def read(connection: socket.socket) -> bytes:
        connection.recv(65_536)
        connection.sendall(data)
        return b""

    return read


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", b"EOF occurred in violation of protocol"),
        (http("400 Bad Request"), b"wrong version number"),
        (b"\x15\x03\x03\x00\x02\x02\x28", b"handshake failure"),
        (b"\x15\x03\x03\x00\x02\x02\x50", b"internal error"),
        (b"\x16\x03\x03\x00\x05hello", b"unexpected message"),
    ],
    ids=["cut off", "plain http", "alert", "alert of an error", "damaged"],
)
def test_any_other_fault_in_the_handshake_is_a_connection_cut_off(
    data: bytes, words: bytes
) -> None:
    """A load balancer that restarts does this to everybody, and is back in a minute."""
    with hosting(b"", read=beginning(data)) as host:
        got = ask(host.url.replace("http:", "https:"))
    assert (got.status, got.fault) == (None, "reset")
    assert words.lower() in got.body.lower()
    assert b"_ssl.c" not in got.body


def test_a_handshake_that_does_not_end_is_a_time_out() -> None:
    """Whoever takes the connection and says nothing."""

    def hold(connection: socket.socket) -> bytes:
        connection.settimeout(5)
        while connection.recv(65_536):
            pass
        return b""

    with hosting(b"", read=hold) as host:
        got = ask(host.url.replace("http:", "https:"), Times(connect=0.3, read=5))
    assert (got.status, got.fault) == (None, "timeout")
    assert got.body == b"the handshake operation timed out"


@pytest.mark.parametrize(
    ("said", "status"),
    [(b"", None), (b"HTTP/1.1 202 Accepted\r\ncontent-length: 9\r\n\r\n", 202)],
    ids=["before", "after"],
)
def test_a_damaged_record_is_a_connection_cut_off(said: bytes, status: int | None) -> None:
    """With the status where one came."""

    def damaged(host: Host) -> Handler:
        def handle(connection: socket.socket, request: bytes) -> None:
            connection.sendall(said)
            with socket.socket(fileno=os.dup(connection.fileno())) as below:
                below.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)

        return handle

    with hosting(damaged, tls=serving()) as host:
        got = ask(host.url)
    assert (got.status, got.fault) == (status, "reset")
    assert b"bad record mac" in got.body.lower()


def test_an_answer_that_drips_through_tls_is_given_up() -> None:
    """Byte by byte within a record, of which the reader of the answer sees nothing."""
    record = b"\x17\x03\x03\x40\x00" + b"x" * 16_384

    def dripping(host: Host) -> Handler:
        def handle(connection: socket.socket, request: bytes) -> None:
            with socket.socket(fileno=os.dup(connection.fileno())) as below:
                for at in range(100):
                    below.sendall(record[at : at + 1])
                    if host.gate.wait(0.02):
                        break

        return handle

    with hosting(dripping, tls=serving()) as host:
        got = ask(host.url, Times(connect=5, read=5, longest=0.3, rate=1e9))
    assert (got.status, got.fault) == (None, "timeout")


def test_a_bundle_that_is_none_is_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before anything is asked; a host of this machine without TLS needs none."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "no.pem"))
    with pytest.raises(HostError, match="REQUESTS_CA_BUNDLE names"):
        Klaviyo("pk_test", "https://a.klaviyo.example")
    Klaviyo("pk_test", "http://127.0.0.1:1")
