"""`serve` in this process, before a Klaviyo that refuses tents until it is told not to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import Factory, define
from tests.shell.fake import Fake

from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.destination import Destination
from walkeros_klaviyo.shell.serve.app import create_app
from walkeros_klaviyo.shell.serve.guard import LOOPBACK, Guard

CONFIG = {
    "settings": {"apiKey": "pk_test", "currency": "EUR"},
    "include": ["data"],
    "mapping": {"order": {"complete": {"name": "Placed Order"}}},
}
REFUSED = (
    b'{"errors":[{"code":"invalid","detail":"<script>alert(1)</script> \'Tent of Ada\' of '
    b'ada@example.com (+49 151 2345678, Lovelace) is refused.","source":{"pointer":"/data"}}]}'
)
PERSONAL = ("ada@example.com", "151 2345678", "Lovelace", "Tent of Ada", "u-4711")


@define
class Klaviyo:
    """Answers, and what it is sent."""

    refuses: bool = True
    fake: Fake = Factory(lambda self: Fake(self.answer), takes_self=True)

    def answer(self, call: str, body: Any) -> Answer:
        """Refuses a tent."""
        is_bad = self.refuses and "tent" in str(body)
        return Answer(400, body=REFUSED) if is_bad else Answer(202)


def event(number: int, item: str = "tent") -> dict[str, Any]:
    """An order of Ada's."""
    user = {"id": "u-4711", "email": "ada@example.com", "name": "Lovelace"}
    return {"name": "order complete", "id": f"e{number}", "timestamp": 1_795_518_160_712 + number,
            "user": user, "data": {"item": item, "total": 5}}  # fmt: skip


def soon(done: Callable[[], bool], seconds: float = 10.0) -> None:
    """Until the loop has done it."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


def opened(folder: Path, klaviyo: Klaviyo) -> Destination:
    """Who takes the events."""
    given: dict[str, Any] = {"host": "http://127.0.0.1:1", "limits": False, "mode": "single"}
    return Destination(CONFIG, store=folder / "s.db", klaviyo=klaviyo.fake, **given)


@contextmanager
def serving(
    folder: Path, dead: int = 2, guard: Guard | None = None
) -> Iterator[tuple[Any, Destination, Klaviyo]]:
    """The application, who takes its events, and Klaviyo; with so many dead letters."""
    klaviyo = Klaviyo()
    with opened(folder, klaviyo) as taker:
        taker.push_many([*map(event, range(dead)), event(900, "boots")])
        soon(lambda: (taker.counts.dead, taker.counts.delivered) == (dead, 1))
        yield create_app(taker, guard or Guard(hosts=frozenset(LOOPBACK))), taker, klaviyo
