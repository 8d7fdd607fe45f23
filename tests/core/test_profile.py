"""What do we know of someone? Traits by name and type, and the digest that stands for them."""

from __future__ import annotations

from enum import StrEnum
from hashlib import blake2b
from typing import Any

import pytest
from tests.core.make import codes, event_with, plan_of, raising, rule_with

from walkeros_klaviyo import describe_profile, parse_config, pipeline
from walkeros_klaviyo.core.canonical import digest
from walkeros_klaviyo.core.klaviyo import profile
from walkeros_klaviyo.core.klaviyo.limits import LOCATION_FIELDS, PROFILE_FIELDS
from walkeros_klaviyo.core.klaviyo.profile import fingerprint


def traits_of(**traits: Any) -> tuple[Any, list[tuple[str, str]]]:
    """What an identify mapping with these constants describes, and code and path of each note."""
    raw = {"map": {name: {"value": value} for name, value in traits.items()}}
    found, notes = describe_profile(rule_with(identify=raw), {})
    return found, [(one.code, one.path) for one in notes]


def test_a_rule_without_identify_describes_nobody() -> None:
    assert describe_profile(rule_with(), event_with()) == (None, ())


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("firstName", "first_name"),
        ("lastName", "last_name"),
        *((field, field) for field in PROFILE_FIELDS),
    ],
)
def test_a_text_field_goes_by_either_name(name: str, field: str) -> None:
    """walkerOS's camel case and Klaviyo's own snake case."""
    assert traits_of(**{name: "x"}) == ({field: "x"}, [])
    assert traits_of(**{name: ""}) == ({field: ""}, [])


@pytest.mark.parametrize("value", [7, 1.5, True, ["x"], {"x": 1}])
@pytest.mark.parametrize("name", ["firstName", "title", "locale"])
def test_a_text_field_of_another_type_is_dropped_alone(name: str, value: Any) -> None:
    """Klaviyo would refuse the whole profile for it."""
    found, said = traits_of(**{name: value, "organization": "Acme"})
    assert found == {"organization": "Acme"}
    assert said == [("profile.wrong-type", f"identify.{name}")]


@pytest.mark.parametrize("name", ["location", "properties"])
@pytest.mark.parametrize("value", ["x", 7, True, ["x"]])
def test_an_object_field_of_another_type_is_dropped_alone(name: str, value: Any) -> None:
    found, said = traits_of(**{name: value, "title": "Dr"})
    assert found == {"title": "Dr"}
    assert said == [("profile.wrong-type", f"identify.{name}")]


@pytest.mark.parametrize("name", ["emial", "email", "phone_number", "external_id", "_kx", "First"])
def test_an_unknown_field_is_dropped_alone(name: str) -> None:
    """Identifiers come from the settings, not from identify; own traits go under properties."""
    found, said = traits_of(**{name: "x", "title": "Dr"})
    assert found == {"title": "Dr"}
    assert said == [("profile.unknown-field", f"identify.{name}")]


def test_camel_case_wins_over_snake_case_in_either_order() -> None:
    """Both names of one field: the documented one is meant."""
    assert traits_of(firstName="camel", first_name="snake")[0] == {"first_name": "camel"}
    assert traits_of(first_name="snake", firstName="camel")[0] == {"first_name": "camel"}


def test_the_spelling_that_loses_is_named() -> None:
    """No drop is silent."""
    expected = [("profile.given-twice", "identify.first_name")]
    assert traits_of(firstName="camel", first_name="snake")[1] == expected
    expected = [("profile.given-twice", "identify.firstName")]
    assert traits_of(first_name="snake", firstName="camel")[1] == expected


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"emial": "x"}, "no field of a Klaviyo profile"),
        ({"title": 7}, "is a number; Klaviyo would refuse the profile"),
        ({"firstName": "a", "first_name": "b"}, 'is given twice; "firstName" is used'),
        ({"location": {"plz": "1"}}, "no field of a Klaviyo location"),
        ({"location": {"zip": 1}}, "is a number; Klaviyo would refuse the profile"),
    ],
)
def test_a_trait_that_is_dropped_is_told_why(traits: dict[str, Any], message: str) -> None:
    """Never with its value: it is somebody's."""
    raw = {"map": {name: {"value": value} for name, value in traits.items()}}
    _, (one,) = describe_profile(rule_with(identify=raw), {})
    assert one.message == message


def test_identifys_function_sees_the_event_as_its_value_and_beside_it() -> None:
    rule = rule_with(identify={"fn": lambda value, event: {"title": value["a"] + event["b"]}})
    assert describe_profile(rule, {"a": "x", "b": "y"}) == ({"title": "xy"}, ())


def test_properties_are_passed_as_they_are() -> None:
    """They are the user's own."""
    own = {"plan": "free", "n": 1, "deep": {"l": [1, {"a": True}]}}
    assert traits_of(properties=own) == ({"properties": own}, [])
    assert traits_of(properties={}) == ({"properties": {}}, [])


def test_a_location_keeps_klaviyos_fields() -> None:
    location = dict.fromkeys(LOCATION_FIELDS, "x")
    assert traits_of(location=location) == ({"location": location}, [])
    places = {"latitude": 48.4, "longitude": 10}
    assert traits_of(location=places) == ({"location": places}, [])


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("plz", "89073", "profile.unknown-field"),
        ("zip", 89073, "profile.wrong-type"),
        ("city", ["Ulm"], "profile.wrong-type"),
        ("latitude", True, "profile.wrong-type"),
        ("latitude", {}, "profile.wrong-type"),
    ],
)
def test_a_bad_field_of_a_location_is_dropped_alone(name: str, value: Any, code: str) -> None:
    """The place of the fault goes down to the field."""
    found, said = traits_of(location={name: value, "country": "DE"})
    assert found == {"location": {"country": "DE"}}
    assert said == [(code, f"identify.location.{name}")]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [({"value": "x"}, "a text"), ({"value": [1]}, "a list"), ({"value": 7}, "a number")],
)
def test_identify_that_is_no_object_makes_no_upsert(raw: Any, kind: str) -> None:
    found, notes = describe_profile(rule_with(identify=raw), {})
    assert found is None
    assert [(one.code, one.path, one.message) for one in notes] == [
        ("identify.not-an-object", "identify", f"resolved to {kind}")
    ]


def test_identify_that_is_undefined_makes_no_upsert_without_a_word() -> None:
    """The event has no user, perhaps; but what raised is said."""
    assert describe_profile(rule_with(identify="user.traits"), {}) == (None, ())
    found, notes = describe_profile(rule_with(identify={"fn": raising(ValueError())}), {})
    assert (found, codes(notes)) == (None, ["value.raised"])


def test_an_empty_object_still_upserts_the_identifiers() -> None:
    """So Klaviyo knows the person before the event comes."""
    plan = plan_of({"settings": {"identify": {"map": {}}}})
    assert [call.name for call in plan.calls] == [
        "profiles.create_or_update_profile",
        "events.create_event",
    ]
    assert plan.calls[0].attributes == {"email": "ada@example.com", "external_id": "u1"}


def test_a_visitors_identifiers_do_not_go_into_the_upsert() -> None:
    """`_kx` and `anonymous_id` find a profile and are no fields to set."""
    settings = {"identify": {"map": {}}, "kx": "user.kx", "anonymousId": "user.device"}
    plan = plan_of({"settings": settings}, event_with(user={"id": "u1", "kx": "k", "device": "d"}))
    upsert, event = plan.calls
    assert upsert.attributes == {"external_id": "u1"}
    profile = event.attributes["profile"]["data"]["attributes"]
    assert profile == {"external_id": "u1", "anonymous_id": "d", "_kx": "k"}


def test_a_rules_identify_that_yields_no_object_does_not_fall_back() -> None:
    """The rule has said who it is about: nobody."""
    config = {
        "settings": {"identify": {"map": {"firstName": "user.first"}}},
        "mapping": {"order": {"complete": {"settings": {"identify": "user.missing"}}}},
    }
    event = event_with(user={"id": "u1", "first": "Ada"})
    assert [call.name for call in plan_of(config, event).calls] == ["events.create_event"]
    other = plan_of(config, {**event, "name": "page view"})
    assert other.calls[0].attributes == {"external_id": "u1", "first_name": "Ada"}


class Plan(StrEnum):
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
        ({"a": Plan.FREE}, {"a": "free"}, True),
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
    known = profile._known.cache_info().misses
    fingerprint({"title": one, "organization": other})
    assert profile._known.cache_info().misses == known


def test_a_fingerprint_is_stable_between_runs() -> None:
    """It is stored, and compared by another process: no salted hash may get in."""
    expected = blake2b(b'{"a":[true,"\\u00e9"],"b":1.5}', digest_size=16).hexdigest()
    assert fingerprint({"b": 1.5, "a": [True, "é"]}) == expected
    assert expected == "69357412edcf2b896f91161b14c99825"


def test_the_state_holds_no_traits() -> None:
    """A store that is lost or shared tells nothing of anybody."""
    config = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}
    state = pipeline(parse_config(config))(event_with(user={"id": "u1", "first": "Ada"}))[1]
    assert state is not None
    assert "Ada" not in repr(state)
    assert len(state.fingerprint) == 32
    assert set(state.fingerprint) <= set("0123456789abcdef")
