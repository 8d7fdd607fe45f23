"""What if the store is deleted, moved or replaced while it is open?"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.store.make import accept, content, copy_to, event, open_store

from walkeros_klaviyo.shell.store import StoreError, StoreHeldError, holder_of
from walkeros_klaviyo.shell.store.place import beside


def wal(path: Path) -> Path:
    """Where its latest news are."""
    return beside(path)[0]


def replace(path: Path) -> None:
    """By a backup, as a restore does."""
    shutil.copy(path, path.with_name("backup"))
    path.with_name("backup").replace(path)


def move_folder(path: Path) -> None:
    """As a rotation does."""
    path.parent.rename(path.parent.with_name("before"))


def make_folder_anew(path: Path) -> None:
    """As a deployment does."""
    move_folder(path)
    path.parent.mkdir()


def put_a_file_there(path: Path) -> None:
    """Where its folder was."""
    move_folder(path)
    path.parent.touch()


ACTS: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "deleted with its -wal": lambda path: (path.unlink(), wal(path).unlink()),
    "its -wal deleted": lambda path: wal(path).unlink(),
    "its -wal replaced": lambda path: replace(wal(path)),
    "moved": lambda path: path.rename(path.with_name("old.db")),
    "replaced": replace,
    "its folder deleted": lambda path: shutil.rmtree(path.parent),
    "its folder moved": move_folder,
    "its folder made anew": make_folder_anew,
    "its folder a file": put_a_file_there,
}


@pytest.fixture
def deep(folder: Path) -> Path:
    """A store in a folder of its own."""
    (folder / "kept").mkdir()
    return folder / "kept" / "s.db"


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "known"])
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_nothing_is_accepted_into_a_store_that_is_gone(
    deep: Path, act: Callable[[Path], object], is_new: bool
) -> None:
    """Before anybody is told that it is kept; the sentence says what to do."""
    if not is_new:
        open_store(deep).close()
    store = open_store(deep)
    accept(store, event(0))
    if not is_new:
        store.commit()
        accept(store, event(1))
    act(deep)
    with pytest.raises(StoreError) as caught:
        store.commit()
    assert str(caught.value).startswith(f"{deep} is gone: ")
    assert "run the same command again" in str(caught.value)
    store.close()


def test_what_was_moved_can_be_put_back(deep: Path) -> None:
    """All that was committed is in it, and it belongs to nobody any more."""
    store = open_store(deep)
    accept(store, event(0))
    store.commit()
    held = content(store)
    deep.rename(deep.with_name("elsewhere"))
    accept(store, event(1))
    with pytest.raises(StoreError):
        store.commit()
    store.close()
    deep.with_name("elsewhere").rename(deep)
    with open_store(deep) as again:
        assert content(again)["imbalance"] is None
        assert again.counts.accepted >= held["counts"].accepted


def test_a_lost_wal_loses_nothing(deep: Path) -> None:
    """It is still open, and taken in at the end."""
    with open_store(deep) as store:
        accept(store, event(0))
        wal(deep).unlink()
        with pytest.raises(StoreError):
            store.commit()
    with open_store(deep) as again:
        assert again.counts.accepted == 1
        assert again.imbalance() is None


def test_whoever_takes_its_place_is_left_alone(deep: Path) -> None:
    """Neither the other store's -wal, nor its lock, nor its end is ours."""
    store = open_store(deep)
    accept(store, event(0))
    make_folder_anew(deep)
    other = open_store(deep)
    accept(other, event(1))
    other.commit()
    held, files = content(other), sorted(deep.parent.iterdir())
    with pytest.raises(StoreError):
        store.commit()
    store.close()
    assert sorted(deep.parent.iterdir()) == files
    assert holder_of(deep) is not None
    with pytest.raises(StoreHeldError):
        open_store(deep)
    with open_store(copy_to(deep, deep.parent.with_name("crashed"))) as copy:
        assert content(copy) == held
    other.close()


def test_a_store_that_is_where_it_was_goes_on(deep: Path) -> None:
    """Moved and put back, or a link to it: it is the same file."""
    with open_store(deep) as store:
        accept(store, event(0))
        move_folder(deep)
        deep.parent.with_name("before").rename(deep.parent)
        store.commit()
        move_folder(deep)
        deep.parent.symlink_to(deep.parent.with_name("before"))
        accept(store, event(1))
        store.commit()
        assert store.counts.accepted == 2
