"""The real SDK through a proxy: it hears neither key nor body, and no answer of its own counts."""

from __future__ import annotations

import socket
from base64 import b64encode
from collections.abc import Callable

import pytest
import trustme
from tests.end_to_end.certificates import serving, trusted  # noqa: F401
from tests.end_to_end.server import Handler, Host, hosting, http, pour, relay

from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.shell.send.host import HostError
from walkeros_klaviyo.shell.send.klaviyo import Klaviyo
from walkeros_klaviyo.shell.send.wire import Times

pytestmark = pytest.mark.usefixtures("trusted")

NAME = "a.klaviyo.example"
KEY = "pk_canary_of_the_sdk"
ENOUGH = Times(connect=5, read=5)
BOTH = pytest.mark.parametrize("tls", [False, True], ids=["http proxy", "https proxy"])


def port_of(host: Host) -> int:
    """Where it listens."""
    return int(host.url.rpartition(":")[2])


def ask(body: bytes = b"{}", times: Times = ENOUGH) -> Answer:
    """One call to a host that only a proxy of ours can find."""
    return Klaviyo(KEY, f"https://{NAME}", timeout=times).send("events.create_event", body)


@BOTH
def test_a_proxy_relays_and_hears_nothing_but_the_name(
    tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the user and password that it wants; bodies of megabytes get through."""
    with (
        hosting(http("202 Accepted"), tls=serving(NAME)) as host,
        hosting(relay(port_of(host)), tls=serving() if tls else None) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", "://me:s%23cret@"))
        klaviyo = Klaviyo(KEY, f"https://{NAME}", timeout=ENOUGH)
        for body in (b"{}", b"x" * 3_000_000):
            assert klaviyo.send("events.create_event", body).status == 202
    assert len(host.requests) == 2
    assert [request.split(b" HTTP")[0] for request in proxy.requests] == [
        f"CONNECT {NAME}:443".encode()
    ]
    assert b"Proxy-Authorization: Basic " + b64encode(b"me:s#cret") + b"\r\n" in heads(proxy)
    assert KEY.encode() not in heads(proxy)
    assert b"proxy-authorization" not in heads(host).lower()


def heads(host: Host) -> bytes:
    """All that came before a body."""
    return b"".join(request.partition(b"\r\n\r\n")[0] + b"\r\n" for request in host.requests)


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"])
@pytest.mark.parametrize("place", ["127.0.0.2", "localhost", "[0:0:0:0:0:0:0:1]"])
def test_what_is_for_this_machine_goes_to_no_proxy(
    variable: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would have the key in the clear, and its 202 would count as Klaviyo's."""
    with hosting(http("202 Accepted")) as proxy:
        monkeypatch.setenv(variable, proxy.url)
        with hosting(b"") as nobody:
            pass
        got = Klaviyo(KEY, f"http://{place}:{port_of(nobody)}").send("events.create_event", b"{}")
    assert (got.status, got.fault, proxy.requests) == (None, "connect", [])


@BOTH
@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("407 Who are you?", b"the proxy answered 407 Proxy Authentication Required"),
        ("403 Not there", b"the proxy answered 403 Forbidden"),
        ("502 Oh", b"the proxy answered 502 Bad Gateway"),
        ("204 Fine", b"the proxy answered 204 No Content"),
    ],
)
def test_a_proxy_that_refuses_is_said(
    said: str, words: bytes, tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its status is none of Klaviyo's."""
    with hosting(http(said), tls=serving() if tls else None) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        got = ask()
    assert (got.status, got.fault, got.body) == (None, "connect", words)


def test_a_proxy_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lest Klaviyo's address be looked at; its password is not shown."""
    with hosting(b"") as proxy:
        pass
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", "://me:secret@"))
    got = ask()
    assert (got.status, got.fault) == (None, "connect")
    assert got.body == b"at the proxy: connection refused"


def test_an_https_proxy_that_is_not_to_be_trusted_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the host itself does."""
    with hosting(b"", tls=serving(authority=trustme.CA())) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        got = ask()
    assert (got.status, got.fault, proxy.requests) == (None, "tls", [])
    assert got.body.startswith(b"at the proxy: [SSL: CERTIFICATE_VERIFY_FAILED]")


@BOTH
def test_a_host_behind_a_proxy_that_is_not_to_be_trusted_stops(
    tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that reads along has a certificate of its own making."""
    with (
        hosting(b"", tls=serving(NAME, authority=trustme.CA())) as host,
        hosting(relay(port_of(host)), tls=serving() if tls else None) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        got = ask()
    assert (got.status, got.fault, host.requests) == (None, "tls", [])
    assert got.body.startswith(b"[SSL: CERTIFICATE_VERIFY_FAILED]")


def beginning(data: bytes) -> Callable[[socket.socket], bytes]:
    """Says so to the first words of a client, and hangs up."""

    def read(connection: socket.socket) -> bytes:
        connection.recv(65_536)
        connection.sendall(data)
        return b""

    return read


@pytest.mark.parametrize(
    "data",
    [b"", http("400 Bad Request"), b"\x15\x03\x03\x00\x02\x02\x28"],
    ids=["cut off", "plain http", "alert"],
)
def test_any_other_fault_of_an_https_proxys_tls_is_a_connection_cut_off(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be back in a minute."""
    with hosting(b"", read=beginning(data)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http:", "https:"))
        got = ask()
    assert (got.status, got.fault) == (None, "reset")
    assert got.body.startswith(b"at the proxy: ")


@BOTH
def test_a_host_behind_a_proxy_that_breaks_off_is_a_connection_cut_off(
    tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the handshake within."""
    with (
        hosting(b"", read=beginning(b"")) as host,
        hosting(relay(port_of(host)), tls=serving() if tls else None) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        got = ask()
    assert (got.status, got.fault) == (None, "reset")


def dripping(data: bytes, drip: float) -> Callable[[Host], Handler]:
    """Answers with it, byte by byte."""

    def make(host: Host) -> Handler:
        return lambda connection, request: pour(host, connection, data, drip)

    return make


@BOTH
def test_a_proxys_answer_that_drips_is_given_up(tls: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It belongs to the connecting."""
    answer = dripping(b"HTTP/1.1 200 OK\r\nx: " + b"0" * 100, 0.02)
    with hosting(answer, tls=serving() if tls else None) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        got = ask(times=Times(connect=0.5, read=5))
    assert (got.status, got.fault) == (None, "timeout")
    assert got.body == b"no whole answer within 0.5 s"


@BOTH
def test_a_handshake_that_drips_through_a_proxy_is_given_up(
    tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS within TLS reads often for each read of ours, and each would have a time of its own."""
    with (
        hosting(http("202 Accepted"), tls=serving(NAME)) as host,
        hosting(relay(port_of(host), drip=0.02), tls=serving() if tls else None) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        got = ask(times=Times(connect=0.5, read=5))
    assert (got.status, got.fault) == (None, "timeout")


@BOTH
def test_an_answer_that_drips_through_a_proxy_is_given_up(
    tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the tunnel stands, the answer has its own deadline."""
    with (
        hosting(http("202 Accepted", b"x" * 500), tls=serving(NAME)) as host,
        hosting(relay(port_of(host), drip=0.001), tls=serving() if tls else None) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        got = ask(times=Times(connect=20, read=5, longest=0.2, rate=1e9))
    assert (got.status, got.fault) == (None, "timeout")


@BOTH
def test_a_slow_tunnel_leaves_the_handshake_its_time(
    tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step of connecting has it all."""

    def wait(*given: object) -> None:
        host.gate.wait(0.7)

    slow = serving(NAME)
    slow.sni_callback = wait
    with (
        hosting(http("202 Accepted"), tls=slow) as host,
        hosting(relay(port_of(host), pause=0.4), tls=serving() if tls else None) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert ask(times=Times(connect=1, read=5)).status == 202


def test_a_proxy_that_is_none_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is asked."""
    monkeypatch.setenv("ALL_PROXY", "socks5://me:secret@127.0.0.1:1080")
    with pytest.raises(HostError, match="ALL_PROXY names a SOCKS proxy"):
        Klaviyo(KEY, f"https://{NAME}")


def test_an_exception_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name."""
    with hosting(http("202 Accepted")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", ".klaviyo.example")
        monkeypatch.setattr(socket, "getaddrinfo", lambda *given: [])
        got = ask()
    assert (got.status, got.fault, proxy.requests) == (None, "connect", [])
