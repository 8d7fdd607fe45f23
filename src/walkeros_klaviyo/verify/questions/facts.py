"""What is known of shops, events and Klaviyo's metrics, and how much proves something?

Source: Klaviyo's guide for platforms without a pre-built integration, and its shop connectors.
"""

from __future__ import annotations

from typing import Final

KLAVIYO: Final = (
    "Active on Site",
    "Viewed Product",
    "Added to Cart",
    "Started Checkout",
    "Checkout Started",
    "Placed Order",
    "Ordered Product",
    "Fulfilled Order",
    "Fulfilled Partial Order",
    "Confirmed Shipment",
    "Delivered Shipment",
    "Marked Out for Delivery",
    "Canceled Order",
    "Cancelled Order",
    "Refunded Order",
    "Subscribed to List",
    "Unsubscribed from List",
)
"""Metrics that Klaviyo's own flows, reports and templates know, in their exact spelling."""
ORDER: Final = "Placed Order"
REFUND: Final = "Refunded Order"
REVERSALS: Final = ("Canceled Order", "Cancelled Order", REFUND)
"""Metrics that take an order back."""

OF_ONE_EVENT: Final = (
    *("id", "timestamp", "timing", "trigger", "count", "name", "action"),
    *("source.count", "source.trace"),
)
"""Parts of an event that differ from one event of a visitor to the next."""
OF_A_DEVICE: Final = ("user.device", "user.session", "user.hash", "user.userAgent")
"""Parts that name a browser."""
OF_MANY_EVENTS: Final = (
    *("name", "entity", "action", "trigger", "source.url", "source.type", "source.id"),
    *("globals.lang", "globals.language", "globals.market", "globals.country"),
    *("globals.currency", "globals.locale"),
    *("user.id", "user.email", "user.phone", "user.language", *OF_A_DEVICE),
)
"""Parts that many events of a visitor share."""

MOSTLY: Final = 0.5
"""More than this part of the events must be bad before the configuration is to blame."""
FEW: Final = 3
"""Fewer than this prove nothing."""
VISIT_MS: Final = 30 * 60 * 1000
"""Milliseconds after which the same page is not the same page loaded again."""
