"""Are there enough bad events to blame the configuration?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from .facts import FEW, MOSTLY

K = TypeVar("K")
V = TypeVar("V")


def are_most(some: int, total: int, share: float = MOSTLY) -> bool:
    """Are they enough to prove something, and more than `share` of all?"""
    return some >= FEW and some > total * share


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """Values grouped by key, in order of first appearance."""
    found: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return dict(found)
