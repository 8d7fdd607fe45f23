"""What if the clock jumps?

The sender's own time never goes back and never leaps: a jump back is a standstill of no length,
a jump ahead at most a minute, so that no deadline is missed for long and no window overrun.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

MAX_LEAP: Final = 60.0
"""Seconds that may pass between two messages; waits are never longer, so more is a jump."""


@frozen
class Steady:
    """The last reading of the clock, and the sender's own time at that moment."""

    read: float | None = None
    own: float = 0.0


def tick(steady: Steady, now: float) -> Steady:
    """A new reading.

    >>> tick(Steady(100.0, 0.0), 101.5).own, tick(Steady(100.0, 7.0), 0.0).own
    (1.5, 7.0)
    """
    passed = 0.0 if steady.read is None else now - steady.read
    return Steady(now, steady.own + min(max(passed, 0.0), MAX_LEAP))
