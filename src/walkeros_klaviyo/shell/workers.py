"""Who makes the requests? Threads that may be left behind.

An executor waits for its threads, even at the end of the process; a run that was told to stop
must not wait for a request that nobody answers. So these are daemons.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from attrs import Factory, define

from .signals import leave_signals_to_others

Work = Callable[[], None]


@define
class Workers:
    """A number of threads that are started as they are needed, and share the work.

    >>> done = queue.SimpleQueue()
    >>> Workers(2).submit(done.put, "made")
    >>> done.get(timeout=10)
    'made'
    """

    most: int
    _work: queue.SimpleQueue[Work] = Factory(queue.SimpleQueue)
    _idle: threading.Semaphore = Factory(lambda: threading.Semaphore(0))
    _started: int = 0

    def submit(self, act: Callable[..., None], *given: Any) -> None:
        """Have it done by the next free thread."""
        self._work.put(lambda: act(*given))
        if not self._idle.acquire(blocking=False) and self._started < self.most:
            self._started += 1
            threading.Thread(
                target=self._serve, name=f"klaviyo-{self._started}", daemon=True
            ).start()

    def _serve(self) -> None:
        leave_signals_to_others()
        while True:
            self._work.get()()
            self._idle.release()
