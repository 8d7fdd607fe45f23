"""States in a dict, in SQLite, in something like Redis: settled through each, events plan alike."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from attrs import frozen
from tests.core.make import NOW

from walkeros_klaviyo import ProfileState, parse_config, pipeline, remembered, scan, settle
from walkeros_klaviyo.kept import KeptStates
from walkeros_klaviyo.shop import EVENTS

TRANSFORM = pipeline(
    parse_config(
        {
            "settings": {
                "preset": "ecommerce",
                "anonymousId": "user.device",
                "identify": {"map": {"firstName": "user.firstName", "locale": "globals.locale"}},
            },
            "mapping": {
                "newsletter": {
                    "signup": {
                        "consent": {"marketing": True},
                        "settings": {"subscribe": {"channels": ["email"]}},
                    }
                }
            },
        }
    )
)
DAY = [json.loads(line) for line in EVENTS.read_text("utf-8").splitlines()]


@frozen
class Redis:
    """What redis-py does, as far as it is asked: bytes under a name, or None."""

    content: dict[bytes, bytes]

    def get(self, name: str) -> bytes | None:
        return self.content.get(name.encode())

    def set(self, name: str, value: bytes) -> bool:
        self.content[name.encode()] = value
        return True


def in_dict() -> KeptStates:
    content: dict[str, bytes] = {}
    return KeptStates(content.get, content.__setitem__)


def in_redis() -> KeptStates:
    redis = Redis({})
    return KeptStates(redis.get, redis.set)


def in_sqlite() -> KeptStates:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE states (key TEXT PRIMARY KEY, state BLOB NOT NULL)")

    def read(key: str) -> bytes | None:
        found = database.execute("SELECT state FROM states WHERE key = ?", (key,)).fetchone()
        return None if found is None else found[0]

    def write(key: str, state: bytes) -> None:
        with database:
            database.execute("INSERT OR REPLACE INTO states VALUES (?, ?)", (key, state))

    return KeptStates(read, write)


PLACES = pytest.mark.parametrize("kept", [in_dict, in_redis, in_sqlite])
STATE = ProfileState("f", ("email:ada@example.com",), ("email:ada@example.com",), NOW)


@PLACES
def test_settling_through_it_is_settling_through_a_dict(kept: Callable[[], KeptStates]) -> None:
    """The shop's day: the same plans and changes, event by event, and the same states after it."""
    states, known, shorter = kept(), dict[str, ProfileState](), 0
    for event in DAY:
        plan = TRANSFORM.plan(event)
        expected = settle(plan, known, NOW)
        found = settle(plan, states.under(plan.state_keys), NOW)
        assert found == expected
        known = remembered(known, [expected])
        states.keep(found[1])
        shorter += len(found[0].calls) < len(plan.calls)
    assert shorter > 100
    assert states.under(known) == known


@PLACES
def test_a_scan_goes_on_from_what_is_kept(kept: Callable[[], KeptStates]) -> None:
    """It reads, and does not write: what changes is the caller's to keep."""
    states = kept()
    first = list(scan(TRANSFORM, DAY[:250]))
    states.keep(remembered({}, first))
    known = remembered({}, first)
    assert list(scan(TRANSFORM, DAY[250:], states)) == list(scan(TRANSFORM, DAY[250:], known))
    assert states.under(known) == known


@PLACES
def test_of_two_times_the_newer_one_is_kept(kept: Callable[[], KeptStates]) -> None:
    """Also under keys that the event did not name."""
    states = kept()
    states.keep({"a": STATE})
    states.keep({"a": ProfileState("g", ("a",), ("a",), NOW - 5)})
    assert states["a"] == ProfileState("g", ("a",), ("a",), NOW)


def test_what_is_in_doubt_is_told_again() -> None:
    """Nothing is certain of who may have met; the time stays, so no older event overwrites."""
    states = in_dict()
    topic = "email:ada@example.com\x1f"
    states.keep({topic: ProfileState("UNSUBSCRIBED", time=1.0)})
    states.doubt({"email:ada@example.com": STATE, topic: ProfileState("SUBSCRIBED", time=2.0)})
    assert states["email:ada@example.com"] == ProfileState("", (), STATE.linked, NOW)
    assert states[topic] == ProfileState("", time=2.0)  # else a no that follows were known


def test_what_is_not_there_is_no_state() -> None:
    states = in_dict()
    assert states.get("email:ada@example.com") is None
    assert "email:ada@example.com" not in states
    assert states.under(["email:ada@example.com"]) == {}


@pytest.mark.parametrize("ask", [list, len, dict, lambda states: remembered(states, [])])
def test_it_cannot_be_listed_and_says_so(ask: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="KeptStates can be asked for a key"):
        ask(in_dict())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "Expecting property name"),
        (b"[]", "expected fingerprint, certain, linked and time"),
        (b'{"fingerprint": 1, "certain": [], "linked": [], "time": 1}', "fingerprint is a number"),
        (b'{"fingerprint": "", "certain": {}, "linked": [], "time": 1}', "certain is an object"),
        (b'{"fingerprint": "", "certain": [], "linked": [7], "time": 1}', "lists of keys"),
        (b'{"fingerprint": "", "certain": [], "linked": [], "time": true}', "time is a boolean"),
    ],
)
def test_content_that_is_no_state_is_an_error_that_names_nobody(content: bytes, why: str) -> None:
    states = KeptStates(lambda key: content, print)
    with pytest.raises(ValueError, match=f"^kept under a key of email: .*{why}") as caught:
        states.under(["eu/email:ada@example.com"])
    assert "ada" not in str(caught.value)


@pytest.mark.parametrize("time", [None, NOW, 1.5])
def test_a_state_survives_json(time: float | None) -> None:
    state = ProfileState("f", ("a", "b"), ("a", "b", "c"), time)
    again = ProfileState.from_dict(json.loads(json.dumps(state.to_dict())))
    assert repr(again) == repr(state)
