"""What makes a retry the same event? Mapping, else the event's id, else its content."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import pytest
from tests.core.make import codes, event_with, event_without, plan_of, raising, rule_with

from walkeros_klaviyo import resolve_unique_id
from walkeros_klaviyo.core.canonical import digest
from walkeros_klaviyo.core.klaviyo.identifier import read_identifier


@pytest.mark.parametrize(
    ("mapped", "unique_id", "said"),
    [
        ("O-1", "O-1", []),
        (90_210, "90210", []),
        (1.0, "1", []),
        (0, "0", []),
        (None, "e1", ["unique-id.missing"]),
        ("", "e1", ["unique-id.missing"]),
        ("  ", "e1", ["unique-id.invalid"]),
        ("undefined", "e1", ["unique-id.invalid"]),
        (True, "e1", ["unique-id.invalid"]),
        ([], "e1", ["unique-id.invalid"]),
        ({"id": 1}, "e1", ["unique-id.invalid"]),
        ([None], "e1", ["value.holds-null", "unique-id.invalid"]),
        (" O-1 ", "O-1", []),
        (" " * 2_000, "e1", ["unique-id.invalid"]),
    ],
)
def test_the_mapping_comes_first_and_the_events_id_stands_in(
    mapped: Any, unique_id: str, said: list[str]
) -> None:
    """Numbers become texts; what is no id is named where the event has it."""
    rule = rule_with(unique_id="data.id")
    found, notes = resolve_unique_id(rule, {"id": "e1", "data": {"id": mapped}})
    assert (found, codes(notes)) == (unique_id, said)
    assert all(one.path == "data.id" for one in notes)
    if said == ["unique-id.invalid"]:
        assert notes[0].message == read_identifier(mapped)[1]


@pytest.mark.parametrize(
    ("options", "unique_id", "said"),
    [
        ([None, "O-2"], "O-2", []),
        (["", "O-2"], "O-2", []),
        (["undefined", "O-2"], "O-2", ["unique-id.invalid"]),
        ([True, [], 7], "7", ["unique-id.invalid"] * 2),
        (["", "null"], "e1", ["unique-id.invalid"]),
        ([0, "O-2"], "0", []),
    ],
)
def test_of_a_list_the_first_that_is_an_id_counts(
    options: list[Any], unique_id: str, said: list[str]
) -> None:
    """Zero may be an order's number; it is nobody only as a person's id."""
    data = {str(at): one for at, one in enumerate(options)}
    rule = rule_with(unique_id=[f"data.{at}" for at in data])
    found, notes = resolve_unique_id(rule, {"id": "e1", "data": data})
    assert (found, codes(notes)) == (unique_id, said)


def test_a_mapping_sees_the_event_and_what_failed_on_the_way_is_said() -> None:
    """A list's first value raised; its second is the id."""
    rule = rule_with(unique_id={"fn": lambda value, event: value["a"] + event["b"]})
    assert resolve_unique_id(rule, {"a": "x", "b": "y"}) == ("xy", ())
    rule = rule_with(unique_id=[{"fn": raising(ValueError())}, "data.id"])
    found, notes = resolve_unique_id(rule, {"data": {"id": 7}})
    assert (found, codes(notes)) == ("7", ["value.raised"])


def test_the_digest_is_made_where_the_event_is_recorded() -> None:
    """The stage alone gives none: it does not see the event as it came."""
    one, other = (event_without("id", data={"a": number}) for number in (1, 2))
    assert resolve_unique_id(rule_with(), one)[0] is None
    assert unique_id_of(one) == digest(one)
    assert unique_id_of(other) == digest(other) != digest(one)


@pytest.mark.parametrize(
    ("own", "unique_id"), [("e1", "e1"), (7, "7"), (1.0, "1"), ("Unique", "Unique")]
)
def test_without_a_mapping_the_events_id_counts(own: Any, unique_id: str) -> None:
    assert resolve_unique_id(rule_with(), {"id": own}) == (unique_id, ())


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({}, "the event has no id; derived from the content"),
        ({"id": None}, "the event has no id; derived from the content"),
        ({"id": ""}, "the event has no id; derived from the content"),
        (
            {"id": "null"},
            "the event's id is a placeholder, not an id; derived from the content",
        ),
        (
            {"id": True},
            "the event's id is a boolean, not a string or number; derived from the content",
        ),
    ],
)
def test_without_any_id_the_content_counts_and_it_is_said(event: Any, message: str) -> None:
    """A digest of 32 hex digits, so that sending the same twice records it once."""
    found, notes = resolve_unique_id(rule_with(), event)
    assert found is None
    sent = unique_id_of({**event_without("id"), **event})
    assert len(sent) == 32
    assert set(sent) <= set("0123456789abcdef")
    assert [(one.code, one.path, one.message) for one in notes] == [
        ("unique-id.derived", "id", message)
    ]


def test_a_bad_mapping_and_no_id_says_both() -> None:
    rule = rule_with(unique_id={"fn": raising(ValueError())})
    assert codes(resolve_unique_id(rule, {})[1]) == ["value.raised", "unique-id.derived"]
    rule = rule_with(unique_id="data.id")
    said = codes(resolve_unique_id(rule, {"data": {"id": True}})[1])
    assert said == ["unique-id.invalid", "unique-id.derived"]


def unique_id_of(event: Any, **config: Any) -> str:
    """What the whole pipeline takes."""
    call = plan_of(config, event).calls[-1]
    return str(call.attributes["unique_id"])


def test_a_derived_id_is_of_the_content_whatever_the_order_of_its_keys() -> None:
    event = event_without("id", data={"a": 1, "b": [True]})
    turned = dict(reversed(list(event.items())))
    assert unique_id_of(event) == unique_id_of(turned)
    others = [
        event_without("id", data={"a": 1, "b": [1]}),
        event_without("id", data={"a": 1, "b": [True, True]}),
        event_without("id", data={"a": 1, "b": [True]}, timestamp=1),
        event_without("id", data={"a": 1, "b": [True]}, extra=None),
    ]
    assert len({unique_id_of(one) for one in [event, *others]}) == 5


def test_a_derived_id_is_of_the_event_as_it_came() -> None:
    """Before any policy: a policy that changes with the version must not double what was sent."""
    event = event_without("id", data={"a": 1})
    plain = unique_id_of(event)
    assert unique_id_of(event, policy={"data.a": {"value": 2}}) == plain
    rule = {"order": {"complete": {"name": "Other", "policy": {"data.a": {"value": 3}}}}}
    assert unique_id_of(event, mapping=rule) == plain
    denied = {**event, "consent": {"marketing": True, "ads": False}}
    assert unique_id_of(denied, consent={"marketing": True}) == unique_id_of(denied)


def test_a_policy_may_give_the_event_an_id() -> None:
    """The id is looked up where the mappings look; only the content is the raw event's."""
    event = event_without("id", data={"no": 7})
    assert unique_id_of(event, policy={"id": "data.no"}) == "7"


def test_a_rules_mapping_is_never_backed_by_the_destinations() -> None:
    """Unresolved, then the event's id: the destination's mapping in between would be a third."""
    settings = {"uniqueId": "data.order"}
    mapping = {
        "order": {
            "complete": {"settings": {"uniqueId": "data.missing"}},
            "refund": {},
        }
    }
    event = event_with(data={"order": "O-1"})
    assert unique_id_of(event, settings=settings, mapping=mapping) == "e1"
    refund = {**event, "name": "order refund"}
    assert unique_id_of(refund, settings=settings, mapping=mapping) == "O-1"
    assert unique_id_of({**refund, "name": "a b"}, settings=settings, mapping=mapping) == "O-1"


def test_foreign_objects_and_half_characters_have_a_digest() -> None:
    """An event without id made in Python must not raise; the object counts by its type."""
    one = unique_id_of(event_without("id", data={"x": object(), "y": "\ud800"}))
    two = unique_id_of(event_without("id", data={"x": object(), "y": "\ud800"}))
    other = unique_id_of(event_without("id", data={"x": b"", "y": "\ud800"}))
    assert one == two != other


def test_what_json_will_not_write_has_a_digest_all_the_same() -> None:
    """Integers of thousands of digits beside foreign objects; in any order, and never raising."""
    one = digest({"x": 10**5_000, "y": object(), 3: [None, True, "a"]})
    other = digest({3: [None, True, "a"], "y": object(), "x": 10**5_000})
    assert one == other
    assert one != digest({"x": 10**5_000 + 1, "y": object(), 3: [None, True, "a"]})


class Shown(str):
    """A string that shows itself as it is, as texts of markup do; repr would escape it."""

    __repr__ = str.__str__


def test_half_characters_beside_such_a_number_have_a_digest() -> None:
    """Also where nothing escapes them: what JSON will not write is encoded as it stands."""
    one, other = (digest({"x": 10**5_000, "y": Shown(half)}) for half in ("\ud800", "\ud801"))
    assert one != other


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": object(), "a": [1, True, None]}, '{"a":[1,true,null],"b":"object"}'),
        (
            {1: [None, True, 1.5, "é", object()], "n": 10**5_000},
            f"{{'n':{10**5_000:#x},0x1:[None,True,1.5,'é',object]}}",
        ),
    ],
    ids=["json", "beyond json"],
)
def test_a_digest_is_the_same_in_every_version(value: Any, text: str) -> None:
    """It was sent as an id: another text for the same content would record the event twice."""
    assert digest(value) == blake2b(text.encode(), digest_size=16).hexdigest()
