"""What if the clock jumps?

The sender's own time never goes back and never leaps. A jump back is a standstill of no length.
Who was asked to wake the sender and comes much later has been held up, or the clock was set: nobody
knows how much time has passed, so two seconds are believed, and no requests are earned by them.
Where nothing was to be done, a minute is believed: no wait that is over seems to last.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

MAX_LEAP: Final = 60.0
"""Seconds that may pass between two messages; waits are never longer, so more is a jump."""


LATE: Final = 2.0
"""Seconds after the time that was asked for at which a busy loop may still come round."""


@frozen
class Steady:
    """The last reading of the clock, the sender's own time at that moment, and its next wake."""

    read: float | None = None
    own: float = 0.0
    wake: float | None = None
    """What the clock shows when the sender asked to be woken; None: it had nothing to do."""


def tick(steady: Steady, now: float) -> Steady:
    """A new reading.

    >>> tick(Steady(100.0, 0.0), 101.5).own, tick(Steady(100.0, 7.0), 0.0).own
    (1.5, 7.0)
    >>> tick(Steady(100.0, 0.0, wake=101.0), 3700.0).own
    2.0
    """
    passed = 0.0 if steady.read is None else now - steady.read
    most = LATE if steady.wake is not None and leapt(steady, now) else MAX_LEAP
    return Steady(now, steady.own + min(max(passed, 0.0), most))


def leapt(steady: Steady, now: float) -> bool:
    """Is it so much later than it should be that the clock may have been set?

    >>> leapt(Steady(100.0, 0.0, wake=101.0), 102.9), leapt(Steady(100.0, 0.0, wake=101.0), 3700.0)
    (False, True)
    """
    if steady.read is None:
        return False
    expected = steady.read if steady.wake is None else max(steady.read, steady.wake)
    return now - expected > LATE
