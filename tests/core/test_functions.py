"""What do the functions make of what shops really send, and what is said of a wrong one?"""

from __future__ import annotations

import decimal
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from tests.core.make import nested

from walkeros_klaviyo import ABSENT, explain, mapping_value, parse_config
from walkeros_klaviyo.core.faults import ConfigError
from walkeros_klaviyo.core.walkeros.functions import FUNCTIONS, Step
from walkeros_klaviyo.core.walkeros.value.trace import trace
from walkeros_klaviyo.core.walkeros.value.walk import walk

NOTHING = ABSENT
CASES: list[tuple[Any, Any, Any]] = [
    # what is written, what is given, what comes out
    ("text", 4107, "4107"),
    ("text", 4.0, "4"),
    ("text", 2.5, "2.5"),
    ("text", 1e22, "1" + "0" * 22),
    ("text", -0.5, "-0.5"),
    ("text", "", ""),
    ("text", True, "is a boolean, not a string or number"),
    ("text", float("nan"), "is a number, not a string or number"),
    ("text", 10**400, "has more than 400 digits"),
    ("text", 1 - 10**400, "-" + "9" * 400),
    ("text", [1, None, "a"], ["1", None, "a"]),
    ("text", [1, [2]], ["1", None]),
    ("number", "1.299", "may be a thousand, written with a point between the thousands"),
    ("number", "0.299", 0.299),
    ("number", "-1.299", "may be a thousand, written with a point between the thousands"),
    ("number", "1299.000", 1299.0),
    ("number", "1.2990", 1.299),
    ("number", "+5", 5),
    ("number", "1,5", "is not a plain number such as 1299.00"),
    ("number", "", "is not a plain number such as 1299.00"),
    ("number", "1e5", "is not a plain number such as 1299.00"),
    ("number", "9" * 400, int("9" * 400)),
    ("number", "9" * 401, "is not a plain number such as 1299.00"),
    ("number", "9" * 398 + ".5", "is too large"),
    ("number", True, "is a boolean, not a number"),
    ("number", float("inf"), "is a number, not a number"),
    ("number", 7.5, 7.5),
    ("cents", 1999, 19.99),
    ("cents", 2000, 20),
    ("cents", "1999", 19.99),
    ("cents", 1999.0, 19.99),
    ("cents", -5, -0.05),
    ("cents", "19.99", "holds parts of a cent"),
    ("cents", {}, "is an object, not a number"),
    ("cents", [100, 250], [1, 2.5]),
    ("cents", 10**400, "is too large"),
    ("lower", "EUR", "eur"),
    ("lower", 5, "is a number, not a string"),
    ("upper", ["eur", None, 5], ["EUR", None, None]),
    ("upper", 5, "is a number, not a string"),
    ("trim", "\t a b \n", "a b"),
    ("trim", "  ", NOTHING),
    ("trim", 5, "is a number, not a string"),
    ("split(, )", "a, b, , c ", ["a", "b", "c"]),
    ("split(a)", "a", NOTHING),
    ("split(()", "x(y", ["x", "y"]),
    ("split(,)", 5, "is a number, not a string"),
    ("join( )", ["Hauptstr.", 7, None, " "], "Hauptstr. 7"),
    ("join(,)", [None, ""], NOTHING),
    ("join(\n)", ["a", "b"], "a\nb"),
    ("join(())", ["a", "b"], "a()b"),
    ("join(,)", ["a", {}], "an item is an object, not a string or number"),
    ("join(,)", "a", "is a string, not a list"),
    ("flatten", [[], [None]], NOTHING),
    ("flatten", [1, [2, [3, {"a": [4]}]]], [1, 2, 3, {"a": [4]}]),
    ("flatten", {"a": 1}, [{"a": 1}]),
    ("unique", ["b", "a", "b", 1, True, {"x": 1}, {"x": 1}], ["b", "a", 1, True, {"x": 1}]),
    ("unique", [None], NOTHING),
    ("unique", [nested(100_000)], "is nested too deeply"),
    ("unique", "a", "is a string, not a list"),
    ("first", [None, 0, 1], 0),
    ("first", [None], NOTHING),
    ("first", "a", "is a string, not a list"),
    ("last", [1, 0, None], 0),
    ("last", {}, "is an object, not a list"),
    ("only", [7], 7),
    ("only", [7, None], NOTHING),
    ("only", [None], NOTHING),
    ("only", 7, "is a number, not a list"),
    ("where(a.b=x|y)", [{"a": {"b": "y"}}, {"a": 1}, {}, None, 5], [{"a": {"b": "y"}}]),
    ("where(a=x)", [{"a": "z"}], NOTHING),
    ("where(a=x)", {"a": "x"}, "is an object, not a list"),
    ("where(a=b=c)", [{"a": "b=c"}], [{"a": "b=c"}]),
    ("complete", ["a", 0], ["a", 0]),
    ("complete", ["a", None], NOTHING),
    ("complete", [], NOTHING),
    ("complete", "a", "is a string, not a list"),
    ("filled", {"a": 1}, {"a": 1}),
    ("filled", {}, NOTHING),
    ("filled", [], NOTHING),
    ("filled", "a", "is a string, not an object or list"),
    ("sum", [0.1, 0.2], 0.3),
    ("sum", [1, 2], 3),
    ("sum", [1.5, 2.5], 4),
    ("sum", [1e308, 1e308], "is too large"),
    ("sum", [10**30, 1], 10**30 + 1),
    ("sum", [10**300, 0], 10**300),
    ("sum", [10**301, 0], "is too large"),
    ("sum", [10**5000, 1], "is too large"),
    ("sum", [1, None], NOTHING),
    ("sum", [], NOTHING),
    ("sum", ["1"], "an item is a string, not a number"),
    ("sum", [True], "an item is a boolean, not a number"),
    ("sum", 5, "is a number, not a list"),
    ("subtract", [10, 2.5, 2.5], 5),
    ("subtract", [1, None], NOTHING),
    ("multiply", [19.99, 3], 59.97),
    ("multiply", [2, 3, 4], 24),
    ("multiply", [10**400] * 3000, "is too large"),
    ("multiply", [1e-300] * 3, 0.0),
    ("positive", 0.01, 0.01),
    ("positive", 0, NOTHING),
    ("positive", -1, NOTHING),
    ("positive", [1, -1], [1, None]),
    ("positive", "1", "is a string, not a number"),
    ("round(2)", 2.675, 2.68),
    ("round(0)", 2.5, 3),
    ("round(10)", 1 / 3, 0.3333333333),
    ("round(2)", 7, 7),
    ("round(2)", float(2**53), float(2**53)),
    ("round(2)", -1e300, -1e300),
    ("round(2)", "7", "is a string, not a number"),
    ("query(q)", "https://a.b/?x=1&q=a%20b+c#q=no", "a b c"),
    ("query(q)", "https://a.b/?qq=1", NOTHING),
    ("query(q)", "https://a.b/#?q=1", NOTHING),
    ("query(q)", "https://a.b/?q=", NOTHING),
    ("query(q)", "?q=%ff", "�"),
    ("query(q)", "?q=%C3%bc", "ü"),
    ("query(q.)", "?qx=1", NOTHING),
    ("query(q)", "?q=\ud800", "?"),
    ("query(q)", 5, "is a number, not a string"),
    ("url", "http://a.b", "http://a.b"),
    ("url", "https://", NOTHING),
    ("url", "see https://a.b", NOTHING),
    ("url", 5, "is a number, not a string"),
    ("iso_to_ms", "1970-01-01T00:00:00.0015Z", 1),
    ("iso_to_ms", "1970-01-02", 86_400_000),
    ("iso_to_ms", " 1970-01-01T01:00:00+01:00 ", 0),
    ("iso_to_ms", "0001-01-01T00:00:00+14:00", -62_135_647_200_000),
    ("iso_to_ms", "30.10.2026", "is not a time such as 2026-10-30T09:00:00Z"),
    ("iso_to_ms", 5, "is a number, not a string"),
    ("get(a.*.b)", {"a": [{"b": 1}, {}, {"b": None}]}, [1, None, None]),
    ("get(a)", {"a": None}, NOTHING),
    ("get(*)", [1, 2], [1, 2]),
    ("get(*)", {"*": 5}, 5),
    ("get(1)", ["a", "b"], "b"),
    ("get(a.*.b.*.c)", {"a": [{"b": [{"c": 1}]}]}, [[1]]),
]


@pytest.mark.parametrize(("spelling", "given", "wanted"), CASES)
def test_a_function_of_a_value(spelling: str, given: Any, wanted: Any) -> None:
    notes: list[Any] = []
    value = mapping_value({"map": {"a": {"fn": ["$fn:get(x)", f"$fn:{spelling}"]}}})
    step = value.tree.members[0][1].step
    found = step(given, notes)
    said = [one.message for one in notes]
    if isinstance(wanted, str) and wanted.split(" ")[0] in ("is", "may", "holds", "has", "an"):
        assert found is ABSENT
        assert said == [f"$fn:{step.name} was given a value that {wanted}"]
        assert notes[0].code == "value.misfit"
        assert notes[0].path == "value.map.a.fn[1]"
    else:
        assert (found, type(found)) == (wanted, type(wanted))


@pytest.fixture
def another_programs_decimals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What decimal's globals may be set to by the program that we are in."""
    for name, value in (("Emax", 1), ("Emin", -1), ("prec", 1)):
        monkeypatch.setattr(decimal.DefaultContext, name, value)
    raising = [decimal.Inexact, decimal.Rounded, decimal.Overflow, decimal.InvalidOperation]
    for one in raising:
        monkeypatch.setitem(decimal.DefaultContext.traps, one, True)
    with decimal.localcontext(decimal.Context(prec=1, Emax=1, Emin=-1, traps=raising)):
        yield


@pytest.mark.usefixtures("another_programs_decimals")
@pytest.mark.parametrize(("spelling", "given", "wanted"), CASES)
def test_decimals_are_ours_whatever_the_program_does_with_its_own(
    spelling: str, given: Any, wanted: Any
) -> None:
    test_a_function_of_a_value(spelling, given, wanted)


def test_every_function_stands_in_the_table_above() -> None:
    assert {spelling.partition("(")[0] for spelling, _, _ in CASES} == set(FUNCTIONS)
    for one in FUNCTIONS.values():
        assert one.sentence.endswith("."), one.name


def test_nothing_stays_nothing_and_is_not_worth_a_word() -> None:
    notes: list[Any] = []
    assert {Step("fn", name)(None, notes) for name in FUNCTIONS} == {ABSENT}
    assert notes == []


def test_of_a_list_one_misfit_is_named_and_the_others_stay() -> None:
    notes: list[Any] = []
    assert Step("fn", "number")(["1", "x", {}, None], notes) == [1, None, None, None]
    assert [one.message for one in notes] == [
        "$fn:number was given a value that is not a plain number such as 1299.00"
    ]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (
            {"key": "a.b", "fn": "$fn:flaten"},
            'value.fn  "$fn:flaten" is not a function; did you mean "$fn:flatten"?',
        ),
        (
            {"key": "a.b", "fn": ["$fn:sum", "$fn:rond(2)"]},
            'value.fn[1]  "$fn:rond" is not a function; did you mean "$fn:round"?',
        ),
        ({"key": "a.b", "fn": "$fn:split"}, "value.fn  write $fn:split(text)"),
        ({"key": "a.b", "fn": "$fn:split()"}, "value.fn  write $fn:split(text)"),
        ({"key": "a.b", "fn": "$fn:round(x)"}, "value.fn  write $fn:round(decimals)"),
        ({"key": "a.b", "fn": "$fn:round(11)"}, "value.fn  write $fn:round(decimals)"),
        ({"key": "a.b", "fn": "$fn:get(a..b)"}, "value.fn  write $fn:get(path)"),
        ({"key": "a.b", "fn": "$fn:where(a)"}, "value.fn  write $fn:where(path=text|text)"),
        ({"key": "a.b", "fn": "$fn:where(a=b|)"}, "value.fn  write $fn:where(path=text|text)"),
        ({"key": "a.b", "fn": "$fn:where(=b)"}, "value.fn  write $fn:where(path=text|text)"),
        ({"key": "a.b", "fn": "$fn:sum(2)"}, 'value.fn  "$fn:sum" takes no argument'),
        ({"key": "a.b", "fn": "$fn:sum()"}, 'value.fn  "$fn:sum" takes no argument'),
        ({"key": "a.b", "fn": "$fn:sum("}, 'value.fn  "$fn:sum" takes no argument'),
        ({"key": "a.b", "fn": "$fn:split(;,"}, "value.fn  write $fn:split(text)"),
        (
            {"key": "a.b", "fn": "$fn:sum)"},
            'value.fn  "$fn:sum)" is not a function; did you mean "$fn:sum"?',
        ),
        (
            {"key": "a.b", "fn": ["$fn:sum", 5]},
            'value.fn[1]  expected a function such as "$fn:flatten", got a number',
        ),
        (
            {"key": "a.b", "fn": []},
            'value.fn  expected functions, e.g. ["$fn:flatten", "$fn:unique"]',
        ),
        (
            {"fn": "$fn:flatten"},
            'value.fn  has nothing to work on; write "key" beside it, or begin with $fn:get(path)',
        ),
        (
            "$fn:sum",
            'value  is a function, and no path; write {"key": "…", "fn": "$fn:sum"}',
        ),
        (
            {"key": "a.b", "validate": "$fn:sum"},
            'value.validate  works only as fn; write {"key": "…", "fn": "$fn:sum"}',
        ),
    ],
)
def test_what_is_written_wrongly_is_told_how_to_write_it(raw: Any, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        mapping_value(raw)
    assert list(map(str, caught.value.faults)) == [fault]


EVENT = {
    "data": {"id": 7, "cents": [1999, "5", None], "tags": ["a", None]},
    "nested": [
        {"entity": "product", "data": {"c": ["Tents", "Sale"], "n": None, "q": 2}},
        {"entity": "gift", "data": {"c": ["Free"]}},
        {"entity": "product", "data": {"c": ["Tents"], "q": 3}},
    ],
}


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (
            {"key": "nested.*.data.c", "fn": ["$fn:flatten", "$fn:unique"]},
            ["Tents", "Sale", "Free"],
        ),
        ({"fn": ["$fn:get(nested.*.data.c)", "$fn:flatten"]}, ["Tents", "Sale", "Free", "Tents"]),
        (
            {
                "loop": [
                    {"key": "nested", "fn": "$fn:where(entity=product)"},
                    {"map": {"C": "data.c"}},
                ]
            },
            [{"C": ["Tents", "Sale"]}, {"C": ["Tents"]}],
        ),
        ({"key": "data.cents", "fn": "$fn:cents"}, [19.99, 0.05, None]),
        ({"key": "data.none", "fn": "$fn:sum", "value": 0}, 0),
        ({"key": "data.id", "fn": "$fn:sum", "value": 0}, 0),
        ({"set": ["data.id", ["data.none", "data.id"]], "fn": "$fn:join(-)"}, "7-7"),
        ({"map": {"a": "data.id"}, "fn": "$fn:get(a)"}, 7),
        ({"key": "data.tags", "fn": "$fn:flatten"}, ["a"]),
    ],
)
def test_functions_work_on_what_stands_beside_them(raw: Any, wanted: Any) -> None:
    value = mapping_value(raw)
    notes: list[Any] = []
    assert value.resolve(EVENT, EVENT, notes) == wanted
    assert pickle.loads(pickle.dumps(value))(EVENT) == wanted
    assert trace(value.tree, EVENT, EVENT, []).value == wanted
    is_whole = not (isinstance(wanted, list) and None in wanted)
    assert is_whole == ("value.holds-null" not in [one.code for one in notes])


def test_what_comes_out_is_judged_as_any_value() -> None:
    notes: list[Any] = []
    lines = {"key": "nested", "fn": "$fn:where(entity=product)"}
    found = mapping_value(lines).resolve(EVENT, EVENT, notes)
    assert found[0]["data"] == {"c": ["Tents", "Sale"], "q": 2}
    assert [(one.code, one.path) for one in notes] == [("value.holds-null", "value.fn")]


def test_a_walk_knows_what_functions_read() -> None:
    raw = {"loop": [{"key": "nested", "fn": "$fn:where(entity=product)"}, {"map": {"C": "data.c"}}]}
    reads = list(walk(mapping_value(raw).tree))
    assert [(one.path, one.within) for one in reads] == [("nested", ()), ("data.c", ("nested",))]
    begun = mapping_value({"fn": ["$fn:get(data.id)", "$fn:text"]})
    assert [one.path for one in walk(begun.tree)] == ["data.id"]
    assert begun.reads == "data.id"


def test_explain_says_which_functions_made_a_field() -> None:
    raw = {"data": {"map": {"C": {"key": "nested.*.data.c", "fn": ["$fn:flatten", "$fn:unique"]}}}}
    event = {"name": "a b", "timestamp": 1_795_518_160_712, "user": {"id": "u1"}, **EVENT}
    told = explain(parse_config(raw))(event)
    (origin,) = (one for one in told.origins if one.field == "properties.C")
    assert origin.source == "nested.*.data.c, flatten, unique"
    assert origin.configured == "data.map.C"


def test_a_python_function_may_not_stand_in_a_pipe_and_beside_key_it_is_never_read() -> None:
    config = parse_config({"data": {"key": "data.id", "fn": lambda value, event: 1}})
    assert [one.code for one in config.warnings] == ["config.yields-nothing"]
    with pytest.raises(ConfigError, match="expected a function such as"):
        mapping_value({"key": "data.id", "fn": [lambda value, event: 1]})
