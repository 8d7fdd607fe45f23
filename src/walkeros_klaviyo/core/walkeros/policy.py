"""What do policies change in the event?

All values are read first, then set in order; undefined clears a path, parents are created.
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
    """A configuration or rule, which may have a policy."""

    @property
    def policy(self) -> Policy: ...


def apply_policy(changing: Changing, event: Event) -> tuple[Event | None, Diagnostics]:
    """A changed copy of the event; None if the policy made its name or timestamp invalid.

    >>> from walkeros_klaviyo.core.config import parse_config
    >>> config = parse_config({"policy": {"user.city": "data.town"}})
    >>> apply_policy(config, {"name": "a b", "timestamp": 0, "data": {"town": "Ulm"}})[0]["user"]
    {'city': 'Ulm'}
    """
    notes: list[Diagnostic] = []
    values = []
    for path, mapping in changing.policy:
        value = mapping.resolve(event, event, notes)
        if _grants(path, value, event):
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


def _grants(path: Path, value: Any, event: Event) -> bool:
    """Would it grant consent that was not given, on the event or on a nested entity?"""
    if path[0] not in ("consent", "nested") or "consent" not in path:
        return _holds_consent(value)
    states = value if isinstance(value, dict) else {path[-1]: value}
    given = event.get("consent") if path[0] == "consent" else None
    known = given if isinstance(given, dict) else {}
    return any(is_on is True and known.get(name) is not True for name, is_on in states.items())


def _holds_consent(value: Any) -> bool:
    """Does it contain a `consent` object with a true state, at any depth?"""
    if isinstance(value, list):
        return any(map(_holds_consent, value))
    if not isinstance(value, dict):
        return False
    consent = value.get("consent")
    own = isinstance(consent, dict) and True in consent.values()
    return own or any(map(_holds_consent, value.values()))
