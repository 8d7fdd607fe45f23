"""Which parts of an event does a configuration read?

Taken from the trees of its mapping values, to aim events at it, and to know what is never read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from walkeros_klaviyo.core.config import Config, parse_config
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.properties import EVENT_FIELDS, SECTIONS
from walkeros_klaviyo.core.walkeros.rule import Policy
from walkeros_klaviyo.core.walkeros.user_code import UserCode
from walkeros_klaviyo.core.walkeros.value import tree, walk
from walkeros_klaviyo.core.walkeros.value.tree import Node
from walkeros_klaviyo.verify.reads import every_value

from .places import Path

Configured = Config | Mapping[str, Any]
"""A configuration, parsed or raw."""

ALWAYS: Final = (("name",), ("timestamp",), ("id",))


class Read(NamedTuple):
    """A path of the event, and what it is read for: a rule's field, or `data`.

    The kind `section` is for an included section, `source` for a loop's list, of which only parts
    are used. What a user's function reads is unknown.
    """

    path: Path
    kind: str


def configured(config: Configured) -> Config:
    """The configuration, parsed."""
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


def reads_of(rule: KlaviyoRule) -> tuple[Read, ...]:
    """Every path of an event that one effective rule may read, shortest first."""
    found = _policy_reads(rule.policy)
    for name, mapping in rule.mappings():
        found |= value_reads(mapping.tree, kind=_KINDS.get(name, name))
    for section in SECTIONS if "all" in rule.include else rule.include:
        if section == "event":
            found |= {Read((name,), "data") for name in EVENT_FIELDS}
        else:
            found.add(Read((section,), "section"))
    return _sorted(found)


_KINDS: Final = {"base": "data", "lines": "data", "default_currency": "currency"}


def _policy_reads(policy: Policy) -> set[Read]:
    return {one for _, value in policy for one in value_reads(value.tree)}


def _sorted(found: Iterable[Read]) -> tuple[Read, ...]:
    return tuple(sorted(found, key=lambda one: (len(one.path), one)))


def placed(node: Node, at: Path | None = ()) -> Iterator[tuple[Path | None, Node]]:
    """The node and its descendants, each with the place of the value that it receives.

    `*` stands for the items of a loop; items of a computed list have no place.
    """
    yield at, node
    if not isinstance(node, tree.Loop):
        for below in tree.children(node):
            yield from placed(below, at)
        return
    yield from placed(node.source, at)
    item = at if isinstance(node.source, tree.This) else None
    if at is not None and tree.is_path(node.source):
        item = (*at, *node.source.keys, "*")
    yield from placed(node.item, item)


def value_reads(node: Node, kind: str = "data") -> set[Read]:
    """Every path that a mapping value reads; `*` stands for the items of a loop.

    >>> from walkeros_klaviyo.core.walkeros.value import mapping_value
    >>> tree = mapping_value({"loop": ["nested", "data.sku"]}).tree
    >>> sorted(".".join(one.path) for one in value_reads(tree))
    ['nested', 'nested.*.data.sku']
    """
    every = list(placed(node))
    lists = [
        one.source
        for _, one in every
        if isinstance(one, tree.Loop) and tree.is_path(one.source) and "*" not in one.source.keys
    ]
    return {
        Read((*at, *one.keys), "source" if any(one is list_ for list_ in lists) else kind)
        for at, one in every
        if at is not None and isinstance(one, tree.Path)
    }


def functions_of(node: Node) -> Iterator[tuple[Path, UserCode]]:
    """Every function in a mapping value, with the place of the value that it receives.

    >>> from walkeros_klaviyo.core.walkeros.value import mapping_value
    >>> ask = lambda value, event: True
    >>> asked = mapping_value({"map": {"a": {"key": "data.id", "validate": ask}}})
    >>> [(path, code.where) for path, code in functions_of(asked.tree)]
    [(('data', 'id'), 'value.map.a.validate')]
    """
    for place, one in placed(node):
        at = place or ()
        if isinstance(one, tree.Function):
            yield at, one.code
        elif isinstance(one, tree.Guard):
            here = (*at, *one.inner.keys) if isinstance(one.inner, tree.Path) else at
            asked = ((at, one.condition), (here, one.validate))
            yield from ((where, code) for where, code in asked if code is not None)


def consents_of(config: Configured) -> tuple[str, ...]:
    """Every consent state that a configuration requires anywhere.

    >>> consents_of({"consent": {"ads": True}, "data": {"consent": {"mail": True}, "key": "id"}})
    ('ads', 'mail')
    """
    config = configured(config)
    asked = [config.consent, *(rule.consent for rule in (config.default, *config.rules))]
    values = every_value(config).values()
    asked += [names for value in values for _, names in walk.consents_of(value.tree)]
    return tuple(sorted({name for names in asked for name in names or ()}))
