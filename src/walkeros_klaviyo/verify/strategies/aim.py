"""What is there to hit in a configuration?

Every rule with a name that leads to it, what it reads and what its functions ask; worked out once
a configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import IDENTIFIERS, KlaviyoRule
from walkeros_klaviyo.core.walkeros.consent import only_granted
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.policy import apply_policy
from walkeros_klaviyo.core.walkeros.rule import match_rule
from walkeros_klaviyo.core.walkeros.value import MappingValue

from .hints import Hints, bend, hints_of
from .places import Path, found
from .reads import (
    Configured,
    Read,
    configured,
    consents_of,
    mappings_of,
    reads,
    reads_of,
    tests_of,
    value_reads,
)

OTHER: Final = ("thing", "happen")
"""An entity and an action that configurations seldom name: what `*` stands for."""


@frozen(eq=False, repr=False)
class Test:
    """A function of a mapping value, where its value stands, and what it asks for."""

    path: Path
    fn: Callable[..., Any]
    hints: Hints

    def bent(self, event: Event, way: bool) -> Event:
        """The event changed until the function says so; as it is where that fails."""

        def goal(changed: Event) -> bool:
            values = found(changed, self.path)
            return bool(self.fn(values[0] if values else None, changed)) is way

        return bend(event, [self.hints], goal) or event


@frozen(eq=False, repr=False)
class Target:
    """A rule, a name that leads to it, what it reads, and what the conditions on the way ask."""

    config: Config
    rule: KlaviyoRule
    name: str
    reads: tuple[Read, ...]
    tests: tuple[Test, ...]
    hints: tuple[Hints, ...]

    def is_met(self, event: Event) -> bool:
        """Does the event meet just this rule?"""
        changed = as_matched(self.config, event)
        return changed is not None and match_rule(self.config, changed)[0] is self.rule

    def bent(self, event: Event, way: bool) -> Event:
        """The event changed until it meets the rule, or just not."""
        return bend(event, self.hints, lambda changed: self.is_met(changed) is way) or event


@frozen(eq=False, repr=False)
class Aim:
    """All there is to hit."""

    targets: tuple[Target, ...]
    misses: tuple[str, ...]
    """Names that narrowly lead to no rule, or to another one."""
    common: tuple[Read, ...]
    """What every event is looked at for: who it is, and what policies read."""
    others: tuple[Read, ...]
    traits: tuple[Read, ...]
    """What an upsert is made of, besides."""
    consents: tuple[str, ...]
    tests: tuple[Test, ...]
    free_tests: tuple[Test, ...]
    """What functions ask of an event that no rule meets."""
    is_choosy: bool
    """Has a rule a condition?"""


def as_matched(config: Config, event: Event) -> Event | None:
    """The event as the rules see it: granted consent only, after the destination's policy."""
    event = only_granted(config, event)[0]
    return apply_policy(config, event)[0] if config.policy else event


def aim_at(config: Configured) -> Aim:
    """Work out what there is to hit.

    >>> aim = aim_at({"mapping": {"order": {"complete": [{}, {}], "*": {}}}})
    >>> [target.name for target in aim.targets], aim.misses[:2]
    (['order complete', 'order complete', 'order happen'], ('order completed', 'complete order'))
    """
    config = configured(config)
    identifying = (getattr(config.default.settings, name) for name in IDENTIFIERS)
    common = {
        one
        for name, value in zip(IDENTIFIERS, identifying, strict=True)
        if value is not None
        for one in value_reads(value.tree, kind=name)
    }
    common |= {one for _, value in config.policy for one in value_reads(value.tree)}
    everything = reads(config)
    targets = tuple(sorted(_targets(config, common), key=lambda one: one.rule.ignore))
    return Aim(
        targets=targets,
        misses=tuple(_misses(config)),
        common=tuple(sorted(common)),
        others=tuple(one for one in everything if one not in common),
        traits=tuple(one for one in everything if one.kind == "identify" and one not in common),
        consents=consents_of(config),
        tests=_tests(value for _, value in config.policy),
        free_tests=_tests(mappings_of(config.default)),
        is_choosy=any(rule.condition is not None for rule in config.rules),
    )


def _targets(config: Config, common: set[Read]) -> Iterator[Target]:
    wild = config.mapping.get("*", {}).get("*", ())
    for entity, actions in config.mapping.items():
        for action, rules in actions.items():
            name = _name(config, entity, action)
            asked = [rule.condition for rule in (*rules, *wild) if rule.condition is not None]
            hints = tuple(hints_of(condition.fn) for condition in asked)
            for rule in rules:
                own = tuple(one for one in reads_of(rule) if one not in common)
                tests = _tests(mappings_of(rule))
                yield Target(config, rule, name, own, tests, hints)


def _tests(values: Iterable[MappingValue]) -> tuple[Test, ...]:
    return tuple(
        Test(path, fn, hints_of(fn, path)) for value in values for path, fn in tests_of(value.tree)
    )


def _name(config: Config, entity: str, action: str) -> str:
    """A name that leads to a rule; `*` stands for a word that no other rule takes."""
    one = _free(OTHER[0], config.mapping) if entity == "*" else entity
    actions = config.mapping.get(one) or config.mapping.get("*") or {}
    return f"{one} {_free(OTHER[1], actions) if action == '*' else action}"


def _free(word: str, taken: Any) -> str:
    return word if word not in taken else _free(f"{word}s", taken)


def _misses(config: Config) -> Iterator[str]:
    for entity, actions in config.mapping.items():
        for action in actions:
            yield f"{entity} {action}d".replace("*", "star")
            yield f"{action} {entity}".replace("*", "star")
            yield f"{entity.upper()} {action}"
    yield " ".join(OTHER)
