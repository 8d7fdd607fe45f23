"""How do laws see what happens to an event?"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, TypeVar

from attrs import evolve, field, frozen

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.explain import Explain, explain
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.pipeline import Transform, pipeline
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.stages import STAGES, Stages
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.verify.reads import every_value, is_computed, options_of
from walkeros_klaviyo.verify.strategies.aim import Aim, aim_at

REMEMBERED: Final = 1_000
"""The size of the cache of an example's events and what laws derive from them."""
T = TypeVar("T")
R = TypeVar("R")


@frozen
class Look:
    """A plan, with the rule and the event as the mappings saw it (None if not mapped)."""

    plan: Plan
    rule: KlaviyoRule | None = None
    event: Event | None = None


@frozen
class Sent:
    """A recorded event: the original, what the mappings saw, its rule and its call."""

    raw: Event
    call: Call
    rule: KlaviyoRule
    event: Event

    def options(self, name: str) -> list[Any]:
        """The values of each option of one of the rule's settings."""
        return options_of(getattr(self.rule.settings, name), self.event)


@frozen(eq=False)
class Tracking:
    """A configuration to be judged, with its pipeline.

    Each event is planned once for all laws, unless user code, which may change it, is involved.

    >>> from walkeros_klaviyo.core.config import parse_config
    >>> seen = Tracking(parse_config({})).look({"name": "page view", "timestamp": 1795518160712})
    >>> seen.plan.outcome, seen.rule.label
    ('unidentified', None)
    """

    config: Config
    stages: Stages = STAGES
    transform: Transform = field(init=False, repr=False)
    explain: Explain = field(init=False, repr=False)
    _known: dict[Any, tuple[Any, Any]] = field(init=False, repr=False, factory=dict)
    """By function and identity of its argument, which is kept alive so that ids stay unique."""

    @transform.default
    def _compiled(self) -> Transform:
        return Transform(self.plan)

    @explain.default
    def _explaining(self) -> Explain:
        return explain(self.config, self.stages)

    def plan(self, event: object) -> Plan:
        """The plan of an event, if nothing is known about the profile."""
        return self.look(event).plan

    def look(self, event: object) -> Look:
        """The plan of an event, and what its mappings saw."""
        return self.remembered(_look, event)

    def remembered(self, work: Callable[[Tracking, T], R], about: T) -> R:
        """The cached result of `work` for an event or a rule."""
        if self.is_custom:
            return work(self, about)
        known = self._known.get((work, id(about)))
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[work, id(about)] = about, work(self, about)
        return known[1]

    @cached_property
    def looking(self) -> Callable[[object], Look]:
        """A pipeline that also returns what its mappings saw."""
        return looking(self.config, self.stages)

    def sent(self, event: Event) -> Sent | None:
        """The recorded event, if it is recorded."""
        seen = self.look(event)
        if seen.plan.event is None or seen.rule is None or seen.event is None:
            return None
        return Sent(event, seen.plan.event, seen.rule, seen.event)

    @cached_property
    def aim(self) -> Aim:
        """The configuration's targets for generated events."""
        return aim_at(self.config)

    @cached_property
    def is_custom(self) -> bool:
        """Is user code involved: a function in the configuration, or a stage?"""
        return (
            self.stages != STAGES
            or any(rule.condition is not None for rule in self.config.rules)
            or any(map(is_computed, every_value(self.config).values()))
        )

    def rule_of(self, plan: Plan) -> KlaviyoRule:
        """The rule that the plan names, else the default rule."""
        rules = (rule for rule in self.config.rules if rule.label == plan.rule)
        return next(rules, self.config.default)


def _look(tracking: Tracking, event: object) -> Look:
    return tracking.looking(event)


def looking(config: Config, stages: Stages) -> Callable[[object], Look]:
    """A pipeline that also returns what its mappings saw."""
    seen: list[tuple[KlaviyoRule, Event]] = []

    def select(rule: KlaviyoRule, mapped: Event) -> Any:
        seen.append((rule, mapped))
        return stages.properties(rule, mapped)

    watched = pipeline(config, evolve(stages, properties=select))

    def look(event: object) -> Look:
        seen.clear()
        plan = watched.plan(event)
        return Look(plan, *seen[0]) if seen else Look(plan)

    return look
