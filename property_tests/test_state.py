"""What is news, and what was told before?"""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from walkeros_klaviyo import (
    CreateEvent,
    Plan,
    ProfileState,
    parse_config,
    pipeline,
    remembered,
    scan,
    settle,
)
from walkeros_klaviyo.core.klaviyo.profile import fingerprint
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.verify.laws.sameness import plan_text, text_of, upserts
from walkeros_klaviyo.verify.strategies.aimed import aimed, streams
from walkeros_klaviyo.verify.strategies.configurations import configs, mappings, rules, settings
from walkeros_klaviyo.verify.strategies.events import events
from walkeros_klaviyo.verify.strategies.json_values import Json, json_values, mostly, reordered
from walkeros_klaviyo.verify.strategies.shop_values import odd_timestamps, timestamps
from walkeros_klaviyo.verify.strategies.values import Raw, traits

YEAR = 365 * 24 * 3_600 * 1_000
IDENTIFYING = configs(settings=settings(identify=traits()))
SILENT = configs(
    settings=settings(identify=traits()),
    mapping=mappings(rules(silent=st.just(True), settings=st.just({}))),
)
MOMENTS = st.one_of(st.none(), timestamps(), st.integers(0, 10**14))


@given(aimed(IDENTIFYING), MOMENTS)
def test_settling_a_plan_is_the_transform(pair: tuple[Raw, Event], now: float | None) -> None:
    config, event = pair
    transform = pipeline(parse_config(config))
    told = settle(transform.plan(event))[1]
    for prior in (None, told, ProfileState("of someone")):
        assert settle(transform.plan(event), prior, now) == transform(event, prior, now)


@given(aimed(IDENTIFYING), MOMENTS)
def test_settling_again_upserts_nothing(pair: tuple[Raw, Event], now: float | None) -> None:
    config, event = pair
    plan, state = pipeline(parse_config(config))(event, None, now)
    again, after = settle(plan, state)
    assert upserts(again) == []
    assert after == state
    third, last = settle(again, after)
    assert (third, last) == (again, after)


LATE = {"name": "page view", "timestamp": 2_000_000_000_000, "id": "e1", "user": {"id": "u1"}}


@example(({}, LATE), 0)
@given(st.one_of(aimed(IDENTIFYING), aimed(SILENT)), st.none())
def test_settling_twice_is_settling_once(pair: tuple[Raw, Event], now: float | None) -> None:
    config, event = pair
    plan, state = pipeline(parse_config(config))(event, None, now)
    once = settle(plan, state, now)
    assert settle(*once, now) == once


@given(aimed(IDENTIFYING))
def test_another_state_upserts_and_is_replaced(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    plan = pipeline(parse_config(config)).plan(event)
    settled, state = settle(plan, ProfileState("of something else"))
    assert settled == plan
    wanted = upserts(plan)
    assert state == ProfileState(wanted[0].fingerprint if wanted else "of something else")


@given(
    aimed(base=events(timestamp=mostly(timestamps(), odd_timestamps()))),
    st.one_of(timestamps(), st.integers(0, 300_000_000_000_000)),
    st.one_of(st.none(), st.integers(-2, 2)),
)
def test_the_future_is_refused_from_a_year_ahead_on(
    pair: tuple[Raw, Event], now: int, edge: int | None
) -> None:
    config, event = pair
    if edge is not None:
        event = {**event, "timestamp": min(now + YEAR + edge, 253_402_300_799_999)}
    plan = pipeline(parse_config(config)).plan(event)
    judged, state = settle(plan, None, now)
    assert state == settle(plan)[1]
    calls = [call for call in judged.calls if isinstance(call, CreateEvent)]
    for call in calls:
        late = "time.too-late" in [one.code for one in call.refusal]
        sent_at = event["timestamp"] if "policy" not in text_of(config) else None
        if sent_at is not None:
            assert late == (int(sent_at) // 1 > now + YEAR)
        assert not late or judged.outcome == "refused"
        assert not late or "time.too-late" in [one.code for one in judged.diagnostics]
    if not calls:
        assert judged == plan


@given(streams(IDENTIFYING, max_size=6), st.integers(0, 6), MOMENTS)
def test_scanning_in_parts_is_scanning_at_once(
    pair: tuple[Raw, list[Event]], cut: int, now: float | None
) -> None:
    config, stream = pair
    transform = pipeline(parse_config(config))
    whole = list(scan(transform, stream, now=now))
    first = list(scan(transform, stream[:cut], now=now))
    states = remembered({}, first)
    second = list(scan(transform, stream[cut:], states, now))
    assert first + second == whole
    assert remembered(states, second) == remembered({}, whole)


@given(st.dictionaries(st.text(max_size=3), json_values(), max_size=3), st.data())
def test_a_fingerprint_does_not_depend_on_the_order_of_keys(body: Raw, data: st.DataObject) -> None:
    assert fingerprint(data.draw(reordered(body))) == fingerprint(body)


@example({"a": True}, {"a": 1})
@example({"a": 1.0}, {"a": 1})
@example({"a": [{"b": False}]}, {"a": [{"b": 0}]})
@example({"a": "1"}, {"a": 1})
@example({"a": -0.0}, {"a": 0.0})
@given(
    st.dictionaries(st.sampled_from(["a", "b"]), json_values(), max_size=2),
    st.dictionaries(st.sampled_from(["a", "b"]), json_values(), max_size=2),
)
def test_fingerprints_are_equal_only_for_equal_bodies(one: Json, other: Json) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (text_of(one) == text_of(other))


@given(aimed(SILENT))
def test_a_silent_rule_only_upserts(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    plan, state = pipeline(parse_config(config))(event)
    again: Plan = pipeline(parse_config(config))(event, state)[0]
    if plan.rule is not None:
        assert not [call for call in plan.calls if isinstance(call, CreateEvent)]
        if plan.outcome in ("send", "unchanged"):
            assert again.outcome == "unchanged" and again.calls == ()
            assert plan_text(settle(plan, state)[0]) == plan_text(again)
