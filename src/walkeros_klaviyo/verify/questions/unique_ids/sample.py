"""Does each event of the sample get a unique_id of its own, and a cancellation its order's?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY, ORDER, REVERSALS, VISIT_MS
from walkeros_klaviyo.verify.reads import reads_of
from walkeros_klaviyo.verify.sample.look import Mapped, Shown
from walkeros_klaviyo.verify.sample.places import texts_of

SECTIONS: Final = ("data", "context", "custom")
"""Parts of an event where an order's id may stand: not those that many events share."""
COUNT: Final = re.compile(r"\d{1,3}(\.\d+)?")
"""Such ids are also counts, sizes and prices."""
NEARLY_ALL: Final = 0.9
OFTEN: Final = 0.05
"""From this part of a rule's events on, what is taken for a repetition is lost."""


def judge_unique_ids(config: Config, shown: Shown) -> Iterator[Finding]:
    """Different events under one unique_id, and reversals under one that is no order's."""
    for events in shown.by_rule.values():
        sent = [
            one
            for one in events
            if one.create is not None and one.rule.settings.unique_id is not None
        ]
        yield from _constant(sent)
        yield from _repeats(sent)
    yield from _reversals(shown)


def _constant(events: list[Mapped]) -> Iterator[Finding]:
    """(Nearly) all events get the same one, whoever it was."""
    counts = Counter(one.create.unique_id for one in events if one.create is not None)
    text, count = counts.most_common(1)[0] if counts else ("", 0)
    same = [one for one in events if one.create is not None and one.create.unique_id == text]
    people = {one.who for one in same}
    place = events[0].rule.settings.unique_id if events else None
    if place is not None and count > len(events) * NEARLY_ALL and min(count, len(people)) >= FEW:
        yield Finding(
            "unique-id.constant",
            place.where,
            f"{count:,} of {len(events):,} events get the same unique_id",
            "",
            same[0].example,
        )


def _repeats(events: list[Mapped]) -> Iterator[Finding]:
    """Of one visitor: different ones, or the same again and again on other visits."""
    first: dict[tuple[Any, ...], Mapped] = {}
    others: list[tuple[Mapped, Mapped]] = []
    later: list[tuple[Mapped, Mapped]] = []
    for one in events:
        call = one.create
        assert call is not None
        seen = first.setdefault((call.metric, one.who, call.unique_id), one)
        if seen is one or _is_the_same(seen, one):
            continue
        if not _says_the_same(seen, one):
            others.append((seen, one))
        elif call.value is None and abs(_time(one) - _time(seen)) > VISIT_MS:
            later.append((seen, one))
    few = max(FEW, len(events) * OFTEN)
    if len(others) >= few:
        yield _repeated(*others[0], "are different events")
    elif len(later) >= few:
        yield _repeated(*later[0], "are events of different visits")


def _repeated(one: Mapped, other: Mapped, what: str) -> Finding:
    assert one.rule.settings.unique_id is not None
    return Finding(
        "unique-id.repeats",
        one.rule.settings.unique_id.where,
        f"lines {one.line} and {other.line} {what} of one visitor, with the unique_id that "
        f'"{one.rule.settings.unique_id.reads}" gives',
        "",
        other.example,
    )


def _time(one: Mapped) -> float:
    return float(one.event["timestamp"])


def _is_the_same(one: Mapped, other: Mapped) -> bool:
    """The same event, come twice."""
    return one.raw.get("id") is not None and one.raw.get("id") == other.raw.get("id")


def _says_the_same(one: Mapped, other: Mapped) -> bool:
    """The same page loaded again, the same purchase told again or by two senders: it counts once.

    One of them may say more; what both say must agree, or it is the same amount.
    """
    first, second = one.create, other.create
    assert first is not None and second is not None
    if first.value is not None or second.value is not None:
        return first.value == second.value
    ours, theirs = _content(first), _content(second)
    return all(ours[name] == theirs[name] for name in ours.keys() & theirs.keys())


def _content(call: Call) -> dict[str, Any]:
    """The properties without what include copies of the event's own circumstances."""
    return {
        name: value
        for name, value in call.properties.items()
        if not name.startswith(("event_", "source_", "globals_", "context_"))
    }


def _reversals(shown: Shown) -> Iterator[Finding]:
    """None of a rule's cancellations has an order's unique_id, and the events have it elsewhere."""
    made = [call.unique_id for call in shown.created if call.metric == ORDER]
    orders = set(made)
    if 2 * len(orders) <= len(made):
        return  # the orders' own ids are wrong
    for events in shown.by_rule.values():
        calls = [(one, one.create) for one in events if one.create is not None]
        calls = [(one, call) for one, call in calls if call.metric in REVERSALS]
        place = events[0].rule.settings.unique_id
        if place is None or not calls or any(call.unique_id in orders for _, call in calls):
            continue
        elsewhere: dict[str, list[Mapped]] = defaultdict(list)
        for one, _ in calls:
            for path, value in texts_of({name: one.event.get(name) for name in SECTIONS}):
                if value in orders and not COUNT.fullmatch(value):
                    elsewhere[path].append(one)
        # A refund of a part has an id of its own, and the order's is what it falls back to.
        most = len(calls) * MOSTLY
        elsewhere = {path: found for path, found in elsewhere.items() if len(found) > most}
        if elsewhere and not any(read.path in elsewhere for read in reads_of(place)):
            path = max(elsewhere, key=lambda each: len(elsewhere[each]))
            yield Finding(
                "unique-id.order",
                place.where,
                f'no event has the unique_id of an order at "{place.reads}"; '
                f'did you mean "{path}"?',
                f'settings.uniqueId = "{path}"',
                elsewhere[path][0].example,
            )
