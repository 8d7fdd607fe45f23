"""How does a stream of lines become a stream of plans, as for `plan`?"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Final

from attrs import evolve

from walkeros_klaviyo.core.pipeline import Transform
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.scan import fold
from walkeros_klaviyo.core.walkeros.event import EventError
from walkeros_klaviyo.shell.input.line import Line, read_line
from walkeros_klaviyo.shell.input.lines import read_lines

RUN: Final = 32
"""The most lines that take each step together. A step's code and data then stay in the processor's
cache, which saves a quarter of the time."""
LONG: Final = 64 * 1024
"""A line of more bytes ends its run, so that few of them are in memory at once."""


def planned(transform: Transform, stream: IO[bytes]) -> Iterator[tuple[Line, Plan]]:
    """Every line with its plan; state starts empty and carries over from line to line.

    Events in the future, by this computer's clock, are judged as in a run.
    """
    run: list[Line] = []

    def plans() -> Iterator[Plan]:
        for run[:] in in_runs(read_line(*found) for found in read_lines(stream)):
            yield from [plan_line(transform, line) for line in run]

    settled = fold(plans(), now=time.time() * 1_000)
    for first, _ in settled:
        rest = [plan for plan, _ in islice(settled, len(run) - 1)]
        yield from zip(run, (first, *rest), strict=True)


def in_runs(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The lines in runs of RUN, or fewer up to a long one."""
    run: list[Line] = []
    for line in lines:
        run.append(line)
        if len(run) == RUN or len(line.raw) > LONG:
            yield run
            run = []
    if run:
        yield run


def plan_line(transform: Transform, line: Line) -> Plan:
    """The plan of one line, or the plan it came with, including diagnostics from reading it."""
    if line.plan is not None:
        return line.plan
    if isinstance(line.value, EventError):
        return Plan("invalid", (), (line.value.diagnostic,))
    plan = transform.plan(line.value)
    return evolve(plan, diagnostics=line.notes + plan.diagnostics) if line.notes else plan
