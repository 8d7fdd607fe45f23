"""Laws: are the event's properties exactly what the configuration says?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.path import ABSENT, Path
from walkeros_klaviyo.core.walkeros.properties import EVENT_FIELDS, SECTIONS
from walkeros_klaviyo.verify.strategies.places import found

from .law import Breach, Breaches, of_sent
from .sameness import text_of
from .tracking import Sent, Tracking

DATA: Final = "walkerOS data: a rule's lies over the destination's, lists at one key unite"
INCLUDE: Final = "walkerOS include: section_key, nested objects flattened, below the data"
BIG: Final = 10**15


def _layers(sent: Sent) -> tuple[Any, Any]:
    """What the rule's data and the destination's yield."""
    rule, event = sent.rule, sent.event
    own = ABSENT if rule.data is None else rule.data(event)
    return own, ABSENT if rule.base is None else rule.base(event)


@of_sent(DATA)
def properties_hold_what_data_yields(tracking: Tracking, sent: Sent) -> Breaches:
    """A rule's data arrives as properties, over what the destination's data says."""
    own, base = _layers(sent)
    if sent.rule.data is None:
        own = {}
    removed = {path[0] for path in sent.rule.remove}
    if not isinstance(own, dict):
        return
    below = base if isinstance(base, dict) else {}
    for key, value in {**below, **own}.items():
        if key in removed:
            continue
        got = sent.call.properties.get(key, ABSENT)
        if isinstance(value, list):
            other = below.get(key)
            wanted = [*value, *(other if isinstance(other, list) else ())]
            if not isinstance(got, list) or not all(_is_in(one, got) for one in wanted):
                yield Breach(f"the lists at {key} do not unite", sent.call)
        elif text_of(got) != text_of(value):
            yield Breach(f"{key} is not what data yields for it", sent.call)


def _is_in(one: Any, items: list[Any]) -> bool:
    """Is it one of the items? Numbers are compared by value, as in JavaScript."""
    if type(one) in (int, float):
        return any(type(item) in (int, float) and item == one for item in items)
    return text_of(one) in map(text_of, items)


@of_sent(INCLUDE)
def included_sections_arrive(tracking: Tracking, sent: Sent) -> Breaches:
    """Plain values of an included section arrive as section_key."""
    own, base = _layers(sent)
    data = base if sent.rule.data is None else own
    if data is not ABSENT and not isinstance(data, dict):
        return  # defined but not an object, so all of it is lost
    taken = {*(own or {}), *(base if isinstance(base, dict) else {})}
    taken |= {path[0] for path in sent.rule.remove}
    for key, value in _included(sent.rule, sent.event):
        if key not in taken and text_of(sent.call.properties.get(key, ABSENT)) != text_of(value):
            yield Breach(f"{key} is missing or not what the event has", sent.call)


def _included(rule: KlaviyoRule, event: Event) -> Iterator[tuple[str, Any]]:
    for section in SECTIONS if "all" in rule.include else rule.include:
        bag = event if section == "event" else event.get(section)
        for name, value in bag.items() if isinstance(bag, dict) else ():
            if section == "event" and name not in EVENT_FIELDS:
                continue
            if section == "context" and isinstance(value, list) and value:
                value = value[0]
            number = type(value) in (int, float) and abs(value) < BIG
            if isinstance(value, str | bool) or number:
                yield f"{section}_{name}", value


@of_sent("data minimisation: a property comes from data or from an included section")
def every_property_comes_from_somewhere(tracking: Tracking, sent: Sent) -> Breaches:
    """Every property is one of data's or of an included section's."""
    own, base = _layers(sent)
    known = {key for one in (own, base) if isinstance(one, dict) for key in one}
    heads = tuple(
        f"{one}_" for one in (SECTIONS if "all" in sent.rule.include else sent.rule.include)
    )
    for key in sent.call.properties:
        if key not in known and not (heads and key.startswith(heads)):
            yield Breach(f"{key} comes from nowhere", sent.call)
    is_lost = sent.rule.data is not None and own is not ABSENT and not isinstance(own, dict)
    if is_lost and sent.call.properties:
        yield Breach("data is not an object, yet there are properties", sent.call)


@of_sent("walkerOS remove: paths in the data, last of all")
def removed_properties_are_gone(tracking: Tracking, sent: Sent) -> Breaches:
    """What a rule removes is in no property."""
    for path in sent.rule.remove:
        if not any(key.isdigit() for key in path) and _there(sent.call.properties, path):
            yield Breach(f"{'.'.join(path)} is still there", sent.call)


def _there(properties: dict[str, Any], path: Path) -> list[Any]:
    if path[-1] == "*":
        return [one for one in found(properties, path[:-1]) if isinstance(one, list) and one]
    return found(properties, path)
