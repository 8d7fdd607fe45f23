"""What does a mapping value read, and could it be anything else?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.value import MappingValue, walk
from walkeros_klaviyo.core.walkeros.value.walk import Read


def reads_of(value: MappingValue | None) -> tuple[Read, ...]:
    """Every path that a value reads.

    >>> from walkeros_klaviyo.core.walkeros.value import mapping_value
    >>> [one.path for one in reads_of(mapping_value(["data.a", {"key": "data.b", "value": 1}]))]
    ['data.a', 'data.b']
    """
    return () if value is None else tuple(walk.walk(value.tree))


def constant_of(value: MappingValue | None) -> Any:
    """The value that it always yields; None where it looks at the event.

    >>> from walkeros_klaviyo.core.walkeros.value import mapping_value
    >>> constant_of(mapping_value({"value": "EUR"})), constant_of(mapping_value("data.id"))
    ('EUR', None)
    """
    return None if value is None else walk.constant_of(value.tree)


def consents_of(value: MappingValue | None) -> tuple[tuple[str, frozenset[str]], ...]:
    """Every consent that a value, or a part of it, asks for: where, and the states.

    >>> from walkeros_klaviyo.core.walkeros.value import mapping_value
    >>> consents_of(mapping_value({"map": {"Age": {"key": "user.age", "consent": {"ads": True}}}}))
    (('value.map.Age.consent', frozenset({'ads'})),)
    """
    return () if value is None else tuple(walk.consents_of(value.tree))


def is_computed(value: MappingValue | None) -> bool:
    """Does a user's function have a hand in it? Then nothing can be said without running it."""
    return value is not None and walk.is_computed(value.tree)


def recording(config: Config) -> Iterator[KlaviyoRule]:
    """The rules whose events are recorded, the default one first."""
    yield from (rule for rule in (config.default, *config.rules) if not _is_mute(rule))


def _is_mute(rule: KlaviyoRule) -> bool:
    return rule.ignore or rule.silent
