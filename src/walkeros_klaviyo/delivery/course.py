"""Does a run go on, and until when may it wait?

It goes on until its input has ended and all is decided. Once it was stopped or interrupted it
waits a while for what is under way, and ends. A run that is lasting, a program's, is not ended by
a stop as long as events may come: it accepts them, and tries again in a while.
"""

from __future__ import annotations

from math import inf
from typing import Final

from attrs import evolve, frozen

from .messages import Stop
from .sender import Sender, stuck

DRAIN: Final = 10.0
"""Seconds that a run which was stopped waits for what is under way."""
AGAIN: Final = 60.0
"""Seconds after which a lasting one tries again."""
STUCK: Final = 60.0
"""Seconds after which a run ends whose last calls fail by themselves, with nothing else to do."""


@frozen
class Course:
    """How a run goes.

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
    """No more events come in."""
    stopped: Stop | None = None
    interrupted: int | None = None
    """The signal."""
    since: float = -inf
    """When it was stopped or interrupted."""

    def stop(self, stop: Stop, now: float) -> Course:
        """It is no use to send, for now or for good."""
        return evolve(self, stopped=stop, since=now)

    def interrupt(self, signal: int, now: float) -> Course:
        """Somebody wants it to end; asked twice, at once."""
        is_first = self.interrupted is None
        first = signal if self.interrupted is None else self.interrupted
        return evolve(self, interrupted=first, since=now if is_first else -inf)

    @property
    def sends(self) -> bool:
        """Are new requests made?"""
        return self.stopped is None and self.interrupted is None

    @property
    def _recovers(self) -> bool:
        return self.is_lasting and not self.has_read

    @property
    def accepts(self) -> bool:
        """Are events accepted?"""
        return self.interrupted is None and (self.stopped is None or self._recovers)

    @property
    def looks_at(self) -> float:
        """When it has to look again though nothing comes in."""
        if self.sends:
            return inf
        return self.since + (AGAIN if self.accepts else DRAIN)

    def is_tried_again(self, now: float) -> bool:
        """Is it time to send again after a stop?"""
        return self.stopped is not None and self._recovers and now >= self.since + AGAIN

    def is_over(self, sender: Sender, is_idle: bool, now: float) -> bool:
        """Is nothing more to be done? `is_idle`: everything that came in is with the sender."""
        if not self.accepts:
            return sender.flying == 0 or now >= self.looks_at
        return is_idle and sender.pending == 0

    def gives_up(self, sender: Sender, now: float) -> Stop | None:
        """What ends an idle run of which all that is left has long failed by itself."""
        if not (sender.pending and sender.is_stuck):
            return None
        spoke_at = max(one.spoke_at for one in sender.endpoints.values())
        return stuck(sender) if now - max(spoke_at, self.began) >= STUCK else None
