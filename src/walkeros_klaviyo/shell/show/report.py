"""Which tables sum up a run?

What arrived, what did not and why, and what to look at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from attrs import Factory, define
from rich.table import Table

from walkeros_klaviyo.core.diagnostics import CODES, SEVERITIES
from walkeros_klaviyo.core.klaviyo.currencies import shown_amount
from walkeros_klaviyo.shell.send.tally import Example, Tally
from walkeros_klaviyo.shell.store.counts import Counts, pending_of
from walkeros_klaviyo.shell.store.letter import Letter

from .table import Parts, table_of
from .table import console as console
from .table import plain_table as plain_table


@define
class Earned:
    """Numbers of events by metric, and revenue by metric and currency."""

    events: Counter[str] = Factory(Counter)
    sums: dict[str, dict[str, Decimal]] = Factory(dict)

    def add(self, metric: str, value: float | None, currency: str | None) -> None:
        """Add one event; each currency is summed separately."""
        self.events[metric] += 1
        if value is not None:
            sums = self.sums.setdefault(metric, {})
            sums[currency or ""] = sums.get(currency or "", Decimal(0)) + Decimal(repr(value))

    def shown(self, metric: str) -> Parts:
        """The metric's revenue for display."""
        by_name = sorted(self.sums.get(metric, {}).items(), key=lambda pair: (not pair[0], pair))
        return Parts(tuple(shown_amount(amount, currency) for currency, amount in by_name))


def arrived_table(events: Iterable[Mapping[str, Any]]) -> Table | None:
    """What was recorded: a row per metric, with revenue per currency."""
    earned = Earned()
    for event in events:
        currency = event.get("value_currency")
        earned.add(str(event["metric"]), event.get("value"), currency)
    return table_of(
        "What arrived, per metric",
        ("metric", "events", "revenue"),
        ((name, count, earned.shown(name)) for name, count in _by_count(earned.events)),
        right=("events",),
    )


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Largest count first, then by name."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def outcomes_table(news: Counts, pending: int) -> Table | None:
    """The outcomes of all lines; including what was pending before, the rows add up."""
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
    """The same by metric: what is new, and what is pending in total."""
    columns = ("accepted", "delivered", "pending", "dead")
    found = {name: {**news.get(name, {}), "pending": pending_of(metrics[name])} for name in metrics}
    names = sorted(
        (name for name in metrics if news.get(name) or found[name]["pending"]),
        key=lambda name: (-found[name].get("accepted", 0), name),
    )
    rows = ((name, *(found[name].get(column, 0) for column in columns)) for name in names)
    return table_of("Events sent, by metric", ("metric", *columns), rows, right=columns)


def rehearsal_table(
    outcomes: Mapping[str, int], waiting: int, metrics: Mapping[str, int], earned: Earned
) -> Table | None:
    """What would be sent, by metric with revenue, and the outcomes of the other lines."""
    rows = [
        *([("calls that wait already", waiting, "")] if waiting else []),
        *((f"lines: {name}", count, "") for name, count in _by_count(outcomes)),
        *(
            (
                f"calls: {'profile upsert' if name == '(profile)' else name}",
                count,
                earned.shown(name),
            )
            for name, count in _by_count(metrics)
        ),
    ]
    return table_of("What would be done", ("", "count", "revenue"), rows, right=("count",))


def _place(example: Example) -> str:
    return f"line {example.line}" + (f", {example.path}" if example.path else "")


def dropped_table(tally: Tally) -> Table | None:
    """Why events were dropped, errors first; None if none were."""
    return table_of(
        "What did not go out, and why",
        ("events", "reason", "for example, and what it means"),
        (
            (
                f"{count:,} {outcome}",
                code,
                f"{_place(example)}: {example.why or CODES[code].meaning}",
            )
            for outcome, code, count, example in _gravest(tally.dropped(), 1)
        ),
    )


def remarks_table(tally: Tally) -> Table | None:
    """What was left out of events or deserves a look, errors first; None if nothing."""
    return table_of(
        "Worth a look",
        ("times", "what", "for example, and what to do"),
        (
            (count, code, f"{_place(example)}: {CODES[code].remedy}")
            for code, count, example in _gravest(tally.remarks(), 0)
        ),
        right=("times",),
    )


R = TypeVar("R", bound=tuple[Any, ...])


def _gravest(rows: Iterable[R], at: int) -> list[R]:
    """Sort by severity, errors first; the code is in column `at`."""
    ranks = {severity: rank for rank, severity in enumerate(SEVERITIES)}
    return sorted(rows, key=lambda row: ranks.get(CODES[row[at]].severity, len(ranks)))


def letters_table(letters: Sequence[Letter]) -> Table | None:
    """The first dead letters, without Klaviyo's own words, which may hold personal data."""
    return table_of(
        "Dead letters",
        ("line", "metric", "status", "code", "where"),
        (
            (
                str(one.origin.line),
                one.metric or ("profile" if one.call else "–"),
                "not sent" if one.status is None else str(one.status),
                one.code,
                one.pointer.replace("/data/attributes", "") or one.pointer,
            )
            for one in letters
        ),
        right=("line",),
    )


def profiles_line(counts: Counts, profiles: int | None = None) -> str:
    """How many profiles were upserted, and how many upserts were saved as unchanged."""
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
