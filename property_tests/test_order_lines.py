"""Do an order's lines, and the ends of its life, keep their promises at Klaviyo?

Against the sandbox's own record, which keeps the first event of each profile, metric and unique_id.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from tests.same_json import same_json

from walkeros_klaviyo import Plan, parse_config, pipeline
from walkeros_klaviyo.core.klaviyo.preset import Preset
from walkeros_klaviyo.sandbox.record import Record

Json = dict[str, Any]
NOW = 1_795_518_160_712
SHIPPED = pipeline(parse_config({"settings": {"preset": "ecommerce", "currency": "EUR"}}))
OWN = pipeline(
    parse_config(
        {
            "settings": {"currency": "EUR"},
            "mapping": {
                "order": {
                    "complete": {
                        "name": "Placed Order",
                        "settings": {"value": "data.total", "uniqueId": "data.id", "items": True},
                    }
                }
            },
        }
    )
)
CENTS = st.integers(1, 100_000).map(lambda cents: cents / 100)
LINES = st.fixed_dictionaries(
    {"price": CENTS},
    optional={
        "sku": st.sampled_from(["A", "B", "A/2", "%2F", "", "undefined"]),
        "id": st.sampled_from(["P1", 1, 1.5, None]),
        "quantity": st.integers(0, 4),
        "name": st.text(max_size=3),
        "image": st.none(),
    },
)
IDS = st.sampled_from(["O-1", "O-2", "O-1/A", "7", 7])


def event(name: str, number: int, data: Json, lines: Iterable[Json] = ()) -> Json:
    return {
        "name": name,
        "id": f"e{number}",
        "timestamp": NOW + number * 1_000,
        "user": {"id": "u1"},
        "data": data,
        "nested": [{"entity": "product", "data": line} for line in lines],
    }


@st.composite
def orders(draw: Any) -> Json:
    lines = draw(st.lists(LINES, min_size=1, max_size=5))
    total = draw(st.one_of(CENTS, st.just(exactly(lines))))
    return event("order complete", 1, {"id": draw(IDS), "total": total}, lines)


def exactly(lines: list[Json]) -> float:
    return sum(round(line["price"] * 100) * line.get("quantity", 1) for line in lines) / 100


def arrived(plans: Iterable[Plan]) -> Record:
    """What Klaviyo has recorded of some plans."""
    record = Record()
    for number, plan in enumerate(plans):
        for call in plan.calls:
            attributes = deepcopy(call.attributes)
            record.take(attributes["profile"]["data"], attributes, float(number))
    return record


def counts(record: Record) -> dict[str, int]:
    return {name: metric.count for name, metric in record.metrics.items()}


def by_id(plan: Plan) -> dict[Any, Json]:
    return {(call.metric, call.unique_id): call.body for call in plan.calls}


@given(orders(), st.sampled_from([SHIPPED, OWN]))
def test_every_line_is_recorded_and_a_retry_doubles_none(order: Json, transform: Any):
    plan = transform.plan(order)
    lines = len(order["nested"])
    assert len(by_id(plan)) == len(plan.calls) == lines + 1
    again = transform.plan({**order, "id": "other", "timestamp": NOW + 5_000})
    record = arrived([plan, plan, again])
    assert counts(record) == {"Placed Order": 1, "Ordered Product": lines}


@given(orders(), st.randoms(), st.sampled_from([SHIPPED, OWN]))
def test_the_order_of_lines_changes_nothing_of_them(order: Json, luck: Any, transform: Any):
    shuffled = {**order, "nested": luck.sample(order["nested"], len(order["nested"]))}
    plans = [transform.plan(order), transform.plan(shuffled)]
    first, second = (
        {key: body for key, body in by_id(plan).items() if key[0] == "Ordered Product"}
        for plan in plans
    )
    assert same_json(first, second)
    assert counts(arrived(plans)) == {"Placed Order": 1, "Ordered Product": len(first)}


@given(st.lists(orders(), min_size=2, max_size=4), st.sampled_from([SHIPPED, OWN]))
def test_lines_of_different_orders_never_meet(several: list[Json], transform: Any):
    plans = [transform.plan(one) for one in several]
    seen: dict[Any, str] = {}
    for one, plan in zip(several, plans, strict=True):
        for call in plan.calls[1:]:
            owner = seen.setdefault(call.unique_id, str(one["data"]["id"]))
            assert owner == str(one["data"]["id"])


@given(orders(), st.sampled_from([SHIPPED, OWN]))
def test_lines_come_to_what_the_order_says_or_that_is_told(order: Json, transform: Any):
    plan = transform.plan(order)
    lines = sum(round((call.value or 0) * 100) for call in plan.calls[1:])
    told = [one.code for one in plan.diagnostics if one.code.startswith(("items", "revenue"))]
    off = abs(lines - round(order["data"]["total"] * 100))
    assert told == (["items.sum-differs"] if off > 0.51 * len(order["nested"]) else [])
    assert {call.value_currency for call in plan.calls} == {"EUR"}


@given(st.lists(orders(), min_size=1, max_size=4, unique_by=lambda one: str(one["data"]["id"])))
def test_revenue_counts_each_order_once(several: list[Json]):
    record = arrived(map(SHIPPED.plan, several))
    revenue = record.metrics["Placed Order"].values["EUR"]
    assert round(revenue * 100) == sum(round(one["data"]["total"] * 100) for one in several)


def spent(record: Record) -> float:
    (profile,) = record.people.profiles
    return sum(record.lifetime.values(lambda known: known)[profile].values())


@given(orders(), st.sampled_from(["order cancel", "order refund"]), st.booleans())
def test_an_order_that_ended_leaves_nothing_in_the_lifetime_value(
    order: Json, name: str, says_amount: bool
):
    ended = event(name, 2, order["data"], order["nested"])
    if name == "order refund" and says_amount:
        ended["data"] = {**ended["data"], "refundAmount": order["data"]["total"], "refundId": "R"}
    placed, gone = SHIPPED.plan(order), SHIPPED.plan(ended)
    assert spent(arrived([placed])) == order["data"]["total"]
    assert spent(arrived([placed, gone])) == 0
    assert spent(arrived([gone, placed, gone])) == 0  # whatever comes first
    other = SHIPPED.plan({**order, "data": {**order["data"], "id": "another", "total": 5}})
    assert spent(arrived([placed, other, gone])) == 5


REFUNDS = st.lists(
    st.fixed_dictionaries({"refund": CENTS}, optional={"refundId": st.integers(1, 9)}),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one.get("refundId") or object(),
)


@given(REFUNDS)
def test_each_refund_of_a_part_is_recorded_once(refunds: list[Json]):
    total = 10_000.0
    plans = [
        SHIPPED.plan(event("order refund", number, {"id": "O-1", "total": total, **one}))
        for number, one in enumerate(refunds)
    ]
    again = [
        SHIPPED.plan(event("order refund", number, {"id": "O-1", "total": total, **one}))
        for number, one in enumerate(refunds)
    ]
    record = arrived([*plans, *again])
    assert counts(record) == {"Refunded Order": len(refunds)}
    told = record.metrics["Refunded Order"].values["EUR"]
    assert round(told * 100) == sum(round(one["refund"] * 100) for one in refunds)


def patches() -> SearchStrategy[Json]:
    return st.sampled_from(
        [{}, {"data": None}, {"name": "X"}, {"settings": {"items": None}}, {"silent": True}]
    )


@given(orders(), patches(), patches())
def test_a_patch_lies_over_the_preset_as_over_the_same_rules_written_out(
    order: Json, beside: Json, inner: Json
):
    """The preset is data: what it does is what its printed configuration does."""
    rules = {"order": {"complete": {**beside, "extend": inner}}}
    shipped = parse_config({"settings": {"preset": "ecommerce"}, "mapping": rules})
    written = Preset("ecommerce").mapping()
    for patch in (beside, inner):
        written["order"]["complete"] = laid(written["order"]["complete"], patch)
    plain = parse_config({"mapping": written})
    plans = [pipeline(one).plan(order) for one in (shipped, plain)]
    assert same_json(*([call.body for call in plan.calls] for plan in plans))
    assert plans[0].outcome == plans[1].outcome


def laid(below: Json, above: Json) -> Json:
    """As the pages say it: deep, and null clears."""
    merged = dict(below)
    for key, value in above.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = laid(merged[key], value)
        else:
            merged[key] = value
    return merged
