"""How does delivery go on after a stop or a restart?

Requests under way may or may not have reached Klaviyo. After a stop their answers may still come,
so they stay under way; after a restart no answer can come, so everything unsettled is sent again.
Nothing counts twice: Klaviyo keeps the first event of each unique_id, and upserts may be repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve

from .messages import Item
from .state import Sender


def resumed(sender: Sender) -> Sender:
    """The sender with its stop and its troubles cleared, since their cause may have been fixed.

    >>> from .messages import Stop
    >>> from .state import new_sender
    >>> fresh = new_sender()
    >>> resumed(evolve(fresh, stopped=Stop("key", "401"))) == fresh
    True
    """
    asked = {flight.job for flight in sender.flights.values()}
    jobs = tuple(evolve(job, asking=job.id in asked) for job in sender.jobs)
    return evolve(sender, stopped=None, jobs=jobs, bulk_denied=frozenset[str](), failing_since=None)


def restarted(items: Iterable[Item], charges: Mapping[int, int]) -> tuple[Item, ...]:
    """The items that an earlier process left unsettled, with their charges.

    >>> [item.charges for item in restarted([Item(1, "e"), Item(2, "e")], {2: 3})]
    [0, 3]
    """
    return tuple(
        evolve(item, charges=charges[item.id]) if item.id in charges else item for item in items
    )
