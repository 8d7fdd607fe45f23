"""Small makers that the tests of the store share: events of every outcome, a run, what it holds."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import evolve

from walkeros_klaviyo import parse_config, pipeline, settle
from walkeros_klaviyo.core.pipeline import Transform
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.delivery.messages import Dead
from walkeros_klaviyo.shell.send.acceptance import Acceptance, Rejected
from walkeros_klaviyo.shell.store import Body, Damaged, Position, Store
from walkeros_klaviyo.shell.store.letter import Origin

HOST, KEY = "https://klaviyo.test", "pk_0123456789abcdef"
SOURCE = "/home/ada/events.jsonl"
NOW = 1_795_518_160_712
Json = dict[str, Any]


def _raises(value: Any, event: Any) -> bool:
    raise ValueError


TRANSFORM = pipeline(
    parse_config(
        {
            "consent": {"marketing": True},
            "settings": {
                "identify": {"map": {"firstName": "user.name"}},
                "phoneNumber": "user.phone",
            },
            "include": ["data"],
            "mapping": {
                "page": {"view": {"ignore": True}},
                "user": {"*": {"silent": True}},
                "error": {"*": {"condition": _raises}},
            },
        }
    )
)
_KINDS = ("order complete", "order complete", "user seen", "page view", "cart add", "error raised")


def event(number: int, **user: Any) -> Json:
    """The n-th event of a stream with every outcome."""
    kind = _KINDS[number % len(_KINDS)] if not user else "order complete"
    profile = number % 7
    who = {"id": f"u{profile}", "email": f"ada{profile}@example.com", "name": f"A{number // 40}"}
    return {
        "name": kind,
        "timestamp": 1_000_000_000 if kind == "cart add" else NOW + number,
        "id": f"e{number}",
        "user": user or ({} if number % 11 == 10 else who),
        "consent": {"marketing": number % 13 != 12},
        "data": {"total": number, "text": "lorem ipsum " * (number % 9 * 20)},
    }


def plan_of(found: Json) -> Plan:
    """What is to be sent for an event."""
    return TRANSFORM.plan(found)


def accept(store: Store, found: Json, line: int = 1) -> Plan:
    """Plan, settle and accept an event, as the loop does."""
    plan = plan_of(found)
    settled, changes = settle(plan, store.prior(plan.state_keys), NOW)
    origin = Origin(line, found["id"], json.dumps(found).encode())
    store.accept(origin, settled, changes, saved=len(plan.calls) - len(settled.calls))
    return settled


def plan_anew(store: Store, transform: Transform = TRANSFORM) -> list[Rejected]:
    """Plan what is to be planned again, as the next run does."""
    acceptance = Acceptance(transform, store, wall=lambda: NOW / 1_000)
    rejected = [one for again in store.again(1_000) for one in acceptance.plan_anew(again)]
    store.commit()
    return rejected


def read_to(line: int) -> Position:
    """The position after so many lines."""
    return Position(line * 100, line, str(line))


def lines_read(store: Store) -> int:
    """How many events the store has accepted."""
    position = store.position(SOURCE)
    return 0 if position is None else position.line


def keep_on(store: Store, until: int, every: int = 10, said: Callable[[], None] = bool) -> None:
    """Accept events up to a number and send what waits, from wherever the store stands.

    Every fifth call is refused for good; what comes after the last group waits. The end depends
    on what was committed only, so an interrupted run and a quiet one end alike.
    """
    while (line := lines_read(store)) < until:
        for number in range(line, min(line + every, until)):
            accept(store, event(number), number + 1)
        store.advance(SOURCE, read_to(min(line + every, until)))
        if line // every % 3:
            send(store)
        store.commit()
        said()


def send(store: Store) -> None:
    """Send the committed calls that wait, the oldest ones first; some are refused."""
    for one in waiting_ids(store):
        if one > store._session.committed:
            break
        if one % 5 == 4:
            store.dead(Dead(one, 400, "invalid", "ada0@example.com is bad", "/data/attributes"))
        else:
            store.delivered((one,))


def waiting_ids(store: Store) -> list[int]:
    """The calls that wait."""
    rows = store._session.connection.execute("SELECT id FROM outbox ORDER BY id")
    return [row[0] for row in rows.fetchall()]


def bodies_of(store: Store) -> dict[int, bytes | None]:
    """What waits, by id; None for a damaged row."""
    found = store.bodies(waiting_ids(store))
    return {one.id: one.text if isinstance(one, Body) else None for one in found}


def letters_of(store: Store) -> dict[int, Any]:
    """The dead letters by number, without the time; None for a damaged one."""
    return {
        one.id: None if isinstance(one, Damaged) else (one.letter, one.body)
        for one in store.letters()
    }


def states_of(store: Store) -> dict[str, str | None]:
    """What is known of each profile of the stream."""
    keys = [f"external_id:u{number}" for number in range(7)]
    return {key: told(store, key) for key in keys}


def told(store: Store, key: str) -> str | None:
    """The fingerprint of what Klaviyo was last told under a key; None where it must be told."""
    state = store.prior([key]).get(key)
    return None if state is None else state.fingerprint or None


def content(store: Store) -> Json:
    """All that a store holds, comparable with another store's."""
    metrics = {name: +by for name, by in store.metrics.items()}
    return {
        "counts": evolve(store.counts, not_sent=Counter(store.counts.not_sent)),
        "metrics": {name: by for name, by in sorted(metrics.items()) if by},
        "bodies": bodies_of(store),
        "letters": letters_of(store),
        "again": store.again(1_000),
        "states": states_of(store),
        "position": store.position(SOURCE),
        "imbalance": store.imbalance(),
    }


def open_store(path: Path, **more: Any) -> Store:
    """The store of the tests' host and key; its clock stands still."""
    return Store.open(path, host=HOST, key=KEY, **{"clock": lambda: 1_795_518_160.5, **more})


@contextmanager
def fast_folder() -> Iterator[Path]:
    """A folder in memory where the system has one: the tests write much."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def copy_to(path: Path, folder: Path) -> Path:
    """A store's files as they are now, as a crash would leave them; without its lock."""
    folder.mkdir(exist_ok=True)
    for end in ("", "-wal"):
        source, target = path.with_name(path.name + end), folder / (path.name + end)
        target.unlink(missing_ok=True)
        if source.exists():
            target.write_bytes(source.read_bytes())
    return folder / path.name
