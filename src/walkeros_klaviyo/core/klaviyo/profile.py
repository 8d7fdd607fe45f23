"""What do we know of someone?

An identify mapping resolves to a profile's traits. What is blank or a placeholder is not known,
and never wipes what is; what has the wrong type is dropped alone.
Source: Klaviyo Create or Update Profile (`ProfileUpsertQuery`), walkerOS `settings.identify`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics, Notes
from walkeros_klaviyo.core.walkeros.event import Event, kind_of
from walkeros_klaviyo.core.walkeros.path import ABSENT, step
from walkeros_klaviyo.core.walkeros.sound import without_nulls

from .identifier import MACHINE_MADE, PLACEHOLDERS, read_number
from .limits import LOCATION_FIELDS
from .settings import CAMEL, WIRE, KlaviyoRule

_PLACES: Final = ("latitude", "longitude")
"""What Klaviyo takes as a number too."""


def describe_profile(rule: KlaviyoRule, event: Event) -> tuple[dict[str, Any] | None, Diagnostics]:
    """The profile's traits in wire form; None where the rule identifies nobody.

    An empty object still upserts the identifiers. A trait is null, which clears it, only where
    `settings.clear` names it and the event holds a null.

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
    for name, value in found.items():
        field, where = WIRE.get(name), f"{mapping.where}.{name}"
        if field is None:
            message = "no field of a Klaviyo profile"
            notes.append(Diagnostic("profile.unknown-field", where, message))
            continue
        if field == "location":
            read = _members(value, where, notes, LOCATION_FIELDS)
        elif field == "properties":
            read = _members(value, where, notes)
        else:
            read = _text(value, where, notes)
        if read is ABSENT:
            continue
        if field in traits:
            message = f'is given twice; "{CAMEL[field]}" is used'
            notes.append(Diagnostic("profile.given-twice", where, message))
        if field not in traits or name != field:
            traits[field] = _locale(read) if field == "locale" else read
    for path, keys in rule.settings.cleared:
        if _at(event, keys) is None:
            traits = _cleared(traits, path)
    return traits, tuple(notes)


def _members(raw: Any, where: str, notes: Notes, fields: frozenset[str] | None = None) -> Any:
    """A location's fields, or (where none are given) a profile's own properties."""
    if not isinstance(raw, dict):
        return _wrong(raw, where, notes)
    known = {}
    for name, value in raw.items():
        at = f"{where}.{name}"
        if fields is not None and name not in fields:
            message = "no field of a Klaviyo location"
            notes.append(Diagnostic("profile.unknown-field", at, message))
            continue
        is_free = fields is None or (name in _PLACES and type(value) in (int, float))
        read = _own(value, at, notes) if is_free else _text(value, at, notes)
        if read is not ABSENT:
            known[name] = read
    return known or ABSENT


def _own(value: Any, where: str, notes: Notes) -> Any:
    """Any JSON, without what is blank; `guest` and `true` may well be said of somebody."""
    if isinstance(value, str):
        return _text(value, where, notes, MACHINE_MADE)
    return without_nulls(value) if isinstance(value, dict | list) else value


def _text(value: Any, where: str, notes: Notes, placeholders: frozenset[str] = PLACEHOLDERS) -> Any:
    """A text that says something; a number as text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return read_number(value)
    if not isinstance(value, str):
        return _wrong(value, where, notes)
    bare = value.strip()
    if bare and bare.lower() not in placeholders:
        return value
    what = "is a placeholder" if bare else "is blank"
    notes.append(Diagnostic("profile.blank", where, f"{what}; not told"))
    return ABSENT


def _wrong(value: Any, where: str, notes: Notes) -> Any:
    message = f"is {kind_of(value)}; Klaviyo would refuse the profile"
    notes.append(Diagnostic("profile.wrong-type", where, message))
    return ABSENT


def _locale(text: str) -> str:
    """As browsers and Klaviyo write it: `de-DE`, where operating systems have `de_DE`."""
    return text.replace("_", "-") if re.fullmatch(r"[a-zA-Z]{2,3}(_\w+)+", text) else text


def _at(event: Event, keys: tuple[str, ...]) -> Any:
    found: Any = event
    for key in keys:
        found = step(found, key)
    return found


def _cleared(traits: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """The traits with a null at a field, or at a member of one."""
    field, *rest = path
    inner = {**traits.get(field, {}), rest[0]: None} if rest else None
    return {**traits, field: inner}
