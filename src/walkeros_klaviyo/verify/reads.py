"""What does a mapping value read, and what can it yield?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.extend import SHIPPED
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.value import MappingValue, walk
from walkeros_klaviyo.core.walkeros.value.tree import Constant, First, Guard, Node, Path
from walkeros_klaviyo.core.walkeros.value.walk import Read


def reads_of(value: MappingValue | None) -> tuple[Read, ...]:
    """Every path that a value reads."""
    return () if value is None else tuple(walk.walk(value.tree))


def paths_read(value: MappingValue | None) -> set[str]:
    """The same as paths of the event."""
    return {read.path for read in reads_of(value) if not read.within}


def constant_of(value: MappingValue | None) -> Any:
    """The value that it always yields; None if it depends on the event."""
    return None if value is None else walk.constant_of(value.tree)


def constants_in(node: Node) -> dict[str, Any]:
    """Each constant in a node, by its place.

    >>> from walkeros_klaviyo.core.walkeros.value import mapping_value
    >>> constants_in(mapping_value({"key": "user.id", "value": "guest"}).tree)
    {'value.value': 'guest'}
    """
    found = {}
    for one in walk.nodes(node):
        if isinstance(one, Constant) and one.value is not ABSENT:
            found[one.where] = one.value
        elif isinstance(one, Path) and one.default is not ABSENT:
            found[f"{one.where.removesuffix('.key')}.value"] = one.default
        elif isinstance(one, Guard) and one.otherwise is not ABSENT and not _is_constant(one.inner):
            found[f"{one.where}.value"] = one.otherwise
    return found


def _is_constant(node: Node) -> bool:
    return isinstance(node, Constant)


def stand_ins(value: MappingValue) -> dict[str, Any]:
    """The constants that it yields if the event has nothing, by place."""
    node = value.tree.inner if isinstance(value.tree, Guard) else value.tree
    return constants_in(value.tree) if isinstance(node, First | Path | Constant) else {}


def consents_of(value: MappingValue | None) -> tuple[tuple[str, frozenset[str]], ...]:
    """(place, states) for every consent that a value requires."""
    return () if value is None else tuple(walk.consents_of(value.tree))


def is_computed(value: MappingValue | None) -> bool:
    """Does it call a user's function, so that its value is unknown without running it?"""
    return value is not None and walk.is_computed(value.tree)


def recording(config: Config) -> Iterator[KlaviyoRule]:
    """The rules whose events are recorded, the default rule first."""
    for rule in (config.default, *config.rules):
        if not rule.ignore and not rule.silent:
            yield rule


def mappings_of(rule: KlaviyoRule) -> tuple[MappingValue, ...]:
    """Every mapping value that may be read for an event of the rule."""
    return tuple(value for _, value in (*rule.policy, *rule.mappings()))


def yields_id(mapping: MappingValue | None, event: Event) -> bool:
    """Is one of its options usable as an id?"""
    return any(read_identifier(raw)[0] is not None for raw in options_of(mapping, event))


def every_value(config: Config) -> dict[str, MappingValue]:
    """Every mapping value of a configuration, by its place."""
    values = [value for _, value in config.policy]
    values += [value for rule in (config.default, *config.rules) for value in mappings_of(rule)]
    return {value.where: value for value in values}


def options_of(mapping: MappingValue | None, event: Event) -> list[Any]:
    """The values of each option of a mapping; empty if there is none."""
    found = () if mapping is None else (option(event, event, []) for option in mapping.options)
    return [one for one in found if one is not ABSENT]


def set_by_policy(config: Config, head: str, rule: KlaviyoRule | None = None) -> str | None:
    """Where a policy sets a top-level field: that of the rule or, without one, of any rule."""
    rules = config.rules if rule is None else (rule,)
    policies = [config.policy, *(one.policy for one in rules)]
    places = [value.where for policy in policies for path, value in policy if path[0] == head]
    return next(iter(places), None)


def refused_at(config: Config, rule: KlaviyoRule, code: str) -> str:
    """The place to blame for a refusal: the rule, or the policy that sets the event's time."""
    if code.startswith("time."):
        return set_by_policy(config, "timestamp", rule) or "timestamp"
    return rule.where or "mapping"


def is_within(path: str, place: str) -> bool:
    """Is the path that place, or inside it?"""
    return f"{path}.".startswith(f"{place}.")


def own(rule: KlaviyoRule, name: str) -> MappingValue | None:
    """A setting of the rule's own, not inherited from the destination."""
    value: MappingValue | None = getattr(rule.settings, name)
    places = (f"{rule.where}.", f"{SHIPPED}.")
    is_own = value is not None and bool(rule.where) and value.where.startswith(places)
    return value if is_own else None


def place(rule: KlaviyoRule, name: str) -> str:
    """The place of a rule's own setting, even if not written yet; never the destination's."""
    return f"{rule.where}.settings.{name}" if rule.where else f"settings.{name}"
