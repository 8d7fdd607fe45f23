"""How do other threads hand events to the loop and wait for the result?

Without a lock: a signal handler may raise or close everything, or the process fork, at any point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

from attrs import Factory, define

from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.shell.input.line import line_of
from walkeros_klaviyo.shell.store import Store

from .inbox import Batch


class DestinationFullError(TimeoutError):
    """Too many calls are pending and none was sent within the time-out; the event was not taken."""


class DestinationClosedError(RuntimeError):
    """The destination takes no more events: it was closed, its store failed, or it was forked."""


@define(eq=False)
class Entrance:
    """Puts events into a loop's inbox, until it is closed."""

    inbox: SimpleQueue[Any]
    store: Store
    is_closed: bool = False
    error: BaseException | None = None
    """Why the loop ended."""
    waiting: set[Future[Any]] = Factory(set)
    _numbers: Iterator[int] = Factory(lambda: count(1))

    @property
    def is_ours(self) -> bool:
        """Is this still the process that opened it?"""
        return not self.store.is_inherited

    @property
    def is_open(self) -> bool:
        """Can events be taken?"""
        return self.is_ours and self.error is None and not self.is_closed

    def check(self) -> None:
        """Raise DestinationClosedError if no events can be taken."""
        if not self.is_ours:
            raise DestinationClosedError(
                f"this Destination belongs to process {self.store.pid}; "
                "a forked child makes its own, with another store"
            )
        if self.error is not None:
            raise DestinationClosedError(str(self.error)) from self.error
        if self.is_closed:
            raise DestinationClosedError("it is closed")

    def hand_in(
        self, events: Iterable[Any], done: Callable[[Future[Any]], None] = lambda accepted: None
    ) -> Future[tuple[Plan, ...]]:
        """Give events to the loop; the future is done once they are durable."""
        # Everything that touches the future's lock comes before anybody else has it, since a
        # handler that raises there would leave it locked. We enqueue before we check, and `leave`
        # runs after closing, so that one sees the other.
        self.check()
        batch = Batch(tuple(line_of(next(self._numbers), event) for event in events))
        batch.accepted.add_done_callback(self.waiting.discard)
        batch.accepted.add_done_callback(done)
        self.waiting.add(batch.accepted)
        try:
            self.check()
        except DestinationClosedError:
            batch.accepted.cancel()
            raise
        self.inbox.put(batch)
        return batch.accepted

    def take(self, events: Iterable[Any], timeout: float | None) -> tuple[Plan, ...]:
        """Hand in events and wait for their plans."""
        # Waiting on the future itself is not safe if a signal handler raises.
        done: SimpleQueue[Future[Any]] = SimpleQueue()
        accepted = self.hand_in(events, done.put)
        try:
            done.get(timeout=timeout)
        except Empty:
            if accepted.cancel():
                raise DestinationFullError(
                    f"no room for the event in {timeout:g} seconds: "
                    f"{self.store.open_calls:,} calls wait"
                ) from None
            done.get()  # it was just being accepted
        try:
            return accepted.result()
        except CancelledError:
            raise DestinationClosedError("the event was not taken") from self.error

    def leave(self) -> None:
        """Close it, cancelling everything that will not be accepted."""
        self.is_closed = True
        for accepted in tuple(self.waiting):
            if not accepted.cancel() and not accepted.done():  # planned but not durable
                accepted.set_exception(CancelledError())
