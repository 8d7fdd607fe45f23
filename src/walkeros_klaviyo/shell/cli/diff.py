"""What would a change of the configuration change?"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .options import AllowPython, Destination, Flow, load


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The configuration as it is.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The configuration as it would be.")],
    *,
    events: Annotated[
        str,
        typer.Option("--events", metavar="FILE", help="Events to compare them on; - for stdin."),
    ] = "-",
    as_json: Annotated[
        bool,
        typer.Option("--json", help="A JSON line for each event with another result."),
    ] = False,
    flow: Flow = None,
    destination: Destination = None,
    allow_python: AllowPython = False,
) -> None:
    """Show what a change of the configuration changes.

    By outcome, metric and field; nothing is sent.
    """
    from walkeros_klaviyo.core.pipeline import pipeline
    from walkeros_klaviyo.shell.input.source import open_events
    from walkeros_klaviyo.shell.jsonl import to_line
    from walkeros_klaviyo.shell.process import readers_may_leave
    from walkeros_klaviyo.shell.show.difference import Sums, compared, tables
    from walkeros_klaviyo.shell.show.table import show
    from walkeros_klaviyo.shell.show.telling import tell

    before, after = (
        pipeline(load(path, None, flow, destination, allow_python)) for path in (old, new)
    )
    sums = Sums()
    with open_events(events, tell) as stream, readers_may_leave():
        for one in compared(before, after, stream):
            sums.add(one)
            if as_json and one.differs:
                row = {
                    "line": one.line.number,
                    "id": one.line.id,
                    "outcome": [one.before.outcome, one.after.outcome],
                    "rule": [one.before.rule, one.after.rule],
                    "differences": [
                        {
                            "call": it.call,
                            "field": it.field,
                            "kind": it.kind,
                            "before": it.before,
                            "after": it.after,
                        }
                        for it in one.found
                    ],
                }
                sys.stdout.buffer.write(to_line(row))
        if not as_json:
            show(*tables(sums))
    if not sums.lines:
        tell(f"{events}: 0 events")
    if sums.invalid:
        tell(f"{events}: {sums.invalid:,} of {sums.lines:,} lines are not events")
        raise typer.Exit(1)
