"""By which metrics do the events of the sample go, and is one of them told by two?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import FEW, KLAVIYO, MEANS, MOSTLY, ORDER, VISIT_MS
from walkeros_klaviyo.verify.sample.look import Mapped, Shown

from .lint import is_contrary, meaning_of, near_own_name


def judge_metrics(config: Config, shown: Shown) -> Iterator[Finding]:
    """Metrics that are events' own names, by a rule for many or by none; orders told twice."""
    seen: dict[str, str] = {}
    for one in shown.mapped:
        is_for_many = one.rule.label is None or "*" in one.rule.label
        if one.create is not None and one.rule.name is None and is_for_many:
            seen.setdefault(one.create.label, one.rule.where or "mapping")
    for metric, where in seen.items():
        yield from near_own_name(metric, where)
    yield from _taken_for_another(shown)
    yield from _twice(shown)


def _taken_for_another(shown: Shown) -> Iterator[Finding]:
    """A rule for any action, whose metric says the contrary of what some of its events do."""
    for where, events in shown.by_rule.items():
        rule = events[0].rule
        names = Counter(one.raw["name"] for one in events if one.create is not None)
        wrong = [name for name in names if is_contrary(name, rule.name)]
        if "*" in (rule.label or "") and wrong and names[wrong[0]] >= FEW:
            message = f'it takes {names[wrong[0]]:,} events "{wrong[0]}" too, as "{rule.name}"'
            right = next((one for one in KLAVIYO if meaning_of(wrong[0]) == MEANS.get(one)), "")
            entity, action = wrong[0].split(" ", 1)
            name = f' with name = "{right}"' if right else ""
            remedy = f"Write a rule mapping.{entity}.{action} of their own{name}."
            yield Finding("metric.swapped", f"{where}.name", message, remedy)


def _twice(shown: Shown) -> Iterator[Finding]:
    """Nearly all that a rule counts comes beside another rule's, of one amount and metric."""
    counted: dict[str, dict[str, list[Mapped]]] = defaultdict(lambda: defaultdict(list))
    for one in shown.mapped:
        if one.create is not None and one.create.value is not None:
            metric = one.create.label
            if metric == ORDER or metric not in KLAVIYO:
                counted[metric][one.rule.where].append(one)
    for orders in counted.values():
        yield from _twice_in(orders)


def _twice_in(orders: dict[str, list[Mapped]]) -> Iterator[Finding]:
    rules = sorted(orders, key=lambda where: len(orders[where]))
    for index, where in enumerate(rules):
        for other in rules[index + 1 :]:
            twins = _twins(orders[where], orders[other])
            if len(twins) >= FEW and len(twins) > len(orders[where]) * MOSTLY:
                yield Finding(
                    "metric.twice",
                    where,
                    f"{len(twins):,} of its {len(orders[where]):,} events are recorded by {other} "
                    "too, under another unique_id",
                    f"Replace {where} or {other} by {{ ignore = true }}.",
                    twins[0].example,
                )


def _twins(ours: list[Mapped], theirs: list[Mapped]) -> list[Mapped]:
    """Those of ours that one of theirs tells too, a little earlier or later."""
    known: dict[tuple[str | None, float | None], list[Mapped]] = defaultdict(list)
    for one in theirs:
        known[one.who, one.create.value if one.create else None].append(one)
    return [
        one
        for one in ours
        if one.create
        and any(
            other.create
            and other.create.unique_id != one.create.unique_id
            and abs(other.event["timestamp"] - one.event["timestamp"]) < VISIT_MS
            for other in known[one.who, one.create.value]
        )
    ]
