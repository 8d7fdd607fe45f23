"""Which metrics are the sample's events recorded as, and are orders recorded twice?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.counted import are_most, grouped
from walkeros_klaviyo.verify.questions.facts import FEW, KLAVIYO, MEANS, ORDER, VISIT_MS
from walkeros_klaviyo.verify.sample.look import Mapped, Shown

from .lint import is_contrary, meaning_of, near_own_name


def judge_metrics(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings: metrics with events' own names, by a wildcard or no rule; orders recorded twice."""
    seen: dict[str, str] = {}
    for one in shown.sent:
        is_for_many = one.rule.label is None or "*" in one.rule.label
        if one.create is not None and one.rule.name is None and is_for_many:
            seen.setdefault(one.create.label, one.rule.where or "mapping")
    for metric, where in seen.items():
        yield from near_own_name(metric, where)
    yield from _taken_for_another(shown)
    counted = ((one.metric, one) for one in shown.sent if one.value is not None)
    for name, events in grouped(counted).items():
        if name == ORDER or name not in KLAVIYO:
            yield from _twice(grouped((one.rule.where, one) for one in events))


def _taken_for_another(shown: Shown) -> Iterator[Finding]:
    """A rule for any action whose metric contradicts some of its events."""
    for rule, events in shown.rules:
        names = Counter(one.raw["name"] for one in events if one.create is not None)
        wrong = [name for name in names if is_contrary(name, rule.name)]
        if "*" in (rule.label or "") and wrong and names[wrong[0]] >= FEW:
            message = f'it takes {names[wrong[0]]:,} events "{wrong[0]}" too, as "{rule.name}"'
            right = next((one for one in KLAVIYO if meaning_of(wrong[0]) == MEANS.get(one)), "")
            name = f' with name = "{right}"' if right else ""
            remedy = f"Write a rule mapping.{wrong[0].replace(' ', '.', 1)} of their own{name}."
            yield Finding("metric.swapped", f"{rule.where}.name", message, remedy)


def _twice(orders: dict[str, list[Mapped]]) -> Iterator[Finding]:
    """Nearly all of a rule's orders come with another rule's of the same amount and metric."""
    rules = sorted(orders, key=lambda where: len(orders[where]))
    for index, where in enumerate(rules):
        for other in rules[index + 1 :]:
            theirs = grouped(((one.who, one.value), one) for one in orders[other])
            twins = [
                one
                for one in orders[where]
                if any(_is_twin(one, each) for each in theirs.get((one.who, one.value), ()))
            ]
            if are_most(len(twins), len(orders[where])):
                count = f"{len(twins):,} of its {len(orders[where]):,} events"
                message = f"{count} are recorded by {other} too, under another unique_id"
                remedy = f"Replace {where} or {other} by {{ ignore = true }}."
                yield Finding("metric.twice", where, message, remedy, twins[0].example)


def _is_twin(one: Mapped, other: Mapped) -> bool:
    """Is it the same order under another id, a little earlier or later?"""
    return one.unique_id != other.unique_id and abs(one.time - other.time) < VISIT_MS
