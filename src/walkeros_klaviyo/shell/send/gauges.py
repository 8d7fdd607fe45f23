"""How does delivery stand, in numbers? For whoever watches it from outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from copy import deepcopy

from attrs import evolve, frozen

from walkeros_klaviyo.delivery.outlook import Waiting, outlook
from walkeros_klaviyo.delivery.pace import used_at
from walkeros_klaviyo.shell.store.counts import Counts
from walkeros_klaviyo.shell.store.lag import Lags

from .loop import Loop


@frozen
class Gauges:
    """What the loop knows at one moment; read in its own thread."""

    counts: Counts
    """What became of all events of this store: of this program and those before it."""
    lags: Lags
    oldest_age: float
    """Seconds since the call was accepted that waits longest; 0.0 where none waits."""
    paces: Mapping[str, tuple[int, int | None]]
    """By endpoint: requests of the last minute, and how many there may be (None: any number)."""
    waits: tuple[Waiting, ...]


def read_gauges(loop: Loop) -> Gauges:
    """How the loop stands now."""
    store, now = loop.store, loop.clock()
    paces = {name: one.pace for name, one in loop.sender.endpoints.items()}
    return Gauges(
        copied(store.counts),
        deepcopy(store.lags),
        store.oldest_age(),
        {name: (used_at(pace, now), pace.most) for name, pace in paces.items()},
        outlook(loop.sender, now),
    )


def copied(counts: Counts) -> Counts:
    """Counts that nobody changes any more."""
    return evolve(counts, not_sent=Counter(dict(counts.not_sent)))
