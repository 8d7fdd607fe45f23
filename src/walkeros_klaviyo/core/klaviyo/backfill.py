"""Is the event history, which must not start flows?

Source: Klaviyo Create Event, `backfill`.
"""

from __future__ import annotations

from typing import Final

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics, Notes
from walkeros_klaviyo.core.faults import Findings
from walkeros_klaviyo.core.walkeros.event import Event, kind_of
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.value import MappingValue, parse_mapping

from .settings import KlaviyoRule

ALWAYS: Final[MappingValue] = parse_mapping({"value": True}, "settings.backfill", Findings())
"""The mapping of `backfill = true` in a configuration."""


def resolve_backfill(rule: KlaviyoRule, event: Event) -> tuple[bool, Diagnostics]:
    """Is the event history, to be recorded without triggering flows?

    >>> from .rules import rule_of
    >>> resolve_backfill(rule_of({}), {})
    (False, ())

    Diagnostics: backfill.invalid.
    """
    mapping = rule.settings.backfill
    if mapping is None:
        return False, ()
    notes: Notes = []
    found = mapping.resolve(event, event, notes)
    if isinstance(found, bool):
        return found, tuple(notes)
    if found is not ABSENT:
        message = f"resolved to {kind_of(found)}, not true or false"
        notes.append(Diagnostic("backfill.invalid", mapping.where, message))
    return False, tuple(notes)
