"""Are the amounts of the size that the rest of the event says, or cents, or nothing?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.currencies import decimals_of
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import COUNTS, FEW, MOSTLY, PARTS, TAKEN_OFF
from walkeros_klaviyo.verify.questions.guess import (
    AMOUNTS,
    last_word,
    name_of,
    numbers_of,
    part_of,
    sums_of,
)
from walkeros_klaviyo.verify.reads import place, reads_of
from walkeros_klaviyo.verify.sample.look import Mapped

from .parts import NEARLY_ALL, Amounts

_CENTS: Final = re.compile("(?i)cent|minor|pence|rappen")
HUNDRED: Final = (70.0, 140.0)
"""So many times what stands beside it: cents, with a fee or a discount."""
ONCE: Final = (0.4, 2.5)
"""And so many times: the same unit."""
OFTEN: Final = 0.05
"""From this part of the events on it is no accident."""


def judge_scale(amounts: Amounts, is_paid: bool) -> Iterator[Finding]:
    """Amounts in cents, all of them or some, and orders that cost nothing."""
    value = amounts[0][0].rule.settings.value
    if value is None or len(amounts) < FEW:
        return
    found = [*_in_cents(amounts)] or [*_some_cents(value.where, value.reads, amounts)]
    yield from found
    yield from _nothing(value.where, value.reads, amounts) if is_paid else ()


def _in_cents(amounts: Amounts) -> Iterator[Finding]:
    """Whole numbers, and at another path a hundredth of each."""
    beside = [(numbers_of(one.event), value) for one, value in amounts if value]
    if len(beside) < FEW or any(value % 1 for _, value in beside):
        return
    rule, example = amounts[0][0].rule, amounts[0][0].example
    is_called_so = any(_CENTS.search(one.path) for one in reads_of(rule.settings.value))
    found = [
        path
        for path in beside[0][0]
        if all(round(numbers.get(path, 0) * 100, 6) == value for numbers, value in beside)
        and (
            is_called_so
            or (name_of(path) in AMOUNTS and any(numbers[path] % 1 for numbers, _ in beside))
        )
    ]
    if found:
        message = f'each is a hundred times what stands at "{min(found)}": cents, and no amount'
        remedy = f'{place(rule, "value")} = "{min(found)}"'
        yield Finding("revenue.other", place(rule, "value"), message, remedy, example)


def _nothing(where: str, read: str, amounts: Amounts) -> Iterator[Finding]:
    """Nearly all are zero, though what was sold is not, nor was all of it taken off."""
    free = [one for one, value in amounts if value == 0]
    priced = [one for one in free if _costs_something(one)]
    if len(free) >= len(amounts) * NEARLY_ALL and len(priced) > len(free) * MOSTLY:
        message = f'{len(free):,} of {len(amounts):,} amounts at "{read}" are 0'
        remedy = f'Let the sender wait for the total: "{read}" must be what was paid.'
        yield Finding("revenue.other", where, message, remedy, priced[0].example)


def _costs_something(one: Mapped) -> bool:
    """Is there a sum or a fee, and nothing taken off? A price may be due later."""
    what = {path: part_of(path) for path, number in numbers_of(one.event).items() if number > 0}
    sums = [path for path in sums_of(one) if path in what and last_word(path) != "price"]
    return TAKEN_OFF not in what.values() and bool(sums or PARTS.keys() & {*what.values()})


def _some_cents(where: str, read: str, amounts: Amounts) -> Iterator[Finding]:
    """A hundred times the sum of the order's lines, or of another sum, and otherwise just it."""
    ratios: dict[str, list[tuple[Mapped, float, float]]] = defaultdict(list)
    for one, value in amounts:
        currency = one.create.value_currency if one.create else None
        if value > 0 and (currency is None or decimals_of(currency) == 2):
            for path, other in _beside(one).items():
                if other > 0 and path != read:
                    ratios[path].append((one, value, value / other))
    for path, some in ratios.items():
        cents = [one for one, value, ratio in some if _lies_in(ratio, HUNDRED) and value % 1 == 0]
        once = sum(_lies_in(ratio, ONCE) for _, _, ratio in some)
        is_often = len(cents) >= max(FEW, len(some) * OFTEN)
        if is_often and len(cents) + once >= len(some) * (1 - OFTEN):
            message = (
                f'{len(cents):,} of {len(amounts):,} amounts at "{read}" are a hundred times what '
                f'"{path}" says: cents'
            )
            remedy = f'Let the sender write every "{read}" in whole units, such as 12.50.'
            yield Finding("revenue.other", where, message, remedy, cents[0].example)
            return


def _lies_in(ratio: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= ratio <= bounds[1]


def _beside(one: Mapped) -> dict[str, float]:
    """Sums that an event has, by their paths, and what its lines cost together."""
    lines = one.event.get("nested")
    prices = [_price(line) for line in lines] if isinstance(lines, list) else []
    known = [price for price in prices if price is not None]
    lines_cost = {"nested": sum(known)} if known and len(known) == len(prices) else {}
    return {**sums_of(one), **lines_cost}


def _price(line: Any) -> float | None:
    """What a line costs: its price, as often as it says."""
    numbers = numbers_of(line)
    price = next((one for path, one in numbers.items() if last_word(path) == "price"), None)
    count = next((one for path, one in numbers.items() if last_word(path) in COUNTS), 1.0)
    return None if price is None else price * count
