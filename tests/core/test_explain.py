"""Why did an event become just these calls? An explanation agrees with the pipeline."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve
from tests.core.make import NOW, event_with, event_without, with_rule

from walkeros_klaviyo import (
    STAGES,
    Identity,
    ProfileState,
    Revenue,
    explain,
    parse_config,
    pipeline,
)
from walkeros_klaviyo.core.klaviyo.calls import Call, create_event
from walkeros_klaviyo.core.klaviyo.state import States
from walkeros_klaviyo.core.origin import Origin, origins_of

CONFIG: dict[str, Any] = {
    "settings": {
        "phoneNumber": "user.phone",
        "kx": "user.kx",
        "anonymousId": "user.device",
        "currency": "EUR",
        "identify": {"map": {"firstName": "user.first", "properties": {"map": {"p": "user.p"}}}},
    },
    "data": {"map": {"Base": "data.base", "Both": {"value": 1}}},
    "include": ["globals"],
    "policy": {"data.set": {"value": 1}},
    "mapping": {
        "order": {
            "complete": {
                "name": "Placed Order",
                "policy": {"data.own": {"value": 2}},
                "consent": {"marketing": True},
                "data": {
                    "map": {
                        "Both": "data.both",
                        "Items": {"loop": ["nested", "data.sku"]},
                        "List": {"set": ["data.own", "data.set"]},
                        "Fn": {"fn": lambda value, event: "fn"},
                        "Else": ["data.none", "data.own"],
                        "Default": {"key": "data.none", "value": 5},
                        "Key": {"key": "data.own"},
                        "Const": {"value": "c"},
                        "Map": {"map": {"x": "data.own"}},
                    }
                },
                "settings": {
                    "value": "data.total",
                    "currency": "data.currency",
                    "uniqueId": ["data.missing", "data.id"],
                    "backfill": True,
                },
            },
            "ignore": {"ignore": True},
        }
    },
}
ORDER = event_with(
    data={"id": "O-1", "total": 5, "currency": "eur", "base": "b", "both": "rule"},
    globals={"lang": "de"},
    nested=[{"data": {"sku": "A"}}],
    consent={"marketing": True},
    user={
        "id": "u1",
        "email": "ada@example.com",
        "phone": "+15551234567",
        "kx": "k",
        "device": "d",
        "first": "Ada",
        "p": 1,
    },
)
TELL = explain(parse_config(CONFIG))
CONSENT = {"marketing": True}
EMAIL = "user.email"


@pytest.mark.parametrize(
    "event",
    [
        ORDER,
        {**ORDER, "name": "order ignore"},
        {**ORDER, "name": "page view"},
        {**ORDER, "consent": {}},
        {**ORDER, "user": {}},
        {**ORDER, "timestamp": 0},
        {**ORDER, "name": "order"},
        7,
    ],
    ids=["send", "ignored", "no rule", "denied", "unidentified", "refused", "invalid", "7"],
)
def test_an_explanation_agrees_with_the_pipeline(event: Any) -> None:
    """By construction: it is the same pipeline over stages that note what they give."""
    transform = pipeline(parse_config(CONFIG))
    first = transform(event, {}, NOW)
    told = TELL(event, {}, NOW)
    assert (told.plan, told.changes) == first
    again = TELL(event, told.changes, NOW)
    assert (again.plan, again.changes) == transform(event, first[1], NOW)
    json.dumps(told.to_dict())


def test_every_stage_is_seen_in_its_order() -> None:
    assert [seen.stage for seen in TELL(ORDER).stages] == [
        "parse",
        "granted",
        "policy",
        "rule",
        "consent",
        "policy",
        "base",
        "name",
        "properties",
        "identity",
        "profile",
        "revenue",
        "unique_id",
        "backfill",
        "upsert_profile",
        "put_on_lists",
        "change_subscriptions",
        "create_event",
        "record_lines",
    ]


@pytest.mark.parametrize(
    ("event", "last"),
    [
        (7, "parse"),
        ({**ORDER, "name": "order ignore"}, "rule"),
        ({**ORDER, "consent": {}}, "consent"),
        ({**ORDER, "user": {}}, "identity"),
    ],
)
def test_an_event_that_is_stopped_shows_where(event: Any, last: str) -> None:
    told = TELL(event)
    assert told.stages[-1].stage == last
    assert told.origins == ()


def test_the_clock_is_passed_on() -> None:
    """As a transform has it: an event of tomorrow's is refused by who knows what day it is."""
    late = {**ORDER, "timestamp": NOW * 2}
    assert TELL(late, now=NOW).plan.outcome == "refused"
    assert TELL(late).plan.outcome == "send"


def test_each_field_knows_where_it_came_from() -> None:
    """Which mapping stands behind it, and which path of the event that one reads."""
    upsert, event = "profiles.create_or_update_profile", "events.create_event"
    rule, settings = "mapping.order.complete", "settings"
    identify = f"{settings}.identify.map"
    data = f"{rule}.data.map"
    assert [(one.call, one.field, one.configured, one.source) for one in TELL(ORDER).origins] == [
        (upsert, "email", f"{settings}.email", "user.email"),
        (upsert, "external_id", f"{settings}.externalId", "user.id"),
        (upsert, "phone_number", f"{settings}.phoneNumber", "user.phone"),
        (upsert, "first_name", f"{identify}.firstName", "user.first"),
        (upsert, "properties", f"{identify}.properties", "an object"),
        (event, "email", f"{settings}.email", "user.email"),
        (event, "external_id", f"{settings}.externalId", "user.id"),
        (event, "phone_number", f"{settings}.phoneNumber", "user.phone"),
        (event, "anonymous_id", f"{settings}.anonymousId", "user.device"),
        (event, "_kx", f"{settings}.kx", "user.kx"),
        (event, "metric", f"{rule}.name", "a constant"),
        (event, "properties.globals_lang", "include", "globals"),
        (event, "properties.Base", "data.map.Base", "data.base"),
        (event, "properties.Both", f"{data}.Both", "data.both"),
        (event, "properties.Items", f"{data}.Items", "each of nested"),
        (event, "properties.List", f"{data}.List", "a list"),
        (event, "properties.Fn", f"{data}.Fn", "a function"),
        (event, "properties.Else", f"{data}.Else", "data.own"),
        (event, "properties.Default", f"{data}.Default", "a constant"),
        (event, "properties.Key", f"{data}.Key", "data.own"),
        (event, "properties.Const", f"{data}.Const", "a constant"),
        (event, "properties.Map", f"{data}.Map", "an object"),
        (event, "time", "(always)", "timestamp"),
        (event, "value", f"{rule}.settings.value", "data.total"),
        (event, "value_currency", f"{rule}.settings.currency", "data.currency"),
        (event, "unique_id", f"{rule}.settings.uniqueId", "data.id"),
        (event, "backfill", f"{rule}.settings.backfill", "a constant"),
    ]


def fields_of(call: Call) -> dict[str, Any]:
    """What a call says, field by field, as an explanation names it."""
    if call.metric is None:
        return call.attributes
    properties = {f"properties.{name}": value for name, value in call.properties.items()}
    rest = {
        name: value
        for name, value in call.attributes.items()
        if name not in ("profile", "metric", "properties")
    }
    return {**call.profile, "metric": call.metric, **properties, **rest}


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        {},
        {"data": "data", "settings": {"identify": {"value": {"firstName": "A"}}}},
        {"include": ["all"], "settings": {"uniqueId": "data.none"}},
        with_rule({"data": {"fn": lambda value, event: {"x": 1}}, "settings": {"value": "data.a"}}),
    ],
)
@pytest.mark.parametrize("event", [ORDER, event_with(), event_without("id", user={"id": "u1"})])
def test_every_field_of_every_call_has_an_origin_with_its_value(config: Any, event: Any) -> None:
    """None is left out, none made up, and each is told once."""
    told = explain(parse_config(config))({**event, "consent": {"marketing": True}})
    assert told.plan.calls
    fields = [
        (call.name, field, value)
        for call in told.plan.calls
        for field, value in fields_of(call).items()
    ]
    found = [(one.call, one.field, one.value) for one in told.origins]
    assert sorted(found, key=repr) == sorted(fields, key=repr)


def test_origins_come_in_the_order_of_the_calls() -> None:
    """Whatever that is: a user's own step may have put the event first."""
    told = TELL(ORDER)
    rule, event = next(seen.given for seen in told.stages if seen.stage == "properties")
    turned = origins_of(rule, event, evolve(told.plan, calls=told.plan.calls[::-1]), {})
    split = sum(one.at == 0 for one in told.origins)
    assert 0 < split < len(told.origins)
    expected = (*told.origins[split:], *told.origins[:split])
    assert turned == tuple(evolve(one, at=1 - one.at) for one in expected)


def test_an_origin_knows_which_call_it_is_of() -> None:
    """By its place in the plan: two events of one plan have the same names of fields."""

    def twice(rule: Any, mapped: Any) -> Any:
        (call,), notes = create_event(rule, mapped)
        return (call, call), notes

    stages = evolve(STAGES, calls=(twice,))
    told = explain(parse_config({"data": {"map": {"a": "data.id"}}}), stages)(ORDER)
    assert told.stages[-1].stage == "twice"
    first, second = ([one for one in told.origins if one.at == at] for at in (0, 1))
    assert [evolve(one, at=1) for one in first] == second
    assert {"metric", "properties.a", "unique_id"} <= {one.field for one in first}


def test_a_device_whose_traits_the_event_tells_is_explained() -> None:
    """They stand in the event's own profile, and come from identify as ever."""
    settings = {"anonymousId": "user.device", "identify": {"map": {"firstName": "user.first"}}}
    found = origin(
        {"settings": settings}, "first_name", event_with(user={"device": "d", "first": "A"})
    )
    assert (found.call, found.value) == ("events.create_event", "A")
    assert (found.configured, found.source) == ("settings.identify.map.firstName", "user.first")


def test_what_the_destinations_data_reads_early_is_explained() -> None:
    """It saw the event's own name, and the explanation says what it saw."""
    config = {"data": {"map": {"was": "name"}}, **with_rule({"name": "Placed Order"})}
    found = origin(config, "properties.was")
    assert (found.value, found.configured, found.source) == (
        "order complete",
        "data.map.was",
        "name",
    )


def origin(config: dict[str, Any], field: str, event: Any = ORDER) -> Origin:
    """Where one field came from."""
    return next(one for one in explain(parse_config(config))(event).origins if one.field == field)


@pytest.mark.parametrize(
    ("config", "field", "configured", "source"),
    [
        ({}, "metric", "(default)", "name"),
        (with_rule({}), "unique_id", "settings.uniqueId", "id"),
        ({"data": "data"}, "properties.id", "data", "computed"),
        (with_rule({"data": "data"}), "properties.id", "mapping.order.complete.data", "computed"),
        ({"include": ["all"]}, "properties.user_id", "include", "user"),
        ({"include": ["globals"]}, "properties.globals_shop_area", "include", "globals"),
        (
            {"settings": {"identify": {"map": {"Title": "user.id", "title": "user.first"}}}},
            "title",
            "settings.identify.map.title",
            "user.first",
        ),
        (
            {"settings": {"identify": {"map": {"title": ["user.none", "user.first"]}}}},
            "title",
            "settings.identify.map.title",
            "user.first",
        ),
        ({"settings": {"email": ["user.none", "user.email"]}}, "email", "settings.email", EMAIL),
        (
            {"settings": {"identify": {"map": {"first_name": "user.first"}}}},
            "first_name",
            "settings.identify.map.first_name",
            "user.first",
        ),
        (
            {"settings": {"identify": {"value": {"firstName": "A"}}}},
            "first_name",
            "settings.identify",
            "computed",
        ),
        (
            with_rule({"data": {"fn": lambda value, event: {"x": 1}}}),
            "properties.x",
            "mapping.order.complete.data",
            "computed",
        ),
        (
            with_rule({"settings": {"value": {"value": 5}}}, settings={"currency": "USD"}),
            "value_currency",
            "settings.currency",
            "a constant",
        ),
    ],
)
def test_what_stands_in_no_map_is_computed(
    config: dict[str, Any], field: str, configured: str, source: str
) -> None:
    """A whole object, a function, a constant: no single entry stands behind the field."""
    found = origin(config, field, {**ORDER, "globals": {"shop_area": "eu"}})
    assert (found.configured, found.source) == (configured, source)


def test_a_mapping_that_yields_nothing_stands_behind_nothing() -> None:
    """An entry of a list may be an empty object; the next one then gave the field."""
    config = {"data": {"map": {"x": [{}, "data.id"]}}}
    assert origin(config, "properties.x").source == "data.id"


def known_of(event: Any) -> States:
    """What is known once it was sent twice: the first time, its `_kx` may have joined two."""
    first = TELL(event).changes
    return {**first, **TELL(event, first).changes}


def test_an_upsert_that_is_no_news_is_told() -> None:
    """Its absence would look like a fault of the mapping."""
    first = TELL(ORDER)
    assert first.unchanged is False
    again = TELL(ORDER, known_of(ORDER))
    assert again.unchanged is True
    assert again.to_dict()["upsertUnchanged"] is True
    assert {one.call for one in again.origins} == {"events.create_event"}


NEWS = {
    "settings": {"lists": ["Y6nRLr"], "identify": {"map": {"title": "data.title"}}},
    "mapping": {
        "news": {
            "signup": {
                "silent": True,
                "consent": {"marketing": True},
                "settings": {
                    "subscribe": {
                        "channels": {"email": "data.news"},
                        "list": {"value": "ABC123"},
                        "source": "Footer",
                    },
                    "backfill": True,
                },
            }
        }
    },
}
SIGNUP = {
    "name": "news signup",
    "timestamp": 1_795_518_160_712,
    "user": {"email": "ada@example.com"},
    "data": {"news": True},
    "consent": {"marketing": True},
}


def test_a_subscription_has_its_own_settings_behind_it() -> None:
    """And not identify, nor whatever an upsert is made of."""
    told = explain(parse_config(NEWS))(SIGNUP)
    found = {(one.call, one.field): (one.configured, one.source) for one in told.origins}
    at, call = "mapping.news.signup.settings", "profiles.bulk_subscribe_profiles"
    wanted = {
        "email": ("settings.email", "user.email"),
        "subscriptions": (f"{at}.subscribe.channels.email", "data.news"),
        "historical_import": (f"{at}.backfill", "a constant"),
        "custom_source": (f"{at}.subscribe.source", "a constant"),
        "list": (f"{at}.subscribe.list", "a constant"),
    }
    assert {field: found[call, field] for field in wanted} == wanted
    assert found["profiles.bulk_import_profiles", "lists"] == ("settings.lists", "a list")
    again = explain(parse_config(NEWS))({**SIGNUP, "data": {"news": True, "title": "Dr"}})
    assert not again.unchanged
    known = {**told.changes}
    told = explain(parse_config(NEWS))({**SIGNUP, "data": {"news": True, "title": "Dr"}}, known)
    assert not told.unchanged  # the subscription is known, the title is new


def test_the_explanation_is_plain_json() -> None:
    """What `explain --json` prints: the plan's own keys first, then why."""
    told = TELL(ORDER).to_dict()
    assert list(told) == [
        "outcome",
        "rule",
        "calls",
        "diagnostics",
        "keys",
        "upsertUnchanged",
        "stages",
        "origins",
    ]
    stages = {seen["stage"]: seen["result"] for seen in told["stages"]}
    assert stages["rule"] == {
        "rule": "order complete",
        "metric": "Placed Order",
        "where": "mapping.order.complete",
    }
    assert stages["identity"]["identifiers"]["external_id"] == "u1"
    assert stages["upsert_profile"][0]["name"] == "profiles.create_or_update_profile"
    assert told["keys"] == [
        "external_id:u1",
        "email:ada@example.com",
        "phone_number:+15551234567",
        "_kx:k",
    ]
    assert stages["revenue"] == {"value": 5, "currency": "EUR"}
    assert stages["backfill"] is True
    assert told["origins"][0]["value"] == "ada@example.com"
    invalid = TELL({}).to_dict()
    assert invalid["stages"][0]["result"] == {
        "path": "name",
        "message": 'expected two words, "entity action", such as "order complete"',
    }
    default = TELL({**ORDER, "name": "page view"}).to_dict()
    rule = next(seen["result"] for seen in default["stages"] if seen["stage"] == "rule")
    assert rule == {"rule": None, "metric": None, "where": None}


def test_a_stages_diagnostics_are_kept_with_the_stage() -> None:
    told = explain(parse_config(with_rule({"settings": {"value": "data.none"}})))(ORDER)
    said = {seen.stage: [one.code for one in seen.diagnostics] for seen in told.stages}
    assert said["revenue"] == ["revenue.missing"]
    assert sum(map(len, said.values())) == 1
    (shown,) = (one for one in told.to_dict()["stages"] if one["stage"] == "revenue")
    assert shown == {
        "stage": "revenue",
        "result": None,
        "diagnostics": [
            {
                "code": "revenue.missing",
                "path": "data.none",
                "message": "the event has no value there",
                "severity": "info",
            }
        ],
    }


def test_a_users_own_stage_is_explained_too() -> None:
    """`evolve(STAGES, revenue=mine)` in the pipeline and in the explanation."""
    stages = evolve(STAGES, revenue=lambda rule, event: (None, ()))
    config = parse_config(CONFIG)
    assert explain(config, stages)(ORDER).plan == pipeline(config, stages).plan(ORDER)
    assert "value" not in pipeline(config, stages).plan(ORDER).calls[-1].attributes


def test_the_first_mapping_that_yields_stands_behind_the_field() -> None:
    """Not every alternative that might have."""
    rule = {"settings": {"value": {"value": 5}, "currency": "data.currency"}}
    config = with_rule(rule, settings={"currency": "USD"})
    assert origin(config, "value_currency").source == "data.currency"
    assert origin(config, "value_currency", event_with()).configured == "settings.currency"
    assert origin({"data": {"map": {"x": [["data.id"]]}}}, "properties.x").source == "data.id"


@pytest.mark.parametrize(
    ("options", "value", "source"),
    [
        (["data.empty", "data.id"], "", "data.empty"),
        ([["data.none", "data.empty"]], "", "data.empty"),
        ([["data.empty", {"value": 0}]], 0, "a constant"),
        ([[["data.empty", "data.id"]]], "O-1", "data.id"),
        ([["data.id", "data.other"]], "O-1", "data.id"),
        ([["data.list", "data.other"]], [], "data.list"),
        ([["data.none"], "data.id"], "O-1", "data.id"),
        ([[], "data.id"], "O-1", "data.id"),
        ([["data.empty", "data.none"], "data.id"], "O-1", "data.id"),
        ([["data.empty", ["data.none"]], "data.id"], "O-1", "data.id"),
        ([{"key": "data.none"}, {"key": "data.id", "consent": CONSENT}], "O-1", "data.id"),
        ([{"loop": [["data.none", "nested"], "data.sku"]}], ["A"], "each of nested"),
        ([{"key": "data.none", "value": 0}], 0, "a constant"),
    ],
)
def test_of_a_list_the_option_that_gave_stands_behind_the_field(
    options: Any, value: Any, source: str
) -> None:
    """As the mapping does it: the first that is defined, in an inner list the first true or last.

    An inner list whose last yields nothing yields nothing, whatever was false before it.
    """
    event = {**ORDER, "data": {"id": "O-1", "empty": "", "list": [], "other": "O-2"}}
    found = origin({"data": {"map": {"x": options}}}, "properties.x", event)
    assert (found.value, found.source) == (value, source)


@pytest.mark.parametrize(
    ("mapping", "source"),
    [
        (["data.none", "data.gone"], "nothing"),
        ([], "nothing"),
        ({"key": "data.none"}, "nothing"),
        ({"key": "data.id", "consent": {"ads": True}}, "nothing"),
        ({"key": "data.id", "consent": {"ads": True}, "value": 0}, "a constant"),
    ],
)
def test_an_identifier_that_no_mapping_gave_has_nothing_behind_it(
    mapping: Any, source: str
) -> None:
    """A user's own stage found it; what is configured yields nothing, or a constant."""
    stages = evolve(STAGES, identity=lambda rule, event: (Identity({"email": "a@b.io"}), ()))
    config = parse_config({"settings": {"email": mapping}})
    (found,) = (one for one in explain(config, stages)(ORDER).origins if one.field == "email")
    assert (found.value, found.configured, found.source) == ("a@b.io", "settings.email", source)


@pytest.mark.parametrize("value", [None, "data.none"])
def test_an_amount_of_a_users_own_stage_was_computed(value: Any) -> None:
    """Nothing of the configuration stands behind it, and it is no digest of the event."""
    stages = evolve(
        STAGES,
        revenue=lambda rule, event: (Revenue(7, "USD"), ()),
        backfill=lambda rule, event: (True, ()),
    )
    config = parse_config(with_rule({"settings": {"value": value}}))
    found = {one.field: one for one in explain(config, stages)(ORDER).origins}
    assert [found[field] for field in ("value", "value_currency", "backfill")] == [
        Origin("events.create_event", field, value, "(default)", "computed", 0)
        for field, value in (("value", 7), ("value_currency", "USD"), ("backfill", True))
    ]


@pytest.mark.parametrize(
    ("settings", "changes", "configured", "source"),
    [
        ({}, {}, "settings.uniqueId", "id"),
        ({"uniqueId": "data.none"}, {}, "(default)", "id"),
        ({}, {"id": None}, "(default)", "a digest of the event"),
    ],
)
def test_a_unique_id_knows_what_stood_in(
    settings: dict[str, Any], changes: dict[str, Any], configured: str, source: str
) -> None:
    """The mapping, else the event's id, else its content."""
    found = origin({"settings": settings}, "unique_id", {**ORDER, **changes})
    assert (found.configured, found.source) == (configured, source)


def test_states_are_looked_up_by_the_plans_keys() -> None:
    """They may be all that a store holds; only the person's count."""
    states = known_of(ORDER)
    assert TELL(ORDER, states).unchanged is True
    assert TELL({**ORDER, "user": {"kx": "k", "first": "Ada", "p": 1}}, states).unchanged is True
    assert TELL(ORDER, dict.fromkeys(states, ProfileState("other"))).unchanged is False
    assert TELL({**ORDER, "user": {}}, states).unchanged is False
    assert TELL({**ORDER, "user": {"id": "u2"}}, states).unchanged is False


def test_a_stage_notes_what_it_was_given() -> None:
    """The event as the mappings saw it: after policies, under the rule's name."""
    given = {seen.stage: seen.given for seen in TELL(ORDER).stages}
    assert given["parse"] == (ORDER,)
    rule, event = given["properties"]
    assert rule.label == "order complete"
    assert event["name"] == "Placed Order"
    assert event["data"] == {**ORDER["data"], "set": 1, "own": 2}


def other(name: str, **rule: Any) -> dict[str, Any]:
    """A rule's own data or settings over a base that has the same key."""
    return with_rule(rule, data={"map": {name: {"value": "base"}}})


@pytest.mark.parametrize(
    ("config", "field", "configured", "source"),
    [
        (
            {"data": {"map": {"x": [["data.empty", "data.id"]]}}},
            "properties.x",
            "data.map.x",
            "data.id",
        ),
        (
            {"data": {"map": {"x": {"key": "data.id", "consent": {"ads": True}, "value": 0}}}},
            "properties.x",
            "data.map.x",
            "a constant",
        ),
        (
            {"data": {"map": {"x": {"key": "data.id", "consent": CONSENT, "value": 0}}}},
            "properties.x",
            "data.map.x",
            "data.id",
        ),
        (
            other("x", data={"map": {"x": "data.none"}}),
            "properties.x",
            "data.map.x",
            "a constant",
        ),
        (
            with_rule({"settings": {"uniqueId": "data.flag"}}),
            "unique_id",
            "(default)",
            "id",
        ),
    ],
    ids=["inner list", "denied", "granted", "base behind undefined", "invalid unique id"],
)
def test_an_origin_is_what_gave_the_value(
    config: dict[str, Any], field: str, configured: str, source: str
) -> None:
    """The value shown beside it must be the one that stands there."""
    event = {**ORDER, "data": {"id": "O-1", "empty": "", "flag": True}}
    found = origin(config, field, event)
    assert (found.configured, found.source) == (configured, source)


def test_of_the_options_of_a_list_the_one_that_could_be_used_stands_behind_the_field() -> None:
    """The others are named by their diagnostics."""
    settings = {"externalId": ["data.guest", "user.id"], "uniqueId": ["data.guest", "data.id"]}
    config = with_rule(
        {"settings": {"value": ["data.guest", "data.total"], "currency": ["data.guest", "EUR"]}},
        settings=settings,
    )
    event = {**ORDER, "data": {"guest": "guest", "id": "O-1", "total": 5}}
    found = {
        one.field: (one.value, one.source) for one in explain(parse_config(config))(event).origins
    }
    assert {field: found[field] for field in ("external_id", "unique_id")} == {
        "external_id": ("u1", "user.id"),
        "unique_id": ("O-1", "data.id"),
    }
    assert found["value"] == (5, "data.total")
    assert found["value_currency"] == ("EUR", "a constant")


def test_a_rules_own_entry_is_named_also_where_its_data_is_a_list() -> None:
    """Not the destination's entry of that name, which did not give the value."""
    config = with_rule({"data": [{"map": {"Brand": "data.maker"}}]})
    config["data"] = {"map": {"Brand": "data.brand"}}
    found = origin(config, "properties.Brand", event_with(data={"brand": "B", "maker": "M"}))
    assert (found.value, found.source) == ("M", "data.maker")
    assert found.configured == "mapping.order.complete.data[0].map.Brand"


def test_a_users_function_runs_once() -> None:
    """It may count, or cost money."""
    calls: list[object] = []

    def counted(value: object, event: object) -> dict[str, str]:
        calls.append(value)
        return {"firstName": "Ada"}

    fn = {"fn": counted}
    config = with_rule({"settings": {"value": fn}}, data=fn, settings={"identify": fn})
    explain(parse_config(config))(ORDER)
    assert len(calls) == 3


def test_a_patch_has_its_own_settings_behind_it() -> None:
    """Under the configuration's place of each value, and what it read."""
    patch = {"append": {"likes": "data.x", "seen": {"value": True}}, "unset": ["cart"]}
    told = explain(parse_config({"settings": {"patch": patch}}))(
        {"name": "a b", "timestamp": 1_795_518_160_712, "user": {"id": "u1"}, "data": {"x": "A"}}
    )
    found = {one.field: (one.value, one.configured, one.source) for one in told.origins}
    at = "settings.patch"
    assert found["patch.append.likes"] == ("A", f"{at}.append.likes", "data.x")
    assert found["patch.append.seen"] == (True, f"{at}.append.seen", "a constant")
    assert found["patch.unset"] == (["cart"], f"{at}.unset", "a constant")
