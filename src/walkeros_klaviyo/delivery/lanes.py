"""Who waits for whom?

A profile's upsert is delivered before its later events; different profiles run side by side.
While an upsert of a lane is unsettled, what came after it is held, in order. A dead upsert lets
its profile's events go.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from .messages import Item

Held = Mapping[str, tuple[Item, ...]]


@frozen
class Lanes:
    """What is held, by lane; a lane is here exactly while an upsert of it is unsettled."""

    held: Held


def enter(lanes: Lanes, items: tuple[Item, ...]) -> tuple[Lanes, tuple[Item, ...]]:
    """New items in order: the lanes after them, and those that may go at once.

    >>> upsert = Item(1, "profiles.create_or_update_profile", "ada")
    >>> event = Item(2, "events.create_event", "ada")
    >>> lanes, ready = enter(Lanes({}), (upsert, event))
    >>> [item.id for item in ready], [item.id for item in lanes.held["ada"]]
    ([1], [2])
    """
    held = dict(lanes.held)
    ready = []
    for item in items:
        if item.lane is not None and item.lane in held:
            held[item.lane] += (item,)
            continue
        if item.lane is not None and item.is_upsert:
            held[item.lane] = ()
        ready.append(item)
    return Lanes(held), tuple(ready)


def leave(lanes: Lanes, items: tuple[Item, ...]) -> tuple[Lanes, tuple[Item, ...]]:
    """Items were delivered or died: the lanes after it, and what may go now.

    >>> upsert = Item(1, "profiles.create_or_update_profile", "ada")
    >>> event = Item(2, "events.create_event", "ada")
    >>> leave(Lanes({"ada": (event,)}), (upsert,))[1] == (event,)
    True
    """
    if not lanes.held:
        return lanes, ()
    upserts = [item for item in items if item.lane in lanes.held and item.is_upsert]
    if not upserts:
        return lanes, ()
    held = dict(lanes.held)
    freed: list[Item] = []
    for item in upserts:
        if item.lane is None or item.lane not in held:
            continue
        waiting = held.pop(item.lane)
        at = next((index for index, one in enumerate(waiting) if one.is_upsert), None)
        if at is None:
            freed.extend(waiting)
        else:
            freed.extend(waiting[: at + 1])
            held[item.lane] = waiting[at + 1 :]
    return Lanes(held), tuple(freed)
