"""Does an event cost more as things grow: rules, properties, people who are known, what waits?

    python tests/benchmarks/growth.py                     up to a million of each: a few minutes
    python tests/benchmarks/growth.py --most 10000000     the last of ten million: an hour, 10 GB

Processor time an event, the best of some rounds. Rules and properties: one transform. People: an
event planned and accepted into a store that knows so many. Calls that wait: an event accepted
behind so many, and one of them taken and delivered; and how long opening the store takes then.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from core import best

from walkeros_klaviyo import parse_config, pipeline, settle
from walkeros_klaviyo.shell.store import Store
from walkeros_klaviyo.shell.store.letter import Origin

NOW = 1_795_518_160_712
HOST, KEY = "https://klaviyo.test", "pk_benchmark"
EACH = 2_000
"""Events that are accepted, and delivered, to see what one costs."""
TRAITS = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}
TRANSFORM = pipeline(parse_config(TRAITS))


def event(number: int, **data: Any) -> dict[str, Any]:
    """The n-th event, of somebody of her own."""
    user = {"id": f"u{number}", "email": f"u{number}@example.com", "first": f"N{number}"}
    return {"name": "page view", "timestamp": NOW, "id": f"e{number}", "user": user, "data": data}


def rules(size: int) -> float:
    """Microseconds of a transform where there are so many rules."""
    mapping = {f"entity{n}": {"view": {"name": f"Metric {n}"}} for n in range(size - 1)}
    mapping["page"] = {"view": {"name": "Viewed Page"}}
    transform = pipeline(parse_config({"mapping": mapping}))
    found = event(1)
    return best(lambda: transform.plan(found), 5)


def properties(size: int) -> float:
    """Microseconds of a transform of so many properties."""
    transform = pipeline(parse_config({"include": ["data"]}))
    found = event(1, **{f"key{n}": n for n in range(size)})
    return best(lambda: transform.plan(found), 20, 5)


def accept(store: Store, number: int) -> None:
    """As the loop does."""
    found = event(number)
    plan = TRANSFORM.plan(found)
    settled, changes = settle(plan, store.prior(plan.state_keys), NOW)
    store.accept(Origin(number, found["id"], json.dumps(found).encode()), settled, changes)


def timed(act: Callable[[], object], times: int) -> float:
    """Microseconds of processor time for each of so many."""
    start = time.process_time()
    act()
    return (time.process_time() - start) / times * 1e6


def accepted(store: Store, numbers: Iterator[int], times: int = EACH) -> None:
    """So many more, committed by the hundred."""
    for done in range(times):
        accept(store, next(numbers))
        if done % 100 == 99:
            store.commit()
    store.commit()


def people(folder: Path, sizes: list[int]) -> Iterator[tuple[int, str, float]]:
    """An event of somebody new, where so many are known."""
    numbers, known = count(10**9), 0
    with Store.open(folder / "people.db", host=HOST, key=KEY) as store:
        session = store._session
        for size in sizes:
            rows = (
                (os.urandom(16), "f" * 32, 1.0, b"x" * 32, "xe", 1) for _ in range(size - known)
            )
            session.write()
            session.connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)", rows)
            store.commit()
            known = size
            yield size, "accepted", timed(lambda: accepted(store, numbers), EACH)
            store.delivered(one.id for one in store.take(10 * EACH))
            store.commit()


def backlog(folder: Path, sizes: list[int]) -> Iterator[tuple[int, str, float]]:
    """An event behind so many calls, one of them delivered, and a start."""
    numbers, path = count(), folder / "backlog.db"
    for size in sizes:
        with Store.open(path, host=HOST, key=KEY) as store:
            accepted(store, numbers, (size - store.open_calls) // 2)
            yield size, "accepted", timed(lambda: accepted(store, numbers), EACH)
            yield size, "delivered", timed(lambda: _delivered(store), EACH)
        start = time.process_time()
        with Store.open(path, host=HOST, key=KEY):
            yield size, "opened", (time.process_time() - start) * 1e6


def _delivered(store: Store) -> None:
    for _ in range(EACH // 100):
        store.delivered(one.id for one in store.take(100))
        store.commit()


def show(kind: str, size: int, what: str, microseconds: float) -> None:
    """A line of the table."""
    print(f"{kind:<14}{size:>12,}  {what:<10}{microseconds:>14,.1f} µs", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--most", type=int, default=1_000_000, help="people, and calls that wait")
    most = parser.parse_args().most
    for size in (1, 10, 100, 1_000):
        show("rules", size, "planned", rules(size))
    for size in (1, 10, 100, 400):
        show("properties", size, "planned", properties(size))
    powers = [10**exponent for exponent in range(3, 8) if 10**exponent <= most]
    with tempfile.TemporaryDirectory() as folder:
        for size, what, took in people(Path(folder), powers):
            show("known people", size, what, took)
        for size, what, took in backlog(Path(folder), [10_000, *powers[2:]]):
            show("calls waiting", size, what, took)


if __name__ == "__main__":
    main()
