"""Where does the event of a shop usually hold what?

Mapping values as a file has them, of which the preset and `items: true` are built. walkerOS nests
an order's products as entities; other shops send a list of plain objects, as for Google Analytics.
Both become the same lines here, whose own fields are read by their names alone.
Source: walkerOS event model, versions 3 and 4; GA4's recommended events.
"""

from __future__ import annotations

from typing import Any, Final

Raw = Any
"""A mapping value as a file has it."""


def first_of(*options: Raw, otherwise: Raw = None) -> dict[str, Raw]:
    """The first that is there, also where a list would go by what is truthy.

    >>> first_of("quantity", "qty", otherwise=1)
    {'set': ['quantity', 'qty'], 'fn': '$fn:first', 'value': 1}
    """
    given = {"set": [*options], "fn": "$fn:first"}
    return given if otherwise is None else {**given, "value": otherwise}


def in_data(*names: str) -> list[str]:
    """Names of fields as paths in an event's data.

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
"""A product, or a line of an order: by one name for each of its fields, where else it may stand."""
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
"""The page that the event is of: version 4, and version 3, which has it as the source's id."""
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
"""What a shop may call a list of lines in the event's data."""


def lines_of(product: str) -> dict[str, Raw]:
    """An order's or a cart's lines, each as a plain object.

    Nested products, those nested in a nested cart, or a list in the event's data.
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
"""The properties of an Ordered Product, and which of a product's fields each is."""
LINE_KEY: Final = ("key", "sku", "id")
"""What tells one line from another: its own id, else what was bought."""
ORDERED_PRODUCT: Final[dict[str, Raw]] = {
    "name": "Ordered Product",
    "loop": [lines_of("product"), {"map": {name: PRODUCT[of] for name, of in ORDERED.items()}}],
    "data": {"map": {"OrderId": ORDER_ID}},
    "value": PRODUCT["total"],
    "uniqueId": [option for field in LINE_KEY for option in PRODUCT[field]],
}
"""What `items: true` says."""
