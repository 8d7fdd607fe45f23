"""How are time-outs kept when sending a body and reading an answer?

urllib3 limits sending a body by the connect time-out, each read separately, and an answer's
headers not at all. Here the time for sending is proportional to the size, and a whole answer has
one deadline, however slowly it drips. Bytes that the kernel took may not have been sent yet, so
the size also extends the wait for the answer.
"""

from __future__ import annotations

import http.client
import io
import math
import socket
import ssl
import sys
import time
from collections.abc import Mapping
from typing import Any, ClassVar, Final, NamedTuple

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from .proxy import Proxy, proxy_for
from .trust import trusting

_AT_ONCE: Final = 0.001
"""The shortest time-out in seconds: with zero, a socket would not block instead of timing out."""


class Times(NamedTuple):
    """Time-outs in seconds, and the slowest rate for sending a body in bytes per second."""

    connect: float = 5.0
    """For each step of connecting: to the host or its proxy, the proxy's answer, TLS."""
    read: float = 30.0
    """Of silence; also the least time allowed for sending a body."""
    longest: float = 60.0
    """For a whole answer, however slowly it drips."""
    rate: float = 16_000.0


def open_pools(
    host: str, environ: Mapping[str, str], times: Times, size: int
) -> urllib3.PoolManager:
    """Connection pools to a host, for many threads. Raises HostError for a bad environment."""
    # Make Linux report if the peer does not take sent data, including what the kernel buffers.
    stalled = (
        [(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(times.read * 1000))]
        if sys.platform == "linux"
        else []
    )
    proxy = proxy_for(host, environ)
    settings: dict[str, Any] = {
        "maxsize": size,
        "socket_options": [*HTTPConnection.default_socket_options, *stalled],
        "timeout": urllib3.Timeout(connect=times.connect, read=times.read),
        "ssl_context": trusting(environ) if host.startswith("https:") else None,
    }
    pools = _proxied(proxy, environ, settings) if proxy else urllib3.PoolManager(**settings)
    pools.pool_classes_by_scheme = {
        "http": _timed(urllib3.HTTPConnectionPool, _Connection, times),
        "https": _timed(urllib3.HTTPSConnectionPool, _TLSConnection, times),
    }
    return pools


def _proxied(
    proxy: Proxy, environ: Mapping[str, str], settings: dict[str, Any]
) -> urllib3.ProxyManager:
    context = None
    if proxy.url.startswith("https:"):
        context = trusting(environ)
        context.sslsocket_class = _Outer
    return urllib3.ProxyManager(
        proxy.url, proxy_headers=proxy.headers, proxy_ssl_context=context, **settings
    )


def _timed(pool: type[Any], connection: type[_Connection], times: Times) -> type[Any]:
    timed = type(connection.__name__, (connection,), {"times": times})
    return type(pool.__name__, (pool,), {"ConnectionCls": timed})


class _Connection(HTTPConnection):
    """urllib3's connection, with our time-outs."""

    times: ClassVar[Times]
    _silence: float
    _longest: float

    def connect(self) -> None:
        self._silence = self._longest = self.times.connect
        super().connect()

    def _tunnel(self) -> None:
        super()._tunnel()
        self.sock.settimeout(self.timeout)  # reset what the proxy's answer used up

    def request(self, method: str, url: str, body: Any = None, *rest: Any, **named: Any) -> None:
        if self.sock is None:
            self.connect()
        extra = len(body or b"") / self.times.rate
        self.timeout = self._silence = self.times.read + extra
        self._longest = self.times.longest + extra
        try:
            super().request(method, url, body, *rest, **named)
        except TimeoutError as error:
            if error.errno is not None:  # the kernel has given up
                raise
            raise TimeoutError(f"the body did not go out within {self._silence:g} s") from None

    def response_class(  # type: ignore[override]
        self, sock: socket.socket, *given: Any, **named: Any
    ) -> http.client.HTTPResponse:
        """Takes the place of http.client's class attribute: makes responses with a deadline."""
        reader = _Reader(sock, self._silence, self._longest)
        return _Response(reader, *given, **named)  # type: ignore[arg-type]


class _TLSConnection(_Connection, HTTPSConnection):
    """The same with TLS."""


class _Response(http.client.HTTPResponse):
    """http.client's response, which skips 100 but would take 103 (early hints) for the answer."""

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, 100 if 102 <= status < 200 else status, reason


class _Reader(io.RawIOBase):
    """Reads from a socket until a deadline, which counts from now."""

    def __init__(self, sock: socket.socket, silence: float, longest: float) -> None:
        self._sock, self._silence, self._longest = sock, silence, longest
        self._deadline = time.monotonic() + longest
        self._raw = sock.makefile("rb", 0)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        self._sock.settimeout(max(min(self._silence, left), _AT_ONCE))
        try:
            return self._raw.readinto(buffer)
        except TimeoutError as error:
            if error.errno is not None:
                raise
            if left > self._silence:
                raise TimeoutError(f"nothing came for {self._silence:g} s") from None
            raise TimeoutError(f"no whole answer within {self._longest:g} s") from None

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Outer(ssl.SSLSocket):
    """TLS to a proxy, with the host's TLS inside. Each of our reads may take several of its reads,
    so its time-out covers them all, counted from when it was set."""

    _deadline = math.inf

    def settimeout(self, value: float | None) -> None:
        self._deadline = math.inf if value is None else time.monotonic() + value
        super().settimeout(value)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        left = self._deadline - time.monotonic()
        super().settimeout(None if left == math.inf else max(left, _AT_ONCE))
        return super().recv(buflen, flags)
