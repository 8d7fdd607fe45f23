"""How is the sandbox served on a port?

In a thread of this process, for tests and the demo, or blocking, for the command line. Only on
loopback, since the sandbox keeps whatever it is sent and authenticates nobody.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from walkeros_klaviyo.listening import Server, listen

from .answer import Sandbox
from .app import create_app


class _Protocol(H11Protocol):
    """Lets the application close its connection, to simulate a reset."""

    def connection_made(self, transport: Any) -> None:
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


@contextmanager
def running(sandbox: Sandbox, port: int = 0) -> Iterator[str]:
    """Serve from a thread while the block runs; port 0 picks a free port. Yields the URL.

    >>> with running(Sandbox()) as url:
    ...     url.startswith("http://127.0.0.1:")
    True
    """
    listener, url = listen(port)
    ready = threading.Event()
    server = _server(sandbox, ready.set)
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
    """Serve until interrupted or terminated; calls `announce` with the URL once it answers."""
    listener, url = listen(port)
    sandbox.host = url
    with closing(listener):
        _server(sandbox, lambda: announce(url)).run([listener])


def _run(server: Server, listener: socket.socket, ready: threading.Event) -> None:
    try:
        server.run([listener])
    finally:
        ready.set()


def _server(sandbox: Sandbox, ready: Callable[[], object]) -> Server:
    return Server(create_app(sandbox), ready, http=_Protocol, timeout_graceful_shutdown=1)
