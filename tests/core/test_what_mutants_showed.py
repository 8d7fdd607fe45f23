"""What no other test noticed when it was changed, one claim each."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.make import NOW, codes, event_with

from walkeros_klaviyo import parse_config, pipeline, scan
from walkeros_klaviyo.core.klaviyo.identifier import read_email, read_identifier, read_person_id
from walkeros_klaviyo.core.klaviyo.rules import rule_of
from walkeros_klaviyo.core.klaviyo.state import ProfileState, is_one, merged
from walkeros_klaviyo.core.walkeros.value import mapping_value
from walkeros_klaviyo.core.walkeros.value.trace import trace
from walkeros_klaviyo.core.walkeros.value.tree import bare, is_path

Json = dict[str, Any]
EVENT: Json = {
    "name": "a b",
    "id": "e1",
    "nested": [{"id": "n1", "consent": {"own": True}}, {"id": "n2"}],
    "data": {"id": "d1"},
    "consent": {"marketing": True},
}


def by_event(value: Any, event: Json) -> Any:
    """A user's function that needs the event, and what it is asked about."""
    return f"{event['id']}:{value['id'] if isinstance(value, dict) else value}"


def holds(value: Any, event: Json) -> bool:
    """One that only the event decides."""
    return bool(event["id"] == "e1")


@pytest.mark.parametrize(
    "raw",
    [
        {"fn": by_event},
        {"map": {"x": {"fn": by_event}}},
        {"set": [{"fn": by_event}]},
        [{"fn": by_event}],
        [["data.none", {"fn": by_event}]],
        {"loop": ["nested", {"fn": by_event}]},
        {"loop": [{"set": [{"fn": by_event}]}, {"fn": by_event}]},
        {"loop": ["this", "id"]},
        {"key": "data.id", "condition": holds},
        {"key": "data.id", "validate": holds},
        {"key": "data.id", "consent": {"marketing": True}},
        {"loop": ["nested", {"key": "id", "consent": {"own": True}, "value": "hidden"}]},
        {"loop": ["nested", {"key": "id", "consent": {"marketing": True}, "value": "hidden"}]},
        {"map": {"x": {"fn": by_event}}, "consent": {"marketing": True}},
        {"fn": by_event, "value": "none"},
    ],
)
def test_an_explanation_sees_the_event_wherever_the_value_does(raw: Any) -> None:
    """In every kind of node: what is explained is what is sent."""
    mapping = mapping_value(raw, "v")
    assert trace(mapping.tree, EVENT, EVENT, []).value == mapping(EVENT)


def test_this_is_explained_as_this() -> None:
    """A loop over the value itself reads no path."""
    found = trace(mapping_value({"loop": ["this", "id"]}, "v").tree, EVENT, EVENT, [])
    assert (found.value, found.source) == (["e1"], "each of this")


def test_a_constant_list_is_each_events_own() -> None:
    """At any depth: whoever changes one plan changes no other."""
    mapping = mapping_value({"value": [["a"], {"b": ["c"]}]}, "v")
    one, other = mapping(EVENT), mapping(EVENT)
    assert one == other
    one[0].append("x")
    one[1]["b"].append("y")
    assert other == mapping(EVENT) == [["a"], {"b": ["c"]}]


@pytest.mark.parametrize(
    ("raw", "is_plain"),
    [
        ("data.id", True),
        ({"key": "data.id", "consent": {"marketing": True}}, True),
        (["data.id"], True),
        (["data.id", "data.sku"], False),
        ({"value": 1}, False),
    ],
)
def test_what_is_bare_is_without_its_guards(raw: Any, is_plain: bool) -> None:
    """And a list of one is that one."""
    assert is_path(bare(mapping_value(raw, "v").tree)) is is_plain


def known(time: float | None, told: str = "f") -> ProfileState:
    """What Klaviyo was told of somebody."""
    return ProfileState(told, ("k",), ("k",), time)


@pytest.mark.parametrize(
    ("before", "after", "time"),
    [
        (5.0, 3.0, 5.0),
        (5.0, 5.0, 5.0),
        (5.0, 7.0, 7.0),
        (5.0, None, 5.0),
        (None, 3.0, 3.0),
        (None, None, None),
    ],
)
def test_of_each_key_the_newest_time_is_kept(
    before: float | None, after: float | None, time: float | None
) -> None:
    """And all else as it was told last; also behind one of which nothing was known."""
    changes = {"new": known(1.0), "k": known(after, "g")}
    kept = merged({"k": known(before)}, changes)
    assert kept == {"new": known(1.0), "k": known(time, "g")}


def test_keys_that_stand_under_one_state_are_one() -> None:
    """But each key has to be looked at, and each state that stands there."""
    one = ProfileState("f", ("a", "b"), ("a", "b", "c"))
    other = ProfileState("f", ("c",), ("a", "b", "c"))
    assert is_one(("a", "b"), {"a": one, "b": one})
    assert not is_one(("a", "b", "c"), {"a": one, "b": one, "c": other})
    assert not is_one(("a", "b", "c"), {"a": one, "b": one})


@pytest.mark.parametrize(
    ("items", "is_told"),
    [
        ([{"sku": "A", "n": 1}], False),
        ([{"n": 1, "sku": "A"}], False),
        ([{"sku": "A", "n": 2}], True),
        ([{"sku": "A"}, {"n": 1}], True),
    ],
)
def test_the_order_of_keys_says_nothing_also_within_lists(items: Any, is_told: bool) -> None:
    """Of an order that comes again."""
    config = {
        "mapping": {"order": {"complete": {"data": {"map": {"Items": "data.items"}}}}},
        "settings": {"uniqueId": "data.id"},
    }
    events = [
        event_with(data={"id": "O-1", "items": one}) for one in ([{"sku": "A", "n": 1}], items)
    ]
    found = [plan.diagnostics for plan, _ in scan(pipeline(parse_config(config)), events, now=NOW)]
    assert ("unique-id.reused" in codes(found[1])) is is_told


class Word(str):
    """A string of a class of one's own."""

    __slots__ = ()


def test_content_of_a_foreign_class_is_compared_too() -> None:
    """JSON takes it, and marshal does not."""
    config = {"settings": {"uniqueId": "data.id"}, "data": {"map": {"t": "data.t"}}}
    events = [event_with(data={"id": "O-1", "t": Word(one)}) for one in ("a", "a", "b")]
    found = [plan.diagnostics for plan, _ in scan(pipeline(parse_config(config)), events, now=NOW)]
    assert ["unique-id.reused" in codes(one) for one in found] == [False, False, True]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (2.0**53, "9007199254740992"),
        (-(2.0**53), "-9007199254740992"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e-6, "0.0000015"),
        (-1.5e-6, "-0.0000015"),
        (1e-7, "1e-7"),
        (1.25, "1.25"),
    ],
)
def test_a_number_is_written_as_javascript_does(number: float, text: str) -> None:
    """With exponents only from 1e21 and below 1e-6."""
    assert read_identifier(number) == (text, "")


@pytest.mark.parametrize(
    ("email", "sent"),
    [
        ("ada@bücher-laden.example", "ada@xn--bcher-laden-thb.example"),
        ("ada@-bücher.example", None),
        ("ada@bü\u200dcher.example", None),
    ],
)
def test_a_hyphen_stays_within_an_international_domain(email: str, sent: str | None) -> None:
    """Not at its start, and nothing that nobody sees."""
    text, reason = read_email(email)
    assert text == sent
    assert (reason == "has an impossible domain") is (sent is None)


def test_an_id_of_the_greatest_length_is_one() -> None:
    """One more character, and it is none."""
    assert read_person_id("x" * 255) == ("x" * 255, "")
    assert read_person_id("x" * 256)[0] is None


@pytest.mark.parametrize(
    ("identify", "clear", "cleared"),
    [
        (
            {"map": {"title": "user.t", "location": {"map": {"city": "user.c", "no": "user.n"}}}},
            True,
            {(("title",), ("user", "t")), (("location", "city"), ("user", "c"))},
        ),
        (
            {"map": {"unknown": "user.x", "title": "user.t"}},
            True,
            {(("title",), ("user", "t"))},
        ),
        (
            {"map": {"title": {"map": {"a": "user.a"}}, "properties": {"map": {"p": "user.p"}}}},
            True,
            {(("properties", "p"), ("user", "p"))},
        ),
        (
            {"map": {"location": "user.at", "properties": {"map": {"p": "user.p"}}}},
            ["location", "properties.p"],
            {(("location",), ("user", "at")), (("properties", "p"), ("user", "p"))},
        ),
    ],
)
def test_what_may_be_cleared_is_read_off_a_plain_path(
    identify: Json, clear: Any, cleared: set[Any]
) -> None:
    """A trait, or a member of one that has members."""
    settings = rule_of({"settings": {"identify": identify, "clear": clear}}).settings
    assert set(settings.cleared) == cleared
