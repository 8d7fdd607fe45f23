"""How do simulated faults change an answer?"""

from __future__ import annotations

from attrs import evolve

from .faults import Fault
from .issue import Issue
from .messages import Reply, refused, throttled
from .middlebox import page, stray


def failed(fault: Fault) -> Reply:
    """The answer for a fault before the request is recorded."""
    if fault.name == "throttle":
        return throttled(fault.retry_after)
    if fault.name == "reset":
        return Reply(None)
    if fault.name == "page":
        return page(fault.pick)
    if fault.name == "stray":
        return stray(fault.pick)
    return refused([Issue("A server error occurred.", None, "error", fault.status)])


def spoiled(reply: Reply, fault: Fault | None, slow: float) -> Reply:
    """The answer for a fault after the request was recorded."""
    if fault is None:
        return reply
    if fault.name == "reset":
        return Reply(None)
    if fault.name == "lie":
        return refused([Issue("Service temporarily unavailable.", None, "error", 503)])
    if fault.name == "half":
        return evolve(reply, cut=True)
    return evolve(reply, delay=slow)
