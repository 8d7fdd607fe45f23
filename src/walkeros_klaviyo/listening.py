"""How is a web application served on a port? For the sandbox and the collector endpoint.

A signal ends serving, not the process: the caller decides what comes next.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

LOOPBACK: Final = "127.0.0.1"
BACKLOG: Final = 2_048
AT_ONCE: Final = 32
"""Connections accepted in one go before existing ones are served again."""
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Server(uvicorn.Server):
    """A server that announces when it is ready, and runs while it `is_wanted`.

    `more` is passed to uvicorn's configuration.
    """

    def __init__(
        self,
        app: Any,
        ready: Callable[[], object],
        is_wanted: Callable[[], bool] = lambda: True,
        **more: Any,
    ) -> None:
        config = uvicorn.Config(
            app,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            backlog=AT_ONCE,
            **more,
        )
        super().__init__(config)
        self._ready = ready
        self._is_wanted = is_wanted

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for each in sockets or ():
            each.listen(BACKLOG)  # the backlog again: asyncio has one number for both
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second: should it end?"""
        return await super().on_tick(counter) or not self._is_wanted()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Restore the previous signal handlers afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in _SIGNALS}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def listen(port: int, bind: str = LOOPBACK) -> tuple[socket.socket, str]:
    """A listening socket and its URL; port 0 picks a free port. Raises OSError.

    >>> listener, url = listen(0)
    >>> listener.close()
    >>> url.startswith("http://127.0.0.1:")
    True
    """
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    # asyncio sets TCP_NODELAY only if the protocol is named; without it an answer's body would
    # wait 40 ms for the client to acknowledge its head.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((bind, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"port {port} of {bind}: {error.strerror}") from None
    host = f"[{bind}]" if ":" in bind else bind
    return listener, f"http://{host}:{listener.getsockname()[1]}"
