"""What does a sample of events show about a configuration?

Each event goes through the pipeline, over stages that record what they receive; what is counted
here is judged by the modules in `verify.questions`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property, wraps
from typing import Any, Final

from attrs import Factory, define, evolve, field, frozen

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.klaviyo.state import ProfileState, merged
from walkeros_klaviyo.core.pipeline import pipeline
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.stages import STAGES, Stages
from walkeros_klaviyo.core.walkeros.consent import only_granted
from walkeros_klaviyo.core.walkeros.event import Event, EventError
from walkeros_klaviyo.core.walkeros.policy import apply_policy
from walkeros_klaviyo.core.walkeros.rule import Policy, match_rule
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.walk import Read
from walkeros_klaviyo.verify.findings import Example
from walkeros_klaviyo.verify.reads import reads_of

from .places import numbers_of, paths_of, there

MOST_EVENTS: Final = 50_000
"""The most events examined, since each is kept with its results."""
ENOUGH: Final = 2_000
"""Events per rule examined for their paths."""
MOST_PATHS: Final = 5_000
"""The most distinct paths remembered."""


@frozen
class Mapped:
    """An event that was mapped: its rule, the event as the mappings saw it, and the results."""

    line: int
    raw: Any
    rule: KlaviyoRule
    event: dict[str, Any]
    plan: Plan
    traits: dict[str, Any] | None = None
    """What the rule's identify yields, whether or not it changed."""
    create: Call | None = field(init=False)
    """The event's call."""

    @create.default
    def _call(self) -> Call | None:
        return self.plan.event

    @property
    def metric(self) -> str | None:
        """The metric that it is recorded as; None if it is not recorded."""
        return None if self.create is None else self.create.metric

    @property
    def value(self) -> float | None:
        """Its revenue."""
        return None if self.create is None else self.create.value

    @property
    def currency(self) -> str | None:
        """Its revenue's currency."""
        return None if self.create is None else self.create.value_currency

    @property
    def unique_id(self) -> str | None:
        """Its unique id."""
        return None if self.create is None else self.create.unique_id

    @property
    def time(self) -> float:
        """Its time, in milliseconds since 1970."""
        return float(self.event["timestamp"])

    @cached_property
    def identifiers(self) -> dict[str, Any]:
        """The identifiers sent to Klaviyo."""
        return next((call.identifiers for call in self.plan.calls), {})

    @cached_property
    def numbers(self) -> dict[str, float]:
        """Every number in its data, by path."""
        return numbers_of(self.event)

    @property
    def who(self) -> str | None:
        """The strongest key of the person."""
        return next(iter(self.plan.keys), None)

    @property
    def example(self) -> Example:
        """It, to be shown."""
        call = self.create or next(iter(self.plan.calls), None)
        shown = None if call is None else [call.name, call.body]
        return Example(self.raw, shown, self.line)


@frozen
class Stopped:
    """An event that was not mapped: denied, ignored or held back, and by which rule."""

    line: int
    raw: Any
    where: str
    """The place of the rule that it met; empty if it met none."""
    plan: Plan

    @property
    def event(self) -> dict[str, Any]:
        """The original event."""
        return self.raw  # type: ignore[no-any-return]

    @property
    def example(self) -> Example:
        """It, to be shown."""
        return Example(self.raw, None, self.line)


@define
class Shown:
    """What the sample shows, in counts and examples."""

    events: int = 0
    invalid: int = 0
    """The number of lines that are not events."""
    wrong: list[tuple[int, Any, Diagnostic]] = Factory(list)
    """The first such lines, and why."""
    is_cut: bool = False
    """Whether there are more events that were not examined."""
    names: Counter[str] = Factory(Counter)
    """Events by name as the rules see it, after the destination's policy."""
    raw_names: Counter[str] = Factory(Counter)
    """Events by original name."""
    met: Counter[str] = Factory(Counter)
    """Events by the place of their rule, regardless of consent."""
    consents: Counter[str] = Factory(Counter)
    """How often each consent state is granted."""
    granted: dict[str, Counter[str]] = Factory(lambda: defaultdict(Counter))
    """The same by the place of the events' rule."""
    mentioned: set[str] = Factory(set)
    """Consent states that occur, granted or not."""
    stopped: list[Stopped] = Factory(list)
    """Events that were not mapped."""
    reads: dict[str, tuple[Read, MappingValue]] = Factory(dict)
    tried_by: dict[str, Mapped] = Factory(dict)
    """The first event for which each read was tried."""
    tried: Counter[str] = Factory(Counter)
    """How often each read was tried until it found something, by its place."""
    found: set[str] = Factory(set)
    """The reads that found something."""
    paths: dict[str, set[str]] = Factory(lambda: defaultdict(set))
    """The events' paths, by the place of their rule."""
    mapped: list[Mapped] = Factory(list)
    by_rule: dict[str, list[Mapped]] = Factory(lambda: defaultdict(list))
    """The same by the place of their rule."""

    @property
    def kept_back(self) -> list[tuple[int, Any, Diagnostic]]:
        """Events refused before mapping, and why."""
        refused = (one for one in self.stopped if one.plan.outcome == "refused")
        return [(one.line, one.raw, one.plan.diagnostics[-1]) for one in refused]

    @property
    def sent(self) -> list[Mapped]:
        """The events that would go to Klaviyo."""
        return [one for one in self.mapped if one.create is not None]

    @property
    def rules(self) -> list[tuple[KlaviyoRule, list[Mapped]]]:
        """Each rule that events met, with these events."""
        return [(events[0].rule, events) for events in self.by_rule.values()]


def look(
    config: Config,
    events: Iterable[tuple[int, Any]],
    watch: Callable[[], None] = lambda: None,
    most: int = MOST_EVENTS,
) -> Shown:
    """Run a sample through the configuration and record what it shows."""
    shown, seen = Shown(), _Seen()
    transform = pipeline(config, _watched(seen))
    states: dict[str, ProfileState] = {}
    for line, raw in events:
        if shown.events >= most:
            shown.is_cut = True
            break
        seen.forget()
        plan, changes = transform(raw, states)
        states.update(merged(states, changes))
        _note(shown, config, line, raw, plan, seen)
        watch()
    return shown


@define
class _Seen:
    """What the stages received and returned for one event, and which reads are left to try."""

    policies: list[tuple[Policy, Event]] = Factory(list)
    matched: tuple[Event, KlaviyoRule | None, Diagnostics] | None = None
    mapped: tuple[KlaviyoRule, Event] | None = None
    traits: dict[str, Any] | None = None
    waiting: dict[str | int, list[tuple[MappingValue, Read]]] = Factory(dict)
    """Reads that found nothing yet, by the place of a rule or the identity of a policy."""

    def forget(self) -> None:
        self.policies, self.matched, self.mapped, self.traits = [], None, None, None


def _watched(seen: _Seen) -> Stages:
    """The standard stages, recording what the judges need."""

    @wraps(STAGES.policy)
    def policy(asking: Config | KlaviyoRule, event: Event) -> tuple[Event | None, Diagnostics]:
        seen.policies.append((asking.policy, event))
        return STAGES.policy(asking, event)

    @wraps(STAGES.rule)
    def rule(config: Config, event: Event) -> tuple[KlaviyoRule | None, Diagnostics]:
        gave = STAGES.rule(config, event)
        seen.matched = event, *gave
        return gave

    @wraps(STAGES.properties)
    def properties(rule: KlaviyoRule, event: Event) -> tuple[dict[str, Any], Diagnostics]:
        seen.mapped = rule, event
        return STAGES.properties(rule, event)

    @wraps(STAGES.profile)
    def profile(rule: KlaviyoRule, event: Event) -> tuple[dict[str, Any] | None, Diagnostics]:
        gave = STAGES.profile(rule, event)
        seen.traits = gave[0]
        return gave

    return evolve(STAGES, policy=policy, rule=rule, properties=properties, profile=profile)


def _note(shown: Shown, config: Config, line: int, raw: Any, plan: Plan, seen: _Seen) -> None:
    if plan.outcome == "invalid":
        shown.invalid += 1
        if len(shown.wrong) < ENOUGH:
            why = raw.diagnostic if isinstance(raw, EventError) else plan.diagnostics[0]
            shown.wrong.append((line, raw, why))
        return
    shown.events += 1
    consent = raw.get("consent")
    states = consent if isinstance(consent, dict) else {}
    shown.mentioned.update(states)
    granted = [name for name, state in states.items() if state is True]
    shown.consents.update(granted)
    shown.raw_names[raw["name"]] += 1
    event, met, notes = seen.matched or _matched(config, raw)
    shown.names[event["name"]] += 1
    if met is not None:
        shown.met[met.where] += 1
        shown.granted[met.where].update(granted)
    if seen.mapped is None:
        where = met.where if met is not None else notes[0].path.partition(".condition")[0]
        shown.stopped.append(Stopped(line, raw, where, plan))
        return
    rule, event = seen.mapped
    mapped = Mapped(line, raw, rule, event, plan, seen.traits)
    shown.mapped.append(mapped)
    shown.by_rule[rule.where].append(mapped)
    known = shown.paths[rule.where]
    if len(known) < MOST_PATHS and len(shown.by_rule[rule.where]) <= ENOUGH:
        known |= paths_of(event)
    asked: list[tuple[str | int, Iterable[MappingValue], Event]]
    asked = [(rule.where, (value for _, value in rule.mappings()), event)]
    for policy, before in seen.policies:
        # Else the policy only clears it.
        setting = (value for path, value in policy if value.reads != ".".join(path))
        asked.append((id(policy), setting, before))
    for about, values, given in asked:
        if about not in seen.waiting:
            seen.waiting[about] = [(value, read) for value in values for read in reads_of(value)]
        seen.waiting[about] = [
            (value, read)
            for value, read in seen.waiting[about]
            if not _has_found(shown, read, value, given, mapped)
        ]


def _matched(config: Config, event: Event) -> tuple[Event, KlaviyoRule | None, Diagnostics]:
    """The event as rules see it, and its rule, regardless of consent."""
    event = only_granted(config, event)[0]
    if config.policy:
        event = apply_policy(config, event)[0] or event
    return event, *match_rule(config, event)


def _has_found(shown: Shown, read: Read, value: MappingValue, event: Event, mapped: Mapped) -> bool:
    """Is nothing left to learn about a read, having tried it on the event?"""
    shown.tried_by.setdefault(read.where, mapped)
    if "" in read.within or read.where in shown.found:
        return True
    shown.reads[read.where] = (read, value)
    shown.tried[read.where] += 1
    if any(True for _ in there(read, event)):
        shown.found.add(read.where)
    return read.where in shown.found
