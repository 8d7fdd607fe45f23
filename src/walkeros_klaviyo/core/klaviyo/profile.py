"""Which traits does an event give a profile?

An identify mapping resolves to them. Blanks and placeholders count as unknown and never overwrite a
known trait; a trait of the wrong type is dropped alone.
Source: Klaviyo Create or Update Profile (`ProfileUpsertQuery`), walkerOS `settings.identify`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics, Notes
from walkeros_klaviyo.core.shown import plain_key
from walkeros_klaviyo.core.walkeros.event import Event, kind_of
from walkeros_klaviyo.core.walkeros.path import ABSENT, step
from walkeros_klaviyo.core.walkeros.sound import without_nulls

from .blank import MACHINE_MADE, PLACEHOLDERS, trimmed, why_empty
from .number import read_number
from .settings import KlaviyoRule
from .traits import CAMEL, LOCATION_FIELDS, WIRE

_PLACES: Final = ("latitude", "longitude")
"""Fields of a location that Klaviyo also takes as numbers."""


def describe_profile(rule: KlaviyoRule, event: Event) -> tuple[dict[str, Any] | None, Diagnostics]:
    """The profile's traits in wire form; None where the rule has no identify mapping.

    An empty object still upserts the identifiers. A trait is null, which clears it at Klaviyo, only
    where `settings.clear` names it and the event has a null there.

    >>> from .rules import rule_of
    >>> names = {"map": {"firstName": "user.first", "lastName": "user.last", "title": "user.age"}}
    >>> rule = rule_of({"settings": {"identify": names}})
    >>> describe_profile(rule, {"user": {"first": "Ada", "last": " ", "age": 36}})[0]
    {'first_name': 'Ada', 'title': '36'}

    Diagnostics: identify.not-an-object, profile.unknown-field, profile.wrong-type,
    profile.given-twice, profile.blank.
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
    where = mapping.where
    for name, value in found.items():
        field = WIRE.get(name)
        if field is None:
            message = "no field of a Klaviyo profile"
            notes.append(Diagnostic("profile.unknown-field", f"{where}.{plain_key(name)}", message))
            continue
        if field == "location":
            read = _members(value, f"{where}.{name}", notes, LOCATION_FIELDS)
        elif field == "properties":
            read = _members(value, f"{where}.{name}", notes)
        elif type(value) is str and not why_empty(value):
            read = value
        else:
            read = _text(value, where, name, notes)
        if read is ABSENT:
            continue
        if field in traits:
            message = f'is given twice; "{CAMEL[field]}" is used'
            notes.append(Diagnostic("profile.given-twice", f"{where}.{plain_key(name)}", message))
        if field not in traits or name != field:
            traits[field] = _locale(read) if field == "locale" else read
    for path, keys in rule.settings.cleared:
        if _at(event, keys) is None and _at(traits, path) is ABSENT:
            traits = _cleared(traits, path)
    return traits, tuple(notes)


def _members(raw: Any, where: str, notes: Notes, fields: frozenset[str] | None = None) -> Any:
    """A location's fields, or (with no `fields`) a profile's custom properties."""
    if not isinstance(raw, dict):
        notes.append(_wrong(raw, where))
        return ABSENT
    known = {}
    for name, value in raw.items():
        if fields is not None and name not in fields:
            message = "no field of a Klaviyo location"
            notes.append(Diagnostic("profile.unknown-field", f"{where}.{plain_key(name)}", message))
            continue
        is_free = fields is None or (name in _PLACES and type(value) in (int, float))
        if not is_free:
            read = _text(value, where, name, notes)
        elif isinstance(value, str):
            read = _text(value, where, name, notes, MACHINE_MADE)
        else:
            read = without_nulls(value) if isinstance(value, dict | list) else value
        if read is not ABSENT:
            known[name] = read
    return known or ABSENT


def _text(
    value: Any, where: str, name: str, notes: Notes, nothing: frozenset[str] = PLACEHOLDERS
) -> Any:
    """A string that is no placeholder, or a number as a string; in free text `guest` is allowed."""
    if isinstance(value, str):
        reason = why_empty(value, nothing)
        if not reason:
            return value
        notes.append(
            Diagnostic("profile.blank", f"{where}.{plain_key(name)}", f"{reason}; not sent")
        )
    elif isinstance(value, int | float) and not isinstance(value, bool):
        return read_number(value)
    else:
        notes.append(_wrong(value, f"{where}.{plain_key(name)}"))
    return ABSENT


def _wrong(value: Any, where: str) -> Diagnostic:
    message = f"is {kind_of(value)}; Klaviyo would refuse the profile"
    return Diagnostic("profile.wrong-type", where, message)


def _locale(text: str) -> str:
    """Operating systems' `de_DE` as `de-DE`, as browsers and Klaviyo write it."""
    if "_" not in text:
        return text
    posix = re.fullmatch(r"([a-zA-Z]{2,3}(?:_[a-zA-Z\d]+)+)(?:\.[\w-]+)?(?:@\w+)?", trimmed(text))
    return posix[1].replace("_", "-") if posix else text


def _at(given: dict[str, Any], keys: tuple[str, ...]) -> Any:
    found: Any = given
    for key in keys:
        found = step(found, key)
    return found


def _cleared(traits: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """The traits with a null at a field or at a member of one."""
    field, *rest = path
    inner = {**traits.get(field, {}), rest[0]: None} if rest else None
    return {**traits, field: inner}
