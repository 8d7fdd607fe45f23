"""Which path of the sample's events is probably the amount, the currency, or the order's id?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.klaviyo.revenue import parse_amount
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.verify.reads import place
from walkeros_klaviyo.verify.sample.look import Mapped
from walkeros_klaviyo.verify.sample.places import WithEvent, leaves_of

from .counted import grouped
from .facts import BETWEEN, CENTS, COUNTS, MOSTLY, NO_AMOUNTS, PARTS, PIECES, SUMS, TAKEN_OFF
from .near import split_words

AMOUNTS: Final = "total grandtotal ordertotal amount revenue gross sum value price net".split()
IDS: Final = (
    *("id", "number", "order", "transaction", "booking", "reference", "ref", "receipt"),
    *("invoice", "slip", "no", "nr", "code"),
)
CURRENCIES: Final = ("currency", "currencycode")
SECTIONS: Final = ("data", "context", "custom", "globals")
NUMBER, NO_MONEY = "a number of things", "no amount of money"
MOST_IDS: Final = 0.9
ENOUGH: Final = 200
"""Events per rule that are examined."""


def amount_path(events: Sequence[WithEvent]) -> str | None:
    """The path at which most of the events have an amount, judging by its name."""
    return _named(AMOUNTS, events, _is_whole)


def cents_path(events: Sequence[WithEvent]) -> str | None:
    """Where most of the events have an amount in cents, by its name."""
    fits = (part for part in _paths(events, _is_whole) if in_cents(part))
    named = [path for path in fits if path_words(path)[0] in AMOUNTS]
    return min(named, key=lambda path: AMOUNTS.index(path_words(path)[0]), default=None)


def in_cents(path: str) -> bool:
    """Does its name say that an amount is in hundredths?

    >>> in_cents("data.amount_cents"), in_cents("data.priceInPence"), in_cents("data.percent")
    (True, True, False)
    """
    return not CENTS.isdisjoint(path_words(path))


def currency_path(events: Sequence[WithEvent]) -> str | None:
    """The path at which most of them have a currency."""
    return _named(CURRENCIES, events, lambda path, raw: is_currency(raw))


def _named(
    names: Sequence[str], events: Sequence[WithEvent], fits: Callable[[str, Any], bool]
) -> str | None:
    found = _paths(events, lambda path, raw: name_of(path) in names and fits(path, raw))
    return min(found, key=lambda path: (names.index(name_of(path)), len(path)), default=None)


def id_path(events: Sequence[WithEvent], other: Collection[str] = ()) -> str | None:
    """The path at which most of them have an id that differs between events."""
    found = _paths(events, lambda path, _: path not in other and last_word(path) in IDS)
    most = max(map(len, found.values()), default=0)
    own = [path for path, texts in found.items() if len(texts) >= most * MOST_IDS]
    return min(own, key=lambda path: (IDS.index(last_word(path)), len(path)), default=None)


def is_currency(raw: Any) -> bool:
    """Does it look like a currency code, known or not?"""
    return isinstance(raw, str) and len(raw) == 3 and raw.isalpha()


def currencies_of(one: WithEvent) -> Iterator[tuple[str, str]]:
    """(path, code) for each currency that an event names."""
    for path, raw in leaves_of(one.event, *SECTIONS):
        if name_of(path) in CURRENCIES and is_currency(raw):
            yield path, raw.upper()


def name_of(path: str) -> str:
    """The last meaningful key of a path, in lower case without punctuation."""
    keys = [key for key in path.split(".") if not key.isdigit() and key != "*"]
    return keys[-1].replace("_", "").lower() if keys else ""


@lru_cache(4_096)
def path_words(path: str) -> tuple[str, ...]:
    """The words of what a path names; for `shipping.total` also what it is the total of.

    >>> path_words("data.itemCount"), path_words("data.shipping.total"), path_words("total_tax")
    (('item', 'count'), ('shipping', 'total'), ('total', 'tax'))
    """
    keys = [key for key in path.split(".") if not key.isdigit() and key not in ("*", *SECTIONS)]
    words: list[str] = []
    for key in reversed(keys):
        if all(word in SUMS for word in words):
            words = split_words(key) + words
    return tuple(words)


def last_word(path: str) -> str:
    """The last of the words, or an empty string."""
    return (path_words(path) or ("",))[-1]


@lru_cache(4_096)
def part_of(path: str) -> str | None:
    """The part of the amount that a path's words name; None if it may be the whole.

    >>> part_of("data.shippingCost"), part_of("data.totalWithTax"), part_of("data.total")
    ('what the way to the customer costs', None, None)
    >>> part_of("data.itemCount"), part_of("data.itemsTotal"), part_of("data.tax.amount")
    ('a number of things', None, 'the tax')
    """
    words = path_words(path)
    if any(word in BETWEEN for word in words):
        return None
    for what, names in PARTS.items():
        if any(word in names.split() for word in words):
            is_reduced = what == TAKEN_OFF and words[-1] == "price"
            return None if is_reduced else what
    if any(word in NO_AMOUNTS for word in words):
        return NO_MONEY
    if "price" in words and any(word in PIECES for word in words):
        return "one piece's price"
    return NUMBER if last_word(path) in COUNTS else None


def sums_of(one: Mapped) -> dict[str, float]:
    """The numbers that are total amounts by their names."""
    return {
        path: number
        for path, number in one.numbers.items()
        if last_word(path) in SUMS and part_of(path) is None
    }


def _is_whole(path: str, raw: Any) -> bool:
    return part_of(path) is None and parse_amount(raw)[0] is not None


def _paths(events: Sequence[WithEvent], fits: Callable[[str, Any], bool]) -> dict[str, set[str]]:
    """The values at paths that most of the events have and that fit."""
    some = events[:ENOUGH]
    leaves = ((path, raw) for one in some for path, raw in leaves_of(one.event, *SECTIONS))
    read = ((path, read_identifier(raw)[0]) for path, raw in leaves if fits(path, raw))
    texts = grouped((path, text) for path, text in read if text is not None)
    return {path: {*one} for path, one in texts.items() if len(one) > len(some) * MOSTLY}


def as_amount(path: str) -> str:
    """How a path is written where an amount is wanted."""
    return f'{{ key = "{path}", fn = "$fn:cents" }}' if in_cents(path) else f'"{path}"'


def money_remedy(rule: KlaviyoRule, events: Sequence[Mapped] = (), other: str = "") -> str:
    """What to write for an amount, and for its currency if there is none yet."""
    wanted = amount_path(events)
    path = wanted if wanted is not None and wanted != other else "data.total"
    said = f'{place(rule, "value")} = "{path}"'
    if rule.settings.currency is None and rule.settings.default_currency is None:
        currency = currency_path(events) or "EUR"
        said += f' and {place(rule, "currency")} = "{currency}"'
    return said


def id_remedy(rule: KlaviyoRule, events: Sequence[Mapped] = (), other: Collection[str] = ()) -> str:
    """What to write for an order's unique id."""
    return f'{place(rule, "uniqueId")} = "{id_path(events, other) or "data.id"}"'
