"""What do policies change on the event?

All values are read first, then set in order; undefined clears the path, parents are made.
Source: walkerOS `policy`, of the destination and of a rule.
"""

from __future__ import annotations

from functools import reduce
from typing import Any, Protocol

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics

from .event import Event, EventError, parse_event
from .path import Path, set_path
from .rule import Policy


class Changing(Protocol):
    """A configuration or a rule that may have a policy."""

    @property
    def policy(self) -> Policy: ...


def apply_policy(changing: Changing, event: Event) -> tuple[Event | None, Diagnostics]:
    """A changed copy of the event; None where the policy broke its name or timestamp.

    >>> from walkeros_klaviyo.core.config import parse_config
    >>> config = parse_config({"policy": {"user.city": "data.town"}})
    >>> apply_policy(config, {"name": "a b", "timestamp": 0, "data": {"town": "Ulm"}})[0]["user"]
    {'city': 'Ulm'}
    """
    notes: list[Diagnostic] = []
    values = []
    for path, mapping in changing.policy:
        value = mapping.resolve(event, event, notes)
        if _grants(path, value):
            message = "only the visitor grants consent; left as it was"
            notes.append(Diagnostic("policy.grants-consent", mapping.where, message))
        else:
            values.append((path, value))
    changed: Event = reduce(lambda event, change: set_path(event, *change), values, event)
    checked = parse_event(changed)
    if isinstance(checked, EventError):
        message = f"{checked.path}: {checked.message}; kept back"
        return None, (*notes, Diagnostic("policy.broke-event", checked.path, message))
    return changed, tuple(notes)


def _grants(path: Path, value: Any) -> bool:
    """Would it grant consent, on the event or on what is nested in it?"""
    if path[0] != "consent" and not (path[0] == "nested" and "consent" in path):
        return False
    return value is True or (isinstance(value, dict) and True in value.values())
