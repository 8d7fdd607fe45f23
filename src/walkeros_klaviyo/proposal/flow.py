"""Which events does a walkerOS flow.json describe?

Its contract says what events contain, and the mappings of its other destinations say what is read
from them. From both we make sample events for `propose` with just these fields; their values are
placeholders, of which only the paths matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.document.contract import ContractError, extended
from walkeros_klaviyo.document.pick import is_klaviyo
from walkeros_klaviyo.verify.questions.facts import SUMS
from walkeros_klaviyo.verify.questions.guess import CURRENCIES, last_word, name_of
from walkeros_klaviyo.verify.questions.meaning import meaning_of

TIMES: Final = 4
"""Events made per name: enough for verify to trust them."""
START: Final = 1_793_350_800_000
_PATH: Final = re.compile(r"(data|user|context|globals|custom|nested|source)(\.[^.\s$]+)+")
_WORDS: Final = ("data", "user", "globals", "custom")
_PEOPLE: Final = ("user.id", "user.email")
"""Paths of identifiers that are assumed even if the flow does not name them."""
Name = tuple[str, str]


@frozen
class Spoken:
    """The events that a flow describes, and whether it already has a Klaviyo destination."""

    lines: tuple[tuple[int, Event], ...]
    has_rules: bool = False
    assumed: frozenset[str] = frozenset()
    """Identifiers in these events that the flow does not name."""


def events_of_flow(document: Any, flow: str | None = None) -> Spoken:
    """Events with the fields that the contract and the mappings of a flow.json name.

    >>> ads = {"package": "@walkeros/web-destination-ads", "config": {"consent": {"ads": True},
    ...     "mapping": {"order": {"complete": {"data": {"map": {"n": "data.id"}}}}}}}
    >>> found = events_of_flow({"flows": {"shop": {"destinations": {"ads": ads}}}})
    >>> found.lines[0][1]["name"], found.lines[0][1]["data"], found.lines[0][1]["consent"]
    ('order complete', {'id': 'id-1'}, {'ads': True})
    """
    flows = document.get("flows") if isinstance(document, dict) else None
    flows = flows if isinstance(flows, dict) else {"": document}
    chosen = [one for name, one in flows.items() if flow in (None, name) and isinstance(one, dict)]
    paths: dict[Name, dict[str, Any]] = {}
    consent: dict[str, bool] = {}
    has_rules = False
    for one in chosen:
        steps = one.get("destinations")
        for key, step in steps.items() if isinstance(steps, dict) else ():
            config = step.get("config") if isinstance(step, dict) else None
            if not isinstance(config, dict):
                continue
            if is_klaviyo(step.get("package")) or key == "klaviyo":
                has_rules = has_rules or bool(config.get("mapping"))
            asked = config.get("consent")
            consent |= dict.fromkeys(asked if isinstance(asked, dict) else (), True)
            for name, rule in _rules(config.get("mapping")):
                paths.setdefault(name, {}).update(dict.fromkeys(_paths(rule)))
        for holder in (document, one):
            for name, found in _contracted(holder.get("contract")):
                paths.setdefault(name, {}).update(found)
    names = [name for name in paths for _ in range(TIMES)]
    lines = tuple(
        (number, _event(name, paths[name], number, consent)) for number, name in enumerate(names, 1)
    )
    named = {path for found in paths.values() for path in found}
    return Spoken(lines, has_rules, frozenset(_PEOPLE) - named)


def _rules(mapping: Any) -> Iterator[tuple[Name, Any]]:
    for entity, actions in mapping.items() if isinstance(mapping, dict) else ():
        for action, rule in actions.items() if isinstance(actions, dict) else ():
            if "*" not in (entity, action) and " " not in entity:
                yield (entity, action), rule


def _paths(value: Any, within: str = "") -> Iterator[str]:
    """Every path that a rule of any destination reads."""
    if isinstance(value, str):
        path = f"{within}{value}"
        if _PATH.fullmatch(path):
            yield path
    elif isinstance(value, list):
        for one in value:
            yield from _paths(one, within)
    elif isinstance(value, dict):
        loop = value.get("loop")
        if isinstance(loop, list) and len(loop) == 2 and isinstance(loop[0], str):
            yield from _paths(loop[1], f"{within}{loop[0]}.*." if loop[0] != "this" else within)
        for key, one in value.items():
            if key not in ("loop", "value", "name", "fn", "condition", "validate"):
                yield from _paths(one, within)
            elif key == "value" and within == "" and isinstance(one, str) and _PATH.fullmatch(one):
                yield one  # a setting with that name


def _contracted(contracts: Any) -> Iterator[tuple[Name, dict[str, Any]]]:
    """Yield each event name with the schemas of its fields by path, from the contracts."""
    for name in contracts if isinstance(contracts, dict) else ():
        try:
            contract = extended(contracts, name)[name]
        except ContractError:
            continue
        if not isinstance(contract, dict):
            continue
        shared = {
            path: schema
            for section in _WORDS
            if section in contract
            for path, schema in _properties(contract[section], section)
        }
        for found, schema in _rules(contract.get("events")):
            yield found, {**shared, **dict(_properties(schema, ""))}


def _properties(schema: Any, at: str) -> Iterator[tuple[str, Any]]:
    """The paths in a JSON Schema, with their schemas."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if isinstance(properties, dict):
        for name, inner in properties.items():
            if "." not in name:
                yield from _properties(inner, f"{at}.{name}" if at else name)
    elif isinstance(schema, dict) and isinstance(schema.get("items"), dict):
        yield from _properties(schema["items"], f"{at}.*")
    elif at:
        yield at, schema


def _event(name: Name, paths: dict[str, Any], number: int, consent: dict[str, bool]) -> Event:
    event: Event = {
        "name": " ".join(name),
        "id": f"e-{number}",
        "timestamp": START + number * 60_000,
        "user": {"id": f"u-{number}", "email": f"visitor{number}@example.com"},
        "consent": dict(consent),
    }
    for path, schema in sorted(paths.items(), key=lambda one: -one[0].count(".")):
        _plant(event, path.split("."), _value(path, schema, number))
    return event


def _plant(holder: dict[str, Any], keys: list[str], value: Any) -> None:
    """Put a value at a path, unless there is something already."""
    key, rest = keys[0], keys[1:]
    if not rest:
        holder.setdefault(key, value)
        return
    is_list = rest[0] == "*" or rest[0].isdigit()
    inner = holder.setdefault(
        key, ([{"entity": "product"}] if key == "nested" else [{}]) if is_list else {}
    )
    if isinstance(inner, list):
        inner, rest = inner[0] if inner else None, rest[1:]
    if isinstance(inner, dict) and rest:
        _plant(inner, rest, value)


def _value(path: str, schema: Any, number: int) -> Any:
    """A placeholder value that suits the field's name or schema."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    named, word = name_of(path), last_word(path)
    if named in CURRENCIES:
        return "EUR"
    if kind in ("number", "integer") or word in SUMS or word in ("quantity", "qty"):
        return 10 * number if word in SUMS else 1
    if kind == "boolean":
        return True
    if kind == "object":
        return {}
    if kind == "array":
        return [named]
    meant = {"email": f"visitor{number}@example.com", "phone number": f"+49151234567{number:02}"}
    return meant.get(meaning_of(path) or "", f"{named}-{number}")
