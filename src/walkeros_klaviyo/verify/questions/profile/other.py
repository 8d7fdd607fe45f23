"""Is each trait what its name says, and the person's own?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.klaviyo.traits import WIRE
from walkeros_klaviyo.core.walkeros.value.tree import Node
from walkeros_klaviyo.core.walkeros.value.walk import is_computed, members_of, walk
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY
from walkeros_klaviyo.verify.questions.meaning import (
    MEANT,
    acquits,
    meaning_of,
    misfit,
    of_another,
    path_of,
    words_of_path,
)
from walkeros_klaviyo.verify.questions.near import words_in
from walkeros_klaviyo.verify.sample.look import ENOUGH, Mapped, Shown
from walkeros_klaviyo.verify.sample.places import at, is_there

LEAVE_IT: Final = "Leave it out, or map what the events know of the visitor."
NAMES: Final = ("first name", "last name")
PEOPLE: Final = frozenset("user account profile customer member contact login".split())
"""Words in the names of events that tell of a person."""
IDS: Final = ("id", "number", "no", "ref", "sku")
THINGS: Final = ("data", "nested", "context", "custom")
"""Sections of an event that tell of what it is about."""


def judge_other(shown: Shown) -> Iterator[Finding]:
    """Of every identify, over all events that it describes."""
    described: dict[str, list[Mapped]] = defaultdict(list)
    for one in shown.mapped:
        if one.rule.settings.identify is not None:
            described[one.rule.settings.identify.where].append(one)
    for events in described.values():
        for slot, node in _slots(events[0].rule):
            if not is_computed(node):
                found = next(_wrong(slot, node, events[:ENOUGH]), None)
                yield from [found] if found is not None else []
        yield from _of_other_events(events)


def _slots(rule: KlaviyoRule) -> Iterator[tuple[str, Node]]:
    """Traits whose meaning is known, and what is mapped to each."""
    assert rule.settings.identify is not None
    members = members_of(rule.settings.identify.tree)
    within = members_of(members["location"]) if "location" in members else {}
    for name, node in (*members.items(), *within.items()):
        slot = WIRE.get(name, name).replace("_", " ")
        if slot in MEANT:
            yield slot, node


def _wrong(slot: str, node: Node, events: Sequence[Mapped]) -> Iterator[Finding]:
    """What is wrong with a trait, the surest first."""

    def said(message: str, path: str | None, shown: Mapped) -> Finding:
        remedy = f'{node.where} = "{path}"' if path is not None else LEAVE_IT
        return Finding("trait.other", node.where, message, remedy, shown.example)

    reads = [read.path for read in walk(node) if not read.is_fallback and not read.within]
    for path in reads:
        there = [(one, raw) for one in events if is_there(raw := at(path, one.event)) and raw != ""]
        meaning = meaning_of(path) or ""
        right = path_of(slot, events)
        if len(there) < FEW or (right is None and {slot, meaning} == {"city", "region"}):
            continue
        fits = meaning in ("", *MEANT[slot]) or acquits(slot, meaning, (raw for _, raw in there))
        if not fits:
            yield said(f'"{path}" is the {meaning}, and no {slot}', right, there[0][0])
    values = [(one, _value(slot, one.traits)) for one in events]
    given = [(one, value) for one, value in values if value not in (None, "")]
    odd = [(one, shape) for one, value in given if (shape := misfit(slot, value))]
    if len(odd) >= FEW and len(odd) > len(given) * MOSTLY:
        message = f"{len(odd):,} of {len(given):,} values are {odd[0][1]}, and no {slot}"
        yield said(message, path_of(slot, events), odd[0][0])
    another = of_another(slot, node, events) if slot in NAMES else None
    if another is not None:
        path, own, shows = another
        yield said(f'"{path}" is another person\'s than "{own}"', own, shows)
    if any(path.partition(".")[0] in THINGS for path in reads):
        several = [seen for seen in _by_person(slot, events) if len(seen) > 1]
        restless = [seen for seen in several if len({value for _, value in seen}) > 1]
        if len(restless) >= FEW and len(restless) > len(several) * MOSTLY:
            message = f"{len(restless):,} of {len(several):,} people have several: it is a thing's"
            yield said(message, None, restless[0][0][0])
        told = [one for one, value in given if PEOPLE.isdisjoint(_things_of(one))]
        if slot == "image" and len(told) > len(given) * MOSTLY and len(told) >= FEW:
            yield said(f"{len(told):,} of {len(given):,} are a thing's", None, told[0])


def _by_person(slot: str, events: Iterable[Mapped]) -> Iterable[list[tuple[Mapped, str]]]:
    found: dict[str, list[tuple[Mapped, str]]] = defaultdict(list)
    for one in events:
        value = _value(slot, one.traits)
        if one.who is not None and isinstance(value, str):
            found[one.who].append((one, value))
    return found.values()


def _value(slot: str, traits: dict[str, Any] | None) -> Any:
    location = (traits or {}).get("location")
    found = {**(location if isinstance(location, dict) else {}), **(traits or {})}
    return found.get(slot.replace(" ", "_"))


def _of_other_events(events: Sequence[Mapped]) -> Iterator[Finding]:
    """Properties named for an order (a product, …), of which most are told by other events."""
    identify = events[0].rule.settings.identify
    members = members_of(identify.tree) if identify is not None else {}
    entities = Counter(one.raw["name"].partition(" ")[0] for one in events)
    named = members_of(members["properties"]) if "properties" in members else {}
    for name, node in named.items():
        things = {word for word in words_of_path(name) if entities[word]}
        paths = [read.path for read in walk(node) if read.path.startswith("data.")]
        if len(paths) != 1 or is_computed(node) or not things.isdisjoint(words_of_path(paths[0])):
            continue
        there = [one for one in events if is_there(at(paths[0], one.event))]
        others = [one for one in there if things.isdisjoint(_things_of(one))]
        is_told = len(others) < len(there) or words_of_path(name)[-1] in IDS
        if is_told and len(others) >= FEW and len(others) > len(there) * MOSTLY:
            thing = " or ".join(sorted(things))
            message = f"{len(others):,} of {len(there):,} events that tell it are of no {thing}"
            remedy = f"Leave it out, and map it in settings.identify of the {thing}'s own rules."
            yield Finding("trait.other", node.where, message, remedy, others[0].example)


def _things_of(one: Mapped) -> set[str]:
    """What an event is about, by its own name and its metric's."""
    metric = one.create.metric if one.create is not None else None
    return {*words_in(one.raw["name"]), *words_in(metric or "")}
