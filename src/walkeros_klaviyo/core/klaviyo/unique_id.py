"""What makes a retry the same event?

Every event gets an id: the mapping's, else the event's, else (in `create_event`) a digest of the
original event, so that sending it twice records it once.
Source: Klaviyo Create Event, `unique_id` (the first per profile and metric is kept; without one,
one event per profile, metric and second).
"""

from __future__ import annotations

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics, Notes
from walkeros_klaviyo.core.walkeros.event import Event, why_nothing
from walkeros_klaviyo.core.walkeros.path import ABSENT

from .identifier import read_identifier
from .settings import KlaviyoRule


def resolve_unique_id(rule: KlaviyoRule, event: Event) -> tuple[str | None, Diagnostics]:
    """The event's unique id; None where it must be derived from the content.

    >>> from .rules import rule_of
    >>> rule = rule_of({"settings": {"uniqueId": "data.id"}})
    >>> resolve_unique_id(rule, {"id": "e1", "data": {"id": 90210}})
    ('90210', ())
    >>> text, (found,) = resolve_unique_id(rule, {"id": "e1"})
    >>> text, found.code
    ('e1', 'unique-id.missing')

    Diagnostics: unique-id.missing, unique-id.invalid, unique-id.derived.
    """
    notes: Notes = []
    mapping = rule.settings.unique_id
    if mapping is not None:
        for option in mapping.options:
            found = option(event, event, notes)
            if found is ABSENT or found == "":
                continue
            text, reason = read_identifier(found)
            if text is not None:
                return text, tuple(notes)
            notes.append(Diagnostic("unique-id.invalid", mapping.reads, reason))
        if not notes and mapping.reads != "id":
            message = "the event has no id there; its own is used"
            message += why_nothing(event, mapping.reads)
            notes.append(Diagnostic("unique-id.missing", mapping.reads, message))
    own = event.get("id")
    text, reason = read_identifier(own) if own is not None and own != "" else (None, "")
    if text is not None:
        return text, tuple(notes)
    reason = f"the event's id {reason}" if reason else "the event has no id"
    notes.append(Diagnostic("unique-id.derived", "id", f"{reason}; derived from the content"))
    return None, tuple(notes)
