"""What do we know of someone?

An identify mapping resolves to a profile's traits; each of the wrong type is dropped alone. What
Klaviyo was last told of a profile is kept as a digest, so that the store holds no traits.
Source: Klaviyo Create or Update Profile (`ProfileUpsertQuery`), walkerOS `settings.identify`.
"""

from __future__ import annotations

import marshal
from functools import lru_cache
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.canonical import digest
from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics, Notes
from walkeros_klaviyo.core.walkeros.event import Event, kind_of
from walkeros_klaviyo.core.walkeros.path import ABSENT

from .limits import LOCATION_FIELDS, PROFILE_FIELDS
from .settings import KlaviyoRule

_NAMES: Final = {
    **{field: field for field in (*PROFILE_FIELDS, "location", "properties")},
    "firstName": "first_name",
    "lastName": "last_name",
}
_CAMEL: Final = {field: name for name, field in _NAMES.items() if name != field}
"""walkerOS's names of traits, and Klaviyo's own, to Klaviyo's."""


@frozen
class ProfileState:
    """What Klaviyo was last told of a profile: the digest of the upsert's body."""

    fingerprint: str


def describe_profile(rule: KlaviyoRule, event: Event) -> tuple[dict[str, Any] | None, Diagnostics]:
    """The profile's traits in wire form; None where the rule identifies nobody.

    An empty object still upserts the identifiers.

    >>> from .rules import rule_of
    >>> names = {"map": {"firstName": "user.first", "title": "user.age"}}
    >>> rule = rule_of({"settings": {"identify": names}})
    >>> describe_profile(rule, {"user": {"first": "Ada", "age": 36}})[0]
    {'first_name': 'Ada'}

    Diagnostics: identify.not-an-object, profile.unknown-field, profile.wrong-type.
    """
    mapping = rule.settings.identify
    if mapping is None:
        return None, ()
    notes: Notes = []
    found = mapping.resolve(event, event, notes)
    if not isinstance(found, dict):
        if found is not ABSENT:
            message = f"resolved to {kind_of(found)}"
            notes.append(Diagnostic("identify.not-an-object", mapping.where, message))
        return None, tuple(notes)
    traits: dict[str, Any] = {}
    for name, value in found.items():
        field = _NAMES.get(name)
        if field is None:
            message = "no field of a Klaviyo profile"
            notes.append(Diagnostic("profile.unknown-field", f"{mapping.where}.{name}", message))
        elif field == "location" and isinstance(value, dict):
            traits[field] = _location(value, f"{mapping.where}.{name}", notes)
        elif isinstance(value, dict if field in ("location", "properties") else str):
            if field in traits:
                message = f'is given twice; "{_CAMEL[field]}" is used'
                notes.append(Diagnostic("profile.given-twice", f"{mapping.where}.{name}", message))
            if field not in traits or name != field:
                traits[field] = value
        else:
            message = f"is {kind_of(value)}; Klaviyo would refuse the profile"
            notes.append(Diagnostic("profile.wrong-type", f"{mapping.where}.{name}", message))
    return traits, tuple(notes)


def _location(raw: dict[str, Any], where: str, notes: Notes) -> dict[str, Any]:
    kept = {}
    for name, value in raw.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if name not in LOCATION_FIELDS:
            message = "no field of a Klaviyo location"
            notes.append(Diagnostic("profile.unknown-field", f"{where}.{name}", message))
        elif isinstance(value, str) or (number and name in ("latitude", "longitude")):
            kept[name] = value
        else:
            message = f"is {kind_of(value)}; Klaviyo would refuse the profile"
            notes.append(Diagnostic("profile.wrong-type", f"{where}.{name}", message))
    return kept


def fingerprint(body: dict[str, Any]) -> str:
    """A digest of a body, independent of the order of keys; true is not 1.

    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    >>> fingerprint({"a": True}) == fingerprint({"a": 1})
    False
    """
    try:
        marshalled = marshal.dumps(body, 2)
    except ValueError:  # a subclass of str or float, which JSON takes all the same
        return digest(body)
    return _known(marshalled) if len(marshalled) <= _LONGEST_KEPT else digest(body)


_LONGEST_KEPT: Final = 2_000
"""Bytes of a body that is worth remembering: 4,096 of them are 8 MB."""


@lru_cache(maxsize=4096)
def _known(marshalled: bytes) -> str:
    """Memo by content: marshalling is five times faster than the canonical text."""
    return digest(marshal.loads(marshalled))
