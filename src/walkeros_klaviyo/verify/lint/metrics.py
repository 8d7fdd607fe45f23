"""Is it one of Klaviyo's metrics, or only nearly so?

Source: Klaviyo's guide for platforms without a pre-built integration, and its shop connectors.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from typing import Final

from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.verify.findings import Finding

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


def lint_metric(rule: KlaviyoRule, names: Collection[str]) -> Iterator[Finding]:
    """Is the rule's metric, or the event's own name in its place, nearly one of Klaviyo's?

    Where another rule of the configuration (`names`: their metrics) has Klaviyo's name, another
    form of its words is no slip: a click on "Place Order" is another thing.
    """
    if rule.name is None:
        name = rule.label.partition("[")[0] if rule.label else ""
        yield from near_own_name(name, rule.where)
        return
    where = f"{rule.where}.name"
    near = near_metric(rule.name)
    if near is not None and not (near in names and _is_another_form(rule.name, near)):
        yield Finding(
            "metric.near", where, f'"{rule.name}" is nearly Klaviyo\'s "{near}"', f'name = "{near}"'
        )


def _is_another_form(name: str, near: str) -> bool:
    """Do only the endings of words differ?

    >>> near = "Placed Order"
    >>> _is_another_form("Place Order", near), _is_another_form("Palced Order", near)
    (True, False)
    """
    words, others = _words(name), _words(near)
    return words != others and all(
        one in (other, f"{other}s") or other in (f"{one}d", f"{one}ed")
        for one, other in zip(words, others, strict=True)
    )


def near_own_name(name: str, where: str) -> Iterator[Finding]:
    """An event that goes under its own name: are its words those of one of Klaviyo's metrics?

    >>> [one.remedy for one in near_own_name("order placed", "mapping.order.placed")]
    ['name = "Placed Order"']
    >>> [*near_own_name("order complete", "mapping.order.complete")]
    []
    """
    words = sorted(_words(name))
    near = next((one for one in KLAVIYO if sorted(_words(one)) == words), None)
    if near is not None and near != name:
        message = f'the event\'s own name "{name}" is nearly Klaviyo\'s "{near}"'
        yield Finding("metric.near", where, message, f'name = "{near}"')


def near_metric(name: str) -> str | None:
    """The metric of Klaviyo's that a name is nearly, or None.

    >>> near_metric("Placed order"), near_metric("Palced Order"), near_metric("Placed Order")
    ('Placed Order', 'Placed Order', None)
    >>> near_metric("Add to Cart"), near_metric("Viewed Page"), near_metric("Placed B2B Order")
    ('Added to Cart', None, None)
    >>> near_metric("Order Placed"), near_metric("Product Viewed"), near_metric("Page Viewed")
    ('Placed Order', 'Viewed Product', None)
    """
    if name in KLAVIYO:
        return None
    plain = {one: _plain(one) for one in KLAVIYO}
    wanted = _plain(name)
    same = next((one for one in KLAVIYO if plain[one] == wanted), None)
    if same is not None:
        return same
    words = _words(name)
    turned = (one for one in KLAVIYO if sorted(_words(one)) == sorted(words))
    return next(turned, None) or next((one for one in KLAVIYO if _is_nearly(words, one)), None)


def _words(name: str) -> list[str]:
    return re.findall(r"\w+", name.casefold().replace("_", " "))


def _is_nearly(words: list[str], name: str) -> bool:
    """Word by word: one more, or another one, makes another metric."""
    others = _words(name)
    return len(words) == len(others) and all(map(is_slip, words, others))


def is_slip(word: str, other: str) -> bool:
    """The same word but for one slip of a finger, or its ending.

    >>> is_slip("palced", "placed"), is_slip("add", "added"), is_slip("products", "product")
    (True, True, True)
    >>> is_slip("refused", "refunded"), is_slip("page", "product"), is_slip("funded", "refunded")
    (False, False, False)
    """
    if other in (word, f"{word}d", f"{word}ed"):
        return True
    if len(other) < 4 or abs(len(word) - len(other)) > 1:
        return False
    at = next(
        (i for i, pair in enumerate(zip(word, other, strict=False)) if len(set(pair)) > 1), 99
    )
    a, b = word[at:], other[at:]
    swapped = a[1::-1] + a[2:] if len(a) > 1 else a
    return b in (a[1:], swapped) or a in ("", b[1:]) or a[1:] in (b, b[1:])


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
