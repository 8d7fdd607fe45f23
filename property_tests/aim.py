"""Which parts of an event does a configuration look at?

Read off the raw configuration, independently of the compiler: so events can be aimed at it, and
what no mapping names can be told from what one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

Path = tuple[str, ...]

SECTIONS = ("data", "globals", "context", "user", "source")
EVENT_FIELDS = ("entity", "action", "id", "timestamp", "name", "trigger", "timing")
ALWAYS = (("name",), ("timestamp",), ("id",))
DEFAULTS = {"email": "user.email", "externalId": "user.id", "uniqueId": "id"}


class Read(NamedTuple):
    """A path of the event, and what for: a setting's name, or `data`."""

    path: Path
    kind: str


def reads(config: dict[str, Any]) -> list[Read]:
    """Every path of an event that the configuration may read, shortest first.

    >>> [".".join(one.path) for one in reads({"data": {"map": {"Total": "data.total"}}})][3:]
    ['timestamp', 'data.total', 'user.email', 'user.id']
    """
    found = {Read(path, "always") for path in ALWAYS}
    settings = {**DEFAULTS, **(config.get("settings") or {})}
    for name, raw in settings.items():
        found |= {Read(path, name) for path in value_reads(raw)}
    found |= _section_reads(config)
    for rule in rules_of(config):
        found |= _section_reads(rule)
        for name, raw in (rule.get("settings") or {}).items():
            found |= {Read(path, name) for path in value_reads(raw)}
    return sorted(found, key=lambda one: (len(one.path), one))


def rules_of(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every rule of a raw configuration.

    >>> list(rules_of({"mapping": {"order": {"complete": [{"name": "A"}, {"name": "B"}]}}}))
    [{'name': 'A'}, {'name': 'B'}]
    """
    for actions in (config.get("mapping") or {}).values():
        for given in actions.values():
            yield from given if isinstance(given, list) else [given]


def names_of(config: dict[str, Any]) -> list[tuple[str, str]]:
    """The entity and action of every rule, `*` included."""
    mapping = config.get("mapping") or {}
    return [(entity, action) for entity, actions in mapping.items() for action in actions]


def consents_of(raw: Any) -> set[str]:
    """Every consent state that a configuration asks for, anywhere in it.

    >>> sorted(consents_of({"consent": {"ads": True}, "data": {"consent": {"mail": True}}}))
    ['ads', 'mail']
    """
    if isinstance(raw, list):
        return {name for item in raw for name in consents_of(item)}
    if not isinstance(raw, dict):
        return set()
    own = raw.get("consent")
    found = {name for name, flag in own.items() if flag is True} if isinstance(own, dict) else set()
    return found | {name for item in raw.values() for name in consents_of(item)}


def _section_reads(part: dict[str, Any]) -> set[Read]:
    """What `data`, `include` and `policy` of a configuration or rule read."""
    found = {Read(path, "data") for path in value_reads(part.get("data"))}
    for raw in (part.get("policy") or {}).values():
        found |= {Read(path, "data") for path in value_reads(raw)}
    include = part.get("include") or ()
    for section in SECTIONS if "all" in include else include:
        if section in SECTIONS:
            found.add(Read((section,), "data"))
    if "event" in include or "all" in include:
        found |= {Read((name,), "data") for name in EVENT_FIELDS}
    return found


def value_reads(raw: Any, base: Path = ()) -> set[Path]:
    """Every path that a mapping value reads; inside a loop, `*` stands for its items.

    >>> sorted(value_reads({"loop": ["nested", {"map": {"SKU": "data.sku"}}]}))
    [('nested', '*', 'data', 'sku')]
    """
    if isinstance(raw, str):
        return {(*base, *raw.split("."))}
    if isinstance(raw, list):
        return _each(raw, base)
    if not isinstance(raw, dict):
        return set()
    found = value_reads(raw["key"], base) if isinstance(raw.get("key"), str) else set()
    found |= _each((raw.get("map") or {}).values(), base)
    found |= _each(raw.get("set") or (), base)
    picked = getattr(raw.get("fn"), "key", None)
    if picked is not None:
        found.add((*base, picked))
    if raw.get("loop") is not None:
        found |= _loop_reads(raw["loop"], base)
    return found


def _each(values: Iterable[Any], base: Path) -> set[Path]:
    return {path for item in values for path in value_reads(item, base)}


def _loop_reads(raw: list[Any], base: Path) -> set[Path]:
    source, item = raw
    if source == "this":
        return value_reads(item, base)
    sources = value_reads(source, base)
    if isinstance(source, str) and "*" not in source:
        return {path for one in sources for path in value_reads(item, (*one, "*"))}
    return sources  # what the items are made of is read as a whole


def covers(path: Path, place: Path) -> bool:
    """Does reading the path read the place, too? `*` meets every item of a list, no object's key.

    >>> covers(("nested", "*", "data"), ("nested", "0", "data", "sku")), covers(("*",), ("user",))
    (True, False)
    """
    return len(path) <= len(place) and all(
        key == at or (key == "*" and at.isdigit()) for key, at in zip(path, place, strict=False)
    )


def plant(target: Any, path: Path, value: Any) -> Any:
    """A copy with the value at the path; objects and lists on the way are made.

    >>> plant({"user": {"id": 1}}, ("nested", "*", "sku"), "A")
    {'user': {'id': 1}, 'nested': [{'sku': 'A'}]}
    """
    if not path:
        return value
    key, rest = path[0], path[1:]
    if key == "*" or key.isdigit():
        items = list(target) if isinstance(target, list) else []
        index = 0 if key == "*" else min(int(key), len(items))
        inner = items[index] if index < len(items) else None
        items[index : index + 1] = [plant(inner, rest, value)]
        return items
    members = dict(target) if isinstance(target, dict) else {}
    members[key] = plant(members.get(key), rest, value)
    return members
