"""What of the configuration loses events or values, whatever it was meant for?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from attrs import evolve

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.diagnostics import CODES, Diagnostic
from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.tree import (
    First,
    Function,
    Guard,
    Loop,
    Node,
    Path,
    children,
)
from walkeros_klaviyo.core.walkeros.value.walk import members_of, nodes
from walkeros_klaviyo.verify.findings import Example, Finding
from walkeros_klaviyo.verify.laws.law import options_of
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY
from walkeros_klaviyo.verify.questions.privacy.sample import property_place
from walkeros_klaviyo.verify.sample.look import Mapped, Shown
from walkeros_klaviyo.verify.sample.places import is_there


def judge_lost(config: Config, shown: Shown) -> Iterator[Finding]:
    """Events that are kept back or refused; mappings of which (nearly) nothing ever comes."""
    yield from _kept_back(config, shown)
    for events in shown.by_rule.values():
        yield from _refused(config, events)
        yield from _useless(events)
        yield from _never_valid(events)
        yield from _nothing(events)


def _kept_back(config: Config, shown: Shown) -> Iterator[Finding]:
    """A condition that raises, a policy that breaks the event: at (nearly) all of a name."""
    seen: dict[tuple[str, str], list[tuple[int, Any, Diagnostic]]] = defaultdict(list)
    for line, raw, note in shown.kept_back:
        seen[_place_of(config, note), raw["name"]].append((line, raw, note))
    for (where, name), found in seen.items():
        if len(found) > shown.raw_names[name] * MOSTLY:
            line, raw, note = found[0]
            yield Finding(
                "event.kept-back",
                where,
                f'{note.message}: {len(found):,} of {shown.raw_names[name]:,} events "{name}"',
                CODES[note.code].remedy,
                Example(raw, None, line),
            )


def _place_of(config: Config, note: Diagnostic) -> str:
    """Where in the configuration; a broken event is told by the part that the policy set."""
    if note.code != "policy.broke-event":
        return note.path
    head = note.path.partition(".")[0]
    policies = [config.policy, *(rule.policy for rule in config.rules)]
    places = [value.where for policy in policies for path, value in policy if path[0] == head]
    return next(iter(places), "policy")


def _refused(config: Config, events: list[Mapped]) -> Iterator[Finding]:
    """What Klaviyo would not take of (nearly) all events of a rule."""
    bad = [one for one in events if one.plan.outcome == "refused"]
    if len(bad) > len(events) * MOSTLY:
        reasons = [note for note in bad[0].plan.diagnostics if note.severity == "error"]
        yield Finding(
            "klaviyo.refuses",
            _place_of_refusal(config, bad[0].rule, reasons[-1]),
            f"{len(bad):,} of {len(events):,} events would be refused: {reasons[-1]}",
            "",
            bad[0].example,
        )


def _place_of_refusal(config: Config, rule: KlaviyoRule, note: Diagnostic) -> str:
    """The property that is too much, or the rule."""
    found = re.match(r"data\.attributes\.properties\.([^.[]+)", note.path)
    return property_place(config, rule, found[1]) if found else rule.where or "mapping"


def _useless(events: list[Mapped]) -> Iterator[Finding]:
    """A mapping with which something is wrong at (nearly) every event."""
    rule = events[0].rule
    places = {
        "properties.not-an-object": rule.data or rule.base,
        "unique-id.invalid": rule.settings.unique_id,
        "backfill.invalid": rule.settings.backfill,
    }
    seen: dict[tuple[str, str], list[tuple[Mapped, str]]] = defaultdict(list)
    for one in events:
        for note in one.plan.diagnostics:
            place = places.get(note.code)
            if note.code in ("value.raised", "value.not-json", "value.too-deep"):
                seen[note.code, note.path].append((one, note.message))
            elif place is not None and not (note.code == "unique-id.invalid" and _has_an_id(one)):
                seen[note.code, place.where].append((one, note.message))
    for (code, where), found in seen.items():
        if len(found) > len(events) * MOSTLY:
            one, message = found[0]
            text = f"{code}: {message} ({len(found):,} of {len(events):,} events)"
            yield Finding("mapping.useless", where, text, CODES[code].remedy, one.example)


def _has_an_id(one: Mapped) -> bool:
    """Can another option of the unique id be used?"""
    options = options_of(one.rule.settings.unique_id, one.event)
    return any(read_identifier(raw)[0] is not None for raw in options)


def _never_valid(events: list[Mapped]) -> Iterator[Finding]:
    """A validation that none of the values passes."""
    rule = events[0].rule
    for guard in [part for _, value in rule.mappings() for part in _validated(value.tree)]:
        bare = evolve(guard, inner=_without_constant(guard.inner), otherwise=ABSENT)
        passed = MappingValue(guard.where, bare)
        given = MappingValue(guard.where, evolve(bare, validate=None))
        tried = [one for one in events if is_there(given(one.event))]
        if len(tried) >= FEW and all(passed(one.event) is ABSENT for one in tried):
            yield Finding(
                "mapping.useless",
                guard.where,
                f"its validate holds for none of {len(tried):,} values",
                "Mend the function that validate names, or leave it out.",
                tried[0].example,
            )


def _nothing(events: list[Mapped]) -> Iterator[Finding]:
    """Functions, conditions and loops of which nothing comes at any of the events."""
    rule = events[0].rule
    raised = {note.path for one in events for note in one.plan.diagnostics}
    for member in (part for _, value in rule.mappings() for part in _members(value.tree)):
        doing = next((one for one in nodes(member) if _does_something(one)), None)
        if doing is None or len(events) < FEW or any(one.startswith(doing.where) for one in raised):
            continue
        value, given = MappingValue(member.where, member), MappingValue(doing.where, _bare(doing))
        if not any(_is_something(value(one.event)) for one in events):
            if isinstance(doing, Guard) and not any(is_there(given(one.event)) for one in events):
                continue  # the condition is not to blame
            message = f"of {len(events):,} events none gets anything from it"
            yield Finding("mapping.nothing", doing.where, message, "", events[0].example)


def _members(node: Node) -> Iterator[Node]:
    """The fields of an object, and of objects in it; of another value itself."""
    inner = {} if _does_something(node) else members_of(node)
    if not inner:
        yield node
    for one in inner.values():
        yield from _members(one)


def _does_something(node: Node) -> bool:
    return isinstance(node, Function | Loop) or (
        isinstance(node, Guard) and node.condition is not None
    )


def _bare(node: Node) -> Node:
    return node.inner if isinstance(node, Guard) else node


def _is_something(value: Any) -> bool:
    return is_there(value) and value not in ({}, "")


def _validated(node: Node) -> Iterator[Guard]:
    """Every part of a value that has a `validate`, but those within loops."""
    if isinstance(node, Guard) and node.validate is not None:
        yield node
    if not isinstance(node, Loop):
        for below in children(node):
            yield from _validated(below)


def _without_constant(node: Node) -> Node:
    """What a guard guards, without the constant that stands in for it."""
    if isinstance(node, Path):
        return evolve(node, default=ABSENT)
    return node.options[0] if isinstance(node, First) else node
