"""Of how many events is it so, and is that enough to blame the configuration?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from .facts import FEW, MOSTLY

K = TypeVar("K")
V = TypeVar("V")


def are_most(some: int, total: int, share: float = MOSTLY) -> bool:
    """Enough of them to prove something, and more than that part of all?"""
    return some >= FEW and some > total * share


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """Values by their keys, in the order of the first of each."""
    found: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return dict(found)
