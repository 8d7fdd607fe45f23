"""What do we know of someone? Traits by name and type; what is blank is not known."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.make import codes, event_with, plan_of, raising, rule_with, with_rule

from walkeros_klaviyo import describe_profile
from walkeros_klaviyo.core.klaviyo.blank import MACHINE_MADE, PLACEHOLDERS
from walkeros_klaviyo.core.klaviyo.traits import LOCATION_FIELDS, TEXT_TRAITS


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
        *((field, field) for field in TEXT_TRAITS),
    ],
)
def test_a_text_field_goes_by_either_name(name: str, field: str) -> None:
    """walkerOS's camel case and Klaviyo's own snake case."""
    assert traits_of(**{name: "x"}) == ({field: "x"}, [])
    assert traits_of(**{name: " x "}) == ({field: " x "}, [])


BLANK = ["", "  ", "\t\n", " " * 30, f"{' ' * 20}undefined{' ' * 20}"]


@pytest.mark.parametrize("blank", [*BLANK, *sorted(PLACEHOLDERS), "N/A", " Null "])
def test_a_trait_that_is_blank_or_a_placeholder_is_not_told(blank: str) -> None:
    """It would wipe what is known; the others are told all the same."""
    found, said = traits_of(firstName=blank, title="Dr", location={"city": blank, "zip": "89073"})
    assert found == {"title": "Dr", "location": {"zip": "89073"}}
    assert said == [
        ("profile.blank", "identify.firstName"),
        ("profile.blank", "identify.location.city"),
    ]


@pytest.mark.parametrize("blank", [*BLANK, *sorted(MACHINE_MADE)])
def test_a_property_of_ones_own_is_blank_too(blank: str) -> None:
    """But `guest`, `unknown` and `true` may well be said of somebody, and a shop's list too."""
    said_of = {"role": "guest", "known": "true", "source": "unknown", "list": ["", "none"]}
    found, said = traits_of(properties={"gone": blank, **said_of})
    assert found == {"properties": said_of}
    assert said == [("profile.blank", "identify.properties.gone")]


@pytest.mark.parametrize(
    ("number", "text"),
    [(7, "7"), (0, "0"), (-1, "-1"), (89073, "89073"), (1.5, "1.5"), (1040.0, "1040")],
)
def test_a_number_becomes_the_text_that_klaviyo_wants(number: float, text: str) -> None:
    """A zip that a spreadsheet made a number; only a property of one's own stays one."""
    found, said = traits_of(
        title=number, location={"zip": number}, properties={"n": number, "l": [number]}
    )
    expected = {"title": text, "location": {"zip": text}}
    assert (found, said) == ({**expected, "properties": {"n": number, "l": [number]}}, [])


@pytest.mark.parametrize(
    ("raw", "locale"),
    [
        ("de-DE", "de-DE"),
        ("de_DE", "de-DE"),
        ("zh_Hans_CN", "zh-Hans-CN"),
        ("de", "de"),
        ("fil_PH", "fil-PH"),
        ("EN_us", "EN-us"),
        ("de_DE.UTF-8", "de-DE"),
        ("ca_ES.UTF-8@valencia", "ca-ES"),
        ("de_DE.", "de_DE."),
        ("a_b", "a_b"),
        ("_de", "_de"),
    ],
)
def test_a_locale_is_written_as_browsers_do(raw: str, locale: str) -> None:
    """Operating systems have an underscore; what is no locale stays as it is."""
    assert traits_of(locale=raw) == ({"locale": locale}, [])
    assert traits_of(title=raw) == ({"title": raw}, [])


@pytest.mark.parametrize("value", [True, False, ["x"], {"x": 1}])
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


def test_a_spelling_that_is_blank_gives_way_to_the_other() -> None:
    """What is not known does not stand in the way of what is."""
    for names in (("firstName", "first_name"), ("first_name", "firstName")):
        found, said = traits_of(**dict(zip(names, (" ", "Ada"), strict=True)))
        assert (found, said) == ({"first_name": "Ada"}, [("profile.blank", f"identify.{names[0]}")])


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
        ({"title": True}, "is a boolean; Klaviyo would refuse the profile"),
        ({"firstName": "a", "first_name": "b"}, 'is given twice; "firstName" is used'),
        ({"location": {"plz": "1"}}, "no field of a Klaviyo location"),
        ({"location": {"zip": True}}, "is a boolean; Klaviyo would refuse the profile"),
        ({"location": "Ulm"}, "is a string; Klaviyo would refuse the profile"),
        ({"title": " "}, "is blank; not sent"),
        ({"properties": {"size": "undefined"}}, "is a placeholder; not sent"),
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


@pytest.mark.parametrize(
    "traits",
    [
        {"location": {}},
        {"properties": {}},
        {"location": {"city": " "}},
        {"properties": {"a": "none"}},
        {"location": {"plz": "89073"}},
        {"location": {"city": True}},
    ],
)
def test_an_upsert_holds_no_empty_object(traits: dict[str, Any]) -> None:
    """Nothing is left of it, so nothing is said of it; the rest is told."""
    assert traits_of(**traits, title="Dr")[0] == {"title": "Dr"}


def test_nulls_inside_cost_only_themselves() -> None:
    """Of a profile's lists they are left out: no segment asks for them."""
    rule = rule_with(
        identify={
            "map": {
                "location": "user.at",
                "properties": {
                    "map": {"tags": "user.tags", "deep": "user.deep", "set": {"set": ["a", "b"]}}
                },
            }
        }
    )
    user = {
        "at": {"city": "Ulm", "zip": None},
        "tags": ["a", None],
        "deep": {"x": [None, {"y": None}], "z": None},
    }
    found, notes = describe_profile(rule, {"user": user, "b": 1})
    assert found == {
        "location": {"city": "Ulm"},
        "properties": {"tags": ["a"], "deep": {"x": [{}]}, "set": [1]},
    }
    assert [(one.code, one.path) for one in notes] == [
        ("value.holds-null", "user.at"),
        ("value.holds-null", "user.tags"),
        ("value.holds-null", "user.deep"),
    ]


# What is cleared on purpose

NAMED = {
    "map": {
        "firstName": "user.first",
        "title": ["user.title", "user.degree"],
        "location": {"map": {"city": "user.city", "zip": "user.zip"}},
        "properties": {"map": {"size": "user.size"}},
    }
}


@pytest.mark.parametrize(
    ("clear", "user", "traits"),
    [
        (None, {"first": None}, {}),
        (False, {"first": None}, {}),
        (True, {"first": None}, {"first_name": None}),
        (["firstName"], {"first": None}, {"first_name": None}),
        (["first_name"], {"first": None}, {"first_name": None}),
        (["title"], {"first": None}, {}),
        (True, {}, {}),
        (True, {"first": " ", "city": "undefined"}, {}),
        (True, {"first": "Ada"}, {"first_name": "Ada"}),
        (True, {"title": None, "degree": None}, {}),
        (True, {"city": None}, {"location": {"city": None}}),
        (
            ["location"],
            {"city": None, "zip": "89073"},
            {"location": {"zip": "89073", "city": None}},
        ),
        (["location.city"], {"city": None, "zip": None}, {"location": {"city": None}}),
        (["properties.size"], {"size": None, "city": None}, {"properties": {"size": None}}),
    ],
)
def test_only_an_explicit_null_clears_and_only_what_is_named(
    clear: Any, user: dict[str, Any], traits: dict[str, Any]
) -> None:
    """`true` names all; what is missing or blank never wipes, nor does one option of several."""
    config = {"settings": {"identify": NAMED, "clear": clear}}
    plan = plan_of(config, event_with(user={"id": "u1", **user}))
    assert plan.calls[0].attributes == {"external_id": "u1", **traits}


def test_a_rule_may_clear_what_the_destination_does_not_and_the_other_way_round() -> None:
    """A rule's own word counts, `false` included."""
    event = event_with(user={"id": "u1", "first": None})
    for own, below, cleared in ((True, None, True), (False, True, False), (None, True, True)):
        config = with_rule({"settings": {"clear": own}}, settings={"clear": below})
        config["settings"]["identify"] = NAMED
        assert ("first_name" in plan_of(config, event).calls[0].attributes) == cleared


def test_a_whole_object_can_be_cleared_where_one_path_gives_it() -> None:
    config = {"settings": {"identify": {"map": {"location": "user.at"}}, "clear": ["location"]}}
    plan = plan_of(config, event_with(user={"id": "u1", "at": None}))
    assert plan.calls[0].attributes == {"external_id": "u1", "location": None}


def test_clearing_is_news_like_any_other() -> None:
    """A null has another digest than nothing at all."""
    config = {"settings": {"identify": NAMED, "clear": True}}
    nothing, null = (
        plan_of(config, event_with(user={"id": "u1", **user})).calls[0].fingerprint
        for user in ({}, {"first": None})
    )
    assert nothing != null


# Places


def test_a_location_keeps_klaviyos_fields() -> None:
    location = dict.fromkeys(LOCATION_FIELDS, "x")
    assert traits_of(location=location) == ({"location": location}, [])
    places = {"latitude": 48.4, "longitude": 10}
    assert traits_of(location=places) == ({"location": places}, [])


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("plz", "89073", "profile.unknown-field"),
        ("zip", True, "profile.wrong-type"),
        ("city", ["Ulm"], "profile.wrong-type"),
        ("latitude", True, "profile.wrong-type"),
        ("latitude", {}, "profile.wrong-type"),
        ("longitude", "", "profile.blank"),
    ],
)
def test_a_bad_field_of_a_location_is_dropped_alone(name: str, value: Any, code: str) -> None:
    """The place of the fault goes down to the field."""
    found, said = traits_of(location={name: value, "country": "DE"})
    assert found == {"location": {"country": "DE"}}
    assert said == [(code, f"identify.location.{name}")]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [({"value": "x"}, "a string"), ({"value": [1]}, "a list"), ({"value": 7}, "a number")],
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
    """`_kx` and `anonymous_id` find a profile; others name it better."""
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
