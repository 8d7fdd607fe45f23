"""How long did events take from acceptance to delivery?

A histogram; SQLite sorts events into buckets where it counts the delivered rows anyway.
"""

from __future__ import annotations

from math import inf
from typing import Final

from attrs import Factory, define

BOUNDS: Final = (0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 3_600.0, 21_600.0, 86_400.0)
"""Upper bounds of the buckets in seconds; a last bucket takes all that is longer."""
_CASES: Final = " ".join(f"WHEN at >= ?2 - {end} THEN {at}" for at, end in enumerate(BOUNDS))
BUCKET: Final = f"CASE {_CASES} ELSE {len(BOUNDS)} END"
"""An accepted row's bucket, in SQL; ?2 is the time now."""
SECONDS: Final = "sum(max(?2 - at, 0.0))"


@define
class Lags:
    """Delivered events by bucket, and their total seconds, since the store was opened.

    >>> lags = Lags()
    >>> lags.add(1, 3, 0.9)
    >>> lags.add(len(BOUNDS), 1, 1e6)
    >>> lags.cumulative[:3], lags.cumulative[-1], lags.seconds
    (((0.1, 0), (0.5, 3), (1.0, 3)), (inf, 4), 1000000.9)
    """

    counts: list[int] = Factory(lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0

    def add(self, bucket: int, count: int, seconds: float) -> None:
        """Add `count` events to a bucket, which took `seconds` in total."""
        self.counts[bucket] += count
        self.seconds += seconds

    @property
    def cumulative(self) -> tuple[tuple[float, int], ...]:
        """(bound, number of events that took at most so long), the last bound being infinite."""
        ends = (*BOUNDS, inf)
        return tuple((end, sum(self.counts[: at + 1])) for at, end in enumerate(ends))
