"""How does delivery stand, in numbers? For whoever watches it from outside."""

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
    """What the loop knows at one moment; read in its own thread."""

    counts: Counts
    """What became of all events of this store: of this program and those before it."""
    lags: Lags
    oldest_age: float
    """Seconds since the call was accepted that waits longest; 0.0 where none waits."""
    paces: Mapping[str, tuple[int, int | None]]
    """By endpoint: requests of the last minute, and how many there may be (None: any number)."""
    waits: tuple[Waiting, ...]


@frozen
class Standing:
    """The same, and what waits and what is dead; for a person."""

    gauges: Gauges
    pending: tuple[tuple[str, int], ...]
    """Events that wait, by metric, the most first."""
    stuck: tuple[Stuck, ...]
    letters: tuple[DeadLetter | Damaged, ...]
    """The first of the dead letters."""
    dead_calls: int
    """How many dead letters there are."""
    _version: tuple[int, ...]
    """The same where no letter came or went."""


MOST_METRICS: Final = 50


def read_standing(loop: Loop, letters: int, known: Standing | None = None) -> Standing:
    """How the loop and its store stand now, with so many dead letters at most.

    Those are read only where they are others than what is `known`.
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
