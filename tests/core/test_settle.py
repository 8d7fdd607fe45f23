"""What is still news? Prior states and the clock come in here, and nowhere else.

Which states follow from which is told in `test_state.py`.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from attrs import evolve
from tests.core.make import NOW, codes, event_with, plan_of

from walkeros_klaviyo import Call, Diagnostic, Plan, ProfileState, parse_config, pipeline, settle
from walkeros_klaviyo.core.klaviyo.clock import format_time
from walkeros_klaviyo.core.klaviyo.state import TANGLED
from walkeros_klaviyo.core.settle import deciding, outcome_of
from walkeros_klaviyo.core.walkeros.event import MAX_TIMESTAMP_MS

IDENTIFY = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}
SILENT = {
    "settings": {**IDENTIFY["settings"]},
    "mapping": {"order": {"complete": {"silent": True}}},
}
DAY = 24 * 3_600 * 1_000
YEAR = 365 * DAY


def ada(first: str = "Ada", **changes: Any) -> dict[str, Any]:
    """Ada's order; her name may change."""
    return event_with(user={"id": "u1", "first": first}, **changes)


def names(plan: Plan) -> list[str]:
    """Which calls a plan makes."""
    return [call.name.rpartition(".")[2] for call in plan.calls]


UPSERT, EVENT = "create_or_update_profile", "create_event"
KEY = "external_id:u1"


def test_the_first_upsert_is_news_and_moves_the_state() -> None:
    plan = plan_of(IDENTIFY, ada())
    settled, changes = settle(plan, {})
    assert settled is plan
    told = plan.calls[0].fingerprint
    assert told is not None
    assert changes == {KEY: ProfileState(told, (KEY,), (KEY,), NOW)}


def test_the_same_upsert_again_is_no_news() -> None:
    """Only it is left out; the event goes, and no state changes."""
    plan = plan_of(IDENTIFY, ada())
    _, states = settle(plan)
    again, changes = settle(plan, states)
    assert again == evolve(plan, calls=plan.calls[1:])
    assert (names(again), again.outcome, again.keys) == ([EVENT], "send", plan.keys)
    assert (again.time, again.rule, dict(changes)) == (NOW, None, {})


def test_another_upsert_is_news() -> None:
    _, states = settle(plan_of(IDENTIFY, ada()))
    changed, changes = settle(plan_of(IDENTIFY, ada("Adele")), states)
    assert names(changed) == [UPSERT, EVENT]
    assert changes.keys() == states.keys()
    assert changes != states


def test_states_under_other_keys_are_not_looked_at() -> None:
    """Whoever is asked for the keys of a plan knows enough."""
    plan = plan_of(IDENTIFY, ada())
    _, states = settle(plan)
    strangers = {"external_id:u2": states[KEY], "email:ada@example.com": states[KEY]}
    assert settle(plan, strangers) == (plan, states)


def test_what_one_upsert_changes_stands_under_all_that_are_linked() -> None:
    """So that whichever identifier comes next finds it."""
    _, states = settle(plan_of(IDENTIFY, ada()))
    both = plan_of(IDENTIFY, event_with(user={"id": "u1", "email": "Ada@x.io", "first": "Ada"}))
    settled, changes = settle(both, states)
    assert (names(settled), sorted(changes)) == ([UPSERT, EVENT], ["email:ada@x.io", KEY])
    assert changes[KEY] == changes["email:ada@x.io"]
    alone = plan_of(IDENTIFY, event_with(user={"email": "ada@X.io", "first": "Ada"}))
    assert names(settle(alone, changes)[0]) == [EVENT]


def test_a_silent_rule_without_news_is_unchanged() -> None:
    transform = pipeline(parse_config(SILENT))
    first, states = transform(ada())
    assert (first.outcome, names(first)) == ("send", [UPSERT])
    second, changes = transform(ada(), states)
    assert (second.outcome, names(second), dict(changes)) == ("unchanged", [], {})
    assert (second.rule, second.keys) == ("order complete", (KEY,))


def test_the_tangled_are_told_always() -> None:
    """And nothing but that is remembered."""
    plan = plan_of(IDENTIFY, ada())
    assert settle(plan, {KEY: TANGLED}) == (plan, {KEY: TANGLED})


def test_an_old_event_tells_nothing_and_is_sent() -> None:
    """What is known since stays; nothing to tell and nothing to record is unchanged, and said."""
    old = ada("Old", timestamp=NOW - 2 * DAY)
    for config, outcome, calls in ((IDENTIFY, "send", [EVENT]), (SILENT, "unchanged", [])):
        transform = pipeline(parse_config(config))
        _, states = transform(ada())
        plan, changes = transform(old, states)
        assert (plan.outcome, names(plan), dict(changes)) == (outcome, calls, {})
        assert codes(plan.diagnostics) == ["profile.stale"]


@pytest.mark.parametrize(
    ("config", "event"),
    [
        (IDENTIFY, {"name": "order complete"}),
        (IDENTIFY, event_with(user={})),
        ({**IDENTIFY, "disabled": True}, event_with()),
        ({**IDENTIFY, "consent": {"marketing": True}}, event_with()),
        ({**IDENTIFY, "mock": {}}, event_with()),
        ({}, event_with()),
        (
            {"settings": {"anonymousId": "user.d", **IDENTIFY["settings"]}},
            event_with(user={"d": "x"}),
        ),
    ],
    ids=["invalid", "unidentified", "disabled", "denied", "mocked", "no identify", "visitor"],
)
@pytest.mark.parametrize("prior", [{}, {KEY: ProfileState("f", (KEY,), (KEY,))}])
def test_without_an_upsert_plan_and_states_stay_as_they_are(
    config: dict[str, Any], event: Any, prior: dict[str, ProfileState]
) -> None:
    plan = plan_of(config, event)
    assert settle(plan, prior, NOW) == (plan, {})


def test_a_refused_upsert_does_not_move_the_state() -> None:
    """It will never reach Klaviyo, so Klaviyo was not told."""
    plan = plan_of(IDENTIFY, ada("\ud800"))
    prior = {KEY: ProfileState("before", (KEY,), (KEY,), NOW)}
    assert settle(plan, prior) == settle(plan) == (plan, {})
    assert names(plan) == [UPSERT, EVENT]


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
    plan, _ = pipeline(parse_config({}))(event, {}, NOW)
    assert plan.outcome == outcome
    assert codes(plan.diagnostics) == ([] if outcome == "send" else ["time.too-late"])
    assert plan.calls[0].refusal == plan.diagnostics


@pytest.mark.parametrize("now", [None, MAX_TIMESTAMP_MS, float(MAX_TIMESTAMP_MS)])
def test_without_a_clock_the_future_is_not_judged(now: float | None) -> None:
    """`plan` has none; and a clock at the end of time refuses nothing."""
    plan, _ = pipeline(parse_config({}))(event_with(timestamp=MAX_TIMESTAMP_MS), {}, now)
    assert (plan.outcome, plan.diagnostics) == ("send", ())


def test_a_late_event_keeps_its_good_upsert() -> None:
    """The event is refused, what we know of the person is not; the state moves with it."""
    transform = pipeline(parse_config(IDENTIFY))
    plan, states = transform(ada(timestamp=NOW + 2 * YEAR), {}, NOW)
    assert (plan.outcome, names(plan)) == ("refused", [UPSERT, EVENT])
    assert [bool(call.refusal) for call in plan.calls] == [False, True]
    assert states[KEY].time == NOW
    again, changes = transform(ada(timestamp=NOW + 2 * YEAR), states, NOW)
    assert (again.outcome, names(again), dict(changes)) == ("refused", [EVENT], {})
    assert again.calls[0].refusal == again.diagnostics


def test_an_upsert_alone_has_no_time_to_judge() -> None:
    plan, _ = pipeline(parse_config(SILENT))(ada(timestamp=NOW + 2 * YEAR), {}, NOW)
    assert (plan.outcome, names(plan)) == ("send", [UPSERT])


def test_a_late_event_says_until_when_it_would_be_taken() -> None:
    plan, _ = pipeline(parse_config({}))(event_with(timestamp=NOW + 2 * YEAR), {}, NOW)
    (one,) = plan.diagnostics
    assert (one.path, one.severity) == ("timestamp", "error")
    assert format_time(NOW + YEAR) in one.message


def test_other_refusals_stay_beside_the_late_one() -> None:
    """Every reason, not the last one."""
    event = event_with(timestamp=NOW + 2 * YEAR, id="\ud800")
    plan, _ = pipeline(parse_config({}))(event, {}, NOW)
    assert codes(plan.calls[0].refusal) == ["text.not-unicode", "time.too-late"]
    assert codes(plan.diagnostics) == ["text.not-unicode", "time.too-late"]


def test_a_late_event_is_told_so_once() -> None:
    """Settling a settled plan again, with the same clock or another, adds no second reason."""
    late, _ = settle(plan_of({}, event_with(timestamp=NOW + 2 * YEAR)), {}, NOW)
    assert codes(late.diagnostics) == ["time.too-late"]
    assert settle(late, {}, NOW) == (late, {})
    assert settle(late, {}, NOW - YEAR) == (late, {})
    assert settle(late) == (late, {})


@pytest.mark.parametrize("now", [float("nan"), float("inf")])
def test_a_clock_that_tells_no_time_judges_nothing(now: float) -> None:
    """A broken clock must refuse no customer's order."""
    event = event_with(timestamp=NOW + 2 * YEAR)
    assert pipeline(parse_config({}))(event, {}, now)[0].outcome == "send"


def test_the_event_decides_the_outcome() -> None:
    """Where there is one; of several a good one."""
    upsert, event = plan_of(IDENTIFY, ada()).calls
    bad_upsert, bad_event = plan_of(IDENTIFY, ada("\ud800", timestamp=0)).calls
    assert outcome_of(()) == "unchanged"
    assert outcome_of((upsert, event)) == outcome_of((bad_upsert, event)) == "send"
    assert outcome_of((upsert, bad_event)) == outcome_of((bad_upsert,)) == "refused"
    assert deciding((upsert, event)) == deciding((event, upsert)) == event
    assert deciding((bad_event, event)) == deciding((bad_upsert, event)) == event
    assert deciding((bad_upsert, upsert)) == upsert
    assert deciding((upsert, bad_event)) == bad_event


def test_a_transform_is_plan_then_settle() -> None:
    """Two steps, one function."""
    transform = pipeline(parse_config(IDENTIFY))
    prior = {KEY: ProfileState("f", (KEY,), (KEY,))}
    assert transform(ada(), prior, NOW) == settle(transform.plan(ada()), prior, NOW)
    assert transform(ada()) == settle(transform.plan(ada()))


def test_settling_writes_no_state() -> None:
    """Neither those that it is given nor those that it gave before."""
    transform = pipeline(parse_config(IDENTIFY))
    states = dict(transform(ada())[1])
    before = dict(states)
    transform(ada("Eve"), states)
    assert states == before


@pytest.mark.parametrize("now", [float("-inf"), -1e17, float("inf"), 1e17, float("nan")])
def test_no_clock_is_too_odd(now: float) -> None:
    """A broken clock refuses too much or too little; it never raises."""
    plan, _ = settle(plan_of({}, event_with()), {}, now)
    assert plan.outcome in ("send", "refused")


# more than one call of a kind


def doubled(plan: Plan) -> Plan:
    """The plan with each of its calls a second time, the event under another id."""
    calls: list[Call] = []
    for call in plan.calls:
        body = deepcopy(call.body)
        if call.metric is not None:
            body["data"]["attributes"]["unique_id"] += "-2"
        calls += [call, evolve(call, body=body)]
    return evolve(plan, calls=tuple(calls))


def test_nothing_assumes_how_many_calls_there_are() -> None:
    """The same upsert twice is sent once; both events are sent, and both judged by the clock."""
    transform = pipeline(parse_config(IDENTIFY))
    plan = doubled(transform.plan(ada()))
    kept, states = settle(plan, {}, NOW)
    assert names(kept) == [UPSERT, EVENT, EVENT]
    assert (kept.outcome, states) == ("send", transform(ada())[1])
    again, changes = settle(plan, states, NOW)
    assert names(again) == [EVENT, EVENT]
    assert (again.outcome, dict(changes)) == ("send", {})
    late, _ = settle(doubled(transform.plan(ada(timestamp=NOW * 2))), states, NOW)
    assert late.outcome == "refused"
    assert [codes(call.refusal) for call in late.calls] == [["time.too-late"]] * 2
    assert codes(late.diagnostics) == ["time.too-late"]


def test_two_upserts_of_one_plan_are_each_judged_by_what_the_other_left() -> None:
    """The second's traits are the newest; the first is news again the next time."""
    plan = pipeline(parse_config(IDENTIFY)).plan(ada())
    other = plan_of(IDENTIFY, ada("Eve")).calls[0]
    both = evolve(plan, calls=(plan.calls[0], other))
    settled, states = settle(both)
    assert (settled, states[KEY].fingerprint) == (both, other.fingerprint)
    assert names(settle(both, states)[0]) == [UPSERT, UPSERT]


def test_an_upsert_of_somebody_else_is_sent_always() -> None:
    """A user's own stage may tell of a friend; the event's person has a state, the friend none."""
    plan = plan_of(IDENTIFY, ada())
    body = {"data": {"type": "profile", "attributes": {"email": "eve@x.io", "title": "Dr"}}}
    both = evolve(plan, calls=(*plan.calls, evolve(plan.calls[0], body=body)))
    settled, states = settle(both)
    assert (settled, states) == (both, settle(plan)[1])
    assert names(settle(both, states)[0]) == [EVENT, UPSERT]


def test_an_event_of_several_that_is_good_goes() -> None:
    """Only the calls with an error are withheld."""
    plan = pipeline(parse_config(IDENTIFY)).plan(ada())
    assert plan.event is plan.calls[-1]
    bad = evolve(plan.calls[-1], refusal=(Diagnostic("limit.size", "body", "too large"),))
    for calls in ((bad, plan.calls[-1]), (plan.calls[-1], bad)):
        assert settle(evolve(plan, calls=calls))[0].outcome == "send"
    assert outcome_of((bad, bad)) == "refused"
