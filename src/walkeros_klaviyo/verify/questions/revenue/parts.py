"""Is the amount what was paid, or just something beside it?

Judged by its name and by the sample's other values: neither is enough alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from walkeros_klaviyo.core.klaviyo.revenue import parse_amount
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions import guess
from walkeros_klaviyo.verify.questions.facts import FEW, INSTALMENTS, MOSTLY, REFUND
from walkeros_klaviyo.verify.questions.near import words_in
from walkeros_klaviyo.verify.reads import is_computed, place, reads_of
from walkeros_klaviyo.verify.sample.look import Mapped
from walkeros_klaviyo.verify.sample.places import texts_of

NEARLY_ALL: Final = 0.9
TOLERANCE: Final = 0.25
"""The tolerance for a fee or discount when comparing with a multiple of a price."""
Amounts = list[tuple[Mapped, float]]
Found = tuple[str, str] | None
"""(the path of what was paid, what the configured path holds instead)."""


def judge_parts(amounts: Amounts, orders: Mapping[str | None, float]) -> Iterator[Finding]:
    """Findings: a part of the amount, a unit price, or the whole order for a partial refund.

    `orders` holds the amounts of the sample's orders, by unique id.
    """
    rule = amounts[0][0].rule
    reads = [one for one in reads_of(rule.settings.value) if not one.is_fallback]
    if len(reads) != 1 or reads[0].within or is_computed(rule.settings.value):
        return
    read = reads[0].path
    found = _whole_order(read, amounts, orders) if rule.name == REFUND else None
    found = found or _part(read, amounts) or _one_piece(read, amounts)
    if found is not None:
        path, what = found
        where, remedy = reads[0].where, f"{place(rule, 'value')} = {guess.as_amount(path)}"
        yield Finding("revenue.other", where, f'"{read}" is {what}', remedy, amounts[0][0].example)


def _part(read: str, amounts: Amounts) -> Found:
    """A name that says so, and beside it an amount that nearly always is larger."""
    events = [one for one, _ in amounts]
    what, path = guess.part_of(read), guess.amount_path(events) or guess.cents_path(events)
    if what is None or path in (None, read) or _is_about(amounts[0][0].rule, read):
        return None
    unit = 100 if guess.in_cents(path) else 1
    whole = [(value, one.numbers.get(path, value * unit) / unit) for one, value in amounts]
    if what in (guess.NUMBER, guess.NO_MONEY):
        fits = other = sum(value % 1 == 0 and value != more for value, more in whole)
    else:
        fits = sum(value <= more for value, more in whole)
        other = sum(value < more for value, more in whole)
    is_part = fits >= len(whole) * NEARLY_ALL and other > len(whole) * MOSTLY
    return (path, f'{what}, beside "{path}"') if is_part else None


def _is_about(rule: KlaviyoRule, read: str) -> bool:
    """Is the rule itself about this part, such as a paid fee?"""
    said = {word.rstrip("s") for word in words_in(f"{rule.name or ''} {rule.label or ''}")}
    return any(word.rstrip("s") in said for word in guess.path_words(read))


def _one_piece(read: str, amounts: Amounts) -> Found:
    """A unit price: another path holds about its multiple by the quantity."""
    if any(word in INSTALMENTS for word in guess.path_words(read)):
        return None
    many: Counter[tuple[str, str]] = Counter()
    bad: Counter[tuple[str, str]] = Counter()
    for one, value in amounts:
        counts = {
            path: number
            for path, number in one.numbers.items()
            if guess.part_of(path) == guess.NUMBER and number > 0 and number % 1 == 0
        }
        lines = one.event.get("nested")
        counts["nested"] = len(lines) if isinstance(lines, list) else 0
        for path, whole in guess.sums_of(one).items():
            for counted, count in counts.items() if path != read else ():
                fits = abs(whole - value * count) <= value * count * TOLERANCE
                many[path, counted] += fits and count > 1
                bad[path, counted] += not fits
    best = max(many, key=lambda pair: many[pair], default=None)
    if best is None or many[best] < FEW or bad[best] > len(amounts) * (1 - NEARLY_ALL):
        return None
    return best[0], f'the price of one piece: "{best[0]}" has it as often as "{best[1]}" says'


def _whole_order(read: str, amounts: Amounts, orders: Mapping[str | None, float]) -> Found:
    """The whole order's amount, while another path says that less was refunded."""
    is_called_so = bool({"order", "original"} & set(guess.path_words(read)))
    is_known = False
    less: Counter[str] = Counter()
    more: Counter[str] = Counter()
    for one, value in amounts:
        texts = texts_of(one.event, "data")
        paid = [orders[text] for _, text in texts if text in orders]
        if paid and value not in paid:
            return None
        is_known = is_known or bool(paid)
        for path, amount in guess.sums_of(one).items():
            less[path] += amount < value
            more[path] += amount > value
    for path, count in less.items():
        words = guess.path_words(path)
        is_back = any(word.startswith(("refund", "return")) for word in words)
        is_back = is_back or (is_called_so and words[-1] == "amount")
        if is_back and path != read and not more[path] and count and (is_known or is_called_so):
            return path, f'the whole order\'s amount, and "{path}" what came back'
    return None


def judge_lines(events: list[Mapped]) -> Iterator[Finding]:
    """An order's lines that count one piece each, whatever their quantity: the order says so."""
    rule = events[0].rule
    several = [(one, _lines(one)) for one in events if one.value]
    several = [(one, lines) for one, lines in several if any(count > 1 for _, count in lines)]
    wrong = [one for one, lines in several if _are_pieces(one.value or 0.0, lines)]
    if len(wrong) >= FEW and len(wrong) > len(several) * NEARLY_ALL:
        message = f"{len(wrong):,} of {len(several):,} orders are what their lines cost by quantity"
        message = f"{message}: it is one piece's price"
        remedy = 'Map the line\'s total, or its price and quantity by fn = "$fn:multiply".'
        where = place(rule, "items.value")
        yield Finding("revenue.other", where, message, remedy, wrong[0].example)


def _lines(one: Mapped) -> list[tuple[float, float]]:
    """What each of an order's lines counts, and how many pieces it says."""
    calls = (call for call in one.plan.calls if call is not one.create and call.value is not None)
    read = ((call.value, parse_amount(call.properties.get("Quantity", 1))[0]) for call in calls)
    return [(value or 0.0, count or 1.0) for value, count in read]


def _are_pieces(total: float, lines: list[tuple[float, float]]) -> bool:
    """Do they come to it only as often as they say, with fees and discounts?"""
    once, all_of = sum(one for one, _ in lines), sum(one * count for one, count in lines)
    fits = abs(all_of - total) <= total * TOLERANCE
    return fits and abs(all_of - total) < abs(once - total)
