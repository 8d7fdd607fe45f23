"""When is a failed request tried again?

Exponential backoff with full jitter: for any attempt and luck, the delay stays between zero and a
cap, which is longer than the minute window. Luck, the jitter's random number, is an argument.
"""

from __future__ import annotations

from typing import Final

BASE: Final = 0.5
CAP: Final = 90.0
MAX_CHARGES: Final = 20
"""Server errors (5xx, or crashes of ours) that an item may meet alone, while others get through,
before it is given up. An outage, however long, charges no item."""


def backoff(attempt: int, luck: float) -> float:
    """Seconds to wait after the n-th failure.

    >>> backoff(1, 1.0), backoff(3, 0.5), backoff(10**9, 1.0)
    (0.5, 1.0, 90.0)
    """
    ceiling = min(CAP, BASE * 2.0 ** min(max(attempt - 1, 0), 20))
    return ceiling * min(max(luck, 0.0), 1.0)
