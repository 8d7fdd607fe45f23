"""Is a key sending too fast?

Two windows per endpoint and key, a second (burst) and a minute (steady), either fixed to the clock
or sliding. A refused request does not count. Pure: the time is an argument.
Source: the rate limits in Klaviyo's endpoint descriptions; fixed windows, `Retry-After` in whole
seconds on a 429 and `RateLimit-*` on other answers: its guide to rate limits.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import NamedTuple

from attrs import frozen


class Used(NamedTuple):
    """A key's usage: its latest second and minute, and the requests in each."""

    second: int = 0
    in_second: int = 0
    minute: int = 0
    in_minute: int = 0
    moments: tuple[float, ...] = ()
    """The times of the last minute's requests, for sliding windows."""


@frozen
class Turn:
    """May the request pass, and what is left after it?"""

    used: Used
    retry_after: int | None
    """Seconds to wait; None if the request may pass."""
    remaining: int
    reset: int


def spent(used: Used, now: float) -> tuple[int, int]:
    """The requests in the current second and minute, for either kind of window.

    >>> used = turn(Used(), burst=1, steady=15, now=60.2).used
    >>> spent(used, 60.9), spent(used, 61.0), spent(used, 120.0)
    ((1, 1), (0, 1), (0, 0))
    """
    if used.moments:
        found = (len(used.moments) - bisect_right(used.moments, now - back) for back in (1, 60))
        return next(found), next(found)
    in_second = used.in_second if used.second == int(now) else 0
    return in_second, used.in_minute if used.minute == int(now // 60) else 0


def turn(used: Used, burst: int, steady: int, now: float) -> Turn:
    """One more request at `now`, with fixed windows.

    >>> first = turn(Used(), burst=1, steady=15, now=60.2)
    >>> first.retry_after is None, first.remaining, first.reset
    (True, 14, 60)
    >>> turn(first.used, burst=1, steady=15, now=60.9).retry_after
    1
    """
    second, minute = int(now), int(now // 60)
    in_second = used.in_second if used.second == second else 0
    in_minute = used.in_minute if used.minute == minute else 0
    reset = max(1, math.ceil((minute + 1) * 60 - now))
    if in_minute >= steady:
        return Turn(used, reset, 0, reset)
    if in_second >= burst:
        return Turn(used, 1, steady - in_minute, reset)
    after = Used(second, in_second + 1, minute, in_minute + 1)
    return Turn(after, None, steady - after.in_minute, reset)


def slide(used: Used, burst: int, steady: int, now: float) -> Turn:
    """The same with sliding windows, in which any second and any minute counts.

    >>> first = slide(Used(), burst=1, steady=15, now=60.2)
    >>> slide(first.used, burst=1, steady=15, now=61.1).retry_after
    1
    """
    at = bisect_right(used.moments, now - 60)
    moments = used.moments[at:] if at else used.moments
    reset = max(1, math.ceil(moments[0] + 60 - now)) if moments else 60
    if len(moments) >= steady:
        return Turn(used, reset, 0, reset)
    if len(moments) - bisect_right(moments, now - 1) >= burst:
        return Turn(used, 1, steady - len(moments), reset)
    after = Used(moments=(*moments, now))
    return Turn(after, None, steady - len(after.moments), reset)
