"""Does each event of the sample get a unique_id of its own, and a cancellation its order's?"""

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
"""Parts of an event where an order's id may stand: not those that many events share."""
COUNT: Final = re.compile(r"\d{1,3}(\.\d+)?")
"""Such ids are also counts, sizes and prices."""
OF_A_REFUND: Final = re.compile(r"(?i)refund|return|credit")
NEARLY_ALL: Final = 0.9
OFTEN: Final = 0.05
"""From this part of a rule's events on, what is taken for a repetition is lost."""
PERIOD_MS: Final = 6 * 86_400_000
"""What comes again so much later, and regularly, is due again: a renewal."""
REGULAR: Final = 0.15


def judge_unique_ids(config: Config, shown: Shown) -> Iterator[Finding]:
    """Different events under one unique_id, and reversals under one that is no order's."""
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
    # What rules inherit is said once, at its place, unless it is right for most of them.
    value = config.settings.unique_id
    if value is None or len(inherited) <= len(sound):
        yield from inherited
    else:
        keep = "".join(f', and write {where} = "{value.reads}"' for where in sound)
        first, remedy = inherited[0], f"Leave {value.where} out{keep}."
        yield Finding("unique-id.repeats", value.where, first.message, remedy, first.example)
    yield from _reversals(shown)


def _repeats(sent: list[Mapped]) -> Iterator[Finding]:
    """Of one visitor: different ones, or the same again and again on other visits."""
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
    """At the rule's own setting: the destination's may be right for all the others."""
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
    """The same page loaded again, the same purchase told again or by two senders: it counts once.

    One of them may say more; what both say must agree, or it is the same amount, of the same
    invoice.
    """
    if one.value is not None or other.value is not None:
        return one.value == other.value and not _names_another(one, other)
    ours, theirs = _content(one), _content(other)
    return all(ours[name] == theirs[name] for name in ours.keys() & theirs.keys())


def _names_another(one: Mapped, other: Mapped) -> bool:
    """Is there a number of its own in each, such as an invoice's? A status may change."""
    ours, theirs = (dict(leaves_of({"data": each.event.get("data")})) for each in (one, other))
    return any(
        ours[path] != theirs[path] and ID.search(path) and re.search(r"\d", str(theirs[path]))
        for path in ours.keys() & theirs.keys()
    )


def _due_again(groups: Iterable[list[Mapped]]) -> list[tuple[Mapped, Mapped]]:
    """Pairs that lie days apart, nearly all of them equally many."""
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
    """The properties without what include copies of the event's own circumstances."""
    copied = ("event_", "source_", "globals_", "context_")
    properties = one.create.properties if one.create is not None else {}
    return {name: value for name, value in properties.items() if not name.startswith(copied)}


def _reversals(shown: Shown) -> Iterator[Finding]:
    """None of a rule's cancellations has an order's unique_id, and the events have it elsewhere."""
    made = [one for one in shown.sent if one.metric == ORDER]
    orders = {one.unique_id: one.value for one in made}
    if 2 * len(orders) < len(made):
        return  # the orders' own ids are wrong
    for rule, events in shown.rules:
        calls, value = [one for one in events if one.metric in REVERSALS], rule.settings.unique_id
        if not calls or value is None or any(one.unique_id in orders for one in calls):
            continue
        if rule.name == REFUND and any(map(OF_A_REFUND.search, paths_read(value))):
            continue  # a refund of a part has an id of its own, and these may all be whole ones
        elsewhere = grouped(
            (path, one)
            for one in calls
            for path, text in texts_of({name: one.event.get(name) for name in SECTIONS})
            if text in orders and not COUNT.fullmatch(text) and not _is_part(one, orders[text])
        )
        elsewhere = {
            path: found for path, found in elsewhere.items() if len(found) > len(calls) * MOSTLY
        }
        if elsewhere and not paths_read(value) & elsewhere.keys():
            path = max(elsewhere, key=lambda each: len(elsewhere[each]))
            message = f'no event has the unique_id of an order at "{value.reads}"'
            message, remedy = f'{message}; did you mean "{path}"?', f'settings.uniqueId = "{path}"'
            where, example = place(rule, "uniqueId"), elsewhere[path][0].example
            yield Finding("unique-id.order", where, message, remedy, example)


def _is_part(one: Mapped, paid: float | None) -> bool:
    """A refund of a part has an id of its own, or a second one would be dropped."""
    is_refund = one.metric == REFUND and one.value is not None
    return is_refund and paid is not None and one.value != paid
