"""What does a sample of events show of a configuration?

Each event goes through the pipeline, over stages that write down what they were given; what
is counted here is judged by the modules beside this one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from attrs import Factory, define, frozen

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.diagnostics import Diagnostic
from walkeros_klaviyo.core.explain import Explanation, Seen, explain
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.klaviyo.state import ProfileState, merged
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.walkeros.consent import only_granted
from walkeros_klaviyo.core.walkeros.event import EventError
from walkeros_klaviyo.core.walkeros.policy import apply_policy
from walkeros_klaviyo.core.walkeros.rule import match_rule
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.walk import Read
from walkeros_klaviyo.verify.findings import Example
from walkeros_klaviyo.verify.lint.reads import reads_of

from .places import paths_of, there

MOSTLY: Final = 0.5
"""More than this part of the events must be bad before the configuration is to blame."""
FEW: Final = 3
"""Fewer than this prove nothing."""
MOST_EVENTS: Final = 50_000
"""So many events say what there is to say; each of them is kept, with all that came of it."""
MOST_PATHS: Final = 5_000
"""Different paths that are remembered of all events."""


@frozen
class Mapped:
    """An event that reached its mappings: the rule, the event as they saw it, what came of it."""

    line: int
    raw: Any
    rule: KlaviyoRule
    event: dict[str, Any]
    told: Explanation

    @property
    def create(self) -> Call | None:
        """The event's call."""
        return self.told.plan.event

    @property
    def who(self) -> str | None:
        """Whose it is: the strongest key."""
        return next(iter(self.told.plan.keys), None)

    def stage(self, name: str) -> Seen | None:
        """What a stage gave."""
        return next((one for one in self.told.stages if one.stage == name), None)

    @property
    def example(self) -> Example:
        """It, to be shown."""
        calls = self.told.plan.calls
        call = [calls[-1].name, calls[-1].body] if calls else None
        return Example(self.raw, call, self.line)


@frozen
class Stopped:
    """An event that came to no mapping: denied, ignored or kept back, and by which rule."""

    line: int
    raw: Any
    where: str
    """The place of the rule that it met; empty where it met none."""
    plan: Plan

    @property
    def example(self) -> Example:
        """It, to be shown."""
        return Example(self.raw, None, self.line)


@define
class Shown:
    """What the sample shows, counted; an example of each thing at hand."""

    events: int = 0
    invalid: int = 0
    """Lines that are no events."""
    wrong: tuple[int, Diagnostic] | None = None
    """The first of them, and why."""
    is_cut: bool = False
    """There are more events, which were not looked at."""
    names: Counter[str] = Factory(Counter)
    """As the rules see them: a policy may have set another."""
    raw_names: Counter[str] = Factory(Counter)
    """As they came."""
    met: Counter[str] = Factory(Counter)
    """Events by the place of the rule that they meet, whatever their consent."""
    consents: Counter[str] = Factory(Counter)
    """How often each consent state is granted."""
    granted: dict[str, Counter[str]] = Factory(lambda: defaultdict(Counter))
    """The same by the place of the rule that the events meet."""
    mentioned: set[str] = Factory(set)
    """Consent states that are there, granted or not."""
    kept_back: list[tuple[int, Any, Diagnostic]] = Factory(list)
    """Events that were refused before anything was mapped, and why."""
    stopped: list[Stopped] = Factory(list)
    """Events that came to no mapping."""
    reads: dict[str, tuple[Read, MappingValue]] = Factory(dict)
    tried_by: dict[str, Mapped] = Factory(dict)
    """The first event at which each was tried."""
    tried: Counter[str] = Factory(Counter)
    """How often each read was tried, by its place in the configuration."""
    found: Counter[str] = Factory(Counter)
    """And how often something was there."""
    paths: dict[str, set[str]] = Factory(lambda: defaultdict(set))
    """Paths that events have, by the place of their rule."""
    mapped: list[Mapped] = Factory(list)
    by_rule: dict[str, list[Mapped]] = Factory(lambda: defaultdict(list))
    """The same by the place of their rule."""

    @property
    def created(self) -> list[Call]:
        """The events that would go to Klaviyo."""
        return [one.create for one in self.mapped if one.create is not None]


def look(
    config: Config,
    events: Iterable[tuple[int, Any]],
    watch: Callable[[], None] = lambda: None,
    most: int = MOST_EVENTS,
) -> Shown:
    """Send a sample through the configuration and write down what shows."""
    shown, tell = Shown(), explain(config)
    states: dict[str, ProfileState] = {}
    for line, raw in events:
        if shown.events >= most:
            shown.is_cut = True
            break
        told = tell(raw, states)
        states.update(merged(states, told.changes))
        _note(shown, config, line, raw, told)
        watch()
    return shown


def _note(shown: Shown, config: Config, line: int, raw: Any, told: Explanation) -> None:
    if told.plan.outcome == "invalid":
        shown.invalid += 1
        if shown.wrong is None:
            why = raw.diagnostic if isinstance(raw, EventError) else told.plan.diagnostics[0]
            shown.wrong = line, why
        return
    shown.events += 1
    consent = raw.get("consent")
    states = consent if isinstance(consent, dict) else {}
    shown.mentioned.update(states)
    granted = [name for name, state in states.items() if state is True]
    shown.consents.update(granted)
    shown.raw_names[raw["name"]] += 1
    met = _note_rule(shown, config, raw, granted)
    given = next((one.given for one in told.stages if one.stage == "properties"), None)
    if given is None:
        shown.stopped.append(Stopped(line, raw, met, told.plan))
        if told.plan.outcome == "refused":
            shown.kept_back.append((line, raw, told.plan.diagnostics[-1]))
        return
    rule, event = given
    mapped = Mapped(line, raw, rule, event, told)
    shown.mapped.append(mapped)
    shown.by_rule[rule.where].append(mapped)
    known = shown.paths[rule.where]
    if len(known) < MOST_PATHS:
        known.update(paths_of(event))
    for _, value in rule.mappings():
        _try(shown, value, event, mapped)
    for seen in told.stages:
        if seen.stage == "policy":
            asking, before = seen.given
            for path, value in asking.policy:
                if value.reads != ".".join(path):  # that one only clears it, where it is
                    _try(shown, value, before, mapped)


def _note_rule(shown: Shown, config: Config, event: dict[str, Any], granted: list[str]) -> str:
    """Where is its rule, whatever the consent? With what the destination's policy has set."""
    event = only_granted(config, event)[0]
    if config.policy:
        event = apply_policy(config, event)[0] or event
    shown.names[event["name"]] += 1
    met, notes = match_rule(config, event)
    if met is None:
        return notes[0].path.partition(".condition")[0]
    shown.met[met.where] += 1
    shown.granted[met.where].update(granted)
    return met.where


def _try(shown: Shown, value: MappingValue | None, event: dict[str, Any], mapped: Mapped) -> None:
    """Is anything where a value looks?"""
    for read in reads_of(value):
        shown.tried_by.setdefault(read.where, mapped)
        if value is None or "" in read.within:
            continue
        shown.reads[read.where] = (read, value)
        shown.tried[read.where] += 1
        if any(True for _ in there(read, event)):
            shown.found[read.where] += 1
