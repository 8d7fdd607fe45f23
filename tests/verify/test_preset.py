"""Is a sound shop under the preset left in peace, and an unsound one told what is wrong?"""

from __future__ import annotations

from typing import Any

import pytest
from tests.verify.tries import tries

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.verify.check import check

Json = dict[str, Any]
NOW = 1_793_350_800_000
PRESET: Json = {"settings": {"preset": "ecommerce", "currency": "EUR"}}
LINE = {"id": "P1", "sku": "T-1", "name": "Tent", "price": 20, "quantity": 2, "category": "Tents"}
CONFIGS: dict[str, Json] = {
    "alone": PRESET,
    "extended": {
        **PRESET,
        "mapping": {
            "order": {"complete": {"extend": {"data": {"map": {"Gift": "data.gift"}}}}},
            "product": {"view": {"remove": ["CompareAtPrice"]}},
        },
    },
    "items alone": {
        "settings": {"currency": "EUR"},
        "mapping": {
            "order": {
                "complete": {
                    "name": "Placed Order",
                    "settings": {"value": "data.total", "uniqueId": "data.id", "items": True},
                }
            }
        },
    },
}


def sample() -> list[Json]:
    """A shop's events, each as it should be."""
    names = ["product view", "product add", "checkout start", "order complete"]
    names += ["order fulfill", "order cancel", "order refund"]
    return [
        {
            "name": name,
            "id": f"e{number}-{at}",
            "timestamp": NOW + number * 60_000 + at,
            "user": {"id": f"u{number}"},
            "data": LINE
            if name.startswith("product")
            else {"id": f"O-{number}", "total": 40 + number, "currency": "EUR", "gift": True},
            "nested": []
            if name.startswith("product")
            else [{"entity": "product", "data": {**LINE, "price": 20 + number / 2}}],
            "source": {"type": "browser", "url": "https://shop.example/"},
        }
        for number in range(12)
        for at, name in enumerate(names)
    ]


@pytest.mark.parametrize("name", CONFIGS)
def test_a_sound_shop_is_left_in_peace(name: str) -> None:
    config = parse_config(CONFIGS[name])
    report = check(config, enumerate(sample(), 1), examples=tries(30))
    assert [str(one) for one in report.findings] == []


def test_what_the_sample_loses_is_told_under_the_preset_too() -> None:
    events = sample()
    for number, one in enumerate(events):
        if one["name"] == "order complete" and number < 20:
            one["data"] = {**one["data"], "total": "1,299.00"}
    report = check(parse_config(PRESET), enumerate(events, 1), examples=10)
    found = {(one.code, one.path) for one in report.findings}
    assert ("loss.order", "preset.order.complete.settings.value") in found
    (shown,) = (one.example for one in report.findings if one.code == "loss.order")
    assert shown is not None
    assert shown.call is not None
    metric = shown.call[1]["data"]["attributes"]["metric"]["data"]["attributes"]["name"]
    assert metric == "Placed Order"  # and not one of its lines
