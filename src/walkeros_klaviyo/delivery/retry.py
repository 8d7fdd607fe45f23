"""When is it tried again?

Exponential backoff with full jitter: any attempt, any luck, the delay stays within zero and the
cap, which lies past the minute window. Luck is an argument, 0 to 1.
"""

from __future__ import annotations

from typing import Final

BASE: Final = 0.5
CAP: Final = 90.0
MAX_CHARGES: Final = 20
"""Server errors (5xx, or crashes of ours) that an item gets alone while others get through, before
it is given up. An outage, however long, costs no item anything."""


def backoff(attempt: int, luck: float) -> float:
    """Seconds to wait after the n-th failure.

    >>> backoff(1, 1.0), backoff(3, 0.5), backoff(10**9, 1.0)
    (0.5, 1.0, 90.0)
    """
    ceiling = min(CAP, BASE * 2.0 ** min(max(attempt - 1, 0), 20))
    return ceiling * min(max(luck, 0.0), 1.0)
