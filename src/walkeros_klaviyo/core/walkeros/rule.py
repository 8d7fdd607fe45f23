"""Which rule applies to an event?

Looked up by the first two words of the event's name: the entity's key or else `*`, and within it
the action's key or else `*`; failing that, `* *`. In a list, the first rule whose condition holds.
Source: walkerOS mapping rules, measured on the reference implementation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from attrs import field, frozen

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics

from .event import Event, words_of
from .path import Path
from .user_code import UserCode
from .value import MappingValue

Policy = tuple[tuple[Path, MappingValue], ...]


class Settable(Protocol):
    """A destination's settings; all that matters here is that they contain mapping values."""

    def items(self) -> Iterator[tuple[str, MappingValue]]:
        """Yield (Python name, mapping value) for each one that is set."""
        ...


S = TypeVar("S", bound=Settable)


@frozen
class Rule(Generic[S]):
    """An effective rule: the destination's defaults merged in, its mappings compiled.

    `label` names the matched keys (`order complete`, `order *`, `order complete[1]`); it is None
    for the default rule, which applies to events that no other rule matches.

    >>> from walkeros_klaviyo import parse_config
    >>> parse_config({"mapping": {"order": {"*": {"ignore": True}}}}).rules[0].label
    'order *'
    """

    label: str | None
    where: str
    name: str | None = None
    named_at: str = ""
    """Where the name is written, which may be in the preset rather than the rule."""
    ignore: bool = False
    silent: bool = False
    consent: frozenset[str] | None = None
    is_open: bool = False
    """Does the rule waive consent explicitly, with `consent = {}`?"""
    condition: UserCode | None = None
    policy: Policy = ()
    base: MappingValue | None = None
    """The destination's `data`, which the rule's own overrides."""
    is_base_first: bool = False
    """Does `base` read the event's name, which the rule changes?"""
    data: MappingValue | None = None
    include: tuple[str, ...] = ()
    remove: tuple[Path, ...] = ()
    batch: Any = None
    settings: S = field(kw_only=True)
    """The rule's own settings, laid over the destination's."""

    def mappings(self) -> Iterator[tuple[str, MappingValue]]:
        """Yield (Python name, mapping value) for all that may be read for the rule's events."""
        for name, value in (("base", self.base), ("data", self.data)):
            if value is not None:
                yield name, value
        yield from self.settings.items()


Rules = Mapping[str, Mapping[str, tuple[Rule[S], ...]]]
"""Rules by entity, then action; more than one where the configuration has a list."""


class Configured(Protocol[S]):
    """The parts of a configuration that `match_rule` needs."""

    @property
    def mapping(self) -> Rules[S]: ...
    @property
    def default(self) -> Rule[S]: ...


def match_rule(config: Configured[S], event: Event) -> tuple[Rule[S] | None, Diagnostics]:
    """The rule for an event, or the default rule if none matches; None where a condition raised.

    A condition that raises fails closed: falling through could send what an `ignore` meant to stop.

    >>> from walkeros_klaviyo.core.config import parse_config
    >>> config = parse_config({"mapping": {"product": {"*": {"name": "Viewed Product"}}}})
    >>> match_rule(config, {"name": "product view"})[0].label
    'product *'
    """
    words = words_of(event["name"])
    for rule in () if words is None else candidates(config, words):
        notes: list[Diagnostic] = []
        if rule.condition is None or rule.condition.holds(event, event, notes):
            return rule, ()
        if notes:
            message = f"{notes[0].message}; kept back"
            return None, (Diagnostic("condition.raised", notes[0].path, message),)
    return config.default, ()


def candidates(config: Configured[S], words: tuple[str, str]) -> tuple[Rule[S], ...]:
    """The rules that may apply to events of this entity and action; the first that holds does.

    >>> from walkeros_klaviyo.core.config import parse_config
    >>> config = parse_config({"mapping": {"product": {"*": {"name": "Viewed Product"}}}})
    >>> [rule.label for rule in candidates(config, ("product", "view"))]
    ['product *']
    """
    rules, (entity, action) = config.mapping, words
    actions = rules.get(entity, rules.get("*", {}))
    options = actions.get(action, actions.get("*", ()))
    last = rules.get("*", {}).get("*", ())
    return options if last is options else (*options, *last)


def rename_event(rule: Rule[S], event: Event) -> tuple[Event, Diagnostics]:
    """The event renamed as its rule says; mappings and stages see this name.

    >>> from walkeros_klaviyo.core.klaviyo.rules import rule_of
    >>> rename_event(rule_of({"name": "Placed Order"}), {"name": "order complete"})[0]
    {'name': 'Placed Order'}
    """
    return (event if rule.name is None else {**event, "name": rule.name}), ()
