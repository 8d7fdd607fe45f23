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


def ended_by_signals(act: Callable[[], int]) -> int:
    """The exit code of a command, which a SIGTERM ends as Ctrl-C does: what is temporary goes.

    A second signal, or one before it begins and once it is done, ends the process at once.
    """
    came: list[int] = []
    is_under_way = False

    def end(number: int, frame: Any) -> None:
        if came or not is_under_way:
            os._exit(128 + number)
        came.append(number)
        raise KeyboardInterrupt

    def unraisable(found: Any) -> None:
        """In a destructor, say, Python would print it and go on."""
        if came:
            os._exit(128 + came[0])
        hook(found)

    hook, sys.unraisablehook = sys.unraisablehook, unraisable
    with _handling(end):
        try:
            is_under_way = True
            code = act()
        except KeyboardInterrupt:
            code = 128 + signal.SIGINT
        finally:
            is_under_way = False
            sys.unraisablehook = hook
    return 128 + signal.SIGTERM if signal.SIGTERM in came else code


@contextmanager
def interruptible(interrupt: Callable[[int], None]) -> Iterator[None]:
    """Tell `interrupt` of a signal instead of ending the process; old handlers come back."""
    with _handling(lambda number, frame: interrupt(number)):
        yield


@contextmanager
def _handling(handle: Callable[[int, Any], None]) -> Iterator[None]:
    """Signals come here; but only the main thread may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
