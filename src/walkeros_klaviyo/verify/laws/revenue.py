"""Laws: does revenue arrive to the digit and in its currency, or not at all?"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.blank import AROUND
from walkeros_klaviyo.core.klaviyo.currencies import CURRENCIES

from .identity import is_nothing
from .law import Breach, Breaches, of_sent
from .tracking import Sent, Tracking

SOURCE: Final = "Klaviyo Create Event: value is a number, value_currency an ISO 4217 code"


def exactly(value: Any) -> Decimal | None:
    """The number as a person would read it; None if it is not a clean number.

    >>> exactly(" 12.50 "), exactly("1,299.00"), exactly(True)
    (Decimal('12.50'), None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, int):
        return Decimal(value)
    text = value.strip(AROUND) if isinstance(value, str) else repr(value)
    if not text.isascii() or set(text) - set("+-.eE0123456789"):
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


@of_sent(SOURCE)
def revenue_in_is_revenue_out(tracking: Tracking, sent: Sent) -> Breaches:
    """Revenue arrives to the digit, or not at all; a plain amount always does."""
    raws = sent.options("value")
    if "value" in sent.call.attributes:
        value = sent.call.value
        fits = type(value) in (int, float) and Decimal(repr(value)) in map(exactly, raws)
        if not fits:
            yield Breach(f"revenue is {value!r}, and the event says {raws!r}", sent.call)
        return
    for lost in filter(_is_plain, raws):
        yield Breach(f"revenue is lost: {lost!r}", sent.call)


def _is_plain(raw: Any) -> bool:
    """Is it an ordinary amount: at most two decimals, and below a billion?"""
    amount = exactly(raw)
    is_doubtful = isinstance(raw, str) and re.fullmatch(r"\D*\d{1,3}\.\d{3}", raw.strip())
    if amount is None or is_doubtful:
        return False
    return len(str(raw)) < 20 and abs(amount) < 10**9 and amount == round(amount, 2)


@of_sent("Klaviyo takes revenue without a currency for the account's own")
def revenue_has_a_currency(tracking: Tracking, sent: Sent) -> Breaches:
    """Revenue has the currency that the rule finds, else the destination; nothing else has one."""
    code = sent.call.attributes.get("value_currency")
    wanted = _currency(sent) if "value" in sent.call.attributes else None
    if code != wanted or (code is not None and code not in CURRENCIES):
        yield Breach(f"the currency is {code}, and not {wanted}", sent.call)


def _currency(sent: Sent) -> str | None:
    """The rule's first known currency, else the destination's; an unknown one is not replaced."""
    for name in ("currency", "default_currency"):
        raws = sent.options(name)
        said = [raw for raw in raws if not (isinstance(raw, str) and is_nothing(raw))]
        codes = [raw.strip(AROUND).upper() for raw in said if isinstance(raw, str)]
        if said:
            return next((code for code in codes if code in CURRENCIES), None)
    return None
