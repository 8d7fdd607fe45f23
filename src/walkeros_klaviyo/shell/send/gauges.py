"""How is delivery doing, in numbers? For monitoring from outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from heapq import nlargest
from operator import itemgetter
from typing import Final

from attrs import evolve, frozen

from walkeros_klaviyo.delivery.outlook import Waiting, outlook
from walkeros_klaviyo.delivery.pace import used_at
from walkeros_klaviyo.shell.store import Damaged, DeadLetter
from walkeros_klaviyo.shell.store.counts import Counts, pending_of
from walkeros_klaviyo.shell.store.lag import Lags
from walkeros_klaviyo.shell.store.status import Stuck

from .loop import Loop


@frozen
class Gauges:
    """The loop's numbers at one moment, read in its own thread."""

    counts: Counts
    """Counts of all events of this store, including those of earlier programs."""
    lags: Lags
    oldest_age: float
    """The age in seconds of the oldest pending call; 0.0 if there is none."""
    paces: Mapping[str, tuple[int, int | None]]
    """By endpoint: requests in the last minute, and how many are allowed (None: any number)."""
    waits: tuple[Waiting, ...]


@frozen
class Standing:
    """The gauges, with what is pending and what is dead, for display."""

    gauges: Gauges
    pending: tuple[tuple[str, int], ...]
    """Pending events by metric, largest first."""
    stuck: tuple[Stuck, ...]
    letters: tuple[DeadLetter | Damaged, ...]
    """The first dead letters."""
    dead_calls: int
    """The number of all dead letters."""
    _version: tuple[int, ...]
    """Unchanged as long as no letter is added or removed."""


MOST_METRICS: Final = 50


def read_standing(loop: Loop, letters: int, known: Standing | None = None) -> Standing:
    """The loop's and store's standing now, with at most `letters` dead letters.

    Letters are read only if they differ from those of `known`.
    """
    store = loop.store
    version = (*store.letter_version, letters)
    waiting = ((name, pending_of(counts)) for name, counts in store.metrics.items())
    pending = nlargest(MOST_METRICS, (one for one in waiting if one[1]), key=itemgetter(1))
    return Standing(
        read_gauges(loop),
        tuple(pending),
        store.stuck(),
        *(
            (known.letters, known.dead_calls)
            if known is not None and known._version == version
            else (tuple(store.letters(letters)), store.dead_calls)
        ),
        version,
    )


def read_gauges(loop: Loop) -> Gauges:
    """The loop's gauges now."""
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
    """A copy of counts that does not change any more."""
    return evolve(counts, not_sent=Counter(dict(counts.not_sent)))
