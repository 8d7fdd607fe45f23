"""What may others rely on? The names of design §2's contract, and what they promise."""

from __future__ import annotations

import inspect
import json
from copy import deepcopy
from typing import Any

import pytest
from attrs import fields
from tests.core.make import NOW, event_with
from tests.same_json import same_json

import walkeros_klaviyo
from walkeros_klaviyo import (
    ABSENT,
    STAGES,
    ConfigError,
    EventError,
    Plan,
    Stages,
    mapping_value,
    parse_config,
    parse_event,
    pipeline,
    scan,
    settle,
)

CONTRACT = ["event_from_row", "parse_config", "parse_event", "pipeline", "scan", "settle"]
CONFIG = {
    "settings": {"identify": {"map": {"firstName": "user.first"}}},
    "mapping": {"order": {"complete": {"name": "Placed Order"}}},
}
TRANSFORM = pipeline(parse_config(CONFIG))
ANYTHING: list[Any] = [
    None,
    True,
    0,
    -1.5,
    float("nan"),
    "",
    "order complete",
    [],
    [[]],
    {},
    {"name": None},
    {"name": "order complete"},
    {"name": "order complete", "timestamp": "now"},
    {"name": "order complete", "timestamp": NOW},
    {"name": "order complete", "timestamp": NOW, "user": None, "data": 7, "consent": "yes"},
    {"name": "order complete", "timestamp": NOW, "user": {"id": {"id": 1}}, "nested": {}},
    {"name": "order complete", "timestamp": float("inf"), "user": {"id": "u"}},
    event_with(),
    event_with(timestamp=1_700_000_100),
]


@pytest.mark.parametrize("name", walkeros_klaviyo.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    """`__all__` is the answer to: what may I import?"""
    found = getattr(walkeros_klaviyo, name)
    assert found is not None
    assert not inspect.isfunction(found) or (found.__doc__ or "").strip()


def test_the_public_names_are_sorted_and_named_once() -> None:
    names = walkeros_klaviyo.__all__
    assert len(names) == len(set(names))
    capitals = [name for name in names if name.isupper()]
    rest = [name for name in names if name not in capitals]
    assert names == capitals + sorted(rest, key=lambda name: (name[0].islower(), name))


@pytest.mark.parametrize("name", CONTRACT)
def test_the_contract_is_public(name: str) -> None:
    assert name in walkeros_klaviyo.__all__


@pytest.mark.parametrize("stage", [one.name for one in fields(Stages)])
def test_each_step_of_the_pipeline_is_public(stage: str) -> None:
    """So that a user can wrap the usual one."""
    found = getattr(STAGES, stage)
    for usual in found if isinstance(found, tuple) else (found,):
        is_public(usual)


def is_public(usual: Any) -> None:
    """It can be imported by its own name."""
    assert usual.__name__ in walkeros_klaviyo.__all__
    assert getattr(walkeros_klaviyo, usual.__name__) is usual


def test_what_is_not_there_has_a_public_name() -> None:
    """A mapping value yields it, so a user's stage must be able to ask for it."""
    assert mapping_value("data.none")({}) is ABSENT
    assert mapping_value("data.none")({"data": {"none": None}}) is ABSENT
    assert (repr(ABSENT), bool(ABSENT)) == ("ABSENT", False)


@pytest.mark.parametrize("raw", ANYTHING, ids=str)
def test_parse_event_never_raises_and_gives_the_event_or_why_not(raw: Any) -> None:
    """The event itself, not a copy; or a value with the path of what is wrong."""
    found = parse_event(raw)
    assert found is raw or (isinstance(found, EventError) and isinstance(found.path, str))


@pytest.mark.parametrize("raw", ANYTHING, ids=str)
def test_a_transform_takes_any_json_value_and_always_has_an_outcome(raw: Any) -> None:
    """It never raises, changes nothing, and its plan is JSON."""
    before = deepcopy(raw)
    plan, changes = TRANSFORM(raw, None, NOW)
    assert isinstance(plan, Plan)
    assert (plan.outcome == "invalid") == isinstance(parse_event(raw), EventError)
    assert repr(raw) == repr(before)
    assert same_json(json.loads(json.dumps(plan.to_dict())), plan.to_dict())
    assert bool(changes) == bool(plan.upserts)


def test_parse_config_raises_one_error_that_lists_every_fault() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({"mapping": 7, "settings": {"emial": "x"}})
    assert [fault.path for fault in caught.value.faults] == ["settings.emial", "mapping"]
    assert isinstance(caught.value, ValueError)


def test_a_plan_needs_no_state_and_settle_brings_it_in() -> None:
    """Workers plan, a store fetches the states of `plan.keys`, settle decides what is news."""
    event = event_with(user={"id": "u1", "first": "Ada"})
    plan = TRANSFORM.plan(event)
    assert plan.keys == ("external_id:u1",)
    settled, changes = settle(plan, None, NOW)
    assert (settled, changes) == TRANSFORM(event, None, NOW)
    again, after = settle(plan, changes, NOW)
    assert [call.name for call in again.calls] == ["events.create_event"]
    assert after == {}


def test_scan_is_the_transform_folded_over_events() -> None:
    """One step an event, with the state of its own profile."""
    events = [
        event_with(user={"id": who, "first": first})
        for who, first in (("a", "A"), ("b", "B"), ("a", "A"), ("a", "C"), ("b", "B"))
    ]
    states: dict[str, Any] = {}
    expected = []
    for event in events:
        step = TRANSFORM(event, states, NOW)
        states |= step[1]
        expected.append(step)
    assert list(scan(TRANSFORM, events, now=NOW)) == expected
    assert [len(plan.calls) for plan, _ in expected] == [2, 2, 1, 2, 1]


def test_a_plan_says_outcome_calls_diagnostics_and_dict() -> None:
    """The four things others read."""
    plan = TRANSFORM.plan(event_with(user={"id": "u1", "email": "a@@b"}))
    assert plan.outcome == "send"
    assert [call.name for call in plan.calls] == [
        "profiles.create_or_update_profile",
        "events.create_event",
    ]
    assert [one.code for one in plan.diagnostics] == ["email.invalid"]
    told = plan.to_dict()
    assert (told["outcome"], told["rule"]) == ("send", "order complete")
    assert told["diagnostics"] == [one.to_dict() for one in plan.diagnostics]
    assert set(told["diagnostics"][0]) == {"code", "path", "message", "severity"}
