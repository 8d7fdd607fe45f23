"""Which states does an item go through, and which moves are allowed?

The diagram in `sender.py` is drawn from this table, and tests check every item's moves against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from .messages import Item
from .state import Sender

Place = Literal["arrived", "held", "ready", "flying", "delayed", "importing", "delivered", "dead"]

MOVES: Final[tuple[tuple[Place, Place, str], ...]] = (
    ("arrived", "ready", "nothing stands before it"),
    ("arrived", "held", "what came before it of its profile, or a twin, is unsettled"),
    ("held", "ready", "what it waited for is settled"),
    ("ready", "flying", "posted, as pace, breaker and room allow"),
    ("flying", "delivered", "taken, or known to Klaviyo already"),
    ("flying", "dead", "refused by name or alone, or a 5xx too often while others got through"),
    ("flying", "delayed", "failed: once more, after a pause, in half the group if others pass"),
    ("flying", "ready", "throttled; another row was refused; in half a group that was refused"),
    ("flying", "importing", "taken as a row of an import, which works later"),
    ("delayed", "ready", "its pause is over"),
    ("importing", "delivered", "the import is done, or still under way after its patience"),
    ("importing", "dead", "the import's errors name it"),
    ("importing", "delayed", "the import was cancelled or is unknown: it has not happened"),
    ("importing", "ready", "the import's errors name nobody: each of its rows goes alone"),
)
"""(from, to, when)."""


def draw() -> str:
    """The table as a diagram.

    >>> print(draw()[:45])
    arrived   ─► ready      nothing stands before
    """
    lines, last = [], ""
    for start, end, reason in MOVES:
        lines.append(f"{'' if start == last else start:<10}─► {end:<11}{reason}")
        last = start
    return "\n".join(lines)


def places(sender: Sender) -> Iterator[tuple[Item, Place]]:
    """Every pending item with its state.

    >>> from .state import enqueue, new_sender
    >>> [place for _, place in places(enqueue(new_sender(), [Item(1, "events.create_event")]))]
    ['ready']
    """
    yield from ((item, "held") for item, _ in sender.lanes.held.values())
    for twins in sender.repeats.waiting.values():
        yield from ((item, "held") for item in twins)
    for queue in sender.queues.values():
        yield from ((item, "ready") for item in queue)
    for flight in sender.flights.values():
        yield from ((item, "flying") for item in flight.items)
    yield from ((item, "delayed") for _, item in sender.delayed)
    for job in sender.jobs:
        yield from ((item, "importing") for item in job.items)
