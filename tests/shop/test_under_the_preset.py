"""Does the shipped shop's day become Klaviyo's shop metrics under the preset alone?

Property by property against Klaviyo's table: which field of an event each is, is written here once
more, by hand. What no event of the day has (an order's address, a checkout's link in a cart) is
named, so that a property that is lost by mistake cannot hide among them.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from walkeros_klaviyo import Call, parse_config, pipeline, shop

Json = dict[str, Any]
Read = Callable[[Json], Any]

CONFIG = """\
settings = { preset = "ecommerce", phoneNumber = "user.phone", phoneRegion = "DE" }
consent = { marketing = true }
mapping.debug."*" = { ignore = true }
"""
DAY: list[Json] = [json.loads(line) for line in shop.EVENTS.read_text("utf-8").splitlines()]
TABLE = (Path(__file__).parents[1] / "core" / "ecommerce.md").read_text("utf-8")


def of_data(name: str) -> Read:
    return lambda event: event["data"].get(name)


def products(event: Json) -> list[Json]:
    return [one["data"] for one in event["nested"]]


def each(name: str) -> Read:
    """Of every product of the event, once."""

    def read(event: Json) -> Any:
        found = [one[name] for one in products(event) if one.get(name)]
        flat = [one for given in found for one in (given if isinstance(given, list) else [given])]
        return list(dict.fromkeys(flat)) or None

    return read


def lines(names: dict[str, str]) -> Read:
    def line(data: Json) -> Json:
        read = {name: data.get(key) for name, key in names.items()}
        return {name: value for name, value in read.items() if value is not None}

    return lambda event: list(map(line, products(event)))


LINE = {
    "ProductID": "id",
    "SKU": "sku",
    "ProductName": "name",
    "Quantity": "quantity",
    "ItemPrice": "price",
    "RowTotal": "total",
    "ProductURL": "url",
    "ImageURL": "image",
}
CART = lines({**LINE, "ProductCategories": "categories"})
PRODUCT = {
    "ProductName": "name",
    "ProductID": "id",
    "SKU": "sku",
    "Categories": "categories",
    "ImageURL": "image",
    "URL": "url",
    "Price": "price",
}
ORDER: dict[str, Read] = {
    "OrderId": of_data("id"),
    "Categories": each("categories"),
    "ItemNames": each("name"),
    "DiscountCode": of_data("discountCode"),
    "DiscountValue": of_data("discount"),
    "Brands": each("brand"),
    "Items": lines({**LINE, "Categories": "categories", "Brand": "brand"}),
}
NOT_THERE = {"BillingAddress", "ShippingAddress"}
"""Of an order: the day's have a city only."""
WANTED: dict[str, tuple[str, dict[str, Read], set[str]]] = {
    "product view": (
        "Viewed Product",
        {
            **{name: of_data(key) for name, key in PRODUCT.items()},
            "Brand": of_data("brand"),
            "CompareAtPrice": of_data("compareAtPrice"),
        },
        set(),
    ),
    "product add": (
        "Added to Cart",
        {
            **{f"AddedItem{n.removeprefix('Added')}": of_data(k) for n, k in PRODUCT.items()},
            "AddedItemQuantity": of_data("quantity"),
            "ItemNames": lambda event: [event["data"]["name"]],
            "Items": lambda event: CART({"nested": [event]}),
        },
        {"CheckoutURL"},
    ),
    "checkout start": (
        "Started Checkout",
        {
            "ItemNames": each("name"),
            "CheckoutURL": lambda event: event["source"]["url"],
            "Categories": each("categories"),
            "Items": CART,
        },
        set(),
    ),
    "order complete": ("Placed Order", ORDER, NOT_THERE),
    "order cancel": ("Canceled Order", {**ORDER, "Reason": of_data("reason")}, NOT_THERE),
    "order refund": ("Refunded Order", {**ORDER, "Reason": of_data("reason")}, NOT_THERE),
}
"""By walkerOS event: Klaviyo's metric, where each property is, and what no event of the day has."""


def sent() -> dict[str, list[tuple[Json, tuple[Call, ...]]]]:
    """Events that are sent, with their calls, by walkerOS's name."""
    transform = pipeline(parse_config(tomllib.loads(CONFIG)))
    found = defaultdict(list)
    for event in DAY:
        plan = transform.plan(event)
        if plan.outcome == "send":
            found[event["name"]].append((event, plan.calls))
    return found


SENT = sent()


@pytest.mark.parametrize("name", WANTED)
def test_every_property_arrives_that_the_events_can_fill(name: str) -> None:
    metric, wanted, _ = WANTED[name]
    filled: set[str] = set()
    assert SENT[name]
    for event, (call, *_) in SENT[name]:
        values = {one: read(event) for one, read in wanted.items()}
        values = {one: value for one, value in values.items() if value is not None}
        assert (call.metric, dict(call.properties)) == (metric, values), event["id"]
        filled |= values.keys()
    # An order without a code has none to cancel or refund; each other property was seen.
    assert wanted.keys() - filled <= {"DiscountCode"}


@pytest.mark.parametrize("name", WANTED)
def test_what_is_compared_is_klaviyos_whole_table(name: str) -> None:
    metric, wanted, absent = WANTED[name]
    row = next(line for line in TABLE.splitlines() if line.startswith(f"| {name} |"))
    _, _, written, cell, *_ = [one.strip() for one in row.split("|")]
    names = {one.strip() for one in re.sub(r"\{.*?\}|\[\]", "", cell).split(",")}
    if "as Placed Order" in names:
        names = names - {"as Placed Order"} | ORDER.keys() | NOT_THERE
    assert written.startswith(metric)
    assert wanted.keys() | absent == names


def test_an_order_has_its_lines_and_they_add_up() -> None:
    """Each product one `Ordered Product`, worth its row; together what was paid without more."""
    count = 0
    for event, (order, *ordered) in SENT["order complete"]:
        assert [one.metric for one in ordered] == ["Ordered Product"] * len(products(event))
        assert [one.properties.get("SKU") for one in ordered] == [
            one.get("sku") for one in products(event)
        ]
        data = event["data"]
        rows = sum(Decimal(str(one.value or 0)) for one in ordered)
        if order.value is not None and all(one.value is not None for one in ordered):
            more = Decimal(str(data["shipping"])) - Decimal(str(data["discount"]))
            assert rows + more == Decimal(str(order.value)), event["id"]
            count += 1
    assert count > 20
