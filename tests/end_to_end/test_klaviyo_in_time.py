"""The real SDK with hosts that are slow: a body has time to go out, an answer to come, no more."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable

import pytest
from tests.end_to_end.server import Handler, Host, hosting, http, pour

from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.shell.send.klaviyo import Klaviyo
from walkeros_klaviyo.shell.send.wire import Times

EVENT = "events.create_event"
LARGE = b"x" * 8_000_000
"""More than the kernel holds for us."""
wait = threading.Event().wait
"""What a slow host does between two bits."""


def ask(host: Host, times: Times, body: bytes = b"{}") -> Answer:
    """One call."""
    return Klaviyo("pk_test", host.url, timeout=times).send(EVENT, body)


def bit_by_bit(pause: float) -> Callable[[socket.socket], bytes]:
    """Takes a whole request, in bits."""

    def read(connection: socket.socket) -> bytes:
        data = connection.recv(65_536)
        head = data.partition(b"\r\n\r\n")[0].lower()
        wanted = int(head.partition(b"content-length: ")[2].split()[0]) if data else 0
        left = wanted - (len(data) - len(head) - 4)
        while left > 0:
            wait(pause)
            part = connection.recv(65_536)
            if not part:
                return b""
            left -= len(part)
        return head

    return read


@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
def test_a_body_has_time_to_go_out_in_proportion_to_its_size(kept: bool) -> None:
    """A slow uplink is none that is down, also where the time to connect is long over."""
    times = Times(connect=0.4, read=0.4, rate=1_000_000)
    with hosting(http("202 Accepted"), read=bit_by_bit(0.005), window=65_536) as host:
        klaviyo = Klaviyo("pk_test", host.url, timeout=times)
        if kept:
            assert klaviyo.send(EVENT, b"{}").status == 202
        assert klaviyo.send(EVENT, LARGE).status == 202


def test_a_body_that_would_never_go_out_is_given_up() -> None:
    """The host takes a bit now and then, so it is not silent."""
    times = Times(connect=5, read=0.3, rate=1e9)
    with hosting(http("202 Accepted"), read=bit_by_bit(0.05), window=65_536) as host:
        got = ask(host, times, LARGE)
    assert (got.status, got.fault) == (None, "timeout")
    assert got.body == b"the body did not go out within 0.308 s"


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels do not tell")
@pytest.mark.parametrize("size", [8_000_000, 500_000], ids=["sending", "sent to the kernel"])
def test_a_host_that_takes_nothing_is_told_long_before(size: int) -> None:
    """A body of 5 MB has minutes where it moves, and where it does not, the time of a silence."""

    def take_nothing(connection: socket.socket) -> bytes:
        over.wait(20)
        return b""

    over = threading.Event()
    with hosting(b"", read=take_nothing, window=4096) as host:
        got = ask(host, Times(connect=5, read=0.3, rate=10_000), b"x" * size)
        over.set()
    assert (got.status, got.fault, got.body) == (None, "timeout", b"connection timed out")


def test_the_wait_counts_what_the_kernel_still_holds() -> None:
    """Sending was over at once; the body took its time all the same."""

    def late(host: Host) -> Handler:
        def handle(connection: socket.socket, request: bytes) -> None:
            host.gate.wait(0.6)
            connection.sendall(http("202 Accepted"))

        return handle

    with hosting(late) as host:
        times = Times(connect=5, read=0.2, longest=0.3, rate=100_000)
        assert ask(host, times, b"x" * 200_000).status == 202
        assert ask(host, times).fault == "timeout"


HEAD = b"HTTP/1.1 202 Accepted\r\ncontent-length: 1000\r\n"


@pytest.mark.parametrize(
    ("start", "bit", "status"),
    [
        (b"", b"0", None),
        (b"HTTP/1.1 202 Accepted\r\nx-long: ", b"0", None),
        (HEAD, b"x: 0\r\n", None),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", None),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", None),
        (HEAD + b"\r\n", b"0", 202),
    ],
    ids=["status line", "header", "headers", "interim answers", "early hints", "body"],
)
def test_an_answer_that_drips_is_given_up(start: bytes, bit: bytes, status: int | None) -> None:
    """Each bit comes in time, and the whole never would."""

    def dripping(host: Host) -> Handler:
        def handle(connection: socket.socket, request: bytes) -> None:
            connection.sendall(start)
            for _ in range(90):
                connection.sendall(bit)
                if host.gate.wait(0.02):
                    break

        return handle

    with hosting(dripping) as host:
        got = ask(host, Times(connect=5, read=5, longest=0.3, rate=1e9))
    assert (got.status, got.fault) == (status, "timeout")
    assert got.body == b"no whole answer within 0.3 s"


def test_an_answer_may_come_slowly() -> None:
    """Within its time, which is one of its own."""
    slowly = http("202 Accepted")

    def slow(host: Host) -> Handler:
        return lambda connection, request: pour(host, connection, slowly, 0.005)

    with hosting(slow) as host:
        assert ask(host, Times(connect=5, read=1, longest=20)).status == 202


def test_an_early_hint_is_no_answer() -> None:
    """And the answer behind it is not taken for that to the next request."""
    answers = [http("202 Accepted"), http("400 Bad Request")]
    hint = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"

    def hinting(host: Host) -> Handler:
        return lambda connection, request: connection.sendall(hint + answers.pop(0))

    with hosting(hinting) as host:
        klaviyo = Klaviyo("pk_test", host.url)
        assert [klaviyo.send(EVENT, b"{}").status for _ in range(2)] == [202, 400]
