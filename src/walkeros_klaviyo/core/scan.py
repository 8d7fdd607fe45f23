"""How does a stream of events flow?

A transform folded over events: each one settled against what the ones before it left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from .klaviyo.profile import ProfileState
from .pipeline import Stepped, Transform
from .settle import settle

States = Mapping[str, ProfileState]
NOTHING_KNOWN: Final[States] = MappingProxyType({})


def scan(
    transform: Transform,
    events: Iterable[object],
    states: States = NOTHING_KNOWN,
    now: float | None = None,
) -> Iterator[Stepped]:
    """What the transform returns, event by event; reads `states` and never writes it.

    Law: scanning `a + b` is scanning `a`, then `b` from what is remembered.

    >>> from .config import parse_config
    >>> from .pipeline import pipeline
    >>> transform = pipeline(parse_config({"settings": {"identify": {"map": {"title": "user.t"}}}}))
    >>> event = {"name": "page view", "timestamp": 1795518160712, "user": {"id": "u1", "t": "Dr"}}
    >>> [len(plan.calls) for plan, state in scan(transform, [event, event])]
    [2, 1]
    """
    learned: dict[str, ProfileState] = {}
    for event in events:
        plan = transform.plan(event)
        key = plan.key
        if key is None:
            yield settle(plan, None, now)
            continue
        prior = learned.get(key) or states.get(key)
        step = settle(plan, prior, now)
        state = step[1]
        if state is not None and state is not prior:
            learned[key] = state
        yield step


def remembered(states: States, steps: Iterable[Stepped]) -> dict[str, ProfileState]:
    """The states after a scan's steps, as a new mapping.

    >>> from .plan import Plan
    >>> remembered({}, [(Plan("send", key="email:ada@example.com"), ProfileState("f"))])
    {'email:ada@example.com': ProfileState(fingerprint='f')}
    """
    after = dict(states)
    for plan, state in steps:
        if plan.key is not None and state is not None:
            after[plan.key] = state
    return after
