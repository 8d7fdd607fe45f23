"""What about the corners that a healthy system never shows?"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.store.make import (
    HOST,
    KEY,
    accept,
    content,
    event,
    keep_on,
    open_store,
    told,
    waiting_ids,
)

from walkeros_klaviyo.delivery.messages import Dead
from walkeros_klaviyo.shell.store import (
    Store,
    StoreDamagedError,
    StoreDiskError,
    StoreError,
    StoreHeldError,
    StoreMismatchError,
    StoreRefusedError,
    holder,
    holder_of,
    opening,
    place,
    session,
)
from walkeros_klaviyo.shell.store.ending import SEAL_SIZE
from walkeros_klaviyo.shell.store.errors import translate
from walkeros_klaviyo.shell.store.forget import known_by
from walkeros_klaviyo.shell.store.holder import lock_path
from walkeros_klaviyo.shell.store.opening import Binding


def fail(number: int) -> Any:
    """A function that fails as the system would."""

    def failing(*words: Any, **named: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return failing


def sqlite_error(code: int | None) -> sqlite3.Error:
    error = sqlite3.OperationalError("it broke")
    if code is not None:
        error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_IOERR_WRITE, StoreDiskError),
        (sqlite3.SQLITE_READONLY, StoreDiskError),
        (sqlite3.SQLITE_BUSY, StoreHeldError),
        (sqlite3.SQLITE_NOTADB, StoreDamagedError),
        (sqlite3.SQLITE_CORRUPT_INDEX, StoreDamagedError),
    ],
)
def test_an_error_of_sqlite_has_a_name_of_ours(code: int, kind: type[StoreError]) -> None:
    assert type(translate(sqlite_error(code), Path("s.db"))) is kind
    assert "s.db" in str(translate(sqlite_error(code), Path("s.db")))


def test_a_fault_of_our_own_keeps_its_traceback(path: Path) -> None:
    for error in (sqlite_error(None), sqlite_error(sqlite3.SQLITE_MISUSE), KeyError("x")):
        assert translate(error, path) is None
    assert type(translate(sqlite3.DataError("x"), path)) is StoreDamagedError


def test_counts_alone_are_committed(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(3))
        assert store.has_uncommitted
        store.commit()
    with open_store(path) as store:
        assert store.counts.not_sent == {"ignored": 1}
        assert store.open_calls == store.settled == 0


def test_calls_are_open_until_they_are_settled(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0))
        store.commit()
        store.delivered((1,))
        assert (store.open_calls, store.settled) == (1, 1)


def test_states_beyond_those_at_hand_are_read_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "REMEMBERED", 2)
    with open_store(path) as store:
        for number in range(7):
            accept(store, event(number, id=f"u{number}", name="x"))
        for number in range(7):
            assert told(store, f"external_id:u{number}")


def test_calls_at_hand_are_counted_as_what_they_take(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body is the smaller part of it; all are taken all the same, from the disk."""
    monkeypatch.setattr(session, "AT_HAND", 10 * session.BESIDE)
    with open_store(path) as store:
        for number in range(30):
            accept(store, event(number, id=f"u{number}", name="x"))
        store.commit()
        assert 0 < len(store._session.at_hand) < 10
        taken = store.take(1_000)
        assert [one.id for one in taken] == list(range(1, len(taken) + 1)) == waiting_ids(store)
        store.delivered(one.id for one in taken)
        assert store._session._at_hand_bytes == 0


def test_a_number_that_was_never_given_is_noticed(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0))
        store._session.book.numbered = 1
        assert store.imbalance() == "a row has a number that was never given"


def test_rows_out_of_order_are_damage_and_no_endless_loop(path: Path) -> None:
    with open_store(path) as store:
        keep_on(store, 30)
        real = store._session.connection

        class Disordered:
            in_transaction = False

            def execute(self, sql: str, values: Any = ()) -> Any:
                return real.execute(sql, (-1, *values[1:]) if "LIMIT" in sql else values)

        store._session.connection = Disordered()  # type: ignore[assignment]
        with pytest.raises(StoreDamagedError, match="out of order"):
            list(store.letters())
        store._session.taken = store._session.committed - 1
        with pytest.raises(StoreDamagedError, match="out of order"):
            store.take(9)
        store._session.connection = real


def test_a_position_that_changes_while_open_is_noticed(path: Path) -> None:
    with open_store(path) as store:
        keep_on(store, 10)
        store._session.connection.execute("UPDATE positions SET offset = 1")
        with pytest.raises(StoreDamagedError, match="position"):
            store.position("/home/ada/events.jsonl")


def test_a_letter_that_is_gone_is_not_dropped(path: Path) -> None:
    with open_store(path) as store:
        assert store.drop([1, 2]) == 0


def test_an_unknown_key_is_looked_for_as_it_is() -> None:
    assert known_by("something") == {}


def test_a_binding_shows_no_key() -> None:
    assert repr(Binding(HOST, "pk_secret")) == f"<binding to {HOST}>"


def test_a_mismatch_on_an_unclosed_store_changes_nothing(path: Path) -> None:
    with open_store(path) as store:
        keep_on(store, 20)
        held = content(store)
    os.truncate(path, path.stat().st_size - SEAL_SIZE)
    with pytest.raises(StoreMismatchError):
        Store.open(path, host="https://other.test", key=KEY)
    with open_store(path) as store:
        assert content(store) == held


def test_a_version_without_a_way_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(path).close()

    def no_way(found: int) -> tuple[str, ...]:
        raise LookupError

    monkeypatch.setattr(opening, "steps", no_way)
    with pytest.raises(StoreRefusedError, match="does not know"):
        open_store(path)
    monkeypatch.undo()
    open_store(path).close()


def test_a_fault_of_our_own_at_opening_lets_go_of_the_lock(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def misuse(*words: Any) -> None:
        raise sqlite_error(sqlite3.SQLITE_MISUSE)

    open_store(path).close()
    monkeypatch.setattr(opening, "read_book", misuse)
    with pytest.raises(sqlite3.OperationalError):
        open_store(path)
    monkeypatch.undo()
    open_store(path).close()


# the system says no


def test_a_file_that_may_not_be_read_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.touch()
    monkeypatch.setattr(place.os, "open", fail(errno.EACCES))
    with pytest.raises(StoreRefusedError, match="cannot be read and written: Permission denied"):
        place.look(path)
    monkeypatch.undo()
    monkeypatch.setattr(Path, "stat", fail(errno.EACCES))
    with pytest.raises(StoreRefusedError, match="cannot be opened: Permission denied"):
        place.look(path)


def test_a_folder_that_takes_no_file_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "sync_folder", fail(errno.ENOSPC))
    with pytest.raises(StoreDiskError, match="cannot be made: No space left"):
        open_store(path)


def test_a_store_that_stays_open_to_others_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(path).close()
    path.chmod(0o644)
    monkeypatch.setattr(Path, "chmod", fail(errno.EPERM))
    with pytest.raises(StoreRefusedError, match="open to others"):
        open_store(path)


def test_a_file_system_without_locks_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", fail(errno.ENOLCK))
    with pytest.raises(StoreDiskError, match="cannot be locked: No locks available"):
        open_store(path)


def test_a_lock_is_held_though_nothing_can_be_written_in_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holder.os, "pwrite", fail(errno.ENOSPC))
    held = holder.hold(path)
    monkeypatch.setattr(holder.time, "sleep", lambda seconds: None)
    with pytest.raises(StoreHeldError, match="another process"):
        holder.hold(path)
    found = holder_of(path)
    assert found is not None
    assert found.machine == "an unknown machine"
    held.release()


def test_a_lock_file_that_nobody_holds_names_nobody(path: Path) -> None:
    lock_path(path).write_bytes(b'{"pid": 1, "machine": "m", "since": "noon"}')
    assert holder_of(path) is None


def test_a_lock_that_goes_while_it_is_taken_is_taken_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, removed = fcntl.flock, []

    def flock(file: int, kind: int) -> None:
        if not removed:
            removed.append(lock_path(path))
            lock_path(path).unlink()
        real(file, kind)

    monkeypatch.setattr(fcntl, "flock", flock)
    held = holder.hold(path)
    assert lock_path(path).exists()
    held.release()


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_closed_store_is_left_alone_in_a_child(path: Path) -> None:
    store = open_store(path)
    accept(store, event(0))
    store.dead(Dead(9, None, "x", "x"))
    store.close()
    child = os.fork()
    if child == 0:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
