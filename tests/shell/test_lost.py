"""Why did no answer come?"""

from __future__ import annotations

import errno
import http.client
import os
import socket
import ssl

import pytest
from urllib3 import exceptions as urllib3
from urllib3.connection import HTTPConnection

from walkeros_klaviyo.shell.send.lost import why

CONNECTION = HTTPConnection("a.klaviyo.example")


def caused(error: Exception, cause: Exception) -> Exception:
    """As by `raise error from cause`."""
    error.__cause__ = cause
    return error


def errored(number: int) -> OSError:
    """As the system raises it."""
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("error", "fault", "words"),
    [
        (errored(errno.ECONNRESET), "reset", "connection reset by peer"),
        (errored(errno.ETIMEDOUT), "timeout", "connection timed out"),
        (
            caused(urllib3.NewConnectionError(CONNECTION, "x"), errored(errno.EHOSTUNREACH)),
            "connect",
            "no route to host",
        ),
        (
            caused(urllib3.ConnectTimeoutError(CONNECTION, "x"), TimeoutError("timed out")),
            "connect",
            "timed out",
        ),
        (TimeoutError("_ssl.c:989: The handshake operation timed out"), "timeout", "the handshake"),
        (
            urllib3.SSLError(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong (_ssl.c:1006)")),
            "reset",
            "[SSL: WRONG_VERSION_NUMBER] wrong",
        ),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol (_ssl.c:1006)"), "reset", "EOF"),
        (
            urllib3.SSLError(ssl.SSLCertVerificationError(1, "[SSL: X] failed: old (_ssl.c:1)")),
            "tls",
            "[SSL: X] failed: old",
        ),
        (
            caused(
                urllib3.ProxyError("x", Exception()),
                caused(urllib3.NewConnectionError(CONNECTION, "x"), errored(errno.ECONNREFUSED)),
            ),
            "connect",
            "at the proxy: connection refused",
        ),
        (OSError("Tunnel connection failed: 403 Who?"), "connect", "the proxy answered 403 Forb"),
        (OSError("Tunnel connection failed: 799 Who?"), "connect", "the proxy answered 799"),
        (urllib3.ProtocolError("x", http.client.IncompleteRead(b"x", 5)), "reset", "the answer br"),
        (UnicodeError("label too long"), "connect", "label too long"),
        (socket.gaierror(socket.EAI_FAIL, "x"), "reset", "the name cannot"),
        (OSError(), "reset", "OSError"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, Exception) else "",
)
def test_a_fault_has_a_name_and_words(error: Exception, fault: str, words: str) -> None:
    """The sender goes by the name, a person by the words."""
    lost = why(error)
    assert lost.fault == fault
    assert lost.words.startswith(words)
    assert "_ssl.c" not in lost.words
