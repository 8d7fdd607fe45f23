"""What a call has used up of its patience outlives the process, and goes with the call."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.store.make import keep_on, open_store

from walkeros_klaviyo.delivery.messages import Charged, Dead
from walkeros_klaviyo.shell.store import Store


def taken(store: Store) -> dict[int, int]:
    """The charges of everything that waits, by number."""
    return {item.id: item.charges for item in store.take(1_000)}


def test_charges_are_handed_out_again_after_a_restart(path: Path) -> None:
    """Else a call that only ever fails would begin anew with each run."""
    with open_store(path) as store:
        keep_on(store, 20)
        first, second, *_ = taken(store)
        store.charge(Charged(first, 3))
        store.charge(Charged(first, 4))
        store.charge(Charged(second, 1))
        store.commit()
    with open_store(path) as store:
        found = taken(store)
        assert (found.pop(first), found.pop(second), set(found.values())) == (4, 1, {0})


def test_charges_that_were_not_committed_are_forgotten(path: Path) -> None:
    """With everything else of that transaction."""
    with open_store(path) as store:
        keep_on(store, 20)
        first, *_ = taken(store)
        store.charge(Charged(first, 1))
        store.rollback()
    with open_store(path) as store:
        assert set(taken(store).values()) == {0}


def test_what_is_decided_leaves_no_charges_behind(path: Path) -> None:
    """Delivered, dead or forgotten: its number says nothing to anybody."""
    with open_store(path) as store:
        keep_on(store, 30)
        first, second, *rest = taken(store)
        for one in (first, second, *rest):
            store.charge(Charged(one, 2))
        store.delivered([first])
        store.dead(Dead(second, 500, "x", "y"))
        store.delivered(rest)
        store.commit()
        assert store._session.connection.execute("SELECT count(*) FROM charges").fetchone() == (0,)


def test_harmed_charges_count_for_nothing(path: Path) -> None:
    """A flipped bit must not bring a call nearer its end."""
    with open_store(path) as store:
        keep_on(store, 20)
        first, *_ = taken(store)
        store.charge(Charged(first, 1))
        store.commit()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE charges SET charges = 19")
    connection.close()
    with open_store(path) as store:
        assert set(taken(store).values()) == {0}


def test_a_store_of_the_version_before_gets_its_place_for_charges(path: Path) -> None:
    """What waits in it is delivered as it would have been."""
    with open_store(path) as store:
        keep_on(store, 20)
        before = taken(store)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE charges")
        connection.execute("DROP TABLE people")
        connection.execute("DROP TABLE again")
        connection.execute("CREATE TABLE states (profile BLOB PRIMARY KEY, told TEXT, number INT)")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    with open_store(path) as store:
        assert taken(store) == before
        store.charge(Charged(next(iter(before)), 1))
        store.commit()


def test_what_failed_by_itself_is_shown_and_can_be_given_up(path: Path) -> None:
    """Only which is named: what shared its request may have nothing to do with it."""
    with open_store(path) as store:
        keep_on(store, 20)
        first, second, *_ = taken(store)
        store.charge(Charged(first, 20))
        store.charge(Charged(second, 1))
        store.commit()
        shown = store.status().stuck
        assert [(one.id, one.tries) for one in shown] == [(first, 20), (second, 1)]
        pending = store.counts.pending
        assert store.drop_waiting([first, first, 10**6]) == 1
        store.commit()
        assert [one.id for one in store.status().stuck] == [second]
        assert store.imbalance() is None
        assert store.counts.pending + store.counts.not_sent["dropped"] >= pending
