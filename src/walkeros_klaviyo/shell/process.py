"""How does a command's process behave?

Signals end it cleanly, a second one at once; its reader may leave; garbage is collected rarely.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

_YOUNG: Final = 30_000
"""The number of new objects that starts a search for reference cycles. At Python's default (700 in
3.11), a third of a bulk run went into searching thousands of live events, which never form one. At
100,000, cycles made by a function of yours would hold hundreds of megabytes."""


def collect_rarely() -> None:
    """Search for reference cycles rarely; reference counting still frees the rest at once."""
    gc.set_threshold(_YOUNG, 10, 10)


@contextmanager
def readers_may_leave(*, ends: bool = True) -> Iterator[None]:
    """Write nothing more if the reader leaves, as in `… | head -1`; the command ends or goes on."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        forget_output()
        if ends:
            raise SystemExit(0) from None


def leave_signals_to_others() -> None:
    """Block signals in this thread, so that they wake the thread that waits for them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})


def forget_output() -> None:
    """Write nothing more to stdout, not even at exit."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def ended_by_signals(act: Callable[[], int]) -> int:
    """The exit code of a command; SIGTERM ends it like Ctrl-C, so that temporary files are removed.

    A second signal, or one before the command begins or after it ends, ends the process at once.
    """
    came: list[int] = []
    is_under_way = False

    def end(number: int, frame: Any) -> None:
        if came or not is_under_way:
            os._exit(128 + number)
        came.append(number)
        raise KeyboardInterrupt

    def unraisable(found: Any) -> None:
        """Catch an interrupt raised in a destructor, which Python would only print."""
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
    """Call `interrupt` on a signal instead of ending the process; restores the old handlers."""
    with _handling(lambda number, frame: interrupt(number)):
        yield


@contextmanager
def _handling(handle: Callable[[int, Any], None]) -> Iterator[None]:
    """Handle signals within the block; outside the main thread, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
