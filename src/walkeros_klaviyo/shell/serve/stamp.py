"""What is added to an event on arrival?

A missing timestamp or id, as walkerOS's own sources do. It is added before planning and stored with
the event, so that a retry keeps the id. Source: walkerOS sources after 4.5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def stamped(event: Any, now: int, new_id: Callable[[], str]) -> Any:
    """The event with an id and a timestamp in milliseconds; anything else unchanged.

    >>> stamped({"name": "page view"}, 1795518160712, lambda: "0123456789abcdef")
    {'name': 'page view', 'timestamp': 1795518160712, 'id': '0123456789abcdef'}
    >>> stamped({"name": "page view", "timestamp": 1, "id": "e1"}, 5, lambda: "x")
    {'name': 'page view', 'timestamp': 1, 'id': 'e1'}
    """
    if not isinstance(event, dict):
        return event
    missing: dict[str, Any] = {}
    if event.get("timestamp") is None:
        missing["timestamp"] = now
    if event.get("id") in (None, ""):
        missing["id"] = new_id()
    return {**event, **missing} if missing else event
