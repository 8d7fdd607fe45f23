"""Does each trait hold what its name says, about the person themselves?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.klaviyo.traits import WIRE
from walkeros_klaviyo.core.walkeros.value.tree import Node
from walkeros_klaviyo.core.walkeros.value.walk import is_computed, members_of, walk
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions import meaning
from walkeros_klaviyo.verify.questions.counted import are_most, grouped
from walkeros_klaviyo.verify.questions.facts import FEW
from walkeros_klaviyo.verify.questions.near import words_in
from walkeros_klaviyo.verify.sample.look import ENOUGH, Mapped, Shown
from walkeros_klaviyo.verify.sample.places import at, is_there

LEAVE_IT: Final = "Leave it out, or map what the events know of the visitor."
NAMES: Final = ("first name", "last name")
PEOPLE: Final = frozenset("user account profile customer member contact login".split())
"""Words in the names of events that are about a person."""
IDS: Final = ("id", "number", "no", "ref", "sku")
THINGS: Final = ("data", "nested", "context", "custom")
"""Sections of an event that describe its subject."""
Wrong = Iterator[tuple[str, str | None, Mapped]]
"""(what is wrong, the right path, an event that shows it)."""


def judge_other(shown: Shown) -> Iterator[Finding]:
    """Findings about every identify, over all its events."""
    described = ((one.rule.settings.identify, one) for one in shown.mapped)
    by_place = grouped((value.where, one) for value, one in described if value is not None)
    for events in by_place.values():
        for slot, node in _slots(events[0].rule):
            found = () if is_computed(node) else _wrong(slot, node, events[:ENOUGH])
            for message, path, one in islice(found, 1):  # the most certain
                remedy = f'{node.where} = "{path}"' if path is not None else LEAVE_IT
                yield Finding("trait.other", node.where, message, remedy, one.example)
        yield from _of_other_events(events)


def _members_of(rule: KlaviyoRule, within: str = "") -> dict[str, Node]:
    """The members that identify maps, or those within one of its objects."""
    members = members_of(rule.settings.identify.tree) if rule.settings.identify else {}
    return (members_of(members[within]) if within in members else {}) if within else members


def _slots(rule: KlaviyoRule) -> Iterator[tuple[str, Node]]:
    """Traits of known meaning, each with its mapping."""
    for name, node in (*_members_of(rule).items(), *_members_of(rule, "location").items()):
        slot = WIRE.get(name, name).replace("_", " ")
        if slot in meaning.MEANT:
            yield slot, node


def _wrong(slot: str, node: Node, events: Sequence[Mapped]) -> Wrong:
    """What is wrong with a trait, most certain first."""
    reads = [read.path for read in walk(node) if not read.is_fallback and not read.within]
    for path in reads:
        there = [(one, raw) for one in events if is_there(raw := at(path, one.event)) and raw != ""]
        means = meaning.meaning_of(path) or ""
        right = meaning.path_of(slot, events)
        if len(there) < FEW or (right is None and {slot, means} == {"city", "region"}):
            continue
        is_it = means in ("", *meaning.MEANT[slot])
        if not is_it and not meaning.acquits(slot, means, (raw for _, raw in there)):
            yield f'"{path}" is the {means}, and no {slot}', right, there[0][0]
    values = [(one, _value(slot, one.traits)) for one in events]
    given = [(one, value) for one, value in values if value not in (None, "")]
    odd = [(one, shape) for one, value in given if (shape := meaning.misfit(slot, value))]
    if are_most(len(odd), len(given)):
        message = f"{len(odd):,} of {len(given):,} values are {odd[0][1]}, and no {slot}"
        yield message, meaning.path_of(slot, events), odd[0][0]
    another = meaning.of_another(slot, node, events) if slot in NAMES else None
    if another is not None:
        path, own, shows = another
        yield f'"{path}" is another person\'s than "{own}"', own, shows
    if any(path.partition(".")[0] in THINGS for path in reads):
        texts = [(one, value) for one, value in values if isinstance(value, str)]
        people = grouped((one.who, (one, value)) for one, value in texts if one.who is not None)
        several = [seen for seen in people.values() if len(seen) > 1]
        restless = [seen for seen in several if len({value for _, value in seen}) > 1]
        if are_most(len(restless), len(several)):
            message = f"{len(restless):,} of {len(several):,} people have several: it is a thing's"
            yield message, None, restless[0][0][0]
        told = [one for one, _ in given if PEOPLE.isdisjoint(_things_of(one))]
        if slot == "image" and are_most(len(told), len(given)):
            yield f"{len(told):,} of {len(given):,} are a thing's", None, told[0]


def _value(slot: str, traits: dict[str, Any] | None) -> Any:
    location = (traits or {}).get("location")
    found = {**(location if isinstance(location, dict) else {}), **(traits or {})}
    return found.get(slot.replace(" ", "_"))


def _of_other_events(events: Sequence[Mapped]) -> Iterator[Finding]:
    """Properties named after an order (a product, …) but mostly set by other events."""
    entities = Counter(one.raw["name"].partition(" ")[0] for one in events)
    for name, node in _members_of(events[0].rule, "properties").items():
        words = meaning.words_of_path(name)
        things = {word for word in words if entities[word]}
        paths = [read.path for read in walk(node) if read.path.startswith("data.")]
        if not things or len(paths) != 1 or is_computed(node):
            continue
        there = [one for one in events if is_there(at(paths[0], one.event))]
        others = [one for one in there if things.isdisjoint(_things_of(one))]
        is_told = len(others) < len(there) or words[-1] in IDS
        is_own = not things.isdisjoint(meaning.words_of_path(paths[0]))
        if is_told and not is_own and are_most(len(others), len(there)):
            thing = " or ".join(sorted(things))
            message = f"{len(others):,} of {len(there):,} events that have it are about no {thing}"
            remedy = f"Leave it out, and map it in settings.identify of the {thing}'s own rules."
            yield Finding("trait.other", node.where, message, remedy, others[0].example)


def _things_of(one: Mapped) -> set[str]:
    """What an event is about, by its name and its metric's."""
    return {*words_in(one.raw["name"]), *words_in(one.metric or "")}
