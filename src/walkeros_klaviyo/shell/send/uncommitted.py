"""What waits for the next commit, and who is told then?"""

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
"""Seconds that a delivery may wait for its commit; a crash before repeats it, with the same id."""
LOG: Final = logging.getLogger("walkeros_klaviyo")
LOG.addHandler(logging.NullHandler())  # silent, unless the program asks


@frozen
class Observers:
    """They are told in the loop's thread.

    `reject` writes down what was rejected, before that is committed: rather twice than never;
    `on_dead` is told of the same once it is durable; `watch` sees the loop after each turn.
    """

    reject: Callable[[Sequence[Rejected]], None] = lambda rejected: None
    on_dead: Callable[[Letter], None] = lambda letter: None
    watch: Callable[[Any], None] = lambda loop: None


def tell(observer: Callable[..., None], *given: Any) -> None:
    """Who only looks on cannot hurt delivery, whatever they do."""
    try:
        observer(*given)
    except BaseException as error:  # SystemExit too: it would end the loop, not the program
        is_ours = threading.current_thread() is threading.main_thread()
        if isinstance(error, KeyboardInterrupt) and is_ours:
            raise
        LOG.warning("an observer failed and was passed over: %s", type(error).__name__)


@define(eq=False)
class Uncommitted:
    """What was done since the last commit."""

    settled: list[int] = Factory(list)
    """Calls that were delivered."""
    rejected: list[Rejected] = Factory(list)
    places: dict[str, Position] = Factory(dict)
    """How far each input was accepted."""
    replies: list[tuple[Future[Any], Any]] = Factory(list)
    """Who waits for what is not durable yet, and the answer."""
    is_awaited: bool = False
    due_at: float | None = None

    def reply(
        self, future: Future[Any], answer: Any, place: Place = (), waits: bool = True
    ) -> None:
        """Once it is durable; at once, unless only a reader ahead `waits` for it."""
        self.replies.append((future, answer))
        self.places.update(place)
        self.is_awaited = self.is_awaited or waits

    def is_due(self, store: Store, is_hungry: bool, now: float) -> bool:
        """In groups: when someone waits for it, when there is work for the sender, or in time."""
        if not (store.has_uncommitted or self.replies or self.rejected):
            return False
        if self.due_at is None:
            self.due_at = now + LAG
        return self.is_awaited or is_hungry or now >= self.due_at

    def settle(self, store: Store) -> None:
        """Write down what was delivered."""
        if self.settled:
            settled, self.settled = self.settled, []
            store.delivered(settled)

    def commit(self, store: Store, observers: Observers) -> None:
        """All of it, or nothing; then those are told who wait for it, and those who look on."""
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
    """By reason, with the first line: of a thousand at once there is one word."""
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
