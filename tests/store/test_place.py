"""Which file is a store, whose is it, and who holds it?"""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from tests.store.make import (
    HOST,
    KEY,
    accept,
    content,
    event,
    keep_on,
    open_store,
)

from walkeros_klaviyo.shell.store import (
    Store,
    StoreDamagedError,
    StoreDiskError,
    StoreForkedError,
    StoreHeldError,
    StoreMismatchError,
    StoreRefusedError,
    holder_of,
)
from walkeros_klaviyo.shell.store.guard import IN_SQLITE
from walkeros_klaviyo.shell.store.opening import migrate
from walkeros_klaviyo.shell.store.session import Session
from walkeros_klaviyo.shell.store.tables import VERSION, steps


def modes(folder: Path) -> dict[str, str]:
    return {one.name: oct(stat.S_IMODE(one.stat().st_mode)) for one in folder.iterdir()}


def test_every_file_is_the_owners_alone_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        with open_store(path) as store:
            keep_on(store, 20)
            assert {"0o600"} == set(modes(path.parent).values())
            ends = ("", "-shm", "-wal", ".lock")
            assert sorted(modes(path.parent)) == [path.name + end for end in ends]
    finally:
        os.umask(before)
    assert modes(path.parent) == {path.name: "0o600"}


def test_a_store_that_others_could_read_is_closed_to_them(path: Path) -> None:
    open_store(path).close()
    path.chmod(0o644)
    with open_store(path):
        assert {"0o600"} == set(modes(path.parent).values())


@pytest.mark.parametrize(
    ("bytes_", "says"),
    [
        (b"{}\n", "not a SQLite file"),
        (b"x" * 5_000, "not a SQLite file"),
        (b"SQLite format 3\0", "not a SQLite file"),
    ],
)
def test_a_file_of_another_kind_is_left_untouched(path: Path, bytes_: bytes, says: str) -> None:
    path.write_bytes(bytes_)
    with pytest.raises(StoreRefusedError, match=says) as error:
        open_store(path)
    assert str(path) in str(error.value)
    assert path.read_bytes() == bytes_
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_another_programs_database_is_left_untouched(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (a)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreRefusedError, match="another program's SQLite file"):
        open_store(path)
    assert path.read_bytes() == before


def test_a_newer_store_is_left_untouched_and_named(path: Path) -> None:
    open_store(path).close()
    changed = bytearray(path.read_bytes())
    changed[60:64] = (7).to_bytes(4)
    path.write_bytes(changed)
    with pytest.raises(StoreRefusedError, match=r"newer walkeros-klaviyo \(version 7"):
        open_store(path)
    assert path.read_bytes() == changed


def test_a_folder_is_no_store(folder: Path) -> None:
    with pytest.raises(StoreRefusedError, match="is a folder"):
        open_store(folder)
    with pytest.raises(StoreRefusedError, match="no plain file"):
        open_store(Path("/dev/null"))


def test_an_empty_file_is_ours_to_make(path: Path) -> None:
    path.touch(mode=0o644)
    with open_store(path) as store:
        keep_on(store, 10)
        assert {"0o600"} == set(modes(path.parent).values())


def test_an_empty_file_with_a_wal_was_more_once(path: Path) -> None:
    path.touch()
    path.with_name(path.name + "-wal").write_bytes(b"x" * 5_000)
    with pytest.raises(StoreDamagedError, match="it is empty or gone, yet its -wal is there"):
        open_store(path)


def test_a_folder_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(StoreDiskError, match="folder must be writable"):
        open_store(path.parent / "nowhere" / "store.db")


def test_a_relative_path_and_a_link_lead_to_the_same_store(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    with open_store(Path(path.name)) as store:
        assert store.path == path
        Path("link.db").symlink_to(path.name)
        with pytest.raises(StoreHeldError):
            open_store(Path("link.db"))


@pytest.mark.parametrize(
    ("host", "key", "says"),
    [
        ("https://other.test", KEY, f"belongs to {HOST}"),
        (HOST, "pk_other", "belongs to another API key"),
        ("https://other.test", "pk_other", f"belongs to {HOST} and another API key"),
    ],
)
def test_another_host_or_key_is_told_whose_store_it_is(
    path: Path, host: str, key: str, says: str
) -> None:
    with open_store(path) as store:
        keep_on(store, 10)
        before = content(store)
    closed = path.read_bytes()
    with pytest.raises(StoreMismatchError, match=says) as error:
        Store.open(path, host=host, key=key)
    assert key not in str(error.value)
    assert KEY not in str(error.value)
    assert path.read_bytes() == closed
    with open_store(path) as store:
        assert content(store) == before


_HUNDRED = """
import sys
from walkeros_klaviyo.shell.store import Store, StoreHeldError
for _ in range(int(sys.argv[2])):
    try:
        Store.open(sys.argv[1], host="https://klaviyo.test", key="pk_0123456789abcdef")
    except StoreHeldError as error:
        print(error)
    else:
        print("opened")
"""


def test_a_hundred_starts_of_a_second_process_are_told_who_holds_it(path: Path) -> None:
    """Ten processes, ten starts each: each start takes its own hold, as a process does."""
    with open_store(path) as store:
        keep_on(store, 30)
        before = content(store)
        words = [sys.executable, "-c", _HUNDRED, str(path), "10"]
        others = [
            subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
            for _ in range(10)
        ]
        said = [line for one in others for line in one.communicate()[0].splitlines()]
        assert len(said) == 100
        assert {one.split(". Wait")[0] for one in said} == {
            f"{path} is in use by process {os.getpid()} on {store.status().holder.machine}, "
            f"since {store.status().holder.since}"
        }
        keep_on(store, 60)
        assert store.imbalance() is None
        assert before != content(store)
        assert holder_of(path) == store.status().holder
    assert holder_of(path) is None


def test_a_dead_holders_lock_does_not_block(path: Path) -> None:
    code = (
        "import os, sys\n"
        "from walkeros_klaviyo.shell.store import Store\n"
        "store = Store.open(sys.argv[1], host='https://klaviyo.test', key='pk_0123456789abcdef')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)]).returncode == -9
    assert path.with_name(path.name + ".lock").exists()
    with open_store(path) as store:
        assert store.imbalance() is None


def test_a_lock_file_without_a_name_still_blocks(path: Path) -> None:
    with open_store(path):
        path.with_name(path.name + ".lock").write_bytes(b"??")
        with pytest.raises(StoreHeldError, match="another process"):
            open_store(path)


def test_a_forked_child_is_refused_and_harms_nothing(path: Path) -> None:
    code = f"""
import os, sys
sys.path.insert(0, {str(Path.cwd())!r})
from pathlib import Path
from tests.store.make import open_store, keep_on, content
from walkeros_klaviyo.shell.store import StoreForkedError
store = open_store(Path(sys.argv[1]))
keep_on(store, 20)
child = os.fork()
if child == 0:
    try:
        store.prior(["x"])
    except StoreForkedError as error:
        print(error, flush=True)
    store.close()
    del store
    sys.exit(0)
os.waitpid(child, 0)
keep_on(store, 40)
store.close()
with open_store(Path(sys.argv[1])) as store:
    assert store.imbalance() is None and store.counts.accepted == 40, store.counts
    print("whole", store.damaged)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert "a forked child opens its own store" in done.stdout
    assert "whole ((), ())" in done.stdout
    assert StoreForkedError.__doc__


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_waits_until_a_store_is_out_of_sqlite(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's locks, held by a thread that the child does not have, are held there for ever."""
    inside, go = threading.Event(), threading.Event()

    def slowly(session: Session) -> None:
        inside.set()
        go.wait(20)

    def is_free() -> bool:
        free = IN_SQLITE.acquire(blocking=False)
        if free:
            IN_SQLITE.release()
        return free

    with Store.open(path, host=HOST, key=KEY) as store:
        with monkeypatch.context() as patched:
            for method in ("commit", "rollback"):
                patched.setattr(Session, "flush", slowly)  # both do it
                inside.clear()
                go.clear()
                at_work = threading.Thread(target=getattr(store, method))
                at_work.start()
                inside.wait(20)
                assert not is_free()
                go.set()
                at_work.join()
                assert is_free()
        child = os.fork()
        if child == 0:  # another thread, for the lock is one that its holder may take again
            seen: list[bool] = []
            other = threading.Thread(target=lambda: seen.append(is_free()))
            other.start()
            other.join()
            os._exit(0 if seen == [True] else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert is_free()


def test_a_forked_child_lets_go_of_its_parents_lock(path: Path) -> None:
    """Else a store would stay locked as long as some child lives."""
    store = open_store(path)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reading, 1)  # lives on until the test is done
        os._exit(0)
    store.close()
    open_store(path).close()
    os.write(writing, b"x")
    os.waitpid(child, 0)


def test_a_fork_that_python_is_not_told_of_is_noticed(path: Path) -> None:
    """As a server written in C forks its workers."""
    code = f"""
import ctypes, os, sys
sys.path.insert(0, {str(Path.cwd())!r})
from pathlib import Path
from tests.store.make import open_store
from walkeros_klaviyo.shell.store import StoreForkedError
store = open_store(Path(sys.argv[1]))
child = ctypes.CDLL(None).fork()
if child == 0:
    store.close()
    try:
        store.prior(["x"])
    except StoreForkedError:
        os._exit(0)
    os._exit(1)
assert os.waitpid(child, 0)[1] == 0
store.prior(["x"])
"""
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


def test_a_grandchild_closes_no_file_that_its_parent_opened(
    path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The child let go of its parent's lock, so that its own files may have the same number."""
    with open_store(path):
        child = os.fork()
        if child == 0:
            files = [os.open(path, os.O_RDONLY) for _ in range(9)]
            grandchild = os.fork()
            if grandchild == 0:
                with suppress(OSError):
                    os._exit(len([os.fstat(file) for file in files]))
                os._exit(0)
            os._exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert capfd.readouterr().err == ""


def test_a_migration_goes_step_by_step_and_its_way_must_be_known() -> None:
    known = {1: ("a", "b"), 2: ("c",)}
    assert steps(1, 3, known) == ("a", "b", "c")
    assert steps(3, 3, known) == ()
    for found, wanted in ((0, 3), (3, 4), (4, 3)):
        with pytest.raises(LookupError):
            steps(found, wanted, known)


def test_an_older_store_becomes_one_of_today(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(path) as store:
        keep_on(store, 10)
        before = content(store)
    opening = sys.modules[migrate.__module__]
    place = sys.modules["walkeros_klaviyo.shell.store.place"]
    later = VERSION + 1
    monkeypatch.setattr(opening, "VERSION", later)
    monkeypatch.setattr(place, "VERSION", later)
    news = {VERSION: ("CREATE TABLE novelty (a)",)}
    monkeypatch.setattr(opening, "steps", lambda found: steps(found, later, news))
    with open_store(path) as store:
        assert content(store) == before
        ask = store._session.connection.execute
        assert ask("PRAGMA user_version").fetchone() == (later,)
        assert ask("SELECT count(*) FROM novelty").fetchone() == (0,)
    monkeypatch.undo()
    with pytest.raises(StoreRefusedError, match="newer walkeros-klaviyo"):
        open_store(path)


def test_a_store_makes_nothing_half(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A draft that a crash left behind is cleared away."""
    path.with_name(path.name + ".new").write_bytes(b"half")
    path.with_name(path.name + ".new-wal").write_bytes(b"half")
    with open_store(path) as store:
        accept(store, event(0))
    assert [one.name for one in path.parent.iterdir()] == [path.name]
