"""Do transforms combine as functions do?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from property_tests.generated.configurations import configs, settings
from property_tests.generated.functions import raising
from property_tests.generated.pairs import aimed, streams
from property_tests.generated.values import Raw, traits
from toolz import compose, identity, juxt

from walkeros_klaviyo import (
    Plan,
    ProfileState,
    Transform,
    after,
    before,
    parse_config,
    pipeline,
    remembered,
    route,
    scan,
)
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.verify.laws.sameness import plan_text
from walkeros_klaviyo.verify.strategies.json_values import json_values

IDENTIFYING = configs(settings=settings(identify=traits()))


def _set(key: str, value: Any) -> Callable[[Any], Any]:
    return lambda event: {**event, key: value} if isinstance(event, dict) else event


CHANGES = st.one_of(
    st.just(identity),
    st.just(_set("id", "e9")),
    st.just(lambda event: None),
    st.builds(_set, st.sampled_from(["user", "id", "data"]), json_values()),
    st.just(_set("user", {"id": "u9"})),
)


def _relabel(label: str) -> Callable[[Plan], Plan]:
    return lambda plan: evolve(plan, rule=f"{plan.rule} {label}")


AFTERS = st.one_of(
    st.just(identity),
    st.sampled_from(["x", "y"]).map(_relabel),
    st.just(lambda plan: evolve(plan, outcome="ignored", calls=())),
)


@given(aimed(IDENTIFYING))
def test_before_and_after_nothing_change_nothing(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    transform = pipeline(parse_config(config))
    for same in (before(identity, transform), after(identity, transform)):
        assert same.plan(event) == transform.plan(event)
        assert same(event) == transform(event)


@given(aimed(IDENTIFYING), CHANGES, CHANGES)
def test_before_composes(pair: tuple[Raw, Event], first: Any, second: Any) -> None:
    config, event = pair
    transform = pipeline(parse_config(config))
    twice = before(first, before(second, transform))
    assert twice(event) == before(compose(second, first), transform)(event)
    assert twice(event) == transform(second(first(event)))


@given(aimed(IDENTIFYING), AFTERS, AFTERS)
def test_after_composes(pair: tuple[Raw, Event], first: Any, second: Any) -> None:
    config, event = pair
    transform = pipeline(parse_config(config))
    twice = after(second, after(first, transform))
    assert twice(event) == after(compose(second, first), transform)(event)
    assert twice.plan(event) == second(first(transform.plan(event)))


@given(aimed(IDENTIFYING), CHANGES, AFTERS)
def test_before_and_after_do_not_mind_each_other(
    pair: tuple[Raw, Event], change: Any, finish: Any
) -> None:
    config, event = pair
    transform = pipeline(parse_config(config))
    one = before(change, after(finish, transform))
    assert one(event) == after(finish, before(change, transform))(event)


def _accounts(config: Raw, other: Raw) -> dict[str, Transform]:
    return {"eu": pipeline(parse_config(config)), "us": pipeline(parse_config(other))}


def _market(event: Any) -> Any:
    return event["market"]


def _shop(event: Any) -> Any:
    return event["shop"]


def _of_account(name: str, states: Mapping[str, ProfileState]) -> dict[str, ProfileState]:
    """The states as they stand where the account is one of several."""

    def named(keys: Iterable[str]) -> tuple[str, ...]:
        return tuple(f"{name}/{key}" for key in keys)

    return {
        f"{name}/{key}": evolve(one, certain=named(one.certain), linked=named(one.linked))
        for key, one in states.items()
    }


@given(streams(IDENTIFYING), IDENTIFYING, st.lists(st.sampled_from(["eu", "us"]), min_size=5))
def test_two_accounts_never_meet(
    pair: tuple[Raw, list[Event]], other: Raw, markets: list[str]
) -> None:
    """Each account gets what it would get alone, however the events are interleaved."""
    config, stream = pair
    accounts = _accounts(config, other)
    both = route(_market, accounts)
    for second in (other, config):
        accounts = _accounts(config, second)
        both = route(_market, accounts)
        told = [{**event, "market": at} for event, at in zip(stream, markets, strict=False)]
        steps = list(scan(both, told))
        states = remembered({}, steps)
        for name, transform in accounts.items():
            alone = list(scan(transform, [one for one in told if one["market"] == name]))
            here = [(plan.calls, changes) for plan, changes in steps if plan.account == name]
            assert here == [(plan.calls, _of_account(name, changes)) for plan, changes in alone]
            own = _of_account(name, remembered({}, alone))
            assert own == {key: one for key, one in states.items() if key.startswith(f"{name}/")}


@given(streams(IDENTIFYING), st.lists(st.sampled_from(["eu", "us"]), min_size=5, max_size=5))
def test_nested_routes_never_meet(pair: tuple[Raw, list[Event]], markets: list[str]) -> None:
    config, stream = pair
    shop = pipeline(parse_config(config))
    inner = route(_shop, {"eu": shop, "us": shop})
    outer = route(_market, {"eu": inner, "us": inner})
    told = [
        {**event, "market": at, "shop": where}
        for event, at, where in zip(stream, markets, reversed(markets), strict=False)
    ]
    steps = list(scan(outer, told))
    for account in {plan.account for plan, _ in steps}:
        here = [one for one in told if f"{one['market']}/{one['shop']}" == account]
        alone = list(scan(shop, here))
        assert [plan.calls for plan, _ in alone] == [
            plan.calls for plan, _ in steps if plan.account == account
        ]


@given(aimed(IDENTIFYING), IDENTIFYING)
def test_both_accounts_at_once_are_each_alone(pair: tuple[Raw, Event], other: Raw) -> None:
    config, event = pair
    one, two = _accounts(config, other).values()
    alone = [plan_text(one.plan(event)), plan_text(two.plan(event))]
    assert [plan_text(plan) for plan in juxt(one.plan, two.plan)(event)] == alone
    assert [plan_text(plan) for plan in reversed(juxt(two.plan, one.plan)(event))] == alone


@given(aimed(IDENTIFYING), raising(), st.booleans())
def test_a_raising_function_around_a_transform_sends_nothing(
    pair: tuple[Raw, Event], function: Any, first: bool
) -> None:
    config, event = pair
    transform = pipeline(parse_config(config))

    def fails(given: Any) -> Any:
        return function(given, given)

    around = before(fails, transform) if first else after(fails, transform)
    keys = ("external_id:u1",)
    prior = {keys[0]: ProfileState("f", keys, keys)}
    plan, changes = around(event, prior)
    assert plan.calls == () and plan.keys == () and changes == {}
    assert plan.outcome in ("refused", "invalid") and plan.diagnostics
    assert "SECRET" not in str(plan)


@given(aimed(IDENTIFYING), st.one_of(st.none(), st.integers(), st.just("uk"), st.just([])))
def test_an_event_without_an_account_sends_nothing(pair: tuple[Raw, Event], market: Any) -> None:
    config, event = pair
    shops = route(
        lambda one: _market(one) if market == 0 else market,
        {"eu": pipeline(parse_config(config))},
    )
    plan = shops.plan(event)
    assert plan.calls == () and plan.keys == ()
    assert plan.outcome in ("refused", "invalid") and plan.diagnostics
