"""Does anything raise that should only be told?"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from property_tests.generated.configurations import configs, rules
from property_tests.generated.functions import Returns, raising
from property_tests.generated.pairs import aimed
from property_tests.generated.values import Raw, mapping_values, paths

from walkeros_klaviyo import (
    CODES,
    Config,
    ConfigError,
    EventError,
    ProfileState,
    explain,
    mapping_value,
    parse_amount,
    parse_config,
    parse_currency,
    parse_email,
    parse_event,
    parse_identifier,
    parse_phone,
    pipeline,
)
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.verify.strategies.events import any_events, events, soiled
from walkeros_klaviyo.verify.strategies.json_values import (
    Json,
    hostile_values,
    json_values,
    nested,
    scalars,
)

VIEW = {"name": "page view", "timestamp": 1_795_518_160_712, "id": "e1", "user": {"id": "u1"}}
ANYTHING = st.one_of(hostile_values(), json_values())
LAST = 253_402_300_799_999
YEAR_ONE = -62_135_596_800_000
TIMES = st.one_of(
    st.integers(),
    st.floats(),
    st.integers(-LAST, LAST),
    st.sampled_from([LAST, LAST + 1, YEAR_ONE, YEAR_ONE - 1, -LAST]),
)


FAULTY_PLACES = tuple(
    """settings settings.email settings.identify settings.currency settings.apiKey mapping
    mapping.order mapping.order.complete mapping.order.complete.settings data data.map data.map.x
    data.loop data.set data.key data.consent consent include policy policy.x batch id disabled
    mapping.order.complete.name mapping.order.complete.remove mapping.order.complete.ignore
    mapping.order.complete.include x""".split()
)
"""Where a configuration may hold what it must not."""


def odd_mappings() -> st.SearchStrategy[Json]:
    """Objects that look like mapping values and need not be any."""
    names = "key value map loop set consent condition fn validate".split()
    inner = st.one_of(
        paths(), json_values(), hostile_values(), st.lists(st.one_of(paths(), scalars()))
    )
    loops = st.lists(paths(), max_size=3).map(lambda raw: {"loop": raw})
    return st.one_of(loops, st.dictionaries(st.sampled_from(names), inner, max_size=2))


class NoTruth:
    """What numpy's arrays and pandas' NA are: neither true nor false."""

    def __bool__(self) -> bool:
        raise ValueError("SECRET")


FAILING = st.one_of(raising(), st.just(Returns(NoTruth())))
"""Functions that raise, and those whose verdict does."""


@given(st.one_of(ANYTHING, any_events(), events(timestamp=hostile_values())))
def test_parsing_an_event_never_raises(raw: Json) -> None:
    found = parse_event(raw)
    if isinstance(found, EventError):
        assert found.code in CODES
    else:
        assert found is raw


@given(aimed(), ANYTHING)
def test_a_transform_never_raises(pair: tuple[Raw, Event], odd: Json) -> None:
    config, event = pair
    transform = pipeline(parse_config(config))
    for raw in (odd, {**event, "user": odd}, {**event, "consent": odd}, {**event, "data": odd}):
        keys = transform.plan(raw).keys
        for known in ({}, dict.fromkeys(keys, ProfileState("f", keys, keys, 0.0))):
            assert transform(raw, known, now=1_700_000_000_000)[0].outcome


@example(YEAR_ONE, "page view", 10**5_000)
@example(YEAR_ONE - 1, "page view", "e1")
@given(st.one_of(TIMES, ANYTHING), ANYTHING, ANYTHING)
def test_a_transform_never_raises_for_any_time_name_and_id(
    time: Json, name: Json, own: Json
) -> None:
    transform = pipeline(parse_config({"include": ["all"]}))
    base = {"name": "page view", "timestamp": time, "user": {"id": "u1"}}
    for raw in (base, {**base, "name": name}, {**base, "id": own, "data": own}):
        assert transform(raw, {}, 1_700_000_000_000)[0].outcome


DEEP: tuple[Raw, ...] = (
    {},
    {"data": "data"},
    {"include": ["all"]},
    {"data": {"map": {"x": "nested.*.data"}}},
    {"data": {"loop": ["nested", {"map": {"x": "data"}}]}},
    {"policy": {"custom.x": "data"}},
    {"settings": {"identify": {"map": {"properties": "data"}}, "externalId": "data"}},
)


@example(5_000, True, DEEP[0])
@given(
    st.one_of(st.integers(90, 110), st.integers(1, 20_000)), st.booleans(), st.sampled_from(DEEP)
)
def test_no_depth_makes_it_raise(levels: int, lists: bool, config: Raw) -> None:
    deep = nested(levels, lists=lists)
    transform = pipeline(parse_config(config))
    event = {"name": "page view", "timestamp": 1_795_518_160_712, "user": {"id": "u1"}}
    for raw in (deep, {**event, "data": deep}, {**event, "nested": [{"data": deep}], "id": deep}):
        assert transform(raw)[0].outcome in ("send", "invalid", "unidentified")


@given(configs(), st.one_of(ANYTHING, odd_mappings()))
def test_parsing_a_configuration_raises_only_config_error(valid: Raw, odd: Json) -> None:
    for raw in (odd, *(soiled(valid, place, odd) for place in FAULTY_PLACES)):
        try:
            config = parse_config(raw)
        except ConfigError as error:
            assert error.faults and all(one.message for one in error.faults)
        else:
            assert isinstance(config, Config)
            assert all(one.code in CODES for one in config.warnings)
            assert pipeline(config).plan(VIEW).outcome


@given(st.integers(1, 3_000), st.sampled_from(["map", "set", "loop", "list"]))
def test_a_deep_configuration_raises_only_config_error(levels: int, kind: str) -> None:
    raw: Json = "data.id"
    for _ in range(levels):
        raw = {
            "map": {"map": {"a": raw}},
            "set": {"set": [raw]},
            "loop": {"loop": ["this", raw]},
            "list": [raw],
        }[kind]
    try:
        config = parse_config({"data": raw})
    except ConfigError as error:
        assert error.faults
    else:
        event = {"name": "a b", "timestamp": 1_795_518_160_712, "user": {"id": 1}}
        assert pipeline(config).plan(event).outcome


@given(configs())
def test_every_generated_configuration_is_valid(raw: Raw) -> None:
    assert isinstance(parse_config(raw), Config)


@given(st.one_of(odd_mappings(), ANYTHING))
def test_a_single_mapping_value_raises_only_config_error(raw: Json) -> None:
    try:
        compiled = mapping_value(raw)
    except ConfigError:
        return
    compiled({"data": {"id": 1}})


@pytest.mark.parametrize(
    "judge", [parse_amount, parse_currency, parse_email, parse_phone, parse_identifier]
)
@given(raw=ANYTHING)
def test_a_judge_never_raises_and_gives_a_reason(
    judge: Callable[[object], tuple[Any, Any]], raw: Json
) -> None:
    found, reason = judge(raw)
    assert (found is None) == bool(reason)


@example(({}, VIEW), {}, Returns(NoTruth()), True)
@given(aimed(configs(mapping=st.just({}))), rules(), FAILING, st.booleans())
def test_a_raising_condition_sends_nothing(
    pair: tuple[Raw, Event], rule: Raw, condition: Any, alone: bool
) -> None:
    """Falling through would send what an `ignore` rule meant to stop."""
    config, event = pair
    first = {**rule, "condition": condition}
    fallback = {"*": {"name": "Fallback"}}
    mapping = {"*": {"*": first if alone else [first, {"name": "Fallback"}]}, "cart": fallback}
    config = {**config, "mapping": mapping}
    keys = ("external_id:u1",)
    prior = {keys[0]: ProfileState("f", keys, keys)}
    plan, changes = pipeline(parse_config(config))(event, prior)
    assert plan.calls == () and changes == {}
    assert plan.outcome in ("refused", "denied", "ignored", "invalid")
    if plan.outcome == "refused":
        assert {"condition.raised", "policy.broke-event"} & {one.code for one in plan.diagnostics}
    assert "SECRET" not in str(plan)


@example(VIEW, "id", Returns(NoTruth()), "condition")
@example(VIEW, "id", Returns(NoTruth()), "validate")
@given(any_events(), mapping_values(), raising(), st.sampled_from(["fn", "validate", "condition"]))
def test_a_raising_function_never_raises_out(
    event: Event, inner: Json, function: Any, role: str
) -> None:
    raw = {"map": {"x": {"key": "data.id", role: function}, "y": inner}}
    if role == "fn":
        raw["map"]["x"] = {"fn": function}
    event = {**event, "user": {"id": "u1"}, "id": "e1"}
    config = parse_config({"data": raw, "settings": {"identify": raw, "uniqueId": raw["map"]["x"]}})
    plan = pipeline(config).plan(event)
    assert "SECRET" not in str(plan)
    assume(plan.outcome != "invalid")
    assert "value.raised" in [one.code for one in plan.diagnostics]
    for call in plan.calls:
        assert "x" not in call.attributes.get("properties", {})
    assert explain(config)(event).plan == plan


class Counter:
    """A user's object that holds what cannot be copied, and counts."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.count = 0

    def method(self, value: Any, event: Event) -> int:
        self.count += 1
        return self.count


class Plain:
    """The same without a lock."""

    def __init__(self) -> None:
        self.count = 0

    def method(self, value: Any, event: Event) -> int:
        self.count += 1
        return self.count


@pytest.mark.parametrize("kind", [Counter, Plain])
def test_a_users_object_is_used_and_never_copied(kind: type[Any]) -> None:
    user = kind()
    config = parse_config({"data": {"map": {"n": {"fn": user.method}}}})
    call = pipeline(config).plan(VIEW).calls[0]
    assert call.attributes["properties"] == {"n": 1} and user.count == 1
