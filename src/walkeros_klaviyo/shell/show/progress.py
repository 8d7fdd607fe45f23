"""How is progress shown? One meter for runs and checks.

A bar on a terminal; elsewhere an occasional plain line.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import frozen

from walkeros_klaviyo.core.shown import visible
from walkeros_klaviyo.delivery.outlook import Waiting, outlook
from walkeros_klaviyo.shell.send.loop import Loop

from .telling import drawing, tell

EVERY = 10.0
"""Seconds between plain lines."""
NOTICED = 2.0
"""Seconds from which a wait is explained."""


@frozen
class Reached:
    """How much is done; `of` (the total) is None if unknown."""

    what: str
    done: int
    of: float | None = None
    more: str = ""
    """Further text: what is counted, how fast, why it waits."""

    def __str__(self) -> str:
        of = "" if self.of is None else f" of {self.of:,.0f}"
        return visible(f"{self.what}: {self.done:,}{of}{self.more}")

    @property
    def fields(self) -> dict[str, Any]:
        """The fields for the bar."""
        of = "" if self.of is None else f"/{self.of:,.0f}"
        return {
            "description": visible(self.what),
            "completed": self.done,
            "total": self.of,
            "count": visible(f"{self.done:,}{of}{self.more}"),
        }


Meter = Callable[[Callable[[], Reached]], None]
"""Called after each step, with a function that is evaluated only when it is time to draw."""


@contextmanager
def meter(quiet: bool = False) -> Iterator[Meter]:
    """A meter that draws a bar, prints lines, or does nothing."""
    if quiet:
        yield lambda ask: None
    elif sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Meter]:
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[count]}", markup=False),
    )
    with drawing(*columns) as draw:
        yield lambda ask: draw(lambda: ask().fields)


def _lines() -> Meter:
    last = time.monotonic()

    def show(ask: Callable[[], Reached]) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY:
            last = now
            tell(str(ask()))

    return show


@contextmanager
def watching(quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A function (what, done, of) for a check; `of` is 0 if unknown."""
    with meter(quiet) as show:
        yield lambda what, done, of: show(lambda: Reached(what, done, of or None))


@contextmanager
def progress(quiet: bool = False) -> Iterator[Callable[[Loop], None]]:
    """A function that takes the loop and shows its progress."""
    start = time.monotonic()

    def reached(loop: Loop) -> Reached:
        done = loop.store.settled - loop.settled_before  # the store may have earlier ones
        rate = done / max(time.monotonic() - start, 0.001)
        known = done + loop.store.open_calls
        last, size = loop.acceptance.last, loop.input.size
        read = min(last.end / size, 1.0) if last is not None and size else None
        of = max(known, known / read) if read else known
        why = why_it_waits(outlook(loop.sender, loop.clock()))
        return Reached("sending", done, of, f" calls, {rate:.0f}/s{why}")

    with meter(quiet) as show:
        yield lambda loop: show(lambda: reached(loop))


def why_it_waits(waits: Sequence[Waiting]) -> str:
    """The longest noticeable wait and its reason; empty if there is none.

    >>> why_it_waits([Waiting("events.create_event", "breaker", 7.5, 40, "503")])
    '; events.create_event again in 8 s (breaker, last: 503)'
    """
    noticed = [one for one in waits if one.seconds is not None and one.seconds >= NOTICED]
    if not noticed:
        return ""
    one = max(noticed, key=lambda one: one.seconds or 0.0)
    last = f", last: {one.trouble}" if one.trouble else ""
    return f"; {one.endpoint} again in {one.seconds:.0f} s ({one.reason}{last})"
