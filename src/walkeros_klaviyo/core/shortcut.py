"""How is an ordinary event planned in the fewest steps?

`pipeline.py` says what an event becomes. This makes the same plan faster for the ordinary event:
one that the standard stages send, by a rule that depends on its name alone, for a person whose
identifiers need no closer look. For any other it returns None, and the pipeline decides.
Tested by `property_tests/test_shortcut.py`: where it makes a plan, it is the pipeline's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from walkeros_klaviyo.core.canonical import digest
from walkeros_klaviyo.core.klaviyo.admit import are_short, are_small, is_metric
from walkeros_klaviyo.core.klaviyo.blank import PLACEHOLDERS
from walkeros_klaviyo.core.klaviyo.calls import (
    CREATE_EVENT,
    Call,
    Calls,
    attributes_of,
    create_event,
    recorded,
    upsert_profile,
)
from walkeros_klaviyo.core.klaviyo.limits import MIN_TIME_MS
from walkeros_klaviyo.core.klaviyo.person import Person, ground_of, reader
from walkeros_klaviyo.core.klaviyo.revenue import resolve_revenue
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.klaviyo.unique_id import resolve_unique_id
from walkeros_klaviyo.core.walkeros.consent import is_granted, only_granted
from walkeros_klaviyo.core.walkeros.event import LONGEST_NAME, MAX_TIMESTAMP_MS, Event, words_of
from walkeros_klaviyo.core.walkeros.properties import select_properties
from walkeros_klaviyo.core.walkeros.rule import candidates
from walkeros_klaviyo.core.walkeros.value.tree import is_path

from .config import Config
from .plan import Outcome, Plan
from .settle import outcome_of
from .stages import STAGES, way_of

Shortcut = Callable[[object], Plan | None]
"""A raw event's plan, or None where the pipeline must make it."""
Way = Callable[[Event, Event, int], Plan | None]
"""The same of an event as the rule sees it and as it came in, with its timestamp."""


def shortcut(config: Config, tells: bool) -> Shortcut:
    """A shortcut through the standard stages; `tells` goes into its plans.

    >>> from .config import parse_config
    >>> plan = shortcut(parse_config({}), tells=False)
    >>> plan({"name": "page view", "timestamp": 1795518160712, "id": "e1", "user": {"id": "u1"}})
    <Plan send: <events.create_event 'page view'>>
    >>> plan({"name": "page view", "timestamp": 1795518160712}) is None
    True
    """
    if config.disabled or config.mocked or config.policy:
        return lambda raw: None
    usual = ground_of(config.default.settings)
    rules = tuple(filter(_is_ordinary, (config.default, *config.rules)))
    own = {id(rule) for rule in rules if ground_of(rule.settings) != usual}
    shared = next((reader(rule, 1 + len(own)) for rule in rules if id(rule) not in own), None)
    ways: dict[int, Way] = {}
    for rule in rules:
        who = reader(rule, 1 + len(own)) if id(rule) in own else shared
        if who is not None:
            ways[id(rule)] = _way(rule, who, tells)
    required = config.consent

    @lru_cache(maxsize=1024)
    def named(name: str) -> Way | None:
        """By the name alone: None where a rule's condition decides, or where it is no name."""
        words = words_of(name)
        options = () if words is None else candidates(config, words)
        rule = options[0] if options else config.default
        is_plain = words is not None and rule.condition is None and is_metric(rule.name or name)
        return ways.get(id(rule)) if is_plain else None

    def plan(raw: object) -> Plan | None:
        if type(raw) is not dict:
            return None
        name, timestamp = raw.get("name"), raw.get("timestamp")
        if type(name) is not str or len(name) > LONGEST_NAME or type(timestamp) is not int:
            return None
        way = named(name)
        if way is None or not MIN_TIME_MS <= timestamp <= MAX_TIMESTAMP_MS:
            return None
        if required is not None and not is_granted(required, raw.get("consent")):
            return None
        return way(only_granted(config, raw)[0], raw, timestamp)

    return plan


def _is_ordinary(rule: KlaviyoRule) -> bool:
    """Does it only send the event and upsert the profile?"""
    *_, is_history, makers = way_of(rule, STAGES)
    makes_more = is_history is not None or not {upsert_profile, create_event}.issuperset(makers)
    return not (rule.ignore or rule.silent or rule.policy or rule.is_base_first or makes_more)


def _way(rule: KlaviyoRule, who: Callable[[Event], Person | None], tells: bool) -> Way:
    required, renamed, label = rule.consent, rule.name, rule.label
    has_data = rule.base is not None or rule.data is not None or bool(rule.include)
    has_value = rule.settings.value is not None
    unique = rule.settings.unique_id
    has_own_id = unique is None or (is_path(unique.tree) and unique.tree.text == "id")

    def plan(event: Event, original: Event, timestamp: int) -> Plan | None:
        if required is not None and not is_granted(required, event.get("consent")):
            return None
        if renamed is not None:
            event = {**event, "name": renamed}
        person = who(event)
        if person is None:
            return None
        identity, notes, upsert = person.identity, person.notes, person.upsert
        properties: dict[str, Any] = {}
        if has_data:
            properties, found = select_properties(rule, event)
            notes = found + notes if found else notes
        revenue = None
        if has_value:
            revenue, found = resolve_revenue(rule, event)
            notes = notes + found if found else notes
        unique_id: Any = event.get("id")
        is_short = person.is_short
        if not has_own_id or not _is_word(unique_id):
            known_id, found = resolve_unique_id(rule, event)
            notes = notes + found if found else notes
            unique_id = known_id or digest(original)
            is_short = is_short and are_short((unique_id,))
        profile = identity.identifiers.copy()
        attributes = attributes_of(profile, event, properties, revenue, unique_id)
        if is_short and are_small(properties):
            call = Call(CREATE_EVENT, {"data": {"type": "event", "attributes": attributes}})
        else:
            call = recorded(timestamp, attributes)
        outcome: Outcome = "send"
        calls: Calls = (call,) if upsert is None else (upsert, call)
        if person.found or call.refusal:
            notes = (*notes, *person.found, *call.refusal)
            outcome = outcome_of(calls)
        return Plan(
            outcome, calls, notes, label, identity.keys, None, timestamp, tells, identity.devices
        )

    return plan


def _is_word(raw: Any) -> bool:
    """Is it an id that surely needs no closer look, a short one of letters and digits?"""
    is_plain = type(raw) is str and len(raw) < 256 and raw.isascii() and raw.isalnum()
    return is_plain and raw.lower() not in PLACEHOLDERS
