"""How does it go on, after a stop or a restart?

Whatever was under way may have reached Klaviyo or not. After a stop its answer may still come, so
it stays under way; a process that has ended hears of it no more, so all that it had not settled
goes once more. Nothing counts twice: Klaviyo keeps the first of each unique_id, and an upsert says
the same again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve

from .messages import Item
from .state import Sender


def resumed(sender: Sender) -> Sender:
    """After a stop, as if it had not been: what may be mended since is found out anew.

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
    """What an earlier process had not settled, with what counts against each of it.

    >>> [item.charges for item in restarted([Item(1, "e"), Item(2, "e")], {2: 3})]
    [0, 3]
    """
    return tuple(
        evolve(item, charges=charges[item.id]) if item.id in charges else item for item in items
    )
