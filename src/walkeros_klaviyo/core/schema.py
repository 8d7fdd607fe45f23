"""What does a configuration file look like, as a JSON Schema?

For editors and other programs. Its keys come from the parser's own tables, so the two cannot drift
apart; the descriptions are those of `known_keys`. Source: JSON Schema, draft 2020-12.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.limits import MAX_METRIC_LENGTH
from walkeros_klaviyo.core.klaviyo.lines import KEYS as ITEM_KEYS
from walkeros_klaviyo.core.klaviyo.patch import KEYS as PATCH_KEYS
from walkeros_klaviyo.core.klaviyo.preset import OPTIONS, PRESETS
from walkeros_klaviyo.core.klaviyo.settings import TABLE, Setting
from walkeros_klaviyo.core.klaviyo.subscription import CHANNELS
from walkeros_klaviyo.core.klaviyo.subscription import KEYS as SUBSCRIPTION_KEYS
from walkeros_klaviyo.core.walkeros.functions import FUNCTIONS
from walkeros_klaviyo.core.walkeros.properties import SECTIONS
from walkeros_klaviyo.core.walkeros.rules import NO_MEANING as RULE_NO_MEANING
from walkeros_klaviyo.core.walkeros.rules import RULE_KEYS
from walkeros_klaviyo.core.walkeros.value.parse import KEYS as VALUE_KEYS

from . import config
from .known_keys import CONFIG, FILE, RULE, VALUE, VERIFY, Text

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

FILE_KEYS: Final = ("$schema", "variables", "definitions")
"""Keys at the top of a file that are no part of the configuration."""

_PATH: Final = r"^(?!\$(code:|store\.|py:|fn:))[^.]+(\.[^.]+)*$"
_SETTABLE: Final = r"^(?!(.*\.)?\*(\.|$))[^.]+(\.[^.]+)*$"
_REFERENCE: Final = r"\$(var|env|secret|contract|flow|def)\.[A-Za-z_]"
_FUNCTION: Final = r"^\$py:[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*$"
_API_KEY: Final = r"^pk_[!-~]*$"

_VALUE: Final[Schema] = {"$ref": "#/$defs/value"}
_RULE: Final[Schema] = {"$ref": "#/$defs/rule"}
_BOOLEAN: Final[Schema] = {"type": "boolean"}
_TEXT: Final[Schema] = {"type": "string"}
_NAMES: Final[Schema] = {"type": "object"}
_PATHS: Final[Schema] = {"type": "array", "items": {"$ref": "#/$defs/path"}}
_SECTIONS: Final[Schema] = {
    "type": "array",
    "items": {"anyOf": [{"enum": [*SECTIONS, "all"]}, {"type": "string"}]},
}
_CONSENT: Final[Schema] = {
    "type": "object",
    "additionalProperties": {"anyOf": [_BOOLEAN, {"$ref": "#/$defs/reference"}]},
}
_POLICY: Final[Schema] = {
    "type": "object",
    "propertyNames": {"pattern": _SETTABLE},
    "additionalProperties": _VALUE,
}
_BATCH: Final[Schema] = {"anyOf": [_BOOLEAN, {"type": "number", "minimum": 0}, {"type": "object"}]}
_FUNCTION_NAME: Final[Schema] = {"type": "string", "pattern": _FUNCTION}
_STEP: Final[Schema] = {
    "type": "string",
    "pattern": rf"^\$fn:({'|'.join(FUNCTIONS)})(\([\s\S]+\))?$",
}
_FN: Final[Schema] = {
    "anyOf": [_FUNCTION_NAME, _STEP, {"type": "array", "items": _STEP, "minItems": 1}]
}
_NAME: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_METRIC_LENGTH,
    "pattern": r"\S",
}
_ENTITIES: Final[Schema] = {
    "type": "object",
    "additionalProperties": {
        "anyOf": [
            {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [
                        _RULE,
                        {"type": "array", "items": _RULE},
                        {"$ref": "#/$defs/elsewhere"},
                    ]
                },
            },
            {"$ref": "#/$defs/elsewhere"},
        ]
    },
}
_MAP: Final[Schema] = {"type": "object", "additionalProperties": _VALUE}
_LOOP: Final[Schema] = {
    "type": "array",
    "prefixItems": [_VALUE, _VALUE],
    "minItems": 2,
    "maxItems": 2,
}
_SET: Final[Schema] = {"type": "array", "items": _VALUE}

_SHARED: Final[Mapping[str, Schema]] = {
    "data": _VALUE,
    "include": _SECTIONS,
    "policy": _POLICY,
    "consent": _CONSENT,
    "batch": _BATCH,
}
"""What the destination and each of its rules may say."""


def config_schema() -> Schema:
    """The JSON Schema of a configuration, as a new dict at each call.

    >>> config_schema()["properties"]["settings"]["title"]
    'Settings'
    """
    settings_of_destination = _settings({row.name: row.text for row in TABLE.values() if row.text})
    properties = _object(
        CONFIG,
        config.KEYS,
        {
            **_SHARED,
            "settings": settings_of_destination,
            "mapping": _ENTITIES,
            "id": _TEXT,
            "disabled": _BOOLEAN,
            "mock": {},
            "verify": _object(VERIFY, VERIFY, {"known": {"type": "array", "items": _TEXT}}),
        },
        ignored=config.NO_MEANING,
    )
    properties["properties"] |= _properties(
        FILE, FILE_KEYS, {"$schema": _TEXT, **dict.fromkeys(FILE_KEYS[1:], _NAMES)}
    )
    return {
        "$schema": DIALECT,
        "title": "Configuration of walkeros-klaviyo",
        "description": "Which walkerOS events go to Klaviyo, for whom, and as what.",
        **properties,
        "$defs": _definitions(),
    }


def _settings(texts: Mapping[str, str]) -> Schema:
    """The settings of the destination or of a rule, from the settings table."""
    rows = {row.name: row for row in TABLE.values() if row.name in texts}
    shown = {name: (row.title, texts[name]) for name, row in rows.items()}
    schema = _object(shown, rows, {name: _shape(row) for name, row in rows.items()})
    for name, row in rows.items():
        if row.default is not None and texts[name] == row.text:
            schema["properties"][name]["default"] = row.default
    return schema


def _shape(row: Setting) -> Schema:
    if row.name in ("items", "preset"):
        return {"anyOf": _items() if row.name == "items" else _presets()}
    if row.name in ("subscribe", "unsubscribe"):
        return {"anyOf": _subscriptions(row.name)}
    if row.name == "lists":
        return {"anyOf": [_VALUE, {"type": "array", "items": _VALUE, "minItems": 1}]}
    if row.name == "patch":
        names = {"type": "array", "items": _TEXT, "minItems": 1}
        return _object(PATCH_KEYS, PATCH_KEYS, {"append": _MAP, "unappend": _MAP, "unset": names})
    if row.name == "clear":
        return {"anyOf": [_BOOLEAN, {"type": "array", "items": _TEXT, "minItems": 1}]}
    if not row.is_value:
        return {"type": "string", "pattern": _API_KEY}
    if row.is_identifier:
        return {"anyOf": [{"type": "null"}, _VALUE]}
    return {"anyOf": [_BOOLEAN, _VALUE]} if row.takes_booleans else _VALUE


def _items() -> list[Schema]:
    """`true`, or an object that says how order lines are read."""
    values = dict.fromkeys(("data", "value", "uniqueId"), _VALUE)
    return [_BOOLEAN, _object(ITEM_KEYS, ITEM_KEYS, {"name": _NAME, "loop": _LOOP, **values})]


def _subscriptions(name: str) -> list[Schema]:
    """`true`, or an object with channels and a list."""
    channel = {"enum": [*CHANNELS]}
    each = {"type": "object", "additionalProperties": {"anyOf": [_BOOLEAN, _VALUE]}}
    asked = {**each, "propertyNames": channel, "minProperties": 1}
    channels = {"anyOf": [{"type": "array", "items": channel, "minItems": 1}, asked]}
    shapes = {"channels": channels, "list": _VALUE, "source": {"anyOf": [_TEXT, _VALUE]}}
    keys = [key for key in SUBSCRIPTION_KEYS if name == "subscribe" or key != "source"]
    return [_BOOLEAN, _object(SUBSCRIPTION_KEYS, keys, shapes)]


def _presets() -> list[Schema]:
    """A preset's name, or an object with the name and options."""
    texts = {name: (title, sentence) for name, (title, sentence, _) in OPTIONS.items()}
    texts = {"name": ("Preset", "The preset's name."), **texts}
    word = {**_NAME, "pattern": r"^[^ ]*[^ \s][^ ]*$"}
    names: Schema = {"enum": [*PRESETS]}
    shapes = {**dict.fromkeys(OPTIONS, word), "name": names, "cancelled": _NAME}
    return [names, {**_object(texts, texts, shapes), "required": ["name"]}]


def _definitions() -> Schema:
    rule_settings = _settings({row.name: row.rule_text for row in TABLE.values() if row.rule_text})
    rule = _object(
        RULE,
        RULE_KEYS,
        {
            **_SHARED,
            "name": _NAME,
            "remove": _PATHS,
            "condition": _FUNCTION_NAME,
            **dict.fromkeys(("ignore", "silent", "skip"), _BOOLEAN),
            "extend": {"type": "object"},
            "settings": rule_settings,
        },
        ignored=RULE_NO_MEANING,
    )
    members = _object(
        VALUE,
        VALUE_KEYS,
        {
            "key": {"$ref": "#/$defs/path"},
            "value": {},
            "map": _MAP,
            "loop": _LOOP,
            "set": _SET,
            "consent": _CONSENT,
            "fn": _FN,
            **dict.fromkeys(("condition", "validate"), _FUNCTION_NAME),
        },
    )
    return {
        "rule": {
            "title": "Rule",
            "description": "What becomes of the events of one entity and action.",
            **rule,
        },
        "value": {
            "title": "Mapping value",
            "description": "Where something is found: a path in the event, an object that says "
            "more, or a list of which the first that yields something counts.",
            "anyOf": [
                {"$ref": "#/$defs/path"},
                members,
                {"type": "array", "items": _VALUE},
            ],
        },
        "path": {
            "title": "Path",
            "description": "Keys with dots between them, such as data.id or nested.*.data.name; "
            "a number is a place in a list, * is each of its items.",
            "anyOf": [
                {"type": "string", "pattern": _PATH},
                {"$ref": "#/$defs/reference"},
            ],
        },
        "reference": {
            "title": "Reference",
            "description": "Stands for a variable, an environment variable or a secret, "
            "such as $env.KLAVIYO_API_KEY.",
            "type": "string",
            "pattern": _REFERENCE,
        },
        "elsewhere": {
            "description": "Null, or a reference.",
            "anyOf": [{"type": "null"}, {"$ref": "#/$defs/reference"}],
        },
    }


def _object(
    texts: Mapping[str, Text],
    keys: Iterable[str],
    shapes: Mapping[str, Schema],
    ignored: tuple[str, ...] = (),
) -> Schema:
    """An object with exactly these keys, each with its description and shape."""
    idle = {
        key: {"description": "A field of walkerOS that does nothing here.", "deprecated": True}
        for key in ignored
    }
    return {
        "type": "object",
        "properties": {**_properties(texts, keys, shapes), **idle},
        "additionalProperties": False,
    }


def _properties(
    texts: Mapping[str, Text], keys: Iterable[str], shapes: Mapping[str, Schema]
) -> Schema:
    return {key: _member(texts[key], shapes[key]) for key in keys}


def _member(text: Text, shape: Schema) -> Schema:
    title, description = text
    said = {"title": title, "description": description}
    return said | ({"anyOf": [shape, {"$ref": "#/$defs/elsewhere"}]} if shape else {})
