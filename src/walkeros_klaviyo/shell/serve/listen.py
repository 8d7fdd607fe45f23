"""How is the endpoint served? Until a signal; then requests under way are finished.

A connection whose headers are late is closed, so that a thousand slow ones cannot block the others.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import h11
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from walkeros_klaviyo.listening import Server

HEADER_SECONDS: Final = 10.0
CONNECTIONS: Final = 4_096
GRACE: Final = 5
"""Seconds to finish requests under way when told to end."""


class _Protocol(H11Protocol):
    """HTTP/1.1 with a time-out for the headers."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._forget()  # between requests, uvicorn's own time-out applies

    def send_400_response(self, msg: str) -> None:
        """Answer invalid HTTP, unless an answer is under way or was the last."""
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:
            self.transport.close()

    def _await_headers(self) -> None:
        """Start the time-out once per request; single slow bytes do not restart it."""
        if self.conn.their_state is not h11.IDLE:
            self._forget()
        elif self._timer is None:
            self._timer = self.loop.call_later(HEADER_SECONDS, self._too_slow)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n")
            self.transport.close()


def serve(
    app: Starlette,
    listener: socket.socket,
    ready: Callable[[], Any],
    is_wanted: Callable[[], bool],
) -> None:
    """Serve until interrupted or terminated, while it `is_wanted`; call `ready` once it answers."""
    with suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    server = Server(
        app,
        ready,
        is_wanted,
        http=_Protocol,
        timeout_graceful_shutdown=GRACE,
        limit_concurrency=CONNECTIONS,
    )
    # Keep the garbage collector off everything loaded so far: a full pass blocks senders for 40 ms.
    gc.collect()
    gc.freeze()
    server.run([listener])
