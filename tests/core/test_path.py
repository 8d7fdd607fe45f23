"""Where in the event? Reading, writing and deleting, as JavaScript would."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from walkeros_klaviyo.core.walkeros import path as paths
from walkeros_klaviyo.core.walkeros.path import (
    ABSENT,
    compile_getter,
    delete_path,
    index_of,
    parse_path,
    set_path,
    step,
)

TREE = {"a": {"b": {"c": [10, {"d": 11}], "n": None}}, "l": [[1, 2], "x"], "0": "zero"}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", TREE["a"]),
        ("0", "zero"),
        ("a.b", TREE["a"]["b"]),
        ("a.b.c.0", 10),
        ("a.b.c.1.d", 11),
        ("a.b.n", None),
        ("l.0.1", 2),
        ("l.1", "x"),
        ("z", ABSENT),
        ("a.z", ABSENT),
        ("a.b.z", ABSENT),
        ("a.b.z.y", ABSENT),
        ("a.b.n.x", ABSENT),
        ("l.2", ABSENT),
        ("l.-1", ABSENT),
        ("l.00", ABSENT),
        ("l.length", 2),
        ("l.0.length", 2),
        ("l.1.length", ABSENT),
        ("a.length", ABSENT),
        ("a.b.c.1.length", ABSENT),
        ("l.length.x", ABSENT),
        ("l.1.0", ABSENT),
        ("0.0", ABSENT),
    ],
)
def test_a_path_reads_what_stands_there(path: str, found: Any) -> None:
    """Texts are not taken apart and have no length; negative indexes count from nowhere."""
    assert compile_getter(parse_path(path))(TREE) == found


@pytest.mark.parametrize("path", ["a", "a.b", "a.b.c"])
@pytest.mark.parametrize("value", [None, 1, "text", [], True, ABSENT])
def test_reading_from_what_is_no_object_finds_nothing(path: str, value: Any) -> None:
    """Each getter's length has its own code; none may raise."""
    assert compile_getter(parse_path(path))(value) is ABSENT


@pytest.mark.parametrize("path", ["a", "a.b", "a.b.c", "a.b.c.d"])
def test_a_getter_reads_objects_without_a_step(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are what nearly every path leads through."""
    monkeypatch.setattr(paths, "step", None)
    tree = {"a": {"b": {"c": {"d": 1}}}}
    found: Any = tree
    for key in path.split("."):
        found = found[key]
    assert compile_getter(parse_path(path))(tree) is found


def test_a_getter_reads_lists_too() -> None:
    """A loop hands over items of any kind, so every length meets lists."""
    assert compile_getter(("1",))(["x", "y"]) == "y"
    assert compile_getter(("1", "0"))(["x", ["y"]]) == "y"
    assert compile_getter(("1", "0", "0"))(["x", [["y"]]]) == "y"


class Shaped(dict[str, Any]):
    """A subclass of dict, as some JSON libraries return."""


@pytest.mark.parametrize("path", ["a", "a.b", "a.b.c"])
def test_subclasses_of_dict_are_objects(path: str) -> None:
    inner = Shaped(c=1)
    found = {"a": Shaped(b=inner), "a.b": inner, "a.b.c": 1}[path]
    assert compile_getter(parse_path(path))(Shaped(a=Shaped(b=inner))) == found


@pytest.mark.parametrize(
    ("key", "index"),
    [
        ("0", 0),
        ("7", 7),
        ("123456789", 123_456_789),
        ("1234567890", None),
        ("01", None),
        ("-1", None),
        ("+1", None),
        ("1.0", None),
        ("", None),
        ("x", None),
        ("٣", None),
        ("²", None),
        (" 1", None),
    ],
)
def test_an_index_is_written_as_javascript_writes_it(key: str, index: int | None) -> None:
    """Python's int() takes Arabic digits, signs and blanks; a path does not."""
    assert index_of(key) == index


def test_a_step_treats_objects_and_lists_alike() -> None:
    assert step({"1": "member"}, "1") == "member"
    assert step(["a", "item"], "1") == "item"
    assert step({"length": "member"}, "length") == "member"
    assert (step(["a", "item"], "length"), step([], "length")) == (2, 0)
    assert step("text", "1") is ABSENT


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "empty path"), (".", "empty key"), ("a.", "empty key"), ("a..b", "empty key")],
)
def test_a_path_that_names_nothing_is_refused(text: str, message: str) -> None:
    """In the reference it would yield the whole event, with all its personal data."""
    with pytest.raises(ValueError, match=message):
        parse_path(text)


@pytest.mark.parametrize(
    ("target", "path", "value", "after"),
    [
        ({}, "a", 1, {"a": 1}),
        ({}, "a.b.c", 1, {"a": {"b": {"c": 1}}}),
        ({"a": 5}, "a.b", 1, {"a": {"b": 1}}),
        ({"a": None}, "a.b", 1, {"a": {"b": 1}}),
        ({"a": {"x": 0}}, "a.b", 1, {"a": {"x": 0, "b": 1}}),
        ({"a": {"b": 0}}, "a.b", None, {"a": {"b": None}}),
        ({"a": {"b": 0}}, "a.b", ABSENT, {"a": {}}),
        ({}, "a.b", ABSENT, {"a": {}}),
        ({"l": [0, 1]}, "l.0", 9, {"l": [9, 1]}),
        ({"l": [0, 1]}, "l.2", 9, {"l": [0, 1, 9]}),
        ({"l": [0, 1]}, "l.3", 9, {"l": [0, 1]}),
        ({"l": [0, 1]}, "l.x", 9, {"l": [0, 1]}),
        ({"l": [0, 1]}, "l.0", ABSENT, {"l": [None, 1]}),
        ({"l": [{"a": 0}]}, "l.0.a", 9, {"l": [{"a": 9}]}),
        ({"l": []}, "l.0.a", 9, {"l": [{"a": 9}]}),
        ({"l": [{"a": 0, "b": {"c": 1}}]}, "l.0.a", 9, {"l": [{"a": 9, "b": {"c": 1}}]}),
        ({"l": [{"b": {"a": 0, "c": 1}}]}, "l.0.b.a", 9, {"l": [{"b": {"a": 9, "c": 1}}]}),
    ],
)
def test_setting_makes_parents_and_clears_with_absent(
    target: dict[str, Any], path: str, value: Any, after: dict[str, Any]
) -> None:
    """A copy along the path; the original is as before."""
    before = deepcopy(target)
    assert set_path(target, parse_path(path), value) == after
    assert target == before


def test_setting_shares_what_it_does_not_touch() -> None:
    """Events are large and policies small: only the path is copied."""
    target = {"kept": {"big": 1}, "a": {"b": 0, "kept": []}}
    after = set_path(target, ("a", "b"), 1)
    assert after["kept"] is target["kept"]
    assert after["a"]["kept"] is target["a"]["kept"]
    assert after["a"] is not target["a"]


@pytest.mark.parametrize(
    ("target", "path", "after"),
    [
        ({"a": 1, "b": 2}, "a", {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, "a.b", {"a": {"c": 2}}),
        ({"a": None}, "a", {}),
        ({"a": 1}, "z", {"a": 1}),
        ({"a": 1}, "a.b", {"a": 1}),
        ({"a": "text"}, "a.0", {"a": "text"}),
        ({"l": [1, 2, 3]}, "l.1", {"l": [1, 3]}),
        ({"l": [1]}, "l.1", {"l": [1]}),
        ({"l": [1]}, "l.1.a", {"l": [1]}),
        ({"l": [1]}, "l.x", {"l": [1]}),
        ({"l": [{"a": 1, "b": 2}]}, "l.0.a", {"l": [{"b": 2}]}),
        ({"l": [{"a": 1}, 5, {"b": 2}]}, "l.*.a", {"l": [{}, 5, {"b": 2}]}),
        ({"l": [1, 2]}, "l.*", {"l": []}),
        ({"l": {"*": 1}}, "l.*", {"l": {}}),
    ],
)
def test_deleting_takes_out_one_place(
    target: dict[str, Any], path: str, after: dict[str, Any]
) -> None:
    """A list's item is taken out rather than left as a hole; `*` means each."""
    before = deepcopy(target)
    assert delete_path(target, parse_path(path)) == after
    assert target == before


def test_absent_is_one_falsy_value_that_names_itself() -> None:
    """JSON's null is something; this is nothing, and never equal to it."""
    assert repr(ABSENT) == "ABSENT"
    assert not ABSENT
    assert ABSENT is not None
    assert deepcopy(ABSENT) is ABSENT
