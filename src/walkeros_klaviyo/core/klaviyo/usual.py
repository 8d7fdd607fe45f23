"""Where does a shop's event usually hold each field?

Mapping values in JSON form, from which the preset and `items: true` are built. walkerOS nests an
order's products as entities; other shops send a list of plain objects, as for Google Analytics.
Both are turned into the same lines, whose fields are then read by name alone.
Source: walkerOS event model, versions 3 and 4; GA4's recommended events.
"""

from __future__ import annotations

from typing import Any, Final

Raw = Any
"""A mapping value as JSON, as in a file."""


def first_of(*options: Raw, otherwise: Raw = None) -> dict[str, Raw]:
    """The first defined option, even within a list (where a nested list takes the first truthy).

    >>> first_of("quantity", "qty", otherwise=1)
    {'set': ['quantity', 'qty'], 'fn': '$fn:first', 'value': 1}
    """
    given = {"set": [*options], "fn": "$fn:first"}
    return given if otherwise is None else {**given, "value": otherwise}


def in_data(*names: str) -> list[str]:
    """Field names as paths into an event's data.

    >>> in_data("id", "sku")
    ['data.id', 'data.sku']
    """
    return [f"data.{name}" for name in names]


_PRICE: Final = ["price", "unitPrice", "unit_price", "itemPrice", "item_price"]
PRODUCT: Final[dict[str, Raw]] = {
    "key": ["lineId", "line_id", "lineItemId", "line_item_id"],
    "id": ["id", "productId", "product_id", "item_id"],
    "sku": ["sku", "SKU", "variantSku", "variant_sku", "item_sku"],
    "name": ["name", "title", "productName", "product_name", "item_name"],
    "categories": {
        "set": ["categories", "category", "item_category"],
        "fn": ["$fn:first", "$fn:flatten", "$fn:unique"],
    },
    "brand": ["brand", "vendor", "manufacturer", "item_brand"],
    "image": ["image", "imageUrl", "imageURL", "image_url"],
    "url": ["url", "productUrl", "productURL", "product_url", "link"],
    "price": _PRICE,
    "compareAtPrice": [
        *("compareAtPrice", "compare_at_price", "listPrice", "list_price"),
        *("originalPrice", "original_price"),
    ],
    "quantity": ["quantity", "qty"],
    "total": [
        *("total", "rowTotal", "row_total", "lineTotal", "line_total"),
        {
            "set": [first_of(*_PRICE), first_of("quantity", "qty", otherwise=1)],
            "fn": ["$fn:number", "$fn:multiply"],
        },
    ],
}
"""The fields of a product or an order line, each with the names under which shops send it."""
ORDER_ID: Final = in_data(
    *("id", "orderId", "order_id", "transactionId", "transaction_id"),
    *("orderNumber", "order_number"),
)
TOTAL: Final = in_data(
    "total", "value", "revenue", "grandTotal", "grand_total", "totalPrice", "total_price"
)
CART_TOTAL: Final = in_data("cartTotal", "cart_total", "cartValue", "cart_value")
CURRENCY: Final = [
    *in_data("currency", "currencyCode", "currency_code"),
    *("globals.currency", "context.currency.0", "nested.0.data.currency"),
]
REFUND: Final = in_data(
    *("refund", "refunded", "refundAmount", "refund_amount", "refundTotal", "refund_total"),
    *("refundedAmount", "refunded_amount", "amount"),
)
REFUND_ID: Final = in_data("refundId", "refund_id")
REASON: Final = in_data("reason", "cancelReason", "cancel_reason", "refundReason", "refund_reason")
DISCOUNT_CODE: Final = in_data(
    *("discountCode", "discount_code", "coupon", "couponCode", "coupon_code"),
    *("voucher", "promoCode", "promo_code"),
)
DISCOUNT: Final = in_data(
    "discountValue", "discount_value", "discount", "discountAmount", "discount_amount"
)
CHECKOUT_URL: Final = [
    *in_data("checkoutUrl", "checkoutURL", "checkout_url"),
    "globals.checkoutUrl",
]
PAGE: Final = ["source.url", {"key": "source.id", "fn": "$fn:url"}]
"""The URL of the event's page: in version 4, and in version 3, which has it as the source's id."""
ADDRESS: Final[dict[str, Raw]] = {
    "FirstName": ["firstName", "first_name"],
    "LastName": ["lastName", "last_name"],
    "Address1": ["address1", "street", "line1", "address_1"],
    "City": ["city", "town"],
    "RegionCode": ["regionCode", "region_code", "provinceCode", "province_code", "region", "state"],
    "CountryCode": ["countryCode", "country_code", "country"],
    "Zip": {
        "set": ["zip", "postalCode", "postal_code", "postcode"],
        "fn": ["$fn:first", "$fn:text"],
    },
    "Phone": ["phone", "phoneNumber", "phone_number"],
}

LISTS: Final = ("items", "products", "lines", "lineItems", "line_items")
"""What shops call the list of order lines in the event's data."""


def lines_of(product: str) -> dict[str, Raw]:
    """The lines of an order or a cart, each as a plain object.

    Read from nested products, those in a nested cart, or a list in the event's data.
    """
    products = [f"$fn:where(entity={product})", "$fn:get(*.data)", "$fn:flatten"]
    deeper = {"fn": ["$fn:get(nested.*.nested)", "$fn:flatten", *products]}
    return first_of({"key": "nested", "fn": products}, deeper, *in_data(*LISTS))


ORDERED: Final = {
    "ProductID": "id",
    "SKU": "sku",
    "ProductName": "name",
    "Quantity": "quantity",
    "ProductURL": "url",
    "ImageURL": "image",
    "Categories": "categories",
    "ProductBrand": "brand",
}
"""The properties of an Ordered Product, each with the product field it comes from."""
LINE_KEY: Final = ("key", "sku", "id")
"""What distinguishes the lines of an order: the line's own id, else what was bought."""
ORDERED_PRODUCT: Final[dict[str, Raw]] = {
    "name": "Ordered Product",
    "loop": [lines_of("product"), {"map": {name: PRODUCT[of] for name, of in ORDERED.items()}}],
    "data": {"map": {"OrderId": ORDER_ID}},
    "value": PRODUCT["total"],
    "uniqueId": [option for field in LINE_KEY for option in PRODUCT[field]],
}
"""The meaning of `items: true`."""
