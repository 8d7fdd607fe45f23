"""What are queued items waiting for, and how much longer? For somebody watching a run.

Requests under way are not waiting. Once the sender drains or has stopped, nothing is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from attrs import frozen

from .endpoint import Endpoint, is_open
from .pace import minute_at
from .speaker import JOBS
from .state import Sender, goes_by

Reason = Literal["pace", "retry-after", "breaker", "backoff", "import", "answers"]
"""In this order: the rate; Klaviyo's Retry-After; too many failures in a row; a pause before a
retry; an unfinished import; as many requests under way as are allowed."""


@frozen
class Waiting:
    """How many items wait for an endpoint, why, and for how many seconds (None: for an answer)."""

    endpoint: str
    reason: Reason
    seconds: float | None
    items: int
    trouble: str = ""
    """The endpoint's last failure, however long ago; empty for none."""


def outlook(sender: Sender, now: float) -> tuple[Waiting, ...]:
    """Everything that is being waited for; `now` is on the same clock as for `step`.

    >>> from .messages import Answer, Answered, Arrived, Item
    >>> from .sender import new_sender, step
    >>> sender, _ = step(new_sender(), Arrived((Item(1, "events.create_event"),)), 0.0)
    >>> sender, _ = step(sender, Answered(1, Answer(429, {"retry-after": "9"})), 1.0)
    >>> [(one.reason, one.seconds, one.trouble) for one in outlook(sender, 4.0)]
    [('retry-after', 6.0, '429')]
    """
    if sender.draining or sender.stopped is not None:
        return ()
    found = (*_queued(sender, now), *_delayed(sender, now), *_importing(sender, now))
    return tuple(sorted(found, key=lambda one: (one.endpoint, one.reason)))


def _queued(sender: Sender, at: float) -> Iterator[Waiting]:
    waiting: Counter[str] = Counter()
    for queue in filter(None, sender.queues.values()):
        waiting[goes_by(sender, queue)] += len(queue)
    for name, items in waiting.items():
        endpoint = sender.endpoints[name]
        if not is_open(endpoint, at):
            reason, until = _blocked(endpoint)
            seconds = None if until is None else max(until - at, 0.0)
            yield Waiting(name, reason, seconds, items, endpoint.trouble)
        elif len(sender.flights) >= sender.max_flying:
            yield Waiting(name, "answers", None, items, endpoint.trouble)


def _blocked(endpoint: Endpoint) -> tuple[Reason, float | None]:
    """The reason that blocks the endpoint longest, and until when."""
    pace, breaker = endpoint.pace, endpoint.breaker
    if endpoint.flying >= endpoint.most_flying:
        return "answers", None
    if not breaker.is_closed and endpoint.flying:  # waits for the probe's answer
        return "breaker", None
    times: list[tuple[float, Reason]] = [
        (pace.blocked, "retry-after"),
        (max(pace.due - pace.allowance, minute_at(pace)), "pace"),
    ]
    if not breaker.is_closed:
        times.append((breaker.open_until, "breaker"))
    until, reason = max(times, key=lambda one: one[0])
    return reason, until


def _delayed(sender: Sender, at: float) -> Iterator[Waiting]:
    times: dict[str, list[float]] = {}
    for when, item in sender.delayed:
        times.setdefault(goes_by(sender, (item,)), []).append(when)
    for name, all_of in times.items():
        first = max(min(all_of) - at, 0.0)
        yield Waiting(name, "backoff", first, len(all_of), sender.endpoints[name].trouble)


def _importing(sender: Sender, at: float) -> Iterator[Waiting]:
    """Imports wait until their progress is asked for next."""
    if sender.jobs:
        asks = [max(job.ask_at - at, 0.0) for job in sender.jobs if not job.asking]
        items = sum(len(job.items) for job in sender.jobs)
        trouble = sender.endpoints[JOBS].trouble
        yield Waiting(
            "profiles.bulk_import_profiles", "import", min(asks, default=None), items, trouble
        )
