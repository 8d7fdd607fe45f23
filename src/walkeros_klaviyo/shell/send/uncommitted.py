"""What waits for the next commit, and who is told then?"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Final

from attrs import Factory, define

from walkeros_klaviyo.shell.input.position import Position
from walkeros_klaviyo.shell.store import Store

from .acceptance import Rejected
from .inbox import Place
from .observers import LOG, Observers, tell

LAG: Final = 0.2
"""Seconds that a delivery may wait for its commit; a crash before repeats it, with the same id."""


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
        for one in rejected:
            LOG.warning("%s: line %d, %s", one.outcome, one.line.number, one.letter.code)
            tell(observers.on_dead, one.letter)
