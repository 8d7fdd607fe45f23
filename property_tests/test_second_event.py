"""Does a plan hold that records two events?

A user's own stage makes a second one: that somebody was seen. It goes the whole way.
"""

from __future__ import annotations

from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from property_tests.generated.configurations import configs, settings
from property_tests.generated.pairs import aimed, streams
from property_tests.generated.values import Raw, traits

from walkeros_klaviyo import (
    STAGES,
    Call,
    Mapped,
    Rule,
    create_event,
    explain,
    parse_config,
    pipeline,
    remembered,
    scan,
    settle,
)
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.verify.laws import Tracking, explaining, news
from walkeros_klaviyo.verify.laws.sameness import alone, text_of, upserts
from walkeros_klaviyo.verify.strategies.events import events
from walkeros_klaviyo.verify.strategies.shop_values import timestamps

YEAR = 365 * 24 * 3_600 * 1_000
IDENTIFYING = configs(settings=settings(identify=traits()))


def second_event(rule: Rule[Any], mapped: Mapped) -> Any:
    """That somebody was seen, beside what they did."""
    own = None if mapped.unique_id is None else f"{mapped.unique_id}-seen"
    seen = {**mapped.event, "name": "Seen"}
    said = {"At": mapped.event["name"]}
    return create_event(
        rule, evolve(mapped, event=seen, properties=said, revenue=None, unique_id=own)
    )


TWO = evolve(STAGES, calls=(*STAGES.calls, second_event))


def events_of(calls: tuple[Call, ...]) -> list[Call]:
    """Those that record something."""
    return [call for call in calls if call.metric is not None]


@given(st.one_of(aimed(), aimed(IDENTIFYING)))
def test_a_stage_of_ones_own_adds_to_the_usual_calls(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    usual = pipeline(parse_config(config)).plan(event)
    plan = pipeline(parse_config(config), TWO).plan(event)
    assert plan.calls[: len(usual.calls)] == usual.calls
    if usual.event is None:
        assert plan.calls == usual.calls and plan.outcome == usual.outcome
        return
    (other,) = plan.calls[len(usual.calls) :]
    assert plan.event == usual.event and other.metric == "Seen"
    assert (other.identifiers, other.time) == (usual.event.identifiers, usual.event.time)
    assert other.unique_id is not None and other.fingerprint is None
    good = not (other.refusal and usual.event.refusal)
    assert plan.outcome == ("send" if good else "refused")


@given(streams(IDENTIFYING, max_size=6), st.integers(0, 6))
def test_it_is_scanned_as_any_other(pair: tuple[Raw, list[Event]], cut: int) -> None:
    """Both events go always, the upsert where it is news; in parts as at once."""
    config, stream = pair
    usual, two = pipeline(parse_config(config)), pipeline(parse_config(config), TWO)
    steps = list(scan(two, stream))
    for event, (plan, _) in zip(stream, steps, strict=True):
        assert events_of(plan.calls) == events_of(two.plan(event).calls)
    refused = [call for event in stream for call in two.plan(event).calls if call.refusal]
    if not refused:  # one that goes may join people where the other would not
        assert [(plan.upserts, changes) for plan, changes in scan(usual, stream)] == [
            (plan.upserts, changes) for plan, changes in steps
        ]
    first = list(scan(two, stream[:cut]))
    states = remembered({}, first)
    second = list(scan(two, stream[cut:], states))
    assert [(alone(plan), changes) for plan, changes in first + second] == [
        (alone(plan), changes) for plan, changes in steps
    ]
    tracking = Tracking(parse_config(config), TWO)
    assert news.what_is_left_out_would_change_no_profile(tracking, stream) is None


@given(aimed(IDENTIFYING), st.none() | timestamps())
def test_it_is_settled_as_any_other(pair: tuple[Raw, Event], now: float | None) -> None:
    config, event = pair
    transform = pipeline(parse_config(config), TWO)
    planned = transform.plan(event)
    plan, changes = settle(planned, {}, now)
    assert (plan, changes) == transform(event, {}, now)
    again, after = settle(planned, changes, now)
    assert upserts(again) == [] and after == {}
    assert events_of(again.calls) == events_of(plan.calls)


@given(
    aimed(configs(policy=st.just({}), mapping=st.just({})), events(user=st.just({"id": "u1"}))),
    st.sampled_from([(YEAR, False), (YEAR + 1, True)]),
)
def test_both_are_judged_by_the_clock(pair: tuple[Raw, Event], ahead: tuple[int, bool]) -> None:
    """Each says so, and the plan does once."""
    config, event = pair
    distance, late = ahead
    now = int(event["timestamp"]) - distance
    plan, _ = pipeline(parse_config(config), TWO)(event, {}, now)
    for call in events_of(plan.calls):
        assert ("time.too-late" in [one.code for one in call.refusal]) == late
    codes = [one.code for one in plan.diagnostics]
    assert codes.count("time.too-late") == (late and bool(events_of(plan.calls)))
    assert not late or plan.outcome != "send" or not events_of(plan.calls)


@given(st.one_of(aimed(), aimed(IDENTIFYING)), st.booleans())
def test_every_field_of_both_has_an_origin(pair: tuple[Raw, Event], again: bool) -> None:
    """Where the upsert is left out, too: `at` is the place in the plan that goes."""
    config, event = pair
    compiled = parse_config(config)
    prior = pipeline(compiled, TWO)(event)[1] if again else {}
    told = explain(compiled, TWO)(event, prior)
    assert (told.plan, told.changes) == pipeline(compiled, TWO)(event, prior)
    for at, call in enumerate(told.plan.calls):
        own = [one for one in told.origins if one.at == at]
        assert {one.call for one in own} == {call.name}
        values = {one.field: one.value for one in own}
        assert len(values) == len(own)
        assert text_of(values) == text_of(fields_of(call))
    assert all(one.configured and one.source for one in told.origins)
    assert len(told.origins) == sum(len(fields_of(call)) for call in told.plan.calls)
    tracking = Tracking(compiled, TWO)
    assert explaining.every_field_has_an_origin(tracking, event) is None
    assert explaining.every_diagnostic_is_told_by_a_stage(tracking, event) is None


def fields_of(call: Call) -> dict[str, Any]:
    """What a call says, flat, as an explanation names it."""
    if call.metric is None:
        return call.attributes
    own = {key: one for key, one in call.attributes.items() if key not in ("profile", "properties")}
    properties = {f"properties.{key}": value for key, value in call.properties.items()}
    return {**own, **call.profile, **properties, "metric": call.metric}


def test_the_stage_is_shown_by_its_name() -> None:
    event = {"name": "page view", "timestamp": 1_795_518_160_712, "id": "e1", "user": {"id": "u1"}}
    told = explain(parse_config({}), TWO)(event)
    assert [seen.stage for seen in told.stages][-1] == "second_event"
    ids = {one.at: one.value for one in told.origins if one.field == "unique_id"}
    assert ids == {0: "e1", 1: "e1-seen"}
