"""How does it get onto a port?

In a thread of this process, for tests and the demo, or blocking, for the command line. Only
loopback: the sandbox holds whatever it was sent, and asks nobody who they are.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .answer import Sandbox
from .app import create_app

LOOPBACK = "127.0.0.1"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Protocol(H11Protocol):
    """Lets the application close its connection: that is how a reset is played."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal ends the serving, not the process: what comes after is the caller's."""
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
def running(sandbox: Sandbox, port: int = 0) -> Iterator[str]:
    """Serve from a thread while the block runs; port 0 takes a free one.

    >>> with running(Sandbox()) as url:
    ...     url.startswith("http://127.0.0.1:")
    True
    """
    listener, url = _listen(port)
    ready = threading.Event()
    server = _Server(_config(sandbox), ready.set)
    thread = threading.Thread(
        target=_run, args=(server, listener, ready), name="klaviyo-sandbox", daemon=True
    )
    sandbox.host = url
    thread.start()
    try:
        ready.wait(10)
        if not server.started:
            raise RuntimeError("the sandbox did not start")
        yield url
    finally:
        server.should_exit = True
        thread.join(5)
        listener.close()


def serve(
    sandbox: Sandbox, port: int = 0, announce: Callable[[str], Any] = lambda url: None
) -> None:
    """Serve until interrupted or terminated; `announce` is told the address once it answers."""
    listener, url = _listen(port)
    sandbox.host = url
    with closing(listener):
        _Server(_config(sandbox), lambda: announce(url)).run([listener])


def _run(server: uvicorn.Server, listener: socket.socket, ready: threading.Event) -> None:
    try:
        server.run([listener])
    finally:
        ready.set()


def _config(sandbox: Sandbox) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(sandbox),
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
        backlog=2048,
    )


def _listen(port: int) -> tuple[socket.socket, str]:
    # Only where the protocol is named does asyncio send small parts at once (TCP_NODELAY); or
    # an answer with a body would wait 40 ms for the client's acknowledgement of its head.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"port {port} of {LOOPBACK}: {error.strerror}") from None
    listener.listen(2048)
    return listener, f"http://{LOOPBACK}:{listener.getsockname()[1]}"
