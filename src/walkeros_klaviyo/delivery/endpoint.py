"""How is an endpoint doing, and what does an answer change about that?"""

from __future__ import annotations

from attrs import Factory, evolve, frozen

from .breaker import Breaker, failed, may_send, succeeded
from .messages import Answer
from .pace import Pace, hold, ready_at, spend
from .retry import backoff
from .verdict import Verdict, exhausted


@frozen
class Endpoint:
    """One endpoint: its pace, its breaker, and how many requests are under way."""

    pace: Pace
    breaker: Breaker = Factory(Breaker)
    flying: int = 0
    throttles: int = 0
    """429s in a row."""
    trouble: str = ""
    """The last failure seen here, for who watches: a status, or a fault of the network."""


def is_open(endpoint: Endpoint, at: float) -> bool:
    """May a request go now?"""
    return ready_at(endpoint.pace) <= at and may_send(endpoint.breaker, at, endpoint.flying)


def opens_at(endpoint: Endpoint) -> float | None:
    """From when on a request may go; None while only an answer can open it."""
    if endpoint.breaker.is_closed:
        return ready_at(endpoint.pace)
    if endpoint.flying:
        return None
    return max(ready_at(endpoint.pace), endpoint.breaker.open_until)


def sent(endpoint: Endpoint, at: float) -> Endpoint:
    """After a request was sent."""
    return evolve(endpoint, pace=spend(endpoint.pace, at), flying=endpoint.flying + 1)


def learn(endpoint: Endpoint, answer: Answer, verdict: Verdict, at: float, luck: float) -> Endpoint:
    """What an answer tells of the endpoint: its pace, and whether it is up."""
    endpoint = evolve(endpoint, flying=endpoint.flying - 1)
    if verdict.kind in ("throttled", "failed"):
        cut_off = answer.status is None or answer.fault is not None
        endpoint = evolve(endpoint, trouble=verdict.code if cut_off else str(answer.status))
    if verdict.kind == "throttled":
        again = at >= endpoint.pace.blocked  # what was under way then is the same refusal
        throttles = endpoint.throttles + (1 if again else 0)
        wait = verdict.wait or max(1.0, backoff(throttles, luck))
        pace = hold(endpoint.pace, at + wait)
        return evolve(endpoint, pace=pace, throttles=throttles, breaker=succeeded(endpoint.breaker))
    if verdict.kind == "failed":
        pace = endpoint.pace if verdict.wait is None else hold(endpoint.pace, at + verdict.wait)
        return evolve(endpoint, pace=pace, breaker=failed(endpoint.breaker, at, luck))
    reset = exhausted(answer.headers)
    pace = endpoint.pace if reset is None else hold(endpoint.pace, at + reset)
    return evolve(endpoint, pace=pace, throttles=0, breaker=succeeded(endpoint.breaker))
