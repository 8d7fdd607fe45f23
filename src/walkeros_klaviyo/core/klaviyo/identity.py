"""Whose event is it?

A bad identifier is dropped with a diagnostic and the others are used; from a list of options the
first valid one is taken. Source: Klaviyo's profile identifiers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from attrs import Factory, field, frozen

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics, Notes
from walkeros_klaviyo.core.walkeros.event import Event, why_nothing
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.value import MappingValue

from .identifier import DEVICES, IDENTIFIERS, STRENGTH
from .phone import is_phone_region, read_phone
from .settings import KlaviyoRule


@frozen(slots=False)
class Identity:
    """A profile's identifiers in wire form, and the keys under which the person's state is kept.

    The strongest key comes first; emails are lower-cased in keys because Klaviyo ignores case. An
    anonymous id names a device: its user becomes one person with whoever logs in there.

    >>> ada = Identity({"email": "Ada@example.com", "external_id": "7", "anonymous_id": "d1"})
    >>> ada.keys, ada.devices
    (('external_id:7', 'email:ada@example.com'), ('anonymous_id:d1',))
    """

    identifiers: dict[str, str] | MappingProxyType[str, str] = field(
        repr=lambda known: repr(dict(known))
    )
    keys: tuple[str, ...] = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: _keys(self.identifiers, STRENGTH), takes_self=True),
    )
    devices: tuple[str, ...] = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: _keys(self.identifiers, DEVICES), takes_self=True),
    )


def _keys(known: Mapping[str, str], kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        f"{kind}:{known[kind].lower() if kind == 'email' else known[kind]}"
        for kind in kinds
        if kind in known
    )


def resolve_identity(rule: KlaviyoRule, event: Event) -> tuple[Identity | None, Diagnostics]:
    """The identity of the event's person; None where no valid identifier is left.

    >>> from walkeros_klaviyo.core.config import parse_config
    >>> resolve_identity(parse_config({}).default, {"user": {"id": 7, "email": "ada@@example"}})[0]
    Identity(identifiers={'external_id': '7'})

    Diagnostics: email.invalid, phone.invalid, external-id.invalid, anonymous-id.invalid,
    kx.invalid, phone-region.invalid, identity.none.
    """
    notes: Notes = []
    settings = rule.settings
    first = settings.who.resolve(event, event, notes)
    size = 0
    for raw in first.values():
        size += len(raw) if type(raw) is str else _LONGEST_KEPT
    if size < _LONGEST_KEPT and not notes:
        known = _known(settings.others, *first.items())
        if known is not None:
            return known, ()
    return _judged(rule, event, first, notes)


_LONGEST_KEPT: Final = 500
"""Characters of identifiers up to which a person is cached: 4,096 people are 4 MB."""


@lru_cache(maxsize=4096)
def _known(others: tuple[str, ...], *given: tuple[str, str]) -> Identity | None:
    """The identity if every first option is valid; None where `_judged` must look closer.

    Cached because a person's events come in runs; they share it, so it is read-only.
    """
    said = {name: raw for name, raw in given if raw}
    if not said.keys() >= set(others):
        return None
    found = {}
    for name, raw in said.items():
        kind = IDENTIFIERS[name]
        text = None if kind.read is None else kind.read(raw)[0]
        if text is None:
            return None
        found[kind.field] = text
    return Identity(MappingProxyType(found)) if found else None


def _judged(
    rule: KlaviyoRule, event: Event, first: dict[str, Any], notes: Notes
) -> tuple[Identity | None, Diagnostics]:
    """Check each identifier separately, taking the first of its options that is valid."""
    found: dict[str, str] = {}
    for setting, mapping in rule.settings.identifiers:
        kind = IDENTIFIERS[setting]
        for at, option in enumerate(mapping.options):
            raw = option(event, event, notes) if at else first.get(setting, ABSENT)
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
    """The country of phone numbers that are written without one."""
    code: Any = ABSENT if mapping is None else mapping.resolve(event, event, notes)
    if mapping is None or code is ABSENT:
        return None
    code = code.upper() if isinstance(code, str) else ""
    if is_phone_region(code):
        return str(code)
    message = "no country code with phone numbers, such as DE"
    notes.append(Diagnostic("phone-region.invalid", mapping.reads, message))
    return None
