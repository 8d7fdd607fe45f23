"""Which events are in a posted body?

One event, an array, or `{"batch": [...]}`, whatever the content type: beacons are labelled
text/plain, server clients send none, and both hold JSON. A body compressed with gzip is unpacked
as far as the limit allows. Source: walkerOS's express and fetch sources after 4.5.
"""

from __future__ import annotations

import zlib
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.walkeros.event import EventError
from walkeros_klaviyo.shell.input.line import read_line

GZIP: Final = b"\x1f\x8b"
MOST_PARTS: Final = 300_000
"""The most lists and objects in a request, each taking some hundred bytes of memory: enough for
10,000 events of 30, while five megabytes of empty lists would take a hundred megabytes."""


@frozen
class Posted:
    """The events of one request, as they came; `is_batch` selects the form of the answer."""

    events: tuple[Any, ...]
    is_batch: bool = False


@frozen
class Refusal:
    """Why a request is refused: a status, and a message for the sender."""

    status: int
    error: str


def read_body(raw: bytes, most_bytes: int, most_events: int) -> Posted | Refusal:
    """The events in a request's body, or why it is refused.

    >>> read_body(b'{"name": "page view"}', 5_000_000, 1_000)
    Posted(events=({'name': 'page view'},), is_batch=False)
    >>> len(read_body(b'{"batch": [{"name": "a b"}, {"name": "c d"}]}', 1_000, 10).events)
    2
    >>> read_body(b"[1, 2, 3]", 1_000, 2).status, read_body(b"{", 1_000, 2).status
    (413, 400)
    """
    if raw[:2] == GZIP:
        unpacked = _unpacked(raw, most_bytes)
        if isinstance(unpacked, Refusal):
            return unpacked
        raw = unpacked
    parts = raw.count(b"[") + raw.count(b"{")
    if parts > MOST_PARTS:
        return Refusal(413, f"{parts} lists and objects; at most {MOST_PARTS} a request")
    found = read_line(1, raw).value
    if isinstance(found, EventError):
        return Refusal(400, found.message)
    if isinstance(found, dict) and isinstance(found.get("batch"), list):
        found = found["batch"]
    if not isinstance(found, list):
        event = found.get("event") if isinstance(found, dict) and "name" not in found else None
        return Posted((event if isinstance(event, dict) else found,))
    if len(found) > most_events:
        return Refusal(413, f"{len(found)} events; at most {most_events} a request")
    return Posted(tuple(found), is_batch=True)


def _unpacked(raw: bytes, most: int) -> bytes | Refusal:
    """Unpack no more than the limit: a small body may unpack to gigabytes."""
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        found = reader.decompress(raw, most + 1)
    except zlib.error:
        return Refusal(400, "the body begins like gzip, and is none")
    if len(found) > most:
        return Refusal(413, f"unpacked it is longer than {most} bytes")
    return found if reader.eof else Refusal(400, "the gzip has no end; was the body cut off?")
