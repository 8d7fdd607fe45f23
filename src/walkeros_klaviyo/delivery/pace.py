"""How fast may it go?

An endpoint has two windows, a second (burst) and a minute (steady), and both are used: requests go
as fast as the second allows until the minute is full. Within the second they go evenly (the
generic cell rate algorithm), and the minute is counted second by second. Corrected by
`Retry-After` and `RateLimit-*`. Time comes in as an argument.
Source: Klaviyo's published rate limits (burst a second, steady a minute).
"""

from __future__ import annotations

from math import floor, inf
from typing import Final

from attrs import evolve, frozen

BURST_SHARE: Final = 0.9
"""Of a second's requests that go evenly; with what may go at once, at most 98% of any second."""
AT_ONCE: Final = 0.08
"""Of a second's requests that may go at once, after a moment that was lost."""
STEADY_SHARE: Final = 0.99
"""Of a minute's requests that are used."""
MINUTE: Final = 61
"""Seconds after which one second's requests count no more: a request arrives later than it goes."""


@frozen
class Pace:
    """An endpoint's pace: seconds between requests, how many may go at once, and since when.

    `due` is when the next request would be due if all had gone evenly; `blocked` until when
    Klaviyo asked to wait, and `calm` until when they go at the minute's even rate after that.
    `most` may go in a minute; `used` are the seconds in which some went, and how many.
    """

    interval: float = 0.0
    allowance: float = 0.0
    due: float = -inf
    blocked: float = -inf
    calm: float = -inf
    most: int | None = None
    used: tuple[tuple[int, int], ...] = ()


def pace_for(steady: int | None, burst: int = 1) -> Pace:
    """The pace for a published steady rate a minute and a burst a second; None for no limits.

    >>> pace = pace_for(3_500, 350)
    >>> round(1 / pace.interval), pace.most
    (315, 3465)
    """
    if steady is None:
        return Pace()
    interval = 1.0 / (BURST_SHARE * burst)
    allowance = AT_ONCE * burst * interval
    return Pace(interval, allowance, most=max(1, floor(STEADY_SHARE * steady)))


def ready_at(pace: Pace) -> float:
    """From when on the next request may go.

    >>> ready_at(Pace(interval=1.0, due=10.0)), ready_at(Pace(blocked=99.0))
    (10.0, 99.0)
    >>> ready_at(Pace(most=5, used=((0, 2), (1, 3))))
    61.0
    """
    return max(pace.due - pace.allowance, pace.blocked, minute_at(pace))


def minute_at(pace: Pace) -> float:
    """From when on the minute has room."""
    if pace.most is None:
        return -inf
    left = sum(count for _, count in pace.used) - pace.most
    for second, count in pace.used:
        if left < 0:
            break
        left -= count
        if left < 0:
            return float(second + MINUTE)
    return -inf


def used_at(pace: Pace, now: float) -> int:
    """How many requests went in the last minute.

    >>> used_at(Pace(most=5, used=((0, 2), (30, 3))), now=70.0)
    3
    """
    return sum(count for second, count in pace.used if second + MINUTE > now)


def spend(pace: Pace, now: float) -> Pace:
    """The pace after a request.

    >>> ready_at(spend(Pace(interval=1.0), now=5.0))
    6.0
    """
    if pace.interval == 0.0:
        return pace
    if pace.most is None:
        return evolve(pace, due=max(pace.due, now) + pace.interval)
    due = max(pace.due, now) + (60.0 / pace.most if now < pace.calm else pace.interval)
    second, used = floor(now), pace.used
    if used and used[-1][0] >= second:
        used = (*used[:-1], (used[-1][0], used[-1][1] + 1))
    else:
        used = (*(one for one in used if one[0] + MINUTE > now), (second, 1))
    return evolve(pace, due=due, used=used)


def hold(pace: Pace, now: float, wait: float) -> Pace:
    """Nothing for so long; then evenly for as long again, without a stampede: somebody else may
    use the same windows, or Klaviyo may not be up yet.

    >>> held = hold(Pace(interval=1.0, allowance=5.0), now=0.0, wait=30.0)
    >>> ready_at(held), ready_at(spend(held, 30.0))
    (30.0, 31.0)
    """
    until = now + wait
    if until <= pace.blocked:
        return pace
    due = max(pace.due, until + pace.allowance)
    return evolve(pace, blocked=until, due=due, calm=max(pace.calm, until + wait))
