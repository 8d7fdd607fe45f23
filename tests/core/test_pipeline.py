"""In which order does an event become calls? Outcomes, notes in order, and stages as arguments."""

from __future__ import annotations

import re
from copy import deepcopy
from html import unescape
from typing import Any, get_args

import pytest
from attrs import evolve, fields
from tests.core.make import codes, event_with, event_without, plan_of, raising, with_rule

from walkeros_klaviyo import (
    STAGES,
    Diagnostic,
    Identity,
    Outcome,
    Plan,
    Revenue,
    Stages,
    explain,
    parse_config,
    pipeline,
)

IDENTIFY = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}
OUTCOMES: list[tuple[str, dict[str, Any], Any]] = [
    ("send", {}, event_with()),
    ("unchanged", with_rule({"silent": True}), event_with()),
    ("ignored", with_rule({"ignore": True}), event_with()),
    ("ignored", {"disabled": True}, event_with()),
    ("denied", {"consent": {"marketing": True}}, event_with()),
    ("denied", with_rule({"consent": {"marketing": True}}), event_with()),
    ("unidentified", {}, event_with(user={})),
    ("refused", {}, event_with(timestamp=0)),
    ("refused", with_rule({"condition": raising(ValueError())}), event_with()),
    ("refused", {"policy": {"name": {"value": 1}}}, event_with()),
    ("invalid", {}, {}),
    ("invalid", {"disabled": True}, {}),
    ("ignored", {"disabled": True, "consent": {"marketing": True}}, event_with()),
]


@pytest.mark.parametrize(("outcome", "config", "event"), OUTCOMES)
def test_an_event_has_exactly_one_outcome(outcome: str, config: Any, event: Any) -> None:
    """Never None; calls only under `send` and `refused`; a reason wherever nothing is sent."""
    plan = plan_of(config, event)
    assert plan.outcome == outcome
    assert not plan.calls or outcome in ("send", "refused")
    assert plan.diagnostics or outcome in ("send", "unchanged")


def test_every_outcome_has_been_seen() -> None:
    assert {outcome for outcome, _, _ in OUTCOMES} == set(get_args(Outcome))


def test_the_upsert_fires_before_the_event() -> None:
    """So that Klaviyo knows whose event it is, and flows see the traits."""
    calls = plan_of(IDENTIFY, event_with(user={"id": "u1", "first": "Ada"})).calls
    assert [call.name for call in calls] == [
        "profiles.create_or_update_profile",
        "events.create_event",
    ]


@pytest.mark.parametrize(
    ("rule", "metric"),
    [({}, "order complete"), ({"name": "Placed Order"}, "Placed Order")],
)
def test_the_metric_is_the_rules_name_or_else_the_events(rule: Any, metric: str) -> None:
    call = plan_of(with_rule(rule)).calls[0]
    assert call.attributes["metric"]["data"]["attributes"]["name"] == metric


def test_the_metric_is_the_events_whole_name() -> None:
    """Also the words that no rule is looked up by."""
    call = plan_of({}, event_with(name="order complete twice")).calls[0]
    assert call.attributes["metric"]["data"]["attributes"]["name"] == "order complete twice"


def test_mappings_after_the_override_see_the_new_name() -> None:
    """And conditions, policies before it the old one."""
    seen: list[str] = []

    def note(value: Any, event: Any) -> bool:
        seen.append(event["name"])
        return True

    rule = {
        "name": "Placed Order",
        "condition": note,
        "policy": {"x": {"fn": note}},
        "data": {"map": {"n": {"fn": note}}},
        "settings": {"value": {"fn": note}},
    }
    plan_of(with_rule(rule))
    assert seen == ["order complete", "order complete", "Placed Order", "Placed Order"]


def test_notes_come_in_the_order_of_the_stages() -> None:
    """Nothing that a stage said is lost, nothing said twice."""
    config = {
        "policy": {"data.p": {"fn": raising(ValueError())}},
        "settings": {"identify": {"map": {"title": {"value": 7}}}},
        "mapping": {
            "order": {
                "complete": {
                    "policy": {"data.q": {"fn": raising(ValueError())}},
                    "data": {"map": {"Items": {"loop": ["data", "x"]}}},
                    "settings": {
                        "value": "data.total",
                        "uniqueId": "data.uid",
                        "backfill": "data.backfill",
                    },
                }
            }
        },
    }
    event = event_without(
        "id",
        timestamp=0,
        user={"id": "\ud800", "email": "a@@b"},
        data={"total": "12abc", "uid": True, "backfill": "yes"},
    )
    plan = plan_of(config, event)
    assert codes(plan.diagnostics) == [
        "value.raised",
        "value.raised",
        "value.not-a-list",
        "email.invalid",
        "profile.wrong-type",
        "text.not-unicode",
        "revenue.not-a-number",
        "unique-id.invalid",
        "unique-id.derived",
        "backfill.invalid",
        "time.too-early",
        "text.not-unicode",
    ]
    assert plan.outcome == "refused"


@pytest.mark.parametrize(
    ("rule", "changes", "outcome"),
    [
        ({}, {}, "send"),
        ({"silent": True}, {}, "unchanged"),
        ({"ignore": True}, {}, "ignored"),
        ({"consent": {"marketing": True}}, {}, "denied"),
        ({"policy": {"name": {"value": 1}}}, {}, "refused"),
        ({}, {"user": {}}, "unidentified"),
    ],
)
def test_each_way_out_behind_the_match_names_the_rule(
    rule: Any, changes: Any, outcome: str
) -> None:
    """Whoever looks for the reason knows where."""
    plan = plan_of(with_rule(rule), event_with(**changes))
    assert (plan.outcome, plan.rule) == (outcome, "order complete")


def test_an_ignored_event_is_told_which_rule_ignores_it() -> None:
    assert plan_of(with_rule([{"ignore": True}])).diagnostics == (
        Diagnostic(
            "rule.ignored", "mapping.order.complete[0]", 'rule "order complete[0]" ignores it'
        ),
    )


def test_what_the_gate_noted_is_kept_by_each_way_out() -> None:
    """Policy notes before a denial, an ignore, a missing identity."""
    policy = {"data.p": {"fn": raising(ValueError())}}
    for rule, last in (
        ({"ignore": True}, "rule.ignored"),
        ({"consent": {"marketing": True}}, "consent.denied"),
        ({"policy": {"name": {"value": 1}}}, "policy.broke-event"),
    ):
        found = plan_of(with_rule(rule, policy=policy)).diagnostics
        assert codes(found) == ["value.raised", last]
    found = plan_of(with_rule({}, policy=policy), event_with(user={})).diagnostics
    assert codes(found) == ["value.raised", "identity.none"]


@pytest.mark.parametrize(("outcome", "config", "event"), OUTCOMES)
def test_the_event_is_never_changed(outcome: str, config: Any, event: Any) -> None:
    """Compared with a deep copy, for an alias would change along."""
    before = deepcopy(event)
    plan_of(config, event)
    assert event == before


@pytest.mark.parametrize("raw", [{}, None, {"settings": {}}])
def test_a_pipeline_takes_a_parsed_configuration_only(raw: Any) -> None:
    """The commonest slip in a notebook is told what to do."""
    message = "pipeline takes what parse_config returns; call parse_config first"
    with pytest.raises(TypeError, match=f"^{message}$"):
        pipeline(raw)


def test_planning_twice_is_planning_once() -> None:
    """No state inside: caches answer as the first time did."""
    transform = pipeline(parse_config(IDENTIFY))
    assert transform.plan(event_with()) == transform.plan(deepcopy(event_with()))


# Stages are an argument


def test_the_usual_stages_are_what_is_used_without_any() -> None:
    config = parse_config(IDENTIFY)
    assert pipeline(config, STAGES).plan(event_with()) == pipeline(config).plan(event_with())


@pytest.mark.parametrize(
    ("stage", "mine", "changed"),
    [
        ("properties", lambda rule, event: ({"mine": 1}, ()), {"properties": {"mine": 1}}),
        ("revenue", lambda rule, event: (Revenue(7, "USD"), ()), {"value": 7}),
        ("unique_id", lambda rule, event, raw: ("mine", ()), {"unique_id": "mine"}),
        ("backfill", lambda rule, event: (True, ()), {"backfill": True}),
    ],
)
def test_a_stage_can_be_replaced(stage: str, mine: Any, changed: dict[str, Any]) -> None:
    """`evolve(STAGES, revenue=mine)`, and the rest stays."""
    plan = pipeline(parse_config({}), evolve(STAGES, **{stage: mine})).plan(event_with())
    usual = plan_of({}).calls[0].attributes
    found = plan.calls[0].attributes
    assert {key: found[key] for key in changed} == changed
    assert all(found[key] == usual[key] for key in usual if key not in changed)


def test_each_stage_is_really_called() -> None:
    """A stage that the pipeline passes by could be replaced in vain."""
    called: list[str] = []

    def watch(name: str) -> Any:
        def stage(*given: Any) -> Any:
            called.append(name)
            return getattr(STAGES, name)(*given)

        return stage

    names = [one.name for one in fields(Stages)]
    config = {"policy": {"a": "b"}, "consent": {"marketing": True}}
    stages = Stages(**{name: watch(name) for name in names})
    pipeline(parse_config(config), stages).plan(event_with(consent={"marketing": True}))
    assert called == names
    assert len(names) == 12


def test_a_users_identity_without_a_key_makes_no_upsert() -> None:
    """Nobody's state would silence nothing, so nobody is upserted."""
    stages = evolve(STAGES, identity=lambda rule, event: (Identity({"external_id": "x"}, None), ()))
    plan = pipeline(parse_config(IDENTIFY), stages).plan(event_with())
    assert ([call.name for call in plan.calls], plan.key) == (["events.create_event"], None)


def test_a_users_traits_without_a_mapping_are_explained_as_far_as_they_can_be() -> None:
    """No mapping stands behind them, so none is named."""
    stages = evolve(STAGES, profile=lambda rule, event: ({"title": "Dr"}, ()))
    told = explain(parse_config({}), stages)(event_with())
    assert told.plan.calls[0].attributes["title"] == "Dr"
    fields_told = [one.field for one in told.origins if one.call == told.plan.calls[0].name]
    assert fields_told == ["email", "external_id"]


# The plan


def test_a_plan_is_plain_json_for_the_command() -> None:
    """What `plan` prints, in this order."""
    plan = plan_of(IDENTIFY, event_with(timestamp=0))
    told = plan.to_dict()
    assert list(told) == ["outcome", "rule", "calls", "diagnostics"]
    assert told["calls"] == [[call.name, call.body] for call in plan.calls]
    assert told["diagnostics"] == [
        {
            "code": "time.too-early",
            "path": "timestamp",
            "message": "Klaviyo takes events from 1990 on",
            "severity": "error",
        }
    ]


def test_a_plan_shows_itself_as_a_table() -> None:
    """In a notebook: what is sent about whom, and what was said."""
    config = {**IDENTIFY, **with_rule({"name": "Placed", "settings": {"value": "data.total"}})}
    user = {"id": "u1", "first": "Ada"}
    shown = plan_of(config, event_with(data={"total": 5}, user=user, timestamp=0))._repr_html_()
    assert rows_of(shown) == [
        ("outcome", "refused"),
        ("rule", "order complete"),
        ("profile upsert", "external_id: 'u1', first_name: 'Ada'"),
        ("metric", "Placed"),
        ("whose", "external_id: 'u1'"),
        ("properties", ""),
        ("value", "5 "),
        ("time", "1970-01-01T00:00:00.000Z"),
        ("unique_id", "e1"),
        ("error: time.too-early", "timestamp: Klaviyo takes events from 1990 on"),
    ]


def rows_of(shown: str) -> list[tuple[str, str]]:
    """The rows of a plan's table, as a browser would show them; there is nothing between them."""
    row = r"<tr><th[^>]*>([^<]*)</th><td[^>]*>([^<]*)</td></tr>"
    assert re.fullmatch(f"<table>({row})*</table>", shown)
    return [(unescape(name), unescape(text)) for name, text in re.findall(row, shown)]


def test_a_plans_repr_shows_no_personal_data() -> None:
    """Reprs end up in logs; the key, which is an email address perhaps, stays out of them."""
    event = event_with(user={"email": "ada@example.com", "first": "Ada"})
    plan = plan_of({**IDENTIFY, "data": "user"}, event)
    assert plan.key == "email:ada@example.com"
    assert [call.name for call in plan.calls] == [
        "profiles.create_or_update_profile",
        "events.create_event",
    ]
    assert "Ada" not in repr(plan) and "ada@example.com" not in repr(plan)
    assert "'order complete'" in repr(plan)


def test_a_plan_without_calls_shows_its_reason() -> None:
    shown = rows_of(plan_of({"disabled": True})._repr_html_())
    assert shown == [
        ("outcome", "ignored"),
        ("rule", "none"),
        ("info: destination.disabled", "disabled: the destination is disabled"),
    ]


@pytest.mark.parametrize(
    ("config", "event", "upsert", "recorded"),
    [
        ({}, event_with(), False, True),
        (IDENTIFY, event_with(), True, True),
        ({**IDENTIFY, **with_rule({"silent": True})}, event_with(), True, False),
        ({}, 7, False, False),
    ],
)
def test_a_plan_gives_its_upsert_and_its_event_by_name(
    config: Any, event: Any, upsert: bool, recorded: bool
) -> None:
    """None where there is none."""
    plan = plan_of(config, event)
    assert (plan.upsert is not None, plan.event is not None) == (upsert, recorded)
    assert tuple(call for call in (plan.upsert, plan.event) if call is not None) == plan.calls


def test_a_plans_table_escapes_what_the_event_holds() -> None:
    """A notebook would run it."""
    event = event_with(data={"x": "<script>alert(1)</script>"}, name="<b> <i>")
    shown = plan_of({"data": "data", "mapping": {"<b>": {"<i>": {}}}}, event)._repr_html_()
    assert "<script>" not in shown and "<b>" not in shown
    assert "&lt;script&gt;" in shown and "&lt;b&gt;" in shown


@pytest.mark.parametrize(("length", "cut"), [(10, False), (595, False), (596, True), (9_999, True)])
def test_a_plans_table_stays_small(length: int, cut: bool) -> None:
    """A row has at most 600 characters."""
    shown = plan_of({"data": "data"}, event_with(data={"x": "y" * length}))._repr_html_()
    whole = f"x: '{'y' * length}'"
    assert dict(rows_of(shown))["properties"] == (f"{whole[:599]}…" if cut else whole)


def test_a_plan_is_a_frozen_value() -> None:
    plan = Plan("ignored")
    with pytest.raises(AttributeError):
        plan.outcome = "send"  # type: ignore[misc]
    assert plan == Plan("ignored")
    assert evolve(plan, outcome="send") != plan
