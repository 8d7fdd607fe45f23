"""A host that answers as a test wants it to: a socket, a thread, no HTTP library."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

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


def relay(port: int, drip: float = 0.0, pause: float = 0.0) -> Callable[[Host], Handler]:
    """A proxy: whoever is asked for, it is this port of ours.

    With a drip, byte by byte back; with a pause, that long before its own answer ends.
    """

    def make(host: Host) -> Handler:
        def handle(connection: socket.socket, request: bytes) -> None:
            for part in (b"HTTP/1.1 200 OK\r\n", b"x: 1\r\n"):
                connection.sendall(part)
                host.gate.wait(pause)
            connection.sendall(b"\r\n")
            with socket.create_connection(("127.0.0.1", port)) as far:
                while not host.gate.is_set():
                    waiting = isinstance(connection, ssl.SSLSocket) and connection.pending()
                    ready = select.select([connection, far], [], [], 0 if waiting else None)[0]
                    for one in {*ready, connection} if waiting else ready:
                        data = one.recv(65_536)
                        if not data:
                            raise ConnectionAbortedError
                        if one is connection:
                            far.sendall(data)
                        else:
                            pour(host, connection, data, drip)

        return handle

    return make


def pour(host: Host, connection: socket.socket, data: bytes, drip: float) -> None:
    """Send it; with a drip, a byte now and then until the test is over."""
    parts = [bytes([one]) for one in data] if drip else [data]
    for part in parts:
        connection.sendall(part)
        if drip and host.gate.wait(drip):
            break


@contextmanager
def hosting(
    answer: bytes | Callable[[Host], Handler],
    tls: ssl.SSLContext | None = None,
    read: Callable[[socket.socket], bytes] | None = None,
    window: int = 0,
) -> Iterator[Host]:
    """A host on a free port of this machine: always the same answer, or a handler's.

    `read` takes a request from the connection, otherwise whole; `window` is what the kernel holds.
    """
    listener = socket.socket()
    if window:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    host = Host(f"http{'s' if tls else ''}://127.0.0.1:{listener.getsockname()[1]}")
    handle: Handler = (
        (lambda connection, request: connection.sendall(answer))
        if isinstance(answer, bytes)
        else answer(host)
    )
    open_ones: set[socket.socket] = set()
    serve = partial(_serve, host=host, handle=handle, open_ones=open_ones, tls=tls, read=read)
    threads = [threading.Thread(target=_accept, args=(listener, serve, open_ones))]
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
    listener: socket.socket, serve: Callable[[socket.socket], None], open_ones: set[socket.socket]
) -> None:
    threads = []
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            break
        open_ones.add(connection)
        thread = threading.Thread(target=serve, args=(connection,))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join(10)


def _serve(
    connection: socket.socket,
    host: Host,
    handle: Handler,
    open_ones: set[socket.socket],
    tls: ssl.SSLContext | None,
    read: Callable[[socket.socket], bytes] | None,
) -> None:
    plain = connection
    with suppress(OSError, ValueError):
        if tls:
            connection = tls.wrap_socket(plain, server_side=True)
            open_ones.add(connection)
        while request := (read or _read)(connection):
            host.requests.append(request)
            host.heard.set()
            handle(connection, request)
    connection.close()
    plain.close()
    open_ones -= {plain, connection}


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
