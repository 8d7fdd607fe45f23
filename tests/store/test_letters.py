"""What becomes of dead letters, and of whom is to be forgotten?"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.store.make import (
    accept,
    bodies_of,
    content,
    event,
    keep_on,
    letters_of,
    open_store,
    states_of,
    told,
    waiting_ids,
)

from walkeros_klaviyo import Diagnostic, Plan
from walkeros_klaviyo.core.klaviyo.calls import CREATE_EVENT, UPSERT_PROFILE, Call
from walkeros_klaviyo.core.klaviyo.state import ProfileState
from walkeros_klaviyo.delivery.messages import Dead
from walkeros_klaviyo.shell.store import DeadLetter, Forgotten, Retried, Store
from walkeros_klaviyo.shell.store.letter import Origin


def bury(store: Store, *ids: int, code: str = "invalid") -> None:
    store.dead([Dead(one, 400, code, f"call {one} is bad", "/data") for one in ids])
    store.commit()


def test_a_letter_says_all_that_a_person_needs(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0), 7)
        bury(store, 2)
        (found,) = store.letters()
        assert isinstance(found, DeadLetter)
        letter = found.letter
        assert (letter.origin.line, letter.origin.id, letter.call) == (
            7,
            "e0",
            "events.create_event",
        )
        assert (letter.status, letter.code, letter.detail, letter.pointer) == (
            400,
            "invalid",
            "call 2 is bad",
            "/data",
        )
        assert found.body is not None
        assert b"ada0@example.com" in found.body
        assert found.can_be_retried


def test_letters_come_in_order_and_no_more_than_asked_for(path: Path) -> None:
    with open_store(path) as store:
        for _ in range(500):
            accept(store, event(0))
        store.commit()
        bury(store, *waiting_ids(store))
        assert [one.id for one in store.letters(3)] == [1, 2, 3]
        assert [one.id for one in store.letters()] == list(range(1, 502))
        assert list(store.letters(0)) == []


def test_a_retried_call_waits_again_with_the_same_body(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0))
        store.commit()
        before = list(bodies_of(store).values())
        known = told(store, "external_id:u0")
        store.take(9)
        bury(store, 1, 2)
        assert store.counts.dead == 1
        assert store.counts.dead_upserts == 1
        assert store.retry() == Retried(retried=2)
        assert store.counts.dead == store.counts.dead_upserts == 0
        assert store.imbalance() is None
        store.commit()
        assert [item.id for item in store.take(9)] == [3, 4]
        assert list(bodies_of(store).values()) == before
        assert told(store, "external_id:u0") == known
        store.delivered((3, 4))
        assert store.counts.delivered == 1
        assert store.metrics["order complete"] == {"accepted": 1, "dead": 0, "delivered": 1}


def test_letters_are_chosen_by_metric_and_code_together(path: Path) -> None:
    with open_store(path) as store:
        for number in range(3):
            accept(store, event(number, id=f"u{number}", name="x"))
        bury(store, 2, 3, code="a")
        bury(store, 6, code="b")
        assert store.drop(code="a", metric="(profile)") == 1
        assert store.retry(code="b", metric="(profile)") == Retried()
        assert store.retry(metric="order complete") == Retried(retried=2)
        assert store.imbalance() is None


def test_letters_are_chosen_by_number_by_code_or_all(path: Path) -> None:
    with open_store(path) as store:
        for number in range(6):
            accept(store, event(number, id=f"u{number}", name="x"))
        bury(store, 2, 4, code="a")
        bury(store, 6, 8, code="b")
        assert store.retry([1, 77]) == Retried(retried=1)
        assert store.drop(code="a") == 1
        assert store.drop(code="none") == 0
        assert {3, 4} == set(letters_of(store))
        assert store.drop() == 2
        assert store.counts.not_sent == {"dropped": 3}
        assert store.imbalance() is None


def test_an_upsert_that_a_later_one_overtook_is_not_retried(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0, id="u0", name="old"))
        bury(store, 1)
        accept(store, event(1, id="u0", name="new"))
        later = told(store, "external_id:u0")
        assert store.retry() == Retried(superseded=1)
        assert told(store, "external_id:u0") == later
        assert letters_of(store) == {}
        assert store.imbalance() is None


def test_of_two_dead_upserts_of_a_profile_the_later_one_is_retried(path: Path) -> None:
    with open_store(path) as store:
        for number, name in enumerate(("old", "new")):
            accept(store, event(number, id="u0", name=name))
        newest = told(store, "external_id:u0")
        bury(store, 1, 3)
        assert store.retry([1]) == Retried(superseded=1)
        assert store.retry() == Retried(retried=1)
        assert told(store, "external_id:u0") == newest


def test_no_retry_takes_a_profile_back_behind_what_was_delivered(path: Path) -> None:
    """The first and the third upsert die, the second is delivered: the first is overtaken."""
    with open_store(path) as store:
        for number, name in enumerate(("first", "second", "third")):
            accept(store, event(number, id="u0", name=name))
        store.commit()
        upserts = [item.id for item in store.take(99) if item.is_upsert]
        bury(store, upserts[0])
        store.delivered([upserts[1]])
        bury(store, upserts[2])
        assert told(store, "external_id:u0") is None
        assert store.retry([1]) == Retried(superseded=1)


def test_an_older_upsert_is_not_retried_after_a_newer_one(path: Path) -> None:
    with open_store(path) as store:
        for number, name in enumerate(("old", "new")):
            accept(store, event(number, id="u0", name=name))
        bury(store, 1, 3)
        assert store.retry([2]) == Retried(retried=1)
        assert store.retry() == Retried(superseded=1)


def test_an_overtaken_upsert_that_decided_its_event_is_counted(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(2))  # a silent rule: the upsert is all there is
        bury(store, 1)
        assert store.counts.dead == 1
        accept(store, event(2, id="u2", name="new"))
        assert store.retry() == Retried(superseded=1)
        assert store.counts.not_sent == {"superseded": 1}
        assert store.imbalance() is None


def test_a_letter_of_no_call_stays(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(5))
        assert store.retry() == Retried(kept=1)
        assert store.counts.dead == 1


def test_a_refused_call_can_be_tried_all_the_same(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(4))
        assert store.counts.dead == 1
        assert store.retry() == Retried(retried=1)
        assert store.counts.pending == 1
        assert store.imbalance() is None


def test_a_refused_upsert_tells_nothing_and_can_be_tried(path: Path) -> None:
    body = {"data": {"type": "profile", "attributes": {"external_id": "u1"}}}
    upsert = Call(UPSERT_PROFILE, body, (Diagnostic("limit.size", "body", "large"),), "print")
    with open_store(path) as store:
        plan = Plan("refused", (upsert,), keys=("external_id:u1",))
        store.accept(Origin(1, None, b""), plan, {})
        assert told(store, "external_id:u1") is None
        assert store.counts.dead_upserts == 1
        assert store.retry() == Retried(retried=1)
        assert told(store, "external_id:u1") == "print"


# forgetting


def test_one_person_is_forgotten_and_nobody_else(path: Path) -> None:
    with open_store(path) as store:
        keep_on(store, 100)
        accept(store, event(0), 1)
        accept(store, event(1), 2)
        store.commit()
        others = {
            one
            for one, body in bodies_of(store).items()
            if body is not None and b'"u0"' not in body
        }
        found = store.forget("external_id:u0")
        assert found.states == 2  # an external id and an email
        assert found.waiting > 0
        assert found.letters > 0
        assert store.imbalance() is None
        assert others == set(waiting_ids(store))
        assert told(store, "external_id:u0") is None
        assert told(store, "external_id:u1") is not None
        assert b"ada0@example.com" not in b"".join(filter(None, bodies_of(store).values()))
        assert store.counts.not_sent["forgotten"] > 0
        store.commit()
        assert store.forget("external_id:u0") == Forgotten()


def test_an_email_finds_rows_of_another_key_and_their_profile(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0, id="u9", email="Bea@example.com", name="Bea"))
        accept(store, event(1, id="u9", name="B."))
        accept(store, event(2, id="u8", email="abea@example.com", name="Abea"))
        assert store.forget(email="bea@example.com") == Forgotten(states=2, waiting=4)
        assert told(store, "external_id:u9") is None
        assert told(store, "external_id:u8") is not None
        assert len(waiting_ids(store)) == 2


def test_a_mention_goes_but_not_the_profile_that_mentions(path: Path) -> None:
    found = event(0, id="u9", name="Bea")
    found["data"]["friend"] = "cleo@example.com"
    with open_store(path) as store:
        accept(store, found)
        accept(store, event(1, id="u9", name="B."))
        assert store.forget(email="cleo@example.com") == Forgotten(waiting=2)
        assert len(waiting_ids(store)) == 2
        assert store.imbalance() is None


def test_a_phone_number_and_an_external_id_find_their_rows(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0, phone="+4915123456789", name="Bea"))
        accept(store, event(1, id=42, name="Cleo"))
        accept(store, event(2, id="7", name="Dan"))
        assert store.forget(phone="+4915123456789") == Forgotten(states=1, waiting=2)
        assert store.forget(external_id="42") == Forgotten(states=1, waiting=2)
        assert store.forget(external_id="0") == Forgotten()
        assert len(waiting_ids(store)) == 2


def test_a_letter_of_no_call_is_found_by_its_line(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(5))
        assert store.forget(external_id="u5") == Forgotten(letters=1)
        assert store.counts.dead == 0
        assert store.imbalance() is None


def test_klaviyos_own_words_are_searched_too(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0))
        store.dead(Dead(2, 400, "invalid", "merged with zoe@example.com"))
        assert store.forget(email="zoe@example.com") == Forgotten(letters=1)


def test_a_forgotten_upsert_is_told_again(path: Path) -> None:
    with open_store(path) as store:
        found = event(0, id="u9", name="cleo@example.com")
        accept(store, found)
        store.forget(email="cleo@example.com")
        assert told(store, "external_id:u9") is None


def test_a_person_is_forgotten_in_every_account(path: Path) -> None:
    with open_store(path) as store:
        for account in ("eu", "us/west"):
            body = {"data": {"attributes": {"external_id": "u1", "n": account}}}
            keys = (f"{account}/external_id:u1",)
            plan = Plan("send", (Call(UPSERT_PROFILE, body, (), "p"),), keys=keys, account=account)
            store.accept(Origin(1, None, b""), plan, {keys[0]: ProfileState("p", keys, keys, 1.0)})
        store.commit()
    with open_store(path) as store:
        assert store.forget(external_id="u1") == Forgotten(states=2, waiting=2)


def test_nobody_is_forgotten_where_nobody_is_named(path: Path) -> None:
    with open_store(path) as store:
        keep_on(store, 50)
        before = content(store)
        assert store.forget() == Forgotten()
        assert store.forget(email=" ") == Forgotten()
        assert content(store) == before


@pytest.mark.parametrize("taken", [True, False])
def test_a_forgotten_call_may_be_under_way(path: Path, taken: bool) -> None:
    with open_store(path) as store:
        accept(store, event(0))
        store.commit()
        if taken:
            store.take(9)
        store.forget("external_id:u0")
        store.commit()
        assert store.backlog == 0
        store.delivered((1, 2))
        assert store.take(9) == ()
        assert store.imbalance() is None


# how it stands


def test_the_status_says_what_waits_and_what_is_dead(path: Path) -> None:
    with open_store(path) as store:
        keep_on(store, 60)
        found = store.status()
        assert sum(one.calls for one in found.waiting) == len(waiting_ids(store))
        assert found.dead.total() == len(letters_of(store))
        assert found.profiles == sum(map(bool, states_of(store).values()))
        assert found.size > 4_096
        assert found.oldest is not None
        assert found.oldest_line is not None
        assert found.host == "https://klaviyo.test"
        assert isinstance(store.metrics["order complete"], dict)
        assert CREATE_EVENT in {one.call for one in found.waiting}
    with open_store(path.with_name("empty.db")) as store:
        assert (store.status().oldest, store.status().waiting) == (None, ())
