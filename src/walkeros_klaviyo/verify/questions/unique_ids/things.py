"""Does a unique_id name a thing that many events are about, or is it new each time?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import AGAIN, FEW, MOSTLY, REVERSALS, VISIT_MS
from walkeros_klaviyo.verify.questions.guess import id_remedy
from walkeros_klaviyo.verify.questions.metrics.lint import is_order
from walkeros_klaviyo.verify.questions.revenue.lint import is_paid
from walkeros_klaviyo.verify.reads import paths_read, place
from walkeros_klaviyo.verify.sample.look import Mapped
from walkeros_klaviyo.verify.sample.places import leaves_of, texts_of

ONE_OF_A_KIND: Final = 0.8
"""This part of some events at least has an id of its own, where pages are loaded again."""
ID: Final = re.compile(r"(?i)(id|number|invoice|period|month|due)$")
"""How paths end that tell one thing from another."""
NUMBER: Final = re.compile(
    r"(?i)(^|\.|_|[a-z])(id|no|number|nr|ref|reference|receipt|invoice|code)$"
)
"""How paths end that name an order."""


def names_a_thing(sent: Sequence[Mapped]) -> Finding | None:
    """Other people's events have the same unique_ids: a product, a way of payment, a campaign."""
    rule = sent[0].rule
    if rule.settings.unique_id is None:
        return None
    people: dict[str | None, set[str | None]] = defaultdict(set)
    for one in sent:
        if one.create is not None:
            people[one.create.unique_id].add(one.who)
    shared = [one for one in sent if one.create and len(people[one.create.unique_id]) > 1]
    if len(shared) < FEW or len(shared) <= len(sent) * MOSTLY:
        return None
    where, better = place(rule, "uniqueId"), ""
    if rule.name in AGAIN:
        remedy = f'{where} = "id": a visitor may do it again.'
    elif is_order(rule) or is_paid(rule) or rule.name in REVERSALS:
        better = _own_number(sent, paths_read(rule.settings.unique_id))
        remedy = f'{where} = "{better}"'
    if rule.name not in AGAIN and not better:
        return None
    message = (
        f'"{rule.settings.unique_id.reads}" names no event: {len(shared):,} of {len(sent):,} '
        "have the unique_id of another visitor's"
    )
    return Finding("unique-id.repeats", where, message, remedy, shared[-1].example)


def _own_number(sent: Sequence[Mapped], other: set[str]) -> str:
    """Where nearly each event has a number of its own; the shortest such path."""
    texts: dict[str, set[str]] = defaultdict(set)
    for one in sent:
        for path, text in texts_of({name: one.event.get(name) for name in ("data", "context")}):
            texts[path].add(text)
    found = [
        path
        for path, some in texts.items()
        if NUMBER.search(path) and path not in other and len(some) >= len(sent) * ONE_OF_A_KIND
    ]
    return min(found, key=lambda path: (path.count("."), len(path), path), default="")


def told_twice(sent: Sequence[Mapped]) -> Iterator[Finding]:
    """The same payment, told by a page that was loaded again, under another unique_id."""
    rule = sent[0].rule
    if not (is_order(rule) or is_paid(rule)):
        return
    read = paths_read(rule.settings.unique_id)
    times = {path for path in read if not ID.search(path)}  # where numbers differ, so do payments
    groups: dict[Any, list[Mapped]] = defaultdict(list)
    for one in sent:
        said = [pair for pair in leaves_of({"data": one.event.get("data")}) if pair[0] not in times]
        if any(NUMBER.search(path) for path, _ in said):
            groups[one.who, repr(sorted(said))].append(one)
    twice = [
        (first, again)
        for same in groups.values()
        for first, again in pairwise(same)
        if _is_counted_twice(first, again)
    ]
    if len(twice) > 1:
        first, again = twice[0]
        message = (
            f"lines {first.line} and {again.line} tell the same payment, and have two unique_ids: "
            f"{len(twice):,} are counted twice"
        )
        remedy = _remedy(rule, sent, read)
        yield Finding("unique-id.unmapped", place(rule, "uniqueId"), message, remedy, again.example)


def _is_counted_twice(first: Mapped, again: Mapped) -> bool:
    one, other = first.create, again.create
    gap = abs(again.event["timestamp"] - first.event["timestamp"])
    return (
        one is not None
        and other is not None
        and one.value is not None
        and one.unique_id != other.unique_id
        and first.raw.get("id") != again.raw.get("id")
        and gap < VISIT_MS
    )


def _remedy(rule: KlaviyoRule, sent: Sequence[Mapped], read: set[str]) -> str:
    path = _own_number(sent, read)
    return f'{place(rule, "uniqueId")} = "{path}"' if path else id_remedy(rule, sent)
