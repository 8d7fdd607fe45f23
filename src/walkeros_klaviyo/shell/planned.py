"""How do lines become plans?"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import IO, Final

from attrs import evolve

from walkeros_klaviyo.core.pipeline import Transform
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.scan import folding
from walkeros_klaviyo.core.walkeros.event import EventError
from walkeros_klaviyo.shell.input.line import Line, read_line
from walkeros_klaviyo.shell.input.lines import read_lines

CHUNK: Final = 32
"""The most lines that take each step together. A step's code and data then stay in the processor's
cache, which saves a quarter of the time."""
LONG: Final = 64 * 1024
"""A line of more bytes ends its chunk, so that few of them are in memory at once."""


def planned(transform: Transform, stream: IO[bytes]) -> Iterator[tuple[Line, Plan]]:
    """Every line with its plan; state starts empty and carries over from line to line.

    Events in the future, by this computer's clock, are judged as in a run.
    """
    settle = folding(now=time.time() * 1_000)
    for chunk in in_chunks(read_line(*found) for found in read_lines(stream)):
        plans = [plan_line(transform, line) for line in chunk]
        settled = [settle(plan)[0] for plan in plans]
        yield from zip(chunk, settled, strict=True)


def in_chunks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The lines in chunks of CHUNK, or fewer up to a long one."""
    chunk: list[Line] = []
    for line in lines:
        chunk.append(line)
        if len(chunk) == CHUNK or len(line.raw) > LONG:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def plan_line(transform: Transform, line: Line) -> Plan:
    """The plan of one line, or the plan it came with, including diagnostics from reading it."""
    if line.plan is not None:
        return line.plan
    if isinstance(line.value, EventError):
        return Plan("invalid", (), (line.value.diagnostic,))
    plan = transform.plan(line.value)
    return evolve(plan, diagnostics=line.notes + plan.diagnostics) if line.notes else plan
