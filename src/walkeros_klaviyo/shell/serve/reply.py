"""What is the answer once the events are on disk?

The same as from walkerOS's own sources: `{success, id, timestamp}` for one event, `{success,
processed, ids}` for several, 207 if some are not events. Only those are the sender's fault; an
event that Klaviyo would refuse was taken and is a dead letter.
"""

from __future__ import annotations

from typing import Any

from walkeros_klaviyo.core.plan import Plan

from .body import Posted

Reply = tuple[int, dict[str, Any]]
"""A status and a body."""


def reply(posted: Posted, plans: tuple[Plan, ...]) -> Reply:
    """The answer to a request, from the plan of each event.

    >>> event = {"name": "page view", "id": "e1", "timestamp": 5}
    >>> reply(Posted((event,)), (Plan("send"),))
    (200, {'success': True, 'id': 'e1', 'timestamp': 5})
    >>> from walkeros_klaviyo.core.diagnostics import Diagnostic
    >>> wrong = Plan("invalid", (), (Diagnostic("event.name", "name", "expected two words"),))
    >>> reply(Posted((event, {"name": "page"}), is_batch=True), (Plan("send"), wrong))
    (207, {'success': False, 'processed': 1, 'failed': 1, 'errors': [{'index': 1, \
'error': 'Event name is invalid'}]})
    """
    wrong = {
        at: _why(posted.events[at], plan)
        for at, plan in enumerate(plans)
        if plan.outcome == "invalid"
    }
    if not posted.is_batch:
        if wrong:
            return 400, {"success": False, "error": wrong[0]}
        event = posted.events[0]
        return 200, {"success": True, "id": event["id"], "timestamp": event["timestamp"]}
    taken = [event for at, event in enumerate(posted.events) if at not in wrong]
    if not wrong:
        ids = [event["id"] for event in taken]
        return 200, {"success": True, "processed": len(taken), "ids": ids}
    errors = [{"index": at, "error": error} for at, error in wrong.items()]
    counts = {"processed": len(taken), "failed": len(wrong)}
    return 207 if taken else 400, {"success": False, **counts, "errors": errors}


def _why(event: Any, plan: Plan) -> str:
    """Why it is not an event, in the words of walkerOS's sources if they have any."""
    reason = plan.diagnostics[-1]
    if reason.code == "event.name":
        is_there = isinstance(event, dict) and event.get("name") not in (None, "")
        return "Event name is invalid" if is_there else "Event name is required"
    return str(reason)
