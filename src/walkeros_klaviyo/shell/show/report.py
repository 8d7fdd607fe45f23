"""What is a person told at the end?

Tables a person likes to read: what arrived, what did not and why, what to look at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.table import Table

from walkeros_klaviyo.core.diagnostics import CODES
from walkeros_klaviyo.core.klaviyo.currencies import shown_amount
from walkeros_klaviyo.shell.send.tally import Example, Tally
from walkeros_klaviyo.shell.store.counts import Counts, pending_of
from walkeros_klaviyo.shell.store.letter import Letter

from .table import console as console
from .table import plain_table as plain_table
from .table import table_of


def arrived_table(events: Iterable[Mapping[str, Any]]) -> Table | None:
    """What was recorded, a row a metric, with its revenue per currency."""
    counts: Counter[str] = Counter()
    revenue: dict[str, dict[str, Decimal]] = {}
    for event in events:
        metric = str(event["metric"])
        counts[metric] += 1
        if event.get("value") is not None:
            sums = revenue.setdefault(metric, {})
            currency = str(event.get("value_currency") or "")
            sums[currency] = sums.get(currency, Decimal(0)) + Decimal(repr(event["value"]))
    return table_of(
        "What arrived, per metric",
        ("metric", "events", "revenue"),
        ((name, count, _money(revenue.get(name, {}))) for name, count in _by_count(counts)),
        right=("events",),
    )


def _money(sums: Mapping[str, Decimal]) -> str:
    by_name = sorted(sums.items(), key=lambda pair: (not pair[0], pair[0]))
    return ", ".join(shown_amount(amount, currency) for currency, amount in by_name)


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The most first, and by name."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def outcomes_table(news: Counts, pending: int) -> Table | None:
    """What became of every line; with what waited before, the rows add up."""
    settled = news.delivered + news.dead + news.not_sent.total()
    before = settled + pending - news.accepted
    parts = [("delivered", news.delivered), ("pending", pending), ("dead", news.dead)]
    parts += sorted(news.not_sent.items())
    rows = [
        ("accepted", news.accepted),
        *([("waiting from before", before)] if before else []),
        *((f"  {name}", count) for name, count in parts if count or name == "delivered"),
        *([("invalid", news.invalid)] if news.invalid else []),
    ]
    return table_of("What became of the lines", ("", "lines"), rows, right=("lines",))


def metrics_table(
    news: Mapping[str, Counter[str]], metrics: Mapping[str, Counter[str]]
) -> Table | None:
    """The same by metric: what is new, and what waits of all."""
    columns = ("accepted", "delivered", "pending", "dead")
    found = {name: {**news.get(name, {}), "pending": pending_of(metrics[name])} for name in metrics}
    names = sorted(
        (name for name in metrics if news.get(name) or found[name]["pending"]),
        key=lambda name: (-found[name].get("accepted", 0), name),
    )
    rows = ((name, *(found[name].get(column, 0) for column in columns)) for name in names)
    return table_of("Events sent, by metric", ("metric", *columns), rows, right=columns)


def rehearsal_table(
    outcomes: Mapping[str, int], waiting: int, metrics: Mapping[str, int]
) -> Table | None:
    """What would be sent, by metric, and what would become of the other lines."""
    named = {"profile upsert" if name == "(profile)" else name: n for name, n in metrics.items()}
    rows = [
        *([("calls that wait already", waiting)] if waiting else []),
        *((f"lines: {name}", count) for name, count in _by_count(outcomes)),
        *((f"calls: {name}", count) for name, count in _by_count(named)),
    ]
    return table_of("What would be done", ("", "count"), rows, right=("count",))


def _place(example: Example) -> str:
    return f"line {example.line}" + (f", {example.path}" if example.path else "")


def dropped_table(tally: Tally) -> Table | None:
    """Every drop with its reason; None where nothing was dropped."""
    return table_of(
        "What did not go out, and why",
        ("events", "reason", "for example", "what it means"),
        (
            (f"{count:,} {outcome}", code, _place(example), CODES[code].meaning)
            for outcome, code, count, example in tally.dropped()
        ),
    )


def remarks_table(tally: Tally) -> Table | None:
    """What was left out of events, or is worth a look; None where there is nothing."""
    return table_of(
        "Worth a look",
        ("times", "what", "for example", "what to do"),
        (
            (count, code, _place(example), CODES[code].remedy)
            for code, count, example in tally.remarks()
        ),
        right=("times",),
    )


def letters_table(letters: Sequence[Letter]) -> Table | None:
    """The first dead letters; Klaviyo's own words may hold personal data, and are left out."""
    return table_of(
        "Dead letters",
        ("line", "call", "status", "code", "where"),
        (
            (
                str(one.origin.line),
                one.call or "–",
                "not sent" if one.status is None else str(one.status),
                one.code,
                one.pointer or one.metric or "",
            )
            for one in letters
        ),
        right=("line",),
    )


def profiles_line(counts: Counts, profiles: int | None = None) -> str:
    """How many profiles were told of, and how many upserts the diff saved."""
    known = "" if profiles is None else f"{profiles:,} profiles; "
    dead = f", {counts.dead_upserts:,} refused" if counts.dead_upserts else ""
    told = (
        f", {counts.subscriptions:,} changes of subscriptions and lists"
        if counts.subscriptions
        else ""
    )
    return (
        f"{known}{counts.upserts:,} profile upserts{told} sent{dead}, "
        f"{counts.saved:,} saved by the diff (nothing new in them)"
    )
