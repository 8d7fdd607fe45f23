"""The arguments and options that commands share."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from walkeros_klaviyo.core.config import Config
    from walkeros_klaviyo.core.pipeline import Transform

Events = Annotated[
    str,
    typer.Argument(
        metavar="EVENTS",
        help="A file of JSON lines, one event each, or one JSON array; - for stdin.",
    ),
]
ConfigFile = Annotated[
    str,
    typer.Option(
        "--config", "-c", metavar="FILE", help="The configuration: JSON, TOML or a flow.json."
    ),
]
Overlay = Annotated[
    str | None,
    typer.Option("--overlay", metavar="FILE", help="A second file, laid over the configuration."),
]
Flow = Annotated[
    str | None, typer.Option("--flow", metavar="NAME", help="Which flow of a flow.json to use.")
]
Destination = Annotated[
    str | None,
    typer.Option("--destination", metavar="NAME", help="Which destination of a flow.json to use."),
]
AllowPython = Annotated[
    bool,
    typer.Option(
        "--allow-python", help='Run the Python functions that the configuration names ("$py:…").'
    ),
]
OwnTransform = Annotated[
    str | None,
    typer.Option(
        "--transform",
        metavar="MODULE:NAME",
        help="Your own transform; its module is imported and run.",
    ),
]


History = Annotated[
    bool,
    typer.Option(
        "--backfill",
        help="Record every event as history, which starts no flow, whatever the configuration "
        "says.",
    ),
]


class Mode(StrEnum):
    """How calls are sent."""

    auto = "auto"
    single = "single"
    bulk = "bulk"


class Limits(StrEnum):
    """Which rate limits are obeyed."""

    published = "published"
    off = "off"


class LogFormat(StrEnum):
    """The format of stderr."""

    text = "text"
    json = "json"


Log = Annotated[
    LogFormat,
    typer.Option("--log-format", help="stderr as text, or as a JSON object per line."),
]
StoreFile = Annotated[
    str,
    typer.Option("--store", metavar="FILE", help="The file that keeps events until they are sent."),
]
STORE = "walkeros-klaviyo.db"
Host = Annotated[
    str | None, typer.Option("--host", metavar="URL", help="Klaviyo's host, or a sandbox's.")
]
Trial = Annotated[
    bool,
    typer.Option(
        "--sandbox",
        help="Send to a sandbox in this process, with a store of its own; no account needed.",
    ),
]
How = Annotated[
    Mode, typer.Option("--mode", help="One by one, in bulk, or as each rule's batch says.")
]
NewKey = Annotated[
    bool,
    typer.Option("--new-key", help="The API key has changed, but the account is the same."),
]
Pace = Annotated[
    Limits, typer.Option("--limits", help="Keep to Klaviyo's published limits, or not.")
]


def log_as(log_format: LogFormat) -> bool:
    """Set stderr's format; returns whether it is for a program, so that no tables are printed."""
    if log_format is LogFormat.text:
        return False
    from walkeros_klaviyo.shell.show.log_lines import log_as_json

    log_as_json()
    return True


def refuse_both(sandbox: bool, host: str | None) -> None:
    """Raise UsageError if both are given: a trial has its own host."""
    if sandbox and host is not None:
        from walkeros_klaviyo.shell.problem import UsageError

        raise UsageError("--sandbox and --host exclude each other; leave one out")


def transform_of(name: str | None, config: Config, backfill: bool = False) -> Transform:
    """The configuration's pipeline, or the custom transform named."""
    from walkeros_klaviyo.core.pipeline import pipeline

    if backfill:
        from walkeros_klaviyo.core.history import as_history

        config = as_history(config)
    if name is None:
        return pipeline(config)
    from walkeros_klaviyo.core.compose import after
    from walkeros_klaviyo.core.history import only_history
    from walkeros_klaviyo.shell.problem import UsageError
    from walkeros_klaviyo.shell.python_code import CodeError, find_transform

    try:
        found = find_transform(name, config, takes_config=backfill)
    except CodeError as error:
        raise UsageError(f"--transform {error}") from None
    return after(only_history, found) if backfill else found


def load(
    config: str,
    overlay: str | None,
    flow: str | None,
    destination: str | None,
    allow_python: bool,
    needs_key: bool = False,
) -> Config:
    """Read the configuration, printing its warnings on stderr."""
    from walkeros_klaviyo.core.shown import visible
    from walkeros_klaviyo.shell.config import places_of, read_config

    parsed = read_config(
        config,
        overlay=overlay,
        flow=flow,
        destination=destination,
        allow_python=allow_python,
        needs_key=needs_key,
    )
    if parsed.warnings:
        place_of = places_of(config, overlay, flow=flow, destination=destination)
        for one in parsed.warnings:
            print(visible(f"{place_of(one.path)[0]}: {one.severity}: {one}"), file=sys.stderr)
    return parsed
