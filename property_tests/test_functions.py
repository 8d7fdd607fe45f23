"""Do the functions that a file may name keep their promises, whatever they are given?"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from walkeros_klaviyo import ABSENT, mapping_value
from walkeros_klaviyo.core.diagnostics import Notes
from walkeros_klaviyo.core.faults import Findings
from walkeros_klaviyo.core.walkeros.functions import FUNCTIONS, Step, parse_steps
from walkeros_klaviyo.core.walkeros.sound import is_sound
from walkeros_klaviyo.verify.laws.sameness import text_of

INSIDE = {
    "": "",
    "text": "(,)",
    "decimals": "(2)",
    "path": "(data.id)",
    "test": "(entity=product|item)",
}
SPELLINGS = [f"$fn:{one.name}{INSIDE[one.takes]}" for one in FUNCTIONS.values()]
NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([0.1, 19.99, 10**40, 1e308]))
TEXTS = st.one_of(st.text(), st.sampled_from(["12.50", "1.299", "a,b", "https://a.b/?c=%C3", ""]))
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, st.sampled_from([object(), (1,)]))
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["data", "id", "entity", "a"]), inner, max_size=3),
    ),
    max_leaves=12,
)
PIPES = st.lists(st.sampled_from(SPELLINGS), min_size=1, max_size=4)


def piped(spellings: list[str], value: Any, notes: Notes) -> Any:
    for step in parse_steps(spellings, "fn", Findings()):
        value = step(value, notes)
    return value


@given(st.sampled_from(SPELLINGS), ANYTHING)
def test_every_function_is_total_and_what_it_cannot_take_is_named(spelling: str, value: Any):
    notes: Notes = []
    (step,) = parse_steps(spelling, "fn", Findings())
    found = step(value, notes)
    holes = found is ABSENT or (isinstance(found, list) and None in found)
    assert {one.code for one in notes} <= {"value.misfit"}
    assert all(one.path == "fn" for one in notes)
    assert not notes or holes  # what is named is left out


@given(st.sampled_from(SPELLINGS), ANYTHING)
def test_a_function_is_pure(spelling: str, value: Any):
    (step,) = parse_steps(spelling, "fn", Findings())
    before = text_of(value)
    once, again = (step(value, []) for _ in range(2))
    assert text_of(once) == text_of(again)
    assert text_of(value) == before


@given(PIPES, PIPES, PIPES, ANYTHING)
def test_a_pipe_is_associative(one: list[str], two: list[str], three: list[str], value: Any):
    left: Notes = []
    right: Notes = []
    whole: Notes = []
    first = piped(three, piped([*one, *two], value, left), left)
    second = piped([*two, *three], piped(one, value, right), right)
    assert text_of(first) == text_of(second) == text_of(piped([*one, *two, *three], value, whole))
    assert [note.code for note in left] == [note.code for note in right]
    assert [note.code for note in left] == [note.code for note in whole]


@given(PIPES, ANYTHING)
def test_what_comes_out_of_a_mapping_is_json(spellings: list[str], value: Any):
    event = {"data": {"x": value}}
    before = text_of(event)
    found = mapping_value({"key": "data.x", "fn": spellings}).resolve(event, event, notes := [])
    assert found is ABSENT or is_sound(_without_holes(found)), notes
    assert text_of(event) == before


def _without_holes(value: Any) -> Any:
    """A list's nulls stay, as everywhere."""
    if isinstance(value, list):
        return [_without_holes(item) for item in value if item is not None]
    if isinstance(value, dict):
        return {key: _without_holes(member) for key, member in value.items()}
    return value


@given(st.lists(ANYTHING))
def test_flatten_and_unique_change_nothing_twice(value: list[Any]):
    for name in ("flatten", "unique"):
        step = Step("fn", name)
        once = step(deepcopy(value), [])
        assert text_of(step(once, [])) == text_of(once)


@given(st.lists(st.integers(-(10**6), 10**6).map(lambda cents: cents / 100), min_size=1))
def test_a_sum_of_money_is_exact_in_any_order(amounts: list[float]):
    total = Step("fn", "sum")
    cents = sum(round(one * 100) for one in amounts)
    assert round(total(amounts, []) * 100, 6) == cents
    assert total(amounts[::-1], []) == total(amounts, []) == cents / 100
