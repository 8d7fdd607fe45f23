"""Which parts of an event does a configuration look at?

Read off the compiled configuration, which keeps its mapping values as they were written: so
events can be aimed at it, and what no mapping names can be told from what one does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from walkeros_klaviyo.core.config import Config, parse_config
from walkeros_klaviyo.core.properties import EVENT_FIELDS, SECTIONS
from walkeros_klaviyo.core.rule import Policy, Rule
from walkeros_klaviyo.core.value import MappingValue

from .hints import hints_of
from .places import Path

Configured = Config | Mapping[str, Any]
"""A configuration, parsed or as it is written."""

ALWAYS: Final = (("name",), ("timestamp",), ("id",))
IDENTIFYING: Final = ("email", "external_id", "phone_number", "anonymous_id", "kx")
VALUES: Final = (
    *IDENTIFYING,
    *("phone_region", "identify", "value", "currency", "default_currency", "unique_id"),
    *("backfill", "base", "data"),
)
"""A rule's fields that take a mapping value."""


class Read(NamedTuple):
    """A path of the event, and what for: a rule's field, or `data`.

    The kind `section` is an included one's, `source` a loop's: the list itself, of which only some
    is taken; `test` is what a user's function looks at.
    """

    path: Path
    kind: str


def configured(config: Configured) -> Config:
    """The configuration, parsed.

    >>> configured({}).warnings
    ()
    """
    return config if isinstance(config, Config) else parse_config(dict(config))


def reads(config: Configured) -> tuple[Read, ...]:
    """Every path of an event that the configuration may read, shortest first.

    >>> [".".join(one.path) for one in reads({"data": {"map": {"Total": "data.total"}}})][3:]
    ['timestamp', 'data.total', 'user.email', 'user.id']
    """
    config = configured(config)
    found = {Read(path, "always") for path in ALWAYS} | _policy_reads(config.policy)
    for rule in (config.default, *config.rules):
        found.update(reads_of(rule))
    return _sorted(found)


def reads_of(rule: Rule) -> tuple[Read, ...]:
    """Every path of an event that one effective rule may read, shortest first."""
    found = _policy_reads(rule.policy)
    for name in VALUES:
        mapping: MappingValue | None = getattr(rule, name)
        if mapping is not None:
            kind = "currency" if name == "default_currency" else name
            found |= value_reads(mapping.raw, kind="data" if name == "base" else kind)
    for section in SECTIONS if "all" in rule.include else rule.include:
        if section == "event":
            found |= {Read((name,), "data") for name in EVENT_FIELDS}
        else:
            found.add(Read((section,), "section"))
    if rule.condition is not None:
        found |= {Read(path, "test") for path in hints_of(_called(rule.condition)).paths}
    return _sorted(found)


def _called(condition: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    return lambda value, event: condition(value, event, [])


def _policy_reads(policy: Policy) -> set[Read]:
    return {one for _, value in policy for one in value_reads(value.raw)}


def _sorted(found: Iterable[Read]) -> tuple[Read, ...]:
    return tuple(sorted(found, key=lambda one: (len(one.path), one)))


def value_reads(raw: Any, base: Path = (), kind: str = "data") -> set[Read]:
    """Every path that a mapping value reads; inside a loop, `*` stands for its items.

    >>> sorted(".".join(one.path) for one in value_reads({"loop": ["nested", "data.sku"]}))
    ['nested', 'nested.*.data.sku']
    """
    if isinstance(raw, str):
        return {Read((*base, *raw.split(".")), kind)}
    if isinstance(raw, list):
        return _each(raw, base, kind)
    if not isinstance(raw, dict):
        return set()
    found = _each((raw.get("map") or {}).values(), base, kind)
    found |= _each(raw.get("set") or (), base, kind)
    here = base
    if isinstance(raw.get("key"), str):
        here = (*base, *raw["key"].split("."))
        found.add(Read(here, kind))
    if raw.get("loop") is not None:
        found |= _loop_reads(raw["loop"], base, kind)
    for name in ("fn", "condition", "validate"):
        if callable(raw.get(name)):
            at = here if name == "validate" else base
            what = kind if name == "fn" else "test"
            found |= {Read(path, what) for path in hints_of(raw[name], at).paths}
            if name == "fn" and getattr(raw[name], "key", None) is not None:
                found.add(Read((*base, raw[name].key), kind))
    return found


def _each(values: Iterable[Any], base: Path, kind: str) -> set[Read]:
    return {one for item in values for one in value_reads(item, base, kind)}


def _loop_reads(raw: list[Any], base: Path, kind: str) -> set[Read]:
    source, item = raw
    if source == "this":
        return value_reads(item, base, kind)
    sources = value_reads(source, base, kind)
    if isinstance(source, str) and "*" not in source:
        lists = {Read(one.path, "source") for one in sources}
        return lists | {read for one in sources for read in value_reads(item, (*one.path, "*"))}
    return sources  # what the items are made of is read as a whole


def tests_of(raw: Any, base: Path = ()) -> Iterator[tuple[Path, Callable[..., Any]]]:
    """Every condition and validation in a mapping value, and where its value stands.

    >>> ask = lambda value, event: True
    >>> [path for path, fn in tests_of({"map": {"a": {"key": "data.id", "validate": ask}}})]
    [('data', 'id')]
    """
    if isinstance(raw, list):
        for item in raw:
            yield from tests_of(item, base)
    elif isinstance(raw, dict):
        here = (*base, *raw["key"].split(".")) if isinstance(raw.get("key"), str) else base
        for name, at in (("condition", base), ("fn", base), ("validate", here)):
            if callable(raw.get(name)):
                yield at, raw[name]
        for item in (*(raw.get("map") or {}).values(), *(raw.get("set") or ())):
            yield from tests_of(item, base)
        if raw.get("loop") is not None:
            source, item = raw["loop"]
            yield from tests_of(source, base)
            inner = (*base, *source.split("."), "*") if isinstance(source, str) else base
            yield from tests_of(item, base if source == "this" else inner)


def consents_of(config: Configured) -> tuple[str, ...]:
    """Every consent state that a configuration asks for, anywhere in it.

    >>> consents_of({"consent": {"ads": True}, "data": {"consent": {"mail": True}, "key": "id"}})
    ('ads', 'mail')
    """
    config = configured(config)
    found = set(config.consent or ())
    for rule in (config.default, *config.rules):
        found |= rule.consent or set()
        for value in mappings_of(rule):
            found |= set(_inner_consents(value.raw))
    found |= {name for _, value in config.policy for name in _inner_consents(value.raw)}
    return tuple(sorted(found))


def mappings_of(rule: Rule) -> tuple[MappingValue, ...]:
    """Every mapping value that may be read for an event of the rule."""
    named = [getattr(rule, name) for name in VALUES]
    return tuple(one for one in (*named, *(value for _, value in rule.policy)) if one is not None)


def _inner_consents(raw: Any) -> Iterator[str]:
    if isinstance(raw, list):
        for item in raw:
            yield from _inner_consents(item)
    elif isinstance(raw, dict):
        own = raw.get("consent")
        if isinstance(own, dict):
            yield from (name for name, flag in own.items() if flag is True)
        for item in raw.values():
            yield from _inner_consents(item)
