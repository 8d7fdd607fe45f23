"""Does the shortcut say what the pipeline says?"""

from __future__ import annotations

from typing import Any

from attrs import asdict, evolve
from hypothesis import example, find, given
from hypothesis import strategies as st
from property_tests.generated.configurations import configs, rules, settings
from property_tests.generated.pairs import aimed
from property_tests.generated.values import Raw, traits

from walkeros_klaviyo import STAGES, parse_config, parse_event, pipeline
from walkeros_klaviyo.core.shortcut import shortcut
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.verify.laws.sameness import text_of
from walkeros_klaviyo.verify.strategies.events import events
from walkeros_klaviyo.verify.strategies.json_values import hostile_values

LONG_WAY = evolve(STAGES, parse=lambda raw: parse_event(raw))
"""The standard stages, by which no shortcut is taken."""
IDENTIFYING = configs(settings=settings(identify=traits()))
VIEW = {"name": "page view", "timestamp": 1795518160712, "id": "e1", "user": {"id": "u1"}}

CLEARED_BY_RULE = {
    "settings": {"identify": {"map": {"firstName": "user.first"}}},
    "mapping": {"page": {"view": {"settings": {"clear": True}}}},
}
THIS = {
    "map": {"title": "user.first", "properties": {"map": {"x": {"loop": ["this", "user.plan"]}}}}
}
WHOLE_USER = {
    "settings": {
        "identify": {"map": {"firstName": "user.first", "properties": {"map": {"of": "user"}}}}
    }
}


def both(config: Raw, event: object) -> tuple[str | None, str]:
    """What the shortcut says, and what the pipeline does, as text."""
    compiled = parse_config(config)
    planned = pipeline(compiled, LONG_WAY).plan(event)
    said = shortcut(compiled, planned.tells)(event)
    return None if said is None else text_of(asdict(said)), text_of(asdict(planned))


@given(st.one_of(aimed(), aimed(IDENTIFYING), st.tuples(configs(), hostile_values())))
@example(({}, {**VIEW, "id": "a" * 300}))
@example(({}, {**VIEW, "id": "undefined"}))
@example(({}, {**VIEW, "id": "\ud800"}))
@example(({}, {**VIEW, "name": "page \ud800"}))
@example(({}, {**VIEW, "user": {"id": 1}}))
@example(({}, {**VIEW, "user": {"id": True}}))
@example(({}, {**VIEW, "user": "u1"}))
@example(({"settings": {"identify": {"map": {"title": "user.id"}}}}, {**VIEW, "user": {"id": 7}}))
@example((WHOLE_USER, {**VIEW, "user": {"id": "u1", "first": "Ada", "plan": "free"}}))
@example(({"settings": {"identify": THIS}}, {**VIEW, "user": {"id": "u1", "plan": "free"}}))
@example((CLEARED_BY_RULE, {**VIEW, "user": {"id": "u1", "first": None}}))
def test_where_the_shortcut_plans_an_event_the_pipeline_plans_it_alike(
    pair: tuple[Raw, object],
) -> None:
    short, long = both(*pair)
    assert short is None or short == long


@given(aimed(IDENTIFYING), st.data())
def test_what_it_remembers_of_a_person_is_said_of_nobody_else(
    pair: tuple[Raw, Event], data: st.DataObject
) -> None:
    config, event = pair
    compiled = parse_config(config)
    short = shortcut(compiled, tells=True)
    user: dict[str, Any] = event["user"] if isinstance(event.get("user"), dict) else {}
    values = st.sampled_from([True, 1, 1.0, "1", None, "", [1], [True], *user.values()])
    for _ in range(3):
        other = {**event, "user": {name: data.draw(values) for name in (*user, "id", "email")}}
        said = short(other)
        planned = pipeline(compiled, LONG_WAY).plan(other)
        assert said is None or text_of(asdict(said.calls[0])) == text_of(asdict(planned.calls[0]))
        assert said is None or said.diagnostics == planned.diagnostics


def test_it_plans_most_ordinary_events() -> None:
    for config in ({}, {"settings": {"identify": {"map": {"title": "user.id"}}}}):
        assert shortcut(parse_config(config), tells=False)(VIEW) is not None
    anyone = configs(mapping=st.fixed_dictionaries({"*": st.fixed_dictionaries({"*": rules()})}))
    find(aimed(anyone, events()), lambda pair: both(*pair)[0] is not None)
