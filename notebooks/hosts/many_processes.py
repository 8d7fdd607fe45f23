"""A large sample on every core of one machine: planning needs no state, so it is shared out.

    if __name__ == "__main__":
        plans = planned(pipeline(read_config("shop.toml")), events)

What was told before is settled in one process, in the order of the events. A transform crosses to
other processes as long as its functions can be imported there: no lambdas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from multiprocessing import get_context

from toolz import partition_all

from walkeros_klaviyo import Plan, Transform

AT_ONCE = 500
"""Events that cross together."""


def planned(transform: Transform, events: Iterable[object], processes: int = 2) -> Iterator[Plan]:
    """The plan of each event, in order, before it is settled."""
    with get_context("spawn").Pool(processes) as pool:
        for plans in pool.imap(partial(_plans, transform), partition_all(AT_ONCE, events)):
            yield from plans


def _plans(transform: Transform, events: tuple[object, ...]) -> list[Plan]:
    return [transform.plan(event) for event in events]
