"""How is the endpoint kept on its port? Until a signal; then what was accepted is finished.

A connection that does not bring its headers in time is closed: a thousand slow ones must not keep
the others waiting.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, Final

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from walkeros_klaviyo.shell.problem import UsageError

HEADER_SECONDS: Final = 10.0
CONNECTIONS: Final = 4_096
GRACE: Final = 5
"""Seconds for requests that are under way when it is told to end."""
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class _Protocol(H11Protocol):
    """HTTP/1.1 with a time for the headers."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
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
        self._forget()  # between requests uvicorn's own time holds

    def _await_headers(self) -> None:
        """Start the time once for each request; a slow byte does not start it anew."""
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


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal ends the serving, not the process: what was accepted is the caller's."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in _SIGNALS}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


@contextmanager
def listening(bind: str, port: int) -> Iterator[tuple[socket.socket, str]]:
    """A port that listens, and its URL; port 0 takes a free one. Raises UsageError."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    # Only where the protocol is named does asyncio send small parts at once (TCP_NODELAY).
    with closing(socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((bind, port))
            listener.listen(CONNECTIONS)
        except OSError as error:
            reason = error.strerror or error
            raise UsageError(f"--bind {bind} --port {port}: {reason}") from None
        host = f"[{bind}]" if ":" in bind else bind
        yield listener, f"http://{host}:{listener.getsockname()[1]}"


def serve(app: Starlette, listener: socket.socket, ready: Callable[[], Any]) -> None:
    """Answer until interrupted or terminated; `ready` is called once it does."""
    with suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=75,
        limit_concurrency=CONNECTIONS,
        backlog=2_048,
    )
    _Server(config, ready).run([listener])
