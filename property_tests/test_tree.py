"""Do the closure, the walk and the trace of a mapping value say the same?"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from unittest.mock import patch

from attrs import evolve
from hypothesis import example, given
from property_tests.generated.pairs import aimed
from property_tests.generated.values import Raw, mapping_values

from walkeros_klaviyo import STAGES, Rule, before, mapping_value, parse_config, pipeline
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.value import compile as compiling
from walkeros_klaviyo.core.walkeros.value import path_value, tree
from walkeros_klaviyo.core.walkeros.value.trace import Trace, trace
from walkeros_klaviyo.core.walkeros.value.walk import Read, nodes, walk
from walkeros_klaviyo.verify.laws.sameness import plan_text, text_of
from walkeros_klaviyo.verify.strategies.events import any_events


@given(mapping_values(), any_events())
def test_the_trace_agrees_with_the_closure(raw: Raw, event: Event) -> None:
    value = mapping_value(raw)
    resolved: list[Any] = []
    traced: list[Any] = []
    found = value.resolve(event, event, resolved)
    seen = trace(value.tree, event, event, traced)
    assert text_of(seen.value) == text_of(found)
    assert traced == resolved
    assert text_of(made_of(seen)) == text_of(found)


def made_of(seen: Trace) -> Any:
    """The value, put together from what its members say."""
    return {name: made_of(one) for name, one in seen.members.items()} or seen.value


class Watched(dict[str, Any]):
    """An object that writes down at which paths it was asked."""

    def __init__(self, members: dict[str, Any], at: tuple[str, ...], asked: set[Any]) -> None:
        super().__init__(
            {key: watched(member, (*at, key), asked) for key, member in members.items()}
        )
        self.at, self.asked = at, asked

    def get(self, key: str, default: Any = None) -> Any:
        """What a path asks for."""
        self.asked.add((*self.at, key))
        return super().get(key, default)


def watched(value: Any, at: tuple[str, ...], asked: set[Any]) -> Any:
    """A copy of an event of which it is known what was asked."""
    if isinstance(value, dict):
        return Watched(value, at, asked)
    return (
        [watched(item, (*at, "*"), asked) for item in value] if isinstance(value, list) else value
    )


def places(read: Read) -> tuple[str, ...]:
    """A read's path from the event on, `*` for the items of loops; numbers are items too."""
    sources = [key for source in read.within if source != "this" for key in (source, "*")]
    keys = ".".join((*sources, read.path)).split(".")
    return tuple("*" if key.isdigit() else key for key in keys)


@example({"loop": ["this", {"map": {"A": "data.a"}}]}, {"name": "a b", "data": {"a": 1}})
@given(mapping_values(), any_events())
def test_the_walk_names_every_path_that_the_closure_reads(raw: Raw, event: Event) -> None:
    value = mapping_value(raw)
    reads = list(walk(value.tree))
    if any(
        isinstance(one, tree.Function) or "" in read.within
        for one in nodes(value.tree)
        for read in reads
    ):
        return  # a function reads what it likes; a loop's source may be one of several
    asked: set[tuple[str, ...]] = set()
    known = [places(one) for one in reads]
    with (
        patch.object(path_value, "is_sound", lambda found: True),
        patch.object(compiling, "is_sound", lambda found: True),
    ):
        value.resolve(Watched(event, (), asked), Watched(event, (), asked), [])
    is_asking = any(
        isinstance(one, tree.Guard) and one.consent is not None for one in nodes(value.tree)
    )
    for path in asked:
        named = any(
            one[: len(path)] == tuple("*" if k.isdigit() else k for k in path) for one in known
        )
        assert named or (is_asking and "consent" in path), path


def containers(value: Any) -> Iterator[int]:
    """The lists and objects of a JSON value, by identity."""
    if isinstance(value, dict | list):
        yield id(value)
        for member in value.values() if isinstance(value, dict) else value:
            yield from containers(member)


LISTED: Raw = {
    "data": {"map": {"A": {"value": ["a"]}, "B": {"key": "data.none", "value": {"b": 1}}}},
    "settings": {"identify": {"map": {"properties": {"value": {"c": ["d"]}}}}},
}
VIEWED: Event = {"name": "page view", "timestamp": 1_795_518_160_712, "user": {"id": "u1"}}


@example((LISTED, VIEWED))
@given(aimed())
def test_no_two_plans_share_a_mutable_value(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    compiled = parse_config(config)
    transform = pipeline(compiled)
    events = [deepcopy(event), deepcopy(event)]
    plans = [transform.plan(one) for one in events]
    bodies = [{one for call in plan.calls for one in containers(call.body)} for plan in plans]
    assert bodies[0].isdisjoint(bodies[1])
    constants = [
        one.value
        for rule in (compiled.default, *compiled.rules)
        for value in (rule.data, rule.base, rule.settings.identify)
        if value is not None
        for one in nodes(value.tree)
        if isinstance(one, tree.Constant)
    ]
    assert bodies[0].isdisjoint(one for constant in constants for one in containers(constant))


@given(aimed())
def test_a_pickled_transform_plans_alike(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    compiled = parse_config({key: one for key, one in config.items() if plain(one)})
    transform = before(_as_it_is, pipeline(compiled))
    again = pickle.loads(pickle.dumps(transform))
    assert plan_text(again.plan(event)) == plan_text(transform.plan(event))


def plain(value: Any) -> bool:
    """Is there no function in it? One that is made in a test cannot be pickled."""
    if isinstance(value, dict | list):
        return all(map(plain, value.values() if isinstance(value, dict) else value))
    return not callable(value)


def _as_it_is(event: Any) -> Any:
    return event


@given(aimed())
def test_what_a_stage_sees_does_not_depend_on_what_mappings_read(pair: tuple[Raw, Event]) -> None:
    """The event under its rule's name, with granted consent alone, whoever asks for either."""
    config, event = pair

    def seen_by_stages(raw: Raw) -> list[str]:
        seen: list[str] = []

        def note(rule: Rule, mapped: Event) -> Any:
            seen.append(text_of(mapped))
            return STAGES.properties(rule, mapped)

        pipeline(parse_config(raw), evolve(STAGES, properties=note)).plan(event)
        return seen

    data = {"map": {"Name": "name", "Consent": "consent.marketing"}}
    plain = seen_by_stages({**config, "data": "data.none"})
    assert plain == seen_by_stages({**config, "data": data})
