"""What does an event make of its person: whose it is, and what their profile is told?

That depends on a few values of the event, and a person's events come in runs. So it is worked out
once for the same values, by the stages themselves, from an event that holds nothing else.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from attrs import Attribute, fields, frozen

from walkeros_klaviyo.core.diagnostics import Diagnostics
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.value.tree import (
    Function,
    Guard,
    Loop,
    Node,
    Path,
    This,
    children,
    fresh,
)

from .admit import are_short
from .calls import Call, Mapped, upsert_profile
from .identity import Identity, resolve_identity
from .profile import describe_profile
from .settings import KlaviyoRule, Settings

_LONGEST_KEPT: Final = 500
"""A person is cached only if the values read fit in so many bytes."""
_MOST_KEPT: Final = 8_192
"""People cached at once for all rules together: some 10 MB."""


@frozen
class Person:
    """An event's person, what their profile is told, and all that is noted on the way."""

    identity: Identity
    notes: Diagnostics
    """Of the identity and of the profile."""
    told: Call | None
    """Shared by all of the person's events; hand out `upsert` instead."""
    found: Diagnostics
    """Of the upsert."""
    is_short: bool
    """Are the identifiers surely within Klaviyo's limits?"""

    @property
    def upsert(self) -> Call | None:
        """The upsert with a body of its own."""
        told = self.told
        if told is None:
            return None
        attributes = told.body["data"]["attributes"].copy()
        for name in NESTED:
            if name in attributes:
                attributes[name] = fresh(attributes[name])
        body = {"data": {"type": "profile", "attributes": attributes}}
        return Call(told.name, body, told.refusal, told.fingerprint)


NESTED: Final = ("properties", "location")
"""The only traits that are objects."""


_OF_THE_EVENT: Final = ("value", "currency", "default_currency", "unique_id")
"""The settings that say nothing about the person."""


def ground_of(settings: Settings) -> tuple[object, ...]:
    """All that the settings say about people: rules that agree in it share what is remembered."""
    every: tuple[Attribute[Any], ...] = fields(Settings)
    names = (one.name for one in every if one.eq and one.name not in _OF_THE_EVENT)
    return tuple(getattr(settings, name) for name in names)


def reader(rule: KlaviyoRule, shares: int = 1) -> Callable[[Event], Person | None] | None:
    """A function from an event to its person; it gives None where the stages must look themselves.

    None for a rule whose settings read more than paths and constants. `shares` is by how
    many such functions the memory is shared.

    >>> from walkeros_klaviyo import parse_config
    >>> ada = reader(parse_config({}).default)({"user": {"id": "u1"}})
    >>> ada.identity.keys, ada.upsert
    (('external_id:u1',), None)
    """
    settings = rule.settings
    values = (value for name, value in settings.items() if name not in _OF_THE_EVENT)
    read = [path for value in values for path in _paths(value.tree)]
    if None in read or settings.cleared or settings.patch is not None:
        return None
    parts: dict[str, list[str]] = {}
    for section, *keys in filter(None, read):
        parts.setdefault(section, []).append(keys[0] if keys else "")
    # A section of which all is read, or some of its parts.
    sections = tuple(
        (section, () if "" in keys else tuple(dict.fromkeys(keys)))
        for section, keys in parts.items()
    )

    @lru_cache(maxsize=max(_MOST_KEPT // shares, 16))
    def person(content: bytes) -> Person | None:
        seen = marshal.loads(content)
        if not _is_json(seen):
            return None
        event: Event = {}
        for (name, keys), section in zip(sections, seen, strict=True):
            event[name] = dict(zip(keys, section, strict=True)) if keys and section else section
        return _judged(rule, event)

    def read_person(event: Event) -> Person | None:
        seen: list[Any] = []
        for name, keys in sections:
            section = event.get(name)
            if keys and section is not None:
                if type(section) is not dict:
                    return None
                section = [*map(section.get, keys)]
            seen.append(section)
        try:
            content = marshal.dumps(seen, 2)
        except ValueError:  # a type that JSON lacks, or nested too deeply
            return None
        return person(content) if len(content) <= _LONGEST_KEPT else None

    return read_person


def _judged(rule: KlaviyoRule, event: Event) -> Person | None:
    identity, notes = resolve_identity(rule, event)
    if identity is None:
        return None
    traits, more = describe_profile(rule, event)
    if traits and not identity.keys:
        return None  # the event itself must carry them
    calls, found = upsert_profile(rule, Mapped(event, event, identity, {}, traits))
    told = calls[0] if calls else None
    is_short = are_short(tuple(identity.identifiers.values()))
    return Person(identity, (*notes, *more), told, found, is_short)


def _is_json(seen: object) -> bool:
    """May it be what the event held? `marshal` makes bytes of NumPy's numbers and strings."""
    try:
        json.dumps(seen)
    except (TypeError, ValueError):
        return False
    return True


def _paths(node: Node) -> Iterator[tuple[str, ...] | None]:
    """The paths that the value depends on; None where it depends on something else."""
    if isinstance(node, Path):
        yield node.keys
    elif isinstance(node, Loop):
        yield from _paths(node.source)
        yield from (None for one in _paths(node.item) if one is None)
    elif isinstance(node, Function | Guard | This):
        yield None
    else:
        for below in children(node):
            yield from _paths(below)
