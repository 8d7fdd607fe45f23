"""What is known of a person, on the disk: under each key, by digest, taken back when it died."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.store.make import NOW, accept, event, fast_folder, open_store, plan_of, told

from walkeros_klaviyo import settle
from walkeros_klaviyo.delivery.messages import WEAKER, Dead
from walkeros_klaviyo.shell.store import Store
from walkeros_klaviyo.shell.store.letter import Origin


@pytest.fixture
def path() -> Any:
    with fast_folder() as folder:
        yield folder / "walkeros-klaviyo.db"


def known(store: Store, *keys: str) -> list[str | None]:
    """What is known under each of these keys."""
    return [told(store, key) for key in keys]


BOTH = ("external_id:u1", "email:pia@example.com")


def pia(store: Store, number: int, name: str, **who: Any) -> int:
    """Something of Pia's; how many calls it came to."""
    given = who or {"id": "u1", "email": "pia@example.com"}
    return len(accept(store, event(number, **given, name=name)).calls)


def test_a_person_is_known_by_each_of_their_keys_after_a_restart(path: Path) -> None:
    """A guest's order is no news after the login that said the same."""
    with open_store(path) as store:
        assert pia(store, 0, "Pia") == 2
        store.commit()
    with open_store(path) as store:
        assert known(store, *BOTH)[0] == known(store, *BOTH)[1] is not None
        assert pia(store, 1, "Pia", email="pia@example.com") == 1
        assert pia(store, 2, "Pia", id="u1") == 1


def test_what_a_guest_said_is_news_for_the_login_too(path: Path) -> None:
    """The state under the key that the guest's order does not name moves as well."""
    with open_store(path) as store:
        pia(store, 0, "Pia")
        assert pia(store, 1, "P.", email="pia@example.com") == 2
        store.commit()
    with open_store(path) as store:
        assert pia(store, 2, "Pia", id="u1") == 2


def test_a_dead_upsert_takes_the_state_back_under_all_keys(path: Path) -> None:
    with open_store(path) as store:
        pia(store, 0, "Pia")
        store.commit()
        store.dead(Dead(1, 400, "invalid", "no"))
        assert known(store, *BOTH) == [None, None]
        assert pia(store, 1, "Pia", id="u1") == 2


@pytest.mark.parametrize(
    ("left_out", "news"), [(("email",), (1, 2)), (("external_id",), (2, 1)), ((WEAKER,), (1, 2))]
)
def test_after_a_repair_only_what_went_is_certain(
    path: Path, left_out: tuple[str, ...], news: tuple[int, int]
) -> None:
    """Klaviyo refused an identifier: whoever comes with that alone is told anew."""
    with open_store(path) as store:
        pia(store, 0, "Pia")
        store.commit()
        store.repaired(1, left_out)
        store.delivered([1])
        store.commit()
    for who, calls in zip(({"id": "u1"}, {"email": "pia@example.com"}), news, strict=True):
        with open_store(path) as store:
            assert pia(store, 1, "Pia", **who) == calls


def test_an_office_of_many_is_remembered_by_no_more_than_a_row_a_key(path: Path) -> None:
    """Ten thousand people behind one address: every upsert is sent, and nothing grows with it."""
    with open_store(path) as store:
        for number in range(40):
            assert pia(store, number * 13, "x", id=f"o{number}", email="office@example.com") == 2
        store.commit()
        ask = store._session.connection.execute
        sizes = ask("SELECT max(length(linked) + length(certain)) FROM people").fetchone()
        assert sizes[0] <= 8 * 17
        assert ask("SELECT count(*) FROM people").fetchone() == (41,)


def test_an_older_stores_people_are_told_once_more(path: Path) -> None:
    """What they were told was another digest; their dead upserts are overtaken all the same."""
    with open_store(path) as store:
        pia(store, 0, "Pia")
        digest = store._session.digest("external_id:u1")
        store.commit()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE people")
        connection.execute("DROP TABLE again")
        connection.execute("CREATE TABLE states (profile BLOB PRIMARY KEY, told TEXT, number INT)")
        connection.execute("INSERT INTO states VALUES (?, 'old', 7)", (digest,))
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with open_store(path) as store:
        assert told(store, "external_id:u1") is None
        assert store._session.known(digest).number == 7  # type: ignore[union-attr]
        assert pia(store, 1, "Pia") == 2
        assert pia(store, 2, "Pia") == 1


@pytest.mark.parametrize("harm", ["told = 7", "linked = 'x'", "certain = 'xxx'", "number = NULL"])
def test_a_harmed_row_is_as_good_as_none(path: Path, harm: str) -> None:
    with open_store(path) as store:
        pia(store, 0, "Pia")
        store.commit()
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE people SET {harm}")
    connection.close()
    with open_store(path) as store:
        assert pia(store, 1, "Pia") == 2


def test_whoever_is_forgotten_is_forgotten_under_all_keys(path: Path) -> None:
    """By one identifier; somebody who only met theirs keeps what waits."""
    with open_store(path) as store:
        pia(store, 0, "Pia")
        pia(store, 1, "Max", id="u2", email="max@example.com")
        found = store.forget(external_id="u1")
        assert (found.states, found.waiting) == (2, 2)
        assert known(store, *BOTH) == [None, None]
        assert told(store, "email:max@example.com") is not None


def test_what_a_dead_upsert_would_have_told_makes_nothing_old(path: Path) -> None:
    """Day 10 was told, day 20 died: day 15 is news, and day 2 is not."""
    day = 24 * 3_600_000

    def on(number: int, name: str) -> Any:
        return {**event(0, id="u1", name=name), "id": f"d{number}", "timestamp": NOW + number * day}

    with open_store(path) as store:
        assert accept_at(store, on(10, "ten")) == 2
        store.delivered([1, 2])
        accept_at(store, on(20, "twenty"))
        store.commit()
        store.dead(Dead(3, 400, "invalid", "no"))
        assert accept_at(store, on(2, "two")) == 1
        assert accept_at(store, on(15, "fifteen")) == 2


def accept_at(store: Store, found: Any) -> int:
    """Accept it, whenever it is: how many calls it came to."""
    plan, changes = settle(plan_of(found), store.prior(plan_of(found).state_keys))
    store.accept(Origin(1, found["id"], b""), plan, changes)
    return len(plan.calls)
