"""How many rows may share a request now?

A middlebox that cuts large bodies, or an uplink too slow for them, fails a large request where a
smaller one passes. So where requests fail, they get smaller, and larger again with success.
"""

from __future__ import annotations

from math import inf
from typing import Final

from attrs import evolve, frozen

LARGEST: Final = 10_000
"""The most rows in any request."""
PAUSE: Final = 30.0
"""Seconds for which a size that failed where a smaller one passed is not tried again."""


@frozen
class Size:
    """The rows that a request may hold, and the largest number of late that passed."""

    most: int = LARGEST
    passed: int = 0
    grows_at: float = -inf


def shrink(size: Size, rows: int, at: float, others_pass: bool) -> Size:
    """After a request of so many rows failed.

    >>> shrink(Size(), 300, at=0.0, others_pass=False).most
    150
    >>> shrink(Size(passed=300), 300, at=0.0, others_pass=True).most == LARGEST
    True
    """
    half = (rows + 1) // 2
    if not others_pass:
        return Size(half)
    if size.passed >= rows:  # not the size, but something in it
        return size
    return evolve(size, most=half, grows_at=at + PAUSE if size.passed else at)


def grow(size: Size, rows: int, at: float) -> Size:
    """After a request of so many rows passed.

    >>> grow(Size(most=75), 75, at=0.0).most
    150
    """
    if rows >= size.most and at >= size.grows_at:
        size = evolve(size, most=min(size.most * 2, LARGEST))
    return evolve(size, passed=rows) if rows > size.passed else size
