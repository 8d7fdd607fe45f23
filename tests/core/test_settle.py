"""What is still news? Prior state and the clock come in here, and nowhere else."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from attrs import evolve
from tests.core.make import NOW, codes, event_with, plan_of

from walkeros_klaviyo import (
    Call,
    CreateEvent,
    Diagnostic,
    Plan,
    ProfileState,
    parse_config,
    pipeline,
    settle,
)
from walkeros_klaviyo.core.klaviyo.clock import format_time
from walkeros_klaviyo.core.settle import outcome_of
from walkeros_klaviyo.core.walkeros.event import MAX_TIMESTAMP_MS

IDENTIFY = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}
SILENT = {
    "settings": {**IDENTIFY["settings"]},
    "mapping": {"order": {"complete": {"silent": True}}},
}
YEAR = 365 * 24 * 3_600 * 1_000


def ada(first: str = "Ada", **changes: Any) -> dict[str, Any]:
    """Ada's order; her name may change."""
    return event_with(user={"id": "u1", "first": first}, **changes)


def names(plan: Plan) -> list[str]:
    """Which calls a plan makes."""
    return [call.name.rpartition(".")[2] for call in plan.calls]


UPSERT, EVENT = "create_or_update_profile", "create_event"


def test_the_first_upsert_is_news_and_moves_the_state() -> None:
    plan = plan_of(IDENTIFY, ada())
    settled, state = settle(plan, None)
    assert settled is plan
    assert state == ProfileState(plan.calls[0].fingerprint)  # type: ignore[union-attr]


def test_the_same_upsert_again_is_no_news() -> None:
    """Only it is left out; the event goes, and the state stays the very object."""
    plan = plan_of(IDENTIFY, ada())
    _, state = settle(plan)
    again, after = settle(plan, state)
    assert (names(again), again.outcome, again.key) == ([EVENT], "send", plan.key)
    assert after is state


def test_another_upsert_is_news() -> None:
    _, state = settle(plan_of(IDENTIFY, ada()))
    changed, after = settle(plan_of(IDENTIFY, ada("Adele")), state)
    assert names(changed) == [UPSERT, EVENT]
    assert after is not None and after != state


def test_a_silent_rule_without_news_is_unchanged() -> None:
    transform = pipeline(parse_config(SILENT))
    first, state = transform(ada())
    assert (first.outcome, names(first)) == ("send", [UPSERT])
    second, after = transform(ada(), state)
    assert (second.outcome, names(second), after) == ("unchanged", [], state)


@pytest.mark.parametrize(
    ("config", "event"),
    [
        (IDENTIFY, {"name": "order complete"}),
        (IDENTIFY, event_with(user={})),
        ({**IDENTIFY, "disabled": True}, event_with()),
        ({**IDENTIFY, "consent": {"marketing": True}}, event_with()),
        ({}, event_with()),
        ({"settings": {"kx": "user.kx", **IDENTIFY["settings"]}}, event_with(user={"kx": "k"})),
    ],
    ids=["invalid", "unidentified", "disabled", "denied", "no identify", "visitor"],
)
@pytest.mark.parametrize("prior", [None, ProfileState("f")])
def test_without_an_upsert_plan_and_state_stay_as_they_are(
    config: dict[str, Any], event: Any, prior: ProfileState | None
) -> None:
    plan = plan_of(config, event)
    assert settle(plan, prior, NOW) == (plan, prior)


def test_a_refused_upsert_does_not_move_the_state() -> None:
    """It will never reach Klaviyo, so Klaviyo was not told."""
    plan = plan_of(IDENTIFY, ada("\ud800"))
    prior = ProfileState("before")
    assert settle(plan, prior) == (plan, prior)
    assert names(plan) == [UPSERT, EVENT]
    assert settle(plan, None)[1] is None


def test_a_refused_upsert_alone_is_refused() -> None:
    """A silent rule has no event that could go."""
    plan = plan_of(SILENT, ada("\ud800"))
    assert (plan.outcome, names(plan)) == ("refused", [UPSERT])


@pytest.mark.parametrize(
    ("ahead", "outcome"),
    [(0, "send"), (YEAR, "send"), (YEAR + 1, "refused"), (2 * YEAR, "refused"), (-YEAR, "send")],
)
def test_an_event_is_at_most_one_year_ahead(ahead: int, outcome: str) -> None:
    """Both sides of the bound, one millisecond apart."""
    event = event_with(timestamp=NOW + ahead)
    plan, _ = pipeline(parse_config({}))(event, None, NOW)
    assert plan.outcome == outcome
    assert codes(plan.diagnostics) == ([] if outcome == "send" else ["time.too-late"])
    assert plan.calls[0].refusal == plan.diagnostics


@pytest.mark.parametrize("now", [None, MAX_TIMESTAMP_MS, float(MAX_TIMESTAMP_MS)])
def test_without_a_clock_the_future_is_not_judged(now: float | None) -> None:
    """`plan` has none; and a clock at the end of time refuses nothing."""
    plan, _ = pipeline(parse_config({}))(event_with(timestamp=MAX_TIMESTAMP_MS), None, now)
    assert (plan.outcome, plan.diagnostics) == ("send", ())


def test_a_late_event_keeps_its_good_upsert() -> None:
    """The event is refused, what we know of the person is not; the state moves with it."""
    transform = pipeline(parse_config(IDENTIFY))
    plan, state = transform(ada(timestamp=NOW + 2 * YEAR), None, NOW)
    assert (plan.outcome, names(plan)) == ("refused", [UPSERT, EVENT])
    assert [bool(call.refusal) for call in plan.calls] == [False, True]
    assert state is not None
    again, after = transform(ada(timestamp=NOW + 2 * YEAR), state, NOW)
    assert (again.outcome, names(again), after) == ("refused", [EVENT], state)
    assert again.calls[0].refusal == again.diagnostics


def test_an_upsert_alone_has_no_time_to_judge() -> None:
    plan, _ = pipeline(parse_config(SILENT))(ada(timestamp=NOW + 2 * YEAR), None, NOW)
    assert (plan.outcome, names(plan)) == ("send", [UPSERT])


def test_a_late_event_says_until_when_it_would_be_taken() -> None:
    plan, _ = pipeline(parse_config({}))(event_with(timestamp=NOW + 2 * YEAR), None, NOW)
    (one,) = plan.diagnostics
    assert (one.path, one.severity) == ("timestamp", "error")
    assert format_time(NOW + YEAR) in one.message


def test_other_refusals_stay_beside_the_late_one() -> None:
    """Every reason, not the last one."""
    event = event_with(timestamp=NOW + 2 * YEAR, id="\ud800")
    plan, _ = pipeline(parse_config({}))(event, None, NOW)
    assert codes(plan.calls[0].refusal) == ["text.not-unicode", "time.too-late"]
    assert codes(plan.diagnostics) == ["text.not-unicode", "time.too-late"]


def test_a_late_event_is_told_so_once() -> None:
    """Settling a settled plan again, with the same clock or another, adds no second reason."""
    late, _ = settle(plan_of({}, event_with(timestamp=NOW + 2 * YEAR)), None, NOW)
    assert codes(late.diagnostics) == ["time.too-late"]
    assert settle(late, None, NOW) == (late, None)
    assert settle(late, None, NOW - YEAR) == (late, None)
    assert settle(late) == (late, None)


@pytest.mark.parametrize("now", [float("nan"), float("inf")])
def test_a_clock_that_tells_no_time_judges_nothing(now: float) -> None:
    """A broken clock must refuse no customer's order."""
    event = event_with(timestamp=NOW + 2 * YEAR)
    assert pipeline(parse_config({}))(event, None, now)[0].outcome == "send"


def test_the_last_call_decides_the_outcome() -> None:
    """The event, where there is one."""
    upsert, event = plan_of(IDENTIFY, ada()).calls
    bad_upsert, bad_event = plan_of(IDENTIFY, ada("\ud800", timestamp=0)).calls
    assert outcome_of(()) == "unchanged"
    assert outcome_of((upsert, event)) == outcome_of((bad_upsert, event)) == "send"
    assert outcome_of((upsert, bad_event)) == outcome_of((bad_upsert,)) == "refused"


def test_a_transform_is_plan_then_settle() -> None:
    """Two steps, one function."""
    transform = pipeline(parse_config(IDENTIFY))
    prior = ProfileState("f")
    assert transform(ada(), prior, NOW) == settle(transform.plan(ada()), prior, NOW)


@pytest.mark.parametrize("now", [float("-inf"), -1e17, float("inf"), 1e17, float("nan")])
def test_no_clock_is_too_odd(now: float) -> None:
    """A broken clock refuses too much or too little; it never raises."""
    plan, _ = settle(plan_of({}, event_with()), None, now)
    assert plan.outcome in ("send", "refused")


# more than one call of a kind


def doubled(plan: Plan) -> Plan:
    """The plan with each of its calls a second time, the event under another id."""
    calls: list[Call] = []
    for call in plan.calls:
        body = deepcopy(call.body)
        if isinstance(call, CreateEvent):
            body["data"]["attributes"]["unique_id"] += "-2"
        calls += [call, evolve(call, body=body)]
    return evolve(plan, calls=tuple(calls))


def test_nothing_assumes_how_many_calls_there_are() -> None:
    """The same upsert twice is sent once; both events are sent, and both judged by the clock."""
    transform = pipeline(parse_config(IDENTIFY))
    plan = doubled(transform.plan(ada()))
    kept, state = settle(plan, None, NOW)
    assert names(kept) == [UPSERT, EVENT, EVENT]
    assert (kept.outcome, state) == ("send", transform(ada())[1])
    again, after = settle(plan, state, NOW)
    assert names(again) == [EVENT, EVENT]
    assert (again.outcome, after) == ("send", state)
    late, _ = settle(doubled(transform.plan(ada(timestamp=NOW * 2))), state, NOW)
    assert late.outcome == "refused"
    assert [codes(call.refusal) for call in late.calls] == [["time.too-late"]] * 2
    assert codes(late.diagnostics) == ["time.too-late"]


def test_an_event_of_several_that_is_good_goes() -> None:
    """Only the calls with an error are withheld."""
    plan = pipeline(parse_config(IDENTIFY)).plan(ada())
    bad = evolve(plan.calls[-1], refusal=(Diagnostic("limit.size", "body", "too large"),))
    for calls in ((bad, plan.calls[-1]), (plan.calls[-1], bad)):
        assert settle(evolve(plan, calls=calls))[0].outcome == "send"
    assert outcome_of((bad, bad)) == "refused"
