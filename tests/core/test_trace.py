"""What does a tree yield, and where did each part of it come from? The same as its closure."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.make import nested, raising

from walkeros_klaviyo import Diagnostic, mapping_value
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.value.trace import NOTHING, Trace, trace

EVENT: dict[str, Any] = {
    "data": {"id": "O-1", "empty": "", "zero": 0, "null": None, "nan": float("nan")},
    "lines": [{"sku": "A", "image": None}, None, {"tags": ["x", None]}, {"sku": "C"}],
    "consent": {"marketing": True},
}
GRANTED, DENIED = {"marketing": True}, {"ads": True}


def yes(value: Any, event: Any) -> bool:
    """A condition or a validation that holds."""
    return True


def no(value: Any, event: Any) -> bool:
    """One that does not."""
    return False


def traced(raw: Any) -> tuple[Trace, list[Diagnostic]]:
    """A mapping value's trace for the event, and what it had to say."""
    notes: list[Diagnostic] = []
    return trace(mapping_value(raw, "here").tree, EVENT, EVENT, notes), notes


RAWS: list[Any] = [
    "data.id",
    "data.null",
    "data.nan",
    "lines",
    "lines.length",
    "lines.*.sku",
    "lines.*.tags",
    {"key": "lines.*.sku", "value": "?"},
    {"key": "lines.*.tags.*.x", "value": "?"},
    {"key": "missing.*.sku", "value": "?"},
    {"key": "data.*.nan", "value": "?"},
    {"key": "data.nan", "value": [1]},
    {"value": {"a": [None, {"b": None}]}},
    [],
    ["missing", "data.empty", "data.id"],
    [["data.empty", "data.zero"], "data.id"],
    [["data.empty", "missing"], "data.id"],
    {"map": {"a": "data.id", "b": "missing", "c": {"map": {"d": "lines"}}}},
    {"map": {}, "value": 1},
    {"set": ["data.id", "missing", "data.nan"]},
    {"loop": ["lines", "sku"]},
    {"loop": ["lines", {"map": {"SKU": "sku", "Tags": "tags"}}]},
    {"loop": ["lines.*.tags", "0"]},
    {"loop": [{"key": "lines", "value": []}, "sku"]},
    {"loop": [{"key": "missing", "value": [{"sku": "Z"}]}, "sku"]},
    {"loop": [["missing", "lines"], "sku"]},
    {"loop": [{"key": "lines", "consent": GRANTED}, "sku"]},
    {"loop": ["this", "data.id"]},
    {"loop": ["data.id", "sku"]},
    {"loop": ["missing", "sku"]},
    {"fn": lambda value, event: {"a": None, "b": 1}},
    {"fn": lambda value, event: None, "value": 1},
    {"fn": lambda value, event: nested(200)},
    {"fn": raising(ValueError()), "value": 1},
    {"key": "data.id", "condition": yes},
    {"key": "data.id", "condition": no, "value": 1},
    {"key": "data.id", "condition": raising(ValueError())},
    {"key": "data.id", "consent": GRANTED},
    {"key": "data.id", "consent": DENIED},
    {"key": "data.id", "consent": DENIED, "value": 1},
    {"key": "data.id", "validate": yes},
    {"key": "data.id", "validate": no},
    {"key": "data.id", "validate": no, "value": 1},
]


@pytest.mark.parametrize("raw", RAWS, ids=lambda raw: repr(raw).partition(" at 0x")[0][:60])
def test_a_trace_yields_and_says_what_the_closure_does(raw: Any) -> None:
    """An explanation that shows something else than what is sent would explain nothing."""
    found, notes = traced(raw)
    said: list[Diagnostic] = []
    assert found.value == mapping_value(raw, "here").resolve(EVENT, EVENT, said)
    assert notes == said


@pytest.mark.parametrize(
    ("raw", "configured", "source"),
    [
        ("data.id", "here", "data.id"),
        ("data.null", "here", NOTHING),
        ({"key": "data.null", "value": 1}, "here.key", "a constant"),
        ({"key": "lines.*.sku", "value": 1}, "here.key", "lines.*.sku"),
        ({"value": 1}, "here", "a constant"),
        (["missing", "data.id"], "here[1]", "data.id"),
        (["missing", "gone"], "here[1]", NOTHING),
        ([], "here", NOTHING),
        ({"map": {"a": "data.id"}}, "here.map", "an object"),
        ({"set": ["data.id"]}, "here.set", "a list"),
        ({"loop": ["lines", "sku"]}, "here.loop", "each of lines"),
        ({"loop": ["this", "data.id"]}, "here.loop", "each of this"),
        ({"loop": ["data.id", "sku"]}, "here.loop", NOTHING),
        ({"fn": yes}, "here.fn", "a function"),
        ({"fn": raising(ValueError())}, "here.fn", NOTHING),
        ({"key": "data.id", "consent": DENIED, "value": 1}, "here", "a constant"),
        ({"key": "data.id", "condition": no}, "here", NOTHING),
        ({"key": "data.id", "validate": no}, "here", NOTHING),
        ({"key": "data.id", "validate": yes}, "here.key", "data.id"),
    ],
)
def test_a_trace_names_the_entry_and_what_it_read(raw: Any, configured: str, source: str) -> None:
    found, _ = traced(raw)
    assert (found.configured, found.source) == (configured, source)


def test_an_objects_members_have_traces_of_their_own() -> None:
    """By name, each with its entry; what is undefined is no member."""
    found, _ = traced({"map": {"a": ["missing", "data.id"], "b": "missing", "c": {"value": 1}}})
    members = {name: (one.value, one.configured, one.source) for name, one in found.members.items()}
    assert members == {
        "a": ("O-1", "here.map.a", "data.id"),
        "c": (1, "here.map.c", "a constant"),
    }
    assert dict(traced("data.id")[0].members) == {}
    assert traced("missing")[0].value is ABSENT


def test_a_traced_function_runs_once() -> None:
    """It may count, or cost money; also where a default stands behind it or a check after it."""
    asked: list[Any] = []

    def count(value: Any, event: Any) -> Any:
        asked.append(value)
        return value

    traced({"loop": ["lines", {"fn": count, "value": 1}]})
    assert asked == [one for one in EVENT["lines"] if one is not None]
    asked.clear()
    traced({"key": "data.id", "condition": count, "validate": count})
    assert asked == [EVENT, "O-1"]
