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
    mapping = rule.settings.email
    if mapping is not None:
        raw = mapping.resolve(event, event, notes)
        if raw is not ABSENT and raw != "":
            email, reason = read_email(raw)
            if email is None:
                notes.append(Diagnostic("email.invalid", mapping.reads, reason))
            else:
                found["email"] = email
    mapping = rule.settings.external_id
    if mapping is not None:
        raw = mapping.resolve(event, event, notes)
        if raw is not ABSENT and raw != "":
            external_id, reason = read_identifier(raw)
            if external_id is None:
                notes.append(Diagnostic("external-id.invalid", mapping.reads, reason))
            else:
                found["external_id"] = external_id
    mapping = rule.settings.phone_number
    if mapping is not None:
        number = _phone(mapping, rule.settings.phone_region, event, notes)
        if number is not None:
            found["phone_number"] = number
    if rule.settings.anonymous_id is not None or rule.settings.kx is not None:
        _add_visitor(rule, event, found, notes)
    if found:
        return Identity(found, _key(found)), tuple(notes)
    message = "no identifier is left" if notes else "the event has no identifier"
    return None, (*notes, Diagnostic("identity.none", "user", message))


def _key(found: dict[str, str]) -> str | None:
    """Whose state matters; Klaviyo does not tell an email's capitals apart."""
    if "external_id" in found:
        return "external_id:" + found["external_id"]
    if "email" in found:
        return "email:" + found["email"].lower()
    if "phone_number" in found:
        return "phone_number:" + found["phone_number"]
    return None


def _phone(
    mapping: MappingValue, region: MappingValue | None, event: Event, notes: Notes
) -> str | None:
    raw = mapping.resolve(event, event, notes)
    if raw is ABSENT or raw == "":
        return None
    code: Any = ABSENT if region is None else region.resolve(event, event, notes)
    if region is not None and code is not ABSENT:
        code = code.upper() if isinstance(code, str) else ""
        if not is_phone_region(code):
            message = "no country code with phone numbers, such as DE"
            notes.append(Diagnostic("phone-region.invalid", region.reads, message))
            code = ABSENT
    number, reason = read_phone(raw, None if code is ABSENT else code)
    if number is None:
        notes.append(Diagnostic("phone.invalid", mapping.reads, reason))
    return number


_VISITOR: Final[tuple[tuple[str, str, str, Callable[[object], Judged]], ...]] = (
    ("anonymous_id", "anonymous_id", "anonymous-id.invalid", read_identifier),
    ("kx", "_kx", "kx.invalid", read_identifier),
)


def _add_visitor(rule: KlaviyoRule, event: Event, found: dict[str, str], notes: Notes) -> None:
    """What finds a visitor's profile without naming a customer; never sent as external_id."""
    for setting, field, code, judge in _VISITOR:
        mapping: MappingValue | None = getattr(rule.settings, setting)
        if mapping is None:
            continue
        raw = mapping.resolve(event, event, notes)
        if raw is ABSENT or raw == "":
            continue
        text, reason = judge(raw)
        if text is None:
            notes.append(Diagnostic(code, mapping.reads, reason))
        else:
            found[field] = text
