"""What happens on Ctrl-C and SIGTERM? What is under way is finished; asked twice, it stops."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any


@contextmanager
def readers_may_leave() -> Iterator[None]:
    """`… | head -1`: the reader had enough, and nothing failed. Ends the command quietly."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        forget_output()
        raise SystemExit(0) from None


def leave_signals_to_others() -> None:
    """In a thread of ours: a signal must wake the thread that waits for it, which is another."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})


@contextmanager
def heard() -> Iterator[None]:
    """`… | head -1`: the reader had enough; the command goes on, and ends as it would have."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        forget_output()


def forget_output() -> None:
    """Let nothing more be written to stdout, also not at the end of the process."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextmanager
def clearing_up() -> Iterator[None]:
    """A SIGTERM ends the command as Ctrl-C does: what is temporary is removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: Any) -> None:
        raise SystemExit(128 + number)

    kept = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, kept)


@contextmanager
def interruptible(interrupt: Callable[[int], None]) -> Iterator[None]:
    """Tell `interrupt` of a signal instead of ending the process; old handlers come back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: Any) -> None:
        interrupt(number)

    kept = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
