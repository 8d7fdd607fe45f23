"""What is done at the next commit, and who is notified then?"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final

from attrs import Factory, define, frozen

from walkeros_klaviyo.shell.input.position import Position
from walkeros_klaviyo.shell.store import Store
from walkeros_klaviyo.shell.store.letter import Letter

from .acceptance import Rejected
from .inbox import Place

LAG: Final = 0.2
"""Seconds that a delivery may wait for its commit; after a crash it is resent, with its id."""
LOG: Final = logging.getLogger("walkeros_klaviyo")
LOG.addHandler(logging.NullHandler())  # silent unless the program configures logging


@frozen
class Observers:
    """Callbacks, called in the loop's thread.

    `reject` gets rejections before they are committed, so that each is written at least once;
    `on_dead` gets the same once they are durable; `watch` gets the loop after each turn.
    """

    reject: Callable[[Sequence[Rejected]], None] = lambda rejected: None
    on_dead: Callable[[Letter], None] = lambda letter: None
    watch: Callable[[Any], None] = lambda loop: None


def tell(observer: Callable[..., None], *given: Any) -> None:
    """Call an observer, logging whatever it raises: observers must not harm delivery."""
    try:
        observer(*given)
    except BaseException as error:  # SystemExit too, which would end only the loop
        is_ours = threading.current_thread() is threading.main_thread()
        if isinstance(error, KeyboardInterrupt) and is_ours:
            raise
        LOG.warning("an observer failed and was passed over: %s", type(error).__name__)


@define(eq=False)
class Uncommitted:
    """What has been done since the last commit."""

    settled: list[int] = Factory(list)
    """Delivered calls."""
    rejected: list[Rejected] = Factory(list)
    places: dict[str, Position] = Factory(dict)
    """How far each input has been accepted."""
    replies: list[tuple[Future[Any], Any]] = Factory(list)
    """Futures to resolve once everything is durable, with their results."""
    is_awaited: bool = False
    due_at: float | None = None

    def reply(
        self, future: Future[Any], answer: Any, place: Place = (), waits: bool = True
    ) -> None:
        """Resolve a future at the next commit; if `waits`, somebody needs that commit soon."""
        self.replies.append((future, answer))
        self.places.update(place)
        self.is_awaited = self.is_awaited or waits

    def is_due(self, store: Store, is_hungry: bool, now: float) -> bool:
        """Is it time to commit: somebody waits, the sender needs work, or LAG has passed?"""
        if not (store.has_uncommitted or self.replies or self.rejected):
            return False
        if self.due_at is None:
            self.due_at = now + LAG
        return self.is_awaited or is_hungry or now >= self.due_at

    def settle(self, store: Store) -> None:
        """Write the deliveries to the store."""
        if self.settled:
            settled, self.settled = self.settled, []
            store.delivered(settled)

    def commit(self, store: Store, observers: Observers) -> None:
        """Commit all or nothing; then resolve the futures and notify the observers."""
        self.settle(store)
        for name, position in self.places.items():
            store.advance(name, position)
        rejected, self.rejected = self.rejected, []
        if rejected:
            tell(observers.reject, rejected)
        store.commit()
        self.places.clear()
        self.due_at, self.is_awaited = None, False
        replies, self.replies = self.replies, []
        for future, answer in replies:
            future.set_result(answer)
        _log(rejected)
        for one in rejected:
            tell(observers.on_dead, one.letter)


def _log(rejected: Sequence[Rejected]) -> None:
    """Log rejections by reason with the first line: one entry for a thousand at once."""
    first: dict[tuple[str, str], int] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for one in rejected:
        reason = one.outcome, one.letter.code
        first.setdefault(reason, one.line.number)
        counts[reason] += 1
    for (outcome, code), count in counts.items():
        line = first[outcome, code]
        more = "" if count == 1 else f" and {count - 1:,} more"
        fields = {"outcome": outcome, "line": line, "code": code, "count": count}
        LOG.warning("%s: line %d%s, %s", outcome, line, more, code, extra={"fields": fields})
