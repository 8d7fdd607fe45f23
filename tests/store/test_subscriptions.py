"""What is known of subscriptions, on the disk: by address, taken back when one died, forgotten."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.store.make import NOW, fast_folder, open_store

from walkeros_klaviyo import parse_config, pipeline, settle
from walkeros_klaviyo.core.klaviyo.subscribed import list_topic, topics_of
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.delivery.messages import Dead
from walkeros_klaviyo.shell.store import Store
from walkeros_klaviyo.shell.store.letter import Origin

SHOP = pipeline(
    parse_config(
        {
            "settings": {"phoneNumber": "user.phone", "identify": {"map": {"title": "user.t"}}},
            "mapping": {
                "news": {
                    "signup": {
                        "silent": True,
                        "consent": {"marketing": True},
                        "settings": {
                            "subscribe": {"channels": ["email", "sms"], "list": "data.list"}
                        },
                    },
                    "leave": {"silent": True, "settings": {"unsubscribe": True}},
                },
                "club": {"join": {"silent": True, "settings": {"lists": ["CLUB01"]}}},
            },
        }
    )
)
PIA = {"id": "u1", "email": "Pia@example.com", "phone": "+4915112345678"}
EMAIL, SMS = "email:pia@example.com", "phone_number:+4915112345678"


@pytest.fixture
def path() -> Iterator[Path]:
    with fast_folder() as folder:
        yield folder / "walkeros-klaviyo.db"


def accept(store: Store, name: str, time: int, user: Any = PIA, chosen: str = "Y6nRLr") -> Plan:
    event = {
        "name": name,
        "id": f"e{time}",
        "timestamp": NOW + time,
        "user": user,
        "data": {"list": chosen},
        "consent": {"marketing": True},
    }
    plan = SHOP.plan(event)
    settled, changes = settle(plan, store.prior(plan.state_keys), NOW + 1_000)
    store.accept(Origin(1, event["id"], json.dumps(event).encode()), settled, changes)
    return settled


def known(store: Store, *topics: str) -> list[tuple[str, float | None] | None]:
    found = store.prior(topics)
    return [(found[one].fingerprint, found[one].time) if one in found else None for one in topics]


def names(plan: Plan) -> list[str]:
    return [call.label for call in plan.calls]


def test_what_was_said_of_an_address_is_known_after_a_restart_and_under_no_plain_name(
    path: Path,
) -> None:
    with open_store(path) as store:
        assert names(accept(store, "news signup", 1)) == ["(profile)", *["(subscription)"] * 2]
        store.commit()
    with open_store(path) as store:
        assert known(store, *topics_of(EMAIL, "Y6nRLr")) == [("SUBSCRIBED", NOW + 1)] * 2
        assert known(store, *topics_of(SMS)) == [("SUBSCRIBED", NOW + 1)]
        assert names(accept(store, "news signup", 2)) == []
    assert b"pia@example" not in people_of(path) and b"Y6nRLr" not in people_of(path)


def people_of(path: Path) -> bytes:
    with sqlite3.connect(path) as connection:
        return repr(connection.execute("SELECT * FROM people").fetchall()).encode()


def test_a_dead_subscription_is_told_anew_and_the_other_channel_is_not(path: Path) -> None:
    """Of the list and of all; when the address was spoken of before stays known."""
    with open_store(path) as store:
        accept(store, "news leave", 1)
        accept(store, "news signup", 5)
        email = 3  # after the upsert and the leave
        store.commit()
        store.take(100)
        (letter,) = store.dead(Dead(email, 400, "invalid", "No."))
        assert letter.metric == "(subscription)"
        assert known(store, *topics_of(EMAIL, "Y6nRLr")) == [("", NOW + 1)] * 2
        assert known(store, *topics_of(SMS)) == [("SUBSCRIBED", NOW + 5)]
        assert names(accept(store, "news signup", 0)) == []  # older than the leave
        assert names(accept(store, "news signup", 5)) == ["(subscription)"]


def test_a_later_word_is_not_taken_back_with_an_earlier_one(path: Path) -> None:
    with open_store(path) as store:
        accept(store, "news signup", 1)
        accept(store, "news leave", 2)
        store.commit()
        store.take(100)
        store.dead(Dead(2, 400, "invalid", "No."))
        assert known(store, *topics_of(EMAIL)) == [("UNSUBSCRIBED", NOW + 2)]
        assert known(store, *topics_of(EMAIL, "Y6nRLr")[:1]) == [("", None)]


def test_a_dead_upsert_leaves_what_was_said_and_a_dead_word_leaves_the_upsert(path: Path) -> None:
    with open_store(path) as store:
        accept(store, "news signup", 1)
        store.commit()
        store.take(100)
        store.dead(Dead(1, 400, "invalid", "No."))
        assert known(store, *topics_of(EMAIL)) == [("SUBSCRIBED", NOW + 1)]
        assert names(accept(store, "news signup", 2)) == ["(profile)"]
        store.dead(Dead(2, 400, "invalid", "No."))
        assert names(accept(store, "news signup", 3)) == ["(subscription)"]


@pytest.mark.parametrize("who", [{"email": "pia@example.com"}, {"external_id": "u1"}])
def test_whoever_is_forgotten_has_said_nothing(path: Path, who: Any) -> None:
    """By any one identifier; whatever the list."""
    bo = {"id": "u2", "email": "bo@example.com"}
    with open_store(path) as store:
        for number, chosen in enumerate(("Y6nRLr", "ABC123")):
            accept(store, "news signup", number + 1, chosen=chosen)
        accept(store, "club join", 3)
        accept(store, "news signup", 4, bo)
        store.commit()
    with open_store(path) as store:
        store.forget(**who)
        store.commit()
        topics = [*topics_of(EMAIL, "Y6nRLr"), *topics_of(SMS, "ABC123")]
        topics.append(list_topic("external_id:u1", "CLUB01"))
        assert known(store, *topics) == [None] * 5
        assert known(store, *topics_of("email:bo@example.com")) == [("SUBSCRIBED", NOW + 4)]
    assert people_of(path).count(b"SUBSCRIBED") == 2


def test_words_about_one_address_keep_their_order_whoever_says_them(path: Path) -> None:
    """Two accounts of a shop with one address: the second waits for the first."""
    with open_store(path) as store:
        accept(store, "news signup", 1, {"email": "pia@example.com"})
        accept(store, "news leave", 2, {"id": "u9", "email": "PIA@example.com"})
        store.commit()
        items = store.take(100)
        words = [one for one in items if "subscribe" in one.call]
        assert set(words[0].lanes) & set(words[1].lanes)
        assert words[0].group != words[1].group and all(one.repeat is None for one in words)


def test_a_restart_knows_which_words_share_a_request(path: Path) -> None:
    """By list and source, which a request says once."""
    with open_store(path) as store:
        for number, chosen in enumerate(("Y6nRLr", "Y6nRLr", "ABC123")):
            accept(store, "news signup", number, {"email": f"p{number}@example.com"}, chosen)
        store.commit()
    with open_store(path) as store:
        groups = [one.group for one in store.take(100) if "subscribe" in one.call]
    assert groups[0] == groups[1] != groups[2]
