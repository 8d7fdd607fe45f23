"""Which rules are shipped for a shop? Klaviyo's shop metrics, as configuration data.

`"preset": "ecommerce"` lays them under the user's own rules (`walkeros.rules`). They use only the
mapping language, so that `preset show` prints something anybody can copy and change.
Source: Klaviyo's guide for platforms without a pre-built integration (spellings are its own).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.faults import Findings, did_you_mean, join
from walkeros_klaviyo.core.walkeros.event import kind_of

from .limits import MAX_METRIC_LENGTH
from .usual import (
    ADDRESS,
    CART_TOTAL,
    CHECKOUT_URL,
    CURRENCY,
    DISCOUNT,
    DISCOUNT_CODE,
    LINE_KEY,
    ORDER_ID,
    ORDERED,
    PAGE,
    PRODUCT,
    REASON,
    REFUND,
    REFUND_ID,
    TOTAL,
    Raw,
    first_of,
    in_data,
    lines_of,
)

OPTIONS: Final = {
    "cancelled": (
        "Metric of cancelled orders",
        "Canceled Order, or Cancelled Order where the account has it so.",
        "Canceled Order",
    ),
    "product": ("Product", "What the shop's events call a product.", "product"),
    "cart": ("Cart", "What the shop's events call a cart.", "cart"),
    "checkout": ("Checkout", "What the shop's events call a checkout.", "checkout"),
    "order": ("Order", "What the shop's events call an order.", "order"),
}
"""A preset's options, each with a title, a description and the default."""


@frozen
class Preset:
    """A preset by name, with its options."""

    name: str
    cancelled: str = OPTIONS["cancelled"][2]
    product: str = OPTIONS["product"][2]
    cart: str = OPTIONS["cart"][2]
    checkout: str = OPTIONS["checkout"][2]
    order: str = OPTIONS["order"][2]

    def mapping(self) -> dict[str, dict[str, Raw]]:
        """Its rules, in the form of a configuration's `mapping`; a new dict at each call.

        >>> Preset("ecommerce").mapping()["order"]["complete"]["name"]
        'Placed Order'
        """
        return PRESETS[self.name](self)


def parse_preset(raw: Any, where: str, findings: Findings) -> Preset | None:
    """Parse a preset: its name, or an object with the name and options.

    >>> parse_preset({"name": "ecommerce", "order": "sale"}, "preset", Findings()).order
    'sale'
    """
    if raw is None:
        return None
    given = {"name": raw} if isinstance(raw, str) else raw
    if not isinstance(given, dict):
        findings.fault(where, f'expected a name such as "ecommerce", got {kind_of(raw)}')
        return None
    findings.keys(given, ("name", *OPTIONS), where)
    name = given.get("name")
    if not isinstance(name, str) or name not in PRESETS:
        at = where if given is not raw else join(where, "name")
        findings.fault(at, f"there is no such preset{did_you_mean(str(name), PRESETS)}")
        return None
    said = {}
    for key in OPTIONS.keys() & given.keys():
        one = given[key]
        is_metric = key == "cancelled"
        if not isinstance(one, str) or not one.strip() or len(one) > MAX_METRIC_LENGTH:
            wanted = "a metric's name" if is_metric else "the first word of an event's name"
            findings.fault(join(where, key), f"expected {wanted}")
        elif not is_metric and " " in one:
            message = "expected the first word of an event's name, without blanks"
            findings.fault(join(where, key), message)
        else:
            said[key] = one
    return Preset(name, **said)


def _ecommerce(preset: Preset) -> dict[str, dict[str, Raw]]:
    """The rules; their policies put lines and product fields under fixed names first."""
    every = lines_of(preset.product)
    lines = _products(every)
    item = {"item": _product({"key": "data", "fn": "$fn:flatten"})}
    only = {"item": _product({**every, "fn": ["$fn:first", "$fn:only", "$fn:flatten"]})}
    life = {"value": TOTAL, "currency": CURRENCY, "uniqueId": ORDER_ID}
    placed = {**life, "items": _ITEMS}
    refund = {"value": [*REFUND, *TOTAL], "currency": CURRENCY, "uniqueId": _refund_id()}
    cart = {"value": [*CART_TOTAL, *TOTAL, _SUM], "currency": CURRENCY}
    added = {"value": [*CART_TOTAL, "item.total"], "currency": CURRENCY}
    own_lines = {"lines": [lines, _products({"key": "data", "fn": "$fn:flatten"})]}
    mapping: dict[str, dict[str, Raw]] = {}
    for entity, action, metric, policy, properties, settings in (
        (preset.product, "view", "Viewed Product", item, _VIEWED, {}),
        (preset.product, "add", "Added to Cart", {**item, **own_lines}, _ADDED, added),
        (preset.cart, "add", "Added to Cart", {**only, "lines": lines}, _ADDED, cart),
        (preset.checkout, "start", "Started Checkout", {"lines": lines}, _CHECKOUT, cart),
        (preset.order, "complete", "Placed Order", {"lines": lines}, _ORDER, placed),
        (preset.order, "fulfill", "Fulfilled Order", {"lines": lines}, _ORDER, life),
        (preset.order, "cancel", preset.cancelled, {"lines": lines}, _ENDED, life),
        (preset.order, "refund", "Refunded Order", {"lines": lines}, _ENDED, refund),
    ):
        rule = {"name": metric, "policy": policy, "data": {"map": properties}}
        more = {"settings": settings} if settings else {}
        mapping.setdefault(entity, {})[action] = _own({**rule, **more})
    return mapping


PRESETS: Final[dict[str, Callable[[Preset], dict[str, dict[str, Raw]]]]] = {"ecommerce": _ecommerce}


def _products(source: Raw) -> Raw:
    return {"loop": [source, {"map": PRODUCT}]}


def _product(source: Raw) -> Raw:
    return {**_products(source), "fn": "$fn:first"}


def _of_all(field: str) -> Raw:
    """The values of this field across all lines, each once."""
    return {"key": f"lines.*.{field}", "fn": ["$fn:flatten", "$fn:unique"]}


def _lines(**more: str) -> Raw:
    line = {
        "ProductID": "id",
        "SKU": "sku",
        "ProductName": "name",
        "Quantity": "quantity",
        "ItemPrice": "price",
        "RowTotal": "total",
        "ProductURL": "url",
        "ImageURL": "image",
    }
    return {"loop": [{"key": "lines"}, {"map": {**line, **more}}]}


def _address(kind: str) -> Raw:
    """An address as the only item of a loop, so that its fields are read by name alone."""
    source = {"set": [first_of(*in_data(f"{kind}Address", f"{kind}_address", kind))]}
    one = {"loop": [{**source, "fn": "$fn:flatten"}, {"map": ADDRESS}]}
    return {**one, "fn": ["$fn:first", "$fn:filled"]}


_NAMES: Final = {"key": "lines.*.name", "fn": "$fn:flatten"}
_SUM: Final = {"key": "lines.*.total", "fn": ["$fn:number", "$fn:sum"]}
"""The sum of the lines' totals; nothing if one is missing."""
_VIEWED: Final = {
    "ProductName": "item.name",
    "ProductID": "item.id",
    "SKU": "item.sku",
    "Categories": "item.categories",
    "ImageURL": "item.image",
    "URL": ["item.url", *PAGE],
    "Brand": "item.brand",
    "Price": "item.price",
    "CompareAtPrice": "item.compareAtPrice",
}
_ADDED: Final = {
    "AddedItemProductName": "item.name",
    "AddedItemProductID": "item.id",
    "AddedItemSKU": "item.sku",
    "AddedItemCategories": "item.categories",
    "AddedItemImageURL": "item.image",
    "AddedItemURL": "item.url",
    "AddedItemPrice": "item.price",
    "AddedItemQuantity": "item.quantity",
    "ItemNames": _NAMES,
    "CheckoutURL": CHECKOUT_URL,
    "Items": _lines(ProductCategories="categories"),
}
_CHECKOUT: Final = {
    "ItemNames": _NAMES,
    "CheckoutURL": [*CHECKOUT_URL, *PAGE],
    "Categories": _of_all("categories"),
    "Items": _lines(ProductCategories="categories"),
}
_ORDER: Final = {
    "OrderId": ORDER_ID,
    "Categories": _of_all("categories"),
    "ItemNames": _NAMES,
    "DiscountCode": DISCOUNT_CODE,
    "DiscountValue": DISCOUNT,
    "Brands": _of_all("brand"),
    "Items": _lines(Categories="categories", Brand="brand"),
    "BillingAddress": _address("billing"),
    "ShippingAddress": _address("shipping"),
}
_ENDED: Final = {**_ORDER, "Reason": REASON}
_ITEMS: Final = {
    "loop": [{"key": "lines"}, {"map": ORDERED}],
    "value": "total",
    "uniqueId": LINE_KEY,
}


def _refund_id() -> list[Raw]:
    """The unique id of a refund: the order's for a full one, an id of its own for a partial one.

    A refund is partial if it is less than the order's total or, if that is unknown, has an id.
    """
    order, own = first_of(*ORDER_ID), first_of(*REFUND_ID, "id", "timestamp")
    amounts = [first_of(*TOTAL), first_of(*REFUND)]
    rest = {"set": amounts, "fn": ["$fn:number", "$fn:subtract"]}
    left = {"set": amounts, "fn": ["$fn:number", "$fn:subtract", "$fn:positive"]}
    return [
        {"set": [_both(order, own), left], "fn": ["$fn:complete", "$fn:first"]},
        {"set": [order, rest], "fn": ["$fn:complete", "$fn:first"]},
        _both(order, first_of(*REFUND_ID)),
        *ORDER_ID,
    ]


def _both(order: Raw, own: Raw) -> Raw:
    return {"set": [order, own], "fn": ["$fn:complete", "$fn:join(/)"]}


def _own(raw: Raw) -> Raw:
    """A deep copy, which the caller may change."""
    if isinstance(raw, dict):
        return {key: _own(member) for key, member in raw.items()}
    return [_own(item) for item in raw] if isinstance(raw, list | tuple) else raw
