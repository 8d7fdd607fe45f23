"""Which parts of the configuration lose events or values, whatever their purpose?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from attrs import evolve

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.diagnostics import CODES, Diagnostic
from walkeros_klaviyo.core.klaviyo.blank import why_empty
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.value import MappingValue, tree
from walkeros_klaviyo.core.walkeros.value.walk import members_of, nodes
from walkeros_klaviyo.verify.findings import Example, Finding
from walkeros_klaviyo.verify.questions.counted import grouped
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY
from walkeros_klaviyo.verify.questions.privacy.sample import property_place
from walkeros_klaviyo.verify.reads import refused_at, set_by_policy, yields_id
from walkeros_klaviyo.verify.sample.look import Mapped, Shown
from walkeros_klaviyo.verify.sample.places import is_there

UNCLEAR: Final = ("subscription.unclear",)
"""Of a subscription: it is blamed as a whole."""


def judge_lost(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings: events held back or refused; mappings that (nearly) never yield anything."""
    yield from _kept_back(config, shown)
    yield from _refused(config, shown)
    yield from _blank(shown)
    for events in shown.by_rule.values():
        yield from _useless(events)
        yield from _never_valid(events)
        yield from _nothing(events)


def _kept_back(config: Config, shown: Shown) -> Iterator[Finding]:
    """A condition that raises, or a policy that breaks events, for (nearly) all of a name."""
    seen = grouped(
        ((_place_of(config, note), raw["name"]), (line, raw, note))
        for line, raw, note in shown.kept_back
    )
    for (where, name), found in seen.items():
        total = shown.raw_names[name]
        if len(found) > total * MOSTLY:
            line, raw, note = found[0]
            message = f'{note.message}: {len(found):,} of {total:,} events "{name}"'
            remedy, example = CODES[note.code].remedy, Example(raw, None, line)
            yield Finding("event.kept-back", where, message, remedy, example)


def _place_of(config: Config, note: Diagnostic) -> str:
    """The place to blame; for a broken event, the policy's entry for that part."""
    if note.code != "policy.broke-event":
        return note.path
    return set_by_policy(config, note.path.partition(".")[0]) or "policy"


def _refused(config: Config, shown: Shown) -> Iterator[Finding]:
    """Refusals of (nearly) all events of a rule; a wrong time concerns all rules."""
    found: dict[str, list[tuple[Mapped, Diagnostic]]] = defaultdict(list)
    total: Counter[str] = Counter()
    for rule, events in shown.rules:
        bad = [one for one in events if one.plan.outcome == "refused"]
        if len(bad) > len(events) * MOSTLY:
            reasons = [note for note in bad[0].plan.diagnostics if note.severity == "error"]
            much = re.match(r"data\.attributes\.properties\.([^.[]+)", reasons[-1].path)
            where = refused_at(config, rule, reasons[-1].code)
            where = property_place(config, rule, much[1]) if much else where
            found[where] += [(one, reasons[-1]) for one in bad]
            total[where] += len(events)
    for where, refused in found.items():
        one, reason = refused[0]
        message = f"{len(refused):,} of {total[where]:,} events would be refused: {reason}"
        remedy = CODES[reason.code].remedy if reason.code.startswith("time.") else ""
        yield Finding("klaviyo.refuses", where, message, remedy, one.example)


def _blank(shown: Shown) -> Iterator[Finding]:
    """Traits whose value is always a placeholder such as N/A."""
    noted: dict[str, MappingValue] = {}
    for one in shown.mapped:
        identify = one.rule.settings.identify
        for note in one.plan.diagnostics if identify is not None else ():
            if note.code == "profile.blank" and identify is not None:
                noted.setdefault(note.path, identify)
    for path, identify in noted.items():
        node = identify.tree
        for name in path.removeprefix(f"{identify.where}.").split("."):
            node = members_of(node).get(name, node)
        value = MappingValue(node.where, node)
        said = [(one, text) for one in shown.mapped if is_there(text := value(one.event))]
        reasons = {why_empty(text) if isinstance(text, str) else "" for _, text in said}
        if len(said) >= FEW and reasons == {"is a placeholder"}:
            one, text = said[0]
            message = f'of {len(said):,} events all say "{text}", or a like word for nothing'
            yield Finding("mapping.nothing", node.where, message, "", one.example)


def _useless(events: list[Mapped]) -> Iterator[Finding]:
    """A mapping with a diagnostic in (nearly) every event."""
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
            if note.code in ("value.raised", "value.not-json", "value.too-deep", *UNCLEAR):
                seen[note.code, note.path].append((one, note.message))
            elif place and not (note.code == "unique-id.invalid" and yields_id(place, one.event)):
                seen[note.code, place.where].append((one, note.message))
    for (code, where), found in seen.items():
        if len(found) > len(events) * MOSTLY:
            one, message = found[0]
            text = f"{code}: {message} ({len(found):,} of {len(events):,} events)"
            yield Finding("mapping.useless", where, text, CODES[code].remedy, one.example)


def _never_valid(events: list[Mapped]) -> Iterator[Finding]:
    """A validation that no value passes."""
    rule = events[0].rule
    for guard in [part for _, value in rule.mappings() for part in _validated(value.tree)]:
        inner = guard.inner  # without the fallback constant
        if isinstance(inner, tree.Path):
            inner = evolve(inner, default=ABSENT)
        elif isinstance(inner, tree.First):
            inner = inner.options[0]
        bare = evolve(guard, inner=inner, otherwise=ABSENT)
        passed = MappingValue(guard.where, bare)
        given = MappingValue(guard.where, evolve(bare, validate=None))
        tried = [one for one in events if is_there(given(one.event))]
        if len(tried) >= FEW and all(passed(one.event) is ABSENT for one in tried):
            message = f"its validate holds for none of {len(tried):,} values"
            remedy = "Mend the function that validate names, or leave it out."
            yield Finding("mapping.useless", guard.where, message, remedy, tried[0].example)


def _nothing(events: list[Mapped]) -> Iterator[Finding]:
    """Functions, conditions and loops that yield nothing for any event."""
    rule = events[0].rule
    raised = {note.path for one in events for note in one.plan.diagnostics}
    for member in (part for _, value in rule.mappings() for part in _members(value.tree)):
        doing = next((one for one in nodes(member) if _does_something(one)), None)
        if doing is None or len(events) < FEW or any(one.startswith(doing.where) for one in raised):
            continue
        value = MappingValue(member.where, member)
        if any(
            is_there(got) and got not in ({}, "") for got in (value(one.event) for one in events)
        ):
            continue
        given = doing.inner if isinstance(doing, tree.Guard) else None
        guarded = given and MappingValue(doing.where, given)
        if guarded and not any(is_there(guarded(one.event)) for one in events):
            continue  # the condition is not to blame
        message = f"of {len(events):,} events none gets anything from it"
        yield Finding("mapping.nothing", doing.where, message, "", events[0].example)


def _members(node: tree.Node) -> Iterator[tree.Node]:
    """The fields of an object and of objects in it; any other value itself."""
    inner = {} if _does_something(node) else members_of(node)
    if not inner:
        yield node
    for one in inner.values():
        yield from _members(one)


def _does_something(node: tree.Node) -> bool:
    return isinstance(node, tree.Function | tree.Loop) or (
        isinstance(node, tree.Guard) and node.condition is not None
    )


def _validated(node: tree.Node) -> Iterator[tree.Guard]:
    """Every part of a value with a `validate`, except those within loops."""
    if isinstance(node, tree.Guard) and node.validate is not None:
        yield node
    if not isinstance(node, tree.Loop):
        for below in tree.children(node):
            yield from _validated(below)
