"""What does a mapping value yield, put together from its parts?"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from property_tests.generated.values import constants, mapping_values

from walkeros_klaviyo import mapping_value
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.sound import is_sound
from walkeros_klaviyo.verify.laws.sameness import text_of
from walkeros_klaviyo.verify.strategies.events import PATHS, any_events
from walkeros_klaviyo.verify.strategies.json_values import (
    Json,
    hostile_values,
    json_values,
    keys,
    nested,
)

VALUES = mapping_values()


def walked(event: Json, path: str) -> Json:
    """What stands at a path without `*`: one key after the other, null and NaN undefined."""
    for key in path.split("."):
        if isinstance(event, dict) and key in event:
            event = event[key]
        elif isinstance(event, list) and key.isdigit() and int(key) < len(event):
            event = event[int(key)]
        else:
            return ABSENT
    return without_its_nulls(event)


def without_its_nulls(value: Any) -> Any:
    """An object's null members go, a list's items stay; anything else unsound loses all of it."""
    bare = _bare(value, in_lists=True, depth=102)
    return _bare(value, in_lists=False, depth=102) if _sound(bare) else ABSENT


def _bare(value: Any, in_lists: bool, depth: int) -> Any:
    if not depth:
        return value
    if isinstance(value, list):
        items = [item for item in value if item is not None] if in_lists else value
        return [_bare(item, in_lists, depth - 1) for item in items]
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if item is not None}
        return {key: _bare(item, in_lists, depth - 1) for key, item in kept.items()}
    return value


def _sound(value: Any, depth: int = 101) -> bool:
    if isinstance(value, list | dict):
        inner = value if isinstance(value, list) else value.values()
        return not value or (depth > 0 and all(_sound(item, depth - 1) for item in inner))
    return value is not None and (not isinstance(value, float) or abs(value) < float("inf"))


PLAIN_PATHS = st.sampled_from([path for path in PATHS if "*" not in path])


@given(any_events(), PLAIN_PATHS)
def test_a_path_yields_what_stands_there(event: Event, path: str) -> None:
    assert text_of(mapping_value(path)(event)) == text_of(walked(event, path))
    assert text_of(mapping_value({"key": path})(event)) == text_of(walked(event, path))


@given(st.one_of(hostile_values(), json_values(), st.integers(95, 110).map(nested)))
def test_sound_is_what_json_holds_without_a_null(value: Json) -> None:
    assert is_sound(value) == _sound(value)


@given(any_events(), PLAIN_PATHS, constants())
def test_a_default_stands_in_for_nothing_else(event: Event, path: str, default: Json) -> None:
    found = mapping_value({"key": path, "value": default})(event)
    there = walked(event, path)
    stand_in = without_its_nulls(default)
    assert text_of(found) == text_of(stand_in if there is ABSENT else there)


@given(any_events(), st.dictionaries(keys(), VALUES, max_size=4))
def test_a_map_holds_what_its_values_yield(event: Event, raw: dict[str, Json]) -> None:
    alone = {name: mapping_value(value)(event) for name, value in raw.items()}
    defined = {name: found for name, found in alone.items() if found is not ABSENT}
    assert text_of(mapping_value({"map": raw})(event)) == text_of(defined)


@given(any_events(), st.lists(st.sampled_from(PATHS), max_size=6))
def test_a_map_of_paths_holds_what_they_yield(event: Event, paths: list[str]) -> None:
    alone = {path: mapping_value(path)(event) for path in paths}
    defined = {path: found for path, found in alone.items() if found is not ABSENT}
    raw = {"map": {path: path for path in paths}}
    assert text_of(mapping_value(raw)(event)) == text_of(defined)


PARTS = VALUES.filter(lambda raw: not isinstance(raw, list))


@given(any_events(), st.lists(PARTS, max_size=3))
def test_a_list_yields_the_first_that_is_defined(event: Event, raw: list[Json]) -> None:
    alone = [mapping_value(one)(event) for one in raw]
    defined = [found for found in alone if found is not ABSENT]
    assert text_of(mapping_value(raw)(event)) == text_of(defined[0] if defined else ABSENT)


@given(any_events(), st.lists(PARTS, max_size=3))
def test_a_set_yields_all_with_holes(event: Event, raw: list[Json]) -> None:
    alone = [mapping_value(one)(event) for one in raw]
    holed = [None if found is ABSENT else found for found in alone]
    assert text_of(mapping_value({"set": raw})(event)) == text_of(holed)


@given(
    any_events(),
    st.lists(json_values(), max_size=3),
    st.sampled_from(["data.sku", "sku", {"key": "sku", "value": 0}, {"map": {"s": "sku"}}]),
)
def test_a_loop_yields_each_item_mapped(event: Event, items: list[Json], raw: Json) -> None:
    event = {**event, "nested": [*items, {"sku": "A", "data": {"sku": "B"}}]}
    looped = mapping_value({"loop": ["nested", raw]})(event)
    if looped is not ABSENT:
        alone = [mapping_value(raw)(item) for item in event["nested"] if item is not None]
        assert text_of(looped) == text_of([one for one in alone if one is not ABSENT])
    else:
        assert not _sound(event["nested"])


@given(any_events(), VALUES.filter(lambda raw: not callable(raw)))
def test_a_value_yields_the_same_twice(event: Event, raw: Json) -> None:
    compiled = mapping_value(raw)
    first = text_of(compiled(event))
    assert text_of(compiled(event)) == first
    assert text_of(mapping_value(raw)(event)) == first
