"""What do policies change on the event, in which order, and what may they not break?"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from tests.core.make import codes, event_with, plan_of, raising, with_rule

from walkeros_klaviyo import apply_policy, parse_config

SHOW = {"map": {"a": "data.a", "b": "data.b", "city": "user.city", "list": "data.list"}}


def properties_after(policy: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What the mappings see after a destination's policy."""
    plan = plan_of({"policy": policy, "data": SHOW}, event_with(**changes))
    properties: dict[str, Any] = plan.to_dict()["calls"][0][1]["data"]["attributes"]["properties"]
    return properties


@pytest.mark.parametrize(
    ("policy", "data", "expected"),
    [
        ({"data.a": {"value": 1}}, {}, {"a": 1}),
        ({"data.a": "data.b"}, {"b": 2}, {"a": 2, "b": 2}),
        ({"data.a": "data.b", "data.b": "data.a"}, {"a": 1, "b": 2}, {"a": 2, "b": 1}),
        ({"data.a": "data.missing"}, {"a": 1}, {}),
        ({"data.a": "data.none"}, {"a": 1, "none": None}, {}),
        ({"user.city": "data.a"}, {"a": "Ulm"}, {"a": "Ulm", "city": "Ulm"}),
        ({"data.list.0": {"value": 9}}, {"list": [1, 2]}, {"list": [9, 2]}),
        ({"data": {"value": {"a": 5}}}, {"a": 1, "b": 2}, {"a": 5}),
        ({"data": {"value": {"a": 5}}, "data.b": "data.a"}, {"a": 1}, {"a": 5, "b": 1}),
        ({"data.b": "data.a", "data": {"value": {"a": 5}}}, {"a": 1}, {"a": 5}),
        ({}, {"a": 1}, {"a": 1}),
    ],
)
def test_all_values_are_read_first_and_then_set_in_order(
    policy: dict[str, Any], data: dict[str, Any], expected: dict[str, Any]
) -> None:
    """So two values can be exchanged; undefined clears the path, parents are made."""
    assert properties_after(policy, data=data) == expected


def test_the_event_itself_is_not_changed() -> None:
    event = event_with(data={"a": {"deep": [1]}})
    before = deepcopy(event)
    plan_of({"policy": {"data.a.deep.0": {"value": 2}, "new.path": {"value": 3}}}, event)
    assert event == before


def test_the_destinations_policy_chooses_the_rule_and_the_rules_comes_after() -> None:
    """Config policy, then rule, then rule policy."""
    config = {
        "policy": {"name": {"value": "order refund"}, "data.a": {"value": "destination"}},
        "data": SHOW,
        "mapping": {
            "order": {
                "refund": {
                    "policy": {"data.b": "data.a", "data.a": {"value": "rule"}},
                }
            }
        },
    }
    plan = plan_of(config, event_with(data={}))
    assert plan.rule == "order refund"
    attributes = plan.to_dict()["calls"][0][1]["data"]["attributes"]
    assert attributes["properties"] == {"a": "rule", "b": "destination"}
    assert attributes["metric"]["data"]["attributes"]["name"] == "order refund"


@pytest.mark.parametrize("broken", ["name", "timestamp"])
@pytest.mark.parametrize("at", ["destination", "rule"])
def test_a_policy_that_breaks_the_event_keeps_it_back(broken: str, at: str) -> None:
    """Without a name no metric, without a time no event: refused, nothing is sent."""
    policy = {broken: {"value": "x"}}
    config = {"policy": policy} if at == "destination" else with_rule({"policy": policy})
    plan = plan_of(config)
    assert (plan.outcome, plan.calls, plan.keys) == ("refused", (), ())
    assert plan.rule == (None if at == "destination" else "order complete")
    assert codes(plan.diagnostics) == ["policy.broke-event"]
    assert plan.diagnostics[0].path == broken
    assert plan.diagnostics[0].message.endswith("kept back")


def test_the_stage_alone_takes_a_configuration_or_a_rule() -> None:
    """`(holder, event) -> (event or None, diagnostics)`, and the event that came stays."""
    policy = {"data.a": {"value": 1}, "data.b": {"fn": raising(ValueError())}}
    config = parse_config({**with_rule({"policy": policy}), "policy": policy})
    event = event_with(data={"b": 2})
    for holder in (config, *config.rules):
        changed, notes = apply_policy(holder, event)
        assert changed == event_with(data={"a": 1})
        assert codes(notes) == ["value.raised"]
    assert event == event_with(data={"b": 2})
    assert apply_policy(config.default, event) == (event, ())
    broken = parse_config({"policy": {"name": "data.none"}})
    kept_back, notes = apply_policy(broken, event)
    assert (kept_back, codes(notes)) == (None, ["policy.broke-event"])


def test_a_policy_may_mend_the_name() -> None:
    """It is checked after all changes, not between them."""
    plan = plan_of({"policy": {"name": "data.name"}}, event_with(data={"name": "page view"}))
    assert plan.to_dict()["calls"][0][1]["data"]["attributes"]["metric"]["data"]["attributes"] == {
        "name": "page view"
    }


def test_what_raises_in_a_policy_is_noted_at_each_level() -> None:
    """A value that raised is undefined, so its path is cleared."""
    raised = {"data.a": {"fn": raising(ValueError())}}
    config = {**with_rule({"policy": raised, "data": SHOW}), "policy": raised}
    plan = plan_of(config, event_with(data={"a": 1, "b": 2}))
    assert [one.path for one in plan.diagnostics] == [
        "policy.data.a.fn",
        "mapping.order.complete.policy.data.a.fn",
    ]
    assert plan.outcome == "send"
    assert plan.to_dict()["calls"][0][1]["data"]["attributes"]["properties"] == {"b": 2}


def test_a_policy_sees_the_granted_consent_only() -> None:
    """As every mapping does, where the configuration looks at consent."""
    policy = {"data.a": "consent.ads", "data.b": "consent.marketing"}
    consent = {"marketing": True, "ads": False}
    assert properties_after(policy, data={}, consent=consent) == {"b": True}


@pytest.mark.parametrize(
    ("path", "value", "is_kept_out"),
    [
        ("consent.marketing", True, True),
        ("consent", {"marketing": True, "ads": False}, True),
        ("nested.0.consent.marketing", True, True),
        ("nested.0.consent", {"marketing": True}, True),
        ("nested", [{"data": {}, "consent": {"marketing": True}}], True),
        ("nested.0", {"data": {}, "consent": {"marketing": True}}, True),
        ("consent.functional", True, False),
        ("consent.marketing", False, False),
        ("consent", {"marketing": False}, False),
        ("consent.marketing", "yes", False),
        ("data.consent", True, False),
        ("nested.0.data.marketing", True, False),
    ],
)
def test_a_policy_may_take_consent_and_not_grant_it(
    path: str, value: Any, is_kept_out: bool
) -> None:
    """On the event, and on what is nested in it."""
    event = {
        "name": "a b",
        "timestamp": 0,
        "data": {},
        "nested": [{"data": {}, "consent": {}}],
        "consent": {"functional": True},
    }
    config = parse_config({"policy": {path: {"value": value}, "data.x": {"value": 1}}})
    changed, notes = apply_policy(config, event)
    assert changed is not None
    assert changed["data"]["x"] == 1
    if is_kept_out:
        assert {**changed, "data": {}} == event
        assert [(one.code, one.path, one.message) for one in notes] == [
            (
                "policy.grants-consent",
                f"policy.{path}",
                "only the visitor grants consent; left as it was",
            )
        ]
    else:
        assert notes == ()
        assert {**changed, "data": {}} != event or path in ("data.consent", "consent.functional")
