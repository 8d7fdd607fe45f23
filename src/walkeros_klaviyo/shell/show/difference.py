"""How is the effect of a change of the configuration shown?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import tee
from time import time
from typing import IO

from attrs import Factory, define, frozen
from rich.table import Table

from walkeros_klaviyo.core.difference import Difference, differences
from walkeros_klaviyo.core.pipeline import Transform
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.scan import fold
from walkeros_klaviyo.shell.input.line import Line, read_line
from walkeros_klaviyo.shell.input.lines import read_lines
from walkeros_klaviyo.shell.planned import plan_line

from .table import table_of


@frozen
class Compared:
    """A line, its plans by the old and the new configuration, and their differences."""

    line: Line
    before: Plan
    after: Plan
    found: tuple[Difference, ...]

    @property
    def differs(self) -> bool:
        """Do the two plans differ?"""
        return bool(self.found) or self.before.outcome != self.after.outcome


def compared(old: Transform, new: Transform, stream: IO[bytes]) -> Iterator[Compared]:
    """Every line planned by both; each keeps its own states."""
    now = time() * 1_000
    lines, first, second = tee((read_line(*found) for found in read_lines(stream)), 3)
    befores = fold((plan_line(old, line) for line in first), now=now)
    afters = fold((plan_line(new, line) for line in second), now=now)
    for line, (before, _), (after, _) in zip(lines, befores, afters, strict=True):
        yield Compared(line, before, after, differences(before, after))


@define
class Sums:
    """The counts over all lines."""

    lines: int = 0
    invalid: int = 0
    """Lines that are not events."""
    differing: int = 0
    outcomes: Counter[tuple[str, str]] = Factory(Counter)
    before: Counter[str] = Factory(Counter)
    after: Counter[str] = Factory(Counter)
    fields: Counter[tuple[str, str, str]] = Factory(Counter)
    examples: dict[tuple[str, str, str], int] = Factory(dict)

    def add(self, one: Compared) -> None:
        """Count one line."""
        self.lines += 1
        self.invalid += one.before.outcome == one.after.outcome == "invalid"
        self.differing += one.differs
        self.outcomes[one.before.outcome, one.after.outcome] += 1
        self.before.update(call.label for call in one.before.calls)
        self.after.update(call.label for call in one.after.calls)
        for found in one.found:
            key = (found.call, found.field, found.kind)
            self.fields[key] += 1
            self.examples.setdefault(key, one.line.number)


def tables(sums: Sums) -> tuple[Table | str | None, ...]:
    """Tables of outcomes, calls by metric, and fields, each only if something differs."""
    moved = [
        (before, after, count)
        for (before, after), count in sums.outcomes.most_common()
        if before != after
    ]
    calls = [
        (label, sums.before[label], sums.after[label])
        for label in sorted(sums.before | sums.after)
        if sums.before[label] != sums.after[label]
    ]
    fields = [
        (*key, count, f"line {sums.examples[key]}") for key, count in sorted(sums.fields.items())
    ]
    return (
        table_of("Events with another outcome", ("before", "after", "events"), moved, ("events",)),
        table_of("Calls", ("call", "before", "after"), calls, ("before", "after")),
        table_of(
            "Fields", ("call", "field", "is", "times", "for example"), fields, right=("times",)
        ),
        f"{sums.differing:,} of {sums.lines:,} events have another result",
    )
