"""How does a stream of events go through a transform?

Folded over the events: each is settled against the states that the ones before it left.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator
from typing import cast

from walkeros_klaviyo.core.klaviyo.state import NOTHING_KNOWN, ProfileState, States, merged

from .pipeline import Transform
from .plan import Plan
from .reused import noting_reuse
from .settle import Settled, settle


def scan(
    transform: Transform,
    events: Iterable[object],
    states: States = NOTHING_KNOWN,
    now: float | None = None,
) -> Iterator[Settled]:
    """Yield (plan, changed states) for each event; `states` is read and never written.

    A plan gets a diagnostic where its event reuses the unique id of another in this scan. That
    apart, scanning `a + b` equals scanning `a`, then `b` with the states remembered from `a`.

    >>> from .config import parse_config
    >>> from .pipeline import pipeline
    >>> transform = pipeline(parse_config({"settings": {"identify": {"map": {"title": "user.t"}}}}))
    >>> event = {"name": "page view", "timestamp": 1795518160712, "user": {"id": "u1", "t": "Dr"}}
    >>> [len(plan.calls) for plan, changes in scan(transform, [event, event])]
    [2, 1]
    """
    return fold(map(transform.plan, events), states, now)


def fold(
    plans: Iterable[Plan], states: States = NOTHING_KNOWN, now: float | None = None
) -> Iterator[Settled]:
    """Settle each plan against the states that the ones before it left."""
    return map(folding(states, now), plans)


def folding(states: States = NOTHING_KNOWN, now: float | None = None) -> Callable[[Plan], Settled]:
    """A function that settles each plan it is given; it remembers what the ones before it left."""
    learned: dict[str, ProfileState] = {}
    note = noting_reuse()
    known: States = learned
    if states is not NOTHING_KNOWN:  # a ChainMap is slower
        known = ChainMap(learned, cast(dict[str, ProfileState], states))

    def settle_next(plan: Plan) -> Settled:
        settled, changes = settle(note(plan), known, now)
        if changes:
            learned.update(merged(known, changes))
        return settled, changes

    return settle_next


def remembered(states: States, steps: Iterable[Settled]) -> dict[str, ProfileState]:
    """The states after a scan's steps, as a new dict; pass it on to the next scan.

    >>> from .plan import Plan
    >>> list(remembered({}, [(Plan("send"), {"email:ada@example.com": ProfileState("f")})]))
    ['email:ada@example.com']
    """
    after = dict(states)
    for _, changes in steps:
        after.update(merged(after, changes))
    return after
