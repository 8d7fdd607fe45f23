"""How healthy is an endpoint, and may it be sent another request?"""

from __future__ import annotations

from math import inf
from typing import Final

from attrs import Factory, evolve, frozen

from .breaker import Breaker, failed, may_send, succeeded
from .messages import Answer
from .pace import Pace, hold, ready_at, spend
from .retry import backoff
from .size import Size
from .verdict import Verdict, exhausted

MAX_BULK_FLYING: Final = 8
"""Bulk requests under way at once: few, so that each gets through a slow uplink."""

AGAIN: Final = 3
"""429s in a row that count as trouble rather than as a normal rate limit."""


@frozen
class Endpoint:
    """One endpoint: its pace, its circuit breaker, and how many requests are under way."""

    pace: Pace
    breaker: Breaker = Factory(Breaker)
    flying: int = 0
    throttles: int = 0
    """429s in a row."""
    trouble: str = ""
    """The last failure here, for display: a status, or a description."""
    is_foreign: bool = False
    """Was that answer somebody else's, not Klaviyo's?"""
    spoke_at: float = -inf
    """When Klaviyo last accepted or refused a request here, so that others get through."""
    is_passing: bool = False
    """Did the last answered request get through?"""
    size: Size = Factory(Size)
    """The size of its bulk requests."""
    most_flying: int = 1_000


def is_open(endpoint: Endpoint, at: float) -> bool:
    """May a request be sent now?"""
    if endpoint.flying >= endpoint.most_flying:
        return False
    return ready_at(endpoint.pace) <= at and may_send(endpoint.breaker, at, endpoint.flying)


def opens_at(endpoint: Endpoint) -> float | None:
    """When a request may be sent; None while only an answer can open the endpoint."""
    if endpoint.flying >= endpoint.most_flying:
        return None
    if endpoint.breaker.is_closed:
        return ready_at(endpoint.pace)
    if endpoint.flying:
        return None
    return max(ready_at(endpoint.pace), endpoint.breaker.open_until)


def is_troubled(endpoint: Endpoint) -> bool:
    """Does it keep failing or throttling?"""
    return endpoint.throttles >= AGAIN or not endpoint.breaker.is_closed


def is_left_alone(endpoint: Endpoint, at: float) -> bool:
    """Is it troubled, with its next probe not yet answered?"""
    if not is_troubled(endpoint):
        return False
    open_until = max(endpoint.breaker.open_until, endpoint.pace.blocked)
    return at < open_until or endpoint.flying > 0


def sent(endpoint: Endpoint, at: float) -> Endpoint:
    """The endpoint after a request was sent."""
    return evolve(endpoint, pace=spend(endpoint.pace, at), flying=endpoint.flying + 1)


def learn(
    endpoint: Endpoint, answer: Answer, verdict: Verdict, at: float, luck: float, is_news: bool
) -> Endpoint:
    """The endpoint after an answer: its pace, and whether it is up.

    `is_news` is false if an item failed by its own fault, which says nothing about the endpoint.
    """
    endpoint = evolve(endpoint, flying=endpoint.flying - 1)
    if verdict.kind in ("throttled", "failed"):
        is_whole = answer.fault is None and verdict.is_klaviyos
        trouble = str(answer.status) if is_whole else verdict.detail
        is_foreign = answer.status is not None and not verdict.is_klaviyos
        endpoint = evolve(endpoint, trouble=trouble, is_foreign=is_foreign, is_passing=False)
        if not is_news:
            return endpoint
    if verdict.kind == "throttled":
        again = at >= endpoint.pace.blocked  # requests already under way meet the same limit
        throttles = endpoint.throttles + (1 if again else 0)
        wait = verdict.wait or max(1.0, backoff(throttles, luck))
        pace = hold(endpoint.pace, at, wait)
        breaker = succeeded(endpoint.breaker) if verdict.is_klaviyos else endpoint.breaker
        return evolve(endpoint, pace=pace, throttles=throttles, breaker=breaker)
    if verdict.kind == "failed":
        pace = endpoint.pace if verdict.wait is None else hold(endpoint.pace, at, verdict.wait)
        return evolve(endpoint, pace=pace, breaker=failed(endpoint.breaker, at, luck))
    if not verdict.is_klaviyos:
        return endpoint
    reset = exhausted(answer.headers)
    pace = endpoint.pace if reset is None else hold(endpoint.pace, at, reset)
    breaker = succeeded(endpoint.breaker)
    return evolve(endpoint, pace=pace, throttles=0, breaker=breaker, spoke_at=at, is_passing=True)
