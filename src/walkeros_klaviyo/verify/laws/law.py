"""What is a law, and what is a breach of it?

A law is a sentence about every event that a configuration may meet, and a pure function that
judges one of them. A breach is a value: what was seen, and which call it would make.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any, Final, Literal

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

About = Literal["event", "stream", "anything"]
"""What a law judges: one event, a stream of them, or any JSON value."""


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


@frozen
class Breach:
    """What was seen that must not be, the call that shows it, and where it is configured.

    Without a place it is the rule's that the event meets.
    """

    seen: str
    call: Call | None = None
    path: str = field(default="", kw_only=True)


Judge = Callable[[Tracking, Any], Breach | None]


@frozen(eq=False, repr=False)
class Law:
    """A claim about every event: its name, the claim, the rule it comes from, and its judge.

    Calling it judges one event (or stream): None, or a breach.
    """

    name: str
    sentence: str
    source: str
    about: About
    judge: Judge

    def __call__(self, tracking: Tracking, given: Any) -> Breach | None:
        return self.judge(tracking, given)

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


def law(source: str, about: About = "event") -> Callable[[Judge], Law]:
    """A function as a law: its name in kebab-case, its docstring's first line as the claim.

    >>> @law("nobody said so")
    ... def nothing_is_sent(tracking, event):
    ...     "Nothing is ever sent."
    >>> str(nothing_is_sent), nothing_is_sent.sentence
    ('nothing-is-sent', 'Nothing is ever sent')
    """

    def declare(judge: Judge) -> Law:
        sentence = (judge.__doc__ or "").partition("\n")[0].strip().rstrip(".")
        return Law(judge.__name__.replace("_", "-"), sentence, source, about, judge)

    return declare


def of_sent(source: str) -> Callable[[Callable[[Tracking, Sent], Breach | None]], Law]:
    """A law of events that are recorded; it holds for every other."""

    def declare(judge: Callable[[Tracking, Sent], Breach | None]) -> Law:
        @wraps(judge)
        def judged(tracking: Tracking, event: Event) -> Breach | None:
            sent = tracking.sent(event)
            return None if sent is None else judge(tracking, sent)

        return law(source)(judged)

    return declare


SHOWN: Final = 235
"""What pytest shows of a value, less what it puts around it."""


@frozen(repr=False)
class Violation:
    """A law that does not hold, shown by the plainest events for which it does not.

    Its repr is short enough for pytest to show the event whole.
    """

    law: Law
    events: tuple[Any, ...]
    seen: str
    call: Call | None = None
    path: str = ""
    """The place in the configuration: the rule's, where one was met."""

    @property
    def shown(self) -> Any:
        """The event, or the stream as a list."""
        return list(self.events) if self.law.about == "stream" else self.events[0]

    def __repr__(self) -> str:
        at = f" at {self.path}" if self.path else ""
        head = f"<{self.law}{at} is broken by {self.shown!r}: "
        room = max(SHOWN - len(head), 40)
        return f"{head}{self.seen if len(self.seen) <= room else f'{self.seen[:room]}…'}>"

    def __str__(self) -> str:
        rows = [f"{self.law.name}: {self.law.sentence}; here: {self.seen}"]
        rows += [f"  event: {event!r}" for event in self.events]
        if self.call is not None:
            rows.append(f"  would send: {self.call.name} {self.call.body!r}")
        return "\n".join(rows)
