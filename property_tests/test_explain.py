"""Does an explanation agree with what is sent?"""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st
from property_tests.generated.configurations import configs, settings
from property_tests.generated.pairs import aimed, streams
from property_tests.generated.values import Raw, traits

from walkeros_klaviyo import (
    ProfileState,
    explain,
    mapping_value,
    parse_config,
    parse_identifier,
    pipeline,
)
from walkeros_klaviyo.core.canonical import digest
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.verify.laws.sameness import text_of, upserts
from walkeros_klaviyo.verify.strategies.events import events
from walkeros_klaviyo.verify.strategies.json_values import Json, hostile_values
from walkeros_klaviyo.verify.strategies.shop_values import timestamps

IDENTIFYING = configs(settings=settings(identify=traits()))


@given(aimed(IDENTIFYING), st.booleans(), st.one_of(st.none(), timestamps()))
def test_an_explanation_agrees_with_the_pipeline(
    pair: tuple[Raw, Event], is_known: bool, now: float | None
) -> None:
    config, event = pair
    compiled = parse_config(config)
    planned = pipeline(compiled).plan(event)
    of_someone = ProfileState("of someone", planned.keys, planned.keys, now)
    prior = dict.fromkeys(planned.keys, of_someone) if is_known else {}
    for known in (prior, pipeline(compiled)(event, prior, now)[1]):
        told = explain(compiled)(event, known, now)
        assert (told.plan, told.changes) == pipeline(compiled)(event, known, now)
        is_stale = "profile.stale" in [one.code for one in told.plan.diagnostics]
        is_shorter = len(upserts(told.plan)) < len(upserts(planned))
        assert told.unchanged == (is_shorter and not is_stale)


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


SOLD: Event = {"name": "order complete", "timestamp": 1_795_518_160_712, "user": {"id": "u1"}}
PRICED = {"value": {"value": 5}, "currency": "data.cur"}
NAMED: Event = {**SOLD, "id": "e1", "data": {"id": "undefined"}}


@example({"currency": "EUR"}, PRICED, SOLD)
@example({}, {"uniqueId": "data.id"}, SOLD)
@example({"uniqueId": []}, {}, {**SOLD, "id": "e1"})
@example({}, {"uniqueId": "data.id"}, NAMED)
@example({"uniqueId": []}, {}, {**SOLD, "id": 7.0})
@given(
    st.fixed_dictionaries({"currency": st.just("EUR")}),
    st.fixed_dictionaries(
        {},
        optional={
            "value": st.just("data.total"),
            "currency": st.sampled_from(["data.cur", "usd"]),
            "uniqueId": st.sampled_from(["data.id", ["data.no", "data.id"], {"value": 7}]),
        },
    ),
    events(
        data=st.fixed_dictionaries(
            {"total": st.integers(0, 9)},
            optional={"id": st.just("O-1"), "cur": st.sampled_from(["EUR", "GBP"])},
        ),
        user=st.just({"id": "u1"}),
    ),
)
def test_an_origin_names_the_mapping_that_gave_the_value(own: Raw, rule: Raw, event: Event) -> None:
    mapping = {"*": {"*": {"settings": rule}}}
    told = explain(parse_config({"settings": own, "mapping": mapping}))(event)
    derived = "unique-id.derived" in [one.code for one in told.plan.diagnostics]
    for origin in told.origins:
        if origin.configured == "(default)" and origin.field == "unique_id":
            assert (origin.source == "a digest of the event") == derived
        if origin.field in ("value", "value_currency", "unique_id"):
            assert _yielded(origin.configured, own, rule, event, derived) == str(origin.value)


def _yielded(configured: str, own: Raw, rule: Raw, event: Event, derived: bool) -> str:
    """What the mapping named as an origin yields for the event, as text."""
    if configured == "(default)":
        return digest(event) if derived else str(parse_identifier(event["id"])[0])
    key = configured.rpartition(".")[2]
    raw = rule[key] if configured.startswith("mapping") else own.get(key, "id")
    found = raw.upper() if raw in ("EUR", "usd") else mapping_value(raw)(event)
    return str(parse_identifier(found)[0] if key == "uniqueId" else found)
