"""Are the bodies what Klaviyo takes?"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st
from openapi_client.models.event_create_query_v2 import EventCreateQueryV2
from openapi_client.models.profile_upsert_query import ProfileUpsertQuery
from property_tests.generated.configurations import configs, mappings, rules, settings
from property_tests.generated.functions import Returns, foreign
from property_tests.generated.pairs import aimed
from property_tests.generated.values import Raw, setting_values, traits

from walkeros_klaviyo import Call, parse_config, pipeline
from walkeros_klaviyo.core.klaviyo.calls import UPSERT_PROFILE
from walkeros_klaviyo.core.klaviyo.limits import KB
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.sandbox import accept, wire
from walkeros_klaviyo.verify.laws.sameness import text_of
from walkeros_klaviyo.verify.strategies.events import events
from walkeros_klaviyo.verify.strategies.json_values import Json, json_values
from walkeros_klaviyo.verify.strategies.shop_values import (
    emails,
    identifiers,
    odd_timestamps,
    phones,
)

FULL = configs(
    settings=settings(identify=traits()),
    mapping=mappings(
        rules(settings=st.fixed_dictionaries({"value": setting_values("data.total")}))
    ),
)
"""Configurations that say who it is and how much."""

FAR = 253_402_300_800.0
"""A sandbox's clock, in seconds, that takes no event to be early: the future is `settle`'s."""


def calls_of(pair: tuple[Raw, Event]) -> tuple[Call, ...]:
    """What the pipeline makes of a configuration and an event."""
    return pipeline(parse_config(pair[0])).plan(pair[1]).calls


FUNCTIONS = configs(
    data=st.one_of(foreign(), json_values()).map(
        lambda given: {"map": {"x": {"fn": Returns(given)}}}
    ),
    mapping=st.just({}),
)


@given(st.one_of(aimed(FULL), aimed(FUNCTIONS)))
def test_a_body_survives_json_with_its_types(pair: tuple[Raw, Event]) -> None:
    for call in calls_of(pair):
        back = json.loads(json.dumps(call.body, allow_nan=False))
        assert text_of(back) == text_of(call.body)
        assert _types(back) == _types(call.body)


def _types(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _types(item) for key, item in value.items()}
    return [_types(item) for item in value] if isinstance(value, list) else type(value)


@given(aimed(FULL))
def test_the_sdks_models_take_every_body(pair: tuple[Raw, Event]) -> None:
    """What the model keeps equals ours; nulls, `backfill` and the time's text are the model's."""
    for call in calls_of(pair):
        if call.refusal:
            continue
        model: Any = ProfileUpsertQuery if call.metric is None else EventCreateQueryV2
        kept = model.from_dict(call.body).to_dict()
        assert text_of(_without_nulls(kept)) == text_of(_as_modelled(call))


def _as_modelled(call: Call) -> Json:
    body = json.loads(json.dumps(call.body))
    if call.metric is not None:
        attributes = body["data"]["attributes"]
        attributes["time"] = str(datetime.fromisoformat(attributes["time"]))
        attributes.setdefault("backfill", False)
    return _without_nulls(body)


def _without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if item is not None}
        return {key: _without_nulls(item) for key, item in kept.items()}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return str(value) if isinstance(value, datetime) else value


def judged(call: Call) -> list[str]:
    """What the sandbox, which has checks of its own, says of a body as it is posted."""
    body = wire.loads(json.dumps(call.body).encode())
    issues = accept.upsert(body) if call.metric is None else accept.event(body, FAR)
    return [f"{one.pointer} {one.detail}" for one in issues]


ODD = events(
    timestamp=odd_timestamps(),
    user=st.fixed_dictionaries({"id": identifiers(), "phone": phones(), "email": emails()}),
)


@given(aimed(FULL, ODD))
def test_the_sandbox_takes_what_has_no_refusal(pair: tuple[Raw, Event]) -> None:
    for call in calls_of(pair):
        if not call.refusal:
            assert judged(call) == []


@given(aimed(FULL))
def test_the_sandbox_takes_usual_events_too(pair: tuple[Raw, Event]) -> None:
    for call in calls_of(pair):
        if not call.refusal:
            assert judged(call) == []


PLAIN = pipeline(
    parse_config(
        {
            "settings": {"phoneNumber": "user.phone", "phoneRegion": "user.country"},
            "data": "data",
        }
    )
)


NUMBERS = st.from_regex(r"([+]|[+]49|0)?[0-9]{2,16}", fullmatch=True)
LONG = "+49123456789012345"


@example("DE", LONG)
@example("DE", "+4911")
@given(st.sampled_from(["DE", "US", "IT", "AT", "BR", "CN", "NU"]), NUMBERS)
def test_every_phone_number_is_e164(country: str, phone: str) -> None:
    user = {"phone": phone, "country": country}
    event = {"name": "page view", "timestamp": 1_795_518_160_712, "id": "e1", "user": user}
    for call in PLAIN.plan(event).calls:
        assert judged(call) == []


def sized(properties: Json, name: str = "page view", time: float = 1_795_518_160_712) -> Call:
    """The call for an event with such properties."""
    event = {"name": name, "timestamp": time, "id": "e1", "user": {"id": "u1"}, "data": properties}
    return PLAIN.plan(event).calls[0]


@given(st.integers(398, 402), st.sampled_from(["x", "é", "€", "😀", "\x01"]), st.integers(-2, 2))
def test_at_the_limits_the_sandbox_agrees(many: int, letter: str, edge: int) -> None:
    """Both ways: nothing is refused that Klaviyo would take, either."""
    size = (100 * KB + 4 * edge) // len(letter.encode())
    for properties in (
        {str(index): index for index in range(many)},
        {"long": letter * size},
        {"list": [{"long": letter * size}]},
        {letter * size: 1},
    ):
        call = sized(properties)
        assert bool(call.refusal) == bool(judged(call))


@given(st.integers(120, 135), st.integers(-1_500, 1_500))
def test_at_the_limits_of_name_and_time_the_sandbox_agrees(length: int, edge: int) -> None:
    for call in (sized({}, "a " + "b" * (length - 2)), sized({}, time=631_152_000_000 + edge)):
        assert bool(call.refusal) == bool(judged(call))


@given(st.integers(-40, 40), st.sampled_from(["x", "é", "😀", '"']))
def test_a_body_is_measured_as_it_is_posted(edge: int, letter: str) -> None:
    """An upsert of 100,000 bytes goes, one byte more does not."""
    config = parse_config({"settings": {"identify": {"map": {"properties": "data"}}}})
    event = {"name": "page view", "timestamp": 1_795_518_160_712, "id": "e", "user": {"id": "u"}}
    transform = pipeline(config)
    small = len(json.dumps(transform.plan({**event, "data": {"a": "x", "b": "x"}}).calls[0].body))
    letters = 3_000
    room = 100 * KB + edge - (small - 2) - letters * len(json.dumps(letter)[1:-1])
    data = {"a": "x" * room, "b": letter * letters}
    call = transform.plan({**event, "data": data}).calls[0]
    assert call.name == UPSERT_PROFILE
    assume(len(json.dumps(call.body)) == 100 * KB + edge)
    assert bool(call.refusal) == (edge > 0)


HALVES = st.sampled_from(["\ud800", "a\udfff", "é\ud800"])


@given(HALVES, st.sampled_from(["data.a", "data.\ud800", "user.id", "name", "id"]))
def test_half_characters_are_refused_wherever_they_are(half: str, where: str) -> None:
    event: Json = {"name": "page view", "timestamp": 1_795_518_160_712, "id": "e1"}
    user = {"id": half if where == "user.id" else "u1"}
    name = f"page {half}" if where == "name" else "page view"
    own = half if where == "id" else "e1"
    data = {where[5:]: half} if where.startswith("data.") else {}
    event = {**event, "name": name, "id": own, "user": user, "data": data}
    plan = PLAIN.plan(event)
    assert "text.not-unicode" in [one.code for one in plan.diagnostics]
    assert plan.outcome == "refused"
