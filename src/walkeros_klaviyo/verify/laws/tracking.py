"""What becomes of an event, as far as a law wants to see it?"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from attrs import evolve, field, frozen

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.explain import Explain, explain
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.pipeline import STAGES, Stages, Transform, pipeline
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.walk import is_computed
from walkeros_klaviyo.verify.strategies.aim import Aim, aim_at
from walkeros_klaviyo.verify.strategies.reads import mappings_of


@frozen
class Look:
    """A plan, and the rule and the event as the mappings saw it (None: it came to no mapping)."""

    plan: Plan
    rule: KlaviyoRule | None = None
    event: Event | None = None


@frozen
class Sent:
    """An event that is recorded: as it came and as the mappings saw it, its rule and its call."""

    raw: Event
    plan: Plan
    call: Call
    rule: KlaviyoRule
    event: Event

    def options(self, name: str) -> list[Any]:
        """What each option of one of the rule's settings yields."""
        return options_of(getattr(self.rule.settings, name), self.event)


@frozen(eq=False)
class Tracking:
    """What is judged: a configuration, and the pipeline that runs it.

    >>> from walkeros_klaviyo.core.config import parse_config
    >>> seen = Tracking(parse_config({})).look({"name": "page view", "timestamp": 1795518160712})
    >>> seen.plan.outcome, seen.rule.label
    ('unidentified', None)
    """

    config: Config
    stages: Stages = STAGES
    transform: Transform = field(init=False, repr=False)
    explain: Explain = field(init=False, repr=False)

    @transform.default
    def _compiled(self) -> Transform:
        return pipeline(self.config, self.stages)

    @explain.default
    def _explaining(self) -> Explain:
        return explain(self.config, self.stages)

    def plan(self, event: object) -> Plan:
        """What would be sent if nothing were known of the profile."""
        return self.transform.plan(event)

    @cached_property
    def look(self) -> Callable[[object], Look]:
        """The plan of an event, and what its mappings were given."""
        return looking(self.config, self.stages)

    def sent(self, event: Event) -> Sent | None:
        """What is recorded of an event, if it is."""
        seen = self.look(event)
        if seen.plan.event is None or seen.rule is None or seen.event is None:
            return None
        return Sent(event, seen.plan, seen.plan.event, seen.rule, seen.event)

    @cached_property
    def aim(self) -> Aim:
        """What there is to hit in the configuration."""
        return aim_at(self.config)

    @cached_property
    def is_custom(self) -> bool:
        """Has a user's own code a hand in it: a function of the configuration, or a stage?"""
        rules = (self.config.default, *self.config.rules)
        values = [value for rule in rules for value in mappings_of(rule)]
        values += [value for _, value in self.config.policy]
        return (
            self.stages != STAGES
            or any(rule.condition is not None for rule in rules)
            or any(is_computed(value.tree) for value in values)
        )

    def rule_of(self, plan: Plan) -> KlaviyoRule:
        """The rule that the plan names; the default one where it names none."""
        rules = (rule for rule in self.config.rules if rule.label == plan.rule)
        return next(rules, self.config.default)


def looking(config: Config, stages: Stages) -> Callable[[object], Look]:
    """A pipeline that also tells what its mappings were given."""
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


def options_of(mapping: MappingValue | None, event: Event) -> list[Any]:
    """What each option of a mapping value yields; nothing where none is set."""
    found = () if mapping is None else (option(event, event, []) for option in mapping.options)
    return [one for one in found if one is not ABSENT]
