"""What does a tree read, and what else is in it?"""

from __future__ import annotations

from typing import Any

import pytest

from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.value import mapping_value
from walkeros_klaviyo.core.walkeros.value.tree import Node
from walkeros_klaviyo.core.walkeros.value.walk import (
    Read,
    consents_of,
    constant_of,
    is_computed,
    members_of,
    nodes,
    sees,
    walk,
)


def tree(raw: Any) -> Node:
    """As a configuration has it, at `v`."""
    return mapping_value(raw, "v").tree


def yes(value: Any, event: Any) -> bool:
    """A user's function."""
    return True


@pytest.mark.parametrize(
    ("raw", "reads"),
    [
        ("data.id", [Read("data.id", "v")]),
        ({"key": "data.id", "value": 0}, [Read("data.id", "v.key", has_rest=True)]),
        ({"value": 0}, []),
        (
            ["a.b", "c.d", "e.f"],
            [
                Read("a.b", "v[0]", has_rest=True, among="v"),
                Read("c.d", "v[1]", is_fallback=True, has_rest=True, among="v"),
                Read("e.f", "v[2]", is_fallback=True, among="v"),
            ],
        ),
        (
            ["a.b", {"value": 1}],
            [Read("a.b", "v[0]", has_rest=True)],
        ),
        (
            {"map": {"x": "a.b", "y": {"key": "c.d"}}},
            [Read("a.b", "v.map.x"), Read("c.d", "v.map.y.key")],
        ),
        (
            {"loop": ["nested", {"map": {"sku": "data.sku"}}]},
            [
                Read("nested", "v.loop[0]"),
                Read("data.sku", "v.loop[1].map.sku", within=("nested",)),
            ],
        ),
        (
            {"loop": ["this", "id"]},
            [Read("id", "v.loop[1]", within=("this",))],
        ),
        (
            {"loop": [["a", "b"], {"loop": ["c", "d"]}]},
            [
                Read("a", "v.loop[0][0]", has_rest=True, among="v.loop[0]"),
                Read("b", "v.loop[0][1]", is_fallback=True, among="v.loop[0]"),
                Read("c", "v.loop[1].loop[0]", within=("",)),
                Read("d", "v.loop[1].loop[1]", within=("", "c")),
            ],
        ),
        (
            {"key": "a.b", "consent": {"marketing": True}},
            [Read("a.b", "v.key")],
        ),
        (
            {"map": {"x": "a.b"}, "consent": {"marketing": True}, "value": "n"},
            [Read("a.b", "v.map.x")],
        ),
        ({"set": ["a", {"value": 2}, "b"]}, [Read("a", "v.set[0]"), Read("b", "v.set[2]")]),
    ],
)
def test_every_path_is_named_with_what_stands_in(raw: Any, reads: list[Read]) -> None:
    """Where it is written, within which loops, and whether something else may be taken."""
    assert list(walk(tree(raw))) == reads


def test_what_stands_in_for_a_guarded_value_stands_in_for_all_it_reads() -> None:
    """Without the consent, `value` is taken."""
    node = tree({"key": "a.b", "consent": {"marketing": True}, "value": 0})
    assert [one.has_rest for one in walk(node)] == [True]


def test_all_below_is_found_from_the_top_down() -> None:
    """Each node once."""
    found = [one.where for one in nodes(tree({"map": {"x": ["a", {"value": 1}], "y": "b"}}))]
    assert found == ["v.map", "v.map.x", "v.map.x[0]", "v.map.x[1]", "v.map.y"]


@pytest.mark.parametrize(
    ("raw", "constant"),
    [
        ({"value": "EUR"}, "EUR"),
        ({"value": 0}, 0),
        ([{"value": "EUR"}], "EUR"),
        ([{"value": "EUR"}, {"value": "USD"}], None),
        ("data.id", None),
        ({}, None),
        ({"map": {"a": {"value": 1}}}, None),
    ],
)
def test_a_constant_is_what_it_always_yields(raw: Any, constant: Any) -> None:
    """Of several nobody knows which."""
    assert constant_of(tree(raw)) == constant
    assert constant is not ABSENT


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ({"map": {"a": "x", "b": "y"}}, ["a", "b"]),
        ({"map": {"a": "x"}, "value": {"c": 1}}, ["a"]),
        ({"map": {"a": "x"}, "consent": {"marketing": True}}, ["a"]),
        ([{"map": {"a": "x"}}, {"map": {"b": "y"}}], ["a"]),
        ("data", []),
        ([], []),
    ],
)
def test_members_are_an_objects_whatever_guards_it(raw: Any, names: list[str]) -> None:
    """The first of several."""
    assert list(members_of(tree(raw))) == names


@pytest.mark.parametrize("name", ["condition", "validate", "fn"])
def test_a_users_function_makes_it_computed(name: str) -> None:
    """Wherever it stands."""
    raw = {name: yes} if name == "fn" else {"key": "data.id", name: yes}
    assert is_computed(tree(raw))
    assert is_computed(tree({"map": {"x": [raw]}}))
    assert sees(tree(raw))


def test_consent_alone_computes_nothing() -> None:
    """Its states are known."""
    node = tree({"key": "data.id", "consent": {"marketing": True}})
    assert not is_computed(node)
    assert list(consents_of(node)) == [("v.consent", frozenset({"marketing"}))]
    assert list(consents_of(tree({"map": {"x": {"key": "a", "consent": {"ads": True}}}}))) == [
        ("v.map.x.consent", frozenset({"ads"}))
    ]
    assert list(consents_of(tree({"key": "a", "validate": yes}))) == []


def test_a_key_is_seen_by_the_path_that_begins_with_it() -> None:
    """Not by one that holds it further on."""
    assert sees(tree("name"))
    assert sees(tree({"map": {"x": ["id", "consent.marketing"]}}), "consent")
    assert not sees(tree("data.name"))
