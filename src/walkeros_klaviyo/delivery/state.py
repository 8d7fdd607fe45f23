"""What does the sender know?

One frozen value; every change makes a new one. Messages are handled a request at a time, so the
copies stay small beside what they stand for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from attrs import Factory, evolve, frozen

from walkeros_klaviyo.core.limits import ENDPOINTS

from .batch import AUTO_BACKLOG, AUTO_READY, Mode, endpoint_for
from .endpoint import Endpoint
from .jobs import PATIENCE, Job
from .lanes import Lanes
from .lanes import leave as leave_lanes
from .messages import Item, Stop
from .pace import pace_for
from .repeats import Repeats, part
from .repeats import leave as leave_repeats
from .search import Search
from .steady import Steady

JOBS: Final = "profiles.get_bulk_import_profiles_job"
JOBS_STEADY: Final = 150
JOBS_BURST: Final = 10
_NONE: Final[Mapping[int, int]] = MappingProxyType({})
_NO_TIMES: Final[Mapping[int, float]] = MappingProxyType({})


@frozen
class Flight:
    """A request under way: by which endpoint, with what, and as part of which search or job."""

    endpoint: str
    items: tuple[Item, ...]
    search: Search | None = None
    job: str | None = None


@frozen
class Sender:
    """All that the sender knows. Start with `new_sender`, go on with `step`."""

    endpoints: Mapping[str, Endpoint]
    queues: Mapping[str, tuple[Item, ...]]
    lanes: Lanes = Factory(Lanes)
    repeats: Repeats = Factory(lambda: Repeats({}))
    flights: Mapping[int, Flight] = MappingProxyType({})
    searches: tuple[Search, ...] = ()
    """Searches of which no probe is under way."""
    jobs: tuple[Job, ...] = ()
    delayed: tuple[tuple[float, Item], ...] = ()
    attempts: Mapping[int, int] = _NONE
    """Failures of an item, for its backoff."""
    charges: Mapping[int, int] = _NONE
    """Failures that count against an item itself."""
    failing: Mapping[int, float] = _NO_TIMES
    """When an item failed first."""
    requests: int = 0
    steady: Steady = Factory(Steady)
    mode: Mode = "single"
    bulk_denied: frozenset[str] = frozenset()
    give_up: float = 30.0
    max_flying: int = 32
    patience: float = PATIENCE
    answered: bool = False
    failing_since: float | None = None
    """When the first request went; it counts until the host has answered anything."""
    draining: bool = False
    stopped: Stop | None = None

    @property
    def is_busy(self) -> bool:
        """Is anything pending? Who is held waits for another, so the others say it."""
        moving = self.flights or self.delayed or self.jobs or self.searches
        return bool(moving) or any(self.queues.values())

    @property
    def pending(self) -> int:
        """Items that are neither delivered nor dead."""
        return (
            sum(map(len, self.queues.values()))
            + sum(map(len, self.lanes.held.values()))
            + sum(map(len, self.repeats.waiting.values()))
            + sum(len(one.items) for one in self.searches)
            + sum(len(one.items) for one in self.jobs)
            + self.flying
            + len(self.delayed)
        )

    @property
    def flying(self) -> int:
        """Items under way in a request, with the rest of a search whose probe is."""
        return sum(
            len(one.items if one.search is None else one.search.items)
            for one in self.flights.values()
        )


def new_sender(
    limits: bool = True, give_up: float = 30.0, max_flying: int = 32, mode: Mode = "single"
) -> Sender:
    """A sender that has seen nothing; without limits it does not pace itself.

    >>> new_sender().pending
    0
    """
    endpoints = {
        name: Endpoint(pace_for(limit.steady if limits else None, limit.burst))
        for name, limit in ENDPOINTS.items()
    }
    endpoints[JOBS] = Endpoint(pace_for(JOBS_STEADY if limits else None, JOBS_BURST))
    return Sender(endpoints, {}, give_up=give_up, max_flying=max_flying, mode=mode)


def goes_by(sender: Sender, queue: tuple[Item, ...]) -> str:
    """By which endpoint the first of a queue goes now."""
    allowed = queue[0].call not in sender.bulk_denied
    behind = 0
    if sender.mode == "auto" and AUTO_READY <= len(queue) < AUTO_BACKLOG:
        behind = sum(map(len, sender.lanes.held.values()))
    return endpoint_for(queue, sender.mode, allowed, behind)


def probes_go_by(search: Search) -> str:
    """As the refused request did."""
    return endpoint_for(search.suspects, "bulk", True)


def enqueue(sender: Sender, items: Iterable[Item], first: bool = False) -> Sender:
    """Items that may be sent: at the end of their queues, or (`first`) where they had been."""
    grouped: dict[str, list[Item]] = {}
    for item in items:
        grouped.setdefault(item.call, []).append(item)
    if not grouped:
        return sender
    queues = dict(sender.queues)
    for call, group in grouped.items():
        both = (*queues.get(call, ()), *group)
        queues[call] = tuple(sorted(both, key=_by_id)) if first else both
    return evolve(sender, queues=queues)


def _by_id(item: Item) -> int:
    return item.id


def release(sender: Sender, items: tuple[Item, ...]) -> Sender:
    """Items are settled: forget them, and let go who waited for them."""
    gone = {item.id for item in items}
    if sender.attempts:
        attempts = {one: count for one, count in sender.attempts.items() if one not in gone}
        charges = {one: count for one, count in sender.charges.items() if one not in gone}
        failing = {one: since for one, since in sender.failing.items() if one not in gone}
        sender = evolve(sender, attempts=attempts, charges=charges, failing=failing)
    lanes, freed = leave_lanes(sender.lanes, items)
    repeats, twins = leave_repeats(sender.repeats, items)
    repeats, freed = part(repeats, freed)
    if lanes is not sender.lanes or repeats is not sender.repeats:
        sender = evolve(sender, lanes=lanes, repeats=repeats)
    return enqueue(sender, (*twins, *freed))
