"""Why did a request get no answer?

Only an untrusted certificate counts as a TLS fault; other TLS failures are lost connections, which
pass. Messages are ours, the system's or OpenSSL's, never the host's, which could say anything.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus
from http.client import (
    BadStatusLine,
    HTTPException,
    IncompleteRead,
    InvalidURL,
    RemoteDisconnected,
    UnknownProtocol,
)
from typing import Final

from urllib3 import exceptions as urllib3
from urllib3.util.ssl_match_hostname import CertificateError

from walkeros_klaviyo.delivery.messages import NetworkFault

LOSSES: Final = (urllib3.HTTPError, HTTPException, OSError, ValueError, OverflowError)
"""What a request raises for a fault of the network or the host; ValueError is what http.client and
the codec for host names raise for input they cannot read."""


class LostError(Exception):
    """A request got no answer: the kind of fault, and a message."""

    def __init__(self, fault: NetworkFault, words: str) -> None:
        super().__init__(words)
        self.fault: NetworkFault = fault
        self.words = words


def why(error: Exception) -> LostError:
    """Classify an exception, with a message.

    >>> why(ConnectionRefusedError(111, "Connection refused")).words
    'connection refused'
    >>> why(ssl.SSLCertVerificationError(1, "certificate has expired (_ssl.c:1006)")).fault
    'tls'
    """
    chain = tuple(_chain(error))
    return LostError(_fault(chain), _words(chain))


def lacks_descriptors(error: Exception) -> bool:
    """Could no connection be opened because this program may open no more files?

    >>> lacks_descriptors(OSError(errno.EMFILE, "Too many open files"))
    True
    """
    return getattr([*_chain(error)][-1], "errno", None) in (errno.EMFILE, errno.ENFILE)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and its causes, which urllib3 keeps as `__cause__` or among the arguments."""
    while error is not None:
        yield error
        inner = (one for one in error.args if isinstance(one, BaseException))
        error = error.__cause__ or next(inner, None)


def _fault(chain: tuple[BaseException, ...]) -> NetworkFault:
    faults: tuple[tuple[NetworkFault, tuple[type[BaseException], ...]], ...] = (
        ("tls", (ssl.SSLCertVerificationError, CertificateError)),
        ("connect", (urllib3.NewConnectionError, urllib3.ConnectTimeoutError)),
        ("connect", (urllib3.LocationValueError, InvalidURL, UnicodeError)),
        ("timeout", (TimeoutError, urllib3.TimeoutError)),
    )
    for fault, kinds in faults:
        if any(isinstance(one, kinds) for one in chain):
            return fault
    return "connect" if _refusal(chain[-1]) else "reset"


def _words(chain: tuple[BaseException, ...]) -> str:
    text = _reason(chain)
    text = re.sub(r"\s*\(?_ssl\.c:\d+\)?:?\s*", "", text) or type(chain[-1]).__name__
    text = text if text[1:2].isupper() else text[:1].lower() + text[1:]
    at_proxy = any(isinstance(one, urllib3.ProxyError) for one in chain)
    return f"at the proxy: {text}" if at_proxy and not _refusal(chain[-1]) else text


_SAID: Final[tuple[tuple[tuple[type[BaseException], ...], str], ...]] = (
    ((RemoteDisconnected,), "closed without an answer"),
    ((BadStatusLine, UnknownProtocol), "the answer is not HTTP"),
    ((IncompleteRead,), "the answer broke off"),
    ((urllib3.InvalidHeader,), "the answer's headers contradict each other"),
)
"""Messages for errors whose own would be the host's, or meant for programmers."""


def _reason(chain: tuple[BaseException, ...]) -> str:
    root = chain[-1]
    if isinstance(root, socket.gaierror):
        asked = (one.conn.host for one in chain if isinstance(one, urllib3.NameResolutionError))
        unknown = root.errno == socket.EAI_NONAME
        found = "is not known" if unknown else "cannot be looked up"
        return " ".join(["the name", *asked, found])
    for kinds, words in _SAID:
        if isinstance(root, kinds):
            return words
    if status := _refusal(root):
        known = status in HTTPStatus.__members__.values()
        return f"the proxy answered {status}" + (f" {HTTPStatus(status).phrase}" if known else "")
    if isinstance(root, OSError) and not isinstance(root, ssl.SSLError) and root.strerror:
        return root.strerror
    return str(root)


def _refusal(error: BaseException) -> int:
    """The status with which a proxy refused CONNECT; http.client has it only in the message."""
    found = re.match(r"Tunnel connection failed: (\d+)", str(error))
    return int(found[1]) if found else 0
