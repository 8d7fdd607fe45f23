"""Has an event a twin on its way?

Klaviyo refuses a whole bulk request for one repeated unique_id, in it or before it. So of two
events with one metric and unique_id the later one waits until the first is settled, and then goes
alone, by the single endpoint, which takes a repeat and records it once.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attrs import evolve, frozen

from .messages import Item

GENERATION: Final = 20_000
"""Settled events whose id is remembered, at least; twice as many at most."""
_NONE: Final[Mapping[str, None]] = MappingProxyType({})


@frozen
class Repeats:
    """Twins that wait, by what they share, while the first is unsettled; and ids lately settled."""

    waiting: Mapping[str, tuple[Item, ...]]
    recent: Mapping[str, None] = _NONE
    older: Mapping[str, None] = _NONE


def part(repeats: Repeats, items: tuple[Item, ...]) -> tuple[Repeats, tuple[Item, ...]]:
    """Items that may go: those without a twin, and those whose twin is settled, alone.

    >>> one, two = Item(1, "e", repeat="x"), Item(2, "e", repeat="x")
    >>> repeats, ready = part(Repeats({}), (one, two))
    >>> [item.id for item in ready], [item.id for item in repeats.waiting["x"]]
    ([1], [2])
    """
    if not any(item.repeat is not None for item in items):
        return repeats, items
    waiting = dict(repeats.waiting)
    ready = []
    for item in items:
        shared = item.repeat
        if shared is None:
            ready.append(item)
        elif shared in waiting:
            waiting[shared] += (item,)
        else:
            waiting[shared] = ()
            known = shared in repeats.recent or shared in repeats.older
            ready.append(evolve(item, alone=True) if known else item)
    return evolve(repeats, waiting=waiting), tuple(ready)


def leave(repeats: Repeats, items: tuple[Item, ...]) -> tuple[Repeats, tuple[Item, ...]]:
    """Items were settled: the next twin of each may go, alone.

    >>> one, two = Item(1, "e", repeat="x"), Item(2, "e", repeat="x")
    >>> [(item.id, item.alone) for item in leave(Repeats({"x": (two,)}), (one,))[1]]
    [(2, True)]
    """
    gone = [item.repeat for item in items if item.repeat in repeats.waiting]
    if not gone:
        return repeats, ()
    waiting, recent, older = dict(repeats.waiting), dict(repeats.recent), repeats.older
    freed = []
    for shared in gone:
        if shared is None or shared not in waiting:
            continue
        twins = waiting.pop(shared)
        if twins:
            freed.append(evolve(twins[0], alone=True))
            waiting[shared] = twins[1:]
        recent[shared] = None
    if len(recent) >= GENERATION:
        recent, older = {}, recent
    return Repeats(waiting, recent, older), tuple(freed)
