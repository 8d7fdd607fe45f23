"""What harm is done to a store's files, and what must come of it? For the tests and the soak."""

from __future__ import annotations

import random
from pathlib import Path
from unittest import mock

from tests.store.make import (
    Json,
    bodies_of,
    content,
    copy_to,
    keep_on,
    lines_read,
    open_store,
    states_of,
)
from tests.store.vfs import Disk, Said, on, power_cut

from walkeros_klaviyo.delivery.messages import Dead
from walkeros_klaviyo.shell.store import DAMAGED, Body, Store, StoreError

EVENTS = 100
SALT = mock.patch("secrets.token_bytes", lambda size: b"salt" * (size // 4))
"""The same store at each run, so that a seed means the same harm."""


@SALT
def closed_store(folder: Path) -> tuple[bytes, Json]:
    """A closed store's bytes, and what it holds."""
    path = folder / "closed.db"
    with open_store(path) as store:
        keep_on(store, EVENTS)
        held = content(store)
    return path.read_bytes(), held


@SALT
def unclosed_store(folder: Path) -> tuple[bytes, bytes, list[Json]]:
    """An unclosed store's file and -wal, and what it held at each commit, the last one last."""
    path = folder / "unclosed.db"
    held: list[Json] = []
    with open_store(path) as store:
        store._session.wal_limit = 150_000
        held.append(content(store))
        keep_on(store, EVENTS, said=lambda: held.append(content(store)))
        copy = copy_to(path, folder / "copy")
    return copy.read_bytes(), copy.with_name(copy.name + "-wal").read_bytes(), held


def harm(data: bytes, luck: random.Random) -> bytes:
    """A bit turned over, a few bytes overwritten, or the end cut off (never all of it)."""
    kind = luck.random()
    if kind < 0.2:
        return data[: luck.randrange(1, len(data))]
    changed = bytearray(data)
    if kind < 0.8:
        changed[luck.randrange(len(data))] ^= 1 << luck.randrange(8)
    else:
        at = luck.randrange(len(data))
        changed[at : at + 8] = luck.randbytes(min(8, len(data) - at))
    return bytes(changed)


def after_harm(path: Path, data: bytes, held: Json, wal: bytes = b"") -> str:
    """What came of a harmed store: refused, named, or harmless; anything else asserts."""
    path.write_bytes(data)
    path.with_name(path.name + "-wal").write_bytes(wal)
    try:
        store = open_store(path)
    except StoreError as error:
        assert str(path) in str(error), error
        return "refused"
    with store:
        try:
            fate = "named" if any(store.damaged) else "harmless"
            _nothing_false(store, held)
        except StoreError as error:
            assert str(path) in str(error), error
            return "refused"
    with open_store(path) as store:  # no crash loop: what was set aside stays aside
        assert store.counts.accepted == held["counts"].accepted
    return fate


def _nothing_false(store: Store, held: Json) -> None:
    """Only what we wrote is handed out, and what is not handed out is named."""
    calls, letters = map(set, store.damaged)
    found = content(store)
    assert found["position"] == held["position"]
    assert found["counts"] == held["counts"]
    assert found["metrics"] == held["metrics"]
    for key, state in found["states"].items():  # forgotten does no harm: Klaviyo is told again
        assert state is None or state == held["states"][key] or state not in _every(held)
    for one, letter in found["letters"].items():
        assert one in letters if letter is None else letter == held["letters"][one]
    assert len(found["letters"]) == len(held["letters"])
    waiting = held["bodies"]
    items = store.take(10_000)
    for body in store.bodies(item.id for item in items):
        if isinstance(body, Body):
            assert body.text == waiting[body.id]
            assert body.id not in calls
        else:
            assert body.id in calls
    assert len(bodies_of(store)) <= len(waiting)
    assert len(set(waiting) - {item.id for item in items}) <= len(calls)
    if not calls and not letters:
        assert _with_states(found, held) == held
    store.commit()
    for one in sorted(calls):
        store.dead(_damaged(one))
    for one in store.bodies(item.id for item in items):
        if not isinstance(one, Body):
            store.dead(_damaged(one.id))
    store.commit()
    if not letters:
        assert store.imbalance() is None


def _damaged(identity: int) -> Dead:
    return Dead(identity, None, DAMAGED, "damaged")


def _every(held: Json) -> set[str]:
    return {one for one in held["states"].values() if one is not None}


def _with_states(found: Json, held: Json) -> Json:
    """The content with the states that are held: those may be forgotten."""
    return {**found, "states": held["states"]}


def after_wal_harm(path: Path, main: bytes, wal: bytes, held: list[Json]) -> str:
    """What came of a harmed -wal: refused, or one of the states that were committed."""
    path.write_bytes(main)
    path.with_name(path.name + "-wal").write_bytes(wal)
    try:
        store = open_store(path)
    except StoreError as error:
        assert str(path) in str(error), error
        return "refused"
    with store:
        assert store.imbalance() is None
        found = content(store)
        assert found in held
        keep_on(store, EVENTS)
        fate = "whole" if found == held[-1] else "earlier"
        assert content(store) == held[-1]
    return fate


@SALT
def recorded_run(folder: Path) -> tuple[Disk, list[Json]]:
    """A run on a recording disk, and what the store held at each commit."""
    path, disk, held = folder / "power.db", Disk(), []
    open_store(path).close()
    with on(disk) as connect:
        store = open_store(path, connect=connect)
        store._session.wal_limit = 120_000
        held.append(content(store))

        def said() -> None:
            disk.log.append(Said(lines_read(store)))
            held.append(content(store))

        keep_on(store, EVENTS, every=5, said=said)
        store.close()
    return disk, held


def after_power_cut(
    folder: Path, disk: Disk, held: list[Json], luck: random.Random, finish: bool
) -> str:
    """Cut the power at a random moment: no committed event is lost, nothing is half there."""
    at = luck.randrange(len(disk.log) + 1)
    files, said = power_cut(disk, at, luck)
    for old in folder.iterdir():
        old.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with open_store(folder / "power.db") as store:
        assert store.imbalance() is None
        assert store.damaged == ((), ())
        assert lines_read(store) >= said
        found = content(store)
        assert found in held
        if finish:
            keep_on(store, EVENTS, every=5)
            assert content(store) == held[-1]
            assert states_of(store) == held[-1]["states"]
    return "kept" if lines_read_of(found) == said else "kept more"


def lines_read_of(held: Json) -> int:
    """How many events a content has accepted."""
    return 0 if held["position"] is None else int(held["position"].line)
