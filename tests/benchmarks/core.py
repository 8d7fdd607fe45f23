"""How long does one transform take, against `json.loads` of the same event's text?

Three cases, each on an event of its own; ratios measured in one process so that a machine's speed
cancels out; the median of rounds. Run: `python tests/benchmarks/core.py` (`--rounds 50` for
steadier figures).
"""

from __future__ import annotations

import argparse
import json
from statistics import median
from time import perf_counter_ns
from typing import Any

from walkeros_klaviyo import parse_config, pipeline

ORDER: dict[str, Any] = {
    "name": "order complete",
    "data": {"id": "O-90210", "total": 1299.0, "currency": "EUR", "shipping": 4.9, "coupon": ""},
    "context": {"shopping": ["complete", 0]},
    "globals": {"lang": "de", "pagegroup": "shop"},
    "custom": {"completely": "random"},
    "user": {"id": "us3r", "email": "ada@example.com", "firstName": "Ada", "lastName": "Roe"},
    "nested": [
        {
            "entity": "product",
            "data": {
                "id": f"P{n}",
                "sku": f"SKU-{n}",
                "name": f"Ruck {n}",
                "price": 420.5,
                "quantity": n,
            },
            "context": {"shopping": ["complete", 0]},
            "nested": [],
        }
        for n in (1, 2, 3)
    ],
    "consent": {"functional": True, "marketing": True},
    "id": "a1b2c3d4e5f60102",
    "trigger": "load",
    "entity": "order",
    "action": "complete",
    "timestamp": 1795518160712,
    "timing": 3.14,
    "source": {
        "type": "browser",
        "platform": "web",
        "schema": "4",
        "url": "https://shop.example/thanks",
        "count": 1,
        "trace": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    },
}
VIEW: dict[str, Any] = {
    "name": "product view",
    "data": {"id": "P1", "sku": "SKU-1", "name": "Ruck 1", "price": 420.5},
    "globals": {"lang": "de", "pagegroup": "shop"},
    "user": {"id": "us3r", "email": "ada@example.com", "firstName": "Ada", "lastName": "Roe"},
    "consent": {"functional": True, "marketing": True},
    "id": "a1b2c3d4e5f60102",
    "trigger": "load",
    "entity": "product",
    "action": "view",
    "timestamp": 1795518160712,
    "timing": 3.14,
    "source": {
        "type": "browser",
        "platform": "web",
        "url": "https://shop.example/ruck-1",
        "count": 7,
    },
}
"""What a shop sends most: some 550 bytes."""
LINE = {
    "map": {
        "ProductID": "data.id",
        "SKU": "data.sku",
        "ProductName": "data.name",
        "Quantity": "data.quantity",
        "ItemPrice": "data.price",
    }
}
MAPPED = {
    "consent": {"marketing": True},
    "settings": {"currency": "EUR"},
    "mapping": {
        "order": {
            "complete": {
                "name": "Placed Order",
                "data": {
                    "map": {
                        "OrderId": "data.id",
                        "ItemNames": "nested.*.data.name",
                        "Items": {"loop": ["nested", LINE]},
                        "Language": "globals.lang",
                    }
                },
                "settings": {
                    "value": "data.total",
                    "currency": "data.currency",
                    "uniqueId": "data.id",
                },
            }
        }
    },
}
TRAITS = {
    "map": {
        "firstName": "user.firstName",
        "lastName": "user.lastName",
        "locale": "globals.lang",
        "properties": {"map": {"plan": {"key": "user.plan", "value": "free"}}},
    }
}
CASES = {
    "default event": (VIEW, {}, 0.85),
    "mapped order, 3 lines": (ORDER, MAPPED, 1.5),
    "unchanged identify": (VIEW, {"settings": {"identify": TRAITS}}, 1.9),
}


def ratio(
    event: dict[str, Any], config: dict[str, Any], rounds: int, number: int = 2_000
) -> tuple[float, float, float]:
    """Median microseconds of `json.loads` and of a transform, and the median of their ratios."""
    text = json.dumps(event)
    transform = pipeline(parse_config(config))
    event = json.loads(text)
    state = transform(event)[1]
    loads, transforms = [], []
    for _ in range(rounds):
        start = perf_counter_ns()
        for _ in range(number):
            json.loads(text)
        middle = perf_counter_ns()
        for _ in range(number):
            transform(event, state)
        end = perf_counter_ns()
        loads.append((middle - start) / number / 1_000)
        transforms.append((end - middle) / number / 1_000)
    ratios = [b / a for a, b in zip(loads, transforms, strict=True)]
    return median(loads), median(transforms), median(ratios)


def main() -> None:
    """Print a row a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    rounds = parser.parse_args().rounds
    print(f"{'case':<24}{'json.loads':>12}{'transform':>12}{'ratio':>8}{'to reach':>10}")
    for name, (event, config, goal) in CASES.items():
        load, took, times = ratio(event, config, rounds)
        print(f"{name:<24}{load:>9.2f} µs{took:>9.2f} µs{times:>8.2f}{goal:>10.2f}")


if __name__ == "__main__":
    main()
