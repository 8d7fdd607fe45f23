"""How is the endpoint for walkerOS collectors run?"""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing
from typing import Annotated

import typer
from attrs import evolve

from .options import (
    STORE,
    AllowPython,
    ConfigFile,
    Destination,
    Flow,
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


def serve(
    *,
    config: ConfigFile,
    port: Annotated[
        int,
        typer.Option("--port", min=0, max=65535, metavar="N", help="The port; 0 picks a free one."),
    ] = 8080,
    bind: Annotated[
        str,
        typer.Option(
            "--bind",
            metavar="ADDRESS",
            help="The address to listen on; 0.0.0.0 for the whole network.",
        ),
    ] = "127.0.0.1",
    path: Annotated[
        list[str] | None,
        typer.Option("--path", metavar="PATH", help="A path that takes events; may be repeated."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="TOKEN",
            envvar="WALKEROS_KLAVIYO_TOKEN",
            help="What senders must send, as Authorization: Bearer TOKEN.",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin",
            metavar="ORIGIN",
            help="A site whose pages may send; without it, any may. May be repeated.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="A host name by which it is reached, such as a proxy's; loopback is known.",
        ),
    ] = None,
    store: StoreFile = STORE,
    host: Host = None,
    sandbox: Trial = False,
    mode: How = Mode.auto,
    new_key: NewKey = False,
    limits: Pace = Limits.published,
    log_format: Log = LogFormat.text,
    overlay: Overlay = None,
    flow: Flow = None,
    destination: Destination = None,
    allow_python: AllowPython = False,
    transform: OwnTransform = None,
) -> None:
    """Take events over HTTP, and deliver them to Klaviyo.

    An endpoint for walkerOS collectors. Each event is on disk before it is answered. Ctrl-C and
    SIGTERM finish what was accepted.
    """
    from walkeros_klaviyo.core.pipeline import pipeline
    from walkeros_klaviyo.shell.problem import MissingExtraError, UsageError
    from walkeros_klaviyo.shell.send.account import api_key_of
    from walkeros_klaviyo.shell.send.destination import Destination as Klaviyo
    from walkeros_klaviyo.shell.send.host import DEFAULT_HOST
    from walkeros_klaviyo.shell.send.uncommitted import LOG
    from walkeros_klaviyo.shell.show.ending import log_ending
    from walkeros_klaviyo.shell.show.report import outcomes_table
    from walkeros_klaviyo.shell.show.table import show
    from walkeros_klaviyo.shell.show.telling import tell
    from walkeros_klaviyo.shell.trial import noting_origins, temporary_store, trial_sandbox

    is_logged = log_as(log_format)
    try:
        from walkeros_klaviyo import listening
        from walkeros_klaviyo.shell.serve import app, listen
        from walkeros_klaviyo.shell.serve.guard import LOOPBACK, Guard
    except ModuleNotFoundError as error:
        raise MissingExtraError("serve", "server", str(error.name)) from None
    refuse_both(sandbox, host)
    sys.setswitchinterval(0.0005)
    parsed = load(config, overlay, flow, destination, allow_python, needs_key=not sandbox)
    planned = transform_of(transform, parsed)
    key = api_key_of(parsed, sandbox, ", or try without an account: --sandbox")
    hosts = frozenset(map(str.lower, (*LOOPBACK, *(allow_host or ()))))
    is_local = bind in ("127.0.0.1", "::1", "localhost")
    guard = Guard(
        token=token,
        origins=frozenset(allow_origin) if allow_origin else None,
        hosts=hosts if is_local or allow_host else None,
    )
    paths = tuple(path or app.PATHS)
    wrong = [one for one in paths if not one.startswith("/")]
    if wrong:
        raise UsageError(f'--path {wrong[0]}: begins with a slash, such as "/collect"')
    with ExitStack() as stack:
        try:
            listener, url = listening.listen(port, bind)
        except OSError as error:
            raise UsageError(f"--bind, --port: {error.strerror or error}") from None
        stack.enter_context(closing(listener))
        klaviyo = DEFAULT_HOST if host is None else host
        if sandbox:
            trial, klaviyo = stack.enter_context(trial_sandbox("serve --sandbox", limits.value))
            planned = noting_origins(trial, planned or pipeline(parsed))
        taker = stack.enter_context(
            Klaviyo(
                evolve(parsed, settings=evolve(parsed.settings, api_key=key)),
                store=stack.enter_context(temporary_store()) if sandbox else store,
                host=klaviyo,
                mode=mode.value,
                limits=limits is Limits.published,
                transform=planned,
                most_waiting=sys.maxsize,
                is_new_key=new_key,
            )
        )

        def announce() -> None:
            print(f"{url}{paths[0]}", flush=True)
            LOG.info("listening", extra={"fields": {"url": f"{url}{paths[0]}"}})
            if sandbox:
                tell(f"a sandbox stands in for Klaviyo: {klaviyo}")

        made = app.create_app(taker, guard, paths=paths)
        listen.serve(made, listener, announce, lambda: taker.is_open)
        failed = None if taker.is_open else taker.trouble
        counts = taker.close()
    if is_logged:
        log_ending(counts, counts.pending, 0 if failed is None else 3, failed)
    else:
        show(outcomes_table(counts, counts.pending))
    if counts.pending and not sandbox:
        tell(f"{counts.pending:,} events wait in {store}; the next start goes on with them.")
    if failed is not None:
        # A supervisor restarts it; until then no sender may get a 2xx.
        print(f"Ended: {failed.detail}", file=sys.stderr)
        raise typer.Exit(3)
