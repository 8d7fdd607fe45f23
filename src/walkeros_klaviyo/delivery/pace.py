"""How fast may requests be sent?

An endpoint has two rate windows, a second (burst) and a minute (steady). Requests are sent as fast
as the second allows until the minute is full: evenly within the second (the generic cell rate
algorithm), while the minute is counted second by second. `Retry-After` and `RateLimit-*` correct
the pace. Time is an argument.
Source: Klaviyo's published rate limits (burst per second, steady per minute).
"""

from __future__ import annotations

from math import floor, inf
from typing import Final

from attrs import evolve, frozen

BURST_SHARE: Final = 0.9
"""The share of a second's limit that is sent evenly; with AT_ONCE, at most 98% in any second."""
AT_ONCE: Final = 0.08
"""The share of a second's limit that may be sent at once, to catch up after a delay."""
STEADY_SHARE: Final = 0.99
"""The share of a minute's limit that is used."""
MINUTE: Final = 61
"""Seconds for which a request counts: a minute, and one for its time on the way."""


@frozen
class Pace:
    """An endpoint's pace: seconds between requests, how many may be sent at once, and since when.

    `due` is when the next request would be due if all were sent evenly. `blocked` is until when
    Klaviyo asked to wait; until `calm`, requests then keep to the minute's even rate. `most` may be
    sent in a minute; `used` holds the seconds in which requests were sent, and how many.
    """

    interval: float = 0.0
    allowance: float = 0.0
    due: float = -inf
    blocked: float = -inf
    calm: float = -inf
    most: int | None = None
    used: tuple[tuple[int, int], ...] = ()


def pace_for(steady: int | None, burst: int = 1) -> Pace:
    """The pace for a published steady rate per minute and burst per second; None for no limits.

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
    """When the next request may be sent.

    >>> ready_at(Pace(interval=1.0, due=10.0)), ready_at(Pace(blocked=99.0))
    (10.0, 99.0)
    >>> ready_at(Pace(most=5, used=((0, 2), (1, 3))))
    61.0
    """
    return max(pace.due - pace.allowance, pace.blocked, minute_at(pace))


def minute_at(pace: Pace) -> float:
    """When the minute window has room."""
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
    """How many requests were sent in the last minute.

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
    """Send nothing for `wait` seconds, then evenly for as long again: others may be using the same
    windows, or Klaviyo may not have recovered yet.

    >>> held = hold(Pace(interval=1.0, allowance=5.0), now=0.0, wait=30.0)
    >>> ready_at(held), ready_at(spend(held, 30.0))
    (30.0, 31.0)
    """
    until = now + wait
    if until <= pace.blocked:
        return pace
    due = max(pace.due, until + pace.allowance)
    return evolve(pace, blocked=until, due=due, calm=max(pace.calm, until + wait))
