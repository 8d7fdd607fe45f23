"""Does each line of an order become an event of its own, with an amount and a key that holds?"""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from tests.core.make import NOW, codes, plan_of, with_rule

from walkeros_klaviyo import ConfigError, Plan, explain, parse_config, pipeline
from walkeros_klaviyo.core.klaviyo.items import record_lines
from walkeros_klaviyo.core.klaviyo.lines import metric_of
from walkeros_klaviyo.core.walkeros.value.tree import children

Json = dict[str, Any]
RULE: Json = {
    "name": "Placed Order",
    "settings": {
        "value": "data.total",
        "currency": "data.currency",
        "uniqueId": "data.id",
        "items": True,
    },
}
TENT: Json = {"sku": "T-1", "price": 20, "quantity": 2}
ROPE: Json = {"sku": "R-1", "total": 5.5}


def order(*lines: Json, **data: Any) -> Json:
    nested = [{"entity": "product", "data": line} for line in lines]
    return {
        "name": "order complete",
        "id": "e1",
        "timestamp": NOW,
        "user": {"id": "u1", "email": "ada@example.com"},
        "data": {"id": "O-1", "total": 45.5, "currency": "EUR", **data},
        "nested": nested,
    }


def planned(event: Json, items: Any = True, **more: Any) -> Plan:
    settings = {**RULE["settings"], "items": items, **more}
    return plan_of(with_rule({**RULE, "settings": settings}), event)


def lines_of(plan: Plan) -> list[tuple[Any, ...]]:
    return [(one.metric, one.value, one.value_currency, one.unique_id) for one in plan.calls[1:]]


def test_a_line_is_an_event_of_its_own() -> None:
    plan = planned(order(TENT, ROPE))
    assert plan.event is not None
    assert plan.event.metric == "Placed Order"
    assert lines_of(plan) == [
        ("Ordered Product", 40, "EUR", "O-1/T-1"),
        ("Ordered Product", 5.5, "EUR", "O-1/R-1"),
    ]
    assert [one.properties for one in plan.calls[1:]] == [
        {"OrderId": "O-1", "SKU": "T-1", "Quantity": 2},
        {"OrderId": "O-1", "SKU": "R-1"},
    ]
    assert {one.time for one in plan.calls} == {plan.calls[0].time}
    assert {str(one.profile) for one in plan.calls} == {str(plan.calls[0].profile)}
    assert codes(plan.diagnostics) == []


def test_without_the_setting_there_are_none() -> None:
    for items in (None, False):
        assert len(planned(order(TENT), items).calls) == 1


def test_metric_loop_amount_and_key_may_be_chosen() -> None:
    items = {
        "name": "Bought Item",
        "loop": ["data.rows", {"map": {"Code": "code"}}],
        "data": {"map": {"Order": "data.id", "Code": "data.currency"}},
        "value": ["net", "gross"],
        "uniqueId": ["row", "code"],
    }
    rows = [
        {"code": "A", "row": "undefined", "net": "n/a", "gross": "40"},
        {"code": "B", "row": 2, "net": 5.5, "gross": 9},
    ]
    plan = planned(order(rows=rows), items)
    assert lines_of(plan) == [
        ("Bought Item", 40.0, "EUR", "O-1/A"),
        ("Bought Item", 5.5, "EUR", "O-1/2"),
    ]
    assert plan.calls[1].properties == {"Order": "O-1", "Code": "A"}  # a line's own lie over
    assert codes(plan.diagnostics) == []


def test_what_is_not_said_is_as_usual() -> None:
    plan = planned(order(TENT), {"name": "Bought Item", "value": "price"})
    assert lines_of(plan)[0] == ("Bought Item", 20, "EUR", "O-1/T-1")


def test_the_destination_says_how_true_is_read() -> None:
    config = with_rule(RULE, settings={"items": {"name": "Bought Item", "value": "price"}})
    plan = plan_of(config, order(TENT))
    assert lines_of(plan)[0][:2] == ("Bought Item", 20)
    other = with_rule({"name": "Placed Order"}, settings={"items": True})
    assert len(plan_of(other, order(TENT)).calls) == 1  # a rule asks for it


def test_it_works_in_any_rule_and_a_silent_one_has_no_metric() -> None:
    config = {"mapping": {"cart": {"view": {"settings": {"items": True}}}}}
    event = {**order(TENT), "name": "cart view"}
    assert [call.metric for call in plan_of(config, event).calls] == [
        "cart view",
        "Ordered Product",
    ]
    silent = with_rule({**RULE, "silent": True})
    assert plan_of(silent, order(TENT)).calls == ()


# keys


def keys(*lines: Json, **data: Any) -> list[str | None]:
    return [one.unique_id for one in planned(order(*lines, **data)).calls[1:]]


def test_lines_of_one_product_are_told_apart_by_what_they_say() -> None:
    dear, cheap = {**TENT, "price": 20}, {**TENT, "price": 10}
    assert sorted(map(str, keys(dear, cheap))) == ["O-1/T-1", "O-1/T-1/2"]
    assert keys(cheap, dear) == keys(dear, cheap)[::-1]
    assert keys(TENT, TENT, TENT) == ["O-1/T-1", "O-1/T-1/2", "O-1/T-1/3"]


def test_a_line_without_a_key_goes_by_its_content() -> None:
    first, second = {"name": "Tent", "total": 1}, {"name": "Rope", "total": 1}
    one, two = keys(first, second)
    assert keys(second, first) == [two, one]
    assert one != two
    assert str(one).startswith("O-1/")
    assert len(str(one)) == len("O-1/") + 32


def test_no_two_orders_share_a_key() -> None:
    assert keys({"sku": "b/c"}, id="a") == ["a/b%2Fc"]
    assert keys({"sku": "c"}, id="a/b") == ["a%2Fb/c"]
    assert keys({"sku": "%2F"}, id="a") == ["a/%252F"]


def test_an_order_without_an_id_goes_by_the_events() -> None:
    assert keys(TENT, id=None) == ["e1/T-1"]
    event = {**order(TENT, id=None), "id": None}
    plan = planned(event)
    assert plan.event is not None
    assert plan.calls[1].unique_id == f"{plan.event.unique_id}/T-1"
    assert planned(event) == plan


# amounts


def test_amounts_that_do_not_add_up_are_told() -> None:
    def told(**data: Any) -> list[str]:
        return codes(planned(order(TENT, ROPE, **data)).diagnostics)

    assert told(total=45.5) == []
    assert told(total=45.51) == []  # rounded line by line
    assert told(total=45.53) == ["items.sum-differs"]
    assert told(total=50.4, shipping=4.9) == []
    assert told(total=45.5, shipping=4.9, tax=8) == []  # in the prices
    assert told(total=53.4, shipping="4.90", tax=8, discount=5) == []
    assert told(total=40.5, discount=5) == []
    assert told(total=50.5, discount=5) == ["items.sum-differs"]
    assert told(total=44.5, shipping="free", taxes=-1) == []
    assert told(total=46, currency="JPY") == []  # no decimals, and two lines
    assert told(total=47, currency="JPY") == ["items.sum-differs"]
    assert told(total=1_000, vat=954.5) == []
    found = planned(order(TENT, ROPE, total=1)).diagnostics[0]
    assert (found.path, found.severity) == ("mapping.order.complete.settings.items", "info")


def test_a_line_without_an_amount_is_told_and_goes_without() -> None:
    plan = planned(order({"sku": "A"}, TENT, {"sku": "B", "total": "1,5"}))
    assert [one[1] for one in lines_of(plan)] == [None, 40, None]
    assert [(one.code, one.message) for one in plan.diagnostics] == [
        ("revenue.missing", "line 1 has no amount"),
        ("revenue.not-a-number", "line 3 is not a plain number such as 1299.00"),
    ]
    assert {one.path for one in plan.diagnostics} == {"mapping.order.complete.settings.items.value"}


def test_an_amount_is_read_as_strictly_as_an_orders() -> None:
    plan = planned(order({"sku": "A", "total": "1.299"}, total=1299))
    assert lines_of(plan)[0][1:3] == (None, None)
    assert codes(plan.diagnostics) == ["revenue.ambiguous"]
    plan = planned(order({"sku": "A", "total": "1.299"}, total=1.299, currency="KWD"))
    assert lines_of(plan)[0][1:3] == (1.299, "KWD")


def test_the_currency_is_the_orders_also_where_its_amount_is_none() -> None:
    plan = planned(order(TENT, total="?"))
    assert lines_of(plan)[0][1:3] == (40, "EUR")
    assert codes(plan.diagnostics) == ["revenue.not-a-number"]
    plan = planned(order(TENT, total=40, currency="EURO"))
    assert lines_of(plan)[0][1:3] == (40, None)
    assert codes(plan.diagnostics) == ["currency.unknown"]


# what is no line


def test_where_there_are_no_lines_that_is_told() -> None:
    for event in (order(), {**order(), "nested": None}, {**order(), "nested": [None]}):
        plan = planned(event)
        assert len(plan.calls) == 1
        assert codes(plan.diagnostics) == ["items.none"]


def test_a_null_among_the_lines_is_none_and_what_is_no_object_is_lost() -> None:
    items = {"loop": ["data.rows", "said"], "value": "total"}
    rows = [None, {"said": {"A": 1}, "total": 45.5}, {"said": "x"}, {}]
    plan = planned(order(rows=rows), items)
    assert [one.properties for one in plan.calls[1:]] == [{"OrderId": "O-1", "A": 1}]
    (found,) = plan.diagnostics
    assert (found.code, found.message) == (
        "properties.not-an-object",
        "line 2 resolved to a string, which is lost",
    )


def test_what_klaviyo_would_refuse_of_a_line_costs_that_line_alone() -> None:
    huge = {**TENT, "name": "x" * 200_000}
    plan = planned(order(huge, ROPE))
    assert [bool(one.refusal) for one in plan.calls] == [False, True, False]
    assert codes(plan.diagnostics) == ["limit.string"]
    assert plan.outcome == "send"


def test_an_order_that_klaviyo_would_refuse_keeps_its_lines_with_it() -> None:
    """So that it is refused as a whole, and sent as a whole once it is mended."""
    rule = {**RULE, "data": {"map": {"Note": "data.note"}}}
    plan = plan_of(with_rule(rule), order(TENT, ROPE, note="x" * 200_000))
    assert plan.outcome == "refused"
    assert [[one.code for one in call.refusal] for call in plan.calls] == [["limit.string"]] * 3
    assert codes(plan.diagnostics) == ["limit.string"]


def test_backfill_goes_along() -> None:
    plan = planned(order(TENT), backfill=True)
    assert [one.attributes["backfill"] for one in plan.calls] == [True, True]


# the configuration


@pytest.mark.parametrize(
    ("items", "fault"),
    [
        ("nested", "items  expected true, or an object with a loop, got a string"),
        ({"lop": []}, 'items.lop  unknown key; did you mean "loop"?'),
        (
            {"loop": "nested"},
            'items.loop  expected [source, item], e.g. ["nested", {"map": {"SKU": …}}]',
        ),
        ({"loop": ["nested", {"map": {"A": ""}}]}, "items.loop[1].map.A  empty path; name a key"),
        ({"name": ""}, "items.name  expected a metric's name of 1 to 127 characters"),
        ({"name": 5}, "items.name  expected a metric's name of 1 to 127 characters"),
        ({"name": "x" * 128}, "items.name  expected a metric's name of 1 to 127 characters"),
        ({"value": 5}, "items.value  expected a path, an object or a list, got a number"),
        ({"uniqueId": ["id", ""]}, "items.uniqueId[1]  empty path"),
        ({"data": "$env.X"}, "items.data  $env. is not resolved"),
        (
            {"name": "Placed Order"},
            'items.name  "Placed Order" counts whole orders: with their lines each would count '
            "twice",
        ),
    ],
)
def test_what_is_written_wrongly_is_told(items: Any, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        planned(order(TENT), items)
    (found,) = map(str, caught.value.faults)
    assert found.startswith(f"mapping.order.complete.settings.{fault}")


def test_lines_go_under_no_metric_whose_amounts_count_as_orders() -> None:
    """So that nothing counts twice, whatever the metric of orders is called."""
    other = {"a": {"b": {"name": "Bought", "settings": {"value": "data.x"}}}}
    rule = {**RULE, "settings": {**RULE["settings"], "items": {"name": "Bought"}}}
    with pytest.raises(ConfigError, match='"Bought" counts whole orders'):
        parse_config({"mapping": {"order": {"complete": rule}, **other}})
    named = {"settings": {"items": {"name": "order complete"}, "value": "data.total"}}
    with pytest.raises(ConfigError, match="counts whole orders"):
        parse_config(with_rule(named))
    free = {"name": "Bought", "settings": {"items": {"name": "Bought"}}}
    parse_config(with_rule(free))  # it counts nothing


def test_lines_pickle_and_know_their_metric() -> None:
    config = parse_config(with_rule(RULE))
    again = pickle.loads(pickle.dumps(config))
    assert pipeline(again).plan(order(TENT)) == pipeline(config).plan(order(TENT))
    lines = config.rules[0].settings.lines
    assert lines is not None
    assert metric_of(lines) == "Ordered Product"


def test_explain_says_where_a_line_came_from() -> None:
    items = {
        "loop": ["data.rows", {"map": {"Code": "code", "Kind": {"value": "x"}}}],
        "data": {"map": {"OrderId": "data.id"}},
        "value": "total",
        "uniqueId": "code",
    }
    rule = {**RULE, "settings": {**RULE["settings"], "items": items, "backfill": True}}
    told = explain(parse_config(with_rule(rule)))(order(rows=[{"code": "A", "total": 45.5}]))
    at = "mapping.order.complete.settings"
    found = {one.field: (one.configured, one.source) for one in told.origins if one.at == 1}
    assert found == {
        "external_id": ("settings.externalId", "user.id"),
        "email": ("settings.email", "user.email"),
        "metric": (f"{at}.items.name", "a constant"),
        "properties.OrderId": (f"{at}.items.data.map.OrderId", "data.id"),
        "properties.Code": (f"{at}.items.loop[1].map.Code", "a line's code"),
        "properties.Kind": (f"{at}.items.loop[1].map.Kind", "a line"),
        "time": ("(always)", "timestamp"),
        "value": (f"{at}.items.value", "a line"),
        "value_currency": (f"{at}.currency", "data.currency"),
        "unique_id": (f"{at}.items.uniqueId", "a line"),
        "backfill": (f"{at}.backfill", "a constant"),
    }
    assert [one.configured for one in told.origins if one.at == 0 and one.field == "metric"] == [
        "mapping.order.complete.name"
    ]
    seen = next(one for one in told.stages if one.stage == record_lines.__name__)
    assert [call.metric for call in seen.result] == ["Ordered Product"]


# what small changes showed


def test_a_line_without_a_key_has_another_one_than_another_line() -> None:
    assert keys({"name": "Tent", "total": 1}) != keys({"name": "Rope", "total": 1})


def test_what_is_said_of_lines_says_where_and_what() -> None:
    at = "mapping.order.complete.settings.items"

    def said(plan: Plan) -> list[tuple[str, str]]:
        return [(one.path, one.message) for one in plan.diagnostics]

    assert said(planned(order())) == [(at, "the event has no lines there")]
    assert said(planned(order(TENT, total=1))) == [
        (at, "the lines' amounts do not add up to the order's")
    ]
    thousand = "line 1 may be a thousand, written with a point between the thousands"
    assert said(planned(order({"sku": "A", "total": "1.299"}, total=1299))) == [
        (f"{at}.value", thousand)
    ]
    two = {"sku": "A", "total": "1.299", "rowTotal": "n/a"}
    assert said(planned(order(two))) == [
        (f"{at}.value", thousand),
        (f"{at}.value", "line 1 is not a plain number such as 1299.00"),
    ]
    rows = [{"said": "x"}, {"said": {}, "total": 45.5}]
    items = {"loop": ["data.rows", "said"], "value": "total"}
    assert said(planned(order(rows=rows), items)) == [
        (at, "line 1 resolved to a string, which is lost")
    ]


def test_consent_within_lines_is_the_events() -> None:
    code = {"key": "code", "consent": {"marketing": True}}
    items = {"loop": ["data.rows", {"map": {"Code": code}}], "value": "total", "uniqueId": "code"}
    rows = [{"code": "A", "total": 45.5}]
    for consent, wanted in (({"marketing": True}, "A"), ({}, None)):
        plan = planned({**order(rows=rows), "consent": consent}, items)
        assert plan.calls[1].properties.get("Code") == wanted


def test_what_all_lines_share_may_be_nothing() -> None:
    for data in ({"map": {}}, "data.none", "data.id"):
        plan = planned(order(TENT), {"data": data})
        assert plan.calls[1].properties == {"SKU": "T-1", "Quantity": 2}


def test_amounts_add_up_in_any_size_and_without_a_currency() -> None:
    free = {"sku": "A", "total": 0}
    assert codes(planned(order(free, total=0)).diagnostics) == []
    large = [{"sku": "A", "total": 1e15}, {"sku": "B", "total": 0.1}]
    assert codes(planned(order(*large, total=1e15)).diagnostics) == []
    bare = {**RULE["settings"], "currency": None}
    for total, wanted in ((40.004, []), (40.02, ["items.sum-differs"])):
        plan = plan_of(with_rule({**RULE, "settings": bare}), order(TENT, total=total))
        assert codes(plan.diagnostics) == wanted


def test_every_part_knows_its_place() -> None:
    config = parse_config(with_rule({**RULE, "settings": {"items": {"name": "x" * 127}}}))
    lines = config.rules[0].settings.lines
    assert lines is not None
    at = "mapping.order.complete.settings.items"
    assert (lines.where, lines.tree.where) == (at, at)
    assert [one.where for one in children(lines.tree)] == [
        f"{at}.name",
        f"{at}.loop",
        f"{at}.data.map",
    ]
    (_, line) = children(children(lines.tree)[1])
    assert [one.where for one in (line, *children(line))] == [
        f"{at}.loop",
        f"{at}.loop[1].map",
        f"{at}.value",
        f"{at}.uniqueId",
    ]
