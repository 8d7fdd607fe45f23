"""What would be sent? A pure dry run."""

from __future__ import annotations

import typer

from .options import (
    AllowPython,
    ConfigFile,
    Destination,
    Events,
    Flow,
    Overlay,
    OwnTransform,
    load,
    transform_of,
)


def plan(
    events: Events = "-",
    *,
    config: ConfigFile,
    overlay: Overlay = None,
    flow: Flow = None,
    destination: Destination = None,
    allow_python: AllowPython = False,
    transform: OwnTransform = None,
) -> None:
    """Show what would be sent; send nothing. One JSON line per input line."""
    from walkeros_klaviyo.shell.input.source import open_events
    from walkeros_klaviyo.shell.planned import write_plans
    from walkeros_klaviyo.shell.process import readers_may_leave
    from walkeros_klaviyo.shell.show.telling import tell

    planned = transform_of(transform, load(config, overlay, flow, destination, allow_python))
    with open_events(events, tell) as stream, readers_may_leave():
        count, failed = write_plans(planned, stream)
    if not count:
        tell(f"{events}: 0 events")
    raise typer.Exit(1 if failed else 0)
