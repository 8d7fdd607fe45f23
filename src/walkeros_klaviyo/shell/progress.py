"""How far is it? A bar on a terminal; elsewhere a plain line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .run import Run

EVERY = 10.0
"""Seconds between plain lines."""


@contextmanager
def progress(quiet: bool = False) -> Iterator[Callable[[Run], None]]:
    """A function to be shown the run as it goes."""
    if quiet:
        yield lambda run: None
    elif sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield _plain_lines()


@contextmanager
def _bar() -> Iterator[Callable[[Run], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f} calls"),
        TextColumn("{task.fields[rate]:.0f}/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("sending", total=0, rate=0.0)
        start = time.monotonic()
        shown = 0.0

        def show(run: Run) -> None:
            nonlocal shown
            now = time.monotonic()
            if now - shown >= 0.1:
                shown = now
                done = run.outbox.settled
                rate = done / max(now - start, 0.001)
                bar.update(task, completed=done, total=done + run.outbox.open, rate=rate)

        yield show


def _plain_lines() -> Callable[[Run], None]:
    start = last = time.monotonic()

    def show(run: Run) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY:
            last = now
            done = run.outbox.settled
            print(
                f"{done:,} calls done, {run.outbox.open:,} waiting, {done / (now - start):.0f}/s",
                file=sys.stderr,
            )

    return show
