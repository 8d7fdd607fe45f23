"""Is each rule met by events of the sample, and none by mistake?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.event import words_of
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.counted import are_most, grouped
from walkeros_klaviyo.verify.questions.facts import (
    FEW,
    KLAVIYO,
    ORDER,
    REVERSALS,
    VISIT_MS,
    YEAR_MS,
)
from walkeros_klaviyo.verify.questions.guess import amount_path, id_path
from walkeros_klaviyo.verify.questions.metrics.lint import meaning_of
from walkeros_klaviyo.verify.questions.near import near_path, nearest
from walkeros_klaviyo.verify.reads import own, place, recording
from walkeros_klaviyo.verify.sample.look import Mapped, Shown

from .conditions import asked_for

AFTER_ORDERS: Final = ("Fulfilled Order", "Ordered Product")
"""Metrics about an order that must itself be recorded."""
MANY: Final = 20
"""The number of events of which at least one should satisfy a condition's paths."""
LIKELY: Final = 0.8
"""The similarity of names that counts as near: more than that of login and logout."""
SURE: Final = 0.85
"""The similarity required of a name that another rule takes."""


def judge_rules(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings: rules that no event meets, and more."""
    yield from _ignoring(config, shown)
    yield from _old(shown)
    yield from _live(shown)
    yield from _no_orders(config, shown)
    raising = {note.path.partition(".condition")[0] for _, _, note in shown.kept_back}
    tried = {where.rpartition("[")[0] for where in {*shown.met, *raising}}
    for rule in (one for one in config.rules if not shown.met[one.where]):
        label, _, is_listed = (rule.label or "").partition("[")
        asking = [*_asks_in_vain(config, rule, shown)]
        yield from asking
        # One of the list was met or tried: the others' conditions may hold on other days.
        if asking or (is_listed and rule.where.rpartition("[")[0] in tried):
            continue
        if shown.names[label] and is_listed:
            ignoring = (shown.met[one.where] for one in config.rules if one.ignore)
            if shown.names[label] not in ignoring:  # else that is reported
                message = f'of the events "{label}" none meets a condition of the rules'
                remedy = "Mend the conditions, or leave the rule out."
                yield Finding("rule.unmet", rule.where, message, remedy)
            continue
        if "*" in label and any(_fits(label, name) for name in shown.names):
            continue  # a more exact rule takes them; this one is for other names
        near = _near(label, config, shown)
        if rule.ignore and (near is None or nearest(label, [near], SURE) is None):
            continue  # nothing to ignore occurred, which is fine
        hint = f'; did you mean "{near}"?' if near else ""
        write = f"Write mapping.{near.replace(' ', '.', 1)}." if near else ""
        message = f'no event of the sample is a "{label}"{hint}'
        yield Finding("rule.unmet", rule.where, message, write)


def _asks_in_vain(config: Config, rule: KlaviyoRule, shown: Shown) -> Iterator[Finding]:
    """A condition that reads only paths at which no event of the rule's names has a value.

    Without a near path more events are required; a rule that ignores events need never match.
    """
    if rule.condition is None:
        return
    label = (rule.label or "").partition("[")[0]
    raws = [one.raw for one in shown.mapped] + [one.raw for one in shown.stopped]
    raws = [raw for raw in raws if _fits(label, raw["name"])]
    asked = asked_for(config, rule.condition, raws)
    if asked.unheard and len(raws) >= FEW:
        message = (
            f'"{asked.unheard}" is true at some events and false at others, and it never holds'
        )
        remedy = f'Compare "{asked.unheard}" with what the events have there.'
        yield Finding("rule.unmet", f"{rule.where}.condition", message, remedy)
        return
    paths, known = asked.never_there, asked.known
    near = next(filter(None, (near_path(path, known) for path in paths)), None)
    is_waiting = near is None and (rule.ignore or len(raws) < MANY)
    if paths and len(raws) >= FEW and not is_waiting:
        hint = f'; did you mean "{near}"?' if near else ""
        message = f'of {len(raws):,} events none has the "{paths[0]}" that it asks for{hint}'
        remedy = f'Let it read "{near}".' if near else "Ask for what the events have."
        yield Finding("rule.unmet", f"{rule.where}.condition", message, remedy)


def _no_orders(config: Config, shown: Shown) -> Iterator[Finding]:
    """Orders met by a rule that ignores them, while metrics that follow orders are recorded."""
    metrics = {rule.name for rule in recording(config)}
    follows = metrics & {*REVERSALS, *AFTER_ORDERS}
    ignored = [one for one in shown.stopped if one.plan.outcome == "ignored"]
    lost = grouped((one.raw["name"], one) for one in ignored if "*" in (one.plan.rule or ""))
    for name, events in lost.items() if ORDER not in metrics else ():
        siblings, place = _siblings(config, name), f"mapping.{name.replace(' ', '.', 1)}"
        is_order = any(own(rule, "value") for rule in siblings)
        is_order = is_order or bool(meaning_of(name) == "order" and follows)
        amount, number = amount_path(events), id_path(events)
        if is_order and amount is not None and len(events) >= FEW:
            rule = f'the rule "{events[0].plan.rule}"'
            message = f'{len(events):,} events "{name}" have an amount, and fall to {rule}: ignored'
            settings = f'{{ value = "{amount}", uniqueId = "{number or "id"}" }}'
            remedy = f'Give {place} a rule without a condition: name = "{ORDER}" and settings ='
            where = place if siblings else events[0].where
            yield Finding("rule.no-orders", where, message, f"{remedy} {settings}.")


def _siblings(config: Config, name: str) -> tuple[KlaviyoRule, ...]:
    """The rules written for events of this name."""
    entity, action = words_of(name) or ("", "")
    return config.mapping.get(entity, {}).get(action, ())


def _ignoring(config: Config, shown: Shown) -> Iterator[Finding]:
    """Conditional rules that ignore all events although others follow them."""
    for actions in config.mapping.values():
        for options in actions.values():
            for rule in options:
                met = [shown.met[one.where] for one in options]
                mine = shown.met[rule.where]
                if rule.ignore and rule.condition is not None and mine >= FEW and sum(met) == mine:
                    message = f"its condition holds for all of {mine:,} events"
                    yield Finding("rule.ignores-all", rule.where, message)


def _old(shown: Shown) -> Iterator[Finding]:
    """Orders more than a year older than the newest event, which would start flows."""
    newest = max((one.time for one in shown.mapped), default=0)
    for rule, events in shown.rules:
        orders = [one for one in events if one.metric == ORDER and not _is_backfilled(one)]
        old = [one for one in orders if newest - one.time > YEAR_MS]
        if len(old) >= FEW:
            message = f"{len(old):,} orders are more than a year older than the sample's last event"
            where = place(rule, "backfill")
            remedy = f"{where} = true, where old orders are sent."
            yield Finding("backfill.missing", where, message, remedy, old[0].example)


def _live(shown: Shown) -> Iterator[Finding]:
    """Backfill in a rule whose events are live rather than imported."""
    newest = max((one.time for one in shown.mapped), default=0)
    raws = [one.raw for one in shown.mapped if not _is_backfilled(one)]
    raws += [one.raw for one in shown.stopped]
    times = grouped((key, raw["timestamp"]) for raw in raws for key in _visit(raw))
    for rule, events in shown.rules:
        value, sent = own(rule, "backfill"), [one for one in events if one.create is not None]
        starts = rule.name in KLAVIYO or rule.settings.value is not None
        is_new = all(newest - one.time <= YEAR_MS for one in sent)
        if value is not None and starts and is_new and all(map(_is_backfilled, sent)):
            live = [one for one in sent if _is_near(one.raw, times)]
            if are_most(len(live), len(sent)):
                message = f"{len(live):,} of its {len(sent):,} events come within a visit, of today"
                remedy, example = f"Leave {value.where} out.", live[0].example
                yield Finding("backfill.always", value.where, message, remedy, example)


def _is_near(raw: Any, times: dict[Any, list[float]]) -> bool:
    """Is there an event of the same visit near this time?"""
    near = (time - raw["timestamp"] for key in _visit(raw) for time in times.get(key, ()))
    return any(abs(gap) < VISIT_MS for gap in near)


def _is_backfilled(one: Mapped) -> bool:
    return one.create is not None and bool(one.create.attributes.get("backfill"))


def _visit(raw: Any) -> Iterator[tuple[str, Any]]:
    """The identifiers of the visit that an event belongs to."""
    user = raw.get("user")
    for name in ("session", "device", "id", "email"):
        found = user.get(name) if isinstance(user, dict) else None
        if isinstance(found, str | int):
            yield name, found


def _fits(label: str, name: str) -> bool:
    """Does a label such as `order *`, `* view` or `* *` cover this name?"""
    words = words_of(name)
    return words is not None and all(
        pattern in ("*", word) for pattern, word in zip(label.split(" ", 1), words, strict=False)
    )


def _near(label: str, config: Config, shown: Shown) -> str | None:
    """The nearest name or `entity *` among the events; first those that no rule takes."""
    taken = {rule.label.partition("[")[0] for rule in config.rules if rule.label is not None}
    loose = [name for name in shown.names if name not in taken]
    entity, _, action = label.partition(" ")
    if "*" not in label:
        return nearest(label, loose, LIKELY) or nearest(label, set(shown.names) - {label}, SURE)
    words = [words_of(name) for name in shown.names]
    entities, actions = ({one[at] for one in words if one is not None} for at in (0, 1))
    if entity != "*" and entity not in entities:
        near = nearest(entity, entities, SURE)
        return f"{near} *" if near else None
    near = nearest(action, actions, SURE) if action not in ("*", *actions) else None
    return f"* {near}" if near else None
