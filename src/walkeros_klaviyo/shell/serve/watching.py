"""What is the throughput while somebody watches the page?

The loop keeps counts but no history; each refresh of the page adds a point.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from attrs import Factory, define

POINTS: Final = 120
GAP: Final = 15.0
"""Seconds without a refresh after which a new history begins."""


@define
class Watching:
    """A history of the numbers accepted and delivered.

    >>> watching = Watching()
    >>> for now, delivered in ((0.0, 0), (0.2, 5), (2.0, 60)):
    ...     watching.see(now, delivered, delivered)
    >>> list(watching.rates), watching.seconds
    ([(30.0, 30.0)], 2.0)
    """

    points: deque[tuple[float, int, int]] = Factory(lambda: deque(maxlen=POINTS))

    def see(self, now: float, accepted: int, delivered: int) -> None:
        """Add a point; only the first in each second counts."""
        if self.points and not 0 <= now - self.points[-1][0] <= GAP:
            self.points.clear()
        if not self.points or now - self.points[-1][0] >= 0.9:
            self.points.append((now, accepted, delivered))

    @property
    def rates(self) -> Iterator[tuple[float, float]]:
        """Events accepted and delivered per second, between points."""
        for (at, came, went), (then, more, gone) in zip(
            self.points, list(self.points)[1:], strict=False
        ):
            yield (more - came) / (then - at), (gone - went) / (then - at)

    @property
    def seconds(self) -> float:
        """The length of the history in seconds."""
        return self.points[-1][0] - self.points[0][0] if self.points else 0.0
