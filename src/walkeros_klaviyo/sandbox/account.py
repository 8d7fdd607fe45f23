"""Which account does the sandbox have?

A test account with mapped shop metrics, so that a configuration can be checked against it.
Source: Get Accounts, Get Mapped Metrics.
"""

from __future__ import annotations

from typing import Any, Final

from attrs import frozen

MAPPED: Final = {
    "revenue": "Placed Order",
    "ordered_product": "Ordered Product",
    "refunded_sales": "Refunded Order",
    "cancelled_sales": "Cancelled Order",
    "started_checkout": "Started Checkout",
    "added_to_cart": "Added to Cart",
    "viewed_product": "Viewed Product",
}
_SINCE: Final = "2026-01-01T00:00:00+00:00"


@frozen
class Account:
    """The account's data."""

    id: str = "SaNdBx"
    currency: str = "EUR"
    timezone: str = "Europe/Berlin"
    locale: str = "en-US"
    organization: str = "Sandbox shop"


def accounts(account: Account, host: str) -> dict[str, Any]:
    """The answer of Get Accounts."""
    return {
        "data": [
            {
                "type": "account",
                "id": account.id,
                "attributes": {
                    "test_account": True,
                    "contact_information": {
                        "default_sender_name": account.organization,
                        "default_sender_email": "shop@example.com",
                        "website_url": "https://shop.example.com",
                        "organization_name": account.organization,
                        "street_address": {
                            "address1": None,
                            "address2": None,
                            "city": None,
                            "region": None,
                            "country": None,
                            "zip": None,
                        },
                    },
                    "industry": "Ecommerce",
                    "timezone": account.timezone,
                    "preferred_currency": account.currency,
                    "public_api_key": account.id,
                    "locale": account.locale,
                },
                "links": {"self": f"{host}/api/accounts/{account.id}"},
            }
        ],
        "links": {"self": f"{host}/api/accounts"},
    }


def mapped_metrics(host: str) -> dict[str, Any]:
    """The answer of Get Mapped Metrics, the metrics included."""
    ids = {name: f"MTRC{place:02d}" for place, name in enumerate(MAPPED.values(), 1)}
    return {
        "data": [
            {
                "type": "mapped-metric",
                "id": use,
                "attributes": {"updated": _SINCE},
                "relationships": {
                    "metric": {
                        "data": {"type": "metric", "id": ids[name]},
                        "links": {
                            "self": f"{host}/api/mapped-metrics/{use}/relationships/metric",
                            "related": f"{host}/api/mapped-metrics/{use}/metric",
                        },
                    }
                },
                "links": {"self": f"{host}/api/mapped-metrics/{use}"},
            }
            for use, name in MAPPED.items()
        ],
        "included": [
            {
                "type": "metric",
                "id": ids[name],
                "attributes": {
                    "name": name,
                    "created": _SINCE,
                    "updated": _SINCE,
                    "integration": {"object": "integration", "id": "0rG4eQ", "name": "API"},
                },
                "links": {"self": f"{host}/api/metrics/{ids[name]}"},
            }
            for name in ids
        ],
        "links": {"self": f"{host}/api/mapped-metrics"},
    }
