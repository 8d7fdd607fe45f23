"""What if the disk lies, tears, or loses power?"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from tests.store.harm import (
    after_harm,
    after_power_cut,
    after_wal_harm,
    closed_store,
    harm,
    recorded_run,
    unclosed_store,
)
from tests.store.make import (
    accept,
    bodies_of,
    content,
    event,
    keep_on,
    letters_of,
    open_store,
    told,
)

from walkeros_klaviyo.delivery.messages import Dead
from walkeros_klaviyo.shell.store import (
    DAMAGED,
    Body,
    Damaged,
    DeadLetter,
    Retried,
    StoreDamagedError,
    StoreError,
)
from walkeros_klaviyo.shell.store.ending import SEAL_SIZE


def test_a_harmed_closed_store_is_refused_named_or_harmless(folder: Path) -> None:
    data, held = closed_store(folder)
    luck, fates = random.Random(20_261_124), Counter[str]()
    for number in range(300):
        fates[after_harm(folder / f"{number}.db", harm(data, luck), held)] += 1
    assert set(fates) == {"refused", "named", "harmless"}


def test_a_harmed_wal_is_refused_or_an_earlier_state(folder: Path) -> None:
    main, wal, held = unclosed_store(folder)
    luck, fates = random.Random(20_261_124), Counter[str]()
    for number in range(150):
        fates[after_wal_harm(folder / f"{number}.db", main, harm(wal, luck), held)] += 1
    assert fates["earlier"] > 0


def test_a_harmed_file_with_a_whole_wal_is_refused_named_or_harmless(folder: Path) -> None:
    main, wal, held = unclosed_store(folder)
    luck, fates = random.Random(20_261_124), Counter[str]()
    for number in range(100):
        data = harm(main, luck)
        fates[after_harm(folder / f"{number}.db", data, held[-1], wal)] += 1
    assert fates.total() == 100


def test_a_power_cut_loses_no_committed_event(folder: Path) -> None:
    disk, held = recorded_run(folder)
    luck, fates = random.Random(20_261_124), Counter[str]()
    (folder / "cut").mkdir()
    for _ in range(50):
        fates[after_power_cut(folder / "cut", disk, held, luck, finish=True)] += 1
    assert fates.total() == 50


def test_without_syncs_a_power_cut_would_lose_events(folder: Path) -> None:
    """The simulated disk can lose: it does so where nothing is synchronised."""
    disk, held = recorded_run(folder)
    disk.log = [op for op in disk.log if type(op).__name__ != "Sync"]
    luck, lost = random.Random(1), 0
    (folder / "cut").mkdir()
    for _ in range(20):
        try:
            after_power_cut(folder / "cut", disk, held, luck, finish=False)
        except (AssertionError, StoreError):
            lost += 1
    assert lost > 10


def test_a_good_seal_is_needed_to_be_believed_unread(path: Path) -> None:
    """A store cut by exactly its seal was not closed, as far as we know: it is looked at."""
    with open_store(path) as store:
        keep_on(store, 30)
        held = content(store)
    path.write_bytes(path.read_bytes()[:-SEAL_SIZE])
    with open_store(path) as store:
        assert content(store) == held


# single rows


def spoil(path: Path, *statements: str) -> None:
    """Change a closed store behind its back."""
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_damaged_body_is_named_and_never_handed_out(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0), 1)
        accept(store, event(1), 2)
        store.commit()
    spoil(path, "UPDATE outbox SET body = replace(body, 'ada0', 'eve0') WHERE id = 2")
    with open_store(path) as store:
        assert store.damaged == ((2,), ())
        assert [item.id for item in store.take(9)] == [1, 3, 4]
        assert [one.letter.code for one in store.letters() if isinstance(one, DeadLetter)] == [
            DAMAGED
        ]
        assert store.imbalance() is None


def test_a_body_damaged_while_open_is_named_when_it_is_read(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0), 1)
        store.commit()
    with open_store(path) as store:  # so that nothing of it is at hand
        assert len(store.take(9)) == 2
        sql = "UPDATE outbox SET body = CAST(replace(body, 'ada0', 'eve0') AS BLOB) WHERE id = 2"
        store._session.connection.execute(sql)
        first, second = store.bodies((1, 2))
        assert isinstance(first, Body)
        assert second == Damaged(2)
        (letter,) = store.dead(Dead(2, None, DAMAGED, "damaged"))
        assert letter.code == DAMAGED
        assert store.retry() == Retried(kept=1)
        assert store.imbalance() is None


@pytest.mark.parametrize(
    "change",
    [
        "call = 'events.nothing'",
        "lane = x'00'",
        "decides = 1 - decides",
        "decides = 'x'",
        "metric = 7",
        "told = 'other'",
        "line = NULL",
        "body = NULL",
        "body = 7",
        "raw = 'text'",
        "number = 99",
        "at = 'noon'",
        "repeat = 1.5",
        "head = x''",
        "seal = x''",
        "id = 77",
    ],
)
@pytest.mark.parametrize("row", [1, 2])
def test_any_damaged_column_is_noticed_and_the_counts_stay_right(
    path: Path, change: str, row: int
) -> None:
    with open_store(path) as store:
        accept(store, event(0), 1)
        accept(store, event(1), 2)
        store.commit()
    spoil(path, f"UPDATE outbox SET {change} WHERE id = {row}")
    with open_store(path) as store:
        assert len(store.damaged[0]) == 1
        good = [one for one in store.bodies(i.id for i in store.take(9)) if isinstance(one, Body)]
        assert row not in [one.id for one in good]
        for one, body in bodies_of(store).items():
            if body is None:
                store.dead(Dead(one, None, DAMAGED, "damaged"))
        assert len(letters_of(store)) == 1
        assert store.imbalance() is None
        if row == 1:
            assert told(store, "external_id:u0") is None  # so that Klaviyo is told again
        store.delivered(one.id for one in good)
        assert store.counts.pending == 0
        store.commit()
        assert store.imbalance() is None


@pytest.mark.parametrize("change", ["body = x'00'", "decides = 0", "code = 'fine'", "detail = 7"])
def test_a_damaged_letter_is_named_kept_from_retrying_and_can_be_dropped(
    path: Path, change: str
) -> None:
    with open_store(path) as store:
        accept(store, event(0), 1)
        store.dead(Dead(2, 400, "invalid", "no"))
        store.commit()
    spoil(path, f"UPDATE letters SET {change}")
    with open_store(path) as store:
        assert store.damaged == ((), (1,))
        assert list(store.letters()) == [Damaged(1)]
        assert store.retry() == Retried(kept=1)
        assert store.drop() == 1
        assert store.imbalance() is None
        assert store.counts.not_sent == {"dropped": 1}


def test_a_damaged_call_can_be_forgotten(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0), 1)
        store.commit()
    spoil(path, "UPDATE outbox SET decides = 1 - decides")
    with open_store(path) as store:
        assert store.forget("external_id:u0").waiting == 2
        assert store.counts.pending == 0
        assert store.imbalance() is None


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox)",
        "DELETE FROM letters",
        "UPDATE tally SET value = value + 1 WHERE name = 'accepted' AND kind = 'count'",
        "DELETE FROM tally WHERE kind = 'delivered'",
        "DELETE FROM tally",
        "UPDATE meta SET value = x'00' WHERE name = 'salt'",
        "UPDATE meta SET value = CAST('https://other.test' AS BLOB) WHERE name = 'host'",
        "DELETE FROM meta WHERE name = 'key'",
        "DROP TABLE letters",
        "DROP TABLE meta",
        "UPDATE positions SET offset = 0",
        "UPDATE positions SET source = x'00'",
        "DELETE FROM positions",
    ],
)
def test_what_cannot_be_trusted_is_refused_by_name(path: Path, change: str) -> None:
    with open_store(path) as store:
        keep_on(store, 60)
    spoil(path, change)
    for _ in range(2):  # a second start is told the same
        with pytest.raises(StoreDamagedError, match="is damaged") as error, open_store(path) as one:
            one.position("/home/ada/events.jsonl")
        assert str(path) in str(error.value)
        assert "backup" in str(error.value)


def test_a_malformed_page_met_on_the_way_becomes_a_named_error(path: Path) -> None:
    with open_store(path) as store:
        keep_on(store, 60)
        connection = store._session.connection

        class Broken:
            in_transaction = False

            def execute(self, *words: object) -> None:
                error = sqlite3.DatabaseError("database disk image is malformed")
                error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
                raise error

        store._session.connection = Broken()  # type: ignore[assignment]
        with pytest.raises(StoreDamagedError, match="malformed"):
            store.take(9)
        store._session.connection = connection


def test_a_damaged_stores_wal_is_left_for_whoever_mends_it(path: Path, folder: Path) -> None:
    main, wal, _ = unclosed_store(folder)
    path.write_bytes(main[:5_000])
    log = path.with_name(path.name + "-wal")
    log.write_bytes(wal[:32] + b"x" * 20_000)
    with pytest.raises(StoreDamagedError):
        open_store(path)
    assert log.read_bytes() == wal[:32] + b"x" * 20_000
