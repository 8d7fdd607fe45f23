"""What would be sent? A pure dry run."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

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
"""Bytes that are written together."""


def plan(
    events: Events = "-",
    *,
    config: ConfigFile,
    backfill: History = False,
    overlay: Overlay = None,
    flow: Flow = None,
    destination: Destination = None,
    allow_python: AllowPython = False,
    transform: OwnTransform = None,
) -> None:
    """Show what would be sent; send nothing. One JSON line per input line."""
    from walkeros_klaviyo.shell.input.source import open_events
    from walkeros_klaviyo.shell.planned import planned
    from walkeros_klaviyo.shell.process import readers_may_leave
    from walkeros_klaviyo.shell.show.telling import tell

    parsed = load(config, overlay, flow, destination, allow_python)
    own = transform_of(transform, parsed, backfill)
    with open_events(events, tell) as stream, readers_may_leave():
        count, failed = _print(planned(own, stream))
    if not count:
        tell(f"{events}: 0 events")
    raise typer.Exit(1 if failed else 0)


def as_printed(line: Line, plan: Plan) -> dict[str, Any]:
    """What is printed for a line."""
    return {"line": line.number, "id": line.id, **plan.to_dict()}


def _print(plans: Iterable[tuple[Line, Plan]]) -> tuple[int, int]:
    """A JSON line each; how many, and how many invalid or refused."""
    from walkeros_klaviyo.shell.jsonl import to_line

    count, failed, waiting, size = 0, 0, [], 0
    out = sys.stdout.buffer
    for line, plan in plans:
        count += 1
        failed += plan.outcome in ("invalid", "refused")
        text = to_line(as_printed(line, plan))
        waiting.append(text)
        size += len(text)
        if size >= FLUSH:
            out.write(b"".join(waiting))
            waiting, size = [], 0
    out.write(b"".join(waiting))
    out.flush()
    return count, failed
