"""What do we know of Klaviyo's profile? Linked, certain, tangled, stale; and the digest of traits.

Each story is told in steps: which keys went to Klaviyo together, in which order.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import blake2b
from typing import Any

import pytest
from tests.core.make import NOW, codes, event_with

from walkeros_klaviyo import ProfileState, parse_config, pipeline, remembered, route, scan
from walkeros_klaviyo.core.canonical import digest
from walkeros_klaviyo.core.klaviyo import state
from walkeros_klaviyo.core.klaviyo.state import (
    MAX_LINKED,
    STALE_MS,
    TANGLED,
    fingerprint,
    is_one,
    is_stale,
    is_told,
    kind_of_key,
    meet,
    tell,
)

U1, U2 = "external_id:u1", "external_id:u2"
ADA, EVE, ANN = "email:ada@x.io", "email:eve@x.io", "email:ann@x.io"
PHONE, KX = "phone_number:+15551234567", "_kx:k"
Keys = tuple[str, ...]
States = dict[str, ProfileState]


def told(*steps: Keys) -> States:
    """The states after these keys went to Klaviyo, one step after the other."""
    states: States = {}
    for time, keys in enumerate(steps):
        states |= tell(keys, states, "f", time)
    return states


# Linking


def test_what_goes_together_is_known_under_each_of_its_keys() -> None:
    """Whichever identifier comes next, it finds the state."""
    after = ProfileState("f", (U1, ADA), (U1, ADA), 0)
    assert told((U1, ADA)) == {U1: after, ADA: after}


def test_who_meets_someone_meets_all_who_met_them() -> None:
    """Linked are all keys that ever met, also through others."""
    states = told((U1, ADA), (PHONE, EVE), (U2, ANN), (ADA, PHONE))
    assert set(states[U1].linked) == {U1, ADA, PHONE, EVE}
    assert {key for key in states if states[key] == states[U1]} == {U1, ADA, PHONE, EVE}
    assert states[U2].linked == (U2, ANN)


@pytest.mark.parametrize(
    ("steps", "certain"),
    [
        (((U1,),), {U1}),
        (((U1,), (U1, ADA)), {U1, ADA}),
        (((U1,), (U1, ADA), (U1, PHONE)), {U1, PHONE}),
        (((U1, ADA), (U1, ADA, PHONE)), {U1, ADA, PHONE}),
        (((U1, ADA, PHONE), (ADA,)), {U1, ADA, PHONE}),
        (((U1, ADA), (U1, EVE)), {U1, EVE}),
        (((U1, ADA), (U1, EVE), (U1, ADA)), {U1, ADA}),
        (((U1, ADA), (U2, ADA)), {U2, ADA}),
        (((U1, ADA), (PHONE,), (ADA, PHONE)), {ADA, PHONE}),
        (((U1, ADA), (U1, EVE, PHONE)), {U1, EVE, PHONE}),
        (((U1, ADA), (U1, EVE), (U1, PHONE)), {U1, PHONE}),
        (((U1, ADA), (U1, EVE), (ADA,)), {ADA}),
        (((ADA,), (KX,), (ADA, KX)), {ADA, KX}),
    ],
    ids=[
        "alone",
        "one more",
        "another one more each time",
        "one more beside the others",
        "one of several again",
        "another address",
        "the first address again",
        "another's address",
        "two people join",
        "another address and one more",
        "one more after another address",
        "the address that was left",
        "who came by a link",
    ],
)
def test_certain_is_what_nothing_speaks_against(steps: tuple[Keys, ...], certain: set[str]) -> None:
    """Whoever brings an identifier, changes one or takes another's leaves what was just sent.

    A new one may be that of a profile that nobody here knows. Klaviyo may have merged the two,
    moved the identifier or refused, and tells nobody.
    """
    states = told(*steps)
    (last,) = {states[key] for key in steps[-1]}
    assert set(last.certain) == certain


@pytest.mark.parametrize(
    ("keys", "known"),
    [
        ((U1,), True),
        ((U1, ADA), True),
        ((ADA,), True),
        ((U1, ADA, PHONE), False),
        ((PHONE,), False),
        ((U1, EVE), False),
    ],
)
def test_told_is_who_is_certain_with_the_same_traits(keys: Keys, known: bool) -> None:
    """All of the identifiers, and the very traits; one that is new is news."""
    states = told((U1, ADA))
    assert is_one(keys, states) == is_told(keys, states, "f") == known
    assert not is_told(keys, states, "g")


def test_a_key_that_is_linked_and_not_certain_is_told_again() -> None:
    """The address that somebody gave up may be anybody's."""
    states = told((U1, ADA), (U1, EVE))
    assert states[ADA] == states[U1]
    assert not is_told((ADA,), states, "f")
    assert is_told((U1, EVE), states, "f")


# Tangled


def many(number: int) -> tuple[Keys, ...]:
    """So many customers who all order under the office's address."""
    return tuple((f"external_id:{at}", ADA) for at in range(number))


def test_after_eight_linked_identifiers_nothing_more_is_remembered() -> None:
    """An address of the whole office: whose profile is whose cannot be told from outside."""
    eight, nine = told(*many(MAX_LINKED - 1)), told(*many(MAX_LINKED))
    assert (len(eight), eight[ADA].tangled) == (MAX_LINKED, False)
    assert nine == dict.fromkeys([*nine], TANGLED)
    assert len(nine) == MAX_LINKED + 1
    assert TANGLED.tangled


@pytest.mark.parametrize("keys", [(ADA,), ("external_id:0",), (U1, ADA), ("external_id:0", PHONE)])
def test_whoever_meets_the_tangled_is_tangled(keys: Keys) -> None:
    """And their upserts are sent, always."""
    states = told(*many(MAX_LINKED))
    assert tell(keys, states, "f", 9) == meet(keys, states) == dict.fromkeys(keys, TANGLED)
    assert not is_told(keys, states, "f")
    assert not is_told(keys, states | tell(keys, states, "f", 9), "f")
    assert not is_stale(keys, states, -10 * STALE_MS)


def test_an_event_too_may_tangle() -> None:
    """It joins people as an upsert does."""
    states = told((U1, ADA, PHONE, KX), (U2, EVE), ("external_id:a", ANN), ("external_id:b",))
    eight = meet((KX, U2, ANN), states)
    assert (len(eight), TANGLED in eight.values()) == (MAX_LINKED, False)
    nine = meet((KX, U2, ANN, "external_id:b"), states)
    assert nine == dict.fromkeys((*eight, "external_id:b"), TANGLED)


# When


@pytest.mark.parametrize(("older", "stale"), [(0, False), (STALE_MS, False), (STALE_MS + 1, True)])
def test_stale_is_what_is_more_than_a_day_older(older: int, stale: bool) -> None:
    """Clocks that differ by minutes or hours do no harm; both sides of the day."""
    states = tell((U1,), {}, "f", NOW)
    assert is_stale((U1,), states, NOW - older) == stale
    assert is_stale((ADA, U1), states, NOW - older) == stale
    assert not is_stale((ADA,), states, NOW - older)
    assert not is_stale((U1,), {U1: ProfileState("f", (U1,), (U1,))}, NOW - older)


def test_the_time_that_is_kept_is_the_newest() -> None:
    """Of all that were met, and of this event."""
    states = tell((U1,), {}, "f", 5) | tell((ADA,), {}, "f", 9)
    assert tell((U1,), states, "f", 3)[U1].time == 5
    assert tell((U1,), states, "f", 7)[U1].time == 7
    assert tell((U1, ADA), states, "f", 7)[U1].time == 9
    assert tell((U1,), states, "f", None)[U1].time == 5
    assert tell((U2,), states, "f", None)[U2].time is None


# An event alone


def test_an_event_links_people_and_tells_nothing() -> None:
    """What was told stays under each with its time; whose it is now nobody knows."""
    states = tell((U1,), {}, "f", 5) | tell((ADA,), {}, "g", 9)
    after = meet((U1, ADA), states)
    assert {key: (one.fingerprint, one.time) for key, one in after.items()} == {
        U1: ("", 5),
        ADA: ("", 9),
    }
    assert {one.certain for one in after.values()} == {one.linked for one in after.values()}
    assert after[U1].linked == (U1, ADA)
    assert not is_told((U1,), after, "f") and not is_told((ADA,), after, "g")
    assert is_one((U1, ADA), after)


CONFIG = {
    "settings": {"phoneNumber": "user.phone", "kx": "user.kx"},
    "mapping": {
        "user": {"login": {"settings": {"identify": {"map": {"firstName": "user.first"}}}}},
    },
}
TRANSFORM = pipeline(parse_config(CONFIG))


def login(first: str = "Ada", at: int = 0, **identifiers: Any) -> dict[str, Any]:
    """Someone tells their name."""
    user = {"first": first, **identifiers}
    return event_with(name="user login", user=user, timestamp=NOW + at)


def order(**identifiers: Any) -> dict[str, Any]:
    """Someone orders, and tells nothing of themselves."""
    return event_with(user=identifiers)


def upserts_of(*events: Any, now: float | None = None) -> list[bool]:
    """Which events upsert their profile, one after the other."""
    return [bool(plan.upserts) for plan, _ in scan(TRANSFORM, events, {}, now)]


@pytest.mark.parametrize(
    ("events", "upserts"),
    [
        ([login(id="u1"), login(id="u1")], [1, 0]),
        ([login(id="u1"), login(id="u1", email="a@x.io"), login(email="a@x.io")], [1, 1, 0]),
        ([login(id="u1"), order(id="u1"), login(id="u1")], [1, 0, 0]),
        ([login(id="u1"), order(id="u1", email="a@x.io"), login(id="u1")], [1, 0, 1]),
        ([login(id="u1", email="a@x.io"), order(id="u1", email="a@x.io"), login(id="u1")], [1, 0]),
        ([login(id="u1"), login(id="u2"), login(id="u1")], [1, 1, 0]),
        ([login(id="u1", email="a@x.io"), login(id="u2", email="a@x.io"), login(id="u1")], [1] * 3),
        ([login(kx="k"), login(kx="k")], [1, 0]),
        ([login("Ada", id="u1"), login("Eve", id="u1"), login("Ada", id="u1")], [1, 1, 1]),
    ],
    ids=[
        "again",
        "an address more, then by it",
        "an order in between",
        "an order that links",
        "an order that links what is one",
        "two people",
        "another's address",
        "by a link",
        "there and back",
    ],
)
def test_a_stream_tells_what_is_news(events: list[Any], upserts: list[int]) -> None:
    """An order alone may link two profiles; then what is known is told again."""
    found = upserts_of(*events)
    assert found == [bool(one) for one in (*upserts, *[0] * (len(events) - len(upserts)))]


def test_an_old_event_does_not_overwrite_what_is_known_since() -> None:
    """An import of last year's orders, told as such; hours are no matter."""
    new, late, old = login(id="u1"), login("B", -STALE_MS, id="u1"), login("C", -YEAR, id="u1")
    steps = list(scan(TRANSFORM, [new, late, old, login("B", id="u1")]))
    assert [len(plan.upserts) for plan, _ in steps] == [1, 1, 0, 0]
    plan, changes = steps[2]
    assert (plan.outcome, changes) == ("send", {})
    assert [(one.code, one.path, one.severity) for one in plan.diagnostics] == [
        ("profile.stale", "timestamp", "info")
    ]
    assert {"profile.stale"}.isdisjoint(codes(steps[1][0].diagnostics))


YEAR = 365 * STALE_MS


def test_an_old_event_still_links() -> None:
    """It is recorded under both, whatever it may tell."""
    new, old = login(id="u1"), login("B", -YEAR, id="u1", email="a@x.io")
    states = remembered({}, scan(TRANSFORM, [new, old]))
    assert {key: (one.fingerprint, one.time) for key, one in states.items()} == {
        "external_id:u1": ("", NOW),
        "email:a@x.io": ("", None),
    }


def test_the_time_kept_is_never_later_than_now() -> None:
    """One event of a clock that is a year ahead would else silence the person for a year."""
    ahead, today = login("A", YEAR, id="u1"), login("B", id="u1")
    assert upserts_of(ahead, today, now=NOW) == [True, True]
    assert upserts_of(ahead, today) == [True, False]
    _, changes = TRANSFORM(ahead, {}, NOW)
    assert changes["external_id:u1"].time == NOW
    for later in (NOW + 2 * YEAR, float("nan"), None):
        assert TRANSFORM(ahead, {}, later)[1]["external_id:u1"].time == NOW + YEAR


def test_a_configuration_that_tells_nothing_remembers_nothing() -> None:
    """An event could only link what was told."""
    plain = pipeline(parse_config({}))
    assert dict(plain(event_with())[1]) == {}
    assert TRANSFORM(event_with())[1].keys() == {"external_id:u1", "email:ada@example.com"}


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (U1, "external_id"),
        (KX, "_kx"),
        ("eu/email:ada@x.io", "email"),
        ("eu/shop/email:ada@x.io", "email"),
        ("external_id:a/b:7", "external_id"),
        ("eu/external_id:a/b:7", "external_id"),
        ("shop:eu/email:ada@x.io", "email"),
        ("a:b/c:d/_kx:k", "_kx"),
    ],
)
def test_a_key_names_its_field_whatever_the_account(key: str, kind: str) -> None:
    assert kind_of_key(key) == kind


@pytest.mark.parametrize("account", ["eu", "shop:eu", "a b", ""])
def test_an_account_may_go_by_any_name(account: str) -> None:
    """A stream tells the same under each, and nothing of the others'."""
    routed = route(lambda event: account, {account: TRANSFORM})
    events = [login(id="u1"), login(id="u1"), login("B", id="u1", kx="k"), login("B", kx="k")]
    found = [[call.name for call in plan.calls] for plan, _ in scan(routed, events)]
    assert found == [[call.name for call in plan.calls] for plan, _ in scan(TRANSFORM, events)]
    assert [len(calls) for calls in found] == [2, 1, 2, 1]


def test_an_upsert_speaks_for_those_whom_it_names() -> None:
    """A `_kx` beside a better identifier stays out of it, so its owner was told nothing."""
    silent = {**CONFIG["settings"], "identify": {"map": {"firstName": "user.first"}}}
    quiet = pipeline(parse_config({"settings": silent, "mapping": {"*": {"*": {"silent": True}}}}))
    steps = list(scan(quiet, [login(id="u1", kx="k"), login(kx="k"), login(id="u1")]))
    assert [[call.identifiers for call in plan.calls] for plan, _ in steps] == [
        [{"external_id": "u1"}],
        [{"_kx": "k"}],
        [],
    ]
    assert [plan.outcome for plan, _ in steps] == ["send", "send", "unchanged"]


def test_the_event_behind_an_upsert_links_all_that_it_names() -> None:
    """Also what is known of the `_kx`, for which the upsert did not speak."""
    events = [order(phone="+15551234567", kx="k"), login(email="ada@x.io", kx="k")]
    _, (plan, changes) = scan(TRANSFORM, events)
    assert [call.identifiers for call in plan.calls] == [
        {"email": "ada@x.io"},
        {"email": "ada@x.io", "_kx": "k"},
    ]
    assert {frozenset(one.linked) for one in changes.values()} == {frozenset((ADA, KX, PHONE))}
    assert changes.keys() == {ADA, KX, PHONE}


# The digest of traits


class Tier(StrEnum):
    """A subclass of str, which marshal refuses and JSON takes."""

    FREE = "free"


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": False}, {"a": 0}, False),
        ({"a": "1"}, {"a": 1}, False),
        ({"a": None}, {}, False),
        ({"a": ""}, {"a": None}, False),
        ({"a": Tier.FREE}, {"a": "free"}, True),
        ({"a": "\ud800"}, {"a": "\ud801"}, False),
        ({}, {"a": {}}, False),
    ],
)
def test_a_fingerprint_is_of_the_content(left: Any, right: Any, same: bool) -> None:
    """Independent of key order, and sure of types; a half character has one, too."""
    assert (fingerprint(left) == fingerprint(right)) == same
    assert (digest(left) == digest(right)) == same


def test_the_same_content_is_digested_once() -> None:
    """Whether one text stands in it twice, or two of the same letters."""
    one, other = ("".join(["twice the ", "same"]) for _ in range(2))
    assert one is not other
    fingerprint({"title": one, "organization": one})
    before = state._known.cache_info()
    fingerprint({"title": one, "organization": other})
    after = state._known.cache_info()
    assert (after.misses, after.hits) == (before.misses, before.hits + 1)


def test_long_traits_are_digested_and_not_remembered() -> None:
    """A stream of them must not fill the memory of who only passes it on."""
    before = state._known.cache_info().currsize
    long = [{"title": f"{number}" + "x" * 100_000} for number in range(50)]
    assert [fingerprint(traits) for traits in long] == [digest(traits) for traits in long]
    assert state._known.cache_info().currsize == before


def test_a_fingerprint_is_stable_between_runs() -> None:
    """It is stored, and compared by another process: no salted hash may get in."""
    expected = blake2b(b'{"a":[true,"\\u00e9"],"b":1.5}', digest_size=16).hexdigest()
    assert fingerprint({"b": 1.5, "a": [True, "é"]}) == expected
    assert expected == "69357412edcf2b896f91161b14c99825"


def test_the_state_holds_no_traits() -> None:
    """A store that is lost or shared tells nothing of anybody."""
    _, changes = TRANSFORM(login(id="u1"))
    assert "Ada" not in repr(changes)
    (found,) = changes.values()
    assert found.fingerprint == fingerprint({"first_name": "Ada"})
    assert set(found.fingerprint) <= set("0123456789abcdef")
