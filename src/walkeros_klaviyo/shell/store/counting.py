"""How are the counts of events kept with every commit?

They change in memory and are written at each commit, a row each. Every row is sealed, and the
number of rows is itself a row, so that none can go missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attrs import Factory, define, fields

from .checksum import Salted
from .connection import Connection
from .counts import Counts
from .errors import damaged

MOST_METRICS: Final = 250
"""Metrics counted by name: an account has at most 200, and each costs a little per commit."""
OTHERS: Final = "(others)"
_PLAIN: Final = tuple(one.name for one in fields(Counts) if one.name != "not_sent")
_REPORTED: Final = "reported "
_INSERT: Final = "INSERT OR REPLACE INTO tally VALUES (?, ?, ?, ?)"

Flat = dict[tuple[str, str], int]


@define
class Book:
    """The counts of a store, and the last numbers it assigned."""

    counts: Counts = Factory(Counts)
    metrics: dict[str, Counter[str]] = Factory(dict)
    numbered: int = 0
    """The last number assigned to a call."""
    lettered: int = 0
    """The last number assigned to a dead letter."""
    waiting: int = 0
    """Calls in the outbox."""
    again: int = 0
    """Retried dead letters, to be planned again."""
    sources: int = 0
    """Sources with a known position."""
    reported: Flat = Factory(dict)
    """The counts as last reported to the user."""
    _written: Flat = Factory(dict)

    def count(self, metric: str, what: str, by: int = 1) -> None:
        """Add `by` to a metric's count; beyond MOST_METRICS, metrics are counted together."""
        counted = self.metrics.get(metric)
        if counted is None:
            metric = metric if len(self.metrics) < MOST_METRICS else OTHERS
            counted = self.metrics.setdefault(metric, Counter())
        counted[what] += by

    @property
    def has_news(self) -> bool:
        """Is there anything to write?"""
        return flatten(self) != self._written

    def write(self, connection: Connection, salted: Salted) -> None:
        """Write the changed rows."""
        self.reported = capped(self.reported, flatten(self))
        flat = flatten(self)
        changed = [pair for pair in flat.items() if self._written.get(pair[0]) != pair[1]]
        if changed:
            rows = [(*name, value, salted.seal((*name, value))) for name, value in changed]
            connection.executemany(_INSERT, rows)
            self._written = flat


def flatten(book: Book) -> Flat:
    """All counts as rows, including the number of rows.

    >>> flatten(Book())[("count", "rows")]
    15
    """
    counts = book.counts
    flat: Flat = {("count", name): getattr(counts, name) for name in _PLAIN}
    flat[("number", "calls")] = book.numbered
    flat[("number", "letters")] = book.lettered
    flat[("number", "waiting")] = book.waiting
    flat[("number", "sources")] = book.sources
    flat[("number", "again")] = book.again
    flat.update({("not sent", name): value for name, value in counts.not_sent.items()})
    for metric, by in book.metrics.items():
        flat.update({(what, metric): value for what, value in by.items()})
    flat.update({(_REPORTED + kind, name): told for (kind, name), told in book.reported.items()})
    flat[("count", "rows")] = len(flat) + 1
    return flat


def capped(reported: Mapping[tuple[str, str], int], flat: Flat) -> Flat:
    """The reported counts, limited to the current ones: a retried letter may die a second time.

    >>> capped({("count", "dead"): 2}, {("count", "dead"): 1})
    {('count', 'dead'): 1}
    """
    return {name: min(told, flat.get(name, 0)) for name, told in reported.items()}


def report(book: Book) -> None:
    """Mark everything so far as reported to the user."""
    events = (pair for pair in flatten(book).items() if pair[0][0] != "number")
    book.reported = {
        name: value
        for name, value in events
        if name != ("count", "rows") and not name[0].startswith(_REPORTED)
    }


def unreported(book: Book) -> tuple[Counts, dict[str, Counter[str]]]:
    """The counts since the last report, in total and by metric.

    >>> book = Book(Counts(accepted=3, delivered=2))
    >>> report(book)
    >>> book.counts.delivered = 3
    >>> unreported(book)[0].delivered, unreported(book)[0].accepted
    (1, 0)
    """
    flat, told = flatten(book), capped(book.reported, flatten(book))
    news = {
        name: value - told.get(name, 0)
        for name, value in flat.items()
        if name[0] != "number" and not name[0].startswith(_REPORTED)
    }
    found = unflatten(news)
    return found.counts, {metric: +by for metric, by in found.metrics.items() if +by}


def unflatten(flat: Flat) -> Book:
    """The counts from their rows."""
    book = Book(written=flat)
    for (kind, name), value in flat.items():
        if kind == "count":
            if name != "rows":
                setattr(book.counts, name, value)
        elif kind.startswith(_REPORTED):
            book.reported[(kind.removeprefix(_REPORTED), name)] = value
        elif kind == "number":
            setattr(book, {"calls": "numbered", "letters": "lettered"}.get(name, name), value)
        elif kind == "not sent":
            book.counts.not_sent[name] = value
        else:
            book.metrics.setdefault(name, Counter())[kind] += value
    return book


def read_book(connection: Connection, salted: Salted, path: Path) -> Book:
    """The counts as last committed; StoreDamagedError if a row's seal does not match."""
    flat: dict[tuple[Any, Any], Any] = {}
    for kind, name, value, seal in connection.execute("SELECT * FROM tally"):
        if seal != salted.seal((kind, name, value)):
            raise damaged(path, "a count is not as it was written")
        flat[(kind, name)] = value
    if flat and flat.get(("count", "rows")) != len(flat):
        raise damaged(path, "a count is missing")
    return unflatten(flat)
