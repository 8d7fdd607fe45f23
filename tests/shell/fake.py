"""A connection to nobody: scripted answers, and what was sent."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import Factory, define, field

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.delivery.batch import Mode
from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.shell.send.loop import Loop
from walkeros_klaviyo.shell.send.run import new_loop
from walkeros_klaviyo.shell.store import Store

EVENT = "events.create_event"
UPSERT = "profiles.create_or_update_profile"
IMPORT = "profiles.bulk_import_profiles"
NOW = 1_795_518_160_712
IDENTIFY = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}


def line(number: int, **changes: Any) -> dict[str, Any]:
    """An event of one of seven people."""
    who = number % 7
    return {
        "name": "order complete",
        "timestamp": NOW + number,
        "id": f"e{number}",
        "user": {"id": f"u{who}", "first": f"F{who}"},
        **changes,
    }


def stream(*events: Any) -> io.BytesIO:
    """Events as the input's bytes; bytes go as they are."""
    parts = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in events)
    return io.BytesIO(b"".join(part + b"\n" for part in parts))


OK = Answer(202)
"""Taken: it goes back as the receipt of its endpoint."""
SAID = b'{"errors":[{"code":"x","detail":"You may not."}]}'
"""Klaviyo's own words."""
DONE = Answer(200, body=b'{"data":{"attributes":{"status":"complete","failed_count":0}}}')


def accepts(call: str, body: dict[str, Any]) -> Answer:
    """Takes everything."""
    return OK


def receipt(call: str) -> Answer:
    """How Klaviyo says that it has taken a request."""
    if call == UPSERT:
        return Answer(201, body=b'{"data":{"type":"profile","id":"P1"}}')
    return Answer(202, body=b'{"data":{"id":"J1"}}') if call == IMPORT else OK


@define
class Fake:
    """Answers as told, from any thread."""

    answers: Callable[[str, dict[str, Any]], Answer] = accepts
    sent: list[tuple[str, dict[str, Any]]] = Factory(list)
    jobs: Callable[[str, bool], Answer] = lambda job, errors: DONE
    is_closed: bool = False
    _lock: threading.Lock = field(factory=threading.Lock, repr=False)

    def send(self, call: str, body: bytes) -> Answer:
        value = json.loads(body)
        with self._lock:
            self.sent.append((call, value))
        answer = self.answers(call, value)
        return receipt(call) if answer == OK else answer

    def ask(self, job: str, errors: bool = False) -> Answer:
        return self.jobs(job, errors)

    def close(self) -> None:
        self.is_closed = True

    def ids(self) -> list[str]:
        """The unique ids of the events that were sent, in order."""
        return [
            body["data"]["attributes"]["unique_id"] for call, body in self.sent if call == EVENT
        ]


@define
class Stores:
    """Where the stores of a test lie, and those that are open."""

    folder: Path = Path()
    opened: list[Store] = Factory(list)

    def new(self) -> Store:
        """A fresh one."""
        path = self.folder / f"store-{len(self.opened)}.db"
        self.opened.append(Store.open(path, host="http://127.0.0.1:1", key="pk_test"))
        return self.opened[-1]


STORES = Stores()
"""Set up and closed by conftest."""


def make_run(
    fake: Fake,
    config: dict[str, Any] | None = None,
    give_up: float = 30.0,
    mode: Mode = "single",
    **given: Any,
) -> Loop:
    """A run without a pace."""
    parsed = parse_config(IDENTIFY if config is None else config)
    loop = new_loop(parsed, STORES.new(), fake, limits=False, give_up=give_up, mode=mode)
    for name, value in given.items():
        setattr(loop, name, value)
    return loop
