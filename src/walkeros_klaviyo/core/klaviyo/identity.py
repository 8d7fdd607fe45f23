"""Whose event is it?

Identifiers are checked, never fatal alone: a bad one is dropped with a diagnostic and the others
are used. Profile state is kept by external_id, else email, else phone number.
Source: Klaviyo's profile identifiers; `_kx` and `anonymous_id` find a profile, but name nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics, Notes
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.value import MappingValue

from .identifier import Judged, is_phone_region, read_email, read_identifier, read_phone
from .settings import KlaviyoRule


@frozen(slots=False)
class Identity:
    """A profile's identifiers in wire form, and the key of its state (None: nobody's)."""

    identifiers: dict[str, str]
    key: str | None


def resolve_identity(rule: KlaviyoRule, event: Event) -> tuple[Identity | None, Diagnostics]:
    """Who is it, or None where no identifier is left.

    >>> from walkeros_klaviyo.core.config import parse_config
    >>> resolve_identity(parse_config({}).default, {"user": {"id": 7, "email": "ada@@example"}})[0]
    Identity(identifiers={'external_id': '7'}, key='external_id:7')

    Diagnostics: email.invalid, phone.invalid, external-id.invalid, anonymous-id.invalid,
    kx.invalid, identity.none.
    """
    notes: Notes = []
    found: dict[str, str] = {}
    for setting, mapping in rule.settings.identifiers:
        raw = mapping.resolve(event, event, notes)
        if raw is ABSENT or raw == "":
            continue
        field, code, read = _READ[setting]
        if read is None:
            text, reason = read_phone(raw, _region(rule.settings.phone_region, event, notes))
        else:
            text, reason = read(raw)
        if text is None:
            notes.append(Diagnostic(code, mapping.reads, reason))
        else:
            found[field] = text
    if found:
        return Identity(found, _key(found)), tuple(notes)
    message = "no identifier is left" if notes else "the event has no identifier"
    return None, (*notes, Diagnostic("identity.none", "user", message))


_READ: Final[dict[str, tuple[str, str, Callable[[object], Judged] | None]]] = {
    "email": ("email", "email.invalid", read_email),
    "external_id": ("external_id", "external-id.invalid", read_identifier),
    "phone_number": ("phone_number", "phone.invalid", None),  # its reading depends on a region
    # What finds a visitor's profile without naming a customer; never sent as external_id.
    "anonymous_id": ("anonymous_id", "anonymous-id.invalid", read_identifier),
    "kx": ("_kx", "kx.invalid", read_identifier),
}
"""By setting: the field in the call, the code of a bad one, its judge."""


def _key(found: dict[str, str]) -> str | None:
    """Whose state matters; Klaviyo does not tell an email's capitals apart."""
    if "external_id" in found:
        return "external_id:" + found["external_id"]
    if "email" in found:
        return "email:" + found["email"].lower()
    if "phone_number" in found:
        return "phone_number:" + found["phone_number"]
    return None


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
