"""Does the shortcut say what the pipeline says?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
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

NAMED = {"firstName": "user.first"}
LISTED = {"email": "data.mail", "externalId": "user.0"}
THIS = {"map": {"properties": {"map": {"x": {"loop": ["this", "user.plan"]}}}}}
GUARDED = {"map": {"firstName": {"key": "user.first", "consent": {"ads": True}}}}
ASKED = {"map": {"firstName": {"key": "user.first", "condition": lambda _, event: event["id"]}}}
WORKED_OUT = {"map": {"firstName": {"fn": lambda _, event: event["id"]}}}
WHOLE = {"map": {**NAMED, "properties": {"map": {"of": "user"}}}}
BY_RULE = {"page": {"view": {"settings": {"clear": True}}}}
SETTINGS = (
    LISTED,
    {"anonymousId": "data.device", "externalId": "user.nr", "identify": {"map": NAMED}},
    {"identify": {"map": NAMED}, "patch": {"append": {"tags": "user.plan"}}},
    *({"identify": one} for one in (THIS, GUARDED, ASKED, WORKED_OUT, WHOLE)),
)
"""What depends on more than plain values of a person."""
DATA = {"mail": "ada@example.com", "device": "d1"}
ADA = {"id": "u1", "first": "Ada", "plan": "free"}


def both(config: Raw, event: object) -> tuple[str | None, str]:
    """What the shortcut says, and what the pipeline does, as text."""
    compiled = parse_config(config)
    planned = pipeline(compiled, LONG_WAY).plan(event)
    said = shortcut(compiled, planned.tells)(event)
    return None if said is None else text_of(asdict(said)), text_of(asdict(planned))


@given(st.one_of(aimed(), aimed(IDENTIFYING), st.tuples(configs(), hostile_values())))
@example(({}, {**VIEW, "id": " e1 "}))
@example(({}, {**VIEW, "id": "a" * 100_001}))
@example(({}, {**VIEW, "id": "undefined"}))
@example(({}, {**VIEW, "id": "\ud800"}))
@example(({}, {**VIEW, "name": "page \ud800"}))
@example(({}, {**VIEW, "user": {"id": 1}}))
@example(({}, {**VIEW, "user": {"id": True}}))
@example(({}, {**VIEW, "user": "u1"}))
@example(({"settings": {"identify": {"map": {"title": "user.id"}}}}, {**VIEW, "user": {"id": 7}}))
def test_where_the_shortcut_plans_an_event_the_pipeline_plans_it_alike(
    pair: tuple[Raw, object],
) -> None:
    short, long = both(*pair)
    assert short is None or short == long


@pytest.mark.parametrize("given_settings", SETTINGS)
@pytest.mark.parametrize("user", [ADA, {**ADA, "first": None}, {}, ["u1"], "u1", None])
def test_what_depends_on_more_than_plain_values_is_said_alike(
    given_settings: Raw, user: object
) -> None:
    event = {**VIEW, "user": user, "data": DATA, "consent": {"ads": True}}
    compiled = parse_config({"settings": given_settings})
    short, long = shortcut(compiled, tells=True), pipeline(compiled, LONG_WAY)
    for one in (event, {**event, "id": "e2"}, {**event, "consent": {}}):
        assert short(one) in (None, long.plan(one))


@pytest.mark.parametrize("value", [np.float64(5), np.str_("Ada"), np.int64(5), b"Ada", 1j])
def test_what_json_does_not_know_is_said_alike(value: object) -> None:
    for settings_ in ({"identify": {"map": NAMED}}, {"externalId": "user.first"}):
        short, long = both({"settings": settings_}, {**VIEW, "user": {"id": "u1", "first": value}})
        assert short is None or short == long


@pytest.mark.parametrize("first", ["Ada", None])
def test_a_rule_that_clears_traits_has_people_of_its_own(first: str | None) -> None:
    config = {"settings": {"identify": {"map": NAMED}}, "mapping": BY_RULE}
    short, long = both(config, {**VIEW, "user": {"id": "u1", "first": first}})
    assert short is None or short == long


def test_no_two_plans_share_what_may_be_changed() -> None:
    transform = pipeline(parse_config({"settings": {"identify": WHOLE}}))
    event = {**VIEW, "user": ADA}
    before = text_of(asdict(transform.plan(event)))
    for call in transform.plan(event).calls:
        call.profile.clear()
        call.profile["properties"] = None
    for call in transform.plan(event).calls:
        call.profile.get("properties", {}).clear()
        call.profile.clear()
    assert text_of(asdict(transform.plan(event))) == before


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
