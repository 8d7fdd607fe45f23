"""Which targets does a configuration offer for generated events?

Every rule with names that lead to it, what it reads, and which base events meet it; computed once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import IDENTIFIERS, KlaviyoRule
from walkeros_klaviyo.core.walkeros.consent import only_granted
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.policy import apply_policy
from walkeros_klaviyo.core.walkeros.rule import match_rule
from walkeros_klaviyo.core.walkeros.value.tree import fresh

from .fitting import SET
from .places import Path
from .reads import Configured, Read, configured, consents_of, reads, reads_of, value_reads

OTHER: Final = ("thing", "happen")
"""An entity and an action that configurations seldom name, used for `*`."""


@frozen(eq=False, repr=False)
class Target:
    """A rule, the names that lead to it, what it reads, and the base events that meet it."""

    rule: KlaviyoRule
    names: tuple[str, ...]
    """Names that lead to it, the simplest first and repeated most."""
    reads: tuple[Read, ...]
    bases: tuple[Event, ...]


@frozen(eq=False, repr=False)
class Aim:
    """All the targets of a configuration."""

    targets: tuple[Target, ...]
    misses: tuple[str, ...]
    """Names that narrowly miss a rule."""
    common: tuple[Read, ...]
    """What is read from every event: identifiers, and what policies read."""
    others: tuple[Read, ...]
    traits: tuple[Read, ...]
    """What is read for traits."""
    consents: tuple[str, ...]
    bases: tuple[Event, ...]
    """The user's own events, from which others are made."""
    values: Mapping[Path, tuple[Any, ...]]
    """The values in the base events, by place, to be varied."""


def as_matched(config: Config, event: Event) -> Event | None:
    """The event as rules see it: with granted consent only, after the destination's policy."""
    event = only_granted(config, event)[0]
    return apply_policy(config, event)[0] if config.policy else event


def aim_at(config: Configured, bases: Iterable[Event] = ()) -> Aim:
    """Compute the targets; base events add values that no mapping reveals.

    >>> aim = aim_at({"mapping": {"order": {"complete": [{}, {}], "*": {}}}})
    >>> [target.names[0] for target in aim.targets], aim.misses[:2]
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
    bases = tuple(bases)
    targets = tuple(sorted(_targets(config, common, bases), key=lambda one: one.rule.ignore))
    return Aim(
        targets=targets,
        misses=tuple(_misses(config)),
        common=tuple(sorted(common)),
        others=tuple(one for one in everything if one not in common),
        traits=tuple(one for one in everything if one.kind == "identify" and one not in common),
        consents=consents_of(config),
        bases=bases,
        values=_values(bases),
    )


def _targets(config: Config, common: set[Read], bases: tuple[Event, ...]) -> Iterator[Target]:
    met = [(_rule_of(config, fresh(event)), event) for event in bases]
    for entity, actions in config.mapping.items():
        for action, rules in actions.items():
            name = _name(config, entity, action)
            names = (name, name, f"{name} again")
            for rule in rules:
                own = tuple(one for one in reads_of(rule) if one not in common)
                yield Target(rule, names, own, tuple(one for found, one in met if found is rule))


def _rule_of(config: Config, event: Event) -> KlaviyoRule | None:
    matched = as_matched(config, event)
    return None if matched is None else match_rule(config, matched)[0]


def _values(bases: Iterable[Event]) -> dict[Path, tuple[Any, ...]]:
    """Every scalar in the events, by place."""
    found: dict[Path, list[Any]] = {}
    for event in bases:
        for path, value in _leaves(event):
            if path[0] not in SET and value not in found.setdefault(path, []):
                found[path].append(value)
    return {path: tuple(values) for path, values in sorted(found.items())}


def _leaves(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    elif at:
        yield at, value
    for key, one in inner:
        yield from _leaves(one, (*at, str(key)))


def _name(config: Config, entity: str, action: str) -> str:
    """A name that leads to a rule; `*` is replaced by a word that no other rule uses."""
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
