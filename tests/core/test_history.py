"""Is a run's every event recorded as history, whatever the configuration and its transform say?"""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.core.make import Json, codes, event_with

from walkeros_klaviyo import Diagnostic, Plan, parse_config, pipeline
from walkeros_klaviyo.core.history import as_history, only_history

LIVE = {"settings": {"backfill": False}}
SETTINGS: Json = {"preset": "ecommerce", "identify": {"map": {"first_name": "user.first"}}}
NEWS: Json = {"subscribe": True, "unsubscribe": {"channels": ["sms"]}, "lists": ["Y6nRLr"]}
CONFIG: Json = {
    "settings": {**SETTINGS, "phoneNumber": "user.phone", "backfill": False},
    "mapping": {
        "news": {"signup": {"consent": {"marketing": True}, "settings": NEWS}},
        "page": {"view": [{**LIVE, "condition": lambda value, event: False}, LIVE]},
    },
}
NOTE = Diagnostic("event.too-large", "", "is too large")
USER = {"id": "u1", "email": "ada@example.com", "phone": "+4915112345678", "first": "Ada"}
OLD = event_with(
    user=USER,
    consent={"marketing": True},
    data={"id": "O-1", "total": 5, "currency": "EUR", "items": [{"id": "P1", "price": 5}]},
)


def lives(plan: Plan) -> list[Any]:
    """Of each event and subscription, whether it is recorded as history."""
    said = [
        call.attributes.get("historical_import", call.attributes.get("backfill"))
        for call in plan.calls
        if call.metric is not None or call.name == "profiles.bulk_subscribe_profiles"
    ]
    assert said
    return said


@pytest.mark.parametrize("name", ["order complete", "news signup", "page view", "what ever"])
def test_every_rules_events_lines_and_subscriptions_are_history(name: str) -> None:
    """Those of a preset, of a list of rules, and of no rule at all; nothing else changes."""
    event = event_with(**{**OLD, "name": name})
    config = parse_config(CONFIG)
    live = pipeline(config).plan(event)
    assert live.outcome == "send"
    old = pipeline(as_history(config)).plan(event)
    assert lives(live) == [None] * len(lives(live))
    assert lives(old) == [True] * len(lives(old))
    assert [call.name for call in old.calls] == [call.name for call in live.calls]
    assert only_history(old) is old
    assert codes(old.diagnostics) == codes(live.diagnostics)
    assert (old.rule, old.keys) == (live.rule, live.keys)


def test_it_is_what_the_configuration_would_be_with_backfill_in_it() -> None:
    """For whoever reads it: `verify` and `explain`."""
    live, old = ({"settings": {"email": "user.m", "backfill": one}} for one in (False, True))
    assert as_history(parse_config(live)) == parse_config(old) != parse_config(live)


def test_what_might_start_a_flow_is_kept_back_and_all_else_goes() -> None:
    """Of a transform that does not follow the configuration."""
    config = parse_config(CONFIG)
    plan = pipeline(config).plan(event_with(**{**OLD, "name": "news signup"}))
    assert plan.outcome == "send"
    kept = only_history(plan)
    assert [(call.name, codes(call.refusal)) for call in kept.calls] == [
        ("profiles.create_or_update_profile", []),
        ("profiles.bulk_import_profiles", []),
        ("profiles.bulk_unsubscribe_profiles", []),
        ("profiles.bulk_subscribe_profiles", ["backfill.not-history"]),
        ("events.create_event", ["backfill.not-history"]),
    ]
    assert [call.body for call in kept.calls] == [call.body for call in plan.calls]
    note = kept.diagnostics[-1]
    assert kept.diagnostics == (*plan.diagnostics, note)
    assert (note.code, note.path) == ("backfill.not-history", "settings.backfill")
    assert kept.outcome == "refused"  # so is its event; what starts no flow goes


def test_a_call_that_was_refused_already_says_both_reasons() -> None:
    plan = pipeline(parse_config({})).plan(event_with(data={"total": 5}))
    (call,) = plan.calls
    refused = evolve(plan, calls=(evolve(call, refusal=(NOTE,)),))
    (kept,) = only_history(refused).calls
    assert codes(kept.refusal) == [*codes(refused.calls[0].refusal), "backfill.not-history"]
    assert only_history(plan).outcome == "refused"


@pytest.mark.parametrize("calls", [0, 1])
def test_a_plan_that_starts_no_flow_is_left_alone(calls: int) -> None:
    config = parse_config({"mapping": {"a": {"b": {"silent": True}}}, "settings": SETTINGS})
    plan = pipeline(config).plan(event_with(name="a b", user=USER))
    plan = evolve(plan, calls=plan.calls[:calls])
    assert len(plan.calls) == calls
    assert only_history(plan) is plan
