"""How are events delivered to Klaviyo from the command line?"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from .options import (
    STORE,
    AllowPython,
    ConfigFile,
    Destination,
    Events,
    Flow,
    History,
    Host,
    How,
    Limits,
    Log,
    LogFormat,
    Mode,
    NewKey,
    Overlay,
    OwnTransform,
    Pace,
    StoreFile,
    Trial,
    load,
    log_as,
    refuse_both,
    transform_of,
)


def run(
    events: Events = "-",
    *,
    config: ConfigFile,
    store: StoreFile = STORE,
    host: Host = None,
    sandbox: Trial = False,
    mode: How = Mode.auto,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")
    ] = False,
    backfill: History = False,
    new_key: NewKey = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="Read a known file from its start again."),
    ] = False,
    follow: Annotated[
        bool,
        typer.Option("--follow", help="Follow a log as it grows and rotates, until Ctrl-C."),
    ] = False,
    rejects: Annotated[
        str | None,
        typer.Option(
            "--rejects",
            metavar="FILE",
            help="A file to which lines that could not be sent are appended.",
        ),
    ] = None,
    limits: Pace = Limits.published,
    give_up: Annotated[
        float,
        typer.Option(
            "--give-up",
            min=0.0,
            metavar="SECONDS",
            help="How long to try a host that has never answered.",
        ),
    ] = 30.0,
    log_format: Log = LogFormat.text,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    overlay: Overlay = None,
    flow: Flow = None,
    destination: Destination = None,
    allow_python: AllowPython = False,
    transform: OwnTransform = None,
) -> None:
    """Deliver events to Klaviyo, each person's in order.

    Accepted events are on disk before they are sent: after a crash, run the same command again.
    EVENTS may also be a folder of plans that Spark has written.
    """
    from walkeros_klaviyo.shell.input.follow import Name
    from walkeros_klaviyo.shell.input.source import open_events
    from walkeros_klaviyo.shell.problem import UsageError
    from walkeros_klaviyo.shell.process import interruptible
    from walkeros_klaviyo.shell.send.account import api_key_of, key_if_known
    from walkeros_klaviyo.shell.send.host import DEFAULT_HOST, parse_host
    from walkeros_klaviyo.shell.send.plans import deliver_plans
    from walkeros_klaviyo.shell.send.rejects import keep_apart
    from walkeros_klaviyo.shell.send.rejects import rejects as open_rejects
    from walkeros_klaviyo.shell.send.run import deliver, new_loop
    from walkeros_klaviyo.shell.send.run import follow as follow_file
    from walkeros_klaviyo.shell.send.uncommitted import Observers
    from walkeros_klaviyo.shell.show.progress import progress
    from walkeros_klaviyo.shell.show.telling import tell
    from walkeros_klaviyo.shell.store import Store
    from walkeros_klaviyo.shell.trial import temporary_store, trial_sandbox

    is_logged = log_as(log_format)
    if follow and (events == "-" or dry_run):
        raise UsageError("--follow needs a file, and sends what comes: name it, without --dry-run")
    plans = Path(events) if Path(events).is_dir() else None
    if plans is not None and (follow or dry_run or backfill or transform):
        raise UsageError(
            f"{events}: is a folder of plans, which are sent as they are; leave out --follow, "
            "--dry-run, --backfill and --transform"
        )
    refuse_both(sandbox, host)
    # SQLite releases the GIL at each statement, and may wait 5 ms (the default) to get it back.
    sys.setswitchinterval(0.0005)
    parsed = load(
        config, overlay, flow, destination, allow_python, needs_key=not (sandbox or dry_run)
    )
    planned = transform_of(transform, parsed, backfill)
    if backfill and mode is Mode.auto:
        mode = Mode.bulk
    url = None if sandbox else parse_host(DEFAULT_HOST if host is None else host)
    if dry_run:
        from walkeros_klaviyo.shell.show.dry_run import rehearse

        known = None if sandbox else store
        with open_events(events, tell) as lines:
            code = rehearse(
                planned,
                lines,
                known,
                url or "",
                key_if_known(parsed),
                is_again=again,
                is_bulk=mode is Mode.bulk,
            )
        raise typer.Exit(code)
    key = api_key_of(parsed, sandbox, ", or try without an account: --sandbox")
    keep_apart(rejects, events, config, store)

    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        tell(f"{events}: {text}.")

    with ExitStack() as stack:
        log = Name(Path(events)) if follow else None
        if log is not None:
            log.look(is_first=True)
            log.refuse_packed()
            if not log.files:
                tell(f"{events}: is not there yet; waiting for it")
        is_stream = log is None and plans is None
        stream = stack.enter_context(open_events(events, tell)) if is_stream else None
        reject = stack.enter_context(open_rejects(rejects))
        trial = None
        if url is None:
            trial, url = stack.enter_context(trial_sandbox("run --sandbox", limits.value))
        path = stack.enter_context(temporary_store()) if sandbox else store
        kept = stack.enter_context(Store.open(path, host=url, key=key, is_new_key=new_key))
        # Import everything that will be needed now: later, no file descriptor may be left.
        from walkeros_klaviyo.shell.send.klaviyo import Klaviyo
        from walkeros_klaviyo.shell.show.ending import (
            exit_code,
            how_it_ended,
            log_ending,
            summarise,
        )

        klaviyo = Klaviyo(key, url)
        loop = new_loop(
            parsed,
            kept,
            klaviyo,
            limits=limits is Limits.published,
            mode=mode.value,
            give_up=give_up,
            transform=planned,
        )
        with progress(quiet or is_logged) as watch, interruptible(loop.interrupt):
            loop.observers = Observers(reject, watch=watch)
            if log is not None:
                follow_file(loop, log, say, is_again=again)
            elif plans is not None:
                deliver_plans(loop, plans, say, is_again=again)
            elif stream is not None:
                deliver(loop, stream, say, is_again=again)
                if not (loop.acceptance.lines or said or loop.course.interrupted):
                    tell(f"{events}: 0 events")
        code = exit_code(loop)
        if is_logged:
            log_ending(kept.unreported[0], kept.counts.pending, code, loop.course.stopped)
        else:
            summarise(loop, url, None if trial is None else trial.events())
        # What a stopped run counted is reported again by the run that completes it.
        kept.report(how_it_ended(loop), is_complete=code in (0, 1, 2))
        kept.commit()
    if code == 3:
        print("Nothing that was accepted is lost: run the same command again.", file=sys.stderr)
    raise typer.Exit(code)
