"""How long does one transform take, against `json.loads` of the same event's text?

Each case on an event of its own; ratios measured in one process so that a machine's speed cancels
out; the best of many rounds. Run: `python tests/benchmarks/core.py` (`--rounds 50` for steadier
figures, `--stages` for what each stage takes of it).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter_ns
from typing import Any

from walkeros_klaviyo import Plan, parse_config, pipeline, settle
from walkeros_klaviyo.core.klaviyo.calls import Mapped
from walkeros_klaviyo.core.pipeline import enter
from walkeros_klaviyo.core.stages import STAGES

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
BIG_ORDER: dict[str, Any] = {
    **ORDER,
    "nested": [{"entity": "product", "data": {**VIEW["data"], "sku": f"S{n}"}} for n in range(50)],
}
DIRTY: dict[str, Any] = {
    **ORDER,
    "data": {"id": " O-1 ", "total": "1,299.00", "currency": "eur", "coupon": None},
    "user": {"id": "undefined", "email": " Ada@@example.com", "firstName": "  ", "device": "d1"},
    "nested": [None, {"data": {"price": float("nan")}}, "x"],
    "consent": {"marketing": True, "ads": False},
}
RULES = {
    "consent": {"marketing": True},
    "mapping": {
        "product": {
            "view": [
                *({"condition": lambda value, event: False, "ignore": True} for _ in range(20)),
                {"name": "Viewed Product", "data": LINE},
            ]
        }
    },
}
"""Twenty conditions that do not hold, and the rule that is met after them."""
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], float | None]] = {
    "default event": (VIEW, {}, 0.85),
    "mapped order, 3 lines": (ORDER, MAPPED, 1.5),
    "unchanged identify": (VIEW, {"settings": {"identify": TRAITS}}, 1.9),
    "preset, order of 50": (BIG_ORDER, {"settings": {"preset": "ecommerce"}}, None),
    "dirty order": (
        DIRTY,
        {**MAPPED, "settings": {"identify": TRAITS, "anonymousId": "user.device"}},
        None,
    ),
    "21st rule of a list": ({**VIEW, "consent": {"marketing": True}}, RULES, None),
}
"""An event, a configuration, and what is to be reached."""


def best(act: Callable[[], object], rounds: int, number: int = 200) -> float:
    """Microseconds that it takes when nothing else gets between."""
    took = []
    for _ in range(rounds * 10):
        start = perf_counter_ns()
        for _ in range(number):
            act()
        took.append(perf_counter_ns() - start)
    return min(took) / number / 1_000


def ratio(event: dict[str, Any], config: dict[str, Any], rounds: int) -> tuple[float, float]:
    """Microseconds of `json.loads` and of a transform whose profile is known."""
    text = json.dumps(event)
    transform = pipeline(parse_config(config))
    event = json.loads(text)
    plan, state = transform(event)
    assert plan.outcome == "send", plan.diagnostics
    return best(lambda: json.loads(text), rounds), best(lambda: transform(event, state), rounds)


def stages(event: dict[str, Any], raw: dict[str, Any], rounds: int) -> Iterator[tuple[str, float]]:
    """Microseconds of each stage by itself, on what it is given; together they take a little less
    than a transform does, for by itself a stage stays in the processor's cache."""
    config = parse_config(raw)
    transform = pipeline(config)
    gate = enter(config)
    yield "gate", best(lambda: gate(event), rounds)
    entered = gate(event)
    assert not isinstance(entered, Plan)
    seen, rule, original, _ = entered
    made: dict[str, Any] = {}
    for name in ("properties", "identity", "profile", "revenue", "unique_id", "backfill"):
        stage = getattr(STAGES, name)
        yield name, best(partial(stage, rule, seen), rounds)
        made[name], _ = stage(rule, seen)
    mapped = Mapped(
        seen,
        original,
        made["identity"],
        made["properties"],
        made["profile"],
        made["revenue"],
        made["unique_id"],
        made["backfill"],
    )
    for make in STAGES.calls:
        yield make.__name__, best(partial(make, rule, mapped), rounds)
    plan, known = transform.plan(event), transform(event)[1]
    yield "settle", best(lambda: settle(plan, known), rounds)


def main() -> None:
    """Print a row a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--stages", action="store_true", help="what each stage takes, by itself")
    given = parser.parse_args()
    print(f"{'case':<24}{'json.loads':>12}{'transform':>12}{'ratio':>8}{'to reach':>10}")
    for name, (event, config, goal) in CASES.items():
        load, took = ratio(event, config, given.rounds)
        bar = "" if goal is None else f"{goal:.2f}"
        print(f"{name:<24}{load:>9.2f} µs{took:>9.2f} µs{took / load:>8.2f}{bar:>10}", flush=True)
        if given.stages:
            for stage, took in stages(event, config, given.rounds):
                print(f"  {stage:<34}{took:>9.2f} µs")


if __name__ == "__main__":
    main()
