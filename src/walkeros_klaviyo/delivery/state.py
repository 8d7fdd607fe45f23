"""What does the sender know?

One frozen value; every change makes a new one. There is one message per request, not per item, so
copying costs little compared with the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from attrs import Factory, evolve, frozen

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS

from .batch import AUTO_BACKLOG, AUTO_READY, BULK, Mode, endpoint_for
from .endpoint import MAX_BULK_FLYING, Endpoint, is_left_alone
from .jobs import PATIENCE, Job
from .lanes import Lanes
from .lanes import leave as leave_lanes
from .messages import Item, Stop
from .pace import pace_for
from .repeats import Repeats, part
from .repeats import leave as leave_repeats
from .speaker import JOBS

JOBS_STEADY: Final = 150
JOBS_BURST: Final = 10


@frozen
class Flight:
    """A request under way: its endpoint, items, start time, and the job if it polls one."""

    endpoint: str
    items: tuple[Item, ...]
    at: float = 0.0
    job: str | None = None


@frozen
class Sender:
    """The sender's whole state. Make one with `new_sender`, then call `step`."""

    endpoints: Mapping[str, Endpoint]
    queues: Mapping[str, tuple[Item, ...]]
    """Items that are ready, by `queue_of`."""
    lanes: Lanes = Factory(Lanes)
    repeats: Repeats = Factory(lambda: Repeats({}))
    flights: Mapping[int, Flight] = MappingProxyType({})
    jobs: tuple[Job, ...] = ()
    delayed: tuple[tuple[float, Item], ...] = ()
    requests: int = 0
    now: float = 0.0
    """The time of the last message."""
    mode: Mode = "single"
    bulk_denied: frozenset[str] = frozenset()
    give_up: float = 30.0
    max_flying: int = 32
    patience: float = PATIENCE
    heard: bool = False
    """Has there been an answer that may be Klaviyo's?"""
    failing_since: float | None = None
    """When the first request was sent; used until Klaviyo has answered."""
    draining: bool = False
    stopped: Stop | None = None

    @property
    def is_busy(self) -> bool:
        """Is anything pending? Held items always wait for something counted here."""
        return bool(self.flights or self.delayed or self.jobs) or any(self.queues.values())

    @property
    def is_stuck(self) -> bool:
        """Has everything left failed repeatedly on its own account, while others got through?"""
        if not self.is_busy or self.jobs:
            return False
        flying = (flight.items for flight in self.flights.values())
        waiting = (*self.queues.values(), *flying, tuple(item for _, item in self.delayed))
        return all(item.charges and item.failures > 2 for items in waiting for item in items)

    @property
    def pending(self) -> int:
        """The number of items that are neither delivered nor dead."""
        return (
            sum(map(len, self.queues.values()))
            + len(self.lanes.held)
            + sum(map(len, self.repeats.waiting.values()))
            + sum(len(job.items) for job in self.jobs)
            + self.flying
            + len(self.delayed)
        )

    @property
    def flying(self) -> int:
        """The number of items in requests under way."""
        return sum(len(flight.items) for flight in self.flights.values())


def new_sender(
    limits: bool = True, give_up: float = 30.0, max_flying: int = 32, mode: Mode = "single"
) -> Sender:
    """A sender without items; `give_up` is in seconds, `limits` says whether to pace requests.

    >>> new_sender().pending
    0
    """
    endpoints = {
        name: Endpoint(
            pace_for(limit.steady if limits else None, limit.burst),
            most_flying=MAX_BULK_FLYING if limit.items > 1 else max_flying,
        )
        for name, limit in ENDPOINTS.items()
    }
    endpoints[JOBS] = Endpoint(pace_for(JOBS_STEADY if limits else None, JOBS_BURST))
    return Sender(endpoints, {}, give_up=give_up, max_flying=max_flying, mode=mode)


def goes_by(sender: Sender, queue: tuple[Item, ...]) -> str:
    """The endpoint by which the first item of a queue would be sent now."""
    allowed = queue[0].call not in sender.bulk_denied
    behind = 0
    if sender.mode == "auto" and AUTO_READY <= len(queue) < AUTO_BACKLOG:
        behind = len(sender.lanes.held)
    name = endpoint_for(queue, sender.mode, allowed, behind)
    single = queue[0].call
    return single if name != single and _is_blocked(sender, name, single) else name


def _is_blocked(sender: Sender, bulk: str, single: str) -> bool:
    """Does bulk fail even with one row, while the single endpoint works or may work?"""
    one, many, asked = (sender.endpoints[name] for name in (single, bulk, JOBS))
    if is_left_alone(many, sender.now) and (many.size.most == 1 or not sender.heard):
        blocked_since = many.spoke_at
    elif bulk == BULK["profiles.create_or_update_profile"] and is_left_alone(asked, sender.now):
        blocked_since = asked.spoke_at  # an import's result could not be fetched
    else:
        return False
    is_proven = one.spoke_at > blocked_since
    return not is_left_alone(one, sender.now) and (is_proven or not one.flying)


def queue_of(item: Item) -> str:
    """The name of an item's queue; items sent alone and suspects have their own, to delay nobody.

    >>> queue_of(Item(1, "events.create_event", most=1))
    'events.create_event, alone'
    """
    call = f"{item.call} {item.group}" if item.group else item.call
    if item.is_suspect:
        return f"{call}, suspect"
    return f"{call}, alone" if item.is_alone else call


def enqueue(sender: Sender, items: Iterable[Item], first: bool = False) -> Sender:
    """Append items that may be sent to their queues, or (`first`) put them back in their places."""
    grouped: dict[str, list[Item]] = {}
    for item in items:
        grouped.setdefault(queue_of(item), []).append(item)
    if not grouped:
        return sender
    queues = dict(sender.queues)
    for name, group in grouped.items():
        both = (*queues.get(name, ()), *group)
        queues[name] = tuple(sorted(both, key=_by_id)) if first else both
    return evolve(sender, queues=queues)


def _by_id(item: Item) -> int:
    return item.id


def release(sender: Sender, items: tuple[Item, ...]) -> Sender:
    """Forget settled items, and release those that waited for them."""
    lanes, freed = leave_lanes(sender.lanes, items)
    repeats, twins = leave_repeats(sender.repeats, items)
    repeats, freed = part(repeats, freed)
    if lanes is not sender.lanes or repeats is not sender.repeats:
        sender = evolve(sender, lanes=lanes, repeats=repeats)
    return enqueue(sender, (*twins, *freed))
