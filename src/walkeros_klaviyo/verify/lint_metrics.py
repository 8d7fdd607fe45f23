"""Is it one of Klaviyo's metrics, or only nearly so?

Source: Klaviyo's guide for platforms without a pre-built integration, and its shop connectors.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
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


def near_metric(name: str) -> str | None:
    """The metric of Klaviyo's that a name is nearly, or None.

    >>> near_metric("Placed order"), near_metric("Palced Order"), near_metric("Placed Order")
    ('Placed Order', 'Placed Order', None)
    >>> near_metric("Add to Cart"), near_metric("Viewed Page"), near_metric("Reordered Product")
    ('Added to Cart', None, None)
    """
    if name in KLAVIYO:
        return None
    plain = {one: _plain(one) for one in KLAVIYO}
    wanted = _plain(name)
    same = next((one for one in KLAVIYO if plain[one] == wanted), None)
    if same is not None:
        return same
    ratio, near = max((_likeness(wanted, plain[one]), one) for one in KLAVIYO)
    return near if ratio >= ALIKE else None


ALIKE: Final = 0.86
"""Letters in common of all letters: between "Add to Cart" (0.90) and "Returned Order" (0.85)."""


def _likeness(one: str, other: str) -> float:
    """A word with something before it is another word: reordered, unfulfilled."""
    if one.endswith(other) and one != other:
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _plain(name: str) -> str:
    """Without case, spaces and signs.

    >>> _plain("placed_order "), _plain("PlacedOrder")
    ('placedorder', 'placedorder')
    """
    return "".join(filter(str.isalnum, name.casefold()))


def nearest(word: str, known: Iterable[str], cutoff: float = 0.7) -> str | None:
    """The nearest of some names, if one is near.

    >>> nearest("order completed", ["order complete", "page view"]), nearest("x", ["page view"])
    ('order complete', None)
    """
    found = tuple(known)
    lowered = {one.lower(): one for one in found}
    near = get_close_matches(word.lower(), lowered, n=1, cutoff=cutoff)
    return lowered[near[0]] if near else None
