"""Which calls must wait for others of the same person?

Each identifier is an order key, called a lane. Calls that share a lane keep their order: an upsert
is delivered after its person's earlier calls and before the later ones, and an event carries its
profile too, so a late one would bring back an old address. Only events with exactly the same
identifiers may be sent side by side. A dead item releases those behind it. A call's lanes are
decided when it is accepted: `shell/store/accepting.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from .messages import Item


@frozen
class Group:
    """What may be sent side by side in a lane: one upsert, or events of the same identifiers."""

    lanes: tuple[str, ...] | None
    """The lanes of the events; None for an upsert, which nothing joins."""
    left: int
    """How many of the items are not settled."""
    held: tuple[int, ...] = ()
    """Items that joined while another group was ahead of them."""


@frozen
class Lanes:
    """The groups of each lane in order, of which the first may be sent; held items by number."""

    groups: Mapping[str, tuple[Group, ...]] = MappingProxyType({})
    held: Mapping[int, tuple[Item, int]] = MappingProxyType({})
    """An item, and in how many of its lanes others are ahead of it."""


def enter(lanes: Lanes, items: tuple[Item, ...]) -> tuple[Lanes, tuple[Item, ...]]:
    """Add new items in order; returns the lanes and the items that may be sent at once.

    >>> upsert = Item(1, "profiles.create_or_update_profile", ("ada", "7"))
    >>> event = Item(2, "events.create_event", ("7",))
    >>> lanes, ready = enter(Lanes(), (upsert, event))
    >>> [item.id for item in ready], list(lanes.held)
    ([1], [2])
    """
    groups, held = dict(lanes.groups), dict(lanes.held)
    ready = []
    for item in items:
        before = 0
        for lane in item.lanes:
            queue = groups.get(lane, ())
            if queue and not item.is_upsert and queue[-1].lanes == item.lanes:
                *ahead, last = queue
                waiting = (*last.held, item.id) if ahead else ()
                groups[lane] = (*ahead, Group(last.lanes, last.left + 1, waiting))
            else:
                ahead = list(queue)
                waiting = (item.id,) if ahead else ()
                own = None if item.is_upsert else item.lanes
                groups[lane] = (*queue, Group(own, 1, waiting))
            before += bool(ahead)
        if before:
            held[item.id] = (item, before)
        else:
            ready.append(item)
    return Lanes(groups, held), tuple(ready)


def leave(lanes: Lanes, items: tuple[Item, ...]) -> tuple[Lanes, tuple[Item, ...]]:
    """Remove settled items; returns the lanes and the items that may be sent now.

    >>> upsert = Item(1, "profiles.create_or_update_profile", ("ada",))
    >>> event = Item(2, "events.create_event", ("ada",))
    >>> lanes, _ = enter(Lanes(), (upsert, event))
    >>> leave(lanes, (upsert,))[1] == (event,)
    True
    """
    gone = [lane for item in items for lane in item.lanes if lane in lanes.groups]
    if not gone:
        return lanes, ()
    groups, held = dict(lanes.groups), dict(lanes.held)
    freed: list[Item] = []
    for lane in gone:
        if lane not in groups:
            continue
        first, *rest = groups[lane]
        if first.left > 1:
            groups[lane] = (Group(first.lanes, first.left - 1), *rest)
            continue
        if not rest:
            del groups[lane]
            continue
        groups[lane] = tuple(rest)
        for number in rest[0].held:
            item, before = held.pop(number)
            if before > 1:
                held[number] = (item, before - 1)
            else:
                freed.append(item)
    return Lanes(groups, held), tuple(sorted(freed, key=lambda item: item.id))
