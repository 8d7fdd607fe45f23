"""What does a mapping value yield? Every key and order, and what becomes of holes and faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.core.make import codes, nested, raising

from walkeros_klaviyo import ConfigError, Diagnostic, mapping_value
from walkeros_klaviyo.core.faults import Findings
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.sound import is_sound, kept, why_unsound, without_nulls
from walkeros_klaviyo.core.walkeros.value import parse_mapping
from walkeros_klaviyo.core.walkeros.value.trace import trace

EVENT: dict[str, Any] = {
    "name": "order complete",
    "data": {
        "id": "O-1",
        "n": 0,
        "f": 1.5,
        "no": False,
        "empty": "",
        "null": None,
        "list": [1, 2],
        "none": [],
        "obj": {},
        "hole": [1, None],
        "inner": {"a": {"b": None}},
        "nan": float("nan"),
        "inf": [float("inf")],
    },
    "nested": [
        {"data": {"sku": "A", "n": 1}, "tags": ["x", "y"], "consent": {"ads": True}},
        {"data": {"n": 2}, "tags": []},
        {"data": {"sku": "C"}},
    ],
    "consent": {"marketing": True, "ads": False},
    "mixed": [{"a": 1}, None, "text", 7, {"a": None}],
    "words": ["a", "b"],
    "top": "level",
}


BIG = 10**1_000
"""The first integer of more than a thousand digits."""
ALL_OF_IT = ", so all of it counts as undefined"
TOO_DEEP = "more than 100 levels of nesting; left out"


def resolve(raw: Any, value: Any = EVENT) -> tuple[Any, list[Diagnostic]]:
    """What a raw mapping value yields, and what it had to say."""
    notes: list[Diagnostic] = []
    return mapping_value(raw, "here").resolve(value, EVENT, notes), notes


def yields(raw: Any) -> Any:
    """What a raw mapping value yields for the event."""
    return mapping_value(raw)(EVENT)


# Paths


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("top", "level"),
        ("data.id", "O-1"),
        ("data.n", 0),
        ("data.f", 1.5),
        ("data.no", False),
        ("data.empty", ""),
        ("data.list", [1, 2]),
        ("data.none", []),
        ("data.obj", {}),
        ("words.1", "b"),
        ("nested.0.data.sku", "A"),
        ("nested.0.tags.1", "y"),
        ("nested.length", 3),
        ("data.none.length", 0),
        ("data.hole.length", 2),
        ("words.length", 2),
        ("top.length", ABSENT),
        ("missing", ABSENT),
        ("data.missing", ABSENT),
        ("data.null", ABSENT),
        ("data.null.x", ABSENT),
        ("top.x", ABSENT),
        ("words.2", ABSENT),
        ("nested.data", ABSENT),
    ],
)
def test_a_path_yields_what_stands_there_without_a_word(raw: str, expected: Any) -> None:
    """Falsy values are values; a missing path and a null are undefined, which is nothing new."""
    found, notes = resolve(raw)
    assert found == expected
    assert type(found) is type(expected)
    assert notes == []


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("data.nan", "NaN or Infinity at data.nan; left out"),
        ("data.inf", f"NaN or Infinity at data.inf[0]{ALL_OF_IT}"),
        ("data", f"NaN or Infinity at data.nan{ALL_OF_IT}"),
    ],
)
def test_a_flaw_inside_makes_all_of_it_undefined_and_is_named(raw: str, message: str) -> None:
    """A value that contains a NaN is undefined as a whole; no drop is silent."""
    assert resolve(raw) == (ABSENT, [Diagnostic("value.not-json", raw, message)])


# Nulls inside


@pytest.mark.parametrize(
    ("raw", "expected", "place"),
    [
        ("data.hole", [1, None], "data.hole[1]"),
        ("data.inner", {"a": {}}, "data.inner.a.b"),
        ("mixed", [{"a": 1}, None, "text", 7, {}], "mixed[1]"),
        ("mixed.4", {}, "mixed.4.a"),
        ({"key": "data.hole", "value": "x"}, [1, None], "data.hole[1]"),
        ({"map": {"x": "data.hole", "y": "data.n"}}, {"x": [1, None], "y": 0}, "data.hole[1]"),
        ({"set": ["data.inner", "data.n"]}, [{"a": {}}, 0], "data.inner.a.b"),
        (["data.missing", "data.inner"], {"a": {}}, "data.inner.a.b"),
        ({"loop": ["this", "data.inner"]}, [{"a": {}}], "data.inner.a.b"),
    ],
)
def test_a_null_inside_costs_only_itself_and_is_named(raw: Any, expected: Any, place: str) -> None:
    """Of an object it is left out, in a list it stays; one null image costs an order no lines."""
    found, notes = resolve(raw)
    assert found == expected
    path = place.partition("[")[0].removesuffix(".a.b").removesuffix(".a")
    assert notes == [Diagnostic("value.holds-null", path, f"null at {place}")]
    assert notes[0].severity == "info"


def test_what_is_kept_of_a_value_is_a_copy() -> None:
    """The event is as it came, its inner lists and objects too."""
    event = {"x": {"a": None, "b": [{"c": None, "d": 1}]}}
    found, _ = resolve("x", event)
    assert found == {"b": [{"d": 1}]}
    found["b"][0]["d"] = 2
    assert event == {"x": {"a": None, "b": [{"c": None, "d": 1}]}}


@pytest.mark.parametrize("flaw", [float("nan"), {1, 2}, nested(101)], ids=["nan", "set", "deep"])
def test_a_null_does_not_excuse_what_else_is_wrong(flaw: Any) -> None:
    """The worse of two flaws is named, and costs the whole value."""
    found, notes = resolve("x", {"x": {"a": None, "b": flaw}})
    assert found is ABSENT
    assert codes(notes) == ["value.too-deep" if isinstance(flaw, list) else "value.not-json"]


@pytest.mark.parametrize(
    "source",
    [
        "lines",
        {"key": "lines"},
        {"key": "lines", "value": []},
        ["missing", "lines"],
        [["missing", "lines"]],
        {"key": "lines", "condition": lambda value, event: True},
        {"key": "missing", "value": [{"sku": "A"}, {"sku": "B"}]},
    ],
    ids=["path", "key", "default", "list", "list in a list", "condition", "the default itself"],
)
@pytest.mark.parametrize("flaw", [None, float("nan"), {1}], ids=["null", "nan", "set"])
def test_what_is_only_looked_through_may_hold_anything(source: Any, flaw: Any) -> None:
    """A loop's source is not sent: only what its items are mapped to is."""
    lines = [{"sku": "A", "image": flaw}, None, {"sku": "B", "images": [flaw]}]
    event = {"lines": lines}
    assert resolve({"loop": [source, "sku"]}, event) == (["A", "B"], [])
    found = trace(mapping_value({"loop": [source, "sku"]}).tree, event, event, [])
    assert found.value == ["A", "B"]


def test_a_loop_passes_by_nulls_and_only_those() -> None:
    """An item that is null has nothing to map; a string has, if only a constant."""
    event = {"items": [None, 0, "", False, {"a": 1}, None]}
    assert resolve({"loop": ["items", {"value": 1}]}, event) == ([1] * 4, [])


@pytest.mark.parametrize(
    ("value", "in_lists", "expected"),
    [
        ([1, None, [None]], True, [1, []]),
        ([1, None, [None]], False, [1, None, [None]]),
        ({"a": None, "b": [None, {"c": None}]}, True, {"b": [{}]}),
        ({"a": None, "b": [None, {"c": None}]}, False, {"b": [None, {}]}),
        (None, True, None),
        ("x", True, "x"),
    ],
)
def test_nulls_are_taken_out_of_objects_always_and_of_lists_where_asked(
    value: Any, in_lists: bool, expected: Any
) -> None:
    assert without_nulls(value, in_lists=in_lists) == expected


@pytest.mark.parametrize(
    ("foreign", "kind"),
    [({1, 2}, "a set"), ((1,), "a tuple"), (b"x", "a bytes"), (object(), "a object")],
)
def test_what_json_cannot_hold_is_left_out(foreign: Any, kind: str) -> None:
    """An event made in Python may hold anything; the name of the type is said, not the content."""
    found, notes = resolve("x.y", {"x": {"y": [foreign]}})
    assert found is ABSENT
    assert codes(notes) == ["value.not-json"]
    assert kind in notes[0].message


@pytest.mark.parametrize(
    ("number", "kept"),
    [(BIG - 1, True), (1 - BIG, True), (BIG, False), (-BIG, False), (10**5_000, False)],
    ids=["last", "last negative", "first too big", "first too small", "5,001 digits"],
)
@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ("x", lambda number: number),
        ("x.y", lambda number: {"y": number}),
        ("x.y.z", lambda number: {"y": {"z": number}}),
        ("x.y", lambda number: {"y": [1, number]}),
        ("x.*.y", lambda number: [{"y": 1}, {"y": number}]),
        ({"map": {"a": "x.y"}}, lambda number: {"y": number}),
        ({"fn": lambda value, event: value["x"]}, lambda number: number),
    ],
    ids=["one key", "two keys", "three keys", "in a list", "under a star", "in a map", "function"],
)
def test_a_number_has_at_most_a_thousand_digits(
    raw: Any, place: Callable[[int], Any], number: int, kept: bool
) -> None:
    """Both sides of the bound on each way a number may take: json may refuse to write it."""
    found, notes = resolve(raw, {"x": place(number)})
    assert (found is not ABSENT and found != {}) == kept
    assert codes(notes) == ([] if kept else ["value.not-json"])
    assert kept or notes[0].message.startswith("a number of more than 1,000 digits at ")


@pytest.mark.parametrize(("levels", "kept"), [(100, True), (101, True), (102, False)])
def test_nesting_is_bounded(levels: int, kept: bool) -> None:
    """A deep value could exhaust the stack of whoever reads it later."""
    found, notes = resolve("x.y", {"x": {"y": nested(levels)}})
    assert (found is not ABSENT) == kept
    assert notes == ([] if kept else [Diagnostic("value.too-deep", "x.y", TOO_DEEP)])


@pytest.mark.parametrize("around", [lambda one: [one], lambda one: {"a": one}], ids=["list", "map"])
@pytest.mark.parametrize(("levels", "is_found"), [(1, True), (101, True), (102, False)])
def test_a_null_is_searched_for_as_deep_as_a_value_may_go(
    levels: int, is_found: bool, around: Callable[[Any], Any]
) -> None:
    """Below the bound the value is too deep, whatever else it is."""
    value: Any = None
    for _ in range(levels):
        value = around(value)
    assert not is_sound(value)
    notes: list[Diagnostic] = []
    assert (kept(value, "x", notes) is not ABSENT) == is_found
    assert codes(notes) == ["value.holds-null" if is_found else "value.too-deep"]
    assert notes[0].path == "x"


@pytest.mark.parametrize("around", [lambda one: [one], lambda one: {"a": one}], ids=["list", "map"])
@pytest.mark.parametrize(
    ("levels", "code"),
    [(101, "value.not-json"), (102, "value.too-deep"), (103, "value.too-deep")],
)
def test_a_flaw_is_searched_for_as_deep_too(
    levels: int, code: str, around: Callable[[Any], Any]
) -> None:
    """And no deeper: nobody's nesting exhausts the stack."""
    value: Any = float("nan")
    for _ in range(levels):
        value = around(value)
    assert codes(resolve("x", {"x": value})[1]) == [code]


@pytest.mark.parametrize("inside", [None, float("nan"), "x"], ids=["null", "nan", "sound"])
def test_nesting_without_end_is_only_too_deep(inside: Any) -> None:
    found, notes = resolve("x", {"x": nested(100_000, inside)})
    assert (found, notes) == (ABSENT, [Diagnostic("value.too-deep", "x", TOO_DEEP)])


def test_a_place_is_named_by_its_first_200_characters() -> None:
    """Messages are for reading; who has the event finds the rest."""
    nan = float("nan")
    told = why_unsound({"a": [{"b": [1, nan]}]}, "x").message
    assert told == f"NaN or Infinity at x.a[0].b[1]{ALL_OF_IT}"
    cut = f"x{'[0]' * 101}"[:200]
    assert why_unsound(nested(101, nan), "x").message == f"NaN or Infinity at {cut}{ALL_OF_IT}"
    notes: list[Diagnostic] = []
    kept(nested(101, None), "x", notes)
    assert [one.message for one in notes] == [f"null at {cut}"]


class Euro(float):
    """A subclass of float, such as numpy's."""


class Word(str):
    """A subclass of str, such as a StrEnum's member."""


class Count(int):
    """A subclass of int, such as an IntEnum's member."""


class Box(dict[str, Any]):
    """A subclass of dict, which no JSON library needs to know."""


@pytest.mark.parametrize(
    ("value", "sound"),
    [
        (Euro(5.0), True),
        (Word("x"), True),
        (Euro("nan"), False),
        (Count(5), True),
        (Count(BIG - 1), True),
        (Count(BIG), False),
        ([Count(-BIG)], False),
        ([Word("x"), {"a": Euro(1.0)}], True),
        (Box(), False),
        ([Box(a=1)], False),
    ],
    ids=lambda one: None if isinstance(one, bool) else f"{type(one).__name__} {str(one)[:20]}",
)
def test_subclasses_of_scalars_are_sound_and_of_containers_are_not(value: Any, sound: bool) -> None:
    """Scalars are written as their base; a foreign container may behave in its own way."""
    assert is_sound(value) == sound


# Stars


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("nested.*.data.n", [1, 2, None]),
        ("nested.*.data.sku", ["A", None, "C"]),
        ("nested.*.nothing", [None, None, None]),
        ("nested.*.tags", [["x", "y"], [], None]),
        ("nested.*.tags.*.x", [[None, None], [], None]),
        ("nested.*.tags.0", ["x", None, None]),
        ("data.none.*.x", []),
        ("mixed.*.z", [None, None, None, None, None]),
        ("data.*.x", ABSENT),
        ("top.*.x", ABSENT),
        ("missing.*.x", ABSENT),
        ("*.x", ABSENT),
    ],
)
def test_a_star_maps_over_a_list_and_leaves_holes(raw: str, expected: Any) -> None:
    """Holes that the mapping itself makes stay in the list and do not make it undefined."""
    assert resolve(raw) == (expected, [])


def test_a_star_may_come_first() -> None:
    """Within a loop the value may be a list itself."""
    assert resolve("*.a", [{"a": 1}, {}])[0] == [1, None]
    assert resolve("*.a", [{"a": 1}, {"a": 2}])[0] == [1, 2]


def test_a_star_on_an_object_is_a_key() -> None:
    """It maps over lists only."""
    assert resolve("x.*.y", {"x": {"*": {"y": 1}}}) == (1, [])
    assert resolve("x.*.y", {"x": {"*": {"y": None}}})[0] is ABSENT


def test_a_null_under_a_star_is_a_hole_and_what_holds_one_is_named_once() -> None:
    """A null that came with the event is no other hole than one that the mapping made."""
    event: Any = {"items": [{"a": 1}, {"a": None}, {}]}
    assert resolve("items.*.a", event) == ([1, None, None], [])
    event = {"items": [{"a": [None]}, {"a": {"b": None}}, {"a": [None]}]}
    found, notes = resolve("items.*.a", event)
    assert found == [[None], {}, [None]]
    assert codes(notes) == ["value.holds-null"]


def test_a_nan_under_a_star_makes_all_undefined_and_is_named_once() -> None:
    """Even where a null was met before it."""
    nan = float("nan")
    event = {"items": [{"a": [None]}, {"a": nan}, {"a": [nan]}]}
    found, notes = resolve("items.*.a", event)
    assert (found, codes(notes)) == (ABSENT, ["value.not-json"])
    assert resolve({"key": "items.*.a", "value": 0}, event)[0] == 0


@pytest.mark.parametrize("raw", ["nested.*", "data.list.*", "nested.*.tags.*"])
def test_a_star_at_the_end_yields_holes_only(raw: str) -> None:
    """As the reference does; the configuration warns of it."""
    found, notes = resolve(raw)
    flat = [item for one in found for item in (one if isinstance(one, list) else [one])]
    assert set(flat) == {None}
    assert notes == []


def test_a_default_stands_in_for_each_hole_under_a_star() -> None:
    """`key` with `*` and a `value`: the default stands in per item."""
    assert yields({"key": "nested.*.data.sku", "value": "?"}) == ["A", "?", "C"]
    assert yields({"key": "data.none.*.x", "value": "?"}) == []
    assert yields({"key": "missing.*.x", "value": "?"}) == "?"
    assert resolve({"key": "i.*.a", "value": 0}, {"i": [{"a": None}]})[0] == [0]


# Objects


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"key": "data.id"}, "O-1"),
        ({"key": "data.id", "value": "x"}, "O-1"),
        ({"key": "data.null", "value": "x"}, "x"),
        ({"key": "data.missing", "value": 0}, 0),
        ({"key": "data.hole", "value": "x"}, [1, None]),
        ({"key": "data.nan", "value": "x"}, "x"),
        ({"key": "data.n", "value": 7}, 0),
        ({"key": "data.no", "value": 7}, False),
        ({"value": "constant"}, "constant"),
        ({"value": False}, False),
        ({"value": 0}, 0),
        ({"value": {"a": [1]}}, {"a": [1]}),
        ({"value": None}, ABSENT),
        ({"value": [None]}, [None]),
        ({"value": {"a": None, "b": [None]}}, {"b": [None]}),
        ({"value": float("inf")}, ABSENT),
        ({"key": None, "value": 1}, 1),
        ({}, ABSENT),
        ([], ABSENT),
    ],
)
def test_value_is_the_constant_and_the_default(raw: Any, expected: Any) -> None:
    found, _ = resolve(raw)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"map": {"a": "data.id", "b": "data.missing"}}, {"a": "O-1"}),
        ({"map": {}}, {}),
        ({"map": {"a": "missing"}}, {}),
        ({"map": {"a": {"map": {"b": "data.n"}}}}, {"a": {"b": 0}}),
        ({"map": {"f": "data.f", "n": "data.null", "nan": "data.nan"}}, {"f": 1.5}),
        ({"map": {"a": ["data.missing", "top"]}}, {"a": "level"}),
        ({"map": {"l": "data.list", "e": "data.empty"}}, {"l": [1, 2], "e": ""}),
        ({"map": {"a": "nested.0", "b": "words.0"}}, {"a": EVENT["nested"][0], "b": "a"}),
        ({"map": {"a": {"set": ["missing"]}}}, {"a": [None]}),
        ({"map": {"a.b": "top"}}, {"a.b": "level"}),
        ({"map": {}, "value": "x"}, {}),
        ({"map": {"s": "nested.*.x", "one": "data.id", "t": "nested.*.x"}}, None),
    ],
)
def test_a_map_leaves_undefined_keys_out(raw: Any, expected: Any) -> None:
    """An empty object is a result, so no default stands in for it."""
    if expected is None:
        expected = {"s": [None] * 3, "one": "O-1", "t": [None] * 3}
    assert yields(raw) == expected


def test_a_map_reads_any_item_of_a_loop() -> None:
    """Items that are no objects have nothing to read, lists have their indexes."""
    item = {"map": {"first": "0.x", "a": "a.b"}}
    assert resolve({"loop": ["l", item]}, {"l": [[{"x": 1}], "text", 5, {"a": {"b": 2}}]})[0] == [
        {"first": 1},
        {},
        {},
        {"a": 2},
    ]


def test_keys_that_share_their_first_word_do_not_share_their_result() -> None:
    """The map reads `data` once for neighbours; other neighbours in between must not confuse it."""
    event = {"a": {"x": 1, "y": 2}, "b": {"x": 3}, "c": 5}
    raw = {
        "map": {"1": "a.x", "2": "b.x", "3": "a.y", "4": "c", "5": "a.x", "6": "c.x", "7": "b.x"}
    }
    assert resolve(raw, event)[0] == {"1": 1, "2": 3, "3": 2, "4": 5, "5": 1, "7": 3}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"set": []}, []),
        ({"set": ["data.id", "data.missing", {"value": 1}]}, ["O-1", None, 1]),
        ({"set": [["data.empty", "data.n", "top"]]}, ["level"]),
        ({"set": [["missing", "data.n"]]}, [0]),
        ({"set": [[]]}, [None]),
        ({"set": ["missing"], "value": "x"}, [None]),
    ],
)
def test_a_set_lists_all_its_values_with_holes(raw: Any, expected: Any) -> None:
    """A list of one place each; a list in it follows the rules of an inner list."""
    assert yields(raw) == expected


# Loops


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"loop": ["nested", "data.n"]}, [1, 2]),
        ({"loop": ["nested", "data.missing"]}, []),
        ({"loop": ["data.none", "x"]}, []),
        ({"loop": ["nested", {"map": {"SKU": "data.sku"}}]}, [{"SKU": "A"}, {}, {"SKU": "C"}]),
        ({"loop": ["nested", {"loop": ["tags", {"value": 1}]}]}, [[1, 1], []]),
        ({"loop": ["this", "data.id"]}, ["O-1"]),
        ({"loop": ["this", "data.missing"]}, []),
        ({"loop": [{"set": ["nested.0", "missing", "nested.2"]}, "data.sku"]}, ["A", "C"]),
        ({"loop": [["missing", "nested"], "data.sku"]}, ["A", "C"]),
        ({"loop": ["nested.*.data", "sku"]}, ["A", "C"]),
        ({"loop": ["nested.*.tags", "0"]}, ["x"]),
        ({"loop": ["nested.*.tags", {"value": 1}]}, [1, 1]),
    ],
)
def test_a_loop_drops_undefined_items(raw: Any, expected: Any) -> None:
    """`this` is the value itself; holes in the source are no items."""
    assert yields(raw) == expected


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("data.id", "a string"),
        ("data.empty", "an empty string"),
        ("data.n", "a number"),
        ("data.no", "a boolean"),
        ("data.obj", "an object"),
    ],
)
def test_a_loop_over_something_else_is_undefined_and_says_what_it_met(
    source: str, kind: str
) -> None:
    """The reference would yield the whole event here."""
    found, notes = resolve({"loop": [source, "x"]})
    assert found is ABSENT
    assert codes(notes) == ["value.not-a-list"]
    assert notes[0].path == "here.loop"
    assert kind in notes[0].message
    assert yields({"loop": [source, "x"], "value": "default"}) == "default"


def test_a_loop_over_nothing_is_undefined_without_a_word() -> None:
    """Missing is an everyday case."""
    assert resolve({"loop": ["missing", "x"]}) == (ABSENT, [])
    assert yields({"loop": ["missing", "x"], "value": []}) == []


# Lists


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (["data.missing", "data.id"], "O-1"),
        (["data.empty", "data.id"], ""),
        (["data.n", "data.id"], 0),
        (["data.no", "data.id"], False),
        (["data.null", "data.nan"], ABSENT),
        (["data.null", "data.hole"], [1, None]),
        (["data.missing"], ABSENT),
        ([{"value": 1}, "data.id"], 1),
    ],
)
def test_a_list_stops_at_the_first_defined_result(raw: Any, expected: Any) -> None:
    """Falsy results are defined."""
    assert yields(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ([["data.empty", "data.id"]], "O-1"),
        ([["data.n", "data.no", "data.f"]], 1.5),
        ([["data.none", "data.id"]], []),
        ([["data.obj", "data.id"]], {}),
        ([["data.empty", "data.n"]], 0),
        ([["data.n", "data.missing"]], ABSENT),
        ([["data.n", "data.missing"], "top"], "level"),
        ([["data.missing", "data.n"], "top"], 0),
        ([[["data.empty", "data.n"], "top"]], "level"),
        ([[]], ABSENT),
    ],
)
def test_a_list_in_a_list_stops_at_the_first_truthy_result(raw: Any, expected: Any) -> None:
    """JavaScript's truth: `[]` and `{}` are true; the last result where none is."""
    found = yields(raw)
    assert found == expected
    assert type(found) is type(expected)


# Order: condition, consent, fn, key, then loop or map or set, then validate


def upper(value: Any, event: Any) -> str:
    """A user's function."""
    return "from fn"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"fn": upper}, "from fn"),
        ({"fn": upper, "key": "data.id"}, "O-1"),
        ({"fn": upper, "key": "missing"}, ABSENT),
        ({"fn": upper, "key": "missing", "value": 3}, 3),
        ({"fn": upper, "set": ["top"]}, ["level"]),
        ({"key": "data.id", "set": ["top"]}, ["level"]),
        ({"key": "data.id", "map": {"a": "top"}}, {"a": "level"}),
        ({"set": ["top"], "map": {"a": "top"}}, {"a": "level"}),
        ({"map": {"a": "top"}, "loop": ["nested", "data.n"]}, [1, 2]),
        ({"key": "nested", "loop": ["data.id", "x"]}, ABSENT),
        ({"value": 1, "fn": upper}, "from fn"),
    ],
)
def test_the_later_key_decides(raw: Any, expected: Any) -> None:
    """`fn`, then `key`, then `loop` or `map` or `set`: what comes later replaces the result."""
    assert yields(raw) == expected


def test_what_is_replaced_is_not_called() -> None:
    """Stated, so that nobody relies on a side effect of a `fn` beside a `key`."""
    calls: list[Any] = []
    yields({"fn": lambda value, event: calls.append(value), "key": "data.id"})
    assert calls == []


def test_a_condition_that_fails_leaves_no_default() -> None:
    """Not even `value`: the value is not wanted at all."""
    no: Callable[[Any, Any], Any] = lambda value, event: value["data"]["n"]  # noqa: E731
    assert yields({"condition": no, "value": 1}) is ABSENT
    assert yields({"condition": lambda value, event: True, "value": 1}) == 1
    assert yields({"condition": lambda value, event: [], "key": "data.id"}) is ABSENT


def test_a_condition_comes_before_consent() -> None:
    """Denied gives `value`, but a failed condition gives nothing."""
    raw = {"condition": lambda value, event: False, "consent": {"ads": True}, "value": "denied"}
    assert yields(raw) is ABSENT


@pytest.mark.parametrize(
    ("consent", "expected"),
    [
        ({"marketing": True}, "O-1"),
        ({"ads": True}, "denied"),
        ({"ads": True, "marketing": True}, "O-1"),
        ({"other": True}, "denied"),
        ({"marketing": False}, "denied"),
        ({}, "O-1"),
    ],
)
def test_consent_denied_gives_the_constant(consent: dict[str, bool], expected: str) -> None:
    """One of the named states must be true on the event; absent is not granted, none is none."""
    assert yields({"consent": consent, "key": "data.id", "value": "denied"}) == expected
    found = yields({"consent": consent, "key": "data.id"})
    assert found == ("O-1" if expected == "O-1" else ABSENT)


def test_a_values_own_consent_comes_first() -> None:
    """An item's consent decides for the item, both ways; else the event's does."""
    ads = {"loop": ["nested", {"consent": {"ads": True}, "key": "data.n"}]}
    assert yields(ads) == [1]
    marketing = {"loop": ["nested", {"consent": {"marketing": True}, "key": "data.n"}]}
    assert yields(marketing) == [2]


def test_a_values_consent_that_is_no_object_does_not_count() -> None:
    raw = {"consent": {"marketing": True}, "key": "a"}
    assert resolve(raw, {"a": 1, "consent": True})[0] == 1
    assert resolve(raw, {"a": 1, "consent": {}})[0] is ABSENT
    assert resolve({**raw, "key": "0"}, [7])[0] == 7


def test_validate_sees_the_result_and_refusal_falls_back() -> None:
    seen: list[Any] = []

    def positive(value: Any, event: Any) -> bool:
        seen.append(value)
        return isinstance(value, int | float) and value > 0

    assert yields({"key": "data.f", "validate": positive}) == 1.5
    assert yields({"key": "data.n", "validate": positive}) is ABSENT
    assert yields({"key": "data.n", "validate": positive, "value": 9}) == 9
    assert yields({"key": "missing", "validate": positive}) is ABSENT
    assert yields({"loop": ["nested", "data.n"], "validate": positive}) is ABSENT
    assert seen == [1.5, 0, 0, None, [1, 2]]


# Users' functions


def test_a_function_gets_the_value_and_the_event() -> None:
    """Within a loop the value is the item, the event stays the event."""
    raw = {"loop": ["nested", {"fn": lambda value, event: [value["data"]["n"], event["top"]]}]}
    found, notes = resolve(raw)
    assert found == [[1, "level"], [2, "level"]]
    assert codes(notes) == ["value.raised"]


@pytest.mark.parametrize(("key", "given"), [("condition", ["a", "b"]), ("validate", [[], []])])
def test_a_test_gets_the_event_too(key: str, given: list[Any]) -> None:
    """A condition sees the item, a validation the result; both may look at the rest."""
    seen: list[Any] = []
    look = {"set": [], key: lambda value, event: seen.append((value, event["top"]))}
    resolve({"loop": ["words", look]})
    assert seen == [(one, "level") for one in given]


@pytest.mark.parametrize("key", ["condition", "fn", "validate"])
def test_a_function_that_raises_is_undefined_and_only_its_type_is_named(key: str) -> None:
    """The message may hold personal data; a raising condition or validation did not hold."""
    raw = {key: raising(KeyError("ada@example.com")), "value": "default"}
    found, notes = resolve(raw)
    assert found == (ABSENT if key == "condition" else "default")
    assert notes == [Diagnostic("value.raised", f"here.{key}", "raised KeyError")]


class Own(BaseException):
    """What a user's library may raise to get out of everything."""


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit(), Own("ada@example.com")])
@pytest.mark.parametrize("key", ["condition", "fn", "validate"])
def test_a_function_that_wants_to_end_the_program_only_raises(
    key: str, error: BaseException
) -> None:
    """`sys.exit()` in a mapping would end a run as if all were done, with exit code 0."""
    found, notes = resolve({key: raising(error), "value": "default"})
    assert found == (ABSENT if key == "condition" else "default")
    assert notes == [Diagnostic("value.raised", f"here.{key}", f"raised {type(error).__name__}")]


def test_a_stop_of_the_program_is_not_caught() -> None:
    """Ctrl-C in a user's function must still stop the program."""
    with pytest.raises(KeyboardInterrupt):
        resolve({"fn": raising(KeyboardInterrupt())})


@pytest.mark.parametrize(
    ("result", "expected", "said"),
    [
        (None, "default", []),
        (ABSENT, "default", []),
        (0, 0, []),
        ("", "", []),
        ([], [], []),
        (float("nan"), "default", ["value.not-json"]),
        ([None], [None], ["value.holds-null"]),
        ({"a": None, "b": 1}, {"b": 1}, ["value.holds-null"]),
        ({"a": {1, 2}}, "default", ["value.not-json"]),
        (nested(200), "default", ["value.too-deep"]),
    ],
    ids=["null", "absent", "zero", "empty", "list", "nan", "holds null", "member", "set", "deep"],
)
def test_what_a_function_returns_is_checked_like_a_path(
    result: Any, expected: Any, said: list[str]
) -> None:
    """Null is undefined; what JSON cannot hold is left out, and named by the function's place."""
    found, notes = resolve({"fn": lambda value, event: result, "value": "default"})
    assert found == expected
    assert codes(notes) == said
    assert all(one.path == "here.fn" for one in notes)


# Compiling

LOOP = 'expected [source, item], e.g. ["nested", {"map": {"SKU": …}}]'
CONSENT = 'expected states to be granted, e.g. {"marketing": true}'
FUNCTION = 'in a file, write "$py:package.module:function" and pass --allow-python'
CODE = "$code: is JavaScript and cannot run here; write the function in Python"
BUNDLER = "needs walkerOS's JavaScript bundler and cannot work here; write it in Python"


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        ("", "here", 'empty path; name a key, e.g. "data.total"'),
        ("a..b", "here", "empty key"),
        (None, "here", "expected a path, an object or a list, got null"),
        (7, "here", "expected a path, an object or a list, got a number"),
        ({"kye": "a"}, "here.kye", 'unknown key; did you mean "key"?'),
        ({"key": ""}, "here.key", 'empty path; name a key, e.g. "data.total"'),
        ({"key": ["a"]}, "here.key", 'expected a path such as "data.id", got a list'),
        ({"map": ["a"]}, "here.map", "expected an object of values, got a list"),
        ({"map": {"x": ""}}, "here.map.x", 'empty path; name a key, e.g. "data.total"'),
        ({"map": {"x": None}}, "here.map.x", "expected a path, an object or a list, got null"),
        ({"set": "a"}, "here.set", "expected a list of values, got a string"),
        ({"set": [""]}, "here.set[0]", 'empty path; name a key, e.g. "data.total"'),
        ({"loop": "nested"}, "here.loop", LOOP),
        ({"loop": ["nested"]}, "here.loop", LOOP),
        ({"loop": ["", "x"]}, "here.loop[0]", 'empty path; name a key, e.g. "data.total"'),
        ({"loop": ["x", 1]}, "here.loop[1]", "expected a path, an object or a list, got a number"),
        ({"consent": ["ads"]}, "here.consent", CONSENT),
        ({"consent": {"ads": "yes"}}, "here.consent", CONSENT),
        ({"fn": "a"}, "here.fn", f"expected a function (value, event), got a string; {FUNCTION}"),
        ({"fn": "$code:(e)=>1"}, "here.fn", CODE),
        (
            {"validate": "$py:a:b"},
            "here.validate",
            "$py: names code to run; allow it with --allow-python",
        ),
        (
            {"condition": 1},
            "here.condition",
            f"expected a function (value, event), got a number; {FUNCTION}",
        ),
        (["a", ["b", ""]], "here[1][1]", 'empty path; name a key, e.g. "data.total"'),
        ("$code:(e)=>1", "here", f"$code: {BUNDLER}"),
        ("$store.x", "here", f"$store. {BUNDLER}"),
        (
            "$env.X",
            "here",
            "$env. is not resolved; read the configuration from a file, or put the value here",
        ),
    ],
)
def test_a_faulty_value_is_a_fault_with_its_path(raw: Any, path: str, message: str) -> None:
    """Found when the configuration is read, never at an event."""
    with pytest.raises(ConfigError) as caught:
        mapping_value(raw, "here")
    assert [(fault.path, fault.message) for fault in caught.value.faults] == [(path, message)]


def test_a_value_by_itself_has_its_faults_below_value() -> None:
    """As the other functions of the core, which name a place where none is given."""
    with pytest.raises(ConfigError) as caught:
        mapping_value({"key": 7})
    assert [fault.path for fault in caught.value.faults] == ["value.key"]


def test_a_value_knows_where_it_reads() -> None:
    """A diagnostic points into the event where it can, else into the configuration."""
    assert mapping_value("data.id", "w").reads == "data.id"
    assert mapping_value({"key": "data.id", "value": 1}, "w").reads == "data.id"
    assert mapping_value({"value": 1}, "w").reads == "w"
    assert mapping_value(["a", "b"], "w").reads == "w"


@pytest.mark.parametrize(
    ("raw", "options"),
    [
        ("data.id", ["O-1"]),
        (["data.missing", "data.id", {"value": 1}], [ABSENT, "O-1", 1]),
        (["data.id"], ["O-1"]),
        ([], [ABSENT]),
        ({"key": "data.missing", "value": 1}, [1]),
        ({"map": {}, "value": 1}, [{}]),
        (["data.empty", {"key": "data.missing", "value": 1}], ["", 1]),
        ([["data.empty", "data.id"], "data.n"], ["O-1", 0]),
        ([{"key": "data.id", "condition": lambda value, event: False}, "top"], [ABSENT, "level"]),
    ],
)
def test_the_options_of_a_list_can_be_asked_one_by_one(raw: Any, options: list[Any]) -> None:
    """By who takes the first that it can use; what only stands in is none of its own.

    An inner list is one option: it has a rule of its own.
    """
    mapping = mapping_value(raw)
    assert [option(EVENT, EVENT, []) for option in mapping.options] == options
    defined = [one for one in options if one is not ABSENT]
    assert mapping(EVENT) == (defined[0] if defined else ABSENT)


def test_values_are_equal_by_what_was_written() -> None:
    """Closures have no equality; their configuration has."""
    assert mapping_value("a", "w") == mapping_value("a", "w")
    assert mapping_value("a", "w") != mapping_value("b", "w")


def test_a_faulty_value_yields_nothing_while_its_faults_are_collected() -> None:
    """All faults are found at once, so compiling goes on behind the first."""
    findings = Findings()
    faulty: list[Any] = ["", 7, {"fn": 7}, {"map": 7}, {"loop": 7}, {"set": 7}, "$env.X"]
    for raw in faulty:
        assert parse_mapping(raw, "here", findings)({"": 1}) is ABSENT
    assert len(findings.faults) == len(faulty)


@pytest.mark.parametrize(
    "around",
    [
        lambda fn: fn,
        lambda fn: [fn, "x"],
        lambda fn: [[fn, "x"], "x"],
        lambda fn: {"map": {"a": fn}},
        lambda fn: {"set": [fn]},
        lambda fn: {"loop": [fn, "x"]},
        lambda fn: {"loop": ["this", fn]},
        lambda fn: {**fn, "value": 1},
        lambda fn: {**fn, "condition": lambda value, event: True},
    ],
    ids="alone,list,list in a list,map,set,source,item,constant,condition".split(","),
)
def test_a_function_sees_the_event_wherever_it_stands_and_its_failure_is_said(around: Any) -> None:
    """As its second argument; a combination that forgot to pass it on would show here."""
    seen: list[Any] = []
    event = {"x": 1}
    look = {"fn": lambda value, whole: seen.append((value, whole))}
    mapping_value(around(look)).resolve(event, event, [])
    assert seen == [(event, event)]
    notes: list[Any] = []
    mapping_value(around({"fn": raising(ValueError())})).resolve(event, event, notes)
    assert codes(notes) == ["value.raised"]
