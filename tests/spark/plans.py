"""What stands in a folder of plans, and what must: one process, in the order of time."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from walkeros_klaviyo import Transform, scan
from walkeros_klaviyo.core.compose import kept_back
from walkeros_klaviyo.shell.input.line import Line, read_line
from walkeros_klaviyo.shell.input.plans import files_of, read_plan

Step = tuple[str | None, str, tuple[Any, ...]]
"""An event's id, its plan's outcome, and its calls."""


def ordered(events: Iterable[str]) -> list[Line]:
    """Lines in the order of time, as they are settled: by timestamp, id and text."""
    lines = [read_line(0, text.encode()) for text in events]
    return sorted(lines, key=lambda line: (_time(line), line.id or "", line.raw))


def _time(line: Line) -> float:
    value = line.value.get("timestamp") if isinstance(line.value, dict) else None
    return float(value) if isinstance(value, int | float) and value == value else 0.0


def expected(transform: Transform, lines: Iterable[Line], now: float) -> list[Step]:
    """What one process makes of them."""
    lines = list(lines)
    steps = scan(kept_back(transform), [line.value for line in lines], now=now)
    return [step_of(line.id, plan) for line, (plan, _) in zip(lines, steps, strict=True)]


def step_of(event_id: str | None, plan: Any) -> Step:
    """What is compared of an event's plan."""
    calls = ((one.name, json.dumps(one.body, sort_keys=True), one.refusal) for one in plan.calls)
    return event_id, plan.outcome, (*calls, plan.diagnostics)


def lines_in(folder: Path) -> Iterator[Line]:
    """Every line of a folder of plans, in the order in which it is delivered."""
    for path in files_of(folder)[0]:
        with gzip.open(path) as file:
            for raw in file:
                yield read_plan(0, raw.rstrip(b"\n"))


def found(folder: Path) -> list[Step]:
    """What stands in the folder."""
    return [step_of(line.id, line.plan) for line in lines_in(folder)]


def by_key(
    steps: Iterable[tuple[str | None, Any]], keys_of: Callable[[Any], Iterable[str]]
) -> dict[str, list[Any]]:
    """What each key sees: the steps that name it, in their order; `keys_of` knows an event's id."""
    own: dict[str, list[Any]] = defaultdict(list)
    for step in steps:
        for key in keys_of(step[0]):
            own[key].append(step)
    return own
