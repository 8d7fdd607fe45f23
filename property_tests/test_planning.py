"""What holds for every plan?"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, Phase, example, find, given, settings
from hypothesis import strategies as st
from property_tests.generated.configurations import configs, mappings, rules
from property_tests.generated.pairs import aimed
from property_tests.generated.values import Raw, policies, reordered

from walkeros_klaviyo import (
    CODES,
    Identity,
    Mapped,
    Outcome,
    ProfileState,
    create_event,
    explain,
    parse_config,
    pipeline,
    resolve_identity,
    resolve_unique_id,
    scan,
)
from walkeros_klaviyo.core.diagnostics import Diagnostic
from walkeros_klaviyo.core.klaviyo import identity
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.policy import apply_policy
from walkeros_klaviyo.verify.laws.sameness import plan_text, text_of
from walkeros_klaviyo.verify.strategies.events import any_events, events
from walkeros_klaviyo.verify.strategies.json_values import hostile_values, json_values
from walkeros_klaviyo.verify.strategies.shop_values import odd_timestamps, timestamps

DROPPED = ("denied", "ignored", "unidentified", "refused", "invalid")


@given(aimed())
def test_planning_changes_nothing_it_is_given(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    keys = ("external_id:u1",)
    states = {keys[0]: ProfileState("f", keys, keys, 0.0)}
    before = text_of([config, event])
    known = deepcopy(states)
    compiled = parse_config(config)
    transform = pipeline(compiled)
    transform(event, states, now=1_700_000_000_000)
    explain(compiled)(event, states).to_dict()
    list(scan(transform, [event, event], states))
    assert text_of([config, event]) == before
    assert states == known


@st.composite
def reordered_pairs(draw: st.DrawFn) -> tuple[Raw, Event, Event]:
    """A configuration, an event aimed at it, and the same event in another order of keys."""
    config, event = draw(st.one_of(aimed(), aimed(FLAT, MET)))
    return config, event, draw(reordered(event))


FLAT = configs(include=st.just(["data"]), mapping=st.just({}))
NAMES = st.sampled_from(["a", "b", "a_b", "a_b_c", "b_c"])
MET = events(
    data=st.recursive(st.integers(0, 9), lambda inner: st.dictionaries(NAMES, inner, min_size=1)),
    user=st.just({"id": "u1"}),
)
"""Events with places that `include` flattens to one key."""


VIEW = {"name": "page view", "timestamp": 1_795_518_160_712, "id": "e1", "user": {"id": "u1"}}
MEETING = (
    {"include": ["data"]},
    {**VIEW, "data": {"a": {"b": 1}, "a_b": 2}},
    {**VIEW, "data": {"a_b": 2, "a": {"b": 1}}},
)
"""Two places that `include` flattens to one key, `data_a_b`."""


@example(MEETING)
@given(reordered_pairs())
def test_the_order_of_keys_does_not_matter(triple: tuple[Raw, Event, Event]) -> None:
    config, event, other = triple
    transform = pipeline(parse_config(config))
    assert plan_text(transform.plan(other)) == plan_text(transform.plan(event))


IGNORING = configs(mapping=mappings(rules(ignore=st.just(True))))


@given(st.one_of(aimed(), aimed(IGNORING)), st.one_of(st.just(None), hostile_values()))
def test_every_event_has_one_outcome_and_a_drop_says_why(pair: tuple[Raw, Event], odd: Any) -> None:
    config, event = pair
    transform = pipeline(parse_config(config))
    for raw in (event, odd):
        plan, _ = transform(raw)
        assert plan.outcome in get_args(Outcome)
        for one in (*plan.diagnostics, *(note for call in plan.calls for note in call.refusal)):
            assert one.code in CODES
        if plan.outcome in DROPPED:
            assert plan.diagnostics
        if plan.outcome in ("refused", "invalid"):
            assert "error" in {one.severity for one in plan.diagnostics}


HALVES = st.sampled_from(["Ada", "a\ud800"])
REFUSABLE = aimed(
    configs(settings=st.just({"identify": {"map": {"firstName": "user.first"}}})),
    events(
        id=HALVES,
        timestamp=st.one_of(timestamps(), odd_timestamps()),
        user=st.fixed_dictionaries({"id": st.just("u1"), "first": HALVES}),
    ),
)
"""Events of which Klaviyo would refuse the upsert, the event, or both."""


@given(st.one_of(aimed(), REFUSABLE))
def test_calls_go_only_under_send_and_refused(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    plan = pipeline(parse_config(config)).plan(event)
    if plan.outcome == "send":
        assert plan.calls and not plan.calls[-1].refusal
    elif plan.outcome == "refused":
        assert not plan.calls or plan.calls[-1].refusal
    else:
        assert plan.calls == ()


@given(REFUSABLE)
def test_a_refusal_is_told_in_the_plan(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    plan = pipeline(parse_config(config)).plan(event)
    for call in plan.calls:
        for one in call.refusal:
            assert one in plan.diagnostics and one.severity == "error"


NOWHERE = st.just({"email": "nowhere.a", "externalId": "nowhere.b", "phoneNumber": "nowhere.c"})


@given(aimed(configs(settings=NOWHERE)))
def test_without_identifiers_there_is_no_call(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    event = {key: value for key, value in event.items() if key != "nowhere"}
    plan = pipeline(parse_config(config)).plan(event)
    assert plan.calls == () and plan.keys == ()
    assert plan.outcome not in ("send", "unchanged")


@given(any_events(), policies())
def test_a_policy_never_changes_the_callers_event(event: Event, raw: Raw) -> None:
    before = text_of(event)
    config = parse_config({"policy": raw})
    changed, _ = apply_policy(config, event)
    pipeline(config)(event)
    assert text_of(event) == before
    assert changed is None or text_of(changed) is not None


@given(events())
def test_without_a_policy_the_event_is_the_same(event: Event) -> None:
    assert apply_policy(parse_config({}), event)[0] is event


@given(any_events(), any_events())
def test_events_without_an_id_share_a_unique_id_only_if_they_are_equal(
    one: Event, other: Event
) -> None:
    rule, who = parse_config({}).default, Identity({"external_id": "u1"})
    bare = [{key: value for key, value in event.items() if key != "id"} for event in (one, other)]
    ids = []
    for event in bare:
        assert resolve_unique_id(rule, event)[0] is None
        (call,), _ = create_event(rule, Mapped({**VIEW, "data": 1}, event, who, {}, None))
        ids.append(call.unique_id)
    assert (ids[0] == ids[1]) == (text_of(bare[0]) == text_of(bare[1]))


@given(any_events(), json_values())
def test_a_policy_leaves_the_derived_unique_id_alone(event: Event, value: Any) -> None:
    event = {**event, "user": {"id": "u1"}}
    event.pop("id", None)
    plain = pipeline(parse_config({})).plan(event).calls
    changed = pipeline(parse_config({"policy": {"custom.y": {"value": value}}})).plan(event).calls
    for call, other in zip(plain, changed, strict=True):
        assert call.unique_id is not None and call.unique_id == other.unique_id


HOSTILE = events(data=st.fixed_dictionaries({"tags": hostile_values()}), user=st.just({"id": "u1"}))
LISTED = configs(data=st.just({"map": {"Tags": "data.tags", "User": "user"}}))


@given(st.one_of(aimed(), aimed(LISTED, HOSTILE)))
def test_a_plan_is_plain_json(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    told = pipeline(parse_config(config)).plan(event).to_dict()
    assert text_of(json.loads(json.dumps(told, allow_nan=False))) == text_of(told)


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_the_strategies_reach_every_outcome(outcome: str) -> None:
    """Laws over events that all end the same way would say little."""

    def reached(pair: tuple[Raw, Event]) -> bool:
        changes = pipeline(parse_config(pair[0]))(pair[1])[1]
        return pipeline(parse_config(pair[0]))(pair[1], changes)[0].outcome == outcome

    some: Any = any_events().map(lambda event: ({}, {**event, "timestamp": None}))
    silent = st.just({"*": {"*": {"silent": True, "settings": {"identify": {"map": {}}}}}})
    wanted = {
        "invalid": some,
        "unchanged": aimed(configs(mapping=silent)),
        "ignored": aimed(configs(mapping=st.just({"*": {"*": {"ignore": True}}}))),
    }
    quick = settings(
        max_examples=1_000, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    find(wanted.get(outcome, aimed()), reached, settings=quick)


@given(aimed(configs(mapping=st.just({}))), rules())
def test_an_ignoring_rule_sends_nothing(pair: tuple[Raw, Event], rule: Raw) -> None:
    config, event = pair
    rule = {**rule, "ignore": True}
    rule.pop("condition", None)
    plan = pipeline(parse_config({**config, "mapping": {"*": {"*": rule}}})).plan(event)
    assert plan.calls == ()
    assert plan.outcome in ("ignored", "denied", "refused", "invalid")


@given(aimed())
def test_who_is_remembered_is_who_is_judged(pair: tuple[Raw, Event]) -> None:
    rule, event = parse_config(pair[0]).default, pair[1]
    notes: list[Diagnostic] = []
    options = {name: one.options[0] for name, one in rule.settings.identifiers}
    first = {name: option(event, event, notes) for name, option in options.items()}
    judged = identity._judged(rule, event, first, notes)
    for _ in range(2):  # the second time it is remembered
        assert resolve_identity(rule, event) == judged
