"""Is an endpoint up? A circuit breaker.

After several failures in a row the endpoint is left alone for a while, then probed with a single
request; only a success lets the others go on. So an outage costs few requests.

    closed ──5 failures in a row──► open ──time passes──► probing ──success──► closed
                                     ▲                        └──failure──► open, for longer
"""

from __future__ import annotations

from math import inf
from typing import Final

from attrs import evolve, frozen

from .retry import backoff

TRIES: Final = 5
"""Failures in a row that open the breaker."""
LONGEST: Final = 20.0
"""The most seconds between two probes: the end of an outage may go unnoticed for so long."""


@frozen
class Breaker:
    """One endpoint's breaker: its failures in a row, and until when it is open."""

    failures: int = 0
    open_until: float = -inf

    @property
    def is_closed(self) -> bool:
        """Are requests sent as usual?"""
        return self.failures < TRIES


def may_send(breaker: Breaker, now: float, flying: int) -> bool:
    """May a request be sent now? While the breaker is not closed, only one at a time.

    >>> may_send(Breaker(), 0.0, flying=9), may_send(Breaker(9, 5.0), 1.0, flying=0)
    (True, False)
    """
    return breaker.is_closed or (now >= breaker.open_until and flying == 0)


def succeeded(breaker: Breaker) -> Breaker:
    """The breaker after an answer that shows that the endpoint is up."""
    return breaker if breaker.failures == 0 else Breaker()


def failed(breaker: Breaker, now: float, luck: float) -> Breaker:
    """The breaker after a failure: one more in a row, and a longer pause once it is open.

    Requests under way when it opened fail as well; they count as the same failure.

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
