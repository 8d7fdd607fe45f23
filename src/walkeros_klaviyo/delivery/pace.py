"""How fast may it go?

One bucket an endpoint, as a single number (the generic cell rate algorithm): small enough that
any sliding second and minute stay below the published windows, full enough to reach at least 95%
of the steady rate. Corrected by `Retry-After` and `RateLimit-*`. Time comes in as an argument.
Source: Klaviyo's published rate limits (burst a second, steady a minute).
"""

from __future__ import annotations

from math import inf
from typing import Final

from attrs import evolve, frozen

SHARE: Final = 0.97
"""Of the steady rate that is used; with the bucket, at most 99% of any minute."""
BUCKET: Final = 0.02
"""Of a minute's requests that may go at once."""


@frozen
class Pace:
    """An endpoint's pace: seconds between requests, how many may go at once, and since when.

    `due` is when the next request would be due if all had gone evenly; `blocked` until when
    Klaviyo asked to wait.
    """

    interval: float = 0.0
    allowance: float = 0.0
    due: float = -inf
    blocked: float = -inf


def pace_for(steady: int | None, burst: int = 0) -> Pace:
    """The pace for a published steady rate a minute; None for no limits.

    >>> round(1 / pace_for(3_500, 350).interval, 2)
    56.58
    """
    if steady is None:
        return Pace()
    interval = 60.0 / (SHARE * steady)
    at_once = max(1.0, min(BUCKET * steady, burst - 1 / interval))
    return Pace(interval, (at_once - 1.0) * interval)


def ready_at(pace: Pace) -> float:
    """From when on the next request may go.

    >>> ready_at(Pace(interval=1.0, due=10.0)), ready_at(Pace(blocked=99.0))
    (10.0, 99.0)
    """
    return max(pace.due - pace.allowance, pace.blocked)


def spend(pace: Pace, now: float) -> Pace:
    """The pace after a request.

    >>> ready_at(spend(Pace(interval=1.0), now=5.0))
    6.0
    """
    if pace.interval == 0.0:
        return pace
    return evolve(pace, due=max(pace.due, now) + pace.interval)


def hold(pace: Pace, until: float) -> Pace:
    """Nothing before this time; afterwards evenly, without a stampede.

    >>> held = hold(Pace(interval=1.0, allowance=5.0), until=30.0)
    >>> ready_at(held), ready_at(spend(held, 30.0))
    (30.0, 31.0)
    """
    if until <= pace.blocked:
        return pace
    return evolve(pace, blocked=until, due=max(pace.due, until + pace.allowance))
