"""How does a shop's day arrive at Klaviyo? A demo without an account."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Annotated, Any

import typer


def demo(
    open_page: Annotated[
        bool, typer.Option("--open", help="Keep the sandbox's page up until Ctrl-C.")
    ] = False,
    port: Annotated[
        int,
        typer.Option(
            "--port", min=0, max=65535, metavar="N", help="The page's port; 0 picks a free one."
        ),
    ] = 0,
) -> None:
    """Send a shop's day to a sandbox and show what arrived.

    By the official SDK, over HTTP; no account is needed.
    """
    from importlib.resources import as_file

    from walkeros_klaviyo.core.pipeline import pipeline
    from walkeros_klaviyo.shell.config import read_config
    from walkeros_klaviyo.shell.process import interruptible, readers_may_leave
    from walkeros_klaviyo.shell.send.account import TRIAL_KEY
    from walkeros_klaviyo.shell.send.run import deliver, new_loop
    from walkeros_klaviyo.shell.send.uncommitted import Observers
    from walkeros_klaviyo.shell.show.progress import progress
    from walkeros_klaviyo.shell.show.report import (
        arrived_table,
        dropped_table,
        outcomes_table,
        profiles_line,
        remarks_table,
    )
    from walkeros_klaviyo.shell.show.table import show
    from walkeros_klaviyo.shell.store import Store
    from walkeros_klaviyo.shell.trial import noting_origins, temporary_store, trial_sandbox
    from walkeros_klaviyo.shop import CONFIG, EVENTS

    start = time.monotonic()
    with ExitStack() as stack:
        sandbox, url = stack.enter_context(trial_sandbox("demo", port=port))
        config = stack.enter_context(as_file(CONFIG))
        path = stack.enter_context(temporary_store())
        store = stack.enter_context(Store.open(path, host=url, key=TRIAL_KEY))
        from walkeros_klaviyo.shell.send.klaviyo import Klaviyo

        klaviyo = Klaviyo(TRIAL_KEY, url)
        parsed = read_config(str(config))
        planned = noting_origins(sandbox, pipeline(parsed))
        given: dict[str, Any] = {"limits": False, "mode": "single", "transform": planned}
        loop = new_loop(parsed, store, klaviyo, **given)
        with EVENTS.open("rb") as stream, progress() as watch, interruptible(loop.interrupt):
            loop.observers = Observers(watch=watch)
            deliver(loop, stream)
        took = time.monotonic() - start
        stats = sandbox.stats()
        stack.enter_context(readers_may_leave())
        tally = loop.acceptance.tally
        show(
            f"A day of the shop: {loop.acceptance.lines:,} lines of walkerOS events, "
            f"{stats['requests']:,} requests of the official SDK to a sandbox, {took:.1f} s",
            arrived_table(sandbox.events()),
            outcomes_table(store.counts, store.counts.pending),
            dropped_table(tally),
            remarks_table(tally),
            profiles_line(store.counts, stats["profiles"]),
        )
        if loop.course.interrupted is not None:
            raise typer.Exit(128 + loop.course.interrupted)
        if stats["duplicates"]:
            show(f"{stats['duplicates']:,} repeated event recorded once (same unique_id)")
        if open_page and loop.course.interrupted is None:
            show("", f"The sandbox's page: {url}  (Ctrl-C ends it)")
            try:
                while True:
                    time.sleep(3600)
            except KeyboardInterrupt:
                return
        else:
            show("", "See the events themselves: walkeros-klaviyo demo --open")
