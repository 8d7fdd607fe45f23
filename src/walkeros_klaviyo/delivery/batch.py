"""Which items go into one request?

In single mode one item; in bulk as many as Klaviyo takes, in order, but never two events with the
same metric and unique_id, for which Klaviyo would refuse the whole request.
Source: Klaviyo Bulk Create Events, Bulk Import Profiles.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS

from .messages import Item
from .size import LARGEST

Mode = Literal["auto", "single", "bulk"]

BULK: Final = MappingProxyType(
    {
        "events.create_event": "events.bulk_create_events",
        "profiles.create_or_update_profile": "profiles.bulk_import_profiles",
    }
)
"""The bulk endpoint for each call."""
ROW_OVERHEAD: Final = 250
"""The most bytes that the bulk form adds to a single call's body."""
AUTO_BACKLOG: Final = 200
"""Waiting items at which `auto` switches an endpoint to bulk: a few seconds at single pace."""
AUTO_READY: Final = 20
"""Ready items at which `auto` switches to bulk while others are held behind them: singly they would
take a few seconds, as an import does. For fewer, an import would only add polling."""


def endpoint_for(queue: tuple[Item, ...], mode: Mode, bulk_allowed: bool, behind: int = 0) -> str:
    """The endpoint for the first item of a queue; `behind` counts items held behind some upsert.

    >>> endpoint_for((Item(1, "events.create_event"),), "auto", True)
    'events.create_event'
    >>> endpoint_for((Item(1, "events.create_event", bulk=True),), "auto", True)
    'events.bulk_create_events'
    """
    first = queue[0]
    is_single = first.is_alone and not first.is_suspect
    if mode == "single" or is_single or not bulk_allowed or first.call not in BULK:
        return first.call
    backlog = len(queue) + (behind if len(queue) >= AUTO_READY else 0)
    wanted = mode == "bulk" or first.bulk or first.is_suspect or backlog >= AUTO_BACKLOG
    return BULK[first.call] if wanted else first.call


def take_batch(
    queue: tuple[Item, ...], endpoint: str, most: int = LARGEST
) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """The items of the next request, at most `most`, and the rest in order.

    >>> one, two = Item(1, "e", repeat="x"), Item(2, "e", repeat="x")
    >>> [[item.id for item in part] for part in take_batch((one, two), "events.bulk_create_events")]
    [[1], [2]]
    """
    limit = ENDPOINTS[endpoint]
    room = min(limit.items, most, queue[0].most or LARGEST)
    if room == 1:
        return queue[:1], queue[1:]
    taken: list[Item] = []
    left: list[Item] = []
    repeats: set[str] = set()
    size = 1_000
    for at, item in enumerate(queue):
        size += item.size + ROW_OVERHEAD
        if len(taken) >= room or (limit.bytes is not None and size > limit.bytes and taken):
            left.extend(queue[at:])
            break
        if 0 < item.most <= len(taken) or (item.repeat is not None and item.repeat in repeats):
            size -= item.size + ROW_OVERHEAD
            left.append(item)
            continue
        room = min(room, item.most or room)
        taken.append(item)
        if item.repeat is not None:
            repeats.add(item.repeat)
    return tuple(taken), tuple(left)
