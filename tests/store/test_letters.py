"""What becomes of dead letters, and of whom is to be forgotten?"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tests.store.make import (
    NOW,
    accept,
    bodies_of,
    content,
    event,
    keep_on,
    letters_of,
    open_store,
    plan_anew,
    states_of,
    told,
    waiting_ids,
)

from walkeros_klaviyo import Plan, parse_config, pipeline, settle
from walkeros_klaviyo.core.klaviyo.calls import CREATE_EVENT, UPSERT_PROFILE, Call
from walkeros_klaviyo.core.klaviyo.state import ProfileState
from walkeros_klaviyo.delivery.messages import Dead
from walkeros_klaviyo.shell.store import DeadLetter, Forgotten, Retried, Store
from walkeros_klaviyo.shell.store.letter import Origin


def bury(store: Store, *ids: int, code: str = "invalid") -> None:
    store.dead(*(Dead(one, 400, code, f"call {one} is bad", "/data") for one in ids))
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


def test_a_letter_that_is_retried_is_planned_anew_and_its_event_pending_until_then(
    path: Path,
) -> None:
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
        assert store.counts.pending == 1
        assert store.imbalance() is None
        store.commit()
        assert store.take(9) == ()
    with open_store(path) as store:
        assert store.damaged == ((), ())
        assert store.to_plan_anew == store.status().again == 2
        assert plan_anew(store) == []
        assert store.to_plan_anew == 0
        assert store.counts.anew == 2
        assert store.imbalance() is None
        assert [item.id for item in store.take(9)] == [3, 4]
        assert list(bodies_of(store).values()) == before
        assert told(store, "external_id:u0") == known
        store.delivered((3, 4))
        assert store.counts.delivered == store.counts.accepted == 1
        assert store.metrics["order complete"] == {"accepted": 1, "dead": 0, "delivered": 1}
        assert store.imbalance() is None


def test_of_a_dead_upsert_the_event_that_went_does_not_go_again(path: Path) -> None:
    """Not under another name either."""
    with open_store(path) as store:
        accept(store, event(0))
        store.commit()
        bury(store, 1)
        store.delivered((2,))
        store.retry()
        plan_anew(store, RENAMED)
        assert [item.call for item in store.take(9)] == [UPSERT_PROFILE]
        assert store.counts.pending == 0
        assert store.imbalance() is None


RENAMED = pipeline(
    parse_config(
        {
            "settings": {"identify": {"map": {"firstName": "user.name"}}},
            "mapping": {
                "order": {"complete": {"name": "Placed Order"}},
                "page": {"view": {"consent": {"never": True}}},
            },
        }
    )
)


def test_a_letter_is_sent_under_the_name_and_id_of_the_mended_configuration(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0))
        store.commit()
        (before,) = [one for one in bodies_of(store).values() if one and b"unique_id" in one]
        bury(store, 2)
        store.retry()
        plan_anew(store, RENAMED)
        (body,) = [one for one in bodies_of(store).values() if one and b"unique_id" in one]
        new, old = (json.loads(one)["data"]["attributes"] for one in (body, before))
        assert new["metric"]["data"]["attributes"]["name"] == "Placed Order"
        assert new["unique_id"] == old["unique_id"] == "e0"
        assert +store.metrics["order complete"] == {}
        assert store.metrics["Placed Order"]["accepted"] == 1
        assert store.imbalance() is None


@pytest.mark.parametrize("numbers", [None, (1,)])
def test_what_comes_to_nothing_is_counted_as_that(
    path: Path, numbers: tuple[int, ...] | None
) -> None:
    """A refused event that today's configuration denies; it is pending no more."""
    with open_store(path) as store:
        found = event(4) | {"name": "page view"}
        accept(store, found | {"name": "cart add"})
        store.commit()
        (letter,) = store.letters()
        assert isinstance(letter, DeadLetter)
        assert store.retry(numbers) == Retried(retried=1)
        denied = pipeline(parse_config({"consent": {"never": True}}))
        assert plan_anew(store, denied) == []
        assert store.counts.not_sent == {"denied": 1}
        assert store.counts.pending == store.counts.dead == 0
        assert store.imbalance() is None


def test_a_damaged_event_is_a_dead_letter_again(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0))
        bury(store, 2)
        store.retry()
        store.commit()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE again SET raw = x'00', decides = 0")
    connection.close()
    with open_store(path) as store:
        assert store.damaged == ((), (1,))
        assert store.again(9) == ()
        store.commit()
        assert store.counts.dead == 1
        assert store.imbalance() is None
        assert store.retry() == Retried(kept=1)


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


def upserts(store: Store) -> list[int]:
    """The upserts that wait to be taken."""
    store.commit()
    return [item.id for item in store.take(99) if item.is_upsert]


def test_an_upsert_that_a_later_one_overtook_is_not_sent_again(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0, id="u0", name="old"))
        bury(store, 1)
        accept(store, event(1, id="u0", name="new"))
        later, _ = told(store, "external_id:u0"), upserts(store)
        store.retry()
        plan_anew(store)
        assert upserts(store) == []
        assert told(store, "external_id:u0") == later
        assert letters_of(store) == {}
        assert store.imbalance() is None


@pytest.mark.parametrize("first", [[1], None])
def test_of_two_dead_upserts_of_a_profile_the_later_one_is_sent(
    path: Path, first: list[int] | None
) -> None:
    with open_store(path) as store:
        for number, name in enumerate(("old", "new")):
            accept(store, event(number, id="u0", name=name))
        newest = told(store, "external_id:u0")
        bury(store, 1, 3)
        store.retry(first)
        plan_anew(store)
        store.retry()
        plan_anew(store)
        assert len(upserts(store)) == 1
        assert told(store, "external_id:u0") == newest


def test_no_retry_takes_a_profile_back_behind_what_was_delivered(path: Path) -> None:
    """The first and the third upsert die, the second is delivered: the first is overtaken."""
    with open_store(path) as store:
        for number, name in enumerate(("first", "second", "third")):
            accept(store, event(number, id="u0", name=name))
        first, second, third = upserts(store)
        bury(store, first)
        store.delivered([second])
        bury(store, third)
        assert told(store, "external_id:u0") is None
        store.retry([1])
        plan_anew(store)
        assert upserts(store) == []


def test_an_older_upsert_is_not_sent_after_a_newer_one(path: Path) -> None:
    with open_store(path) as store:
        for number, name in enumerate(("old", "new")):
            accept(store, event(number, id="u0", name=name))
        newest = told(store, "external_id:u0")
        bury(store, 1, 3)
        for number in (2, 1):
            store.retry([number])
            plan_anew(store)
        assert len(upserts(store)) == 1
        assert told(store, "external_id:u0") == newest


def test_an_overtaken_upsert_that_decided_its_event_is_counted(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(2))  # a silent rule: the upsert is all there is
        bury(store, 1)
        assert store.counts.dead == 1
        accept(store, event(2, id="u2", name="new"))
        store.retry()
        plan_anew(store)
        assert store.counts.not_sent == {"unchanged": 1}
        assert store.imbalance() is None


def test_a_letter_of_no_call_is_planned_anew_and_may_come_to_one(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(5))
        (before,) = letters_of(store).values()
        assert store.retry() == Retried(retried=1)
        (rejected,) = plan_anew(store)
        assert rejected.letter == before[0]
        assert list(letters_of(store).values()) == [before]
        store.retry()
        plan_anew(store, RENAMED)
        assert [item.call for item in store.take(9)] == [UPSERT_PROFILE, CREATE_EVENT]
        assert store.counts.pending == 1
        assert store.imbalance() is None


def test_a_refused_call_is_refused_again_unless_something_is_mended(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(4))
        before = store.counts.dead, letters_of(store).values()
        assert store.retry() == Retried(retried=1)
        assert store.counts.pending == 1
        (rejected,) = plan_anew(store)
        assert rejected.letter.code == "time.looks-like-seconds"
        assert (store.counts.dead, list(letters_of(store).values())) == (1, list(before[1]))
        assert store.imbalance() is None


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


def test_one_identifier_leads_to_all_the_others(path: Path) -> None:
    """By states that went, and by rows that name both; a device to what it did for nobody."""
    eve = {"id": "u9", "email": "Eve@example.com"}
    transform = pipeline(parse_config({"settings": {"anonymousId": "user.device"}}))

    def take(store: Store, number: int, **user: str) -> None:
        found = event(number, **user)
        plan = transform.plan(found)
        settled, changes = settle(plan, store.prior(plan.state_keys), NOW)
        store.accept(Origin(number, found["id"], json.dumps(found).encode()), settled, changes)

    with open_store(path) as store:
        accept(store, event(0, **eve, name="Eve"))
        store.commit()
        store.delivered(waiting_ids(store))
        take(store, 1, id="u9", device="d1")
        take(store, 2, device="d1")
        take(store, 3, device="d2")
        take(store, 4, id="u8", device="d1")
        take(store, 5, id="u9")
        take(store, 6, id="u9")
        store.commit()
        *_, fifth, sixth = waiting_ids(store)
        bury(store, fifth, sixth)
        store.retry([2])
        found = store.forget(email=" eve@EXAMPLE.com")
        assert found == Forgotten(states=2, waiting=2, letters=1, again=1)
        assert [
            json.loads(body or b"")["data"]["attributes"]["profile"]["data"]["attributes"]
            for body in bodies_of(store).values()
        ] == [
            {"anonymous_id": "d2"},
            {"external_id": "u8", "anonymous_id": "d1"},
        ]
        assert store.imbalance() is None
        assert store.forget(anonymous_id="d1").waiting == 1
        assert store.counts.not_sent == {"forgotten": 5}


def test_forgetting_leads_through_a_device_to_nobody_else(path: Path) -> None:
    """Two people share one, and a visitor told traits there; what names the device goes."""
    identify = {"map": {"firstName": "user.name"}}
    settings = {"anonymousId": "user.device", "identify": identify}
    transform = pipeline(parse_config({"settings": settings}))
    eve, bob = {"id": "u9", "email": "eve@example.com"}, {"id": "u8"}

    def take(store: Store, number: int, **user: str) -> int:
        found = event(number, **user)
        plan = transform.plan(found)
        settled, changes = settle(plan, store.prior(plan.state_keys), NOW)
        store.accept(Origin(number, found["id"], json.dumps(found).encode()), settled, changes)
        return len(settled.calls)

    with open_store(path) as store:
        told = [
            take(store, 0, device="d1", name="Somebody"),
            take(store, 1, **eve, device="d1", name="Eve"),
            take(store, 2, **eve, device="d1", name="Eve"),  # of the visitor's name nobody knows
            take(store, 3, **eve, device="d1", name="Eve"),
            take(store, 4, **bob, device="d1", name="Bob"),
            take(store, 5, device="d1", name="Nobody"),
            take(store, 6, **bob, name="Bob"),
        ]
        assert told == [1, 2, 2, 1, 2, 1, 2]
        store.commit()
    with open_store(path) as store:
        assert store.forget(email="eve@example.com").states == 4  # two of them, Bob, the device
        left = [json.loads(body or b"")["data"]["attributes"] for body in bodies_of(store).values()]
        assert {json.dumps(one).count("u8") for one in left} == {1}
        assert take(store, 7, **bob, name="Bob") == 2  # it was known with whom he shares


def test_a_dead_letter_that_joins_two_identifiers_leads_from_one_to_the_other(path: Path) -> None:
    """Its state is certain of nothing any more, and what waits names the other one only."""
    with open_store(path) as store:
        accept(store, event(0, id="u9", email="eve@example.com", name="Eve"))
        accept(store, event(1, id="u9", name="Eva"))
        bury(store, 1, 2)
        assert store.forget(email="eve@example.com") == Forgotten(states=2, waiting=2, letters=2)


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
