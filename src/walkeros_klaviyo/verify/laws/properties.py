"""Are the event's properties what the configuration says, and nothing else?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.path import ABSENT, Path
from walkeros_klaviyo.core.walkeros.properties import EVENT_FIELDS, SECTIONS
from walkeros_klaviyo.verify.strategies.places import found

from .law import Breach, Look, Tracking, law
from .sameness import text_of

DATA: Final = "walkerOS data: a rule's lies over the destination's, lists at one key unite"
INCLUDE: Final = "walkerOS include: section_key, nested objects flattened, below the data"
BIG: Final = 10**15


def _layers(look: Look) -> tuple[Any, Any]:
    """What the rule's data and the destination's yield."""
    rule, event = look.rule, look.event
    if rule is None or event is None:
        return ABSENT, ABSENT
    own = ABSENT if rule.data is None else rule.data(event)
    return own, ABSENT if rule.base is None else rule.base(event)


@law(DATA)
def properties_hold_what_data_yields(tracking: Tracking, event: Event) -> Breach | None:
    """A rule's data arrives as properties, over what the destination's data says."""
    look = tracking.look(event)
    call = look.plan.event
    if call is None or look.rule is None:
        return None
    own, base = _layers(look)
    if look.rule.data is None:
        own = {}
    removed = {path[0] for path in look.rule.remove}
    if not isinstance(own, dict):
        return None
    below = base if isinstance(base, dict) else {}
    for key, value in {**below, **own}.items():
        if key in removed:
            continue
        got = call.properties.get(key, ABSENT)
        if isinstance(value, list):
            other = below.get(key)
            wanted = [*value, *(other if isinstance(other, list) else ())]
            if not isinstance(got, list) or not all(_is_in(one, got) for one in wanted):
                return Breach(f"the lists at {key} do not unite", call)
        elif text_of(got) != text_of(value):
            return Breach(f"{key} is not what data yields for it", call)
    return None


def _is_in(one: Any, items: list[Any]) -> bool:
    """Is it one of them? Numbers by their worth, as JavaScript compares them."""
    if type(one) in (int, float):
        return any(type(item) in (int, float) and item == one for item in items)
    return text_of(one) in map(text_of, items)


@law(INCLUDE)
def included_sections_arrive(tracking: Tracking, event: Event) -> Breach | None:
    """Plain values of an included section arrive as section_key."""
    look = tracking.look(event)
    call = look.plan.event
    if call is None or look.rule is None or look.event is None:
        return None
    own, base = _layers(look)
    data = base if look.rule.data is None else own
    if data is not ABSENT and not isinstance(data, dict):
        return None  # defined and no object: all of it is lost
    taken = {*(own or {}), *(base if isinstance(base, dict) else {})}
    taken |= {path[0] for path in look.rule.remove}
    for key, value in _included(look.rule, look.event):
        if key not in taken and text_of(call.properties.get(key, ABSENT)) != text_of(value):
            return Breach(f"{key} is missing or not what the event has", call)
    return None


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


@law("data minimisation: a property comes from data or from an included section")
def every_property_comes_from_somewhere(tracking: Tracking, event: Event) -> Breach | None:
    """Every property is one of data's or of an included section's."""
    look = tracking.look(event)
    call = look.plan.event
    if call is None or look.rule is None:
        return None
    own, base = _layers(look)
    known = {key for one in (own, base) if isinstance(one, dict) for key in one}
    heads = tuple(
        f"{one}_" for one in (SECTIONS if "all" in look.rule.include else look.rule.include)
    )
    for key in call.properties:
        if key not in known and not (heads and key.startswith(heads)):
            return Breach(f"{key} comes from nowhere", call)
    if look.rule.data is not None and own is not ABSENT and not isinstance(own, dict):
        lost = call.properties
        return Breach("data is no object, yet there are properties", call) if lost else None
    return None


@law("walkerOS remove: paths in the data, last of all")
def removed_properties_are_gone(tracking: Tracking, event: Event) -> Breach | None:
    """What a rule removes is in no property."""
    look = tracking.look(event)
    call = look.plan.event
    if call is None or look.rule is None:
        return None
    for path in look.rule.remove:
        if not any(key.isdigit() for key in path) and _there(call.properties, path):
            return Breach(f"{'.'.join(path)} is still there", call)
    return None


def _there(properties: dict[str, Any], path: Path) -> list[Any]:
    if path[-1] == "*":
        return [one for one in found(properties, path[:-1]) if isinstance(one, list) and one]
    return found(properties, path)
