"""How do an account's profiles end up after some calls?

A minimal model of Klaviyo's side, in two variants: one merges the profiles that a call touches, the
other moves the identifiers to the profile of the strongest. Klaviyo does not document all cases, so
leaving out upserts must do no harm in either.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.identifier import FIELDS

Profile = tuple[dict[str, str], dict[str, str]]
"""A profile's identifiers, and the last value of each of its fields as text."""


def profiles_after(calls: Iterable[Call], merges: bool) -> list[Any]:
    """The profiles after these calls, in an order independent of that of the calls.

    >>> from walkeros_klaviyo.core.klaviyo.calls import UPSERT_PROFILE
    >>> def upsert(**attributes):
    ...     return Call(UPSERT_PROFILE, {"data": {"attributes": attributes}})
    >>> calls = [upsert(external_id="1", title="Dr"), upsert(external_id="2", email="a@b.de")]
    >>> len(profiles_after([*calls, upsert(external_id="1", email="a@b.de")], merges=True))
    1
    >>> len(profiles_after([*calls, upsert(external_id="1", email="a@b.de")], merges=False))
    2
    """
    profiles: list[Profile] = []
    for call in calls:
        if call.refusal or call.topics:  # consent belongs to addresses, not profiles
            continue
        ids: dict[str, str] = call.identifiers  # strongest first
        if "email" in ids:
            ids["email"] = ids["email"].lower()
        if not ids:
            continue
        touched = [
            one for kind, value in ids.items() for one in profiles if one[0].get(kind) == value
        ]
        own = touched[0] if touched else ({}, {})
        if not touched:
            profiles.append(own)
        for other in touched[1:]:
            if other is not own and any(other is one for one in profiles):
                _meet(own, other, ids, merges)
                if merges:
                    profiles = [one for one in profiles if one is not other]
        own[0].update(ids)
        said = {name: repr(value) for name, value in call.profile.items() if name not in FIELDS}
        own[1].update(said)
    return sorted([sorted(ids.items()), sorted(said.items())] for ids, said in profiles if ids)


def _meet(own: Profile, other: Profile, ids: dict[str, str], merges: bool) -> None:
    if merges:
        for kind, value in other[0].items():
            own[0].setdefault(kind, value)
        for name, text in other[1].items():
            own[1].setdefault(name, text)
    for kind, value in ids.items():
        if other[0].get(kind) == value:
            del other[0][kind]
