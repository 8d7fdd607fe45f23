"""How far is a check? A bar on a terminal; elsewhere a plain line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from walkeros_klaviyo.core.shown import visible

from .telling import drawing, tell

EVERY = 10.0
"""Seconds between plain lines."""


@contextmanager
def watching(quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A function (what, done, of) to be told how far it is; `of` is 0 where nobody knows."""
    if quiet:
        yield lambda what, done, of: None
    elif sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield _plain()


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:,.0f}", markup=False),
        TimeElapsedColumn(),
    )
    with drawing(*columns) as draw:
        yield lambda what, done, of: draw(
            lambda: {"description": visible(what), "completed": done, "total": of or None}
        )


def _plain() -> Callable[[str, int, int], None]:
    last = time.monotonic()

    def show(what: str, done: int, of: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY:
            last = now
            tell(f"{what}: {done:,}" + (f" of {of:,}" if of else ""))

    return show
