"""Is the shipped shop what its description promises?"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from walkeros_klaviyo import parse_config, pipeline, scan, shop
from walkeros_klaviyo.core.klaviyo.currencies import CURRENCIES

Event = dict[str, Any]


def _generator() -> ModuleType:
    """The script beside this file, which is no module of a package."""
    path = Path(__file__).with_name("generate_shop.py")
    spec = spec_from_file_location("generate_shop", path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate_shop = _generator()
TEXT = shop.EVENTS.read_text("utf-8")
LINES = TEXT.removesuffix("\n").split("\n")
DAY: list[Event] = [json.loads(line) for line in LINES]
CONFIG: dict[str, Any] = tomllib.loads(shop.CONFIG.read_text("utf-8"))
ORDERS = [event for event in DAY if event["entity"] == "order"]


# --- The file ------------------------------------------------------------------------------------


def test_the_shipped_day_is_what_the_generator_writes():
    assert generate_shop.to_jsonl(generate_shop.events()).encode() == shop.EVENTS.read_bytes()


def test_the_generator_depends_on_its_seed_alone():
    assert generate_shop.events(1) == generate_shop.events(1)
    assert generate_shop.events(1) != generate_shop.events(2)


@pytest.mark.parametrize("seed", range(20))
def test_prices_add_up_whatever_the_seed(seed):
    orders = [event for event in generate_shop.events(seed) if event["entity"] == "order"]
    assert [order["id"] for order in orders if not adds_up(order)] == []


def test_the_day_is_of_a_size_to_ship():
    assert 400 <= len(LINES) <= 500
    assert len(TEXT.encode()) < 500_000


def test_every_line_is_compact_json_in_its_own_script():
    for line, event in zip(LINES, DAY, strict=True):
        assert line == json.dumps(event, ensure_ascii=False, separators=(",", ":"))


# --- The events ----------------------------------------------------------------------------------


def test_every_event_has_the_shape_of_walkeros_4():
    for event in DAY:
        optional = {"custom", "timestamp"}
        assert set(event) - optional == {
            "name", "data", "context", "globals", "user", "nested", "consent",
            "id", "trigger", "entity", "action", "timing", "source",
        }  # fmt: skip
        assert event["name"] == f"{event['entity']} {event['action']}"
        assert re.fullmatch("[0-9a-f]{16}", event["id"])
        assert re.fullmatch("[0-9a-f]{32}", event["source"]["trace"])
        assert event["source"]["schema"] == "4"
        assert all(type(granted) is bool for granted in event["consent"].values())


def test_events_stand_in_the_order_of_time_and_on_one_day():
    times = [event["timestamp"] for event in DAY if "timestamp" in event]
    assert times == sorted(times)
    assert generate_shop.at(0, 0) <= times[0] and times[-1] < generate_shop.at(24, 0)


def test_ids_are_unique_but_for_the_event_that_came_twice():
    twice = [(id_, n) for id_, n in Counter(event["id"] for event in DAY).items() if n > 1]
    assert twice == [(DAY[lines_where(DIRT["the same event twice"])[0] - 1]["id"], 2)]


def test_every_kind_of_event_happens():
    assert {event["name"] for event in DAY} == {
        "page view", "product view", "product add", "checkout start", "order complete",
        "order refund", "order cancel", "user login", "newsletter signup", "debug noise",
    }  # fmt: skip


def test_four_languages_and_four_currencies_are_spoken():
    assert {event["globals"]["lang"] for event in DAY} == {"de", "en", "fr", "ja"}
    currencies = {event["data"]["currency"] for event in DAY if "currency" in event["data"]}
    assert currencies & CURRENCIES == {"EUR", "GBP", "JPY", "USD"}
    assert {"Ümit", "Zoë", "花子"} <= {event["user"].get("firstName") for event in DAY}


def test_most_consent_to_marketing_and_the_rest_decline_in_every_way():
    most = sum(event["consent"].get("marketing", False) for event in DAY)
    assert most > 0.8 * len(DAY)
    for declined in ({}, {"functional": True}, {"marketing": False}):
        assert declined in [event["consent"] for event in DAY]


def test_many_visitors_are_known_by_their_device_only():
    anonymous = [event for event in DAY if not {"id", "email", "phone"} & set(event["user"])]
    assert 0.2 * len(DAY) < len(anonymous) < 0.4 * len(DAY)
    assert any(event["consent"].get("marketing") for event in anonymous)


def test_guests_are_known_by_mail_or_telephone_only():
    guests = [event["user"] for event in ORDERS if "id" not in event["user"]]
    assert any("email" in user and "phone" not in user for user in guests)
    assert any("phone" in user and "email" not in user for user in guests)


def test_someone_logs_in_twice_with_nothing_new_to_say():
    logins = [event for event in DAY if event["name"] == "user login"]
    assert any(a["data"] == b["data"] and a["user"] == b["user"] for a, b in pairwise(logins))


def test_nobody_can_be_reached_by_mail():
    for event in DAY:
        domain = event["user"].get("email", "x@example.com").rpartition("@")[2]
        assert domain in {"example", "example.com", "example.org"} or domain.endswith(".example")


# --- The money -----------------------------------------------------------------------------------


def dec(amount: object) -> Decimal:
    return Decimal(str(amount).replace(",", ""))


def adds_up(order: Event) -> bool:
    lines = [line["data"] for line in order["nested"]]
    data = order["data"]
    goods = sum(dec(line["price"]) * line["quantity"] for line in lines)
    return (
        bool(lines)
        and all(dec(line["total"]) == dec(line["price"]) * line["quantity"] for line in lines)
        and dec(data["total"]) == goods + dec(data["shipping"]) - dec(data["discount"])
    )


def test_every_order_is_the_sum_of_its_lines_and_shipping_less_the_discount():
    assert len(ORDERS) > 25
    assert [order["id"] for order in ORDERS if not adds_up(order)] == []
    assert any(order["data"]["discount"] for order in ORDERS)
    assert any(order["data"]["shipping"] for order in ORDERS)


def test_a_cart_is_the_sum_of_its_lines():
    for event in DAY:
        if event["name"] == "checkout start":
            total = sum(dec(line["data"]["total"]) for line in event["nested"])
            assert dec(event["data"]["total"]) == total


def test_yen_are_whole_and_never_taken_for_cents():
    yen = [event["data"] for event in DAY if event["data"].get("currency") == "JPY"]
    prices = [data[key] for data in yen for key in ("price", "total") if key in data]
    assert all(type(price) is int and price >= 2_000 for price in prices)


def test_cancel_and_refund_are_of_orders_placed_before():
    placed: dict[str, Event] = {}
    for event in DAY:
        if event["name"] == "order complete":
            placed[event["data"].get("id")] = event
        elif event["name"] == "order cancel":
            assert event["data"]["total"] == placed[event["data"]["id"]]["data"]["total"]
        elif event["name"] == "order refund":
            assert event["data"]["total"] < placed[event["data"]["id"]]["data"]["total"]


# --- The dirt ------------------------------------------------------------------------------------


def _twice(event: Event) -> bool:
    return DAY.count(event) > 1


def _order(says: Callable[[Event], bool]) -> Callable[[Event], bool]:
    return lambda event: event["name"] == "order complete" and says(event)


DIRT: dict[str, Callable[[Event], bool]] = {
    "the same event twice": _twice,
    "a national phone number: 0151 23456789": lambda e: e["user"].get("phone") == "0151 23456789",
    "a total as text, but a clean one: 89.90": _order(lambda e: e["data"]["total"] == "89.90"),
    "an order without an id": _order(lambda e: "id" not in e["data"]),
    "a null inside an order's line, which loses that only": _order(
        lambda e: any(None in line["data"].values() for line in e["nested"])
    ),
    "a bad email: ada@@example": lambda e: e["user"].get("email") == "ada@@example",
    "a total with a comma: 1,299.00": lambda e: e["data"].get("total") == "1,299.00",
    "an unknown currency: EURO": lambda e: e["data"].get("currency") == "EURO",
    "no timestamp, so no event at all": lambda e: "timestamp" not in e,
}


def lines_where(says: Callable[[Event], bool]) -> list[int]:
    return [number for number, event in enumerate(DAY, 1) if says(event)]


def told() -> dict[str, list[int]]:
    """The table of the package's docstring: what, on which lines."""
    rows = re.findall(r"^ {4}(\d+(?:, \d+)*) +(.+)$", shop.__doc__ or "", re.MULTILINE)
    return {what: [int(number) for number in numbers.split(", ")] for numbers, what in rows}


@pytest.mark.parametrize("what", DIRT)
def test_the_planted_dirt_lies_where_the_docstring_says(what):
    assert lines_where(DIRT[what]) == told()[what]


def test_the_docstring_tells_of_no_other_dirt():
    assert set(told()) == set(DIRT)


def test_dirt_falls_only_on_events_that_would_be_sent():
    """Else consent would stop it, and nobody would see what becomes of it."""
    for says in DIRT.values():
        assert all(DAY[line - 1]["consent"].get("marketing") for line in lines_where(says))


def test_the_doubled_event_is_the_same_to_the_byte():
    first, second = (LINES[line - 1] for line in lines_where(_twice))
    assert first == second


def test_a_product_name_holds_emoji_and_quotes():
    assert any(event["data"].get("name") == 'Sunrise 🌄 "Summit" Mug' for event in DAY)


# --- The configuration ---------------------------------------------------------------------------


def paths(value: object, base: str = "") -> Iterator[str]:
    """Every path that a mapping value reads, those of a loop's items as list paths."""
    if isinstance(value, str):
        yield base + value
    elif isinstance(value, list):
        for one in value:
            yield from paths(one, base)
    elif isinstance(value, dict):
        if "key" in value:
            yield base + value["key"]
        for one in value.get("map", {}).values():
            yield from paths(one, base)
        if "loop" in value:
            source, item = value["loop"]
            (at,) = paths(source, base)
            yield at
            yield from paths(item, f"{at}.*.")


def found(value: Any, path: str) -> bool:
    """Does the path lead anywhere?"""
    if not path:
        return value is not None
    key, _, rest = path.partition(".")
    if key == "*":
        return isinstance(value, list) and any(found(item, rest) for item in value)
    if isinstance(value, list):
        return key.isdigit() and int(key) < len(value) and found(value[int(key)], rest)
    return isinstance(value, dict) and key in value and found(value[key], rest)


def readings() -> Iterator[tuple[str, str, str]]:
    """(entity, action, path): what the configuration reads, and from which events."""
    settings = CONFIG["settings"]
    fields = ("externalId", "email", "phoneNumber", "identify")
    everywhere = [settings[field] for field in fields]
    for path in paths([*everywhere, CONFIG["data"], *CONFIG["policy"].values()]):
        yield "*", "*", path
    for entity, actions in CONFIG["mapping"].items():
        for action, rule in actions.items():
            for path in paths([rule.get("data", {}), *rule.get("settings", {}).values()]):
                yield entity, action, path


@pytest.mark.parametrize(("entity", "action", "path"), list(readings()))
def test_what_the_configuration_reads_is_there_in_some_event(entity, action, path):
    matching = [e for e in DAY if entity in ("*", e["entity"]) and action in ("*", e["action"])]
    assert any(found(event, path) for event in matching)


def test_every_event_has_a_rule_and_every_rule_an_event():
    names = {(event["entity"], event["action"]) for event in DAY}
    rules = {(entity, action) for entity, rules in CONFIG["mapping"].items() for action in rules}
    assert {(e, a) if (e, a) in rules else (e, "*") for e, a in names} == rules


def test_the_metrics_are_klaviyos_and_the_rest_named_plainly():
    metrics = [rule.get("name") for rules in CONFIG["mapping"].values() for rule in rules.values()]
    assert Counter(filter(None, metrics)) == Counter(
        [
            "Viewed Page", "Viewed Product", "Added to Cart", "Started Checkout", "Placed Order",
            "Canceled Order", "Refunded Order", "Signed Up for Newsletter",
        ]
    )  # fmt: skip


def test_no_secret_and_no_code_is_in_the_configuration():
    text = json.dumps(CONFIG)
    assert "apiKey" not in text and "pk_" not in text
    assert "$py:" not in text and "$code:" not in text


# --- Both together -------------------------------------------------------------------------------

PLANS = [plan for plan, _ in scan(pipeline(parse_config(CONFIG)), DAY)]


def test_the_day_shows_every_outcome_but_refused():
    outcomes = {plan.outcome for plan in PLANS}
    assert outcomes == {"send", "unchanged", "ignored", "denied", "unidentified", "invalid"}


def test_the_configuration_draws_no_warning():
    assert parse_config(CONFIG).warnings == ()


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("a bad email: ada@@example", "email.invalid"),
        ("a total with a comma: 1,299.00", "revenue.not-a-number"),
        ("an unknown currency: EURO", "currency.unknown"),
        ("no timestamp, so no event at all", "event.timestamp"),
    ],
)
def test_dirt_is_named_where_it_lies_and_nowhere_else(what, code):
    named = [n for n, plan in enumerate(PLANS, 1) if code in {d.code for d in plan.diagnostics}]
    assert named == lines_where(DIRT[what])


def test_what_only_looks_like_dirt_is_used():
    phone, total = (
        PLANS[lines_where(DIRT[what])[0] - 1].calls[-1].body["data"]["attributes"]
        for what in (
            "a national phone number: 0151 23456789",
            "a total as text, but a clean one: 89.90",
        )
    )
    assert phone["profile"]["data"]["attributes"]["phone_number"] == "+4915123456789"
    assert (total["value"], total["value_currency"]) == (89.9, "EUR")


def test_the_doubled_order_counts_once():
    first, second = (PLANS[line - 1].calls[-1] for line in lines_where(_twice))
    assert first.body == second.body
    assert first.body["data"]["attributes"]["unique_id"].startswith("O-")
