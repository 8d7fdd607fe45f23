"""May this event be sent at all? Both sides; and what mappings see of consent."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.make import codes, event_with, plan_of, with_rule

from walkeros_klaviyo import Rule, Settings, parse_config
from walkeros_klaviyo.core.walkeros.consent import grant_consent, is_granted, only_granted

A_LIST = "is a list, not true"


def asking(required: set[str], where: str = "") -> Rule[Settings]:
    """A rule that asks for these consent states."""
    return Rule(None, where, consent=frozenset(required), settings=Settings())


@pytest.mark.parametrize(
    ("required", "states", "granted"),
    [
        ({"a"}, {"a": True}, True),
        ({"a", "b"}, {"b": True}, True),
        ({"a"}, {"a": True, "b": False}, True),
        ({"a"}, {"a": False}, False),
        ({"a"}, {"a": None}, False),
        ({"a"}, {"a": 1}, False),
        ({"a"}, {"a": "true"}, False),
        ({"a"}, {"A": True}, False),
        ({"a"}, {}, False),
        ({"a"}, None, False),
        ({"a"}, ["a"], False),
        ({"a"}, True, False),
        (set(), {"a": True}, False),
    ],
)
def test_one_of_the_named_states_must_be_true(
    required: set[str], states: Any, granted: bool
) -> None:
    """Absent is not granted, and nothing but `true` grants."""
    assert is_granted(required, states) == granted
    found, notes = grant_consent(asking(required), {"consent": states})
    assert found == granted
    assert codes(notes)[:1] == ([] if granted else ["consent.denied"])


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ({"a": "true"}, [("consent.a", "is a string, not true")]),
        ({"a": 1, "b": []}, [("consent.a", "is a number, not true"), ("consent.b", A_LIST)]),
        ({"b": {}, "c": "true"}, [("consent.b", "is an object, not true")]),
        ({"a": False, "b": None}, []),
        ({"a": "true", "b": True}, []),
        ({"c": "true"}, []),
        (["a"], [("consent", "is a list, not an object of states")]),
        ("a", [("consent", "is a string, not an object of states")]),
        (None, []),
    ],
)
def test_what_looks_like_a_consent_and_is_none_is_named(
    states: Any, said: list[tuple[str, str]]
) -> None:
    """Of the states that are asked for, and only where they would have made a difference."""
    _, notes = grant_consent(asking({"b", "a"}), {"consent": states})
    found = [one for one in notes if one.code == "consent.not-boolean"]
    assert [(one.path, one.message) for one in found] == said
    assert all(one.severity == "warning" for one in found)


def test_nothing_required_is_granted_always() -> None:
    assert grant_consent(parse_config({}), {}) == (True, ())


@pytest.mark.parametrize("states", [None, {}, {"marketing": False}, {"marketing": True}, "x"])
def test_an_empty_consent_asks_for_nothing(states: Any) -> None:
    """On the destination, on a rule and in a value alike; a template may hold one."""
    value = {"consent": {}, "key": "data.id", "value": "denied"}
    config = with_rule({"consent": {}, "data": {"map": {"p": value}}}, consent={})
    assert parse_config(config).warnings == ()
    plan = plan_of(config, event_with(consent=states, data={"id": "O-1"}))
    assert (plan.outcome, plan.diagnostics) == ("send", ())
    assert plan.calls[0].properties == {"p": "O-1"}


@pytest.mark.parametrize("states", [None, {}, {"marketing": False}, {"marketing": True}])
def test_states_that_are_all_false_are_never_granted(states: Any) -> None:
    """`{"marketing": false}` names no state that could be: nothing is sent, in no place."""
    never = {"marketing": False}
    event = event_with(consent=states, data={"id": "O-1"})
    assert plan_of({"consent": never}, event).outcome == "denied"
    assert plan_of(with_rule({"consent": never}), event).outcome == "denied"
    value = {"consent": never, "key": "data.id", "value": "denied"}
    plan = plan_of({"data": {"map": {"p": value}}}, event)
    assert plan.calls[0].properties == {"p": "denied"}


def test_the_stage_takes_a_configuration_or_a_rule() -> None:
    """Each asks for its own, and the denial names the place that asked."""
    asks = {"consent": {"marketing": True}}
    config = parse_config({**asks, **with_rule({"consent": {"ads": True}})})
    event = event_with(consent={"marketing": True})
    assert grant_consent(config, event) == (True, ())
    (rule,) = config.rules
    granted, (one,) = grant_consent(rule, event)
    assert (granted, one.path) == (False, "mapping.order.complete.consent")
    assert grant_consent(config, {})[1][0].path == "consent"
    assert grant_consent(config.default, {}) == (True, ())


@pytest.mark.parametrize(
    ("required", "message"),
    [
        ({"marketing"}, "needs marketing, not granted"),
        ({"b", "a"}, "needs a or b, not granted"),
        (set(), "needs a state that nothing can grant, not granted"),
    ],
)
def test_a_denial_says_what_was_needed(required: set[str], message: str) -> None:
    """The same sentence in every process, whatever the order of a set."""
    _, (one,) = grant_consent(asking(required, "here"), {})
    assert (one.path, one.message, one.severity) == ("here.consent", message, "info")


@pytest.mark.parametrize(
    ("states", "seen"),
    [
        ({"a": True, "b": False}, {"a": True}),
        ({"a": False}, {}),
        ({"a": 1, "b": "true", "c": None}, {}),
        ({}, {}),
        ("all", {}),
        ([], {}),
        (True, {}),
    ],
)
def test_mappings_see_the_granted_states_only(states: Any, seen: Any) -> None:
    event = {"consent": states, "x": 1}
    assert only_granted(parse_config({}), event) == ({"consent": seen, "x": 1}, ())
    assert event == {"consent": states, "x": 1}


@pytest.mark.parametrize("event", [{"x": 1}, {"consent": None}, {"consent": {"a": True}}])
def test_an_event_with_nothing_to_hide_stays_the_same_object(event: dict[str, Any]) -> None:
    """No copy without need."""
    assert only_granted(parse_config({}), event)[0] is event


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("consent.marketing", {"p": True}),
        ("consent.ads", {}),
        ("consent", {"p": {"marketing": True}}),
        ({"fn": lambda value, event: event["consent"]}, {"p": {"marketing": True}}),
        ({"loop": ["this", "consent.ads"]}, {"p": []}),
    ],
)
def test_a_denied_state_is_not_to_be_read(raw: Any, expected: dict[str, Any]) -> None:
    """Whether by a path or by a user's function."""
    event = event_with(consent={"marketing": True, "ads": False})
    call = plan_of({"data": {"map": {"p": raw}}}, event).calls[0]
    assert call.attributes["properties"] == expected


def test_consent_that_names_no_state_is_warned_of() -> None:
    """Such a destination would send nothing, and nobody would know why."""
    config = parse_config({"consent": {"marketing": False}})
    assert [(one.code, one.path, one.message) for one in config.warnings] == [
        ("config.never-granted", "consent", "names no state; nothing can grant it")
    ]


def test_the_destinations_consent_comes_before_everything() -> None:
    """Denied: no policy, no rule, no identity is looked at."""
    config = with_rule({"ignore": True}, consent={"marketing": True}, policy={"name": {"value": 1}})
    plan = plan_of(config, event_with(user={}))
    assert (plan.outcome, plan.rule, plan.keys) == ("denied", None, ())
    assert codes(plan.diagnostics) == ["consent.denied"]
