"""What is wrong with the values that a configuration sends, as a sample shows?

Revenue, unique ids, traits, and personal data among the properties.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.calls import CreateEvent, UpsertProfile
from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.diagnostics import CODES
from walkeros_klaviyo.core.rule import Rule

from .findings import Example, Finding
from .lint import ADDRESSES
from .sample import MOSTLY
from .sample_seen import Mapped, Shown

RESTLESS: Final = 0.8
"""From this part of a visitor's events on a trait is said to change at every event."""
SELDOM: Final = 0.5
"""What a rule's own identify brings at less than this part of all events is no burden."""
FEW: Final = 3
"""Fewer changes than this prove nothing."""


def judge_values(config: Config, shown: Shown) -> Iterator[Finding]:
    """Everything that the values show."""
    by_rule: dict[str, list[Mapped]] = defaultdict(list)
    for one in shown.mapped:
        by_rule[one.rule.where].append(one)
    for events in by_rule.values():
        yield from _revenue(events)
        yield from _useless(events)
    yield from _unique_ids(shown)
    yield from _traits(shown)
    yield from _trait_types(shown)
    yield from _personal(config, shown)


def _revenue(events: list[Mapped]) -> Iterator[Finding]:
    rule = events[0].rule
    if rule.value is None:
        return
    codes = [{note.code for note in one.told.plan.diagnostics} for one in events]
    wrong = [
        one
        for one, found in zip(events, codes, strict=True)
        if found & {"revenue.not-a-number", "revenue.inexact"}
    ]
    valued = [one for one in events if one.create is not None and one.create.value is not None]
    if len(wrong) > (len(wrong) + len(valued)) * MOSTLY:
        yield Finding(
            "revenue.type",
            rule.value.where,
            f'of {len(wrong) + len(valued):,} values at "{rule.value.reads}" {len(wrong):,} are no '
            "clean numbers",
            "",
            wrong[0].example,
        )
    bare = [one for one in valued if one.create is not None and one.create.value_currency is None]
    if len(bare) > len(valued) * MOSTLY:
        place = rule.currency or rule.default_currency
        yield Finding(
            "revenue.currency",
            rule.value.where if place is None else place.where,
            f"{len(bare):,} of {len(valued):,} amounts have no currency",
            "",
            bare[0].example,
        )


def _useless(events: list[Mapped]) -> Iterator[Finding]:
    """A mapping with which something is wrong at (nearly) every event."""
    rule = events[0].rule
    places = {
        "properties.not-an-object": rule.data or rule.base,
        "unique-id.invalid": rule.unique_id,
        "backfill.invalid": rule.backfill,
    }
    seen: dict[tuple[str, str], list[tuple[Mapped, str]]] = defaultdict(list)
    for one in events:
        for note in one.told.plan.diagnostics:
            if note.code in ("value.raised", "value.not-json", "value.too-deep"):
                seen[note.code, note.path].append((one, note.message))
            elif places.get(note.code) is not None:
                place = places[note.code]
                assert place is not None
                seen[note.code, place.where].append((one, note.message))
    for (code, where), found in seen.items():
        if len(found) > len(events) * MOSTLY:
            one, message = found[0]
            text = f"{code}: {message} ({len(found):,} of {len(events):,} events)"
            yield Finding("mapping.useless", where, text, CODES[code].remedy, one.example)


def _unique_ids(shown: Shown) -> Iterator[Finding]:
    first: dict[tuple[str, Any, str], Mapped] = {}
    for one in shown.mapped:
        call = one.create
        if call is None or one.rule.unique_id is None:
            continue
        seen = first.setdefault((call.metric, one.told.plan.key, call.unique_id), one)
        if seen is one or seen.create is None or _is_repeat(seen, one):
            continue
        yield Finding(
            "unique-id.repeats",
            one.rule.unique_id.where,
            f"lines {seen.line} and {one.line} are different events of one visitor with the "
            f'unique_id that "{one.rule.unique_id.reads}" gives',
            "",
            one.example,
        )


def _is_repeat(one: Mapped, other: Mapped) -> bool:
    """The same event again, or the same page reloaded: nothing is lost if it counts once."""
    if one.raw.get("id") is not None and one.raw.get("id") == other.raw.get("id"):
        return True
    first, second = one.create, other.create
    assert first is not None and second is not None
    return (_content(first), first.value) == (_content(second), second.value)


def _content(call: CreateEvent) -> dict[str, Any]:
    """The properties without what include copies of the event's own circumstances."""
    return {
        name: value
        for name, value in call.properties.items()
        if not name.startswith(("event_", "source_"))
    }


def _traits(shown: Shown) -> Iterator[Finding]:
    """Which traits are another one at (nearly) every event of a visitor?"""
    last: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    steps: Counter[str] = Counter()
    changes: Counter[str] = Counter()
    places: dict[str, tuple[Mapped, str]] = {}
    for one in shown.mapped:
        described = one.stage("profile")
        identity = one.stage("identity")
        key = getattr(identity.result, "key", None) if identity is not None else None
        if described is None or not isinstance(described.result, dict) or key is None:
            continue
        if one.rule.identify is None:
            continue
        traits = {
            trait_place(one.rule, name): (name, json.dumps(value))
            for name, value in _flat(described.result)
        }
        # Only what one mapping says twice can be compared: another one may say more, or less.
        before = last.get((key, one.rule.identify.where), {})
        for place in traits.keys() & before.keys():
            steps[place] += 1
            if traits[place] != before[place]:
                changes[place] += 1
                places.setdefault(place, (one, traits[place][0]))
        last[key, one.rule.identify.where] = traits
    for place, count in changes.items():
        is_for_all = places[place][0].rule.where == "" or place.startswith("settings.")
        often = is_for_all or count >= len(shown.mapped) * SELDOM
        if often and count >= FEW and count >= steps[place] * RESTLESS:
            one, name = places[place]
            upsert = next(
                (call for call in one.told.plan.calls if isinstance(call, UpsertProfile)), None
            )
            call = None if upsert is None else [upsert.name, upsert.body]
            yield Finding(
                "trait.restless",
                place,
                f"the trait {name} changed at {count:,} of {steps[place]:,} events",
                "",
                Example(one.raw, call, one.line),
            )


def _flat(traits: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in traits.items():
        if name == "properties" and isinstance(value, dict):
            yield from ((f"properties.{inner}", one) for inner, one in value.items())
        else:
            yield name, value


def trait_place(rule: Rule, name: str) -> str:
    """Where in the configuration a trait is mapped.

    >>> from walkeros_klaviyo.core.value import mapping_value
    >>> raw = {"map": {"firstName": "user.first"}}
    >>> trait_place(Rule(None, "", identify=mapping_value(raw, "settings.identify")), "first_name")
    'settings.identify.map.firstName'
    """
    if rule.identify is None:
        return "settings.identify"
    raw, where = rule.identify.raw, rule.identify.where
    for part in name.split("."):
        members = raw.get("map") if isinstance(raw, dict) else None
        head, *rest = part.split("_")
        camel = head + "".join(map(str.capitalize, rest))
        found = next((one for one in (camel, part) if one in (members or {})), None)
        if members is None or found is None:
            return where
        raw, where = members[found], f"{where}.map.{found}"
    return where


def _trait_types(shown: Shown) -> Iterator[Finding]:
    codes = {"profile.wrong-type", "profile.unknown-field", "identify.not-an-object"}
    bad: dict[str, list[tuple[Mapped, str]]] = defaultdict(list)
    described: Counter[str] = Counter()
    for one in shown.mapped:
        if one.rule.identify is None:
            continue
        described[one.rule.identify.where] += 1
        for note in one.told.plan.diagnostics:
            if note.code in codes:
                bad[_mapped_at(one.rule, note.path)].append((one, note.message))
    for where, found in bad.items():
        one, message = found[0]
        assert one.rule.identify is not None
        if len(found) >= described[one.rule.identify.where] * MOSTLY or _is_never_good(one, where):
            text = f"{message} ({len(found):,} events)"
            yield Finding("trait.type", where, text, "", one.example)


def _mapped_at(rule: Rule, path: str) -> str:
    """Where a trait is mapped that a diagnostic names: `settings.identify.firstName`."""
    assert rule.identify is not None
    name = path.removeprefix(rule.identify.where).removeprefix(".")
    return trait_place(rule, name) if name else path


def _is_never_good(one: Mapped, where: str) -> bool:
    """An unknown field is none of Klaviyo's, however seldom it comes."""
    return any(
        note.code == "profile.unknown-field" and _mapped_at(one.rule, note.path) == where
        for note in one.told.plan.diagnostics
    )


def _personal(config: Config, shown: Shown) -> Iterator[Finding]:
    found: dict[str, tuple[Mapped, str]] = {}
    for one in shown.mapped:
        call = one.create
        if call is None:
            continue
        own = {
            str(value): name
            for name, value in call.identifiers.items()
            if name in ("email", "phone_number")
        }
        for key, value in call.properties.items():
            if key in ADDRESSES:
                continue
            for text in _texts(value):
                name = own.get(text) or own.get(text.strip().lower())
                if name is not None:
                    found.setdefault(property_place(config, one.rule, key), (one, name))
    for where, (one, name) in found.items():
        yield Finding(
            "privacy.property",
            where,
            f"the visitor's {name} is sent as a property of the event",
            "",
            one.example,
        )


def property_place(config: Config, rule: Rule, key: str) -> str:
    """Where in the configuration a property is mapped, or included."""
    for mapping in (rule.data, rule.base):
        members = mapping.raw.get("map") if mapping and isinstance(mapping.raw, dict) else None
        if mapping is not None and isinstance(members, dict) and key in members:
            return f"{mapping.where}.map.{key}"
    section = key.partition("_")[0]
    if section in rule.include or "all" in rule.include:
        return f"{rule.where}.include" if rule.include != config.default.include else "include"
    return rule.data.where if rule.data is not None else "data"


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
