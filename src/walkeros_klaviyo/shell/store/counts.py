"""How many accepted events were delivered, are pending or dead, or were not sent?

Accepted = delivered + pending + dead + not sent, at any moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from attrs import Factory, define

NOT_SENT: Final = ("ignored", "denied", "unidentified", "unchanged")
"""Outcomes of accepted events that lead to no call."""

LEFT_OUT: Final = "left out"
"""The count of events that a user dropped or forgot, by metric."""


@define
class Counts:
    """Numbers of events by outcome, and of profile upserts.

    >>> Counts(accepted=7, delivered=4, dead=1, not_sent=Counter(denied=1)).pending
    1
    """

    accepted: int = 0
    delivered: int = 0
    dead: int = 0
    not_sent: Counter[str] = Factory(Counter)
    invalid: int = 0
    """Lines that are not events, and so were not accepted."""
    upserts: int = 0
    subscriptions: int = 0
    """Delivered subscriptions, unsubscriptions, and list imports."""
    dead_upserts: int = 0
    """Dead calls other than events."""
    saved: int = 0
    """Upserts left out because Klaviyo already had the same."""
    anew: int = 0
    """Dead letters whose events were planned again."""

    @property
    def pending(self) -> int:
        """Accepted events without an outcome yet."""
        return self.accepted - self.delivered - self.dead - self.not_sent.total()


def pending_of(counts: Mapping[str, int]) -> int:
    """The number of a metric's pending events.

    >>> pending_of({"accepted": 7, "delivered": 4, "dead": 1, "left out": 1})
    1
    """
    settled = sum(counts.get(name, 0) for name in ("delivered", "dead", LEFT_OUT))
    return counts.get("accepted", 0) - settled
