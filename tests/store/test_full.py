"""What if the disk is full?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.store.make import accept, content, event, keep_on, lines_read, open_store
from tests.store.vfs import Disk, on

from walkeros_klaviyo.shell.store import Store, StoreFullError

EVENTS = 100


@pytest.fixture
def quiet(folder: Path) -> dict[str, Any]:
    """The end of a run that met no trouble."""
    with open_store(folder / "quiet.db") as store:
        keep_on(store, EVENTS)
        return content(store)


def limit_pages(store: Store, pages: int) -> None:
    store._session.connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()


def test_no_room_for_a_page_stops_cleanly_wherever_it_happens(
    path: Path, quiet: dict[str, Any]
) -> None:
    """One page more each time, until the run goes through: every page is once the last."""
    pages, stopped = 8, 0
    while True:
        with open_store(path) as store:
            store._session.wal_limit = 100_000
            limit_pages(store, pages)  # no fewer than it has
            held: list[Any] = [content(store)]
            try:
                keep_on(store, EVENTS, said=lambda: held.append(content(store)))  # noqa: B023
            except StoreFullError as error:
                assert str(path) in str(error)
                stopped += 1
                assert content(store) == held[-1]  # still there to be read
                assert not store.has_uncommitted
                pages += 1
            else:
                break
        with open_store(path) as store:
            assert content(store) == held[-1]
    assert stopped > 10
    with open_store(path) as store:
        assert content(store) == quiet


def test_no_room_for_a_write_stops_cleanly_wherever_it_happens(
    path: Path, quiet: dict[str, Any]
) -> None:
    """The n-th write fails, for every n until one run goes through; each goes on where it was."""
    room, stopped = 0, 0
    disk = Disk()
    with on(disk) as connect:
        store = open_store(path, connect=connect)
        store._session.wal_limit = 100_000
        held = [content(store)]
        while True:
            disk.room = room
            try:
                keep_on(store, EVENTS, said=lambda: held.append(content(store)))
                break
            except StoreFullError:
                stopped += 1
                room = room + 1 if len(held) < 2 or room < 40 else room + 7
                assert content(store) == held[-1]
                assert store.imbalance() is None
        disk.room = None
        assert content(store) == quiet
        store.close()
    assert stopped > 30
    with open_store(path) as again:
        assert content(again) == quiet


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.whole) for n in (1, 2, 3))]
)
def test_every_single_write_may_be_the_one_too_many(
    folder: Path, quiet: dict[str, Any], first: int
) -> None:
    """A fresh run for every fourth write, which alone fails; then there is room again."""
    whole = Disk()
    with on(whole) as connect:
        store = open_store(folder / "whole.db", connect=connect)
        store._session.wal_limit = 100_000
        start = len([op for op in whole.log if type(op).__name__ == "Write"])
        keep_on(store, EVENTS)
        writes = len([op for op in whole.log if type(op).__name__ == "Write"]) - start
        store.close()
    for number in range(first, writes, 4):
        disk = Disk()
        with on(disk) as connect:
            store = open_store(folder / f"{number}.db", connect=connect)
            store._session.wal_limit = 100_000
            disk.room = number
            with_room = 0
            try:
                keep_on(store, EVENTS)
            except StoreFullError:
                with_room = lines_read(store)
                assert store.imbalance() is None
            disk.room = None
            keep_on(store, EVENTS)
            assert content(store) == quiet
            assert with_room <= EVENTS
            store.close()


def test_a_full_disk_at_closing_keeps_all(path: Path) -> None:
    disk = Disk()
    with on(disk) as connect:
        store = open_store(path, connect=connect)
        keep_on(store, 30)
        held = content(store)
        disk.room = 0
        store.close()
        disk.room = None
    with open_store(path) as again:
        assert content(again) == held


def test_a_store_on_a_full_disk_can_be_opened_and_read(path: Path) -> None:
    with open_store(path) as store:
        keep_on(store, 30)
        held = content(store)
    disk = Disk()
    with on(disk) as connect:
        disk.room = 0
        store = open_store(path, connect=connect)
        assert content(store) == held
        with pytest.raises(StoreFullError, match="make room"):
            accept(store, event(30))
            store.commit()
        assert content(store) == held
        store.close()
    with open_store(path) as again:
        assert content(again) == held
