"""Which strategies generate events for property tests, yours and ours?

Strategies for hypothesis:

    @given(events_for(CONFIG, base=SOME_EVENTS))
    def test_our_tracking(event): ...
"""

from __future__ import annotations

from .aimed import events_for, streams_for
from .events import any_events, events

__all__ = ["any_events", "events", "events_for", "streams_for"]
