"""Is the endpoint up?

After a run of failures it is left alone for a while, then probed with a single request; only a
success lets the others go on. So an outage costs few requests, and no item its patience.

    closed ──5 failures in a row──► open ──time passes──► probing ──success──► closed
                                     ▲                        └──failure──► open, for longer
"""

from __future__ import annotations

from math import inf
from typing import Final

from attrs import evolve, frozen

from .retry import backoff

TRIES: Final = 5
"""Failures in a row that open it."""
LONGEST: Final = 20.0
"""Seconds between two probes at most: so long does the end of an outage go unnoticed."""


@frozen
class Breaker:
    """One endpoint's breaker: how many failures in a row, and until when it is open."""

    failures: int = 0
    open_until: float = -inf

    @property
    def is_closed(self) -> bool:
        """Do requests flow as usual?"""
        return self.failures < TRIES


def may_send(breaker: Breaker, now: float, flying: int) -> bool:
    """May a request go now? While it is not closed, only one at a time.

    >>> may_send(Breaker(), 0.0, flying=9), may_send(Breaker(9, 5.0), 1.0, flying=0)
    (True, False)
    """
    return breaker.is_closed or (now >= breaker.open_until and flying == 0)


def succeeded(breaker: Breaker) -> Breaker:
    """After an answer that shows the endpoint is up."""
    return breaker if breaker.failures == 0 else Breaker()


def failed(breaker: Breaker, now: float, luck: float) -> Breaker:
    """After a failure: one more in a row, and a longer pause once it is open.

    What was under way when it opened fails as well; that is the same failure, and counts once.

    >>> failed(Breaker(failures=4), now=10.0, luck=1.0).open_until
    10.75
    """
    if not breaker.is_closed and now < breaker.open_until:
        return breaker
    failures = breaker.failures + 1
    if failures < TRIES:
        return evolve(breaker, failures=failures)
    pause = min(0.25 + backoff(failures - TRIES + 1, 0.5 + luck / 2), LONGEST)
    return Breaker(failures, max(breaker.open_until, now + pause))
