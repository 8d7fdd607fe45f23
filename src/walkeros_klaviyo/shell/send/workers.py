"""Which threads make the requests? Daemons, which can be abandoned.

An executor waits for its threads, even at process exit, but a run told to stop must not wait for a
request that is never answered.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from attrs import Factory, define, field, frozen

from walkeros_klaviyo.delivery.messages import Answer, Answered, Ask, Post
from walkeros_klaviyo.shell.problem import ProblemError
from walkeros_klaviyo.shell.process import leave_signals_to_others
from walkeros_klaviyo.shell.store import Body, Damaged

from .request import as_refusal, request_body, without

THREADS: Final = 32
"""The most concurrent requests of one run."""

Work = Callable[[], None]


def _end() -> None:
    """The work item that ends a thread."""


class NoThreadError(ProblemError, RuntimeError):
    """The system cannot start a thread for requests."""


@define
class Workers:
    """A pool of threads, started as needed.

    >>> done = queue.SimpleQueue()
    >>> workers = Workers(2)
    >>> workers.submit(done.put, "made")
    >>> done.get(timeout=10)
    'made'
    >>> workers.close()
    """

    most: int
    name: str = "klaviyo"
    _work: queue.SimpleQueue[Work] = Factory(queue.SimpleQueue)
    _idle: threading.Semaphore = Factory(lambda: threading.Semaphore(0))
    _threads: list[threading.Thread] = Factory(list)

    def submit(self, act: Callable[..., None], *given: Any) -> None:
        """Run `act` in the next free thread; NoThreadError if there is no thread at all."""
        if not self._idle.acquire(blocking=False) and len(self._threads) < self.most:
            self._start()
        self._work.put(lambda: act(*given))

    def _start(self) -> None:
        name = f"{self.name}-{len(self._threads) + 1}"
        thread = threading.Thread(target=self._serve, name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            if not self._threads:
                raise NoThreadError(
                    "the system starts no more threads, and one at least is needed to send; "
                    "end other programs or raise the limit (ulimit -u)"
                ) from error
            return  # the existing threads do it
        self._threads.append(thread)

    def close(self, timeout: float = 0.0) -> None:
        """End each thread after its current work; wait up to `timeout` seconds in total."""
        for _ in self._threads:
            self._work.put(_end)
        until = time.monotonic() + timeout
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(until - time.monotonic(), 0.0))

    @property
    def waiting(self) -> int:
        """The number of work items not begun."""
        return self._work.qsize()

    def _serve(self) -> None:
        leave_signals_to_others()
        while (work := self._work.get()) is not _end:
            work()
            del work  # free its data while the thread is idle
            self._idle.release()


class Connection(Protocol):
    """A connection to Klaviyo, such as `send.klaviyo.Klaviyo`."""

    def send(self, call: str, body: bytes) -> Answer:
        """Make one call."""

    def ask(self, job: str, errors: bool = False) -> Answer:
        """Ask for an import's progress, or which of its rows failed."""

    def close(self) -> None:
        """Close open connections."""


@frozen
class Posting:
    """Makes requests in threads; whatever happens, an answer arrives in the inbox."""

    klaviyo: Connection
    inbox: queue.SimpleQueue[Any]
    workers: Workers = field(factory=lambda: Workers(THREADS), init=False)

    def post(self, post: Post, rows: Sequence[Body | Damaged]) -> None:
        """Send the calls of a request."""
        bodies = [one.text for one in rows if isinstance(one, Body)]
        if len(bodies) < len(rows):  # a row damaged since it was taken is never sent
            damaged = [place for place, one in enumerate(rows) if not isinstance(one, Body)]
            self.inbox.put(Answered(post.request, as_refusal(post.call, damaged)))
            return
        if post.leave_out:
            left = without(bodies[0], post.leave_out)
            if left is None:
                self.inbox.put(Answered(post.request, Answer(None, fault="unsent")))
                return
            bodies = [left]
        self.workers.submit(self._answer, post.request, self._send, post.call, bodies)

    def ask(self, ask: Ask) -> None:
        """Ask about an import."""
        self.workers.submit(self._answer, ask.request, self.klaviyo.ask, ask.job, ask.errors)

    def _send(self, call: str, bodies: list[bytes]) -> Answer:
        return self.klaviyo.send(call, request_body(call, bodies))

    def _answer(self, request: int, act: Callable[..., Answer], *given: Any) -> None:
        try:
            answer = act(*given)
        except Exception as error:  # a bug of ours must not lose the request
            answer = Answer(None, fault="crash", body=type(error).__name__.encode())
        self.inbox.put(Answered(request, answer))

    def close(self) -> None:
        """Start nothing more; requests under way are abandoned."""
        self.workers.close()
        self.klaviyo.close()
