"""Whose event is it?

Identifiers are checked, never fatal alone: a bad one is dropped with a diagnostic, the others are
used; of a list of options the first that can be. Source: Klaviyo's profile identifiers.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics, Notes
from walkeros_klaviyo.core.walkeros.event import Event, why_nothing
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.value import MappingValue

from .identifier import IDENTIFIERS, STRENGTH
from .phone import is_phone_region, read_phone
from .settings import KlaviyoRule


@frozen(slots=False)
class Identity:
    """A profile's identifiers in wire form."""

    identifiers: dict[str, str]

    @property
    def keys(self) -> tuple[str, ...]:
        """Under which keys the person's state stands, the strongest first.

        Klaviyo ignores an email's capitals; an anonymous id names a device.

        >>> Identity({"email": "Ada@example.com", "external_id": "7"}).keys
        ('external_id:7', 'email:ada@example.com')
        """
        known, keys = self.identifiers, []
        for field in STRENGTH:
            if field in known:
                text = known[field]
                keys.append(f"{field}:{text.lower() if field == 'email' else text}")
        return tuple(keys)


def resolve_identity(rule: KlaviyoRule, event: Event) -> tuple[Identity | None, Diagnostics]:
    """Who is it, or None where no identifier is left.

    >>> from walkeros_klaviyo.core.config import parse_config
    >>> resolve_identity(parse_config({}).default, {"user": {"id": 7, "email": "ada@@example"}})[0]
    Identity(identifiers={'external_id': '7'})

    Diagnostics: email.invalid, phone.invalid, external-id.invalid, anonymous-id.invalid,
    kx.invalid, phone-region.invalid, identity.none.
    """
    notes: Notes = []
    found: dict[str, str] = {}
    for setting, mapping in rule.settings.identifiers:
        kind = IDENTIFIERS[setting]
        for option in mapping.options:
            raw = option(event, event, notes)
            if raw is ABSENT or raw == "":
                continue
            if kind.read is None:
                text, reason = read_phone(raw, _region(rule.settings.phone_region, event, notes))
            else:
                text, reason = kind.read(raw)
            if text is not None:
                found[kind.field] = text
                break
            if reason:
                notes.append(Diagnostic(kind.code, mapping.reads, reason))
    if found:
        return Identity(found), tuple(notes)
    message = "no identifier is left" if notes else "the event has no identifier"
    message += why_nothing(event, "user.id")
    return None, (*notes, Diagnostic("identity.none", "user", message))


def _region(mapping: MappingValue | None, event: Event, notes: Notes) -> str | None:
    """The country of numbers that are written without one."""
    code: Any = ABSENT if mapping is None else mapping.resolve(event, event, notes)
    if mapping is None or code is ABSENT:
        return None
    code = code.upper() if isinstance(code, str) else ""
    if is_phone_region(code):
        return str(code)
    message = "no country code with phone numbers, such as DE"
    notes.append(Diagnostic("phone-region.invalid", mapping.reads, message))
    return None
