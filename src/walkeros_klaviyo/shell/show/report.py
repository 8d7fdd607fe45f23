"""What is a person told at the end?

Tables a person likes to read: what arrived, what did not and why, what to look at.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from walkeros_klaviyo.core.diagnostics import CODES
from walkeros_klaviyo.core.shown import visible
from walkeros_klaviyo.shell.send.tally import Tally
from walkeros_klaviyo.shell.store.counts import LEFT_OUT, Counts
from walkeros_klaviyo.shell.store.letter import Letter

from .screen import for_styles


class _Console(Console):
    """A console that leaves it to us what a reader's leaving means, and obeys no text."""

    def render_str(self, text: str, **given: Any) -> Text:
        """A line, with every control visible."""
        return super().render_str(visible(text), **given)

    def on_broken_pipe(self) -> None:
        """The reader had enough (`signals.heard`)."""
        raise BrokenPipeError


def console(stderr: bool = False, width: int = 120) -> Console:
    """A console that wraps nothing it need not, and colours only on a terminal.

    `width` is that of what is no terminal.
    """
    file = for_styles(sys.stderr if stderr else sys.stdout)
    found = _Console(stderr=stderr, file=file, highlight=False, markup=False)
    if not found.is_terminal:
        found.width = width
    return found


class _Table(Table):
    """A table whose cells are words of events, and so never markup, nor controls."""

    def add_row(self, *cells: Any, **style: Any) -> None:
        """A row; its texts are shown as they are."""
        super().add_row(*(Text(visible(cell)) for cell in cells), **style)


def plain_table(title: str, *columns: str, right: Iterable[str] = ()) -> Table:
    """An empty table in our style; the columns in `right` hold numbers."""
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
    table = plain_table(
        "What arrived, per metric", "metric", "events", "revenue", right=("events",)
    )
    for metric, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        table.add_row(metric, f"{count:,}", _money(revenue.get(metric, {})))
    return table


def _money(sums: Mapping[str, float]) -> str:
    return ", ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(sums.items()))


def outcomes_table(news: Counts, pending: int) -> Table:
    """What became of every line; with what waited before, the rows add up."""
    table = plain_table("What became of the lines", "", "lines", right=("lines",))
    settled = news.delivered + news.dead + news.not_sent.total()
    before = settled + pending - news.accepted
    rows = [("delivered", news.delivered), ("pending", pending), ("dead", news.dead)]
    rows += sorted(news.not_sent.items())
    table.add_row("accepted", f"{news.accepted:,}")
    if before:
        table.add_row("waiting from before", f"{before:,}")
    for name, count in rows:
        if count or name == "delivered":
            table.add_row(f"  {name}", f"{count:,}")
    if news.invalid:
        table.add_row("invalid", f"{news.invalid:,}")
    return table


def metrics_table(
    news: Mapping[str, Counter[str]], metrics: Mapping[str, Counter[str]]
) -> Table | None:
    """The same by metric: what is new, and what waits of all."""
    pending = {name: pending_of(counts) for name, counts in metrics.items()}
    rows = sorted(
        (name for name in metrics if news.get(name) or pending[name]),
        key=lambda name: (-news.get(name, Counter())["accepted"], name),
    )
    if not rows:
        return None
    columns = ("accepted", "delivered", "pending", "dead")
    table = plain_table("Events sent, by metric", "metric", *columns, right=columns)
    for name in rows:
        counts = {**news.get(name, {}), "pending": pending[name]}
        table.add_row(name, *(f"{counts.get(column, 0):,}" for column in columns))
    return table


def pending_of(counts: Mapping[str, int]) -> int:
    """Of a metric's events, those that wait.

    >>> pending_of({"accepted": 7, "delivered": 4, "dead": 1, "left out": 1})
    1
    """
    settled = sum(counts.get(name, 0) for name in ("delivered", "dead", LEFT_OUT))
    return counts.get("accepted", 0) - settled


def rehearsal_table(outcomes: Mapping[str, int], waiting: int, metrics: Mapping[str, int]) -> Table:
    """What would be sent, by metric, and what would become of the other lines."""
    table = plain_table("What would be done", "", "count", right=("count",))
    if waiting:
        table.add_row("calls that wait already", f"{waiting:,}")
    for name, count in sorted(outcomes.items(), key=lambda pair: (-pair[1], pair[0])):
        table.add_row(f"lines: {name}", f"{count:,}")
    for name, count in sorted(metrics.items(), key=lambda pair: (-pair[1], pair[0])):
        table.add_row(
            "calls: profile upsert" if name == "(profile)" else f"calls: {name}", f"{count:,}"
        )
    return table


def dropped_table(tally: Tally) -> Table | None:
    """Every drop with its reason; None where nothing was dropped."""
    rows = tally.dropped()
    if not rows:
        return None
    table = plain_table(
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
    table = plain_table(
        "Worth a look", "times", "what", "for example", "what to do", right=("times",)
    )
    for code, count, example in rows:
        place = f"line {example.line}" + (f", {example.path}" if example.path else "")
        table.add_row(f"{count:,}", code, place, CODES[code].remedy)
    return table


def letters_table(letters: Sequence[Letter]) -> Table | None:
    """The first dead letters; Klaviyo's own words may hold personal data, and are left out."""
    if not letters:
        return None
    table = plain_table("Dead letters", "line", "call", "status", "code", "where", right=("line",))
    for letter in letters:
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
        f"{counts.saved:,} saved by the diff (nothing new in them)"
    )
