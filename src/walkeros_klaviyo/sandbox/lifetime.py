"""How much has a customer spent?

The placed orders, less those canceled or fully refunded, which have the same unique_id. A partial
refund has a unique_id of its own and removes no order.
Source: Klaviyo's guide for platforms without a pre-built integration, Canceled and Refunded Order.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from attrs import Factory, define

from .account import MAPPED

PLACED: Final = MAPPED["revenue"]
TAKES_OUT: Final = frozenset({"Canceled Order", "Cancelled Order", MAPPED["refunded_sales"]})


@define
class Lifetime:
    """The orders of all customers, by profile and unique_id."""

    placed: dict[tuple[str, str], tuple[Decimal, str]] = Factory(dict)
    gone: set[tuple[str, str]] = Factory(set)

    def take(self, profile_id: str, metric: str, attributes: dict[str, Any]) -> None:
        """Note a recorded event, if it is about an order."""
        order = (profile_id, str(attributes.get("unique_id")))
        if metric in TAKES_OUT:
            self.gone.add(order)
        elif metric == PLACED and attributes.get("value") is not None:
            currency = attributes.get("value_currency") or ""
            self.placed[order] = Decimal(repr(attributes["value"])), currency

    def values(self, known_as: Callable[[str], str]) -> dict[str, dict[str, float]]:
        """Amounts by profile and currency; `known_as` maps a merged profile to its successor."""
        gone = {(known_as(profile), order) for profile, order in self.gone}
        sums: dict[str, dict[str, Decimal]] = {}
        for (profile, order), (value, currency) in self.placed.items():
            owner = known_as(profile)
            spent = sums.setdefault(owner, {})
            counted = Decimal(0) if (owner, order) in gone else value
            spent[currency] = spent.get(currency, Decimal(0)) + counted
        return {
            owner: {currency: float(value) for currency, value in spent.items()}
            for owner, spent in sums.items()
        }
