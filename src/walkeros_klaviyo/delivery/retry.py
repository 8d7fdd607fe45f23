"""When is it tried again?

Exponential backoff with full jitter: any attempt, any luck, the delay stays within zero and the
cap, which lies past the minute window. Luck is an argument, 0 to 1.
"""

from __future__ import annotations

from typing import Final

BASE: Final = 0.5
CAP: Final = 90.0
MAX_CHARGES: Final = 12
"""Failures that are the item's own (answered while others got through) before it is given up."""
MAX_AGE: Final = 4 * 3_600.0
"""Seconds for which an item may be answered with failures: retries are capped in total time. A
network that is down costs no item anything, however long."""


def backoff(attempt: int, luck: float) -> float:
    """Seconds to wait after the n-th failure.

    >>> backoff(1, 1.0), backoff(3, 0.5), backoff(10**9, 1.0)
    (0.5, 1.0, 90.0)
    """
    ceiling = min(CAP, BASE * 2.0 ** min(max(attempt - 1, 0), 20))
    return ceiling * min(max(luck, 0.0), 1.0)
