"""What would be sent? A pure dry run."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .options import (
    AllowPython,
    ConfigFile,
    Destination,
    Events,
    Flow,
    History,
    Overlay,
    OwnTransform,
    load,
    transform_of,
)

if TYPE_CHECKING:
    from walkeros_klaviyo.core.plan import Plan
    from walkeros_klaviyo.shell.input.line import Line

FLUSH: Final = 256 * 1024
"""Bytes written together."""


class Form(StrEnum):
    """How plans are written."""

    JSON = "json"
    CSV = "csv"


def plan(
    events: Events = "-",
    *,
    config: ConfigFile,
    form: Annotated[
        Form,
        typer.Option("--format", help="A JSON line per event; or CSV, a row per call."),
    ] = Form.JSON,
    backfill: History = False,
    overlay: Overlay = None,
    flow: Flow = None,
    destination: Destination = None,
    allow_python: AllowPython = False,
    transform: OwnTransform = None,
) -> None:
    """Show what would be sent; send nothing. One JSON line per input line.

    With --format csv, a row for each call, for a spreadsheet.
    """
    from walkeros_klaviyo.shell.input.source import open_events
    from walkeros_klaviyo.shell.planned import planned
    from walkeros_klaviyo.shell.process import readers_may_leave
    from walkeros_klaviyo.shell.show.telling import tell

    parsed = load(config, overlay, flow, destination, allow_python)
    own = transform_of(transform, parsed, backfill)
    with open_events(events, tell) as stream, readers_may_leave():
        count, failed = _print(planned(own, stream), form)
    if not count:
        tell(f"{events}: 0 events")
    raise typer.Exit(1 if failed else 0)


def as_printed(line: Line, plan: Plan) -> dict[str, Any]:
    """The JSON printed for a line."""
    return {"line": line.number, "id": line.id, **plan.to_dict()}


def _print(plans: Iterable[tuple[Line, Plan]], form: Form) -> tuple[int, int]:
    """Print the plans; returns how many there were, and how many invalid or refused."""
    from walkeros_klaviyo.shell.jsonl import to_line

    def write(line: Line, plan: Plan) -> bytes:
        return to_line(as_printed(line, plan))

    count, failed, waiting, size = 0, 0, list[bytes](), 0
    if form is Form.CSV:
        from walkeros_klaviyo.shell.spreadsheet import header, rows_of

        write, waiting = rows_of, [header()]
    out = sys.stdout.buffer
    for line, plan in plans:
        count += 1
        failed += plan.outcome in ("invalid", "refused")
        text = write(line, plan)
        waiting.append(text)
        size += len(text)
        if size >= FLUSH:
            out.write(b"".join(waiting))
            waiting, size = [], 0
    out.write(b"".join(waiting))
    out.flush()
    return count, failed
