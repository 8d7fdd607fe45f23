"""In the sample, does each event get its own unique_id, and a cancellation its order's?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from statistics import median
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.counted import grouped
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY, ORDER, REFUND, REVERSALS, VISIT_MS
from walkeros_klaviyo.verify.questions.revenue.lint import no_amounts
from walkeros_klaviyo.verify.reads import own, paths_read, place
from walkeros_klaviyo.verify.sample.look import Mapped, Shown
from walkeros_klaviyo.verify.sample.places import leaves_of, texts_of

from .lint import of_orders, of_products, shared_ids
from .things import ID, names_a_thing, told_twice

SECTIONS: Final = ("data", "context", "custom")
"""Sections that may hold an order's id; not those that many events share."""
COUNT: Final = re.compile(r"\d{1,3}(\.\d+)?")
"""Values like these may also be counts, sizes or prices."""
OF_A_REFUND: Final = re.compile(r"(?i)refund|return|credit")
NEARLY_ALL: Final = 0.9
OFTEN: Final = 0.05
"""The share of a rule's events from which apparent repetitions count as losses."""
PERIOD_MS: Final = 6 * 86_400_000
"""Repetitions at regular intervals of at least this are renewals."""
REGULAR: Final = 0.15


def judge_unique_ids(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings: different events with one unique_id, and reversals whose id is no order's."""
    inherited: list[Finding] = []
    sound: list[str] = []
    for rule, events in shown.rules:
        sent = [one for one in events if one.create is not None]
        if not sent:
            continue
        told = [*of_orders(rule, sent)]
        yield from told or told_twice(sent)
        is_told = any(True for _ in shared_ids(rule)) or no_amounts(rule)
        if rule.settings.unique_id is None or is_told:
            continue
        things = [] if told else [*names_a_thing(sent)]
        found = [*_repeats(sent)] or [*of_products(rule)] or things
        if own(rule, "unique_id") is not None or not rule.where:
            yield from found
        elif found:
            inherited += found
        elif any(one.unique_id != one.raw.get("id") for one in sent):
            sound.append(place(rule, "uniqueId"))
    # A fault that rules inherit is reported once, at its place, unless right for most of them.
    value = config.settings.unique_id
    if value is None or len(inherited) <= len(sound):
        yield from inherited
    else:
        keep = "".join(f', and write {where} = "{value.reads}"' for where in sound)
        first, remedy = inherited[0], f"Leave {value.where} out{keep}."
        yield Finding("unique-id.repeats", value.where, first.message, remedy, first.example)
    yield from _reversals(shown)


def _repeats(sent: list[Mapped]) -> Iterator[Finding]:
    """A visitor's different events with one id, or the same event on several visits."""
    groups = grouped(((one.metric, one.who, one.unique_id), one) for one in sent).values()
    pairs = [(same[0], one) for same in groups for one in same[1:]]
    pairs = [pair for pair in pairs if not _come_twice(*pair)]
    others = [pair for pair in pairs if not _says_the_same(*pair)]
    later = [
        (first, one)
        for first, one in pairs
        if first.value is None and abs(one.time - first.time) > VISIT_MS
        if _says_the_same(first, one)
    ]
    few = max(FEW, len(sent) * OFTEN)
    for found, what in (
        (others, "are different events of one visitor"),
        (later, "are events of one visitor's different visits"),
        (_due_again(groups), "are payments of one visitor, which come regularly,"),
    ):
        if len(found) >= few:
            yield _repeated(sent, *found[0], what)
            return


def _come_twice(one: Mapped, other: Mapped) -> bool:
    return one.raw.get("id") is not None and one.raw["id"] == other.raw.get("id")


def _repeated(sent: list[Mapped], one: Mapped, other: Mapped, what: str) -> Finding:
    """A finding at the rule's own setting: the destination's may suit all other rules."""
    value = one.rule.settings.unique_id
    text, most = Counter(each.unique_id for each in sent).most_common(1)[0]
    people = {each.who for each in sent if each.unique_id == text}
    is_constant = most > len(sent) * NEARLY_ALL and len(people) >= FEW
    lines, reads = f"lines {one.line} and {other.line}", value.reads if value else ""
    message = f'{lines} {what} with the unique_id that "{reads}" gives'
    if is_constant:
        message = f"{most:,} of {len(sent):,} events get the same unique_id"
    code = "unique-id.constant" if is_constant else "unique-id.repeats"
    where = place(one.rule, "uniqueId")
    inherits = own(one.rule, "unique_id") is None and bool(one.rule.where)
    remedy = f'{where} = "id", or what is one of a kind for each event.' if inherits else ""
    return Finding(code, where, message, remedy, other.example)


def _says_the_same(one: Mapped, other: Mapped) -> bool:
    """Are they one event: a reloaded page, or a purchase sent twice or by two senders?

    One may say more than the other, but what both say must agree, or the amount and invoice do.
    """
    if one.value is not None or other.value is not None:
        return one.value == other.value and not _names_another(one, other)
    ours, theirs = _content(one), _content(other)
    return all(ours[name] == theirs[name] for name in ours.keys() & theirs.keys())


def _names_another(one: Mapped, other: Mapped) -> bool:
    """Do both have different numbers of their own, such as an invoice's? A status may change."""
    ours, theirs = (dict(leaves_of(each.event, "data")) for each in (one, other))
    return any(
        ours[path] != theirs[path] and ID.search(path) and re.search(r"\d", str(theirs[path]))
        for path in ours.keys() & theirs.keys()
    )


def _due_again(groups: Iterable[list[Mapped]]) -> list[tuple[Mapped, Mapped]]:
    """Pairs days apart, nearly all by the same interval."""
    pairs = [
        pair
        for same in groups
        if same[0].value is not None
        for pair in pairwise(sorted(same, key=lambda one: one.time))
        if pair[1].time - pair[0].time > PERIOD_MS
    ]
    gaps = [later.time - first.time for first, later in pairs]
    usual = median(gaps) if gaps else 0.0
    regular = [gap for gap in gaps if abs(gap - usual) < usual * REGULAR]
    return pairs if len(regular) > len(gaps) * MOSTLY else []


def _content(one: Mapped) -> dict[str, Any]:
    """The properties without included fields that differ for every event."""
    copied = ("event_", "source_", "globals_", "context_")
    properties = one.create.properties if one.create is not None else {}
    return {name: value for name, value in properties.items() if not name.startswith(copied)}


def _reversals(shown: Shown) -> Iterator[Finding]:
    """None of a rule's reversals has an order's unique_id, though the events hold it elsewhere."""
    made = [one for one in shown.sent if one.metric == ORDER]
    orders = {one.unique_id: one.value for one in made}
    if 2 * len(orders) < len(made):
        return  # the orders' ids are wrong themselves
    for rule, events in shown.rules:
        calls, value = [one for one in events if one.metric in REVERSALS], rule.settings.unique_id
        if not calls or value is None or any(one.unique_id in orders for one in calls):
            continue
        if rule.name == REFUND and any(map(OF_A_REFUND.search, paths_read(value))):
            continue  # partial refunds have their own ids, and these may all be full ones
        elsewhere = grouped(
            (path, one)
            for one in calls
            for path, text in texts_of(one.event, *SECTIONS)
            if text in orders and not COUNT.fullmatch(text) and not _is_part(one, orders[text])
        )
        elsewhere = {
            path: found for path, found in elsewhere.items() if len(found) > len(calls) * MOSTLY
        }
        if elsewhere and not paths_read(value) & elsewhere.keys():
            path = max(elsewhere, key=lambda each: len(elsewhere[each]))
            message = f'no event has the unique_id of an order at "{value.reads}"'
            where, example = place(rule, "uniqueId"), elsewhere[path][0].example
            message, remedy = f'{message}; did you mean "{path}"?', f'{where} = "{path}"'
            yield Finding("unique-id.order", where, message, remedy, example)


def _is_part(one: Mapped, paid: float | None) -> bool:
    """Is it a partial refund? These need ids of their own, or a second one would be dropped."""
    is_refund = one.metric == REFUND and one.value is not None
    return is_refund and paid is not None and one.value != paid
