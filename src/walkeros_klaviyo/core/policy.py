"""What do policies change on the event?

All values are read first, then set in order; undefined clears the path, parents are made.
Source: walkerOS `policy`, of the destination and of a rule.
"""

from __future__ import annotations

from functools import reduce

from .diagnostics import Diagnostic, Diagnostics
from .event import Event, EventError, parse_event
from .path import set_path
from .rule import Policy


def apply_policy(policy: Policy, event: Event) -> tuple[Event | None, Diagnostics]:
    """A changed copy of the event; None where the policy broke its name or timestamp.

    >>> from .value import mapping_value
    >>> apply_policy(((("user", "city"), mapping_value("data.town")),),
    ...              {"name": "a b", "timestamp": 0, "data": {"town": "Ulm"}})[0]["user"]
    {'city': 'Ulm'}
    """
    notes: list[Diagnostic] = []
    values = [(path, value.resolve(event, event, notes)) for path, value in policy]
    changed: Event = reduce(lambda event, change: set_path(event, *change), values, event)
    checked = parse_event(changed)
    if isinstance(checked, EventError):
        message = f"{checked.path}: {checked.message}; kept back"
        return None, (*notes, Diagnostic("policy.broke-event", checked.path, message))
    return changed, tuple(notes)
