"""Does a program that keeps running stay as small as it was?

    python -m tests.end_to_end.flat                       1,000 Destinations, a million events

Destinations are opened, used and closed one after the other; then one of them is given events in
batches. Each tenth of the way the threads, open files and resident memory of this process are
printed. Both send through the SDK to a sandbox, which is a process of its own. So that a million
takes minutes, one event in ten is delivered (`--every 1`: all); the others are ignored, denied,
unidentified, unchanged or invalid. In the end nothing may have grown since a tenth of the way:
no thread, no open file, and at most `MOST_GROWTH` megabytes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from tests.end_to_end.command import KEY, NOW, fetch, sandbox_apart

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.destination import Destination
from walkeros_klaviyo.shell.send.workers import THREADS

MOST_GROWTH: Final = 30.0
"""Megabytes that memory may grow after the first tenth; caches fill, and allocators keep."""
BUSY: Final = THREADS + 2
"""Threads of a Destination at most: the loop, an observer, the requests."""
OWN_FILES: Final = 6
"""Files that a Destination holds itself at most: its store, the log beside it, the lock, the loop's
wakers. Each request in flight has a connection beside them."""
PEOPLE: Final = 20_000
AT_ONCE: Final = 500
EACH: Final = 20
"""Events that a Destination of many is given."""
CONFIG: Final = {
    "consent": {"marketing": True},
    "settings": {"apiKey": KEY, "identify": {"map": {"firstName": "user.first"}}},
    "mapping": {
        "order": {"complete": {"name": "Placed Order", "data": {"map": {"OrderId": "data.id"}}}},
        "debug": {"*": {"ignore": True}},
        "page": {"view": {"silent": True}},
    },
}
OTHERS: Final[tuple[dict[str, Any], ...]] = (
    {"name": "page view"},  # unchanged: of the person nothing new is known
    {"name": "debug log"},
    {"consent": {}},
    {"user": {}},
    {"name": "order"},
)
"""What makes an event one that is not delivered."""


@frozen
class Size:
    """What this process holds."""

    threads: int
    files: int
    megabytes: float

    def __str__(self) -> str:
        return f"{self.threads:>8}{self.files:>8}{self.megabytes:>10,.1f}"


def held(what: str) -> int:
    """How many threads (task) or open files (fd) there are."""
    return sum(1 for _ in Path("/proc/self", what).iterdir())


def size(threads: int) -> Size:
    """Of now; threads beyond so many that were told to end have a second for it."""
    until = time.monotonic() + 1.0
    while held("task") > threads and time.monotonic() < until:
        time.sleep(0.01)
    status = Path("/proc/self/status").read_text().splitlines()
    resident = next(int(one.split()[1]) for one in status if one.startswith("VmRSS"))
    return Size(held("task"), held("fd"), resident / 1024)


def event(number: int, every: int) -> dict[str, Any]:
    """The n-th event; one in `every` is delivered."""
    who = number // every % PEOPLE
    made = {
        "name": "order complete",
        "timestamp": NOW + number,
        "id": f"{number:016x}",
        "data": {"id": f"O-{number}", "total": 12.5},
        "user": {"id": f"u{who}", "email": f"u{who}@example.com", "first": f"F{who}"},
        "consent": {"marketing": True},
    }
    return made if number % every == 0 else {**made, **OTHERS[number % len(OTHERS)]}


def tenths(steps: int) -> Iterator[tuple[int, bool]]:
    """Each step, and whether it completes a tenth."""
    for step in range(1, steps + 1):
        yield step, step * 10 // steps > (step - 1) * 10 // steps


def check(sizes: list[Size], threads: int, files: int) -> None:
    """Threads and files are none the more, and memory has not grown since a tenth of the way."""
    first, last = sizes[0], sizes[-1]
    assert last.threads <= threads, (threads, last)
    assert last.files <= files, (files, last)
    assert last.megabytes <= first.megabytes + MOST_GROWTH, (first, last)


def many(config: Config, url: str, folder: Path, count: int) -> None:
    """So many Destinations, each closed before the next is opened."""
    sizes, idle = [], held("task")
    for number, is_tenth in tenths(count):
        store = folder / f"{number % 10}.db"
        with Destination(config, store=store, host=url, limits=False) as destination:
            first = number * PEOPLE  # always the same few people: caches may fill, and do so below
            destination.push_many(event(one, 1) for one in range(first, first + EACH))
            destination.flush(60)
            assert destination.counts.pending == 0, destination.trouble
        if is_tenth:
            sizes.append(size(idle))
            print(f"{number:>10,} Destinations{sizes[-1]}", flush=True)
    check(sizes, idle, sizes[0].files)


def one(config: Config, url: str, folder: Path, count: int, every: int) -> None:
    """A single Destination, and so many events."""
    sizes, begin = [], time.monotonic()
    most, files = held("task") + BUSY, held("fd") + OWN_FILES + THREADS
    with Destination(config, store=folder / "one.db", host=url, limits=False) as destination:
        for batch, is_tenth in tenths(count // AT_ONCE):
            upto = batch * AT_ONCE
            destination.push_many(event(each, every) for each in range(upto - AT_ONCE, upto))
            if is_tenth:
                destination.flush(600)
                sizes.append(size(most))
                print(f"{upto:>16,} events{sizes[-1]}", flush=True)
        counts = destination.counts
    seconds = time.monotonic() - begin
    fates = ", ".join(f"{n:,} {fate}" for fate, n in counts.not_sent.most_common())
    print(
        f"in {seconds:,.0f} s: {counts.delivered:,} delivered, {fates}, {counts.invalid:,} invalid"
    )
    assert counts.pending == counts.dead == 0, counts
    assert counts.delivered == len(range(0, count // AT_ONCE * AT_ONCE, every)), counts
    check(sizes, most, files)


def recorded(url: str) -> int:
    """Events that the sandbox has."""
    count: int = json.loads(fetch(f"{url}/sandbox/stats"))["events"]
    return count


def flat(destinations: int, events: int, every: int) -> None:
    """Both, and what must hold."""
    config = parse_config(CONFIG)
    print(f"{'':<23}{'threads':>8}{'files':>8}{'MB':>10}")
    with tempfile.TemporaryDirectory() as name, sandbox_apart("--limits", "off") as url:
        many(config, url, Path(name), destinations)
        assert recorded(url) == destinations * EACH
    with tempfile.TemporaryDirectory() as name, sandbox_apart("--limits", "off") as url:
        one(config, url, Path(name), events, every)
        assert recorded(url) == len(range(0, events // AT_ONCE * AT_ONCE, every))


def main(words: Iterable[str] | None = None) -> None:
    """Measure, print, and fail where something grew."""
    parser = argparse.ArgumentParser(description="Threads, files and memory over a long time.")
    parser.add_argument("--destinations", type=int, default=1_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--every", type=int, default=10, help="one event in so many is delivered")
    given = parser.parse_args(words if words is None else [*words])
    flat(given.destinations, given.events, given.every)
    print("flat")


if __name__ == "__main__":
    main()
