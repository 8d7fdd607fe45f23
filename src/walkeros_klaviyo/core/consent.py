"""May this event be sent at all?

Granted are the states that are true on the event; absent is not granted. Mappings then see only
the granted ones. Source: walkerOS consent, and Klaviyo's: never send what was denied.
"""

from __future__ import annotations

from .diagnostics import Diagnostic, Diagnostics
from .event import Event
from .value import is_granted


def grant_consent(
    required: frozenset[str] | None, where: str, event: Event
) -> tuple[bool, Diagnostics]:
    """Is one of the required states granted? None requires nothing.

    >>> grant_consent(frozenset({"marketing"}), "consent", {"consent": {"marketing": True}})
    (True, ())
    >>> grant_consent(frozenset({"marketing"}), "consent", {})[1][0].code
    'consent.denied'
    """
    if required is None or is_granted(required, event.get("consent")):
        return True, ()
    names = " or ".join(sorted(required)) or "a state that nothing can grant"
    return False, (Diagnostic("consent.denied", where, f"needs {names}, not granted"),)


def only_granted(event: Event) -> Event:
    """The event with its granted consent states only.

    >>> only_granted({"name": "a b", "consent": {"marketing": True, "ads": False}})["consent"]
    {'marketing': True}
    """
    states = event.get("consent")
    if not isinstance(states, dict):
        return event if states is None else {**event, "consent": {}}
    if all(flag is True for flag in states.values()):
        return event
    return {**event, "consent": {name: True for name, flag in states.items() if flag is True}}
