"""What is a person told at the end?

Tables a person likes to read: what arrived, what did not and why, what to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from walkeros_klaviyo.core.diagnostics import CODES

from .outbox import Counts
from .tally import Tally


def console(stderr: bool = False) -> Console:
    """A console that wraps nothing it need not, and colours only on a terminal."""
    found = Console(stderr=stderr, highlight=False, markup=False)
    if found.is_terminal:
        return found
    return Console(stderr=stderr, highlight=False, markup=False, width=120)


class _Table(Table):
    """A table whose cells are words of events, and so never markup."""

    def add_row(self, *cells: Any, **style: Any) -> None:
        """A row; its texts are shown as they are."""
        super().add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in cells), **style)


def _table(title: str, *columns: str, right: Iterable[str] = ()) -> Table:
    table = _Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        min_width=len(title),
    )
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left")
    return table


def arrived_table(events: Iterable[Mapping[str, Any]]) -> Table:
    """What was recorded, a row a metric, with its revenue per currency."""
    counts: dict[str, int] = {}
    revenue: dict[str, dict[str, float]] = {}
    for event in events:
        metric = str(event["metric"])
        counts[metric] = counts.get(metric, 0) + 1
        if event.get("value") is not None:
            sums = revenue.setdefault(metric, {})
            currency = str(event.get("value_currency") or "no currency")
            sums[currency] = sums.get(currency, 0.0) + event["value"]
    table = _table("What arrived, per metric", "metric", "events", "revenue", right=("events",))
    for metric, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        table.add_row(metric, f"{count:,}", _money(revenue.get(metric, {})))
    return table


def _money(sums: Mapping[str, float]) -> str:
    return ", ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(sums.items()))


def outcomes_table(counts: Counts, invalid: int) -> Table:
    """What became of every line."""
    table = _table("What became of the lines", "", "lines", right=("lines",))
    rows = [("delivered", counts.delivered), ("pending", counts.pending), ("dead", counts.dead)]
    rows += sorted(counts.not_sent.items())
    table.add_row("accepted", f"{counts.accepted:,}")
    for name, count in rows:
        if count or name == "delivered":
            table.add_row(f"  {name}", f"{count:,}")
    if invalid:
        table.add_row("invalid", f"{invalid:,}")
    return table


def dropped_table(tally: Tally) -> Table | None:
    """Every drop with its reason; None where nothing was dropped."""
    rows = tally.dropped()
    if not rows:
        return None
    table = _table(
        "What did not go out, and why", "events", "reason", "for example", "what it means"
    )
    for outcome, code, count, example in rows:
        place = f"line {example.line}" + (f", {example.path}" if example.path else "")
        table.add_row(f"{count:,} {outcome}", code, place, CODES[code].meaning)
    return table


def remarks_table(tally: Tally) -> Table | None:
    """What was left out of events, or is worth a look; None where there is nothing."""
    rows = tally.remarks()
    if not rows:
        return None
    table = _table("Worth a look", "times", "what", "for example", "what to do", right=("times",))
    for code, count, example in rows:
        place = f"line {example.line}" + (f", {example.path}" if example.path else "")
        table.add_row(f"{count:,}", code, place, CODES[code].remedy)
    return table


def letters_table(letters: Iterable[Any], most: int = 10) -> Table | None:
    """The first dead letters by code; Klaviyo's own words may hold personal data."""
    rows = list(letters)
    if not rows:
        return None
    title = (
        "Dead letters" if len(rows) <= most else f"Dead letters, the first {most} of {len(rows):,}"
    )
    table = _table(title, "line", "call", "status", "code", "where", right=("line",))
    for letter in rows[:most]:
        status = "not sent" if letter.status is None else str(letter.status)
        where = letter.pointer or letter.metric or ""
        table.add_row(str(letter.origin.line), letter.call or "–", status, letter.code, where)
    return table


def profiles_line(counts: Counts, profiles: int | None = None) -> str:
    """How many profiles were told of, and how many upserts the diff saved."""
    known = "" if profiles is None else f"{profiles:,} profiles; "
    dead = f", {counts.dead_upserts:,} refused" if counts.dead_upserts else ""
    return (
        f"{known}{counts.upserts:,} profile upserts sent{dead}, "
        f"{counts.saved:,} saved by the diff (Klaviyo knew it already)"
    )
