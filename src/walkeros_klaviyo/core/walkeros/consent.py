"""May this event be sent at all?

A consent state is granted if it is true on the event; a missing one is not granted. Mappings see
only granted states. Source: walkerOS consent, and Klaviyo's rule never to send what was denied.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics
from walkeros_klaviyo.core.faults import Findings, join

from .event import Event, kind_of


class Asking(Protocol):
    """A configuration or a rule: the consent it requires, and its place."""

    @property
    def consent(self) -> frozenset[str] | None: ...
    @property
    def where(self) -> str: ...


def grant_consent(asking: Asking, event: Event) -> tuple[bool, Diagnostics]:
    """Is one of the required consent states granted? None requires nothing.

    >>> from walkeros_klaviyo.core.config import parse_config
    >>> config = parse_config({"consent": {"marketing": True}})
    >>> grant_consent(config, {"consent": {"marketing": True}})
    (True, ())
    >>> grant_consent(config, {})[1][0].code
    'consent.denied'
    """
    required = asking.consent
    if required is None or is_granted(required, event.get("consent")):
        return True, ()
    names = " or ".join(sorted(required)) or "a state that nothing can grant"
    where = join(asking.where, "consent")
    denied = Diagnostic("consent.denied", where, f"needs {names}, not granted")
    return False, (denied, *_no_booleans(required, event.get("consent")))


def _no_booleans(required: Iterable[str], states: Any) -> Diagnostics:
    """Note states that look granted but are not booleans: only true grants."""
    if not isinstance(states, dict | None):
        message = f"is {kind_of(states)}, not an object of states"
        return (Diagnostic("consent.not-boolean", "consent", message),)
    given = states or {}
    return tuple(
        Diagnostic("consent.not-boolean", f"consent.{name}", f"is {kind_of(given[name])}, not true")
        for name in sorted(required)
        if not isinstance(given.get(name), bool | None)
    )


def only_granted(asking: Asking, event: Event) -> tuple[Event, Diagnostics]:
    """The event with only its granted consent states, whether or not any are required.

    >>> from walkeros_klaviyo import parse_config
    >>> event = {"name": "a b", "consent": {"marketing": True, "ads": False}}
    >>> only_granted(parse_config({}), event)[0]["consent"]
    {'marketing': True}
    """
    states = event.get("consent")
    if not isinstance(states, dict):
        return event if states is None else {**event, "consent": {}}, ()
    for flag in states.values():
        if flag is not True:
            break
    else:
        return event, ()
    granted = {name: True for name, flag in states.items() if flag is True}
    return {**event, "consent": granted}, ()


def compile_consent(raw: Any, where: str, findings: Findings) -> frozenset[str] | None:
    """The consent states of which one must be granted; None (also for an empty object) for none.

    >>> sorted(compile_consent({"marketing": True, "functional": False}, "", Findings()))
    ['marketing']
    """
    if raw is None or raw == {}:
        return None
    if not isinstance(raw, dict) or not all(isinstance(flag, bool) for flag in raw.values()):
        findings.fault(where, 'expected states to be granted, e.g. {"marketing": true}')
        return frozenset()
    required = frozenset(str(name) for name, flag in raw.items() if flag)
    if not required:
        findings.warn("config.never-granted", where, "names no state; nothing can grant it")
    return required


def consent_of(value: Any, event: Event) -> Any:
    """The consent on the value itself, else the event's."""
    own = value.get("consent") if isinstance(value, dict) else None
    return own if isinstance(own, dict) else event.get("consent")


def is_granted(required: Iterable[str], states: Any) -> bool:
    """Is one of the required states true? A missing one is not granted.

    >>> is_granted({"marketing"}, {"marketing": True}), is_granted({"marketing"}, {"marketing": 1})
    (True, False)
    """
    if isinstance(states, dict):
        for name in required:
            if states.get(name) is True:
                return True
    return False
