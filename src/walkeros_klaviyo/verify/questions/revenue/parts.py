"""Is the amount what was paid, or only something that stands beside it?

By its name, and by what the sample's events have elsewhere: neither is enough alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.klaviyo.revenue import parse_amount
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY, ORDER, REFUND
from walkeros_klaviyo.verify.questions.guess import (
    AMOUNTS,
    NUMBER,
    amount_path,
    part_of,
    path_words,
)
from walkeros_klaviyo.verify.questions.near import words_in
from walkeros_klaviyo.verify.reads import is_computed, place, reads_of
from walkeros_klaviyo.verify.sample.look import Mapped
from walkeros_klaviyo.verify.sample.places import at, leaves_of

NEARLY_ALL: Final = 0.9
TOLERANCE: Final = 0.25
"""A fee or a discount beside so many times a price."""
BACK: Final = ("amount", "refund", "refunded", "refundamount", "refundtotal", "returned")
"""How a refund's own amount is called."""
Amounts = list[tuple[Mapped, float]]


def judge_parts(amounts: Amounts, orders: Mapping[str, float]) -> Iterator[Finding]:
    """A part of what was paid, one piece's price, or the whole order where a part came back.

    `orders` are the amounts of the sample's orders, by their unique ids.
    """
    if not amounts:
        return
    rule = amounts[0][0].rule
    reads = [one for one in reads_of(rule.settings.value) if not one.is_fallback]
    if len(reads) != 1 or reads[0].within or is_computed(rule.settings.value):
        return
    read = reads[0].path
    found = _whole_order(read, amounts, orders) if rule.name == REFUND else None
    found = found or _part(read, amounts) or _one_piece(read, amounts)
    if found is not None:
        path, what = found
        where, remedy = reads[0].where, f'{place(rule, "value")} = "{path}"'
        yield Finding("revenue.other", where, f'"{read}" is {what}', remedy, amounts[0][0].example)


def _part(read: str, amounts: Amounts) -> tuple[str, str] | None:
    """A name that says so, and beside it an amount that nearly always is larger."""
    what, rule = part_of(read), amounts[0][0].rule
    if what is None or _is_about(rule, read):
        return None
    path = amount_path([one for one, _ in amounts])
    if path is None or path == read:
        return None
    pairs = [(value, amount_at(path, one)) for one, value in amounts]
    whole = [(value, all_of) for value, all_of in pairs if all_of is not None]
    if what in (NUMBER, "no amount of money"):
        fits = other = sum(value == int(value) and value != all_of for value, all_of in whole)
    else:
        fits = sum(value <= all_of for value, all_of in whole)
        other = sum(value < all_of for value, all_of in whole)
    is_part = fits >= len(pairs) * NEARLY_ALL and other > len(pairs) * MOSTLY
    return (path, f'{what}, beside "{path}"') if is_part else None


def _is_about(rule: KlaviyoRule, read: str) -> bool:
    """Does the rule's own name say it: a paid fee?"""
    said = {word.rstrip("s") for word in words_in(f"{rule.name or ''} {rule.label or ''}")}
    return any(word.rstrip("s") in said for word in path_words(read))


def _one_piece(read: str, amounts: Amounts) -> tuple[str, str] | None:
    """So many times it, and hardly more or less, is what stands at another path."""
    many: dict[tuple[str, str], int] = defaultdict(int)
    bad: dict[tuple[str, str], int] = defaultdict(int)
    for one, value in amounts:
        leaves = [*leaves_of({"data": one.event.get("data")})]
        counts = [
            (path, raw)
            for path, raw in leaves
            if path_words(path)[-1:] != [] and _is_count(path, raw)
        ]
        lines = one.event.get("nested")
        if isinstance(lines, list) and lines:
            counts.append(("nested", len(lines)))
        wholes = [
            (path, parse_amount(raw)[0]) for path, raw in leaves if _is_sum(path) and path != read
        ]
        for path, whole in wholes:
            for counted, count in counts:
                fits = whole is not None and abs(whole - value * count) <= value * count * TOLERANCE
                many[path, counted] += fits and count > 1
                bad[path, counted] += not fits
    best = max(many, key=lambda pair: many[pair], default=None)
    if best is None or many[best] < FEW or bad[best] > len(amounts) * (1 - NEARLY_ALL):
        return None
    path, counted = best
    return path, f'the price of one piece: "{path}" has it as often as "{counted}" says'


def _is_count(path: str, raw: Any) -> bool:
    return isinstance(raw, int) and raw > 0 and part_of(path) == NUMBER


def _is_sum(path: str) -> bool:
    words = path_words(path)
    return bool(words) and words[-1] in AMOUNTS and part_of(path) is None


def _whole_order(
    read: str, amounts: Amounts, orders: Mapping[str, float]
) -> tuple[str, str] | None:
    """Always the order's amount, where another path says that less came back."""
    known = 0
    less: dict[str, int] = defaultdict(int)
    more: dict[str, int] = defaultdict(int)
    for one, value in amounts:
        leaves = [*leaves_of({"data": one.event.get("data")})]
        ids = [text for _, raw in leaves if (text := read_identifier(raw)[0]) in orders]
        if ids and all(orders[each] != value for each in ids if each is not None):
            return None
        known += bool(ids)
        for path, raw in leaves:
            amount = parse_amount(raw)[0]
            if path != read and "".join(path_words(path)) in BACK and amount is not None:
                less[path] += amount < value
                more[path] += amount > value
    says_so = "order" in path_words(read) or "original" in path_words(read)
    for path, count in less.items():
        if not more[path] and count >= (1 if says_so else 2) and (known or says_so):
            return path, f'the whole order\'s amount, and "{path}" what came back'
    return None


def amount_at(path: str, one: Mapped) -> float | None:
    """The amount that an event has at a path."""
    return parse_amount(at(path, one.event))[0]


def orders_of(created: list[Mapped]) -> dict[str, float]:
    """The amounts of orders, by their unique ids."""
    calls = [one.create for one in created if one.create is not None]
    return {
        call.unique_id: call.value
        for call in calls
        if call.metric == ORDER and call.unique_id is not None and call.value is not None
    }
