"""Where did each field of a call come from?

Read off the configuration as it was written: which mapping stands behind a field, and which path
of the event that mapping reads.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from .calls import CreateEvent
from .plan import Plan
from .rule import Rule
from .value import MappingValue


@frozen
class Origin:
    """A field of a call, its value, and the configuration and event path behind it."""

    call: str
    field: str
    value: Any
    configured: str
    source: str


def origins_of(rule: Rule, plan: Plan) -> tuple[Origin, ...]:
    """Every field of the plan's calls with where it came from, in the order of the calls."""
    found: list[Origin] = []
    for call in plan.calls:
        if isinstance(call, CreateEvent):
            found += _event_origins(rule, call)
        else:
            found += _named(rule, call.name, call.attributes)
    return tuple(found)


def _named(rule: Rule, name: str, attributes: dict[str, Any]) -> list[Origin]:
    """A profile's fields: identifiers from the settings, traits from the identify mapping."""
    identifiers = {
        "email": rule.email,
        "external_id": rule.external_id,
        "phone_number": rule.phone_number,
        "anonymous_id": rule.anonymous_id,
        "_kx": rule.kx,
    }
    found = []
    for field, value in attributes.items():
        mapping = identifiers.get(field)
        if mapping is not None:
            found.append(Origin(name, field, value, mapping.where, _source(mapping.raw)))
        elif rule.identify is not None:
            found += _mapped(name, field, value, rule.identify, _camel(field))
    return found


def _event_origins(rule: Rule, call: CreateEvent) -> list[Origin]:
    where = rule.where or "(no rule)"
    attributes = call.attributes
    found = _named(rule, call.name, call.identifiers)
    named = rule.name is not None
    found.append(
        Origin(
            call.name,
            "metric",
            call.metric,
            f"{where}.name" if named else "(default)",
            "a constant" if named else "name",
        )
    )
    for key, value in call.properties.items():
        found += _property(rule, call.name, key, value)
    found.append(Origin(call.name, "time", call.time, "(always)", "timestamp"))
    for field, mapping in (
        ("value", rule.value),
        ("value_currency", rule.currency or rule.default_currency),
        ("unique_id", rule.unique_id),
        ("backfill", rule.backfill),
    ):
        if field in attributes and mapping is not None:
            origin = Origin(
                call.name, field, attributes[field], mapping.where, _source(mapping.raw)
            )
            found.append(origin)
    return found


def _property(rule: Rule, name: str, key: str, value: Any) -> list[Origin]:
    field = f"properties.{key}"
    for mapping in (rule.data, rule.base):
        if mapping is not None and key in _members(mapping.raw):
            return _mapped(name, field, value, mapping, key)
    section = key.partition("_")[0]
    if section in rule.include or "all" in rule.include:
        return [Origin(name, field, value, "include", section)]
    where = rule.data.where if rule.data is not None else "data"
    return [Origin(name, field, value, where, "computed")]


def _mapped(name: str, field: str, value: Any, mapping: MappingValue, key: str) -> list[Origin]:
    members = _members(mapping.raw)
    raw = members.get(key, members.get(field))
    written = key if key in members else field
    where = f"{mapping.where}.map.{written}" if raw is not None else mapping.where
    return [Origin(name, field, value, where, _source(raw) if raw is not None else "computed")]


def _members(raw: Any) -> dict[str, Any]:
    members = raw.get("map") if isinstance(raw, dict) else None
    return members if isinstance(members, dict) else {}


def _source(raw: Any) -> str:
    """A mapping value in a few words.

    >>> _source("data.id"), _source({"value": 1}), _source(["data.a", "data.b"])
    ('data.id', 'a constant', 'data.a, else data.b')
    """
    if isinstance(raw, str):
        return raw
    if isinstance(raw, list):
        return ", else ".join(_source(item) for item in raw)
    if isinstance(raw, dict):
        if isinstance(raw.get("loop"), list):
            return f"each of {_source(raw['loop'][0])}"
        for key in ("map", "set", "fn"):
            if raw.get(key) is not None:
                return {"map": "an object", "set": "a list", "fn": "a function"}[key]
        if raw.get("key") is not None:
            return f"{raw['key']}, else a constant" if "value" in raw else str(raw["key"])
        if "value" in raw:
            return "a constant"
    return "nothing"


def _camel(field: str) -> str:
    head, _, tail = field.partition("_")
    return head + tail.capitalize()
