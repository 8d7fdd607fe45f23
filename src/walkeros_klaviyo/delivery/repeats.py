"""Is another event with the same unique_id (a twin) pending or just settled?

Klaviyo keeps the first event of each unique_id, and refuses a whole bulk request for one that is
repeated within it or was sent before. So the later of two events with the same metric and
unique_id waits until the first is settled and is then sent alone, by the single endpoint, which
accepts a repeat and records it once.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Final

from attrs import evolve, frozen

from .messages import Item

GENERATION: Final = 20_000
"""How many settled ids to remember at least; at most twice as many, plus one request's."""
LAYER: Final = 2_000
"""A layer of this many ids is no longer merged with others."""


@frozen
class Repeats:
    """Twins waiting for an unsettled first event, by shared id; and recently settled ids."""

    waiting: Mapping[str, tuple[Item, ...]]
    recent: tuple[frozenset[str], ...] = ()
    """In layers, latest last: few to search, and cheap to add to."""
    older: frozenset[str] = frozenset()


def part(repeats: Repeats, items: tuple[Item, ...]) -> tuple[Repeats, tuple[Item, ...]]:
    """The items that may be sent: those without a twin, and (alone) those whose twin is settled.

    >>> one, two = Item(1, "e", repeat="x"), Item(2, "e", repeat="x")
    >>> repeats, ready = part(Repeats({}), (one, two))
    >>> [item.id for item in ready], [item.id for item in repeats.waiting["x"]]
    ([1], [2])
    """
    ids = {item.repeat for item in items if item.repeat is not None}
    if not ids:
        return repeats, items
    known = settled_lately(repeats, ids)
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
            ready.append(evolve(item, most=1) if shared in known else item)
    return evolve(repeats, waiting=waiting), tuple(ready)


def leave(repeats: Repeats, items: tuple[Item, ...]) -> tuple[Repeats, tuple[Item, ...]]:
    """Release the next twin of each settled item, to be sent alone.

    >>> one, two = Item(1, "e", repeat="x"), Item(2, "e", repeat="x")
    >>> [(item.id, item.is_alone) for item in leave(Repeats({"x": (two,)}), (one,))[1]]
    [(2, True)]
    """
    gone = [item.repeat for item in items if item.repeat in repeats.waiting]
    if not gone:
        return repeats, ()
    waiting, settled, freed = dict(repeats.waiting), set[str](), []
    for shared in gone:
        if shared is None or shared not in waiting:
            continue
        twins = waiting.pop(shared)
        if twins:
            freed.append(evolve(twins[0], most=1))
            waiting[shared] = twins[1:]
        settled.add(shared)
    return _remember(evolve(repeats, waiting=waiting), frozenset(settled)), tuple(freed)


def settled_lately(repeats: Repeats, ids: Set[str]) -> frozenset[str]:
    """The ids of which an event was settled recently.

    >>> sorted(settled_lately(Repeats({}, (frozenset("ab"),), frozenset("c")), set("bcd")))
    ['b', 'c']
    """
    return frozenset().union(*(layer & ids for layer in (repeats.older, *repeats.recent)))


def _remember(repeats: Repeats, layer: frozenset[str]) -> Repeats:
    """Add a layer, merging small ones before it, so that each id is copied only a few times."""
    recent = repeats.recent
    while recent and len(recent[-1]) < min(2 * len(layer), LAYER):
        layer, recent = recent[-1] | layer, recent[:-1]
    recent = (*recent, layer)
    if sum(map(len, recent)) < GENERATION:
        return evolve(repeats, recent=recent)
    return evolve(repeats, recent=(), older=frozenset().union(*recent))
