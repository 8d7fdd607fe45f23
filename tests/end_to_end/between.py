"""Klaviyo as seen through whatever stands in between: it records, unless the mood says otherwise.

The mood is a function of a request that returns a whole answer, `CUT` to close the connection
without one, or None to let Klaviyo answer. A test's own words decide; nothing here judges.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import Factory, define, frozen
from tests.end_to_end.server import Handler, Host, hosting, http

CUT = b""
PATHS = {
    "/api/events": "event",
    "/api/event-bulk-create-jobs": "bulk",
    "/api/profile-import": "upsert",
    "/api/profile-bulk-import-jobs": "import",
}


@frozen
class Asked:
    """A request: what it is, its size, and its rows' ids (a question about an import has none)."""

    kind: str
    size: int
    rows: tuple[str, ...]
    nth: int
    """From 1, of all requests."""
    body: Any = None


Mood = Callable[[Asked], bytes | None]


@define
class Between:
    """Where to send to, what was asked, and what Klaviyo has recorded of each id."""

    host: Host
    asked: list[Asked] = Factory(list)
    recorded: Counter[str] = Factory(Counter)
    jobs: dict[str, tuple[str, ...]] = Factory(dict)
    _lock: threading.Lock = Factory(threading.Lock)

    @property
    def url(self) -> str:
        """Its address."""
        return self.host.url

    def alone(self, row: str) -> int:
        """How many requests held this row and no other."""
        return sum(asked.rows == (row,) for asked in self.asked)


@contextmanager
def between(mood: Mood = lambda asked: None) -> Iterator[Between]:
    """A host that plays both."""
    boxes: list[Between] = []

    def make(host: Host) -> Handler:
        box = Between(host)
        boxes.append(box)

        def handle(connection: socket.socket, request: bytes) -> None:
            with box._lock:
                asked = _asked(request, len(box.asked) + 1)
                box.asked.append(asked)
                answer = mood(asked)
                if answer is None:
                    answer = _klaviyo(box, asked)
            if answer == CUT:
                connection.shutdown(socket.SHUT_RDWR)
                raise OSError
            connection.sendall(answer)

        return handle

    with hosting(make) as _:
        yield boxes[0]


def _asked(request: bytes, nth: int) -> Asked:
    head, _, body = request.partition(b"\r\n\r\n")
    path = head.split(b" ")[1].decode().partition("?")[0]
    kind = PATHS.get(path.rstrip("/"), path)
    found = json.loads(body) if body else None
    return Asked(kind, len(body), _rows(kind, found), nth, found)


def _rows(kind: str, found: Any) -> tuple[str, ...]:
    if kind == "event":
        return (found["data"]["attributes"]["unique_id"],)
    if kind == "upsert":
        return (_who(found["data"]["attributes"]),)
    if kind == "bulk":
        rows = found["data"]["attributes"]["events-bulk-create"]["data"]
        return tuple(
            row["attributes"]["events"]["data"][0]["attributes"]["unique_id"] for row in rows
        )
    if kind == "import":
        return tuple(
            _who(row["attributes"]) for row in found["data"]["attributes"]["profiles"]["data"]
        )
    return ()


def _who(attributes: dict[str, Any]) -> str:
    return str(attributes.get("external_id") or attributes.get("email"))


def _klaviyo(box: Between, asked: Asked) -> bytes:
    if asked.kind in ("event", "bulk"):
        box.recorded.update(set(asked.rows))
        return http("202 Accepted")
    if asked.kind == "upsert":
        box.recorded.update(asked.rows)
        return http("201 Created", b'{"data":{"type":"profile","id":"P1"}}')
    if asked.kind == "import":
        job = f"J{asked.nth}"
        box.jobs[job] = asked.rows
        return http("202 Accepted", b'{"data":{"id":"%s"}}' % job.encode())
    job = asked.kind.rstrip("/").rpartition("/")[2]
    box.recorded.update(box.jobs.pop(job, ()))
    return job_is("complete")


def job_is(status: str, **counts: int) -> bytes:
    """What Klaviyo says of an import."""
    attributes = {"status": status, "failed_count": 0, **counts}
    body = json.dumps({"data": {"id": "J", "attributes": attributes}}).encode()
    return http("200 OK", body)


def page(status: str, title: str = "Blocked by policy", headers: str = "") -> bytes:
    """A web page of somebody else's."""
    body = f"<!doctype html><html><head><title>{title}</title></head></html>".encode()
    return http(status, body, f"content-type: text/html\r\n{headers}")


def said(status: str, code: str = "invalid", detail: str = "No.", pointer: str = "") -> bytes:
    """Klaviyo's own words."""
    error = {"code": code, "title": code, "detail": detail, "source": {"pointer": pointer}}
    return http(status, json.dumps({"errors": [error]}).encode())
