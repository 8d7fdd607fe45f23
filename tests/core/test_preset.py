"""Is the preset Klaviyo's own table, and do one's own rules lie over it as walkerOS lays them?"""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path
from typing import Any

import pytest
from tests.core.make import NOW, codes

from walkeros_klaviyo import ConfigError, Plan, explain, parse_config, pipeline
from walkeros_klaviyo.core.faults import Findings
from walkeros_klaviyo.core.klaviyo.preset import OPTIONS, Preset
from walkeros_klaviyo.core.walkeros.extend import Placed, extended, laid_over

Json = dict[str, Any]
TABLE = (Path(__file__).parent / "ecommerce.md").read_text("utf-8")
LINE: Json = {
    "id": "P1",
    "sku": "T-1",
    "name": "Tent",
    "categories": ["Tents", "Camping"],
    "brand": "Firn",
    "image": "https://shop.example/t.webp",
    "url": "https://shop.example/t",
    "price": 19.99,
    "compareAtPrice": 29.99,
    "quantity": 3,
}
ADDRESS: Json = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "address1": "1 Main Street",
    "city": "London",
    "regionCode": "LND",
    "countryCode": "GB",
    "zip": 4107,
    "phone": "+44 20 7946 0000",
}
ORDER: Json = {
    "id": "O-1",
    "total": 59.97,
    "currency": "GBP",
    "discountCode": "AUTUMN",
    "discountValue": 6,
    "billingAddress": ADDRESS,
    "shippingAddress": ADDRESS,
    "checkoutUrl": "https://shop.example/checkout",
    "reason": "changed mind",
    "refund": 9.97,
    "refundId": "R-1",
}


def event(name: str, **changes: Any) -> Json:
    """An event that holds all that Klaviyo's table asks for."""
    entity = name.partition(" ")[0]
    usual: Json = {
        "name": name,
        "id": "e1",
        "timestamp": NOW,
        "user": {"id": "u1"},
        "data": LINE | {"currency": "GBP", "checkoutUrl": ORDER["checkoutUrl"]}
        if entity == "product"
        else ORDER,
        "nested": [
            {"entity": "product", "data": LINE},
            {"entity": "gift", "data": {"name": "Surprise"}},
        ],
    }
    return usual | changes


def planned(of: Json, preset: Any = "ecommerce", **config: Any) -> Plan:
    """What the preset makes of an event."""
    raw = {"settings": {"preset": preset, **config.pop("settings", {})}, **config}
    return pipeline(parse_config(raw)).plan(of)


def properties(of: Json, **more: Any) -> Json:
    found = planned(of, **more).event
    assert found is not None
    return found.properties


def rows() -> list[tuple[str, str, str]]:
    """The table's rows: event, metric, properties."""
    found = [line.strip("| ").split(" | ") for line in TABLE.splitlines() if line[:2] == "| "]
    return [(row[0], row[1].split(" or ")[0], row[2]) for row in found[1:]]


def items(heading: str) -> set[str]:
    said = re.search(rf"{heading} `Items\[\]`: (.*?)\.(?: |$)", TABLE, re.MULTILINE)
    assert said is not None
    return set(said[1].split(", "))


CART_ITEM = items("Cart")
ORDER_ITEM = CART_ITEM - {"ProductCategories"} | {"Categories", "Brand"}
assert "the same with Categories and Brand" in TABLE
ADDRESS_FIELDS = set(re.findall(r"BillingAddress\{(.*?)\}", TABLE)[0].split(", "))


def named(written: str) -> set[str]:
    """The properties that a cell names."""
    plain = re.sub(r"\{.*?\}|\[\]", "", written)
    return {name.strip() for name in plain.split(",")}


PLACED = named(next(cell for name, _, cell in rows() if name == "order complete"))


@pytest.mark.parametrize(("name", "metric", "cell"), [row for row in rows() if "(" not in row[0]])
def test_a_metric_has_exactly_the_properties_of_klaviyos_table(
    name: str, metric: str, cell: str
) -> None:
    wanted = named(cell)
    if "as Placed Order" in wanted:
        wanted = wanted - {"as Placed Order"} | PLACED
    rule = Preset("ecommerce").mapping()[name.split()[0]][name.split()[1]]
    assert rule["name"] == metric
    assert set(rule["data"]["map"]) == wanted
    plan = planned(event(name))
    assert plan.outcome == "send"
    assert codes(plan.diagnostics) == []
    found = plan.event
    assert found is not None
    assert found.metric == metric
    assert set(found.properties) == wanted  # an event that holds all has all of them
    for part in ("Items",) if "Items" in wanted else ():
        (item,) = found.properties[part]
        assert set(item) == (ORDER_ITEM if name.startswith("order") else CART_ITEM)
    for part in {"BillingAddress", "ShippingAddress"} & wanted:
        assert set(found.properties[part]) == ADDRESS_FIELDS


def test_a_line_has_exactly_the_properties_of_klaviyos_table() -> None:
    (_, metric, cell) = next(row for row in rows() if "(" in row[0])
    _, line = planned(event("order complete")).calls
    assert line.metric == metric
    assert set(line.properties) == named(cell)


@pytest.mark.parametrize(
    ("name", "value", "unique_id"),
    [
        ("product view", None, "e1"),
        ("product add", 59.97, "e1"),
        ("checkout start", 59.97, "e1"),
        ("cart add", 59.97, "e1"),
        ("order complete", 59.97, "O-1"),
        ("order fulfill", 59.97, "O-1"),
        ("order cancel", 59.97, "O-1"),
        ("order refund", 9.97, "O-1/R-1"),  # of a part
    ],
)
def test_value_and_unique_id_are_those_of_the_table(
    name: str, value: float | None, unique_id: str
) -> None:
    found = planned(event(name)).event
    assert found is not None
    assert (found.value, found.unique_id) == (value, unique_id)
    assert found.value_currency == (None if value is None else "GBP")


def test_what_is_found_is_put_where_it_belongs() -> None:
    found = properties(event("order complete"))
    assert found["Categories"] == ["Tents", "Camping"]
    assert (found["Brands"], found["ItemNames"]) == (["Firn"], ["Tent"])
    assert found["Items"] == [
        {
            "ProductID": "P1",
            "SKU": "T-1",
            "ProductName": "Tent",
            "Quantity": 3,
            "ItemPrice": 19.99,
            "RowTotal": 59.97,
            "ProductURL": "https://shop.example/t",
            "ImageURL": "https://shop.example/t.webp",
            "Categories": ["Tents", "Camping"],
            "Brand": "Firn",
        }
    ]
    assert found["BillingAddress"] == {
        "FirstName": "Ada",
        "LastName": "Lovelace",
        "Address1": "1 Main Street",
        "City": "London",
        "RegionCode": "LND",
        "CountryCode": "GB",
        "Zip": "4107",
        "Phone": "+44 20 7946 0000",
    }
    viewed = properties(event("product view"))
    assert viewed["URL"] == "https://shop.example/t"
    assert (viewed["Price"], viewed["CompareAtPrice"]) == (19.99, 29.99)


GA4 = {
    "item_id": "P1",
    "item_name": "Tent",
    "item_category": "Tents",
    "item_brand": "Firn",
    "price": "19.99",
    "quantity": 3,
}


@pytest.mark.parametrize(
    "shape",
    [
        {"nested": [{"entity": "product", "data": LINE}, {"entity": "gift", "data": {}}]},
        {"nested": [{"entity": "cart", "nested": [{"entity": "product", "data": LINE}]}]},
        {"nested": [], "data": {"items": [LINE]}},
        {"data": {"products": [LINE]}},
        {"data": {"line_items": [GA4]}},
        {"data": {"lines": [GA4]}},
        {"data": {"lineItems": [GA4]}},
        {"nested": [{"entity": "product", "data": {**LINE, "image": None}, "nested": None}]},
    ],
)
def test_lines_are_found_where_shops_have_them(shape: Json) -> None:
    of = {"name": "order complete", "id": "e", "timestamp": NOW, "user": {"id": "u"}}
    shape = {"data": {}, **shape}
    total = {"orderId": "O-1", "total": "59.97", "currency": "EUR"}
    plan = planned({**of, **shape, "data": {**total, **shape["data"]}})
    order, line = plan.calls
    assert codes(plan.diagnostics) == []
    assert (order.unique_id, order.value) == ("O-1", 59.97)
    assert (line.value, line.properties["ProductName"]) == (59.97, "Tent")
    assert order.properties["Categories"][0] == "Tents"
    assert order.properties["Items"][0]["RowTotal"] == 59.97


def test_versions_3_and_4_say_the_page_each_in_its_way() -> None:
    four = {"source": {"type": "browser", "url": "https://shop.example/4"}}
    three = {"source": {"type": "web", "id": "https://shop.example/3", "previous_id": ""}}
    other = {"source": {"type": "app", "id": "checkout"}}
    data = {"data": {"id": "P1"}}
    found = [
        properties(event("product view", **data, **one)).get("URL") for one in (four, three, other)
    ]
    assert found == ["https://shop.example/4", "https://shop.example/3", None]


@pytest.mark.parametrize(
    ("where", "currency"),
    [
        ({"globals": {"currency": "usd"}}, "USD"),
        ({"context": {"currency": ["CHF", 0]}}, "CHF"),
        ({"nested": [{"entity": "product", "data": {"currency": "SEK"}}]}, "SEK"),
        ({}, "EUR"),
    ],
)
def test_the_currency_may_stand_elsewhere(where: Json, currency: str) -> None:
    of = event("order complete", data={"id": "O-1", "total": 5}, nested=[]) | where
    found = planned(of, settings={"currency": "EUR"}).event
    assert found is not None
    assert found.value_currency == currency


def test_what_was_added_to_the_cart_is_not_guessed() -> None:
    """Of a cart's one line it is that; of several nobody knows, and a cart's id is no product's."""
    call = planned(event("cart add")).event
    assert call is not None
    one = call.properties
    assert call.metric == "Added to Cart"
    assert (one["AddedItemProductID"], one["ItemNames"]) == ("P1", ["Tent"])
    two = event("cart add", nested=[{"entity": "product", "data": LINE}] * 2)
    found = properties(two)
    assert not [name for name in found if name.startswith("AddedItem")]
    assert found["ItemNames"] == ["Tent", "Tent"]


def test_a_product_that_is_added_is_its_own_cart_where_no_cart_is_told() -> None:
    found = properties(event("product add", nested=[]))
    assert found["ItemNames"] == ["Tent"]
    assert found["Items"][0]["RowTotal"] == 59.97


def test_the_value_of_a_cart_is_the_sum_of_its_lines_unless_one_has_no_price() -> None:
    lines = [{"entity": "product", "data": {"price": 1.1, "quantity": 3}}] * 2
    plan = planned(event("checkout start", data={}, nested=lines))
    assert plan.event is not None
    assert plan.event.value == 6.6
    lines = [*lines, {"entity": "product", "data": {"name": "?"}}]
    plan = planned(event("checkout start", data={}, nested=lines))
    assert plan.event is not None
    assert plan.event.value is None
    assert codes(plan.diagnostics) == ["revenue.missing"]


def test_a_line_of_no_pieces_costs_nothing_and_one_without_a_number_is_one() -> None:
    lines = [{"data": {"price": 5, "quantity": 0}}, {"data": {"price": 5}}]
    lines = [{"entity": "product", **one} for one in lines]
    found = properties(event("checkout start", data={}, nested=lines))
    assert [one["RowTotal"] for one in found["Items"]] == [0, 5]


def test_nothing_found_is_left_out() -> None:
    plan = planned({"name": "order complete", "timestamp": NOW, "user": {"id": "u"}, "id": "e"})
    assert plan.event is not None
    assert plan.event.properties == {}
    assert codes(plan.diagnostics) == ["revenue.missing", "unique-id.missing", "items.none"]
    assert {one.path.split(".")[0] for one in plan.diagnostics} == {"preset"}


@pytest.mark.parametrize("name", ["shipping", "billing"])
def test_what_is_no_address_makes_none(name: str) -> None:
    """`shipping` is a cost at many shops."""
    found = properties(event("order complete", data={"id": "O", "total": 5, name: 4.9}))
    assert not {"ShippingAddress", "BillingAddress"} & set(found)
    for spelling in (name, f"{name}_address", f"{name}Address"):
        found = properties(event("order complete", data={"id": "O", "total": 5, spelling: ADDRESS}))
        assert found[f"{name.title()}Address"]["City"] == "London"


# The order's life


def unique_ids(*events: Json) -> list[str | None]:
    plans = [planned(one) for one in events]
    return [None if plan.event is None else plan.event.unique_id for plan in plans]


def refund(**data: Any) -> Json:
    return event("order refund", data={"id": "O-1", **data})


def test_whoever_ends_an_order_names_it() -> None:
    names = ("order complete", "order fulfill", "order cancel")
    assert set(unique_ids(*map(event, names))) == {"O-1"}
    whole = [refund(total=5), refund(total=5, refund=5), refund(total=5, refundAmount="5.00")]
    assert set(unique_ids(*whole, refund())) == {"O-1"}
    assert unique_ids(refund(total=5, refund=5, refundId="R-1")) == ["O-1"]


def test_a_refund_of_a_part_has_a_key_of_its_own() -> None:
    part = {"total": 5, "refund": 2}
    found = unique_ids(
        refund(**part, refundId="R-1"),
        refund(**part, refund_id="R-2"),
        refund(**part),
        {**refund(**part), "id": "e2"},
        {**refund(**part), "id": None},
        refund(total=3, refundId="R-1"),  # how much the order was is not told
    )
    assert found == ["O-1/R-1", "O-1/R-2", "O-1/e1", "O-1/e2", f"O-1/{NOW}", "O-1/R-1"]


# How one's own rules lie over it


def test_ones_own_rule_replaces_and_all_others_stay() -> None:
    own = {"order": {"complete": {"name": "Bought"}}}
    plan = planned(event("order complete"), mapping=own)
    assert plan.event is not None
    assert (plan.event.metric, plan.event.properties, len(plan.calls)) == ("Bought", {}, 1)
    other = planned(event("order cancel"), mapping=own).event
    assert other is not None
    assert other.metric == "Canceled Order"
    rules = parse_config({"settings": {"preset": "ecommerce"}, "mapping": own}).rules
    assert len(rules) == 8


def test_extend_changes_and_null_clears() -> None:
    patch = {
        "name": "Bought",
        "data": {"map": {"OrderId": "data.nr", "Brands": None, "Gift": "data.gift"}},
        "settings": {"items": None, "value": ["data.net"]},
    }
    of = event("order complete", data={**ORDER, "nr": 7, "gift": True, "net": 50})
    for rule in ({"extend": patch}, {**patch, "extend": {}}, {"extend": {}, **patch}):
        plan = planned(of, mapping={"order": {"complete": rule}})
        assert plan.event is not None
        assert (plan.event.metric, plan.event.value, len(plan.calls)) == ("Bought", 50, 1)
        found = plan.event.properties
        assert (found["OrderId"], found["Gift"], "Brands" in found) == (7, True, False)
        assert found["ItemNames"] == ["Tent"]


def test_what_stands_in_extend_lies_over_what_stands_beside_it() -> None:
    rule = {"name": "A", "silent": True, "extend": {"name": "B", "silent": None}}
    plan = planned(event("order complete"), mapping={"order": {"complete": rule}})
    assert plan.event is not None
    assert plan.event.metric == "B"


def test_a_merged_rule_says_nothing_of_how_it_was_made() -> None:
    shipped = {"name": "A", "data": {"map": {"x": "y"}}}
    for raw, wanted in (
        ({"extend": {"data": None}}, {"name": "A"}),
        ({"data": None, "extend": None}, {"name": "A"}),
        ({"remove": ["x"]}, {**shipped, "remove": ["x"]}),
        ({"name": "B"}, {"name": "B"}),
    ):
        assert extended(raw, shipped, "a b", "mapping.a.b", Findings())[0] == wanted


def test_remove_alone_takes_out_of_the_shipped_rule() -> None:
    rule = {"remove": ["Items.*.Brand", "Brands"]}
    found = properties(event("order complete"), mapping={"order": {"complete": rule}})
    assert set(found) == PLACED - {"Brands"}
    assert set(found["Items"][0]) == ORDER_ITEM - {"Brand"}


def test_a_list_of_rules_may_extend_each_for_itself() -> None:
    rules = [
        {"condition": lambda value, event: event["data"]["id"] == "O-2", "ignore": True},
        {"extend": {"name": "Bought"}},
    ]
    mapping = {"order": {"complete": rules}}
    assert planned(event("order complete", data={"id": "O-2"}), mapping=mapping).event is None
    plan = planned(event("order complete"), mapping=mapping)
    assert plan.event is not None
    assert (plan.event.metric, plan.rule) == ("Bought", "order complete[1]")
    assert set(plan.event.properties) == PLACED


def test_null_takes_a_shipped_rule_away() -> None:
    config = parse_config(
        {
            "settings": {"preset": "ecommerce"},
            "mapping": {"order": {"complete": None}, "cart": None, "page": {"view": {}}},
        }
    )
    labels = [rule.label for rule in config.rules]
    assert "order complete" not in labels
    assert "cart add" not in labels
    assert {"order cancel", "product view", "page view"} <= set(labels)


def test_a_rule_that_extends_what_is_not_shipped_is_told_so() -> None:
    config = parse_config(
        {
            "settings": {"preset": "ecommerce"},
            "mapping": {"order": {"pay": {"extend": {"name": "Paid"}}}, "a": {"b": {"extend": {}}}},
        }
    )
    message = "there is no shipped rule beneath; it counts as a rule of its own"
    assert [(one.code, one.path, one.message) for one in config.warnings] == [
        ("rule.extends-nothing", f"mapping.{at}.extend", message) for at in ("order.pay", "a.b")
    ]


def test_a_rule_that_extends_nothing_is_its_patch_over_what_stands_beside_it() -> None:
    rule = {"name": "A", "silent": True, "extend": {"name": "B", "silent": None}}
    found = planned(event("order pay"), mapping={"order": {"pay": rule}}).event
    assert found is not None
    assert found.metric == "B"
    rule = {"name": "A", "extend": None}
    found = planned(event("order pay"), mapping={"order": {"pay": rule}}).event
    assert found is not None
    assert found.metric == "A"


@pytest.mark.parametrize("action", ["complete", "pay"])
@pytest.mark.parametrize(("patch", "what"), [("x", "a string"), ([], "a list"), (0, "a number")])
def test_a_patch_is_a_rule(action: str, patch: Any, what: str) -> None:
    """Over a shipped rule or over nothing; all else in it is still looked at."""
    rule = {"nmae": "X", "extend": patch}
    with pytest.raises(ConfigError) as caught:
        parse_config({"settings": {"preset": "ecommerce"}, "mapping": {"order": {action: rule}}})
    assert list(map(str, caught.value.faults)) == [
        f"mapping.order.{action}.extend  expected a rule, got {what}",
        f'mapping.order.{action}.nmae  unknown key; did you mean "name"?',
    ]


def test_a_star_of_ones_own_takes_what_the_preset_does_not() -> None:
    mapping = {"*": {"*": {"ignore": True}}}
    assert planned(event("order complete"), mapping=mapping).outcome == "send"
    assert planned(event("order pay"), mapping=mapping).outcome == "ignored"
    assert planned(event("page view"), mapping=mapping).outcome == "ignored"


def test_the_printed_preset_is_an_ordinary_configuration_that_does_the_same() -> None:
    written = json.dumps({"mapping": Preset("ecommerce").mapping()})
    assert "null" not in written  # TOML has none
    assert "{}" not in written
    printed = json.loads(written)
    assert parse_config(printed).warnings == ()
    for name in ("product view", "product add", "cart add", "checkout start", "order complete"):
        of = event(name)
        plan = pipeline(parse_config(printed)).plan(of)
        assert [call.body for call in plan.calls] == [call.body for call in planned(of).calls]


def test_each_call_builds_rules_of_its_own() -> None:
    changed = Preset("ecommerce").mapping()
    changed["order"]["complete"]["data"]["map"].clear()
    changed["order"]["complete"]["settings"]["value"].clear()
    again = Preset("ecommerce").mapping()["order"]
    assert set(again["complete"]["data"]["map"]) == PLACED
    assert again["fulfill"]["settings"]["value"]
    assert again["fulfill"]["data"]["map"]


def test_a_configuration_with_a_preset_pickles() -> None:
    config = parse_config({"settings": {"preset": "ecommerce"}})
    again = pickle.loads(pickle.dumps(config))
    of = event("order complete")
    assert pipeline(again).plan(of) == pipeline(config).plan(of)
    assert config.settings.preset == Preset("ecommerce")


# What may be said beside its name


def test_spelling_and_names_of_entities_may_be_chosen() -> None:
    preset = {
        "name": "ecommerce",
        "cancelled": "Cancelled Order",
        "order": "sale",
        "cart": "bag",
        "checkout": "till",
        "product": "article",
    }
    nested = [{"entity": "article", "data": LINE}, {"entity": "product", "data": {"name": "?"}}]
    cancelled = planned(event("sale cancel", nested=nested), preset).event
    assert cancelled is not None
    assert cancelled.metric == "Cancelled Order"
    assert cancelled.properties["ItemNames"] == ["Tent"]
    plan = planned(event("sale complete", nested=nested), preset)
    assert [call.metric for call in plan.calls] == ["Placed Order", "Ordered Product"]
    config = parse_config({"settings": {"preset": preset}})
    assert {rule.label.split()[0] for rule in config.rules if rule.label} == {
        "sale",
        "bag",
        "till",
        "article",
    }
    assert planned(event("order complete"), preset).rule is None


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("ecomerce", 'settings.preset  there is no such preset; did you mean "ecommerce"?'),
        (5, 'settings.preset  expected a name such as "ecommerce", got a number'),
        ({}, "settings.preset.name  there is no such preset; known here: ecommerce"),
        (
            {"name": "shop"},
            "settings.preset.name  there is no such preset; known here: ecommerce",
        ),
        (
            {"name": "ecommerce", "canceled": "X"},
            'settings.preset.canceled  unknown key; did you mean "cancelled"?',
        ),
        (
            {"name": "ecommerce", "cancelled": " "},
            "settings.preset.cancelled  expected a metric's name",
        ),
        (
            {"name": "ecommerce", "cancelled": "x" * 128},
            "settings.preset.cancelled  expected a metric's name",
        ),
        (
            {"name": "ecommerce", "order": 5},
            "settings.preset.order  expected the first word of an event's name",
        ),
        (
            {"name": "ecommerce", "order": "my order"},
            "settings.preset.order  expected the first word of an event's name, without blanks",
        ),
    ],
)
def test_a_preset_that_is_written_wrongly_is_told_how(raw: Any, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({"settings": {"preset": raw}})
    assert list(map(str, caught.value.faults)) == [fault]


def test_a_metric_may_be_as_long_as_klaviyo_allows() -> None:
    preset = {"name": "ecommerce", "cancelled": "x" * 127}
    assert [call.metric for call in planned(event("order cancel"), preset).calls] == ["x" * 127]


def test_every_option_has_its_words() -> None:
    for title, sentence, usual in OPTIONS.values():
        assert title
        assert sentence.endswith(".")
        assert usual
    assert parse_config({"settings": {"preset": {"name": "ecommerce"}}}).settings.preset == Preset(
        "ecommerce"
    )


# Where it stands


def test_faults_of_a_patch_name_the_places_that_the_user_wrote() -> None:
    rule = {
        "nmae": "X",
        "extend": {
            "data": {"map": {"A": "$fn:sum", "Items": {"loop": ["lines", {"map": {"B": ""}}]}}},
            "settings": {"valeu": "x", "items": {"lop": 1}},
        },
    }
    with pytest.raises(ConfigError) as caught:
        parse_config(
            {"settings": {"preset": "ecommerce"}, "mapping": {"order": {"complete": rule}}}
        )
    assert sorted(
        one.path.removeprefix("mapping.order.complete.") for one in caught.value.faults
    ) == [
        "extend.data.map.A",
        "extend.data.map.Items.loop[1].map.B",
        "extend.settings.items.lop",
        "extend.settings.valeu",
        "nmae",
    ]


def test_explain_says_what_is_by_the_preset() -> None:
    rule = {"extend": {"data": {"map": {"OrderId": ["data.nr", "data.id"], "Plain": "data.id"}}}}
    config = {"settings": {"preset": "ecommerce"}, "mapping": {"order": {"complete": rule}}}
    told = explain(parse_config(config))(event("order complete"))
    by = {(one.at, one.field): one.configured for one in told.origins}
    mine = "mapping.order.complete.extend.data.map"
    assert by[0, "properties.OrderId"] == f"{mine}.OrderId"
    assert by[0, "properties.Plain"] == f"{mine}.Plain"
    assert by[0, "metric"] == "preset.order.complete.name"
    assert by[0, "properties.ItemNames"] == "preset.order.complete.data.map.ItemNames"
    assert by[0, "value"] == "preset.order.complete.settings.value"
    assert by[1, "metric"] == "preset.order.complete.settings.items.name"
    assert by[1, "unique_id"] == "preset.order.complete.settings.items.uniqueId"
    assert by[0, "email" if (0, "email") in by else "external_id"] == "settings.externalId"


def test_one_of_several_rules_names_what_is_by_the_preset() -> None:
    """Which has one rule, so no number stands there."""
    rules = [{"ignore": True, "condition": lambda value, event: False}, {"extend": {"name": "B"}}]
    config = {"settings": {"preset": "ecommerce"}, "mapping": {"order": {"complete": rules}}}
    told = explain(parse_config(config))(event("order complete"))
    by = {(one.at, one.field): one.configured for one in told.origins}
    assert by[0, "metric"] == "mapping.order.complete[1].extend.name"
    assert by[0, "properties.ItemNames"] == "preset.order.complete.data.map.ItemNames"


def test_places_in_a_merged_rule() -> None:
    raw = {
        "name": "A",
        "data": {"map": {"X.Y": {"loop": ["lines", {"map": {"Z": "z"}}]}, "N": None}},
        "extend": {"settings": {"items": True}},
    }
    placed = Placed("mapping.a.b", "preset.a.b", raw)
    for rest, wanted in [
        ("", "mapping.a.b"),
        (".name", "mapping.a.b.name"),
        (".names", "preset.a.b.names"),
        (".silent", "preset.a.b.silent"),
        (".data.map.X.Y.loop[1].map.Z", "mapping.a.b.data.map.X.Y.loop[1].map.Z"),
        (".data.map.X.Y.loop[2]", "preset.a.b.data.map.X.Y.loop[2]"),
        (".data.map.N", "preset.a.b.data.map.N"),
        (".data.map.X", "preset.a.b.data.map.X"),
        (".settings.items.loop[0]", "mapping.a.b.extend.settings.items.loop[0]"),
        (".settings", "mapping.a.b.extend.settings"),
    ]:
        found = placed(f"mapping.a.b{rest}")
        assert found == wanted
        assert placed(found) == found
    assert placed("settings.email") == "settings.email"


def test_a_value_that_is_made_in_another_way_replaces_the_shipped_one() -> None:
    """Of two ways one would never be read, and TOML has no null to clear it with."""
    patch = {
        "ItemNames": {"key": "data.names"},
        "BillingAddress": {"map": {"City": "data.city"}},
        "Categories": {"fn": ["$fn:flatten"]},
    }
    of = event("order complete", data={**ORDER, "names": "a, b", "city": "Ulm"})
    rule = {"extend": {"data": {"map": patch}}}
    found = properties(of, mapping={"order": {"complete": rule}})
    assert found["ItemNames"] == ["a, b"]  # made in the same way, so what it goes through stays
    assert found["BillingAddress"] == {"City": "Ulm"}
    assert found["Categories"] == ["Tents", "Camping"]
    config = parse_config(
        {"settings": {"preset": "ecommerce"}, "mapping": {"order": {"complete": rule}}}
    )
    assert config.warnings == ()
    assert laid_over({"key": "a", "value": 1}, {"key": "b"}) == {"key": "b", "value": 1}
    assert laid_over({"key": "a", "value": 1}, {"map": None}) == {"key": "a", "value": 1}
    assert laid_over({"name": "a"}, {"map": {}}) == {"name": "a", "map": {}}


def test_a_patch_may_say_more_than_the_shipped_rule() -> None:
    assert laid_over({"a": "x"}, {"a": {"b": 1}}) == {"a": {"b": 1}}
