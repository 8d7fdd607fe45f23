"""How far is it? A bar on a terminal; elsewhere a plain line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from walkeros_klaviyo.core.shown import visible
from walkeros_klaviyo.delivery.outlook import Waiting, outlook
from walkeros_klaviyo.shell.send.loop import Loop

from .telling import drawing, tell

EVERY = 10.0
"""Seconds between plain lines."""
NOTICED = 2.0
"""Seconds from which on a wait is explained."""


@contextmanager
def progress(quiet: bool = False) -> Iterator[Callable[[Loop], None]]:
    """A function to be shown the run as it goes."""
    if quiet:
        yield lambda loop: None
    elif sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield _plain_lines()


@contextmanager
def _bar() -> Iterator[Callable[[Loop], None]]:
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("sending", markup=False),
        BarColumn(),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f} calls", markup=False),
        TextColumn("{task.fields[rate]:.0f}/s", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[why]}", markup=False),
    )
    done_since = _since_start()

    def fields(loop: Loop) -> dict[str, Any]:
        done, rate = done_since(loop)
        why = visible(why_it_waits(outlook(loop.sender, loop.clock())))
        return {"completed": done, "total": _in_all(loop, done), "rate": rate, "why": why}

    with drawing(*columns) as draw:
        yield lambda loop: draw(lambda: fields(loop))


def _plain_lines() -> Callable[[Loop], None]:
    last = time.monotonic()
    done_since = _since_start()

    def show(loop: Loop) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY:
            last = now
            done, rate = done_since(loop)
            waiting = loop.store.open_calls
            why = why_it_waits(outlook(loop.sender, loop.clock()))
            tell(f"{done:,} calls done, {waiting:,} waiting, {rate:.0f}/s{why}")

    return show


def _since_start() -> Callable[[Loop], tuple[int, float]]:
    """Calls that are done, and how many a second, since now: the store may be an old one."""
    start = time.monotonic()
    settled: list[int] = []

    def done(loop: Loop) -> tuple[int, float]:
        if not settled:
            settled.append(loop.settled_before)
        count = loop.store.settled - settled[0]
        return count, count / max(time.monotonic() - start, 0.001)

    return done


def _in_all(loop: Loop, done: int) -> float:
    """How many calls it will have been, by the part of the input that is read."""
    known = done + loop.store.open_calls
    return known if not loop.share else max(known, known / loop.share)


def why_it_waits(waits: Sequence[Waiting]) -> str:
    """The longest wait that a person would notice, and what it is for; empty for none.

    >>> why_it_waits([Waiting("events.create_event", "breaker", 7.5, 40, "503")])
    '; events.create_event again in 8 s (breaker, last: 503)'
    """
    noticed = [one for one in waits if one.seconds is not None and one.seconds >= NOTICED]
    if not noticed:
        return ""
    one = max(noticed, key=lambda one: one.seconds or 0.0)
    last = f", last: {one.trouble}" if one.trouble else ""
    return f"; {one.endpoint} again in {one.seconds:.0f} s ({one.reason}{last})"
