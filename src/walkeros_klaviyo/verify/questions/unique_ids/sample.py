"""Does each event of the sample get a unique_id of its own, and a cancellation its order's?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from statistics import median
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import (
    FEW,
    MOSTLY,
    ORDER,
    REFUND,
    REVERSALS,
    VISIT_MS,
)
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
    for events in shown.by_rule.values():
        sent = [one for one in events if one.create is not None]
        if not sent:
            continue
        rule = sent[0].rule
        told = [*of_orders(rule, sent)]
        yield from told or told_twice(sent)
        is_told = any(True for _ in shared_ids(rule)) or no_amounts(rule)
        if rule.settings.unique_id is None or is_told:
            continue
        thing = None if told else names_a_thing(sent)
        found = [*_repeats(sent)] or [*of_products(rule)]
        found = found or [one for one in (thing,) if one is not None]
        if own(rule, "unique_id") is not None or not rule.where:
            yield from found
        elif found:
            inherited += found
        elif any(one.create and one.create.unique_id != one.raw.get("id") for one in sent):
            sound.append(place(rule, "uniqueId"))
    yield from _of_the_destination(config, inherited, sound)
    yield from _reversals(shown)


def _of_the_destination(
    config: Config, found: list[Finding], sound: list[str]
) -> Iterator[Finding]:
    """What rules inherit is said once, at its place, unless it is right for most of them."""
    value = config.settings.unique_id
    if value is None or len(found) <= len(sound):
        yield from found
        return
    keep = "".join(f', and write {where} = "{value.reads}"' for where in sound)
    message, remedy = found[0].message, f"Leave {value.where} out{keep}."
    yield Finding("unique-id.repeats", value.where, message, remedy, found[0].example)


def _repeats(events: list[Mapped]) -> Iterator[Finding]:
    """Of one visitor: different ones, or the same again and again on other visits."""
    groups: dict[tuple[Any, ...], list[Mapped]] = defaultdict(list)
    for one in events:
        if one.create is not None:
            groups[one.create.metric, one.who, one.create.unique_id].append(one)
    others: list[tuple[Mapped, Mapped]] = []
    later: list[tuple[Mapped, Mapped]] = []
    for same in groups.values():
        first = same[0]
        for one in same[1:]:
            if first.raw.get("id") is not None and first.raw.get("id") == one.raw.get("id"):
                continue  # the same event, come twice
            if not _says_the_same(first, one):
                others.append((first, one))
            elif first.create is not None and first.create.value is None:
                later += [(first, one)] * (abs(_time(one) - _time(first)) > VISIT_MS)
    few = max(FEW, len(events) * OFTEN)
    due = _due_again(groups.values())
    if len(others) >= few:
        yield _repeated(events, *others[0], "are different events of one visitor")
    elif len(later) >= few:
        yield _repeated(events, *later[0], "are events of one visitor's different visits")
    elif len(due) >= few:
        yield _repeated(events, *due[0], "are payments of one visitor, which come regularly,")


def _repeated(events: list[Mapped], one: Mapped, other: Mapped, what: str) -> Finding:
    """At the rule's own setting: the destination's may be right for all the others."""
    assert one.rule.settings.unique_id is not None
    counts = Counter(each.create.unique_id for each in events if each.create is not None)
    text, most = counts.most_common(1)[0]
    people = {each.who for each in events if each.create and each.create.unique_id == text}
    is_constant = most > len(events) * NEARLY_ALL and len(people) >= FEW
    message = (
        f"{most:,} of {len(events):,} events get the same unique_id"
        if is_constant
        else f"lines {one.line} and {other.line} {what} with the unique_id that "
        f'"{one.rule.settings.unique_id.reads}" gives'
    )
    code = "unique-id.constant" if is_constant else "unique-id.repeats"
    where = place(one.rule, "uniqueId")
    inherits = own(one.rule, "unique_id") is None and bool(one.rule.where)
    remedy = f'{where} = "id", or what is one of a kind for each event.' if inherits else ""
    return Finding(code, where, message, remedy, other.example)


def _time(one: Mapped) -> float:
    return float(one.event["timestamp"])


def _says_the_same(one: Mapped, other: Mapped) -> bool:
    """The same page loaded again, the same purchase told again or by two senders: it counts once.

    One of them may say more; what both say must agree, or it is the same amount, of the same
    invoice.
    """
    first, second = one.create, other.create
    assert first is not None and second is not None
    if first.value is not None or second.value is not None:
        return first.value == second.value and not _names_another(one, other)
    ours, theirs = _content(first), _content(second)
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
        if same[0].create is not None and same[0].create.value is not None
        for pair in pairwise(sorted(same, key=_time))
        if _time(pair[1]) - _time(pair[0]) > PERIOD_MS
    ]
    gaps = [_time(later) - _time(first) for first, later in pairs]
    usual = median(gaps) if gaps else 0.0
    regular = [gap for gap in gaps if abs(gap - usual) < usual * REGULAR]
    return pairs if len(regular) > len(gaps) * MOSTLY else []


def _content(call: Call) -> dict[str, Any]:
    """The properties without what include copies of the event's own circumstances."""
    return {
        name: value
        for name, value in call.properties.items()
        if not name.startswith(("event_", "source_", "globals_", "context_"))
    }


def _reversals(shown: Shown) -> Iterator[Finding]:
    """None of a rule's cancellations has an order's unique_id, and the events have it elsewhere."""
    made = [call for call in shown.created if call.metric == ORDER]
    orders = {call.unique_id: call.value for call in made}
    if 2 * len(orders) < len(made):
        return  # the orders' own ids are wrong
    for events in shown.by_rule.values():
        calls = [one for one in events if one.create and one.create.metric in REVERSALS]
        if not calls or any(one.create and one.create.unique_id in orders for one in calls):
            continue
        rule, value = events[0].rule, events[0].rule.settings.unique_id
        if rule.name == REFUND and any(map(OF_A_REFUND.search, paths_read(value))):
            continue  # a refund of a part has an id of its own, and these may all be whole ones
        elsewhere: dict[str, list[Mapped]] = defaultdict(list)
        for one in calls:
            for path, text in texts_of({name: one.event.get(name) for name in SECTIONS}):
                if text in orders and not COUNT.fullmatch(text) and not _is_part(one, orders[text]):
                    elsewhere[path].append(one)
        most = len(calls) * MOSTLY
        elsewhere = {path: found for path, found in elsewhere.items() if len(found) > most}
        if value is not None and elsewhere and not paths_read(value) & elsewhere.keys():
            path = max(elsewhere, key=lambda each: len(elsewhere[each]))
            yield Finding(
                "unique-id.order",
                place(rule, "uniqueId"),
                f'no event has the unique_id of an order at "{value.reads}"; '
                f'did you mean "{path}"?',
                f'settings.uniqueId = "{path}"',
                elsewhere[path][0].example,
            )


def _is_part(one: Mapped, paid: float | None) -> bool:
    """A refund of a part has an id of its own, or a second one would be dropped."""
    call = one.create
    is_refund = call is not None and call.metric == REFUND and call.value is not None
    return is_refund and paid is not None and call is not None and call.value != paid
