"""How is an endpoint doing, and what does an answer change about that?"""

from __future__ import annotations

from attrs import Factory, evolve, frozen

from .breaker import Breaker, failed, succeeded
from .messages import Answer, Item
from .pace import Pace, hold
from .retry import backoff
from .verdict import Verdict, exhausted


@frozen
class Endpoint:
    """One endpoint: what is ready for it, what is under way, its pace and its breaker."""

    pace: Pace
    breaker: Breaker = Factory(Breaker)
    ready: tuple[Item, ...] = ()
    flying: int = 0
    throttles: int = 0
    """429s in a row."""


def learn(endpoint: Endpoint, answer: Answer, verdict: Verdict, at: float, luck: float) -> Endpoint:
    """What an answer tells of the endpoint: its pace, and whether it is up."""
    if verdict.kind == "throttled":
        throttles = endpoint.throttles + 1
        wait = max(1.0, backoff(throttles, luck)) if verdict.wait is None else verdict.wait
        pace = hold(endpoint.pace, at + wait)
        return evolve(endpoint, pace=pace, throttles=throttles, breaker=succeeded(endpoint.breaker))
    if verdict.kind == "failed":
        pace = endpoint.pace if verdict.wait is None else hold(endpoint.pace, at + verdict.wait)
        return evolve(endpoint, pace=pace, breaker=failed(endpoint.breaker, at, luck))
    reset = exhausted(answer.headers)
    pace = endpoint.pace if reset is None else hold(endpoint.pace, at + reset)
    return evolve(endpoint, pace=pace, throttles=0, breaker=succeeded(endpoint.breaker))
