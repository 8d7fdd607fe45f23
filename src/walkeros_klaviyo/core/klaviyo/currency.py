"""Which currency is an amount in?

The rule's, else the destination's. Source: Klaviyo Create Event, `value_currency`.
"""

from __future__ import annotations

from walkeros_klaviyo.core.diagnostics import Diagnostic, Notes
from walkeros_klaviyo.core.walkeros.event import Event, why_nothing
from walkeros_klaviyo.core.walkeros.path import ABSENT

from .blank import why_empty
from .currencies import CURRENCIES, parse_currency
from .settings import KlaviyoRule


def resolve_currency(rule: KlaviyoRule, event: Event, notes: Notes) -> str | None:
    """An amount's currency: the rule's, else the destination's; None where none is known.

    No default replaces an invalid one. Diagnostics go to `notes`.

    Diagnostics: currency.unknown, currency.missing.
    """
    settings = rule.settings
    for mapping in (settings.currency, settings.default_currency):
        if mapping is None:
            continue
        before = len(notes)
        for option in mapping.options:
            raw = option(event, event, notes)
            if type(raw) is str and raw in CURRENCIES:
                return raw
            if raw is ABSENT or (isinstance(raw, str) and why_empty(raw)):
                continue
            code, found = parse_currency(raw)
            if code is not None:
                return code
            notes.extend(Diagnostic(one.code, mapping.reads, one.message) for one in found)
        if any(one.code == "currency.unknown" for one in notes[before:]):
            return None
    asked = settings.currency or settings.default_currency
    if asked is not None:
        message = "the event has no currency there, and there is no other"
        message += why_nothing(event, asked.reads)
        notes.append(Diagnostic("currency.missing", asked.reads, message))
    return None
