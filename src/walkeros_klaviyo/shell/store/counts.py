"""What became of the accepted events, in numbers?

Accepted = delivered + pending + dead + not sent, at any moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from attrs import Factory, define

NOT_SENT: Final = ("ignored", "denied", "unidentified", "unchanged")
"""Outcomes of events that are accepted and come to no call."""

LEFT_OUT: Final = "left out"
"""By metric: events that waited or were dead, and are not to be sent by a person's hand."""


@define
class Counts:
    """Events by what became of them; profile upserts beside them.

    >>> Counts(accepted=7, delivered=4, dead=1, not_sent=Counter(denied=1)).pending
    1
    """

    accepted: int = 0
    delivered: int = 0
    dead: int = 0
    not_sent: Counter[str] = Factory(Counter)
    invalid: int = 0
    """Lines that are no events, and so not accepted."""
    upserts: int = 0
    subscriptions: int = 0
    """And subscriptions, their ends, and places on lists."""
    dead_upserts: int = 0
    """And what else went beside an event and is dead."""
    saved: int = 0
    """Upserts left out because Klaviyo was told the same before."""
    anew: int = 0
    """Dead letters whose events were planned anew."""

    @property
    def pending(self) -> int:
        """Accepted events of which nothing is decided yet."""
        return self.accepted - self.delivered - self.dead - self.not_sent.total()


def pending_of(counts: Mapping[str, int]) -> int:
    """Of a metric's events, those that wait.

    >>> pending_of({"accepted": 7, "delivered": 4, "dead": 1, "left out": 1})
    1
    """
    settled = sum(counts.get(name, 0) for name in ("delivered", "dead", LEFT_OUT))
    return counts.get("accepted", 0) - settled
