"""Do aimed events hit, and does what fails shrink to something a person can read?"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from property_tests.generated.values import mapping_values

from walkeros_klaviyo import ABSENT, STAGES, Config, parse_config, pipeline
from walkeros_klaviyo.core.walkeros.value import MappingValue, mapping_value, tree
from walkeros_klaviyo.core.walkeros.value.walk import members_of
from walkeros_klaviyo.shell.config import read_config
from walkeros_klaviyo.verify.laws import Breach, Tracking, check_law
from walkeros_klaviyo.verify.laws.law import law
from walkeros_klaviyo.verify.reads import mappings_of
from walkeros_klaviyo.verify.strategies import events, events_for, streams_for
from walkeros_klaviyo.verify.strategies.aim import aim_at
from walkeros_klaviyo.verify.strategies.reads import reads

SHOP = Path(pipeline.__code__.co_filename).parents[1] / "shop" / "shop.toml"


def is_dear(value: Any, event: Any) -> bool:
    return bool(event["data"]["total"] > 100)


def is_new(value: Any, event: Any) -> bool:
    return event.get("user", {}).get("tier") in {"new", "guest"}


CONFIGS: dict[str, Any] = {
    "lists": {
        "mapping": {
            "order": {
                "complete": [
                    {"name": "Dear Order", "condition": is_dear},
                    {"name": "First Order", "condition": is_new},
                    {"name": "Placed Order"},
                ],
                "*": {"name": "Something Else"},
            },
            "*": {"*": {"name": "Anything"}},
        }
    },
    "deep": {
        "settings": {
            "externalId": "globals.customer.account.number",
            "email": ["user.contact.mail", "data.mail"],
            "uniqueId": {"key": "custom.order.reference"},
        },
        "mapping": {
            "cart": {
                "view": {
                    "settings": {"value": {"key": "custom.cart.sum.gross", "value": 0}},
                    "data": {
                        "map": {
                            "Lines": {
                                "loop": ["nested", {"map": {"Sku": "data.id", "Tax": "data.t.x"}}]
                            },
                            "Names": "nested.*.data.names.0",
                            "Step": "context.shopping.0",
                        }
                    },
                }
            }
        },
    },
    "values": {
        "data": {
            "map": {
                "Both": {"set": ["data.a", "data.b"]},
                "Either": ["data.c", ["data.d", "data.e"]],
                "This": {"loop": ["this", {"map": {"X": "data.f"}}]},
                "Asked": {"key": "data.g", "validate": lambda value, event: value == "ok"},
                "Where": {"key": "data.h", "condition": lambda value, event: event["x"]["y"] == 7},
                "Allowed": {"key": "data.i", "consent": {"ads": True}},
            }
        },
        "include": ["globals", "context"],
    },
    "policies": {
        "consent": {"marketing": True, "functional": True},
        "policy": {"data.city": "user.address.city", "custom.kind": {"value": "web"}},
        "mapping": {
            "form": {
                "submit": {
                    "consent": {"newsletter": True},
                    "policy": {"data.list": "globals.list"},
                    "data": {"map": {"City": "data.city", "List": "data.list"}},
                    "settings": {"identify": {"map": {"location": {"map": {"city": "data.city"}}}}},
                },
                "view": {"ignore": True},
                "open": {"silent": True},
            }
        },
    },
    "nothing": {},
}
NAMES = ("shop", *CONFIGS)


def configuration(name: str) -> Config:
    """The shipped shop's configuration, or one of those above."""
    return read_config(SHOP) if name == "shop" else parse_config(CONFIGS[name])


def examples(strategy: Any, wanted: Callable[[Any], bool], count: int = 300) -> Any:
    """The first of three times so many examples that is wanted, or None; in nine short runs."""
    quick = settings(
        max_examples=count // 3,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for seed in range(9):
        try:
            return find(strategy, wanted, settings=quick, random=Random(seed))
        except NoSuchExample:
            continue
    return None


def leaves(value: MappingValue) -> dict[str, MappingValue]:
    """A mapping value and its members, by where they stand."""
    found = {value.where: value}
    for key, member in members_of(value.tree).items():
        found |= leaves(MappingValue(f"{value.where}.{key}", member))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_aimed_events_meet_every_rule_and_every_value(name: str) -> None:
    """Each rule is met; each mapped value is there once, and once it is not."""
    config = configuration(name)
    met: set[str | None] = set()
    defined: dict[str, set[bool]] = defaultdict(set)
    granted: set[bool] = set()
    answers = {True} if config.consent is None else {True, False}
    seen, enough = count(1), list[Any]()

    def lacks() -> list[Any]:
        """What has not been met yet; it is asked for now and then, for that takes long."""
        never = {where for where, values in defined.items() if values == {False}}
        always = {where for where, values in defined.items() if values == {True}}
        one_sided = {where for where in always if not is_always(where, config)}
        return [*({rule.label for rule in config.rules} - met), *never, *one_sided]

    def note(event: Any) -> bool:
        def select(rule: Any, mapped: Any) -> Any:
            for value in mappings_of(rule):
                for where, one in leaves(value).items():
                    defined[where].add(one(mapped) is not ABSENT)
            return STAGES.properties(rule, mapped)

        plan = pipeline(config, evolve(STAGES, properties=select)).plan(event)
        met.add(plan.rule)
        granted.add(plan.outcome != "denied")
        is_due = next(seen) % 50 == 0
        if is_due and granted >= answers and not lacks():
            enough.append(event)
        return bool(enough)

    examples(events_for(config, BASES.get(name, ())), note)
    assert lacks() == []
    assert granted == answers


def is_always(where: str, config: Config) -> bool:
    """Constants, defaults, maps, sets and policies always yield something."""
    values = {
        at: one.tree
        for rule in (config.default, *config.rules)
        for value in mappings_of(rule)
        for at, one in leaves(value).items()
    }
    node = values[where]
    return any(
        isinstance(one, tree.Constant | tree.Object | tree.Items | tree.Loop)
        or (isinstance(one, tree.Path) and one.default is not ABSENT)
        for one in (node, *tree.children(node))
    )


def order(**more: Any) -> dict[str, Any]:
    return {"name": "order complete", "timestamp": 1_795_518_160_712, **more}


BASES: dict[str, list[dict[str, Any]]] = {
    "lists": [
        order(data={"total": 250}, user={"id": "u1", "tier": "old"}),
        order(data={"total": 20}, user={"id": "u2", "tier": "new"}),
        order(data={"total": 20}, user={"id": "u3", "tier": "old"}),
    ],
    "values": [order(data={"g": "ok"}, x={"y": 7}), order(data={"g": "bad"}, x={"y": 8})],
}
"""What the functions of a configuration look for; nothing else tells of it."""


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("condition", [is_dear, is_new])
def test_conditions_come_out_both_ways(condition: Any, wanted: bool) -> None:
    """And so of one base event, which is varied."""

    def says(event: Any) -> bool:
        try:
            return condition(event, event) is wanted
        except (KeyError, TypeError, AttributeError):
            return False

    for base in BASES["lists"]:
        other = {**base, "data": {"total": 101}, "user": {"tier": "guest"}}
        assert examples(events_for(CONFIGS["lists"], [base, other]), says) is not None


def test_base_events_are_varied_and_left_as_they_are() -> None:
    base = [order(data={"sum": 7, "lines": [{"sku": "A"}]}, consent={"ads": True})]
    before = json.dumps(base)
    seen = set()

    def note(event: Any) -> bool:
        data = event.get("data")
        event["ours"] = event.get("user")  # a test may do with it as it likes
        if isinstance(data, dict) and isinstance(data.get("lines"), list):
            data["lines"].clear()
        seen.add(json.dumps(data.get("sum", "gone")) if isinstance(data, dict) else "no data")
        return False

    examples(events_for({}, base), note)
    assert {"7", '"gone"'} < seen and len(seen) > 4
    assert json.dumps(base) == before


def keys_in(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(keys_in, value.values()))
    return sum(map(keys_in, value)) if isinstance(value, list) else 0


def test_what_fails_shrinks_to_a_handful_of_keys() -> None:
    @law("nobody said so")
    def nothing_has_a_price(tracking: Tracking, event: Any) -> Iterator[Breach]:
        "Nothing has a price."
        call = tracking.plan(event).event
        if call is not None and "Price" in call.properties:
            yield Breach("it has one", call)

    found = check_law(nothing_has_a_price, configuration("shop"), 400, seed=1)
    assert found is not None and found.path == "mapping.product.view"
    assert found.call is not None and "Price" in found.call.attributes["properties"]
    assert keys_in(found.shown) <= 8, json.dumps(found.shown)
    assert list(found.shown["data"]) == ["price"]


def test_streams_hold_few_visitors_who_come_again() -> None:
    config = configuration("deep")
    plan = pipeline(config).plan

    def interleaved(stream: list[Any]) -> bool:
        keys = [plan(event).keys for event in stream]
        return len(keys) > 2 and keys[0] == keys[2] != keys[1] and () not in keys[:3]

    assert examples(streams_for(config), interleaved) is not None
    assert examples(streams_for(config), lambda stream: len(stream) > 1 and stream[0] == stream[1])


@pytest.mark.parametrize("version", [3, 4])
def test_events_have_the_shape_of_their_version(version: int) -> None:
    shape = {3: "count", 4: "url"}[version]
    seen = examples(
        events(version),
        lambda event: shape in event or shape in event.get("source", {}),
    )
    assert seen is not None
    assert examples(events(version, "dirty"), lambda event: pipeline_refuses(event)) is not None


WANTED: dict[str, Callable[[Any], bool]] = {
    "refund": lambda event: event["name"] == "order refund" and event["data"]["total"] < 0,
    "huge amount": lambda event: event["data"]["total"] > 10**11,
    "guest": lambda event: event["user"]["id"] == "guest",
    "nobody": lambda event: event["user"]["id"].startswith("00000000-"),
}


def is_there(name: str, event: Any) -> bool:
    with suppress(KeyError, TypeError, AttributeError):
        return WANTED[name](event)
    return False


@pytest.mark.parametrize("name", WANTED)
def test_there_are_refunds_huge_amounts_and_guests(name: str) -> None:
    """Of refunds, those that give money back."""
    base = events(name=st.just("order refund")) if name == "refund" else ()
    assert examples(events_for({}, base), lambda event: is_there(name, event), 600) is not None


@pytest.mark.whole
def test_there_are_refunds_though_nothing_aims_at_them() -> None:
    """They are rare where neither a rule nor an event of one's own names them."""
    assert examples(events_for({}), lambda event: is_there("refund", event), 6_000) is not None


def pipeline_refuses(event: Any) -> bool:
    return pipeline(parse_config({})).plan(event).outcome in ("invalid", "unidentified")


def test_a_configuration_as_written_and_as_parsed_are_aimed_at_alike() -> None:
    for name in CONFIGS:
        raw, parsed = CONFIGS[name], configuration(name)
        assert reads(raw) == reads(parsed)
        assert [one.names for one in aim_at(raw).targets] == [
            one.names for one in aim_at(parsed).targets
        ]


def test_every_mapping_value_compiles() -> None:
    def compiles(raw: Any) -> bool:
        mapping_value(raw)({"data": {"id": 1}})
        return False

    examples(mapping_values(), compiles, 100)
