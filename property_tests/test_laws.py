"""Do the laws hold for every configuration?

`verify.laws` states them; here they are bound to generated configurations, whole modules at once:
one configuration and event are judged by all laws of a question.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_tests.generated.configurations import configs
from property_tests.generated.configurations import mappings as mapped
from property_tests.generated.configurations import rules as some_rules
from property_tests.generated.configurations import settings as some_settings
from property_tests.generated.functions import Raises
from property_tests.generated.pairs import aimed, streams
from property_tests.generated.values import Raw, setting_values, traits

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.verify.laws import (
    LAWS,
    Tracking,
    bodies,
    dropped,
    explaining,
    identity,
    news,
    once,
    privacy,
    profile,
    properties,
    purity,
    revenue,
    rules,
    sending,
    subscriptions,
)
from walkeros_klaviyo.verify.laws.law import Law
from walkeros_klaviyo.verify.strategies.json_values import Json, hostile_values

CONFIGURED = once.distinct_events_have_distinct_unique_ids
"""This one is of configurations: a unique id that no event's data decides is a fault of theirs."""
QUESTIONS = {
    "sending": sending,
    "privacy": privacy,
    "subscriptions": subscriptions,
    "rules": rules,
    "who": (identity, profile),
    "how much": (properties, revenue),
    "once": (once, dropped),
    "bodies": (bodies, purity),
    "explaining": (explaining, news),
}
FULL = configs(
    settings=some_settings(identify=traits()),
    mapping=mapped(
        some_rules(settings=st.fixed_dictionaries({"value": setting_values("data.total")}))
    ),
)
"""Configurations that say who it is and how much."""
IDENTIFYING = configs(settings=some_settings(identify=traits()))


def laws_of(question: str, about: str) -> list[Law]:
    modules = QUESTIONS[question]
    found = [
        one
        for module in (modules if isinstance(modules, tuple) else (modules,))
        for one in vars(module).values()
        if isinstance(one, Law) and one.about == about and one is not CONFIGURED
    ]
    assert found
    return found


def judge(laws: Iterable[Law], config: Raw, given: Any) -> None:
    tracking = Tracking(parse_config(config))
    for law in laws:
        assert (law.name, law(tracking, given)) == (law.name, None)


@pytest.mark.parametrize("question", QUESTIONS)
def test_laws_of_an_event_hold_for_every_configuration(question: str) -> None:
    laws = laws_of(question, "event")

    @given(st.one_of(aimed(), aimed(FULL)))
    def holds(pair: tuple[Raw, Any]) -> None:
        judge(laws, *pair)

    holds()


def test_laws_of_a_stream_hold_for_every_configuration() -> None:
    laws = laws_of("explaining", "stream")

    @given(streams(IDENTIFYING, max_size=6))
    def holds(pair: tuple[Raw, list[Any]]) -> None:
        judge(laws, *pair)

    holds()


@given(aimed(), hostile_values())
def test_a_transform_takes_anything(pair: tuple[Raw, Any], odd: Json) -> None:
    for given_value in (pair[1], odd, {**pair[1], "user": odd}, {**pair[1], "data": odd}):
        judge([purity.a_transform_never_raises], pair[0], given_value)


UNIQUE = st.sampled_from(["data.id", "id", ["data.refundId", "data.id"], {"key": "custom.number"}])
PLAIN = configs(
    settings=some_settings(uniqueId=UNIQUE),
    mapping=mapped(some_rules(settings=st.fixed_dictionaries({}, optional={"uniqueId": UNIQUE}))),
    policy=st.just({}),
)


@given(aimed(PLAIN))
def test_distinct_events_have_distinct_unique_ids(pair: tuple[Raw, Any]) -> None:
    judge([CONFIGURED], *pair)


ORDERS = st.sampled_from(["data.id", "data.order.number", {"key": "data.id"}])


@st.composite
def shops(draw: st.DrawFn) -> Raw:
    """Shops whose reversals carry the order's unique id, as they should."""
    own = draw(ORDERS)
    reversal = draw(st.sampled_from([own, ["data.refundId", own], "data.orderId"]))
    name = draw(st.sampled_from(["Canceled Order", "Refunded Order", "Fulfilled Order"]))
    order = draw(some_rules(name=st.just("Placed Order"), policy=st.just({})))
    other = draw(some_rules(name=st.just(name), policy=st.just({})))
    return {
        "mapping": {
            "order": {
                "complete": {**order, "settings": {"uniqueId": own}},
                "undo": {**other, "settings": {"uniqueId": reversal}},
            }
        }
    }


@given(aimed(shops()))
def test_a_reversal_carries_the_orders_unique_id(pair: tuple[Raw, Any]) -> None:
    judge([once.a_reversal_carries_the_orders_unique_id], *pair)


RAISING = configs(
    mapping=mapped(some_rules(condition=st.sampled_from([Raises(), Raises(KeyError)])))
)


@given(aimed(RAISING))
def test_a_raising_condition_is_kept_back(pair: tuple[Raw, Any]) -> None:
    judge([rules.an_event_meets_its_own_rule], *pair)


def test_every_law_is_bound() -> None:
    bound = {law for question in QUESTIONS for law in all_of(question)}
    assert bound | {CONFIGURED} == set(LAWS)


def all_of(question: str) -> list[Law]:
    modules = QUESTIONS[question]
    flat = modules if isinstance(modules, tuple) else (modules,)
    return [one for module in flat for one in vars(module).values() if isinstance(one, Law)]
