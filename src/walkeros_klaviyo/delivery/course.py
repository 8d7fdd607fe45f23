"""Should a run go on, and until when should it wait?

It goes on until its input has ended and every item is settled. After a stop or an interrupt it
waits a while for the requests under way, then ends. A lasting run, in a program that keeps running,
does not end by a stop while events may still come: it accepts them and tries again later.
"""

from __future__ import annotations

from math import inf
from typing import Final

from attrs import evolve, frozen

from .messages import Stop
from .sender import Sender, stuck

DRAIN: Final = 10.0
"""Seconds that a stopped run waits for requests under way."""
AGAIN: Final = 60.0
"""Seconds after which a lasting run tries again."""
STUCK: Final = 60.0
"""Seconds after which a run ends if all that is left keeps failing on its own account."""


@frozen
class Course:
    """The course of a run: whether its input ended, and whether it was stopped or interrupted.

    >>> course = Course(is_lasting=True).stop(Stop("key", "401"), now=100.0)
    >>> course.accepts, course.sends, course.looks_at, course.is_tried_again(160.0)
    (True, False, 160.0, True)
    >>> course = course.interrupt(15, now=101.0)
    >>> course.accepts, course.looks_at
    (False, 111.0)
    """

    is_lasting: bool = False
    began: float = 0.0
    has_read: bool = False
    """The input has ended."""
    stopped: Stop | None = None
    interrupted: int | None = None
    """The signal's number."""
    since: float = -inf
    """The time of the stop or interrupt."""

    def stop(self, stop: Stop, now: float) -> Course:
        """Note that sending is pointless, for now or for good."""
        return evolve(self, stopped=stop, since=now)

    def interrupt(self, signal: int, now: float) -> Course:
        """Note a request to end; a second one ends the run at once."""
        is_first = self.interrupted is None
        first = signal if self.interrupted is None else self.interrupted
        return evolve(self, interrupted=first, since=now if is_first else -inf)

    @property
    def sends(self) -> bool:
        """May new requests be sent?"""
        return self.stopped is None and self.interrupted is None

    @property
    def _recovers(self) -> bool:
        return self.is_lasting and not self.has_read

    @property
    def accepts(self) -> bool:
        """May events be accepted?"""
        return self.interrupted is None and (self.stopped is None or self._recovers)

    @property
    def looks_at(self) -> float:
        """When the run must check again even if nothing happens."""
        if self.sends:
            return inf
        return self.since + (AGAIN if self.accepts else DRAIN)

    def is_tried_again(self, now: float) -> bool:
        """Is it time to send again after a stop?"""
        return self.stopped is not None and self._recovers and now >= self.since + AGAIN

    def is_over(self, sender: Sender, is_idle: bool, now: float) -> bool:
        """Is the run over? `is_idle`: the sender has everything that was accepted."""
        if not self.accepts:
            return sender.flying == 0 or now >= self.looks_at
        return is_idle and sender.pending == 0

    def gives_up(self, sender: Sender, now: float) -> Stop | None:
        """The reason to end an idle run whose remaining calls have long been failing alone."""
        if not (sender.pending and sender.is_stuck):
            return None
        spoke_at = max(one.spoke_at for one in sender.endpoints.values())
        return stuck(sender) if now - max(spoke_at, self.began) >= STUCK else None
