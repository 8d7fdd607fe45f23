"""Which raw requests arrived?

The latest requests are kept byte by byte, to compare what arrived with what was planned. Headers
are not kept, since one of them holds the key.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from .wire import JsonError, dumps, loads, one_line

MOST_BYTES: Final = 64_000_000


def request_line(call: str, status: int | None, body: bytes, fault: str | None = None) -> bytes:
    """One request as a line `{"call", "status", "body"}`, `fault` where one happened.

    >>> request_line("events.create_event", 202, b'{"n": 1.50}')
    b'{"call":"events.create_event","status":202,"body":{"n": 1.50}}'
    """
    head = dumps({"call": call, "status": status} | ({"fault": fault} if fault else {}))
    return head[:-1] + b',"body":' + _verbatim(body) + b"}"


class Requests:
    """A bounded list of request lines.

    >>> kept = Requests(1)
    >>> kept.add(b"{}"); kept.add(b"[]")
    >>> list(kept)
    [b'[]']
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lines: deque[bytes] = deque()
        self._size = 0

    def __bool__(self) -> bool:
        """Are lines kept at all?"""
        return self._most > 0

    def add(self, line: bytes) -> None:
        """Keep one request, dropping the oldest to make room."""
        if self._most <= 0:
            return
        self._lines.append(line)
        self._size += len(line)
        while len(self._lines) > self._most or self._size > MOST_BYTES:
            self._size -= len(self._lines.popleft())

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._lines)


def _verbatim(body: bytes) -> bytes:
    """A JSON body unchanged; null if empty; anything else as a JSON string."""
    if not body:
        return b"null"
    try:
        loads(body)
    except JsonError:
        return dumps(body.decode("utf-8", "replace"))
    return one_line(body)
