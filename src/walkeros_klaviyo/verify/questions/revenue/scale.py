"""Are the amounts in whole units, rather than cents or always zero?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.currencies import decimals_of
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions import guess
from walkeros_klaviyo.verify.questions.counted import grouped
from walkeros_klaviyo.verify.questions.facts import COUNTS, FEW, MOSTLY, PARTS, TAKEN_OFF
from walkeros_klaviyo.verify.reads import place, reads_of
from walkeros_klaviyo.verify.sample.look import Mapped
from walkeros_klaviyo.verify.sample.places import numbers_of

from .parts import NEARLY_ALL, Amounts

HUNDRED: Final = (70.0, 140.0)
"""The ratio to an amount beside it that suggests cents, allowing for fees and discounts."""
ONCE: Final = (0.4, 2.5)
"""The ratio that suggests the same unit."""
OFTEN: Final = 0.05
"""The share of events from which it is no accident."""


def judge_scale(amounts: Amounts, is_paid: bool) -> Iterator[Finding]:
    """Findings: all or some amounts in cents, and orders that cost nothing."""
    value = amounts[0][0].rule.settings.value
    if value is not None and len(amounts) >= FEW:
        yield from [*_in_cents(amounts)] or _some_cents(value.where, value.reads, amounts)
        yield from _nothing(value.where, value.reads, amounts) if is_paid else ()


def _in_cents(amounts: Amounts) -> Iterator[Finding]:
    """Whole numbers, and at another path a hundredth of each; or their name says so."""
    beside = [(one.numbers, value) for one, value in amounts if value]
    if len(beside) < FEW or any(value % 1 for _, value in beside):
        return
    rule, example = amounts[0][0].rule, amounts[0][0].example
    where = place(rule, "value")
    cents = [read.path for read in reads_of(rule.settings.value) if guess.in_cents(read.path)]
    for path in sorted(beside[0][0]):
        is_hundredth = all(round(each.get(path, 0) * 100, 6) == value for each, value in beside)
        is_named = guess.name_of(path) in guess.AMOUNTS and any(
            each.get(path, 0) % 1 for each, _ in beside
        )
        if is_hundredth and (cents or is_named):
            message = f'each is a hundred times what stands at "{path}": cents, and no amount'
            yield Finding("revenue.other", where, message, f'{where} = "{path}"', example)
            return
    are_read = cents and all(each.get(cents[0]) == value for each, value in beside)
    if are_read and all(decimals_of(one.currency or "EUR") == 2 for one, _ in amounts):
        message = f'"{cents[0]}" is in cents by its name, and each is a whole number'
        remedy = f"{where} = {guess.as_amount(cents[0])}"
        yield Finding("revenue.other", where, message, remedy, example)


def _nothing(where: str, read: str, amounts: Amounts) -> Iterator[Finding]:
    """Nearly all are zero, although what was sold is not and was not fully discounted."""
    free = [one for one, value in amounts if value == 0]
    priced = [one for one in free if _costs_something(one)]
    if len(free) >= len(amounts) * NEARLY_ALL and len(priced) > len(free) * MOSTLY:
        message = f'{len(free):,} of {len(amounts):,} amounts at "{read}" are 0'
        remedy = f'Let the sender wait for the total: "{read}" must be what was paid.'
        yield Finding("revenue.other", where, message, remedy, priced[0].example)


def _costs_something(one: Mapped) -> bool:
    """Is there a sum or a fee without a discount? A price alone may be due later."""
    what = {path: guess.part_of(path) for path, number in one.numbers.items() if number > 0}
    sums = [
        path for path in guess.sums_of(one) if path in what and guess.last_word(path) != "price"
    ]
    return TAKEN_OFF not in what.values() and bool(sums or PARTS.keys() & {*what.values()})


def _some_cents(where: str, read: str, amounts: Amounts) -> Iterator[Finding]:
    """Some are a hundred times the sum of the lines or another sum, the rest equal it."""
    ratios = grouped(
        (path, (one, value, value / other))
        for one, value in amounts
        if value > 0 and (not one.currency or decimals_of(one.currency) == 2)
        for path, other in _beside(one).items()
        if other > 0 and path != read
    )
    for path, some in ratios.items():
        cents = [one for one, value, ratio in some if _lies_in(ratio, HUNDRED) and value % 1 == 0]
        once = sum(_lies_in(ratio, ONCE) for _, _, ratio in some)
        is_often = len(cents) >= max(FEW, len(some) * OFTEN)
        if is_often and len(cents) + once >= len(some) * (1 - OFTEN):
            count = f"{len(cents):,} of {len(amounts):,} amounts"
            message = f'{count} at "{read}" are a hundred times what "{path}" says: cents'
            remedy = f'Let the sender write every "{read}" in whole units, such as 12.50.'
            yield Finding("revenue.other", where, message, remedy, cents[0].example)
            return


def _lies_in(ratio: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= ratio <= bounds[1]


def _beside(one: Mapped) -> dict[str, float]:
    """The sums in an event by path, and the total of its lines."""
    lines = one.event.get("nested")
    prices = [_price(line) for line in lines] if isinstance(lines, list) else []
    known = [price for price in prices if price is not None]
    lines_cost = {"nested": sum(known)} if known and len(known) == len(prices) else {}
    return {**guess.sums_of(one), **lines_cost}


def _price(line: Any) -> float | None:
    """What a line costs: price times quantity."""
    numbers = [(guess.last_word(path), number) for path, number in numbers_of(line).items()]
    price = next((one for word, one in numbers if word == "price"), None)
    count = next((one for word, one in numbers if word in COUNTS), 1.0)
    return None if price is None else price * count
