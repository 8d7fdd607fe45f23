"""Which path of the sample's events is the amount, the currency, the order's id?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.klaviyo.revenue import parse_amount
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.verify.reads import place
from walkeros_klaviyo.verify.sample.look import Mapped, Stopped
from walkeros_klaviyo.verify.sample.places import leaves_of

from .facts import MOSTLY

AMOUNTS: Final = "total grandtotal ordertotal amount revenue gross sum value price net".split()
IDS: Final = "id orderid ordernumber order number transactionid transaction booking".split()
CURRENCIES: Final = ("currency", "currencycode")
SECTIONS: Final = ("data", "context", "custom", "globals")
ENOUGH: Final = 200
"""Events of a rule that show which paths they have."""


def amount_path(events: Sequence[Mapped | Stopped]) -> str | None:
    """Where most of the events have an amount, by its name."""
    return _path(events, AMOUNTS, lambda raw: parse_amount(raw)[0] is not None)


def currency_path(events: Sequence[Mapped]) -> str | None:
    """Where most of them have a currency."""
    return _path(events, CURRENCIES, is_currency)


def id_path(events: Sequence[Mapped | Stopped]) -> str | None:
    """Where most of them have an id."""
    return _path(events, IDS, lambda raw: read_identifier(raw)[0] is not None)


def is_currency(raw: Any) -> bool:
    """Is it written as a currency's code, known or not?"""
    return isinstance(raw, str) and len(raw) == 3 and raw.isalpha()


def currencies_of(one: Mapped) -> Iterator[tuple[str, str]]:
    """What an event itself names as its currency, by the path."""
    for path, raw in leaves_of({name: one.event.get(name) for name in SECTIONS}):
        if name_of(path) in CURRENCIES and is_currency(raw):
            yield path, raw.upper()


def name_of(path: str) -> str:
    """The last key that says something, without case and signs.

    >>> name_of("data.order_ID"), name_of("context.currency.0")
    ('orderid', 'currency')
    """
    keys = [key for key in path.split(".") if not key.isdigit() and key != "*"]
    return keys[-1].replace("_", "").lower() if keys else ""


def _path(
    events: Sequence[Mapped | Stopped], names: Sequence[str], fits: Callable[[Any], bool]
) -> str | None:
    counts: Counter[str] = Counter()
    looked = 0
    for one in islice(events, ENOUGH):
        looked += 1
        sections = {name: one.event.get(name) for name in SECTIONS}
        counts.update(
            path for path, raw in leaves_of(sections) if name_of(path) in names and fits(raw)
        )
    found = [path for path, count in counts.items() if count > looked * MOSTLY]
    return min(found, key=lambda path: (names.index(name_of(path)), len(path)), default=None)


def money_remedy(rule: KlaviyoRule, events: Sequence[Mapped] = (), other: str = "") -> str:
    """What to write for an amount, and for its currency where there is none yet."""
    wanted = amount_path(events)
    path = wanted if wanted is not None and wanted != other else "data.total"
    said = f'{place(rule, "value")} = "{path}"'
    if rule.settings.currency is None and rule.settings.default_currency is None:
        currency = currency_path(events) or "EUR"
        said += f' and {place(rule, "currency")} = "{currency}"'
    return said


def id_remedy(rule: KlaviyoRule, events: Sequence[Mapped] = (), other: str = "") -> str:
    """What to write for the unique id of an order."""
    wanted = id_path(events)
    path = wanted if wanted is not None and wanted != other else "data.id"
    return f'{place(rule, "uniqueId")} = "{path}"'
