"""What happens on Ctrl-C and SIGTERM? What is under way is finished; asked twice, it stops."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


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
