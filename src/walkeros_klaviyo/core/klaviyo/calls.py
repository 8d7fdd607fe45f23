"""What is a call to Klaviyo, and how is it made from an event?

A call is data: the name of the SDK's method, the JSON body, why Klaviyo would refuse it, and
whether to send it always or only if something changed. Bodies are plain JSON that nobody mutates,
so calls have equality but no hash.
Source: Klaviyo Create Event, Create or Update Profile; JSON:API.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.canonical import digest, marshalled
from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics, Notes
from walkeros_klaviyo.core.display import Displayed, View
from walkeros_klaviyo.core.display.view import cell, field, line, listed, short
from walkeros_klaviyo.core.walkeros.event import Event

from .admit import admit_event, admit_profile, is_admissible, is_admissible_profile
from .clock import format_time
from .identifier import FIELDS
from .identity import Identity
from .patch import read_patch
from .revenue import Revenue
from .settings import KlaviyoRule
from .state import fingerprint

Json = dict[str, Any]

CREATE_EVENT: Final = "events.create_event"
UPSERT_PROFILE: Final = "profiles.create_or_update_profile"
SUBSCRIBE: Final = "profiles.bulk_subscribe_profiles"
UNSUBSCRIBE: Final = "profiles.bulk_unsubscribe_profiles"
IMPORT_PROFILES: Final = "profiles.bulk_import_profiles"
SENDABLE: Final = (CREATE_EVENT, UPSERT_PROFILE, SUBSCRIBE, UNSUBSCRIBE, IMPORT_PROFILES)
"""The calls that can be sent. To add one, add its maker to `stages.STAGES`, its row to `limits.py`
and the SDK's method to `shell/send/klaviyo.py`; if a setting asks for it, a row to `settings.py`
and a parser to `rules.py`; and a label below if it records no metric."""


@frozen(slots=False, repr=False)
class Call(Displayed):
    """One call of the SDK: `name` is the method's, `body` one JSON:API document.

    The body's `data.attributes` hold the person's identifiers, a `profile` that holds them, or (in
    jobs) `profiles` with exactly one.

    `refusal` says why Klaviyo would refuse the body; empty if it would not. A call with a
    `fingerprint` is sent only if that differs from what Klaviyo was last sent about the person, or
    about its `topics`; a call without one is always sent.

    >>> Call(UPSERT_PROFILE, {"data": {"attributes": {"email": "ada@example.com"}}}).identifiers
    {'email': 'ada@example.com'}
    """

    name: str
    body: Json
    refusal: Diagnostics = ()
    fingerprint: str | None = None
    topics: tuple[str, ...] = ()
    """The keys of the states that it changes, where those are not the person's own."""
    doubts: tuple[str, ...] = ()
    """Topics that it does not set, but whose state is unknown after it was sent."""

    def __repr__(self) -> str:
        """Short and without personal data."""
        named = self.label if self.metric is None else short(self.metric, 60)
        refused = f", refused: {listed(one.code for one in self.refusal)}"
        return f"<{self.name} {named}{refused if self.refusal else ''}>"

    @property
    def attributes(self) -> Json:
        """The body's attributes, in wire form."""
        attributes: Json = self.body["data"]["attributes"]
        return attributes

    @property
    def metric(self) -> str | None:
        """The metric's name, if it records an event."""
        found = self.attributes.get("metric")
        return None if found is None else str(found["data"]["attributes"]["name"])

    @property
    def label(self) -> str:
        """The name under which it is counted: its metric, or what it changes."""
        return self.metric or _LABELS.get(self.name, "(profile)")

    @property
    def is_upsert(self) -> bool:
        """Does it create or update a profile?"""
        return self.fingerprint is not None and not self.topics

    @property
    def profile(self) -> Json:
        """The attributes of the profile that it concerns."""
        attributes = self.attributes
        profile = attributes.get("profile")
        if "profiles" in attributes:
            profile = {"data": attributes["profiles"]["data"][0]}
        said: Json = attributes if profile is None else profile["data"]["attributes"]
        return said

    @property
    def envelope(self) -> Json | None:
        """What all profiles of a job share: calls with equal envelopes may be batched."""
        attributes = self.attributes
        if "profiles" not in attributes:
            return None
        own = {name: one for name, one in attributes.items() if name != "profiles"}
        return {**self.body["data"], "attributes": own}

    @property
    def identifiers(self) -> Json:
        """The identifiers of its profile, by field."""
        said = self.profile
        return {field: said[field] for field in FIELDS if field in said}

    @property
    def properties(self) -> Json:
        """The event's properties, or the profile's custom properties."""
        properties: Json = self.attributes.get("properties", {})
        return properties

    @property
    def time(self) -> str | None:
        """When the event happened: ISO 8601, UTC, milliseconds."""
        return self.attributes.get("time")

    @property
    def value(self) -> float | None:
        """The event's revenue, if any."""
        return self.attributes.get("value")

    @property
    def value_currency(self) -> str | None:
        """The revenue's currency, if known."""
        return self.attributes.get("value_currency")

    @property
    def unique_id(self) -> str | None:
        """The id by which Klaviyo recognises a retry as the same event."""
        return self.attributes.get("unique_id")

    def view(self) -> View:
        """The call, with its fields below."""
        fields = tuple(line(field(name, value)) for name, value in self._fields())
        return View((cell(self.name, "bold"),), fields)

    def _fields(self) -> Iterator[tuple[str, object]]:
        """Identifiers, metric, and then the rest in wire form."""
        attributes = self.attributes
        yield from self.profile.items()
        if self.metric is not None:
            yield "metric", self.metric
            yield from ((f"properties.{name}", value) for name, value in self.properties.items())
        if self.profile is not attributes:
            told = ("profile", "profiles", "metric", "properties")
            yield from ((name, value) for name, value in attributes.items() if name not in told)
        for name in ("meta", "relationships"):
            if name in self.body["data"]:
                yield name, self.body["data"][name]


_LABELS: Final = {
    SUBSCRIBE: "(subscription)",
    UNSUBSCRIBE: "(unsubscription)",
    IMPORT_PROFILES: "(lists)",
}

Calls = tuple[Call, ...]


@frozen(slots=False)
class Mapped:
    """What the mappings made of an event; calls are made from it.

    `event` is the event as the mappings saw it, `original` as it came in. A silent rule, which
    records no event, resolves no revenue or unique id.

    >>> Mapped({}, {}, Identity({"email": "ada@example.com"}), {}, None).identity.keys
    ('email:ada@example.com',)
    """

    event: Event
    original: Event
    identity: Identity
    properties: Json
    traits: Json | None
    revenue: Revenue | None = None
    unique_id: str | None = None
    backfill: bool = False


def upsert_profile(rule: KlaviyoRule, mapped: Mapped) -> tuple[Calls, Diagnostics]:
    """The call that upserts a profile's traits and patch, if there are any.

    >>> from .rules import rule_of
    >>> mapped = Mapped({}, {}, Identity({"email": "ada@example.com"}), {}, {"first_name": "Ada"})
    >>> upsert_profile(rule_of({}), mapped)[0][0].attributes
    {'email': 'ada@example.com', 'first_name': 'Ada'}
    """
    traits, known = mapped.traits, mapped.identity.identifiers
    notes: Notes = []
    patch = read_patch(rule.settings.patch, mapped.event, notes)
    if traits is None and patch is not None:
        traits = {}
    if traits is None:
        says_nothing = rule.silent and not rule.settings.tells
        return (), (*notes, *(_NOTHING_TOLD if says_nothing else ()))
    named = known.copy()
    named.pop("anonymous_id", None)
    if "_kx" in named and len(named) > 1:
        del named["_kx"]
    if not named:  # the event's profile carries them, if there is an event
        return (), (*notes, *(NAMES_NOBODY if rule.silent or patch else ()))
    data: Json = {"type": "profile", "attributes": {**named, **traits}}
    if patch is not None:
        data["meta"] = {"patch_properties": patch}
    body = {"data": data}
    told = traits if patch is None else {"traits": traits, "patch": patch}
    content = marshalled(told)
    refusal = () if is_admissible_profile(named, content) else admit_profile(body)
    call = Call(UPSERT_PROFILE, body, refusal, fingerprint(told, content))
    return (call,), (*notes, *refusal)


_NOTHING_TOLD: Final = (
    Diagnostic(
        "profile.nothing-told",
        "settings.identify",
        "a silent rule that sends nothing about the person",
    ),
)
NAMES_NOBODY: Final = (
    Diagnostic(
        "profile.needs-identifier", "user", "an anonymous id alone names no profile to update"
    ),
)


def create_event(rule: KlaviyoRule, mapped: Mapped) -> tuple[Calls, Diagnostics]:
    """The call that records the event; none if its rule is silent.

    >>> from .rules import rule_of
    >>> event = {"name": "page view", "timestamp": 1795518160712}
    >>> mapped = Mapped(event, event, Identity({"external_id": "7"}), {}, None, unique_id="e1")
    >>> create_event(rule_of({}), mapped)[0][0].metric
    'page view'
    """
    if rule.silent:
        return (), ()
    event = mapped.event
    profile: Json = mapped.identity.identifiers.copy()
    if mapped.traits and profile.keys() == {"anonymous_id"}:
        profile |= mapped.traits  # no upsert could carry them
    unique_id = mapped.unique_id or digest(mapped.original)
    attributes = attributes_of(profile, event, mapped.properties, mapped.revenue, unique_id)
    if mapped.backfill:
        attributes["backfill"] = True
    call = recorded(event["timestamp"], attributes)
    return (call,), call.refusal


def attributes_of(
    profile: Json, event: Event, properties: Json, revenue: Revenue | None, unique_id: str
) -> Json:
    """The attributes of the call that records an event, whose name is the metric's.

    >>> event = {"name": "page view", "timestamp": 1795518160712}
    >>> attributes_of({"external_id": "7"}, event, {}, None, "e1")["time"]
    '2026-11-24T11:02:40.712Z'
    """
    attributes: Json = {
        "profile": {"data": {"type": "profile", "attributes": profile}},
        "metric": {"data": {"type": "metric", "attributes": {"name": event["name"]}}},
        "properties": properties,
        "time": format_time(event["timestamp"]),
        "unique_id": unique_id,
    }
    if revenue is not None:
        attributes["value"] = revenue.value
        if revenue.currency is not None:
            attributes["value_currency"] = revenue.currency
    return attributes


def recorded(timestamp: float, attributes: Json) -> Call:
    """The call that records an event of these attributes, refused where Klaviyo would refuse it.

    >>> metric = {"data": {"type": "metric", "attributes": {"name": "page view"}}}
    >>> recorded(1795518160712, {"metric": metric, "properties": {}}).metric
    'page view'
    """
    body = {"data": {"type": "event", "attributes": attributes}}
    if is_admissible(timestamp, attributes):  # nearly always
        return Call(CREATE_EVENT, body)
    return Call(CREATE_EVENT, body, admit_event(timestamp, body))
