"""What does a sample of events show of a configuration?

Each event goes through the pipeline once, over stages that write down what they were given; what
is counted here is judged in `sample`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from attrs import Factory, define, frozen

from walkeros_klaviyo.core.calls import CreateEvent
from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.explain import Explanation, Seen, explain
from walkeros_klaviyo.core.path import ABSENT
from walkeros_klaviyo.core.profile import ProfileState
from walkeros_klaviyo.core.rule import Rule, match_rule
from walkeros_klaviyo.core.value import MappingValue, mapping_value

from .findings import Example
from .lint_values import Read, reads_of

MOST_PATHS: Final = 5_000
"""Different paths that are remembered of all events."""
FIELDS: Final = (
    "email",
    "phone_number",
    "external_id",
    "anonymous_id",
    "kx",
    "identify",
    "base",
    "data",
    "value",
    "currency",
    "default_currency",
    "unique_id",
    "backfill",
)
"""What of a rule looks at events."""


@frozen
class Mapped:
    """An event that reached its mappings: the rule, the event as they saw it, what came of it."""

    line: int
    raw: Any
    rule: Rule
    event: dict[str, Any]
    told: Explanation

    @property
    def create(self) -> CreateEvent | None:
        """The event's call."""
        return self.told.plan.event

    def stage(self, name: str) -> Seen | None:
        """What a stage gave."""
        return next((one for one in self.told.stages if one.stage == name), None)

    @property
    def example(self) -> Example:
        """It, to be shown."""
        calls = self.told.plan.calls
        call = [calls[-1].name, calls[-1].body] if calls else None
        return Example(self.raw, call, self.line)


@define
class Shown:
    """What the sample shows, counted; an example of each thing at hand."""

    events: int = 0
    invalid: int = 0
    """Lines that are no events."""
    names: Counter[str] = Factory(Counter)
    met: Counter[str] = Factory(Counter)
    """Events by the place of the rule that they meet, whatever their consent."""
    consents: Counter[str] = Factory(Counter)
    """How often each consent state is granted."""
    mentioned: set[str] = Factory(set)
    """Consent states that are there, granted or not."""
    outcomes: Counter[tuple[str, str]] = Factory(Counter)
    """Events by the place of their rule and the outcome."""
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
    rules: dict[str, Rule] = Factory(dict)


def look(
    config: Config, events: Iterable[tuple[int, Any]], watch: Callable[[], None] = lambda: None
) -> Shown:
    """Send a sample through the configuration and write down what shows."""
    shown, tell = Shown(), explain(config)
    states: dict[str, ProfileState] = {}
    for line, raw in events:
        told = tell(raw, states=states)
        if told.plan.key is not None and told.state is not None:
            states[told.plan.key] = told.state
        _note(shown, config, line, raw, told)
        watch()
    return shown


def _note(shown: Shown, config: Config, line: int, raw: Any, told: Explanation) -> None:
    if told.plan.outcome == "invalid":
        shown.invalid += 1
        return
    shown.events += 1
    shown.names[raw["name"]] += 1
    consent = raw.get("consent")
    if isinstance(consent, dict):
        shown.mentioned.update(consent)
        shown.consents.update(name for name, state in consent.items() if state is True)
    met, _ = match_rule(config, raw)
    if met is not None:
        shown.met[met.where] += 1
        shown.outcomes[met.where, told.plan.outcome] += 1
    given = next((one.given for one in told.stages if one.stage == "properties"), None)
    if given is None:
        return
    rule, event = given
    shown.rules[rule.where] = rule
    mapped = Mapped(line, raw, rule, event, told)
    shown.mapped.append(mapped)
    known = shown.paths[rule.where]
    if len(known) < MOST_PATHS:
        known.update(paths_of(event))
    for value in (getattr(rule, name) for name in FIELDS):
        for read in reads_of(value):
            _try(shown, read, value, event)
            shown.tried_by.setdefault(read.where, mapped)


def _try(shown: Shown, read: Read, value: MappingValue, event: dict[str, Any]) -> None:
    if "" in read.within or read.path == "this":
        return
    shown.reads[read.where] = (read, value)
    shown.tried[read.where] += 1
    if any(True for _ in _there(read, event)):
        shown.found[read.where] += 1


def _there(read: Read, event: dict[str, Any]) -> Iterator[Any]:
    """What stands at a path; in loops, at each of their items."""
    places: list[Any] = [event]
    for source in read.within:
        lists = [_as_list(place) if source == "this" else _at(source, place) for place in places]
        places = [item for one in lists if isinstance(one, list) for item in one]
    for place in places:
        found = _at(read.path, place)
        if found is not ABSENT and found is not None and found != []:
            yield found


def _as_list(value: Any) -> list[Any]:
    """`this` of a loop: a list as it is, anything else as its only item."""
    return value if isinstance(value, list) else [value]


def _at(path: str, place: Any) -> Any:
    found = mapping_value(path).resolve(place, place, []) if _is_open(place) else ABSENT
    holes = isinstance(found, list) and not any(_is_there(one) for one in found)
    return ABSENT if holes else found


def _is_open(place: Any) -> bool:
    return isinstance(place, dict | list)


def _is_there(item: Any) -> bool:
    """A star leaves a hole for each item that has nothing there."""
    return item is not None and item is not ABSENT and item != []


def paths_of(event: Any, at: str = "", depth: int = 0) -> Iterator[str]:
    """Every path of an event that a configuration may name; `*` for the items of a list.

    >>> sorted(paths_of({"data": {"id": 1}, "nested": [{"data": {"sku": "A"}}]}))
    ['data', 'data.id', 'nested', 'nested.*.data', 'nested.*.data.sku']
    """
    if isinstance(event, dict) and depth < 8:
        for name, one in event.items():
            path = f"{at}.{name}" if at else str(name)
            yield path
            yield from paths_of(one, path, depth + 1)
    elif isinstance(event, list):
        for one in event[:20]:
            if isinstance(one, dict):
                yield from paths_of(one, f"{at}.*", depth + 1)
