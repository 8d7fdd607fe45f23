"""Where did each field of a call come from?

Read off the configuration as it was written: which mapping stands behind a field, and which path
of the event that mapping reads.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from .calls import CreateEvent
from .consent import is_granted
from .event import Event
from .identifier import read_identifier
from .path import ABSENT
from .plan import Plan
from .rule import Rule
from .value import MappingValue, mapping_value


@frozen
class Origin:
    """A field of a call, its value, and the configuration and event path behind it."""

    call: str
    field: str
    value: Any
    configured: str
    source: str


def origins_of(rule: Rule, event: Event, plan: Plan) -> tuple[Origin, ...]:
    """Every field of the plan's calls with where it came from, in the order of the calls.

    `event` is the event as the mappings saw it: after policies, under the rule's name.
    """
    found: list[Origin] = []
    for call in plan.calls:
        if isinstance(call, CreateEvent):
            found += _event_origins(rule, event, call)
        else:
            found += _named(rule, event, call.name, call.attributes)
    return tuple(found)


def _named(rule: Rule, event: Event, name: str, attributes: dict[str, Any]) -> list[Origin]:
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
            found.append(Origin(name, field, value, mapping.where, _source(mapping.raw, event)))
        elif rule.identify is not None:
            found.append(_mapped(name, event, field, value, rule.identify, _camel(field)))
    return found


def _event_origins(rule: Rule, event: Event, call: CreateEvent) -> list[Origin]:
    name, attributes = call.name, call.attributes
    found = _named(rule, event, name, call.identifiers)
    if rule.name is None:
        found.append(Origin(name, "metric", call.metric, "(default)", "name"))
    else:
        found.append(Origin(name, "metric", call.metric, f"{rule.where}.name", "a constant"))
    found += [_property(rule, event, name, key, value) for key, value in call.properties.items()]
    found.append(Origin(name, "time", call.time, "(always)", "timestamp"))
    for field, mappings in (
        ("value", (rule.value,)),
        ("value_currency", (rule.currency, rule.default_currency)),
        ("unique_id", (rule.unique_id,)),
        ("backfill", (rule.backfill,)),
    ):
        if field in attributes:
            found.append(_first(name, event, field, attributes[field], mappings))
    return found


def _first(
    name: str, event: Event, field: str, value: Any, mappings: tuple[MappingValue | None, ...]
) -> Origin:
    """The first mapping that yields something made the field; for a unique id, else the event's.

    What nothing of the configuration gave was computed, by a user's own stage.
    """
    for mapping in mappings:
        if mapping is not None and _gave(mapping(event), value):
            return Origin(name, field, value, mapping.where, _source(mapping.raw, event))
    if field != "unique_id":
        return Origin(name, field, value, "(default)", "computed")
    if value == read_identifier(event.get("id"))[0]:
        return Origin(name, field, value, "(default)", "id")
    return Origin(name, field, value, "(default)", "a digest of the event")


def _gave(yielded: Any, value: Any) -> bool:
    """Did a mapping's result become the value? An invalid unique id, say, did not."""
    if isinstance(value, str):
        return read_identifier(yielded)[0] is not None
    return yielded is not ABSENT


def _property(rule: Rule, event: Event, name: str, key: str, value: Any) -> Origin:
    field = f"properties.{key}"
    for mapping in (rule.data, rule.base):
        if mapping is not None and _yields(_members(mapping.raw).get(key), event):
            return _mapped(name, event, field, value, mapping, key)
    section = key.partition("_")[0]
    if section in rule.include or "all" in rule.include:
        return Origin(name, field, value, "include", section)
    where = rule.data.where if rule.data is not None else "data"
    return Origin(name, field, value, where, "computed")


def _mapped(
    name: str, event: Event, field: str, value: Any, mapping: MappingValue, key: str
) -> Origin:
    members = _members(mapping.raw)
    written = key if key in members else field
    if written not in members:
        return Origin(name, field, value, mapping.where, "computed")
    where = f"{mapping.where}.map.{written}"
    return Origin(name, field, value, where, _source(members[written], event))


def _yields(raw: Any, event: Event) -> bool:
    return raw is not None and mapping_value(raw)(event) is not ABSENT


def _members(raw: Any) -> dict[str, Any]:
    members = raw.get("map") if isinstance(raw, dict) else None
    return members if isinstance(members, dict) else {}


def _source(raw: Any, event: Event) -> str:
    """What in a mapping value yielded, in a few words.

    >>> event = {"data": {"b": 2}}
    >>> _source("data.b", event), _source({"value": 1}, event), _source(["data.a", "data.b"], event)
    ('data.b', 'a constant', 'data.b')
    """
    if isinstance(raw, list):
        return _source(_taken(raw, event), event)
    if raw is None:
        return "nothing"
    if isinstance(raw, dict) and raw.get("consent") is not None and not _is_granted(raw, event):
        return "a constant" if "value" in raw else "nothing"
    if isinstance(raw, dict):
        if isinstance(raw.get("loop"), list):
            return f"each of {_source(raw['loop'][0], event)}"
        for key, what in (("map", "an object"), ("set", "a list"), ("fn", "a function")):
            if raw.get(key) is not None:
                return what
        if raw.get("key") is not None and mapping_value(raw["key"])(event) is not ABSENT:
            return str(raw["key"])
        return "a constant" if "value" in raw else "nothing"
    return str(raw)


def _taken(options: list[Any], event: Event, inner: bool = False) -> Any:
    """Which option of a list gave: the first defined; in an inner list the first true or last."""
    taken = None
    for option in options:
        if isinstance(option, list):
            option = _taken(option, event, inner=True)
        result = ABSENT if option is None else mapping_value(option)(event)
        taken = None if result is ABSENT else option
        if taken is not None and (not inner or result or isinstance(result, list | dict)):
            return taken
    return taken


def _is_granted(raw: dict[str, Any], event: Event) -> bool:
    required = [name for name, flag in raw["consent"].items() if flag]
    return is_granted(required, event.get("consent"))


def _camel(field: str) -> str:
    head, _, tail = field.partition("_")
    return head + tail.capitalize()
