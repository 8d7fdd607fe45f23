"""Deliver events to Klaviyo."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from enum import Enum
from typing import Annotated

import typer

from .options import AllowPython, ConfigFile, Destination, Events, Flow, load


class Mode(str, Enum):  # noqa: UP042 - typer shows its members as choices
    """How calls are made."""

    auto = "auto"
    single = "single"
    bulk = "bulk"


class Limits(str, Enum):  # noqa: UP042 - typer shows its members as choices
    """Whose pace is kept."""

    published = "published"
    off = "off"


def run(
    events: Events = "-",
    *,
    config: ConfigFile,
    host: Annotated[
        str | None, typer.Option("--host", help="Klaviyo's host, or a sandbox's URL.")
    ] = None,
    sandbox: Annotated[
        bool,
        typer.Option("--sandbox", help="Send to a sandbox in this process; no account needed."),
    ] = False,
    mode: Annotated[Mode, typer.Option("--mode", help="How calls are made.")] = Mode.auto,
    rejects: Annotated[
        str | None, typer.Option("--rejects", help="Append lines that were not sent to this file.")
    ] = None,
    limits: Annotated[
        Limits, typer.Option("--limits", help="Keep Klaviyo's published pace, or none.")
    ] = Limits.published,
    give_up: Annotated[
        float,
        typer.Option("--give-up", min=0.0, help="Seconds to wait for a host that never answered."),
    ] = 30.0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    flow: Flow = None,
    destination: Destination = None,
    allow_python: AllowPython = False,
) -> None:
    """Deliver events to Klaviyo, in order a profile, at the published pace."""
    from walkeros_klaviyo.core.pipeline import pipeline
    from walkeros_klaviyo.delivery.sender import new_sender
    from walkeros_klaviyo.shell.account import api_key_of
    from walkeros_klaviyo.shell.host import DEFAULT_HOST, parse_host
    from walkeros_klaviyo.shell.outbox import MemoryOutbox
    from walkeros_klaviyo.shell.problem import UsageError
    from walkeros_klaviyo.shell.progress import progress
    from walkeros_klaviyo.shell.rejects import rejects as open_rejects
    from walkeros_klaviyo.shell.run import Run
    from walkeros_klaviyo.shell.signals import interruptible
    from walkeros_klaviyo.shell.source import open_events
    from walkeros_klaviyo.shell.trial import trial_sandbox

    if sandbox and host is not None:
        raise UsageError("--sandbox and --host exclude each other; leave one out")
    parsed = load(config, flow, destination, allow_python)
    key = api_key_of(parsed, sandbox)
    url = None if sandbox else parse_host(DEFAULT_HOST if host is None else host)
    with ExitStack() as stack:
        stream = stack.enter_context(open_events(events))
        reject = stack.enter_context(open_rejects(rejects))
        url = url or stack.enter_context(trial_sandbox("run --sandbox", limits.value))[1]
        from walkeros_klaviyo.shell.klaviyo import Klaviyo

        delivery = Run(
            pipeline(parsed),
            MemoryOutbox(),
            Klaviyo(key, url),
            new_sender(limits is Limits.published, give_up, mode=mode.value),
            reject,
            batched=parsed.batched,
        )
        with progress(quiet) as delivery.watch, interruptible(delivery.interrupt):
            delivery.deliver(stream)
    from walkeros_klaviyo.shell.summary import exit_code, summarise

    summarise(delivery, url)
    code = exit_code(delivery)
    if code == 3:
        print("Nothing is lost: run the same events again.", file=sys.stderr)
    raise typer.Exit(code)
