"""How do transforms combine? Before, after, by account; identity and composition hold."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from attrs import evolve
from tests.core.make import codes, event_with, raising
from toolz import identity, juxt

from walkeros_klaviyo import (
    STAGES,
    Diagnostic,
    Plan,
    Transform,
    after,
    before,
    parse_config,
    pipeline,
    remembered,
    route,
    scan,
)
from walkeros_klaviyo.core.compose import kept_back

IDENTIFY = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}
T = pipeline(parse_config(IDENTIFY))
EVENTS: list[Any] = [
    event_with(user={"id": "u1", "first": "Ada"}),
    event_with(user={"id": "u1", "first": "Ada"}),
    event_with(name="order"),
    event_with(user={}),
    7,
]
KEPT_BACK = ["refused", "refused", "invalid", "refused", "invalid"]
"""What becomes of them where a function or a stage raises."""


def rename(event: Any) -> Any:
    """A new event with another name."""
    return {**event, "name": "page view"} if isinstance(event, dict) else event


def anonymise(event: Any) -> Any:
    """A new event without an email address."""
    return {**event, "user": {"id": "u9"}} if isinstance(event, dict) else event


def mute(plan: Plan) -> Plan:
    """A new plan that says nothing."""
    return evolve(plan, diagnostics=())


def label(plan: Plan) -> Plan:
    """A new plan with another label."""
    return evolve(plan, rule="mine")


def same(left: Transform, right: Transform) -> bool:
    """Two transforms that cannot be told apart by these events."""
    return list(scan(left, EVENTS)) == list(scan(right, EVENTS))


def test_the_identity_changes_nothing() -> None:
    assert same(before(identity, T), T)
    assert same(after(identity, T), T)


def test_two_steps_are_their_composition() -> None:
    """In the order in which an event meets them: the outer `before` first, the inner `after`."""
    assert same(
        before(rename, before(anonymise, T)), before(lambda event: anonymise(rename(event)), T)
    )
    assert same(after(label, after(mute, T)), after(lambda plan: label(mute(plan)), T))
    assert same(before(rename, after(label, T)), after(label, before(rename, T)))
    assert not same(before(rename, T), T)
    assert not same(after(label, T), T)


def test_what_comes_before_is_what_is_planned() -> None:
    plan = before(anonymise, T).plan(EVENTS[0])
    assert plan.keys == ("external_id:u9",)
    assert plan.calls[0].attributes == {"external_id": "u9"}


def test_what_comes_after_is_what_is_settled() -> None:
    """`after` sees the plan before the state comes in, so a state may still silence an upsert."""
    seen: list[int] = []

    def watch(plan: Plan) -> Plan:
        seen.append(len(plan.calls))
        return plan

    steps = list(scan(after(watch, T), EVENTS[:2]))
    assert seen == [2, 2]
    assert [len(plan.calls) for plan, _ in steps] == [2, 1]


@pytest.mark.parametrize(
    "raised",
    [
        before(lambda event: raising(KeyError("ada@example.com"))(event, event), T),
        after(lambda plan: raising(KeyError("ada@example.com"))(plan, plan), T),
        before(identity, after(lambda plan: raising(KeyError("ada"))(plan, plan), T)),
    ],
    ids=["before", "after", "both"],
)
def test_a_function_that_raises_refuses_the_event_and_loses_none(raised: Transform) -> None:
    """Fails closed; only the error's type is named, and what is no event stays invalid."""
    said = Diagnostic("function.raised", "", "raised KeyError; kept back")
    assert raised.plan(EVENTS[0]) == Plan("refused", (), (said,))
    assert [step.outcome for step, _ in scan(raised, EVENTS)] == KEPT_BACK


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit()])
def test_a_function_that_wants_to_end_the_program_only_raises(error: BaseException) -> None:
    """A person's Ctrl-C does end it."""

    def transforms(error: BaseException) -> tuple[Transform, ...]:
        def give_up(given: Any) -> Any:
            raise error

        return before(give_up, T), after(give_up, T), route(give_up, {"eu": T})

    for transform in transforms(error):
        assert transform.plan(EVENTS[0]).outcome == "refused"
    for transform in transforms(KeyboardInterrupt()):
        with pytest.raises(KeyboardInterrupt):
            transform.plan(EVENTS[0])


def test_what_is_delivered_is_kept_back_where_a_stage_raises() -> None:
    """One event must not hold up all behind it; the usual ones go as ever."""

    def broken(rule: Any, event: Any) -> Any:
        raise ValueError("ada@example.com")

    own = kept_back(pipeline(parse_config(IDENTIFY), evolve(STAGES, revenue=broken)))
    said = Diagnostic("function.raised", "", "a stage raised ValueError; kept back")
    assert own.plan(EVENTS[0]) == Plan("refused", (), (said,))
    assert [plan.outcome for plan, _ in scan(own, EVENTS)] == [
        "refused",
        "refused",
        "invalid",
        "unidentified",
        "invalid",
    ]
    assert same(kept_back(T), T)
    assert same(pickle.loads(pickle.dumps(kept_back(T))), T)


def market(event: Any) -> Any:
    """Which account an event belongs to."""
    return event["globals"]["market"]


def in_market(name: Any, first: str = "Ada") -> dict[str, Any]:
    """Ada's event in a market."""
    return event_with(user={"id": "u1", "first": first}, globals={"market": name})


ROUTED = route(market, {"eu": T, "us": T})


def test_a_routed_plan_names_its_account() -> None:
    """In the plan, all of its keys, and what the command prints."""
    plan = ROUTED.plan(in_market("eu"))
    assert (plan.account, plan.keys, plan.outcome) == ("eu", ("eu/external_id:u1",), "send")
    assert plan.to_dict()["account"] == "eu"
    assert plan.calls == T.plan(in_market("eu")).calls
    assert "account" not in T.plan(in_market("eu")).to_dict()
    both = ROUTED.plan(event_with(globals={"market": "us"}))
    assert both.keys == ("us/external_id:u1", "us/email:ada@example.com")


def test_two_accounts_never_meet() -> None:
    """A plain branch would let one account's upsert silence the other's."""
    events = [in_market(name) for name in ("eu", "us", "eu", "us")]
    steps = list(scan(ROUTED, events))
    assert [len(plan.calls) for plan, _ in steps] == [2, 2, 1, 1]
    assert [plan.account for plan, _ in steps] == ["eu", "us", "eu", "us"]
    assert sorted(remembered({}, steps)) == ["eu/external_id:u1", "us/external_id:u1"]


def test_routes_nest() -> None:
    """The path of accounts is the account."""
    inner = route(lambda event: event["globals"]["shop"], {"a": T, "b": T})
    nested = route(market, {"eu": inner, "us": T})
    event = {**in_market("eu"), "globals": {"market": "eu", "shop": "b"}}
    plan = nested.plan(event)
    assert (plan.account, plan.keys) == ("eu/b", ("eu/b/external_id:u1",))
    assert nested.plan(in_market("us")).account == "us"


def test_nobodys_event_has_no_key_in_any_account() -> None:
    plan = ROUTED.plan({**in_market("eu"), "user": {}})
    assert (plan.account, plan.keys, plan.outcome) == ("eu", (), "unidentified")


def test_an_account_that_tells_nothing_remembers_nothing() -> None:
    """Whatever the others tell: its events join no profiles that were told."""
    routed = route(market, {"eu": T, "us": pipeline(parse_config({}))})
    steps = list(scan(routed, [event_with(globals={"market": name}) for name in ("eu", "us")]))
    assert sorted(remembered({}, steps)) == ["eu/email:ada@example.com", "eu/external_id:u1"]


@pytest.mark.parametrize("name", ["asia", "", None, 7, ["eu"], True])
def test_an_account_that_is_none_of_them_refuses_the_event(name: Any) -> None:
    """Sending it to a default account would mix two companies' customers."""
    plan = ROUTED.plan(in_market(name))
    assert (plan.outcome, plan.calls, plan.account, plan.keys) == ("refused", (), None, ())
    assert codes(plan.diagnostics) == ["route.unknown-account"]
    assert plan.diagnostics[0].message == "chosen was none of: eu, us"


def test_choosing_that_raises_refuses_the_event_and_names_the_type_only() -> None:
    plan = ROUTED.plan(event_with())
    assert (plan.outcome, codes(plan.diagnostics)) == ("refused", ["route.unknown-account"])
    assert plan.diagnostics[0].message == "choosing raised KeyError"
    raised = route(lambda event: raising(ValueError("ada@example.com"))(event, event), {"eu": T})
    assert "ada" not in str(raised.plan(event_with()).diagnostics)


@pytest.mark.parametrize("event", [7, None, {}, {"name": "order complete"}])
def test_what_is_no_event_is_invalid_rather_than_refused(event: Any) -> None:
    """Whatever choosing makes of it."""
    plan = ROUTED.plan(event)
    (found,) = plan.diagnostics
    assert plan == Plan("invalid", (), (found,))
    assert found.code.startswith("event.")
    assert route(lambda event: "asia", {"eu": T}).plan(event) == plan


def test_a_slash_in_an_accounts_name_is_refused() -> None:
    """It parts the accounts of nested routes: `eu/b` and `b` in `eu` would share their states."""
    message = 'an account\'s name holds no "/": it parts the accounts of nested routes'
    with pytest.raises(ValueError, match=f"^{message}$"):
        route(market, {"eu/b": T})


def test_an_identifier_in_an_accounts_name_is_refused() -> None:
    """`email:eu/external_id:7` would be somebody's address."""
    with pytest.raises(ValueError, match='holds no "email:" and the like'):
        route(market, {"email:eu": T})


def test_the_accounts_are_those_at_the_time_of_routing() -> None:
    """A mapping that changes later changes no transform."""
    accounts = {"eu": T}
    routed = route(market, accounts)
    accounts["us"] = T
    assert routed.plan(in_market("us")).outcome == "refused"


def test_both_accounts_at_once_is_juxt() -> None:
    """toolz does it; nothing of ours is needed."""
    both = juxt(ROUTED.plan, T.plan)(in_market("eu"))
    assert [plan.keys for plan in both] == [("eu/external_id:u1",), ("external_id:u1",)]


def test_a_stage_that_raises_is_the_stages_fault_and_not_befores() -> None:
    """`before(identity, t)` is `t` here too: a stage of your own is yours to mend."""

    def broken(rule: Any, event: Any) -> Any:
        raise KeyError("mine")

    own = pipeline(parse_config({}), evolve(STAGES, revenue=broken))
    for same_one in (own, before(identity, own), after(identity, own)):
        with pytest.raises(KeyError, match="mine"):
            same_one.plan(EVENTS[0])
