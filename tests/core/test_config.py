"""What does the configuration say? Every kind of fault, all at once, each with its path."""

from __future__ import annotations

import json
import pickle
from collections import OrderedDict
from copy import deepcopy
from threading import Lock
from typing import Any

import pytest
from tests.core.make import codes, event_with, faults_of, plan_of, with_rule

from walkeros_klaviyo import ConfigError, mapping_value, parse_config, pipeline
from walkeros_klaviyo.core.config import KEYS, NO_MEANING
from walkeros_klaviyo.core.faults import REFERENCES, Findings, did_you_mean, join
from walkeros_klaviyo.core.klaviyo.settings import TABLE
from walkeros_klaviyo.core.walkeros.properties import SECTIONS
from walkeros_klaviyo.core.walkeros.rules import NO_MEANING as RULE_NO_MEANING
from walkeros_klaviyo.core.walkeros.rules import RULE_KEYS
from walkeros_klaviyo.core.walkeros.user_code import parse_code
from walkeros_klaviyo.core.walkeros.value.walk import constant_of

VALUES = {row.name: name for name, row in TABLE.items() if row.text and row.is_value}
RULE_SETTINGS = {row.name: name for name, row in TABLE.items() if row.rule_text}
RULE = "mapping.order.complete"
FULL: dict[str, Any] = {
    "settings": {
        "apiKey": "pk_secret",
        "email": "user.mail",
        "phoneNumber": "user.phone",
        "phoneRegion": "DE",
        "externalId": "user.customer",
        "anonymousId": "user.device",
        "kx": "user.kx",
        "identify": {"map": {"firstName": "user.first"}},
        "currency": "EUR",
        "uniqueId": "data.uid",
        "backfill": "data.history",
        "clear": ["firstName"],
        "items": {"name": "Bought Item"},
        "lists": ["Y6nRLr"],
        "patch": {"append": {"sizes": "data.size"}},
        "preset": {"name": "ecommerce", "cancelled": "Cancelled Order"},
    },
    "consent": {"marketing": True},
    "data": {"map": {"a": "data.a"}},
    "include": ["globals"],
    "policy": {"user.city": "data.city"},
    "batch": {"size": 100},
    "id": "klaviyo",
    "disabled": False,
    "mock": None,
    "verify": {"known": ["metric.near:mapping.order.complete.name"]},
    "mapping": {
        "order": {
            "complete": [
                {
                    "name": "Placed Order",
                    "data": "data",
                    "include": ["user"],
                    "remove": ["id"],
                    "policy": {"data.x": "data.y"},
                    "consent": {"functional": True},
                    "condition": lambda value, event: True,
                    "batch": 500,
                    "ignore": False,
                    "silent": False,
                    "settings": {
                        "identify": {"map": {"title": "user.title"}},
                        "value": "data.total",
                        "currency": "data.currency",
                        "uniqueId": "data.id",
                        "backfill": False,
                        "clear": True,
                        "items": True,
                        "lists": "data.list",
                        "patch": {"unset": ["cart"]},
                        "subscribe": {"channels": {"sms": "data.texts"}, "source": "Shop"},
                        "unsubscribe": {"channels": ["email"], "list": "Y6nRLr"},
                    },
                }
            ]
        }
    },
}


def test_a_configuration_with_every_key_is_good() -> None:
    """Each key of the design is known, and none gives a warning."""
    config = parse_config(FULL)
    assert config.warnings == ()
    assert set(FULL) == set(KEYS)
    assert set(FULL["settings"]) == {
        *("apiKey", "clear", "items", "lists", "patch", "preset"),
        *VALUES,
    }
    rule = FULL["mapping"]["order"]["complete"][0]
    assert set(rule) == set(RULE_KEYS) - {"skip", "extend"}
    assert set(rule["settings"]) == set(RULE_SETTINGS)


@pytest.mark.parametrize(
    ("verify", "path"),
    [
        (5, "verify"),
        ({"knwon": []}, "verify.knwon"),
        ({"known": "metric.near"}, "verify.known"),
        ({"known": [1]}, "verify.known"),
    ],
)
def test_what_verify_knows_is_a_list_of_strings(verify: Any, path: str) -> None:
    """And nothing at all where it is left out."""
    with pytest.raises(ConfigError) as error:
        parse_config({"verify": verify})
    assert [fault.path for fault in error.value.faults] == [path]
    assert parse_config({"verify": {"known": ["rule.unmet"]}}).known == ("rule.unmet",)
    assert parse_config({"verify": {}}).known == parse_config({"verify": None}).known == ()


def test_an_empty_configuration_is_good_and_has_the_defaults() -> None:
    config = parse_config({})
    assert (config.warnings, config.rules, config.consent, config.batch) == ((), (), None, None)
    assert (config.id, config.disabled, config.policy) == (None, False, ())
    settings = config.settings
    defaults = (settings.email, settings.external_id, settings.unique_id)
    assert [one.reads if one else None for one in defaults] == ["user.email", "user.id", "id"]
    assert settings.phone_number is settings.currency is settings.identify is None


@pytest.mark.parametrize("key", KEYS)
def test_null_is_as_good_as_missing(key: str) -> None:
    """A configuration that is put together from parts may hold nulls."""
    assert parse_config({key: None}) == parse_config({})


IDENTIFIERS = {row.name: row.default for row in TABLE.values() if row.is_identifier}


@pytest.mark.parametrize(
    "key", [key for key in ("apiKey", "clear", *VALUES) if IDENTIFIERS.get(key) is None]
)
def test_a_null_setting_is_the_default(key: str) -> None:
    """Where the default is a path to somebody, null is its switch; see below."""
    assert parse_config({"settings": {key: None}}) == parse_config({})


@pytest.mark.parametrize("key", IDENTIFIERS)
def test_a_null_switches_an_identifier_off(key: str) -> None:
    """The only way to say that there is none where a default would find one."""
    settings = parse_config({"settings": {key: None}}).settings
    assert getattr(settings, VALUES[key]) is None
    assert VALUES[key] not in dict(settings.identifiers)
    default = parse_config({}).settings
    assert (VALUES[key] in dict(default.identifiers)) == (IDENTIFIERS[key] is not None)


def test_the_identifiers_are_those_of_the_design() -> None:
    expected = {"email": "user.email", "externalId": "user.id"}
    off = dict.fromkeys(("phoneNumber", "anonymousId", "kx"))
    assert {**expected, **off} == IDENTIFIERS


@pytest.mark.parametrize("key", sorted({*RULE_KEYS} - {"extend"}))
def test_a_null_in_a_rule_is_as_good_as_missing(key: str) -> None:
    assert parse_config(with_rule({key: None})).rules == parse_config(with_rule({})).rules


@pytest.mark.parametrize("key", RULE_SETTINGS)
def test_a_null_setting_of_a_rule_is_the_destinations(key: str) -> None:
    """Also of those that null would switch off: a rule has no identifiers of its own."""
    below = {"settings": {"currency": "EUR", "identify": "user", "clear": True, "backfill": True}}
    rules = [
        parse_config({**below, **with_rule({"settings": one})}).rules for one in ({key: None}, {})
    ]
    assert rules[0] == rules[1]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [(None, "null"), (7, "a number"), ("x", "a string"), ([{}], "a list"), (True, "a boolean")],
)
def test_a_configuration_is_an_object(raw: Any, kind: str) -> None:
    assert faults_of(raw) == {"": f"expected an object, got {kind}"}


# Unknown keys, at every level


@pytest.mark.parametrize(
    ("config", "path", "nearest"),
    [
        ({"setings": {}}, "setings", "settings"),
        ({"mappings": {}}, "mappings", "mapping"),
        ({"Consent": {}}, "Consent", "consent"),
        ({"settings": {"emial": "x"}}, "settings.emial", "email"),
        ({"settings": {"api_key": "pk_1"}}, "settings.api_key", "apiKey"),
        ({"settings": {"phone_number": "x"}}, "settings.phone_number", "phoneNumber"),
        ({"settings": {"externalID": "x"}}, "settings.externalID", "externalId"),
        (with_rule({"nmae": "x"}), f"{RULE}.nmae", "name"),
        (with_rule({"removes": []}), f"{RULE}.removes", "remove"),
        (with_rule({"settings": {"valeu": "x"}}), f"{RULE}.settings.valeu", "value"),
        (with_rule({"settings": {"unique_id": "x"}}), f"{RULE}.settings.unique_id", "uniqueId"),
        (with_rule([{}, {"nmae": "x"}]), f"{RULE}[1].nmae", "name"),
        ({"data": {"maps": {}}}, "data.maps", "map"),
        (with_rule({"data": {"keys": "x"}}), f"{RULE}.data.keys", "key"),
        ({"data": {"map": {"a": {"vaule": 1}}}}, "data.map.a.vaule", "value"),
        ({"data": {"loop": ["x", {"mpa": {}}]}}, "data.loop[1].mpa", "map"),
        ({"data": {"set": [{"consnet": {}}]}}, "data.set[0].consnet", "consent"),
        ({"policy": {"user.x": {"condtion": 1}}}, "policy.user.x.condtion", "condition"),
        (
            {"settings": {"identify": {"map": {"title": {"validat": 1}}}}},
            "settings.identify.map.title.validat",
            "validate",
        ),
    ],
)
def test_an_unknown_key_is_a_fault_with_the_nearest_name(
    config: dict[str, Any], path: str, nearest: str
) -> None:
    """A misspelt key would otherwise do nothing, in silence."""
    faults = faults_of(config)
    assert faults[path] == f'unknown key; did you mean "{nearest}"?'
    assert list(faults) == [path]


def test_a_key_that_is_near_to_nothing_gets_the_known_names() -> None:
    assert faults_of({"xyzzy": 1}) == {"xyzzy": f"unknown key; known here: {', '.join(KEYS)}"}
    assert did_you_mean("xyzzy", []) == ""


def test_the_known_names_are_those_that_are_taken() -> None:
    """Not those of settings to come, which are refused."""
    for path, config in (
        ("settings", {"settings": {"xyzzy": 1}}),
        (
            "mapping.order.complete.settings",
            {"mapping": {"order": {"complete": {"settings": {"xyzzy": 1}}}}},
        ),
    ):
        names = faults_of(config)[f"{path}.xyzzy"].partition("known here: ")[2].split(", ")
        assert "currency" in names


@pytest.mark.parametrize(
    "rule",
    [
        {"name": "Subscribed"},
        {"name": "Subscribed", "data": {"map": {}}, "zzz": 1},
        {"nmae": "Subscribed"},
        [{"name": "Subscribed"}],
        {"view": {"name": "Subscribed"}},
    ],
)
def test_a_rule_under_an_events_whole_name_is_told_where_it_belongs(rule: Any) -> None:
    """No event has such an entity."""
    message = "rules are nested, by entity and action: write mapping.newsletter.signup"
    assert faults_of({"mapping": {"newsletter signup": rule}}) == {
        "mapping.newsletter signup": message
    }


def test_an_unknown_setting_of_the_destination_is_a_fault() -> None:
    assert "settings.settings.value" in faults_of({"settings": {"settings.value": "x"}})


@pytest.mark.parametrize(
    ("key", "meant"),
    [("unsubscribe", ""), ("unsubscrib", 'unknown key; did you mean "unsubscribe"? It ')],
)
def test_a_rules_setting_at_the_destination_is_told_where_it_belongs(key: str, meant: str) -> None:
    message = f"{meant}belongs to a rule: write it under mapping, in the settings of one"
    assert faults_of({"settings": {key: "x"}}) == {f"settings.{key}": message}


@pytest.mark.parametrize(
    ("key", "meant"),
    [("apiKey", ""), ("phoneregion", 'unknown key; did you mean "phoneRegion"? It ')],
)
def test_the_destinations_setting_in_a_rule_is_told_where_it_belongs(key: str, meant: str) -> None:
    message = f"{meant}belongs to the destination: write it in its settings, beside mapping"
    assert faults_of(with_rule({"settings": {key: "x"}})) == {f"{RULE}.settings.{key}": message}


# Wrong types

METRIC = "expected a metric's name of 1 to 127 characters"
CONSENT = 'expected states to be granted, e.g. {"marketing": true}'
INCLUDE = 'expected a list of sections, e.g. ["globals", "user"]'
BATCH = 'expected true, milliseconds, or an object such as {"size": 1000}'
VALUE = "expected a path, an object or a list"
FUNCTION = (
    "expected a function (value, event), got a string; "
    'in a file, write "$py:package.module:function" and pass --allow-python'
)


@pytest.mark.parametrize(
    ("config", "path", "message"),
    [
        ({"settings": []}, "settings", "expected an object, got a list"),
        ({"settings": "pk_secret"}, "settings", "expected an object, got a string"),
        ({"mapping": []}, "mapping", "expected entities, got a list"),
        (
            {"mapping": {"order": "x"}},
            "mapping.order",
            'expected actions such as "view", got a string',
        ),
        (with_rule("x"), RULE, "expected a rule, an object, got a string"),
        (with_rule(True), RULE, "expected a rule, an object, got a boolean"),
        (with_rule([{}, None]), f"{RULE}[1]", "expected a rule, an object, got null"),
        (with_rule({"settings": "x"}), f"{RULE}.settings", "expected an object, got a string"),
        (with_rule({"name": 7}), f"{RULE}.name", METRIC),
        (with_rule({"name": ""}), f"{RULE}.name", METRIC),
        (with_rule({"name": " "}), f"{RULE}.name", METRIC),
        (with_rule({"name": "x" * 128}), f"{RULE}.name", METRIC),
        (with_rule({"ignore": "yes"}), f"{RULE}.ignore", "expected true or false, got a string"),
        (with_rule({"silent": 1}), f"{RULE}.silent", "expected true or false, got a number"),
        (with_rule({"extend": "x"}), f"{RULE}.extend", "expected a rule, got a string"),
        (with_rule({"extend": [{}]}), f"{RULE}.extend", "expected a rule, got a list"),
        (with_rule({"skip": 1}), f"{RULE}.skip", "expected true or false, got a number"),
        (
            with_rule({"skip": "x", "silent": True}),
            f"{RULE}.skip",
            "expected true or false, got a string",
        ),
        (with_rule({"condition": "x"}), f"{RULE}.condition", FUNCTION),
        (with_rule({"consent": "x"}), f"{RULE}.consent", CONSENT),
        (with_rule({"include": "user"}), f"{RULE}.include", INCLUDE),
        (with_rule({"include": [1]}), f"{RULE}.include", INCLUDE),
        (
            with_rule({"remove": "x"}),
            f"{RULE}.remove",
            'expected a list of paths, e.g. ["Items.0"], got a string',
        ),
        (with_rule({"remove": [7]}), f"{RULE}.remove[0]", "expected a path, got a number"),
        (with_rule({"policy": []}), f"{RULE}.policy", "expected paths and values, got a list"),
        (with_rule({"batch": "x"}), f"{RULE}.batch", BATCH),
        (with_rule({"data": 7}), f"{RULE}.data", f"{VALUE}, got a number"),
        ({"data": True}, "data", f"{VALUE}, got a boolean"),
        ({"include": {}}, "include", INCLUDE),
        ({"consent": ["marketing"]}, "consent", CONSENT),
        ({"consent": {"marketing": 1}}, "consent", CONSENT),
        ({"policy": "x"}, "policy", "expected paths and values, got a string"),
        (
            {"policy": {"a.*.b": "x"}},
            "policy.a.*.b",
            'a policy sets one path; "*" is not possible here',
        ),
        ({"batch": -1}, "batch", BATCH),
        ({"batch": float("nan")}, "batch", BATCH),
        ({"batch": float("inf")}, "batch", BATCH),
        ({"batch": [1]}, "batch", BATCH),
        ({"id": 7}, "id", "expected a string, got a number"),
        ({"disabled": "false"}, "disabled", "expected true or false, got a string"),
        ({"settings": {"email": 7}}, "settings.email", f"{VALUE}, got a number"),
        ({"settings": {"currency": 978}}, "settings.currency", f"{VALUE}, got a number"),
        ({"settings": {"email": True}}, "settings.email", f"{VALUE}, got a boolean"),
    ],
)
def test_a_wrong_type_is_a_fault_that_says_what_is_expected(
    config: dict[str, Any], path: str, message: str
) -> None:
    assert faults_of(config) == {path: message}


def test_a_metrics_name_may_have_127_characters() -> None:
    """Klaviyo's own bound."""
    assert faults_of(with_rule({"name": "x" * 127})) == {}


@pytest.mark.parametrize(
    ("mapping", "paths"),
    [
        ({"page": None, "order": {"complete": 7}}, [RULE]),
        ({"page": 7, "order": {"complete": 7}}, ["mapping.page", RULE]),
        ({"order": {"view": None, "complete": 7}}, [RULE]),
    ],
)
def test_what_stands_behind_a_null_or_a_fault_is_read_too(
    mapping: dict[str, Any], paths: list[str]
) -> None:
    """No entity hides the next one."""
    assert list(faults_of({"mapping": mapping})) == paths


# Empty paths


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"data": ""}, "data"),
        ({"data": {"key": ""}}, "data.key"),
        ({"data": {"map": {"a": ""}}}, "data.map.a"),
        ({"data": {"loop": ["", "x"]}}, "data.loop[0]"),
        ({"data": {"loop": ["x", ""]}}, "data.loop[1]"),
        ({"data": {"set": [""]}}, "data.set[0]"),
        ({"data": ["x", ""]}, "data[1]"),
        ({"policy": {"": "x"}}, "policy."),
        ({"policy": {"a": ""}}, "policy.a"),
        ({"settings": {"email": ""}}, "settings.email"),
        (with_rule({"remove": [""]}), f"{RULE}.remove[0]"),
        (with_rule({"settings": {"value": ""}}), f"{RULE}.settings.value"),
    ],
)
def test_an_empty_path_is_a_fault(config: dict[str, Any], path: str) -> None:
    """In the reference it yields the whole event, with all its personal data."""
    faults = faults_of(config)
    assert [one.rstrip(".") for one in faults] == [path.rstrip(".")]
    assert next(iter(faults.values())).startswith("empty path")


@pytest.mark.parametrize("text", ["a..b", ".a", "a.", "."])
def test_a_path_with_an_empty_key_is_a_fault(text: str) -> None:
    assert faults_of({"data": text}) == {"data": "empty key"}
    assert faults_of(with_rule({"remove": [text]})) == {f"{RULE}.remove[0]": "empty key"}


# References and code


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize(
    ("place", "path"),
    [
        (lambda text: {"settings": {"email": text}}, "settings.email"),
        (lambda text: {"settings": {"apiKey": text}}, "settings.apiKey"),
        (lambda text: {"data": {"map": {"a": {"key": text}}}}, "data.map.a.key"),
        (lambda text: with_rule({"settings": {"value": text}}), f"{RULE}.settings.value"),
        (lambda text: with_rule({"condition": text}), f"{RULE}.condition"),
    ],
    ids=["email", "apiKey", "key", "value", "condition"],
)
def test_a_reference_that_is_left_is_a_fault(reference: str, place: Any, path: str) -> None:
    """`$env.KEY` as a path would be read from the event, and find nothing for ever."""
    faults = faults_of(place(f"{reference}SECRET_NAME"))
    assert list(faults) == [path]
    assert "SECRET_NAME" not in faults[path]


def test_code_is_javascript_and_says_so() -> None:
    """The remedy is to write it in Python."""
    for path, message in {
        **faults_of({"data": {"fn": "$code:(e) => e.id"}}),
        **faults_of({"settings": {"email": "$code:(e) => e.id"}}),
    }.items():
        assert path in ("data.fn", "settings.email")
        assert "Python" in message and "JavaScript" in message


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"settings": {"email": "$py:shop:mail"}}, "settings.email"),
        (with_rule({"remove": ["$py:shop:paths"]}), f"{RULE}.remove[0]"),
    ],
)
def test_a_function_where_a_path_belongs_is_a_fault(config: dict[str, Any], path: str) -> None:
    """It would be read as a path, and find nothing for ever."""
    assert faults_of(config) == {
        path: "$py: names a function; only condition, fn and validate take one"
    }


def test_a_reference_in_remove_or_a_policys_path_is_a_fault() -> None:
    """These are paths, too."""
    assert list(faults_of(with_rule({"remove": ["$var.a"]}))) == [f"{RULE}.remove[0]"]
    assert list(faults_of({"policy": {"$var.a": "x"}})) == ["policy.$var.a"]


def test_an_error_crosses_processes_whole() -> None:
    """A worker that cannot read its configuration says so to who started it."""
    with pytest.raises(ConfigError) as caught:
        parse_config({"settings": {"emial": "x"}, "batch": "x"})
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.faults, str(copy)) == (caught.value.faults, str(caught.value))
    assert len(copy.faults) == 2


def test_python_code_needs_a_word_of_permission() -> None:
    """A configuration file must not run code unasked."""
    faults = faults_of({"data": {"fn": "$py:shop.rules:total"}})
    assert faults == {"data.fn": "$py: names code to run; allow it with --allow-python"}


@pytest.mark.parametrize("reference", [f"{one}NAME" for one in REFERENCES])
@pytest.mark.parametrize(
    ("place", "path"),
    [
        (lambda text: with_rule({"name": text}), f"{RULE}.name"),
        (lambda text: {"data": {"map": {"a": {"value": text}}}}, "data.map.a.value"),
        (lambda text: {"id": text}, "id"),
    ],
    ids=["name", "value", "id"],
)
def test_a_reference_in_a_constant_is_a_fault_too(reference: str, place: Any, path: str) -> None:
    """It would go to Klaviyo as it stands: a metric called `$env.NAME`."""
    faults = faults_of(place(reference))
    assert list(faults) == [path]
    assert "NAME" not in faults[path]


@pytest.mark.parametrize(
    ("config", "path"),
    [
        (with_rule({"name": "$py:shop:name"}), f"{RULE}.name"),
        ({"data": {"map": {"a": {"value": "$py:shop:total"}}}}, "data.map.a.value"),
        ({"policy": {"data.a": {"value": "$py:shop:total"}}}, "policy.data.a.value"),
    ],
)
def test_a_function_in_a_constant_is_a_fault_too(config: dict[str, Any], path: str) -> None:
    """Its name would go to Klaviyo in place of what it yields."""
    assert faults_of(config) == {
        path: "$py: names a function; only condition, fn and validate take one"
    }


@pytest.mark.parametrize("text", ["$5 off", "$", "US$", "$envelope", " $env.NAME", "$py", "$ENV.X"])
def test_a_constant_may_begin_with_a_dollar(text: str) -> None:
    """Prices do; only walkerOS's own spellings are references."""
    assert faults_of({"id": text, "data": {"map": {"a": {"value": text}}}}) == {}
    assert faults_of(with_rule({"name": text})) == {}


# All at once


def test_all_faults_are_listed_at_once() -> None:
    """A user mends a file once, not fault by fault."""
    config = {
        "setings": {},
        "settings": {"emial": "x", "apiKey": "secret", "currency": 7, "items": "x"},
        "consent": ["x"],
        "data": {"map": {"a": "", "b": {"kye": "x"}}},
        "include": "user",
        "policy": {"a.*": "x", "b": ""},
        "batch": "x",
        "disabled": 1,
        "id": 1,
        "mapping": {
            "order": {
                "complete": {"name": 7, "settings": {"valeu": "x"}, "remove": [""]},
                "refund": [{}, 7],
            },
            "page": 7,
        },
    }
    with pytest.raises(ConfigError) as caught:
        parse_config(config)
    paths = [fault.path for fault in caught.value.faults]
    assert sorted(paths) == sorted(
        [
            "setings",
            "settings.emial",
            "settings.apiKey",
            "settings.currency",
            "settings.items",
            "consent",
            "data.map.a",
            "data.map.b.kye",
            "include",
            "policy.a.*",
            "policy.b",
            "batch",
            "disabled",
            "id",
            f"{RULE}.name",
            f"{RULE}.settings.valeu",
            f"{RULE}.remove[0]",
            "mapping.order.refund[1]",
            "mapping.page",
        ]
    )
    text = str(caught.value)
    assert text.startswith("19 faults\n")
    assert len(text.splitlines()) == 20
    assert all(f"  {path}  " in text for path in paths)


def test_one_fault_is_not_called_faults() -> None:
    with pytest.raises(ConfigError, match=r"^1 fault\n  \(top level\)  expected an object"):
        parse_config(7)  # type: ignore[arg-type]


def test_a_configuration_nested_too_deeply_is_a_fault() -> None:
    """Even that must not end in a RecursionError."""
    deep: Any = "x"
    for _ in range(5_000):
        deep = {"map": {"a": deep}}
    assert faults_of({"data": deep}) == {"": "nested too deeply to be a configuration"}
    with pytest.raises(ConfigError) as caught:
        parse_config({"data": deep})
    assert caught.value.__cause__ is None


# Warnings


@pytest.mark.parametrize("key", NO_MEANING)
def test_a_walkeros_field_without_meaning_here_is_a_warning(key: str) -> None:
    """A flow.json shares such fields between destinations; none of them is a fault."""
    config = parse_config({key: {"any": "thing"}})
    assert [(one.code, one.path, one.severity) for one in config.warnings] == [
        ("config.no-meaning", key, "warning")
    ]


@pytest.mark.parametrize("key", RULE_NO_MEANING)
def test_a_walkeros_rule_field_without_meaning_here_is_a_warning(key: str) -> None:
    config = parse_config(with_rule({key: "x"}))
    assert [(one.code, one.path) for one in config.warnings] == [
        ("config.no-meaning", f"{RULE}.{key}")
    ]
    within = parse_config(with_rule({"extend": {key: "x"}}))
    assert codes(within.warnings) == ["rule.extends-nothing", "config.no-meaning"]


def test_the_fields_without_meaning_are_those_of_the_design() -> None:
    """walkerOS's own, of a destination and of a rule."""
    named = "loadScript require queue env setup breaker credentials before next cache state logger"
    assert {*named.split(), "init", "timeout", "queueMax", "dlqMax"} <= set(NO_MEANING)
    assert {"before", "next", "cache"} <= set(RULE_NO_MEANING)
    assert set(KEYS).isdisjoint(NO_MEANING) and set(RULE_KEYS).isdisjoint(RULE_NO_MEANING)


# The test switch


@pytest.mark.parametrize("mock", [{}, {"x": 1}, False, True, 0, "", "x", []])
def test_anything_but_null_under_mock_sends_nothing(mock: Any) -> None:
    """walkerOS's test switch must fail closed: false is something, too."""
    plan = plan_of({"mock": mock})
    assert (plan.outcome, plan.calls, plan.rule) == ("ignored", (), None)
    assert [(one.code, one.severity, str(one)) for one in plan.diagnostics] == [
        ("destination.mocked", "info", "mock: walkerOS's test switch is set")
    ]
    assert plan_of({"mock": mock}, {}).outcome == "invalid"
    assert codes(plan_of({"mock": mock, "disabled": True}).diagnostics) == ["destination.disabled"]


def test_null_under_mock_is_no_switch() -> None:
    assert plan_of({"mock": None}).outcome == "send"


# Extending a shipped rule, of which there is none


@pytest.mark.parametrize(
    ("raw", "same"),
    [
        ({"extend": {"name": "A"}}, {"name": "A"}),
        ({"extend": {}}, {}),
        ({"extend": None, "name": "A"}, {"name": "A"}),
        ({"extend": {"name": "A"}, "silent": True}, {"name": "A", "silent": True}),
        ({"extend": {"name": "B"}, "name": "A"}, {"name": "B"}),
        ({"extend": {"name": None}, "name": "A"}, {}),
        (
            {"extend": {"settings": {"value": "x"}}, "settings": {"value": "y", "currency": "EUR"}},
            {"settings": {"value": "x", "currency": "EUR"}},
        ),
        (
            {"extend": {"settings": {"value": None}}, "settings": {"value": "y", "backfill": True}},
            {"settings": {"backfill": True}},
        ),
        ({"extend": {"remove": ["a"]}, "remove": ["b", "c"]}, {"remove": ["a"]}),
    ],
)
def test_a_patch_without_a_rule_beneath_is_the_rule(raw: Any, same: Any) -> None:
    """Objects merge, null clears, anything else replaces; and it is said, for it may be a slip."""
    config = parse_config(with_rule(raw))
    assert config.rules == parse_config(with_rule(same)).rules
    assert [(one.code, one.path, one.severity) for one in config.warnings] == [
        ("rule.extends-nothing", f"{RULE}.extend", "warning")
    ]


def test_a_rule_with_remove_alone_is_an_ordinary_rule() -> None:
    """No word is due."""
    config = parse_config(with_rule({"remove": ["a"]}))
    assert (config.warnings, config.rules[0].remove) == ((), (("a",),))


def test_a_patch_changes_no_configuration_that_was_given() -> None:
    raw = with_rule({"extend": {"data": {"map": {"a": "x"}}}, "data": {"map": {"b": "y"}}})
    before = deepcopy(raw)
    (rule,) = parse_config(raw).rules
    assert rule.data is not None
    assert rule.data({"x": 1, "y": 2}) == {"a": 1, "b": 2}
    assert raw == before


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"include": ["nope"]}, [("config.unknown-section", "include[0]")]),
        (
            with_rule({"include": ["user", "User", "custom"]}),
            [
                ("config.unknown-section", f"{RULE}.include[1]"),
                ("config.unknown-section", f"{RULE}.include[2]"),
            ],
        ),
        (with_rule({"skip": True}), [("config.renamed", f"{RULE}.skip")]),
        (with_rule({"skip": True, "silent": True}), [("config.renamed", f"{RULE}.skip")]),
        ({"consent": {}}, []),
        ({"consent": {"marketing": False}}, [("config.never-granted", "consent")]),
        (with_rule({"consent": {}}), []),
        (
            with_rule({"consent": {"a": False, "b": False}}),
            [("config.never-granted", f"{RULE}.consent")],
        ),
        ({"data": {"consent": {}, "key": "x"}}, []),
        (
            {"data": {"consent": {"a": False}, "key": "x"}},
            [("config.never-granted", "data.consent")],
        ),
        ({"data": "nested.*"}, [("config.yields-nothing", "data")]),
        ({"data": "data.list.*"}, [("config.yields-nothing", "data")]),
        ({"data": "nested.*.sku"}, []),
        ({"data": {"value": None}}, [("config.yields-nothing", "data")]),
        ({"data": {"consent": {"a": True}}}, [("config.yields-nothing", "data")]),
        (
            {"data": {"value": [float("nan")]}},
            [("config.yields-nothing", "data.value"), ("config.yields-nothing", "data")],
        ),
        ({"data": {"value": [None]}}, []),
        ({"data": {"value": {"a": None}}}, []),
        ({"data": {"value": float("nan"), "key": "x"}}, [("config.yields-nothing", "data.value")]),
        ({"data": {}}, []),
        ({"data": []}, []),
        (with_rule({}), []),
        ({"data": {"map": {}}}, []),
    ],
)
def test_what_is_only_doubtful_is_a_warning(
    config: dict[str, Any], said: list[tuple[str, str]]
) -> None:
    """It parses, for the reference takes it; the odd ones of the vectors say nothing."""
    assert [(one.code, one.path) for one in parse_config(config).warnings] == said


@pytest.mark.parametrize(
    ("config", "path", "message"),
    [
        ({"verbose": True}, "verbose", "does nothing here"),
        (with_rule({"cache": 1}), f"{RULE}.cache", "does nothing here"),
        (with_rule({"skip": True}), f"{RULE}.skip", 'is spelled "silent" since walkerOS 4'),
        (
            {"include": ["nope"]},
            "include[0]",
            f'"nope" is not a section; known: {", ".join(SECTIONS)}, all',
        ),
        ({"consent": {"ads": False}}, "consent", "names no state; nothing can grant it"),
        (
            with_rule({"extend": {}}),
            f"{RULE}.extend",
            "there is no shipped rule beneath; it counts as a rule of its own",
        ),
        ({"data": "nested.*"}, "data", '"nested.*": name a key after the "*"'),
        (
            {"data": {"validate": bool}},
            "data",
            "no key, value, map, loop, set or fn: yields nothing",
        ),
        (
            {"data": {"key": "x", "value": [1, float("nan")]}},
            "data.value",
            "counts as undefined: NaN or Infinity at value[1], so all of it counts as undefined",
        ),
    ],
)
def test_a_warning_says_what_is_doubtful(config: dict[str, Any], path: str, message: str) -> None:
    """Whoever wrote it should see at once why nothing happens."""
    (one,) = parse_config(config).warnings
    assert (one.path, one.message) == (path, message)


def test_warnings_do_not_hide_faults() -> None:
    faults = faults_of({"verbose": True, "include": ["nope"], "consnet": {}})
    assert faults == {"consnet": 'unknown key; did you mean "consent"?'}


# The key


@pytest.mark.parametrize("key", ["pk_secret", "pk_", "pk_a-b.c/1=="])
def test_a_private_key_is_taken_and_kept(key: str) -> None:
    assert parse_config({"settings": {"apiKey": key}}).settings.api_key == key


@pytest.mark.parametrize(
    ("key", "start"),
    [
        ("secret", 'expected a private API key, which starts with "pk_"'),
        ("PK_secret", 'expected a private API key, which starts with "pk_"'),
        (" pk_secret", 'expected a private API key, which starts with "pk_"'),
        ("", 'expected a private API key, which starts with "pk_"'),
        (7, 'expected a private API key, which starts with "pk_"'),
        ("pk_secret ", "holds a character that no API key has"),
        ("pk_sec ret", "holds a character that no API key has"),
        ("pk_secret\n", "holds a character that no API key has"),
        ("pk_secrét", "holds a character that no API key has"),
        ("pk_secret\x7f", "holds a character that no API key has"),
        ("$env.secret", "$env. is not resolved"),
        ("$secret.secret", "$secret. is not resolved"),
    ],
)
def test_what_is_no_private_key_is_a_fault_that_does_not_repeat_it(key: Any, start: str) -> None:
    """Cut or padded keys would end in a 401 an hour later; the text ends up in logs."""
    with pytest.raises(ConfigError) as caught:
        parse_config({"settings": {"apiKey": key}})
    (fault,) = caught.value.faults
    assert fault.path == "settings.apiKey"
    assert fault.message.startswith(start)
    for shown in (str(caught.value), repr(caught.value), repr(fault)):
        assert "ecret" not in shown.replace("$secret. ", "")


def test_the_key_never_shows_in_a_repr() -> None:
    """Of nothing that holds it, nor of anything made of it."""
    config = parse_config({"settings": {"apiKey": "pk_secret"}, "verbose": True})
    assert config.settings.api_key == "pk_secret"
    transform = pipeline(config)
    plan, state = transform(event_with())
    for one in (config, config.settings, config.default, config.rules, config.warnings):
        assert "pk_secret" not in repr(one)
        assert "pk_secret" not in str(one)
    for made in (transform, plan, plan.to_dict(), plan._repr_html_(), state):
        assert "pk_secret" not in repr(made)


@pytest.mark.parametrize("where", [{"settings": "pk_secret"}, {"apiKey": "pk_secret"}])
def test_a_misplaced_key_does_not_show_in_the_error(where: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(where)
    assert "pk_secret" not in str(caught.value)


# Values of settings


@pytest.mark.parametrize(
    ("key", "raw", "expected"),
    [
        ("currency", "EUR", {"value": "EUR"}),
        ("currency", "eur", {"value": "EUR"}),
        ("currency", "data.currency", "data.currency"),
        ("currency", "currency.code", "currency.code"),
        ("currency", "data", "data"),
        ("currency", "custom", "custom"),
        ("currency", ["data.currency", "EUR"], ["data.currency", {"value": "EUR"}]),
        ("currency", ["EUR", ["usd"]], [{"value": "EUR"}, [{"value": "USD"}]]),
        ("currency", {"key": "EUR"}, {"key": "EUR"}),
        ("currency", {"value": "EURO"}, {"value": "EURO"}),
        ("phoneRegion", ["user.country", "de"], ["user.country", {"value": "DE"}]),
        ("phoneRegion", "user.country", "user.country"),
        ("phoneRegion", "de", {"value": "DE"}),
        ("phoneRegion", "user.country", "user.country"),
        ("backfill", True, {"value": True}),
        ("backfill", False, {"value": False}),
        ("backfill", "data.history", "data.history"),
        ("email", "EUR", "EUR"),
        ("kx", "de", "de"),
    ],
)
def test_bare_codes_and_booleans_are_constants(key: str, raw: Any, expected: Any) -> None:
    """`"currency": "EUR"` means the code, not a path called EUR."""
    settings = parse_config({"settings": {key: raw}}).settings
    value = getattr(settings, VALUES[key])
    assert value == mapping_value(expected, f"settings.{key}")


@pytest.mark.parametrize(
    "word", ["EURO", "Euro", "XXX", "currency", "euros", "XAU", "total", "€", "0"]
)
@pytest.mark.parametrize(
    ("place", "path"),
    [
        (lambda raw: {"settings": {"currency": raw}}, "settings.currency"),
        (lambda raw: {"settings": {"currency": ["data.x", raw]}}, "settings.currency[1]"),
        (lambda raw: {"settings": {"currency": [["x.y", raw]]}}, "settings.currency[0][1]"),
        (lambda raw: with_rule({"settings": {"currency": raw}}), f"{RULE}.settings.currency"),
    ],
    ids=["destination", "in a list", "in a list in a list", "rule"],
)
def test_a_word_that_is_no_currency_is_a_fault(place: Any, path: str, word: str) -> None:
    """Read as a path it would find nothing at any event, and every order would lose its code."""
    message = f'"{word}" is neither a code such as EUR nor a field of an event'
    assert faults_of(place(word)) == {path: message}


@pytest.mark.parametrize(
    ("clear", "names"),
    [
        (None, None),
        (False, None),
        (True, set()),
        (["firstName", "last_name"], {"first_name", "last_name"}),
        (["location", "properties"], {"location", "properties"}),
        (["location.city", "properties.tier"], {"location.city", "properties.tier"}),
    ],
)
def test_clear_takes_true_or_names_of_traits(clear: Any, names: set[str] | None) -> None:
    """In either spelling; empty stands for all."""
    for config in ({"settings": {"clear": clear}}, with_rule({"settings": {"clear": clear}})):
        parsed = parse_config(config)
        found = [rule.settings.clear for rule in (parsed.default, *parsed.rules)][-1]
        assert found == names


CLEAR = 'expected true, or names of traits, e.g. ["title", "location.city"]'


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"clear": ["title"], "identify": {"map": {"title": ["user.a", "user.b"]}}}, "title"),
        ({"clear": ["title", "zip"], "identify": {"map": {"title": "user.t"}}}, None),
        ({"clear": ["title"], "identify": {"map": {"title": "user.t"}}}, ""),
        ({"clear": True, "identify": {"map": {"title": {"value": "Dr"}}}}, "anything"),
        ({"clear": True, "identify": "user"}, "anything"),
        (
            {"clear": ["location"], "identify": {"map": {"location": {"map": {"city": "user.c"}}}}},
            "",
        ),
        (
            {
                "clear": ["location.city", "location.zip"],
                "identify": {"map": {"location": {"map": {"city": "user.c"}}}},
            },
            "location.zip",
        ),
    ],
)
def test_what_can_never_be_cleared_is_told(settings: dict[str, Any], named: str | None) -> None:
    """The destination's and a rule's own; what a rule takes over is told once."""
    if named is None:
        assert list(faults_of({"settings": settings})) == ["settings.clear[1]"]
        return
    for config, where in (
        ({"settings": settings}, "settings.clear"),
        (with_rule({"settings": settings}), f"{RULE}.settings.clear"),
        ({**with_rule({}), "settings": settings}, "settings.clear"),
    ):
        message = f"cannot clear {named}: identify does not map it to a plain path of the event"
        told = [(one.code, one.path, one.message) for one in parse_config(config).warnings]
        assert told == ([("config.yields-nothing", where, message)] if named else [])


def test_the_destinations_clear_may_be_meant_for_a_rules_identify() -> None:
    rule = with_rule({"settings": {"identify": {"map": {"title": "user.t"}}}})
    assert parse_config({**rule, "settings": {"clear": ["title"]}}).warnings == ()


@pytest.mark.parametrize(
    ("clear", "path", "message"),
    [
        ("title", "", CLEAR),
        ([], "", CLEAR),
        ([1], "", CLEAR),
        ({"title": True}, "", CLEAR),
        (1, "", CLEAR),
        (["emial"], "[0]", '"emial" is not a trait of a Klaviyo profile'),
        (["title", "email"], "[1]", '"email" is not a trait of a Klaviyo profile'),
        (["title.x"], "[0]", '"title.x" is not a trait of a Klaviyo profile'),
        (["location."], "[0]", '"location." is not a trait of a Klaviyo profile'),
    ],
)
def test_clear_that_names_no_trait_is_a_fault(clear: Any, path: str, message: str) -> None:
    """What is to be wiped must be said right."""
    assert faults_of({"settings": {"clear": clear}}) == {f"settings.clear{path}": message}
    faults = faults_of(with_rule({"settings": {"clear": clear}}))
    assert faults == {f"{RULE}.settings.clear{path}": message}


@pytest.mark.parametrize("key", ["currency", "backfill"])
def test_a_rules_setting_takes_the_same_constants(key: str) -> None:
    raw = {"currency": "gbp", "backfill": True}[key]
    (rule,) = parse_config(with_rule({"settings": {key: raw}})).rules
    value = getattr(rule.settings, RULE_SETTINGS[key])
    assert constant_of(value.tree) == {"currency": "GBP", "backfill": True}[key]
    assert value.where == f"{RULE}.settings.{key}"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, None),
        (False, None),
        (0, None),
        (True, True),
        (500, 500),
        (0.5, 0.5),
        ({"size": 10}, {"size": 10}),
        ({}, None),
    ],
)
def test_batch_takes_what_walkeros_takes(raw: Any, expected: Any) -> None:
    config = parse_config({"batch": raw, **with_rule({})})
    assert (config.batch, config.default.batch) == (expected, expected)
    assert config.rules[0].batch == expected


def test_a_rule_may_switch_batching_off() -> None:
    """`false` is not the same as nothing said."""
    (rule,) = parse_config({"batch": True, **with_rule({"batch": False})}).rules
    assert rule.batch is None


@pytest.mark.parametrize(
    ("config", "batched"),
    [
        ({}, set()),
        ({"batch": False}, set()),
        ({"batch": True}, {None}),
        ({"batch": 500, **with_rule({})}, {None, "order complete"}),
        ({"batch": True, **with_rule({"batch": False})}, {None}),
        (with_rule({"batch": {"size": 10}}), {"order complete"}),
        (with_rule([{}, {"batch": True}]), {"order complete[1]"}),
        (with_rule({"batch": 0}), set()),
    ],
)
def test_a_configuration_knows_which_rules_ask_for_bulk(
    config: dict[str, Any], batched: set[str | None]
) -> None:
    """By the labels that plans carry; None stands for events that no rule meets."""
    assert parse_config(config).batched == batched


# What a configuration is


def test_reading_leaves_the_configuration_as_it_is_and_keeps_no_part_of_it() -> None:
    """Mutating it afterwards changes no compiled rule."""
    raw = {"data": {"map": {"a": {"value": [1]}}}, **with_rule({"name": "Placed Order"})}
    before = deepcopy(raw)
    config = parse_config(raw)
    assert raw == before
    raw["data"]["map"]["a"]["value"].append(2)
    raw["mapping"]["order"]["complete"]["name"] = "changed"
    call = pipeline(config).plan(event_with()).calls[0]
    assert call.attributes["properties"] == {"a": [1]}
    assert call.attributes["metric"]["data"]["attributes"]["name"] == "Placed Order"


def test_equal_configurations_are_equal() -> None:
    """Frozen values, compared by content."""
    raw = {key: value for key, value in FULL.items() if key != "mapping"}
    assert parse_config(raw) == parse_config(json.loads(json.dumps(raw)))
    assert parse_config(raw) != parse_config({**raw, "id": "other"})


def test_a_subclass_of_dict_is_an_object() -> None:
    """Some readers of TOML and YAML give their own."""
    raw = OrderedDict(settings=OrderedDict(email="user.mail"))
    assert parse_config(raw) == parse_config({"settings": {"email": "user.mail"}})


class Checker:
    """A user's object whose method is a condition; it counts, and it holds what no copy can."""

    def __init__(self, lock: Any = None) -> None:
        self.asked = 0
        self.lock = lock

    def holds(self, value: Any, event: Any) -> bool:
        """A condition."""
        self.asked += 1
        return True


def test_a_bound_method_stays_the_users_own() -> None:
    """A callable is not data: the user's object is asked, not a copy of it."""
    checker = Checker()
    plan_of(with_rule({"condition": checker.holds}))
    assert checker.asked == 1


def test_a_method_of_an_object_with_a_lock_can_be_configured() -> None:
    """A client, a connection, a cache: what users have."""
    plan = plan_of(with_rule({"condition": Checker(Lock()).holds}))
    assert plan.rule == "order complete"


def test_the_default_rule_stands_nowhere() -> None:
    """What it says is found at the top of the configuration, so no path leads to it."""
    default = parse_config({}).default
    assert (default.label, default.where) == (None, "")


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (lambda policy: {"policy": policy}, "policy"),
        (lambda policy: with_rule({"policy": policy}), f"{RULE}.policy"),
    ],
    ids=["destination", "rule"],
)
def test_a_policys_values_know_what_was_written_and_where(place: Any, path: str) -> None:
    """For whoever explains or checks a configuration."""
    config = parse_config(place({"user.city": "data.city", "name": {"value": "x y"}}))
    found = next(one.policy for one in (config, *config.rules) if one.policy)
    assert found == (
        (("user", "city"), mapping_value("data.city", f"{path}.user.city")),
        (("name",), mapping_value({"value": "x y"}, f"{path}.name")),
    )


def test_rules_come_in_the_order_of_the_configuration() -> None:
    mapping = {"b": {"y": {}, "x": [{}, {}]}, "a": {"z": {}}}
    assert [rule.label for rule in parse_config({"mapping": mapping}).rules] == [
        "b y",
        "b x[0]",
        "b x[1]",
        "a z",
    ]


def test_a_path_is_joined_with_dots() -> None:
    assert join("a", 0) == "a.0"
    assert join("", "a") == "a"


def test_a_callable_that_is_missing_is_none() -> None:
    findings = Findings()
    assert parse_code(None, "fn", findings) is None
    assert findings.faults == []


@pytest.mark.parametrize("name", ["value", "subscribe", "unsubscribe"])
def test_a_setting_of_a_rule_is_none_of_the_destination(name: str) -> None:
    message = "belongs to a rule: write it under mapping, in the settings of one"
    assert faults_of({"settings": {name: True}}) == {f"settings.{name}": message}


def test_a_pickled_configuration_is_the_same_and_plans_alike() -> None:
    """Spark and processes of their own get it so; the early reading of the name goes along."""
    raw = {
        "settings": {"identify": {"map": {"title": "user.title"}}, "clear": ["title"]},
        "data": {"map": {"was": "name", "list": ["data.a", {"value": [1]}]}},
        **with_rule({"name": "Placed Order", "settings": {"currency": ["data.c", "EUR"]}}),
    }
    config = parse_config(raw)
    again = pickle.loads(pickle.dumps(config))
    assert again == config
    for event in (event_with(user={"id": "u1", "title": None}), event_with(name="a b"), 7):
        assert pipeline(again).plan(event) == pipeline(config).plan(event)


def test_the_key_stays_with_the_destination() -> None:
    """What is copied into every rule travels far."""
    config = parse_config({**with_rule({"name": "A"}), "settings": {"apiKey": "pk_secret"}})
    assert config.settings.api_key == "pk_secret"
    assert {rule.settings.api_key for rule in (config.default, *config.rules)} == {None}
