"""In which order does an event become calls? Outcomes, notes in order, and stages as arguments."""

from __future__ import annotations

import pickle
from copy import deepcopy
from typing import Any, get_args

import pytest
from attrs import evolve, fields
from tests.core.make import codes, event_with, event_without, plan_of, raising, with_rule

from walkeros_klaviyo import (
    STAGES,
    Call,
    Diagnostic,
    Identity,
    Mapped,
    Outcome,
    Plan,
    Revenue,
    Stages,
    Transform,
    create_event,
    explain,
    parse_config,
    pipeline,
    settle,
    upsert_profile,
)
from walkeros_klaviyo.core.diagnostics import Diagnostics

IDENTIFY = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}
DEVICE = {"anonymousId": "user.device"}
OUTCOMES: list[tuple[str, dict[str, Any], Any]] = [
    ("send", {}, event_with()),
    ("unchanged", with_rule({"silent": True}), event_with()),
    ("ignored", with_rule({"ignore": True}), event_with()),
    ("ignored", {"disabled": True}, event_with()),
    ("ignored", {"mock": {}}, event_with()),
    ("unchanged", with_rule({"silent": True}, settings=DEVICE), event_with(user={"device": "d"})),
    (
        "unidentified",
        with_rule({"silent": True}, settings={**DEVICE, "identify": {"map": {}}}),
        event_with(user={"device": "d"}),
    ),
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


MAKERS = (
    *("upsert_profile", "put_on_lists", "change_subscriptions"),
    *("create_event", "record_lines"),
)


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
        "data": {"map": {"was": "name", "holes": "data.holes"}},
        "settings": {"identify": {"map": {"title": {"value": True}}}},
        "mapping": {
            "order": {
                "complete": {
                    "policy": {"data.q": {"fn": raising(ValueError())}},
                    "name": "Placed Order",
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
        data={"total": "12abc", "uid": True, "backfill": "yes", "holes": [None]},
    )
    plan = plan_of(config, event)
    assert codes(plan.diagnostics) == [
        "value.raised",
        "value.raised",
        "value.holds-null",
        "value.not-a-list",
        "email.invalid",
        "profile.wrong-type",
        "revenue.not-a-number",
        "unique-id.invalid",
        "unique-id.derived",
        "backfill.invalid",
        "text.not-unicode",
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
        ("unique_id", lambda rule, event: ("mine", ()), {"unique_id": "mine"}),
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

    def maker(usual: Any) -> Any:
        def make(*given: Any) -> Any:
            called.append(usual.__name__)
            return usual(*given)

        return make

    names = [one.name for one in fields(Stages) if one.name != "calls"]
    makers = tuple(map(maker, STAGES.calls))
    config = {"policy": {"a": "b"}, "consent": {"marketing": True}}
    stages = Stages(**{name: watch(name) for name in names}, calls=makers)
    pipeline(parse_config(config), stages).plan(event_with(consent={"marketing": True}))
    twice = [*names[: names.index("rule") + 1], "consent", "policy", *names[names.index("base") :]]
    assert called == [*twice, *MAKERS]
    assert len(names) == 13


def test_what_a_stage_of_ones_own_notes_is_kept() -> None:
    """Each in its turn, twice where it is asked twice; each is given its configuration or rule."""
    given: list[Any] = []

    def noting(name: str) -> Any:
        def stage(asked: Any, event: Any) -> Any:
            result, notes = getattr(STAGES, name)(asked, event)
            given.append(asked)
            return result, (*notes, Diagnostic("value.raised", name, "a note"))

        return stage

    names = "consent granted policy base name properties identity profile".split()
    names += "revenue unique_id backfill".split()
    config = parse_config(
        {"consent": {"m": True}, "policy": {"a": "b"}, **with_rule({"policy": {"a": "b"}})}
    )
    stages = evolve(STAGES, **{name: noting(name) for name in names})
    plan = pipeline(config, stages).plan(event_with(consent={"m": True}))
    order = [*names[:3], "consent", "policy", *names[3:]]
    assert [one.path for one in plan.diagnostics] == order
    assert given[:3] == [config] * 3
    assert given[3:] == [*config.rules] * 10


def test_a_silent_rule_asks_for_no_amount_and_no_id() -> None:
    """It records nothing that could have one; what they would say is not said either."""
    never = dict.fromkeys(("revenue", "unique_id", "backfill"))
    config = parse_config({**IDENTIFY, **with_rule({"silent": True})})
    plan = pipeline(config, evolve(STAGES, **never)).plan(event_without("id"))
    assert (plan.outcome, plan.diagnostics) == ("send", ())


def test_a_stage_of_ones_own_sees_the_metrics_name() -> None:
    """Always, whatever the mappings read; only the destination's data sees the event's own."""
    seen: dict[str, str] = {}

    def watch(name: str, usual: Any) -> Any:
        def stage(rule: Any, given: Any) -> Any:
            event = given if isinstance(given, dict) else given.event
            seen[name] = event["name"]
            return usual(rule, given)

        return stage

    names = "base properties identity profile revenue unique_id backfill".split()
    stages = evolve(
        STAGES,
        **{name: watch(name, getattr(STAGES, name)) for name in names},
        calls=tuple(watch(make.__name__, make) for make in STAGES.calls),
    )
    rule = with_rule({"name": "Placed Order"})
    for data in ({"map": {"was": "name"}}, {"map": {"a": "data.a"}}, None):
        plan = pipeline(parse_config({**IDENTIFY, **rule, "data": data}), stages).plan(event_with())
        assert plan.outcome == "send"
        after = [*names[1:], *MAKERS]
        assert seen == {"base": "order complete", **dict.fromkeys(after, "Placed Order")}
        seen.clear()


def test_the_destinations_data_sees_the_events_own_name() -> None:
    """It says for all metrics alike what it was that happened."""
    config = {"data": {"map": {"was": "name"}}, "include": ["event"]}
    config |= with_rule({"name": "Placed Order", "data": {"map": {"is": "name"}}})
    found = plan_of(config).calls[0].properties
    assert (found["was"], found["is"], found["event_name"]) == (
        "order complete",
        "Placed Order",
        "Placed Order",
    )


def test_a_users_identity_without_a_key_makes_no_upsert() -> None:
    """Nobody's state would silence nothing, so nobody is upserted."""
    device = Identity({"anonymous_id": "x"})
    stages = evolve(STAGES, identity=lambda rule, event: (device, ()))
    plan = pipeline(parse_config(IDENTIFY), stages).plan(event_with())
    assert ([call.name for call in plan.calls], plan.keys) == (["events.create_event"], ())


def two_events(rule: Any, mapped: Mapped) -> tuple[tuple[Call, ...], Diagnostics]:
    """An event for the order and one for its line, as a user's own stage may make them."""
    line = evolve(mapped, event={**mapped.event, "name": "Ordered Product"}, unique_id="line")
    (first,), notes = create_event(rule, mapped)
    (second,), more = create_event(rule, line)
    return (first, second), (*notes, *more, Diagnostic("value.raised", "mine", "a note"))


def test_a_stage_may_make_several_calls() -> None:
    """All are sent, in the order of the stages; the first event is the event's own."""
    stages = evolve(STAGES, calls=(two_events, upsert_profile))
    transform = pipeline(parse_config(IDENTIFY), stages)
    plan = transform.plan(event_with())
    event, line, upsert = plan.calls
    assert [event.metric, line.metric, upsert.metric] == ["order complete", "Ordered Product", None]
    assert (plan.event, plan.upserts) == (event, (upsert,))
    assert codes(plan.diagnostics) == ["value.raised"]
    _, states = settle(plan)
    again, changes = transform(event_with(), states)
    assert (again.calls, dict(changes)) == ((event, line), {})
    told = explain(parse_config(IDENTIFY), stages)(event_with())
    assert told.plan == plan
    assert {one.at for one in told.origins if one.field == "metric"} == {0, 1}


def test_a_stage_may_make_no_call() -> None:
    """Then nothing is sent, and nothing is wrong."""
    plan = pipeline(parse_config({}), evolve(STAGES, calls=())).plan(event_with())
    assert (plan.outcome, plan.calls, plan.event, plan.upserts) == ("unchanged", (), None, ())


def test_a_maker_of_calls_gets_all_that_was_mapped() -> None:
    """The event as the mappings saw it and as it came, and what each stage gave."""
    given: list[tuple[Any, Mapped]] = []

    def watch(rule: Any, mapped: Mapped) -> Any:
        given.append((rule, mapped))
        return (), ()

    config = {
        **IDENTIFY,
        "policy": {"data.p": {"value": 1}},
        **with_rule(
            {
                "name": "Placed Order",
                "data": {"map": {"a": "data.a"}},
                "settings": {"value": "data.a", "currency": "EUR", "backfill": True},
            }
        ),
    }
    event = event_with(data={"a": 5}, user={"id": "u1", "first": "Ada"})
    pipeline(parse_config(config), evolve(STAGES, calls=(watch,))).plan(event)
    ((rule, mapped),) = given
    assert (rule.label, mapped.original) == ("order complete", event)
    assert mapped == Mapped(
        {**event, "name": "Placed Order", "data": {"a": 5, "p": 1}},
        event,
        Identity({"external_id": "u1"}),
        {"a": 5},
        {"first_name": "Ada"},
        Revenue(5, "EUR"),
        "e1",
        True,
    )


def test_a_pickled_transform_is_the_same() -> None:
    """Made anew from its configuration and stages, in whichever process."""
    config = {**IDENTIFY, "data": {"map": {"was": "name"}}, **with_rule({"name": "Placed Order"})}
    usual = pipeline(parse_config(config))
    own = pipeline(parse_config(config), evolve(STAGES, calls=(two_events,)))
    for transform in (usual, own):
        again = pickle.loads(pickle.dumps(transform))
        for event in (event_with(), event_with(user={}), 7):
            assert again(event) == transform(event)


def ignore_all(event: object) -> Plan:
    """A user's own transform."""
    return Plan("ignored")


def test_a_transform_of_ones_own_is_pickled_by_its_function() -> None:
    again = pickle.loads(pickle.dumps(Transform(ignore_all)))
    assert isinstance(again, Transform)
    assert again(event_with()) == (Plan("ignored"), {})


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


def test_a_plans_repr_shows_no_personal_data() -> None:
    """Reprs end up in logs; the key, which is an email address perhaps, stays out of them."""
    event = event_with(user={"email": "ada@example.com", "first": "Ada"})
    plan = plan_of({**IDENTIFY, "data": "user"}, event)
    assert plan.keys == ("email:ada@example.com",)
    assert [call.name for call in plan.calls] == [
        "profiles.create_or_update_profile",
        "events.create_event",
    ]
    assert "Ada" not in repr(plan) and "ada@example.com" not in repr(plan)
    assert "'order complete'" in repr(plan)


@pytest.mark.parametrize(
    ("config", "event", "upsert", "recorded"),
    [
        ({}, event_with(), False, True),
        (IDENTIFY, event_with(), True, True),
        ({**IDENTIFY, **with_rule({"silent": True})}, event_with(), True, False),
        ({}, 7, False, False),
    ],
)
def test_a_plan_gives_its_upserts_and_its_event_by_name(
    config: Any, event: Any, upsert: bool, recorded: bool
) -> None:
    """None where there is none."""
    plan = plan_of(config, event)
    assert (len(plan.upserts), plan.event is not None) == (upsert, recorded)
    events = () if plan.event is None else (plan.event,)
    assert (*plan.upserts, *events) == plan.calls


def test_a_plan_is_a_frozen_value() -> None:
    plan = Plan("ignored")
    with pytest.raises(AttributeError):
        plan.outcome = "send"  # type: ignore[misc]
    assert plan == Plan("ignored")
    assert evolve(plan, outcome="send") != plan


def test_a_call_that_nothing_here_can_send_is_refused_by_name() -> None:
    """Else it would be found out when it is to be sent, and hold up the person."""

    def catalog(rule: Any, mapped: Any) -> Any:
        return (Call("catalogs.create_catalog_item", {"data": {"attributes": {}}}),), ()

    stages = evolve(STAGES, calls=(*STAGES.calls, catalog))
    plan = pipeline(parse_config({}), stages).plan(event_with())
    assert [codes(call.refusal) for call in plan.calls] == [[], ["stage.unknown-call"]]
    assert plan.outcome == "send"
