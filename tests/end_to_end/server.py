"""A host that answers as a test wants it to: a socket, a thread, no HTTP library."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from attrs import Factory, define

Handler = Callable[[socket.socket, bytes], None]
"""Given the connection and a whole request; raising ends the connection."""


@define
class Host:
    """Where it listens, and what came in."""

    url: str
    requests: list[bytes] = Factory(list)
    heard: threading.Event = Factory(threading.Event)
    """Somebody has asked."""
    gate: threading.Event = Factory(threading.Event)
    """Handlers may wait for it; it opens at the end."""


def http(status: str, body: bytes = b"", headers: str = "") -> bytes:
    """A whole answer."""
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


@contextmanager
def hosting(answer: bytes | Callable[[Host], Handler]) -> Iterator[Host]:
    """A host on a free port of this machine: always the same answer, or a handler's."""
    listener = socket.create_server(("127.0.0.1", 0))
    host = Host(f"http://127.0.0.1:{listener.getsockname()[1]}")
    handle: Handler = (
        (lambda connection, request: connection.sendall(answer))
        if isinstance(answer, bytes)
        else answer(host)
    )
    open_ones: set[socket.socket] = set()
    threads = [threading.Thread(target=_accept, args=(listener, host, handle, open_ones))]
    threads[0].start()
    try:
        yield host
    finally:
        host.gate.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for one in tuple(open_ones):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        threads[0].join(10)


def _accept(
    listener: socket.socket, host: Host, handle: Handler, open_ones: set[socket.socket]
) -> None:
    threads = []
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            break
        open_ones.add(connection)
        thread = threading.Thread(target=_serve, args=(connection, host, handle, open_ones))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join(10)


def _serve(
    connection: socket.socket, host: Host, handle: Handler, open_ones: set[socket.socket]
) -> None:
    with connection, suppress(OSError, ValueError):
        while request := _read(connection):
            host.requests.append(request)
            host.heard.set()
            handle(connection, request)
    open_ones.discard(connection)


def _read(connection: socket.socket) -> bytes:
    """One request with its body; empty at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65_536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    wanted = int(lengths[0].partition(b":")[2]) if lengths else 0
    while len(body) < wanted:
        part = connection.recv(65_536)
        if not part:
            return b""
        body += part
    return head + b"\r\n\r\n" + body
