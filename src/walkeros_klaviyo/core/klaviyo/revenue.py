"""How much, in what currency?

Strict on purpose: an ambiguous amount is left out with a diagnostic, never guessed.
Source: Klaviyo Create Event, `value` (a number) and `value_currency` (ISO 4217); both are
attributes of the event, where Klaviyo reads revenue, not properties.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics, Notes
from walkeros_klaviyo.core.walkeros.event import Event, kind_of, why_nothing
from walkeros_klaviyo.core.walkeros.path import ABSENT

from .blank import is_blank, trimmed
from .currencies import decimals_of
from .currency import resolve_currency
from .settings import KlaviyoRule

_NUMBER: Final = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?"
"""Compiled at first use, to keep the import cheap."""


@frozen(slots=False)
class Revenue:
    """An amount in whole units that Klaviyo can add up, and its ISO 4217 currency if known.

    >>> Revenue(19.99, "EUR").value
    19.99
    """

    value: float
    currency: str | None


def parse_amount(raw: object) -> tuple[float | None, Diagnostics]:
    """Read an amount in whole units, from a number or a string; None and why where it is none.

    >>> parse_amount("12.50")[0], parse_amount(" 7 ")[0], parse_amount(5)[0]
    (12.5, 7.0, 5)
    >>> parse_amount("1,299.00")[0] is None
    True

    Diagnostics: revenue.not-a-number, revenue.inexact.
    See also: resolve_revenue(rule, event), currencies.CURRENCIES
    """
    amount = _amount(raw)
    if isinstance(amount, tuple):
        code, reason = amount
        return None, (Diagnostic(code, "", reason),)
    return amount, ()


def _amount(raw: object) -> float | tuple[str, str]:
    """The amount, or a diagnostic code and a reason."""
    if isinstance(raw, float) and isfinite(raw):
        return float(raw)
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw if raw.bit_length() < 1_024 and int(float(raw)) == raw else _INEXACT
    if not isinstance(raw, str):
        what = "NaN or Infinity" if isinstance(raw, float) else kind_of(raw)
        return "revenue.not-a-number", f"is {what}, not a number"
    text = trimmed(raw)
    if len(text) > 400 or not re.fullmatch(_NUMBER, text) or not isfinite(float(text)):
        return "revenue.not-a-number", "is not a plain number such as 1299.00"
    from decimal import Decimal  # only for amounts in strings

    amount = float(text)
    return amount if Decimal(repr(amount)) == Decimal(text) else _INEXACT


_INEXACT: Final = ("revenue.inexact", "has more digits than a number can hold")


def resolve_revenue(rule: KlaviyoRule, event: Event) -> tuple[Revenue | None, Diagnostics]:
    """The event's revenue; None where the rule maps none or the amount is not certain.

    >>> from .rules import rule_of
    >>> rule = rule_of({"settings": {"value": "data.total", "currency": "data.cur"}})
    >>> resolve_revenue(rule, {"data": {"total": 99.5, "cur": "eur"}})
    (Revenue(value=99.5, currency='EUR'), ())

    From a list of options the first usable one is taken, for the amount and for the currency.

    Diagnostics: revenue.missing, revenue.not-a-number, revenue.inexact, revenue.ambiguous,
    revenue.negative, revenue.finer, currency.unknown, currency.missing.
    """
    mapping = rule.settings.value
    if mapping is None:
        return None, ()
    notes: Notes = []
    currency: Any = _UNREAD
    for option in mapping.options:
        raw = option(event, event, notes)
        if raw is ABSENT or (isinstance(raw, str) and is_blank(raw)):
            continue
        amount = raw if type(raw) is float and raw - raw == 0.0 else _amount(raw)
        if isinstance(amount, tuple):
            notes.append(Diagnostic(amount[0], mapping.reads, amount[1]))
            continue
        if currency is _UNREAD:
            currency = resolve_currency(rule, event, notes)
        if isinstance(raw, str) and is_ambiguous(raw, currency):
            message = "may be a thousand, written with a point between the thousands"
            notes.append(Diagnostic("revenue.ambiguous", mapping.reads, message))
            continue
        if amount < 0:
            notes.append(Diagnostic("revenue.negative", mapping.reads, "is below zero"))
        if type(amount) is float and currency is not None:
            decimals = decimals_of(currency)
            if abs(round(amount, decimals) - amount) > 1e-9 + 1e-13 * abs(amount):
                message = f"has more than {decimals} decimals, which {currency} has"
                notes.append(Diagnostic("revenue.finer", mapping.reads, message))
        return Revenue(amount, currency), tuple(notes)
    if not notes:
        message = f"the event has no value there{why_nothing(event, mapping.reads)}"
        notes.append(Diagnostic("revenue.missing", mapping.reads, message))
    return None, tuple(notes)


_UNREAD: Final = object()


def is_ambiguous(raw: str, currency: str | None) -> bool:
    """Is it like `1.299`, a thousand in some countries, in a currency of fewer decimals?

    >>> [is_ambiguous(*one) for one in (("139.980", "CLP"), ("0.125", "EUR"), ("1.299", "KWD"))]
    [True, False, False]
    """
    is_doubtful = re.fullmatch(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}", trimmed(raw)) is not None
    return is_doubtful and (currency is None or decimals_of(currency) < 3)
