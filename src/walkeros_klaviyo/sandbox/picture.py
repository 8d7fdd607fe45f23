"""How is revenue by day drawn? As a chart and a table for each currency.

Currencies cannot be added, so each has bars and a scale of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from walkeros_klaviyo.core.klaviyo.currencies import shown_amount
from walkeros_klaviyo.pages.bars import bars, ends
from walkeros_klaviyo.pages.html import Html, join, table, tag

DAYS: Final = 30
"""The most days shown, ending with the last that has revenue."""
FEWEST: Final = 7
Days = Mapping[tuple[str, str], Decimal]
"""Revenue by (day, currency)."""


def picture(days: Days) -> Html:
    """Bars by day, with a figure for each currency.

    >>> picture({})
    '<p class="none">Nothing yet.</p>'
    """
    if not days:
        return tag("p", "Nothing yet.", class_="none")
    shown = _span(days)
    currencies = sorted({currency for _, currency in days}, key=lambda one: (not one, one))
    figures = (_figure(f"r{at}", days, one, shown) for at, one in enumerate(currencies))
    rows = (
        (day, shown_amount(amount, currency))
        for (day, currency), amount in sorted(days.items(), reverse=True)
        if day >= shown[0]
    )
    lines = table("Revenue by day and currency", ("Day (UTC)", "Amount"), rows, right="Amount")
    as_table = tag("details", tag("summary", "As a table"), lines)
    return join((tag("div", *figures, class_="figures"), as_table))


def _span(days: Days) -> list[str]:
    """The days from the first to the last with revenue, without gaps, within limits."""
    first, last = (date.fromisoformat(of(day for day, _ in days)) for of in (min, max))
    count = min(max((last - first).days + 1, FEWEST), DAYS)
    return [str(last - timedelta(back)) for back in reversed(range(min(count, last.toordinal())))]


def _figure(name: str, days: Days, currency: str, shown: list[str]) -> Html:
    amounts = [days.get((day, currency), Decimal(0)) for day in shown]
    total = sum((amount for (_, one), amount in days.items() if one == currency), Decimal(0))
    drawn = bars(
        name,
        f"Revenue in {currency or 'no currency'} by day, {shown[0]} to {shown[-1]}",
        f"The best day had {shown_amount(max(amounts), currency)}.",
        [
            (float(amount), f"{day}: {shown_amount(amount, currency)}")
            for day, amount in zip(shown, amounts, strict=True)
        ],
    )
    head = tag("figcaption", tag("b", shown_amount(total, currency)))
    return tag("figure", head, drawn, ends(shown[0], shown[-1]))
