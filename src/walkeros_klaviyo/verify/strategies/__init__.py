"""Which events, mapping values and configurations are there to try?

Strategies for hypothesis, for users' own property tests as for ours:

    @given(events_for(CONFIG, base=SOME_EVENTS))
    def test_our_tracking(event): ...
"""

from __future__ import annotations

from .aimed import aimed, events_for, streams, streams_for
from .configurations import configs, rules
from .events import any_events, events
from .values import mapping_values

__all__ = [
    "aimed",
    "any_events",
    "configs",
    "events",
    "events_for",
    "mapping_values",
    "rules",
    "streams",
    "streams_for",
]
