"""Why did an event become exactly these calls?"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .options import AllowPython, ConfigFile, Destination, Events, Flow, History, Overlay, load


def explain(
    events: Events = "-",
    *,
    config: ConfigFile,
    line: Annotated[
        int | None, typer.Option("--line", min=1, metavar="N", help="Only this line of the input.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines instead of trees.")] = False,
    backfill: History = False,
    overlay: Overlay = None,
    flow: Flow = None,
    destination: Destination = None,
    allow_python: AllowPython = False,
) -> None:
    """Show which rule an event met, and where each field came from."""
    from walkeros_klaviyo.shell.input.source import SourceError, open_events
    from walkeros_klaviyo.shell.jsonl import to_line
    from walkeros_klaviyo.shell.process import readers_may_leave
    from walkeros_klaviyo.shell.show.explanation import explained, render
    from walkeros_klaviyo.shell.show.telling import tell

    parsed = load(config, overlay, flow, destination, allow_python)
    if backfill:
        from walkeros_klaviyo.core.history import as_history

        parsed = as_history(parsed)
    failed = shown = 0
    with open_events(events, tell) as stream, readers_may_leave():
        for read, told in explained(parsed, stream):
            if line is not None and read.number != line:
                continue
            shown += 1
            failed += told.plan.outcome in ("invalid", "refused")
            if as_json:
                row = {"line": read.number, "id": read.id, **told.to_dict()}
                sys.stdout.buffer.write(to_line(row))
                sys.stdout.buffer.flush()
            else:
                render(read, told)
            if line is not None:
                break
    if line is not None and not shown:
        raise SourceError(f"{events}: has no event on line {line}")
    if not shown:
        tell(f"{events}: 0 events")
    raise typer.Exit(1 if failed else 0)
