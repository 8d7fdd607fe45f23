"""How is progress written to stderr without ever blocking or failing?"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from walkeros_klaviyo.core.shown import visible

from .log_lines import LOG, LogLines
from .screen import Unfailing, for_styles, is_heard

LONGEST: Final = 1_000
"""The most characters of a line: what a writable pipe accepts without blocking (PIPE_BUF)."""
FRAME: Final = 0.1
"""Seconds between frames of a bar."""


def tell(text: str) -> None:
    """Write a line to stderr; drop it if that would block or fail."""
    if isinstance(sys.stderr, LogLines):
        LOG.info("%s", visible(text))
    elif is_heard():
        print(visible(text)[:LONGEST], file=Unfailing(sys.stderr))


@contextmanager
def drawing(*columns: Any) -> Iterator[Callable[[Callable[[], dict[str, Any]]], None]]:
    """A function that draws a bar with these columns, given a function for its fields.

    It draws in the caller's thread and never blocks, dropping what the terminal does not accept.
    """
    from rich.console import Console
    from rich.progress import Progress

    with _own_terminal() as terminal:
        bar = Progress(
            *columns,
            console=Console(file=Unfailing(terminal)),  # type: ignore[arg-type]
            transient=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        task = bar.add_task("", total=None)
        drawn = 0.0

        def draw(fields: Callable[[], dict[str, Any]]) -> None:
            nonlocal drawn
            now = time.monotonic()
            if now - drawn >= FRAME and is_heard():
                drawn = now
                bar.update(task, **fields())
                bar.start()
                bar.refresh()

        try:
            yield draw
        finally:
            if bar.live.is_started and is_heard():
                bar.stop()


@contextmanager
def _own_terminal() -> Iterator[Any]:
    """The terminal behind stderr, reopened so that its mode for others stays unchanged."""
    try:
        flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
        number = os.open(os.ttyname(sys.stderr.fileno()), flags)
    except (OSError, ValueError):
        yield for_styles(sys.stderr)
        return
    with io.FileIO(number, "w") as raw:
        yield io.TextIOWrapper(raw, sys.stderr.encoding, "backslashreplace", write_through=True)
