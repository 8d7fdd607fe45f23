"""How many rows may a request hold right now?

With a middlebox that cuts off large bodies, or a slow uplink, a large request fails where a smaller
one passes. So requests get smaller as they fail, and larger again as they succeed.
"""

from __future__ import annotations

from math import inf
from typing import Final

from attrs import evolve, frozen

LARGEST: Final = 10_000
"""The most rows in any request."""
PAUSE: Final = 30.0
"""Seconds before a size is retried that failed while a smaller one passed."""


@frozen
class Size:
    """The most rows that a request may hold, and the most that passed recently."""

    most: int = LARGEST
    passed: int = 0
    grows_at: float = -inf


def shrink(size: Size, rows: int, at: float, others_pass: bool) -> Size:
    """The size after a request of `rows` rows failed.

    >>> shrink(Size(), 300, at=0.0, others_pass=False).most
    150
    >>> shrink(Size(passed=300), 300, at=0.0, others_pass=True).most == LARGEST
    True
    """
    half = (rows + 1) // 2
    if not others_pass:
        return Size(half)
    if size.passed >= rows:  # the content is at fault, not the size
        return size
    return evolve(size, most=half, grows_at=at + PAUSE if size.passed else at)


def grow(size: Size, rows: int, at: float) -> Size:
    """The size after a request of `rows` rows passed.

    >>> grow(Size(most=75), 75, at=0.0).most
    150
    """
    if rows >= size.most and at >= size.grows_at:
        size = evolve(size, most=min(size.most * 2, LARGEST))
    return evolve(size, passed=rows) if rows > size.passed else size
