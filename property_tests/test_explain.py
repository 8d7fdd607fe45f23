"""Does an explanation agree with what is sent?"""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from property_tests.same import text_of, upserts
from property_tests.strategies import (
    Event,
    Json,
    Raw,
    aimed,
    configs,
    hostile_values,
    settings,
    streams,
    timestamps,
    traits,
)
from walkeros_klaviyo import ProfileState, explain, parse_config, pipeline

IDENTIFYING = configs(settings=settings(identify=traits()))
PRIORS = st.one_of(st.none(), st.just(ProfileState("of someone")))


@given(aimed(IDENTIFYING), PRIORS, st.one_of(st.none(), timestamps()))
def test_an_explanation_agrees_with_the_pipeline(
    pair: tuple[Raw, Event], prior: ProfileState | None, now: float | None
) -> None:
    config, event = pair
    compiled = parse_config(config)
    for known in (prior, pipeline(compiled)(event, prior, now)[1]):
        told = explain(compiled)(event, known, now)
        assert (told.plan, told.state) == pipeline(compiled)(event, known, now)
        planned = pipeline(compiled).plan(event)
        assert told.unchanged == (len(upserts(told.plan)) < len(upserts(planned)))


@given(streams(IDENTIFYING))
def test_explaining_one_event_leaves_no_trace_in_the_next(pair: tuple[Raw, list[Event]]) -> None:
    config, stream = pair
    compiled = parse_config(config)
    tell = explain(compiled)
    told = [tell(event) for event in stream]
    assert told == [explain(compiled)(event) for event in stream]


@given(st.one_of(aimed(), st.tuples(configs(), hostile_values())))
def test_an_explanation_is_plain_json(pair: tuple[Raw, Json]) -> None:
    config, event = pair
    told = explain(parse_config(config))(event).to_dict()
    assert text_of(json.loads(json.dumps(told))) == text_of(told)


@given(aimed(IDENTIFYING))
def test_every_diagnostic_of_the_plan_is_told_by_a_stage(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    told = explain(parse_config(config))(event)
    said = {one for seen in told.stages for one in seen.diagnostics}
    refusals = {one for call in told.plan.calls for one in call.refusal}
    gate = {"event.", "rule.ignored", "destination.disabled"}
    for one in told.plan.diagnostics:
        assert one in said | refusals or any(one.code.startswith(head) for head in gate)


@given(aimed(IDENTIFYING))
def test_every_field_has_an_origin_with_its_value(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    told = explain(parse_config(config))(event)
    calls = {call.name: call for call in told.plan.calls}
    assert bool(told.origins) == bool(calls)
    for origin in told.origins:
        assert origin.call in calls and origin.configured and origin.source
        body = calls[origin.call].attributes
        head, _, key = origin.field.partition(".")
        inner = body.get(head, body.get("profile", {}).get("data", {}).get("attributes", {}))
        if key and head == "properties":
            assert text_of(inner[key]) == text_of(origin.value)
        elif head in body and head != "metric":
            assert text_of(inner) == text_of(origin.value)
