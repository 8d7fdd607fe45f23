"""Which properties does the event carry?

The rule's `data` over the destination's `data`, `include` below both, `remove` last. Data that does
not resolve to an object gives no properties. Source: walkerOS `processEventMapping`, measured on
the reference implementation.
"""

from __future__ import annotations

from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics, Notes
from walkeros_klaviyo.core.shown import plain_key

from .event import MAX_DEPTH, Event, kind_of
from .path import ABSENT, Path, delete_path
from .rule import Rule, S
from .sound import is_sound, kept

SECTIONS: Final = ("data", "globals", "context", "user", "source", "event")
EVENT_FIELDS: Final = ("entity", "action", "id", "timestamp", "name", "trigger", "timing")


def select_properties(rule: Rule[S], event: Event) -> tuple[dict[str, Any], Diagnostics]:
    """The event's properties, always a dict.

    >>> from walkeros_klaviyo import parse_config
    >>> rule = parse_config({"include": ["user"]}).default
    >>> select_properties(rule, {"user": {"geo": {"city": "Ulm"}}})
    ({'user_geo_city': 'Ulm'}, ())

    Diagnostics: properties.not-an-object, and those of the mapping values.
    """
    notes: Notes = []
    data: Any = ABSENT
    source = rule.base
    if source is not None:
        data = source.resolve(event, event, notes)
    if rule.data is not None:
        own = rule.data.resolve(event, event, notes)
        both = source is not None and isinstance(own, dict) and isinstance(data, dict)
        data = merge(data, own) if both else own
        source = rule.data
    if data is not ABSENT and not isinstance(data, dict) and source is not None:
        message = f"resolved to {kind_of(data)}, which is lost"
        notes.append(Diagnostic("properties.not-an-object", source.where, message))
    if rule.include:
        included = include(rule.include, event, notes)
        if data is ABSENT:
            data = included
        elif isinstance(data, dict):
            data = merge(included, data)
    properties: dict[str, Any] = data if isinstance(data, dict) else {}
    for path in rule.remove:
        properties = delete_path(properties, path)
    return properties, tuple(notes)


def read_base(rule: Rule[S], event: Event) -> tuple[Rule[S], Diagnostics]:
    """The rule with the destination's `data` already resolved, if that reads the event's name.

    The destination's `data` sees the event's own name, the rule's mappings the metric's.

    >>> from walkeros_klaviyo import parse_config
    >>> config = parse_config({"data": {"map": {"was": "name"}}, "mapping": {"a": {"b": {
    ...     "name": "Placed Order"}}}})
    >>> rule, _ = read_base(config.rules[0], {"name": "a b"})
    >>> select_properties(rule, {"name": "Placed Order"})[0]
    {'was': 'a b'}
    """
    if rule.base is None or not rule.is_base_first:
        return rule, ()
    notes: Notes = []
    found = rule.base.resolve(event, event, notes)
    base = evolve(rule.base, resolve=lambda value, event, notes: found)
    return evolve(rule, base=base), tuple(notes)


def merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Merge shallowly; lists at the same key are joined, each item once.

    >>> merge({"a": 1, "tags": [1]}, {"a": 2, "tags": [1, True]})
    {'a': 2, 'tags': [1, True]}
    """
    merged = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(below[key], list) and isinstance(above[key], list):
            known = set(map(_identity, below[key]))
            merged[key] = list(below[key])
            for item in above[key]:
                if (identity := _identity(item)) not in known:
                    known.add(identity)
                    merged[key].append(item)
    return merged


def _identity(item: Any) -> tuple[object, ...]:
    """Compares as JavaScript's `includes`: 1 is 1.0, true is not 1, objects by identity."""
    return ("object", id(item)) if isinstance(item, dict | list) else (type(item) is bool, item)


def include(sections: tuple[str, ...], event: Event, notes: Notes) -> dict[str, Any]:
    """Sections of the event as `section_key`, with nested objects flattened by `_`.

    If two places flatten to one name, the shallower is kept, whatever the order of keys.

    >>> include(("context",), {"context": {"shopping": ["complete", 0]}}, [])
    {'context_shopping': 'complete'}
    """
    found: dict[str, Place] = {}
    for section in SECTIONS if "all" in sections else sections:
        if section == "event":
            bag: Any = {name: event[name] for name in EVENT_FIELDS if name in event}
        else:
            bag = event.get(section) if section in SECTIONS else None
        if not isinstance(bag, dict):
            continue
        if section == "context":
            bag = {
                name: value[0] if isinstance(value, list) else value
                for name, value in bag.items()
                if value != []
            }
        _flatten(bag, section, (section,), found, notes)
    return {key: value for key, (_, value) in found.items()}


Place = tuple[tuple[str, ...], Any]
"""The keys to a value before it was flattened, and the value."""


def _flatten(
    bag: dict[str, Any], prefix: str, path: Path, found: dict[str, Place], notes: Notes
) -> None:
    for name, value in bag.items():
        key, place = f"{prefix}_{name}", (*path, str(name))
        if isinstance(value, dict):
            if len(path) < MAX_DEPTH:
                _flatten(value, key, place, found, notes)
            else:
                notes.append(Diagnostic("value.too-deep", _shown(path)[:100], "nested too deeply"))
        elif value is None or is_sound(value):
            _put(key, (place, value), found, notes)
        elif (left := kept(value, _shown(place), notes)) is not ABSENT:
            _put(key, (place, left), found, notes)


def _put(key: str, new: Place, found: dict[str, Place], notes: Notes) -> None:
    old = found.get(key)
    if old is not None and old[0] != new[0]:
        new, lost = sorted((old, new), key=lambda place: (len(place[0]), place[0]))
        message = f'meets {_shown(new[0])} in the name "{plain_key(key)}"; only that one is kept'
        notes.append(Diagnostic("properties.same-name", _shown(lost[0])[:200], message[:400]))
    found[key] = new


def _shown(path: Path) -> str:
    return ".".join(map(plain_key, path))
