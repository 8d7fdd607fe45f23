"""How is an explanation printed?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import IO

from attrs import evolve

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.display.lines import to_lines
from walkeros_klaviyo.core.display.view import Cell
from walkeros_klaviyo.core.explain import explain
from walkeros_klaviyo.core.explanation import Explanation
from walkeros_klaviyo.core.klaviyo.state import ProfileState, merged
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.walkeros.event import EventError
from walkeros_klaviyo.shell.input.line import Line, read_line
from walkeros_klaviyo.shell.input.lines import read_lines

from .table import console


def explained(config: Config, stream: IO[bytes]) -> Iterator[tuple[Line, Explanation]]:
    """Every line with its explanation; state carries over from line to line, as in `plan`."""
    tell = explain(config)
    states: dict[str, ProfileState] = {}
    now = time.time() * 1_000
    for found in read_lines(stream):
        line = read_line(*found)
        if isinstance(line.value, EventError):
            yield line, Explanation(Plan("invalid", (), (line.value.diagnostic,)), {}, ())
            continue
        told = tell(line.value, states, now)
        states.update(merged(states, told.changes))
        if line.notes:
            noted = evolve(told.plan, diagnostics=line.notes + told.plan.diagnostics)
            told = evolve(told, plan=noted)
        yield line, told


def render(line: Line, told: Explanation) -> None:
    """Print an explanation as a tree."""
    view = told.view()
    number: Cell = (("line ", "dim"), (f"{line.number}  ", ""))
    out = console(width=160)
    for text in to_lines(evolve(view, cells=((*number, *view.cells[0]),)), out, out.options):
        out.print(text)
