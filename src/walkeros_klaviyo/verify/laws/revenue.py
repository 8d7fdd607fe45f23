"""Does revenue arrive to the digit, in its currency, or not at all?"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.blank import AROUND
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.currency import CURRENCIES
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.event import Event

from .identity import is_nothing
from .law import Breach, Tracking, law, options_of

SOURCE: Final = "Klaviyo Create Event: value is a number, value_currency an ISO 4217 code"


def exactly(value: Any) -> Decimal | None:
    """What a person reads, or None where it is no clean number.

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


def _earned(tracking: Tracking, event: Event) -> tuple[KlaviyoRule, Event, Call] | None:
    look = tracking.look(event)
    call = look.plan.event
    if look.rule is None or look.event is None or call is None:
        return None
    return look.rule, look.event, call


@law(SOURCE)
def revenue_in_is_revenue_out(tracking: Tracking, event: Event) -> Breach | None:
    """Revenue arrives to the digit, or not at all; a plain amount always does."""
    earned = _earned(tracking, event)
    if earned is None:
        return None
    rule, mapped, call = earned
    raws = options_of(rule.settings.value, mapped)
    if "value" in call.attributes:
        value = call.attributes["value"]
        fits = type(value) in (int, float) and Decimal(repr(value)) in map(exactly, raws)
        return None if fits else Breach(f"revenue is {value!r}, and the event says {raws!r}", call)
    lost = next((raw for raw in raws if _is_plain(raw)), None)
    return None if lost is None else Breach(f"revenue is lost; the event says {lost!r}", call)


def _is_plain(raw: Any) -> bool:
    """Is it an amount as shops have it: cents at most, and below a thousand million?"""
    amount = exactly(raw)
    is_doubtful = isinstance(raw, str) and re.fullmatch(r"\D*\d{1,3}\.\d{3}", raw.strip())
    if amount is None or is_doubtful:
        return False
    return len(str(raw)) < 20 and abs(amount) < 10**9 and amount == round(amount, 2)


@law(SOURCE)
def a_currency_is_what_its_mapping_says(tracking: Tracking, event: Event) -> Breach | None:
    """A currency is an ISO 4217 code, the rule's or else the destination's, and only of revenue."""
    earned = _earned(tracking, event)
    if earned is None or "value_currency" not in earned[2].attributes:
        return None
    rule, mapped, call = earned
    code = call.attributes["value_currency"]
    if code not in CURRENCIES or "value" not in call.attributes:
        return Breach(f"{code!r} is no currency, or there is no value", call)
    wanted = _currency(rule, mapped)
    return None if code == wanted else Breach(f"it is {code}, and not {wanted}", call)


@law("Klaviyo takes revenue without a currency for the account's own")
def revenue_has_a_currency(tracking: Tracking, event: Event) -> Breach | None:
    """Revenue has a currency wherever the rule or the destination finds one."""
    earned = _earned(tracking, event)
    if earned is None or "value" not in earned[2].attributes:
        return None
    rule, mapped, call = earned
    wanted = _currency(rule, mapped)
    if wanted is None or call.attributes.get("value_currency") == wanted:
        return None
    return Breach(f"the currency {wanted} is lost", call)


def _is_nothing(raw: Any) -> bool:
    return isinstance(raw, str) and is_nothing(raw)


def _currency(rule: KlaviyoRule, event: Event) -> str | None:
    """The rule's first known one, else the destination's; an unknown one is not papered over."""
    for mapping in (rule.settings.currency, rule.settings.default_currency):
        said = [raw for raw in options_of(mapping, event) if not _is_nothing(raw)]
        codes = [raw.strip(AROUND).upper() for raw in said if isinstance(raw, str)]
        if said:
            return next((code for code in codes if code in CURRENCIES), None)
    return None
