"""Who waits for whom?

A profile's upsert is delivered before its later events, and after its earlier ones: an event names
its profile too, so a late one would bring an old address back. Events of one profile go side by
side, and so do profiles. A dead item lets those behind it go.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attrs import frozen

from .messages import Item

Held = Mapping[str, tuple[Item, ...]]
_NOBODY: Final[Mapping[str, int]] = MappingProxyType({})


@frozen
class Lanes:
    """What is held, by lane, in order; and what was let go of each and is not settled.

    `busy`: so many events, or -1 for an upsert, which goes alone.
    """

    held: Held = MappingProxyType({})
    busy: Mapping[str, int] = _NOBODY


UPSERT: Final = -1


def enter(lanes: Lanes, items: tuple[Item, ...]) -> tuple[Lanes, tuple[Item, ...]]:
    """New items in order: the lanes after them, and those that may go at once.

    >>> upsert = Item(1, "profiles.create_or_update_profile", "ada")
    >>> event = Item(2, "events.create_event", "ada")
    >>> lanes, ready = enter(Lanes(), (upsert, event))
    >>> [item.id for item in ready], [item.id for item in lanes.held["ada"]]
    ([1], [2])
    """
    held, busy = dict(lanes.held), dict(lanes.busy)
    ready = []
    for item in items:
        lane = item.lane
        if lane is None:
            ready.append(item)
            continue
        under_way = busy.get(lane, 0)
        if lane in held or under_way == UPSERT or (under_way and item.is_upsert):
            held[lane] = (*held.get(lane, ()), item)
            continue
        busy[lane] = UPSERT if item.is_upsert else under_way + 1
        ready.append(item)
    return Lanes(held, busy), tuple(ready)


def leave(lanes: Lanes, items: tuple[Item, ...]) -> tuple[Lanes, tuple[Item, ...]]:
    """Items were delivered or died: the lanes after it, and what may go now.

    >>> upsert = Item(1, "profiles.create_or_update_profile", "ada")
    >>> event = Item(2, "events.create_event", "ada")
    >>> lanes, _ = enter(Lanes(), (upsert, event))
    >>> leave(lanes, (upsert,))[1] == (event,)
    True
    """
    gone = [item.lane for item in items if item.lane in lanes.busy]
    if not gone:
        return lanes, ()
    held, busy = dict(lanes.held), dict(lanes.busy)
    freed: list[Item] = []
    for lane in gone:
        if lane is None or lane not in busy:
            continue
        if busy[lane] > 1:
            busy[lane] -= 1
            continue
        del busy[lane]
        if lane in held:
            now, later = _next(held.pop(lane))
            busy[lane] = UPSERT if now[0].is_upsert else len(now)
            freed.extend(now)
            if later:
                held[lane] = later
    return Lanes(held, busy), tuple(freed)


def _next(waiting: tuple[Item, ...]) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """An upsert alone, or all the events before the next upsert."""
    if waiting[0].is_upsert:
        return waiting[:1], waiting[1:]
    at = next((place for place, one in enumerate(waiting) if one.is_upsert), len(waiting))
    return waiting[:at], waiting[at:]
