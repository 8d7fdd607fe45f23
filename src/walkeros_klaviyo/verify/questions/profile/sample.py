"""Are traits stable, and of types that Klaviyo accepts?"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.value.walk import members_of
from walkeros_klaviyo.verify.findings import Example, Finding
from walkeros_klaviyo.verify.questions.counted import are_most, grouped
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY
from walkeros_klaviyo.verify.sample.look import Mapped, Shown

from .lint import AN_OBJECT
from .other import judge_other

RESTLESS: Final = 0.8
"""The share of a visitor's events from which a trait counts as changing at every event."""
VISIT: Final = 3_600_000
"""Milliseconds; changes between visits are acceptable."""
RARE: Final = 0.07
"""The share of events below which changes are rare enough, as for the last order."""
SELDOM: Final = 0.5
"""The share of all events below which changes by a rule's own identify are acceptable."""
_TAG: Final = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


def judge_profile(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings: traits that change at every event, are another's, or have the wrong type."""
    yield from _restless(shown)
    yield from _types(shown)
    yield from _objects(shown)
    yield from _locales(shown)
    yield from judge_other(shown)


def _restless(shown: Shown) -> Iterator[Finding]:
    """Traits that change at (nearly) every event of a visitor."""
    last: dict[tuple[str, str], tuple[float, dict[str, tuple[str, Any]]]] = {}
    known: dict[tuple[str, str], str] = {}
    steps: Counter[str] = Counter()
    changes: Counter[str] = Counter()
    places: dict[str, tuple[Mapped, str]] = {}
    for one in shown.mapped:
        identify = one.rule.settings.identify
        if one.traits is None or one.who is None or identify is None:
            continue
        traits = {}
        for name, value in _flat(one.traits):
            named = identify.where, name
            if named not in known:
                known[named] = trait_place(one.rule, name)
            traits[known[named]] = name, value
        # Compare only values of the same mapping: another may say more or less.
        then, before = last.get((one.who, identify.where), (one.time, {}))
        for place in traits.keys() & before.keys() if abs(one.time - then) < VISIT else ():
            steps[place] += 1
            if not _are_same(traits[place], before[place]):
                changes[place] += 1
                places.setdefault(place, (one, traits[place][0]))
        last[one.who, identify.where] = one.time, traits
    for place, count in changes.items():
        one, name = places[place]
        is_for_all = one.rule.where == "" or place.startswith("settings.")
        often = count >= len(shown.mapped) * (RARE if is_for_all else SELDOM)
        if often and count >= FEW and count >= steps[place] * RESTLESS:
            upsert = next(iter(one.plan.upserts), None)
            call = None if upsert is None else [upsert.name, upsert.body]
            message = f"the trait {name} changed at {count:,} of {steps[place]:,} events"
            yield Finding("trait.restless", place, message, "", Example(one.raw, call, one.line))


def _are_same(one: tuple[str, Any], other: tuple[str, Any]) -> bool:
    """Are two traits equal, down to the types?"""
    if isinstance(one[1], str) or isinstance(other[1], str):
        return one == other
    return one[0] == other[0] and json.dumps(one[1]) == json.dumps(other[1])


def _objects(shown: Shown) -> Iterator[Finding]:
    """Properties of profiles that hold objects, or lists of them."""
    found: dict[str, Finding] = {}
    for one in shown.mapped:
        properties = (one.traits or {}).get("properties")
        for name, value in properties.items() if isinstance(properties, dict) else ():
            first = value[0] if isinstance(value, list) and value else value
            if isinstance(first, dict):
                where = trait_place(one.rule, f"properties.{name}")
                fields = ", ".join(f"{name}_{key}" for key in [*first][:3])
                text, remedy = AN_OBJECT.format(name), f"Map its fields one by one, as {fields}."
                finding = Finding("trait.object", where, text, remedy, one.example)
                found.setdefault(where, finding)
    yield from found.values()


def _locales(shown: Shown) -> Iterator[Finding]:
    """Languages given as words instead of codes."""
    locales = ((one, (one.traits or {}).get("locale")) for one in shown.mapped)
    found = grouped(
        (trait_place(one.rule, "locale"), (one, locale))
        for one, locale in locales
        if isinstance(locale, str)
    )
    for where, said in found.items():
        words = [(one, locale) for one, locale in said if not _TAG.fullmatch(locale)]
        if are_most(len(words), len(said)):
            one, word = words[0]
            message = f'"{word}" is not a language tag ({len(words):,} of {len(said):,} events)'
            yield Finding("trait.locale", where, message, "", one.example)


def _flat(traits: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in traits.items():
        if name == "properties" and isinstance(value, dict):
            yield from ((f"properties.{inner}", one) for inner, one in value.items())
        else:
            yield name, value


def trait_place(rule: KlaviyoRule, name: str) -> str:
    """The place where a trait is mapped.

    >>> from walkeros_klaviyo.core.klaviyo.rules import rule_of
    >>> rule = rule_of({"settings": {"identify": {"map": {"firstName": "user.first"}}}})
    >>> trait_place(rule, "first_name")
    'rule.settings.identify.map.firstName'
    """
    if rule.settings.identify is None:
        return "settings.identify"
    node, where = rule.settings.identify.tree, rule.settings.identify.where
    for part in name.split("."):
        members = members_of(node)
        head, *rest = part.split("_")
        camel = head + "".join(map(str.capitalize, rest))
        found = next((one for one in (camel, part) if one in members), None)
        if found is None:
            return where
        node, where = members[found], f"{where}.map.{found}"
    return where


def _types(shown: Shown) -> Iterator[Finding]:
    """Wrong types of most values, or fields that Klaviyo does not have, however rare."""
    codes = {"profile.wrong-type", "profile.unknown-field", "identify.not-an-object"}
    identified = [one for one in shown.mapped if one.rule.settings.identify is not None]
    described = Counter(_identify_of(one) for one in identified)
    bad = grouped(
        (mapped_at(one.rule, note.path), (one, note))
        for one in identified
        for note in one.plan.diagnostics
        if note.code in codes
    )
    for where, found in bad.items():
        one, note = found[0]
        is_unknown = any(each.code == "profile.unknown-field" for at, each in found if at is one)
        if is_unknown or len(found) > described[_identify_of(one)] * MOSTLY:
            text = f"{note.message} ({len(found):,} events)"
            yield Finding("trait.type", where, text, "", one.example)


def _identify_of(one: Mapped) -> str:
    return one.rule.settings.identify.where if one.rule.settings.identify else ""


def mapped_at(rule: KlaviyoRule, path: str) -> str:
    """The place of a trait named by a diagnostic, such as `settings.identify.firstName`."""
    assert rule.settings.identify is not None
    name = path.removeprefix(rule.settings.identify.where).removeprefix(".")
    return trait_place(rule, name) if name else path
