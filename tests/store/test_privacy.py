"""Who could be found in the store's files?"""

from __future__ import annotations

from pathlib import Path

from attrs import evolve
from tests.store.make import KEY, NOW, accept, event, open_store, plan_of, waiting_ids

from walkeros_klaviyo import settle
from walkeros_klaviyo.delivery.messages import Dead
from walkeros_klaviyo.shell.store import Store
from walkeros_klaviyo.shell.store.letter import Origin

CANARIES = ("canary@example.com", "+4915123456789", "canary-id", "Kanarienvogel", KEY)


def files(path: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in path.parent.iterdir()}


def canaries(path: Path) -> set[str]:
    every = b"\n".join(files(path).values())
    return {one for one in CANARIES if one.encode() in every}


def birds(store: Store, many: int = 300) -> None:
    for number in range(many):
        found = event(
            number,
            id="canary-id",
            email="canary@example.com",
            phone="+4915123456789",
            name=f"Kanarienvogel {number}",
        )
        found["data"]["song"] = "canary@example.com " * (number * 7 % 400)
        accept(store, found, number + 1)
        if number % 10 == 9:
            store.commit()


def test_nothing_of_a_person_stays_after_delivery(path: Path) -> None:
    with open_store(path) as store:
        store._session.wal_limit = 200_000
        birds(store)
        assert canaries(path) == set(CANARIES) - {KEY}
        ids = waiting_ids(store)
        for at in range(0, len(ids), 7):
            store.delivered(ids[at : at + 7])
            store.commit()
    assert canaries(path) == set()


def test_nothing_of_a_person_stays_after_dropping_and_forgetting(path: Path) -> None:
    with open_store(path) as store:
        birds(store)
        for one in waiting_ids(store)[::2]:
            store.dead(Dead(one, 400, "invalid", "canary@example.com is bad"))
        store.commit()
        assert store.drop([1, 3, 5]) == 3
        store.commit()
        store.forget("external_id:canary-id")
        store.commit()
        assert store.imbalance() is None
    assert canaries(path) == set()


def test_while_it_waits_a_person_is_in_the_blobs_only(path: Path) -> None:
    with open_store(path) as store:
        birds(store, 20)
        for one in waiting_ids(store)[::2]:
            store.dead(Dead(one, 400, "invalid", "canary@example.com is bad", "/data"))
        store.commit()
        ask = store._session.connection.execute
        for table in ("meta", "people", "tally", "positions"):
            assert not held(ask(f"SELECT * FROM {table}").fetchall())
        assert held(ask("SELECT body FROM outbox").fetchall())
        ask("UPDATE outbox SET body = x'', raw = x''")
        ask("UPDATE letters SET body = x'', raw = x'', detail = x''")
        assert not held(ask("SELECT * FROM outbox").fetchall())
        assert not held(ask("SELECT * FROM letters").fetchall())
        store.rollback()


def held(rows: list[tuple[object, ...]]) -> set[str]:
    text = "\n".join(
        one.decode(errors="replace") if isinstance(one, bytes) else str(one)
        for row in rows
        for one in row
    )
    return {one for one in CANARIES if one in text}


def test_the_key_is_in_no_file_no_text_and_no_repr(path: Path) -> None:
    with open_store(path) as store:
        birds(store, 5)
        assert KEY not in repr(store)
        assert KEY not in repr(store.status())
        assert not any(KEY.encode() in one for one in files(path).values())
        assert not any(KEY[3:].encode() in one for one in files(path).values())


def test_an_account_first_met_in_what_was_undone_is_erased_in_like_any_other(path: Path) -> None:
    plan = plan_of(event(1))
    keys = tuple(f"eu/{key}" for key in plan.keys)
    routed = evolve(plan, account="eu", keys=keys)
    with open_store(path) as store:
        for is_kept in (False, True):
            settled, changes = settle(routed, store.prior(routed.state_keys), NOW)
            store.accept(Origin(1, "e1", b"{}"), settled, changes)
            if is_kept:
                store.commit()
            else:
                store.rollback()
        store.delivered(waiting_ids(store))
        store.commit()
    with open_store(path) as store:
        assert store.forget(external_id="u1").states
