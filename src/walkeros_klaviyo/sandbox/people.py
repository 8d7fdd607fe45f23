"""Which profile do identifiers belong to, and what is known of it?

Profiles are found by any of their identifiers. An event or upsert with several identifiers links
them. If they belong to two profiles, Klaviyo may do one of several things (`Meeting`):

    klaviyo  they become one, the older one stays; but two with different external_ids are two
             people by the shop's own word: an upsert is a conflict (`duplicate_profile`), and an
             event goes to the profile of its strongest identifier
    merge    they become one, whatever their external_ids
    move     the identifiers move to the profile of the strongest
    refuse   it is always a conflict

Source: Create or Update Profile ("setting a field to null will clear out the field, whereas not
including a field will leave it unchanged"), Create Event ("create a new profile or update an
existing profile's properties").
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any, Literal

from attrs import Factory, define

from .consent import Consent, consents
from .issue import Issue
from .patch import patched

STRENGTH = ("external_id", "email", "phone_number", "_kx", "anonymous_id")
"""Identifiers by precedence, after the profile's own id."""
Meeting = Literal["klaviyo", "merge", "move", "refuse"]
SEVERAL = frozenset({"_kx", "anonymous_id"})
"""A profile may have many of these: a new one does not replace the old."""


@define
class Profile:
    """One profile."""

    id: str
    created: float
    updated: float
    attributes: dict[str, Any] = Factory(dict)
    last_event: float | None = None
    consents: list[Consent] = Factory(list)
    """All changes of its subscriptions, in order."""
    lists: list[str] = Factory(list)
    merged: tuple[str, ...] = ()
    """Ids of the profiles merged into this one."""
    events: array[int] = Factory(lambda: array("I"))
    """The numbers of its events, in order."""


class Conflict(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """The identifiers belong to two profiles."""

    def __init__(self, pointer: str, other: str) -> None:
        super().__init__(pointer)
        self.pointer = pointer
        self.other = other

    def issue(self, at: str) -> Issue:
        """Klaviyo's 409."""
        return Issue(
            "A profile already exists with one of these identifiers.",
            f"{at}{self.pointer}",
            "duplicate_profile",
            409,
            (("duplicate_profile_id", self.other),),
        )


class People:
    """All profiles, by identifier."""

    def __init__(self, meeting: Meeting = "klaviyo") -> None:
        self.meeting = meeting
        self.profiles: dict[str, Profile] = {}
        self._index: dict[tuple[str, str], str] = {}
        self._moved: dict[str, str] = {}  # a merged profile's id -> the one that it became
        self._count = 0

    def find(self, resource: dict[str, Any]) -> Profile | None:
        """The profile of the strongest known identifier; changes nothing."""
        for _, key in _keys(resource):
            known = self._known(key)
            if known is not None:
                return self.profiles[known]
        return None

    def by_id(self, profile_id: str) -> Profile | None:
        """The profile that has, or had before a merge, this id."""
        known = self._known(("id", profile_id))
        return None if known is None else self.profiles[known]

    def of_event(self, resource: dict[str, Any], now: float) -> Profile:
        """Find or make an event's profile, and write the event's fields to it.

        Nulls change nothing here: only the description of the upsert gives them a meaning.
        """
        try:
            profile = self._meet(resource, now)[0]
        except Conflict:
            found = self.find(resource)
            assert found is not None
            sent = {
                name: value
                for name, value in resource["attributes"].items()
                if name not in STRENGTH
            }
            _write(found.attributes, sent, clears=False)
            return found
        self._update(profile, resource, now, clears=False)
        return profile

    def upsert(self, resource: dict[str, Any], now: float) -> tuple[Profile, bool]:
        """Create or update a profile; returns it and whether it is new. Raises Conflict."""
        profile, new = self._meet(resource, now)
        self._update(profile, resource, now, clears=True)
        return profile, new

    def subscribe(
        self, resource: dict[str, Any], chosen: str | None, source: str | None, now: float
    ) -> None:
        """Record consent, and add the profile to the chosen list."""
        profile, channels = self._of_consent(resource, now)
        profile.consents += consents(channels, now, source, chosen)
        if chosen is not None and chosen not in profile.lists:
            profile.lists.append(chosen)

    def unsubscribe(self, resource: dict[str, Any], chosen: str | None, now: float) -> None:
        """Record a withdrawal: for the chosen list if the profile is on it, else for everything.

        A push token alone identifies nobody here, since the sandbox keeps none.
        """
        if next(_keys(resource), None) is None:
            return
        profile, channels = self._of_consent(resource, now)
        profile.consents += consents(channels, now, None, chosen, profile.lists)
        if chosen in profile.lists:
            profile.lists.remove(chosen)

    def _of_consent(self, resource: dict[str, Any], now: float) -> tuple[Profile, dict[str, Any]]:
        attributes = dict(resource["attributes"])
        channels = attributes.pop("subscriptions")
        attributes.pop("age_gated_date_of_birth", None)
        push = (channels.get("push") or {}).get("anonymous_id")
        if push:
            attributes["anonymous_id"] = push
        return self.of_event({**resource, "attributes": attributes}, now), channels

    def _meet(self, resource: dict[str, Any], now: float) -> tuple[Profile, bool]:
        met: dict[str, str] = {}  # profile's id -> pointer to its identifier
        for pointer, key in _keys(resource):
            known = self._known(key)
            if known is not None:
                met.setdefault(known, pointer)
        if not met:
            return self._make(resource.get("id"), now), True
        if len(met) == 1:
            return self.profiles[next(iter(met))], False
        if self.meeting == "refuse":
            other = list(met)[1]
            raise Conflict(met[other], other)
        if self.meeting == "move":
            return self._move(met, resource["attributes"]), False
        return self._merge(met), False

    def _move(self, met: dict[str, str], sent: dict[str, Any]) -> Profile:
        """Move identifiers to the first, strongest profile; the index is updated later."""
        own, *others = [self.profiles[known] for known in met]
        for other in others:
            for name in STRENGTH:
                held = other.attributes.get(name)
                if held and sent.get(name) and _same(name, held) == _same(name, sent[name]):
                    del other.attributes[name]
        return own

    def _make(self, given: str | None, now: float) -> Profile:
        # An unknown id is accepted: unlike the real account, the sandbox starts empty.
        self._count += 1
        profile = Profile(given or f"01SANDBOX{self._count:017d}", now, now)
        self.profiles[profile.id] = profile
        self._index["id", profile.id] = profile.id
        return profile

    def _merge(self, met: dict[str, str]) -> Profile:
        found = [self.profiles[known] for known in met]
        outer = {
            str(profile.attributes["external_id"])
            for profile in found
            if profile.attributes.get("external_id")
        }
        if len(outer) > 1 and self.meeting == "klaviyo":
            other = list(met)[1]
            raise Conflict(met[other], other)
        keep, *rest = sorted(found, key=lambda profile: (profile.created, profile.id))
        for gone in rest:
            for name, value in gone.attributes.items():
                if keep.attributes.get(name) is None:
                    keep.attributes[name] = value
            keep.consents = sorted(keep.consents + gone.consents, key=lambda said: said.at)
            keep.lists += [name for name in gone.lists if name not in keep.lists]
            keep.last_event = max(keep.last_event or 0.0, gone.last_event or 0.0) or None
            keep.merged += (gone.id, *gone.merged)
            keep.events = array("I", sorted(keep.events + gone.events))
            del self.profiles[gone.id]
            self._moved[gone.id] = keep.id
        return keep

    def _known(self, key: tuple[str, str]) -> str | None:
        known = self._index.get(key)
        while known in self._moved:
            known = self._moved[known]
        return known

    def _update(
        self, profile: Profile, resource: dict[str, Any], now: float, *, clears: bool
    ) -> None:
        sent = resource["attributes"]
        old = profile.attributes
        for name in STRENGTH:
            if name not in sent or (sent[name] is None and not clears):
                continue
            before, after = old.get(name), sent[name]
            if before and before != after and name not in SEVERAL:
                self._index.pop((name, _same(name, before)), None)
            if after:
                self._index[name, _same(name, after)] = profile.id
        meta = sent.get("meta") or resource.get("meta") or {}
        _write(old, sent, clears=clears)
        if meta.get("patch_properties"):
            old["properties"] = patched(old.get("properties") or {}, meta["patch_properties"])
        profile.updated = now


def _keys(resource: dict[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    if resource.get("id"):
        yield "/id", ("id", resource["id"])
    attributes = resource["attributes"]
    for name in STRENGTH:
        value = attributes.get(name)
        if value:
            yield f"/attributes/{name}", (name, _same(name, value))


def _same(name: str, value: str) -> str:
    return value.lower() if name == "email" else value


def _write(known: dict[str, Any], sent: dict[str, Any], *, clears: bool) -> None:
    """Replace fields; merge `properties` and `location` key by key."""
    for name, value in sent.items():
        if name == "meta":
            continue
        if value is None:
            if clears:
                known.pop(name, None)
        elif name in ("properties", "location"):
            merged = {**known.get(name, {}), **value}
            if name == "location":
                merged = {key: item for key, item in merged.items() if item is not None}
            known[name] = merged
        else:
            known[name] = value
