"""Does the schema know what the parser knows, and say what each of it is for?"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from walkeros_klaviyo import ConfigError, parse_config, shop
from walkeros_klaviyo.core import config
from walkeros_klaviyo.core.klaviyo import settings
from walkeros_klaviyo.core.schema import FILE_KEYS, config_schema
from walkeros_klaviyo.core.walkeros import rules as mapping
from walkeros_klaviyo.core.walkeros.value import parse

SCHEMA = config_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
RULE = SCHEMA["$defs"]["rule"]
VALUE = next(shape for shape in SCHEMA["$defs"]["value"]["anyOf"] if "properties" in shape)


def _inside(member: dict[str, Any]) -> dict[str, Any]:
    """The object shape of a member that may also be null or a reference."""
    return next(shape for shape in member["anyOf"] if "properties" in shape)


SETTINGS = _inside(SCHEMA["properties"]["settings"])
RULE_SETTINGS = _inside(RULE["properties"]["settings"])
OBJECTS = {
    "configuration": (SCHEMA, {*config.KEYS, *config.NO_MEANING, *FILE_KEYS}),
    "settings": (SETTINGS, {row.name for row in settings.TABLE.values() if row.text}),
    "rule": (RULE, {*mapping.RULE_KEYS, *mapping.NO_MEANING}),
    "rule settings": (
        RULE_SETTINGS,
        {row.name for row in settings.TABLE.values() if row.rule_text},
    ),
    "mapping value": (VALUE, set(parse.KEYS)),
}


def test_the_schema_is_one_by_its_own_metaschema():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_each_call_builds_its_own_schema():
    changed = config_schema()
    changed["properties"].clear()
    assert config_schema() == SCHEMA


@pytest.mark.parametrize("name", OBJECTS)
def test_schema_and_parser_know_the_same_keys(name):
    shape, known = OBJECTS[name]
    assert set(shape["properties"]) == known
    assert shape["additionalProperties"] is False


@pytest.mark.parametrize("name", OBJECTS)
def test_every_key_has_a_title_and_one_sentence(name):
    shape, _ = OBJECTS[name]
    for key, member in shape["properties"].items():
        description = member["description"]
        assert description.endswith("."), key
        assert ". " not in description, key
        assert member.get("deprecated") or member["title"], key


def test_defaults_are_the_parsers():
    shown = {k: v["default"] for k, v in SETTINGS["properties"].items() if "default" in v}
    assert shown == {"email": "user.email", "externalId": "user.id", "uniqueId": "id"}


def _vectors() -> Iterator[Any]:
    for file in sorted((Path(__file__).parents[1] / "vectors").glob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            case = json.loads(line)
            yield pytest.param(case["config"], id=case["id"])


@pytest.mark.parametrize("raw", list(_vectors()))
def test_the_configuration_of_every_vector_is_valid(raw):
    assert [error.message for error in VALIDATOR.iter_errors(raw)] == []


def test_the_shipped_shop_is_valid():
    raw = tomllib.loads(shop.CONFIG.read_text("utf-8"))
    assert [error.message for error in VALIDATOR.iter_errors(raw)] == []


GOOD: list[dict[str, Any]] = [
    {},
    {"settings": None, "mapping": None, "data": None, "consent": None, "batch": None},
    {"settings": {"currency": "EUR", "backfill": True, "uniqueId": ["data.id", "id"]}},
    {"batch": True},
    {"batch": 0},
    {"batch": {"size": 100}},
    {"disabled": True, "id": "klaviyo", "include": ["nope", "all"]},
    {"loadScript": True, "require": ["consent"]},
    {"mapping": {"*": {"*": {"ignore": True}}, "order": {"complete": [{}, {"silent": True}]}}},
    {"mapping": {"order": {"complete": None}, "page": None}},
    {"mapping": {"a": {"b": {"examples": [1], "batchFn": "x", "skip": True}}}},
    {"data": {"loop": ["nested", {"map": {"SKU": "data.sku"}}]}},
    {"data": {"set": ["a", ["b", "c"]], "consent": {"marketing": True}}},
    {"data": {}, "policy": {"user.city": {"value": None}}, "consent": {}},
    {"mock": {}},
    {"mock": False},
    {"mock": None},
    {"settings": {"email": None, "externalId": None, "kx": ["page.url", "user.kx"]}},
    {"settings": {"clear": True, "currency": ["data.currency", "EUR"]}},
    {"settings": {"clear": ["title", "location.city"]}},
    {"settings": {"preset": "ecommerce", "items": False}},
    {"settings": {"preset": {"name": "ecommerce", "cancelled": "Cancelled Order", "cart": "bag"}}},
    {
        "settings": {
            "items": {
                "name": "Bought Item",
                "loop": ["data.lines", {"map": {"SKU": "sku"}}],
                "data": {"map": {"OrderId": "data.id"}},
                "value": ["total", "price"],
                "uniqueId": "id",
            }
        }
    },
    {"mapping": {"order": {"complete": {"settings": {"items": True}}}}},
    {"data": {"key": "data.c", "fn": ["$fn:split(, )", "$fn:unique"]}},
    {"data": {"key": "data.c", "fn": "$fn:where(entity=product|item)", "value": 0}},
    {"mapping": {"order": {"complete": {"extend": {"name": None}, "settings": {"clear": False}}}}},
    {"queue": {}, "cache": {}, "state": {}, "before": "x", "timeout": 5, "dlqMax": 1},
]


@pytest.mark.parametrize("raw", GOOD)
def test_what_the_parser_takes_is_valid(raw):
    parse_config(raw)
    assert [error.message for error in VALIDATOR.iter_errors(raw)] == []


@pytest.mark.parametrize(
    "raw",
    [
        {"$schema": "./schema.json", "variables": {"a": [1]}, "definitions": {"b": 1}},
        {"settings": {"apiKey": "$secret.KLAVIYO_API_KEY", "currency": "$env.CURRENCY:EUR"}},
        {"mapping": "$var.mapping", "consent": "$var.consent", "include": "$var.include"},
        {"mapping": {"order": {"complete": "$var.rule"}}, "disabled": "$var.off"},
        {"mapping": {"a": {"b": {"condition": "$py:shop.code:is_paid"}}}},
        {"data": {"fn": "$py:shop:Code.tidy", "validate": "$var.check"}},
    ],
)
def test_what_only_a_file_may_say_is_valid(raw):
    assert [error.message for error in VALIDATOR.iter_errors(raw)] == []


@pytest.mark.parametrize(
    "raw",
    [
        [],
        {"setings": {}},
        {"settings": {"emial": "user.email"}},
        {"settings": {"apiKey": "sk_1"}},
        {"settings": {"apiKey": "pk_1 "}},
        {"settings": {"email": ""}},
        {"settings": {"email": 5}},
        {"settings": {"items": "nested"}},
        {"settings": {"items": {"lop": []}}},
        {"settings": {"items": {"loop": ["nested"]}}},
        {"settings": {"items": {"name": " "}}},
        {"settings": {"subscribe": {}}},
        {"settings": {"preset": "ecomerce"}},
        {"settings": {"preset": {}}},
        {"settings": {"preset": {"name": "ecommerce", "cart": ""}}},
        {"settings": {"preset": {"name": "ecommerce", "cart": "a b"}}},
        {"settings": {"preset": {"name": "ecommerce", "cart": 5}}},
        {"settings": {"preset": {"name": "ecommerce", "canceled": "X"}}},
        {"mapping": {"order": {"complete": {"settings": {"preset": "ecommerce"}}}}},
        {"mapping": []},
        {"mapping": {"order": []}},
        {"mapping": {"order": {"complete": "Placed Order"}}},
        {"mapping": {"order": {"complete": [None]}}},
        {"mapping": {"order": {"complete": {"nmae": "Placed Order"}}}},
        {"mapping": {"order": {"complete": {"name": ""}}}},
        {"mapping": {"order": {"complete": {"name": "  "}}}},
        {"mapping": {"order": {"complete": {"name": "x" * 128}}}},
        {"mapping": {"order": {"complete": {"ignore": "yes"}}}},
        {"mapping": {"order": {"complete": {"remove": "Shop"}}}},
        {"mapping": {"order": {"complete": {"remove": [""]}}}},
        {"mapping": {"order": {"complete": {"settings": {"valeu": "data.total"}}}}},
        {"mapping": {"order": {"complete": {"settings": {"items": "nested"}}}}},
        {"mapping": {"order": {"complete": {"condition": "data.x"}}}},
        {"data": {"keys": "a"}},
        {"data": {"key": 5}},
        {"data": {"map": {"a": None}}},
        {"data": {"map": {"a": {"keys": "x"}}}},
        {"data": {"map": {"a": "b..c"}}},
        {"data": {"loop": "nested"}},
        {"data": {"loop": ["nested"]}},
        {"data": {"loop": ["nested", "a", "b"]}},
        {"data": {"set": "a"}},
        {"data": {"fn": "tidy"}},
        {"data": {"key": "data.c", "fn": "$fn:flaten"}},
        {"data": {"key": "data.c", "fn": []}},
        {"data": {"key": "data.c", "fn": ["$fn:split()"]}},
        {"data": "$fn:sum"},
        {"data": {"consent": {"marketing": "yes"}}},
        {"data": "$code:(event) => 1"},
        {"data": "$store.cache"},
        {"consent": {"marketing": 1}},
        {"consent": ["marketing"]},
        {"include": "globals"},
        {"include": [5]},
        {"policy": {"a.*.b": "x"}},
        {"policy": {"": "x"}},
        {"policy": {"a": None}},
        {"batch": -1},
        {"batch": "5"},
        {"id": 5},
        {"disabled": "no"},
        {"settings": {"clear": []}},
        {"settings": {"clear": "title"}},
        {"settings": {"clear": [1]}},
        {"mapping": {"order": {"complete": {"extend": "order"}}}},
        {"mapping": {"order": {"complete": {"settings": {"email": None}}}}},
    ],
)
def test_what_the_parser_refuses_is_not_valid(raw):
    with pytest.raises(ConfigError):
        parse_config(raw)
    assert not VALIDATOR.is_valid(raw)
