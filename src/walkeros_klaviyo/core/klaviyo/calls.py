"""Which bodies go to Klaviyo, and which metric do they name?

A call is data: what the SDK's method is named, the wire's JSON, why Klaviyo would refuse it, and
whether it goes always or only where something changed. Wire bodies are plain JSON that nobody
mutates, so calls have equality but no hash.
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
"""The calls that something here can send. Another one needs its maker in `stages.STAGES`, its row
in `limits.py`, and the SDK's method in `shell/send/klaviyo.py`; where a setting asks for it, a row
in `settings.py` and a parser in `rules.py`; and a label below if it records no metric."""


@frozen(slots=False, repr=False)
class Call(Displayed):
    """One call of the SDK. `name` is its method's, `body` the wire's JSON, one document.

    Its `data.attributes` hold the person's identifiers, a `profile` that does, or (of what goes in
    jobs) `profiles` of which it has one.

    `refusal` says why Klaviyo would refuse the body; it is empty for a good one. A call with a
    `fingerprint` goes only where that differs from what Klaviyo was last told of the person, or of
    its `topics`; one without goes always.
    """

    name: str
    body: Json
    refusal: Diagnostics = ()
    fingerprint: str | None = None
    topics: tuple[str, ...] = ()
    """The keys of the states that it changes, where those are not its person's."""
    doubts: tuple[str, ...] = ()
    """Of topics of which it says nothing, but of which nobody knows once it went."""

    def __repr__(self) -> str:
        """No personal data."""
        named = self.label if self.metric is None else short(self.metric, 60)
        refused = f", refused: {listed(one.code for one in self.refusal)}"
        return f"<{self.name} {named}{refused if self.refusal else ''}>"

    @property
    def attributes(self) -> Json:
        """Its attributes, as they go over the wire."""
        attributes: Json = self.body["data"]["attributes"]
        return attributes

    @property
    def metric(self) -> str | None:
        """The metric's name, where it records an event."""
        found = self.attributes.get("metric")
        return None if found is None else str(found["data"]["attributes"]["name"])

    @property
    def label(self) -> str:
        """What counts name it: its metric, or what it changes."""
        return self.metric or _LABELS.get(self.name, "(profile)")

    @property
    def is_upsert(self) -> bool:
        """Does it tell Klaviyo something of a profile?"""
        return self.fingerprint is not None and not self.topics

    @property
    def profile(self) -> Json:
        """What it says of whose it is: a profile's attributes."""
        attributes = self.attributes
        profile = attributes.get("profile")
        if "profiles" in attributes:
            profile = {"data": attributes["profiles"]["data"][0]}
        said: Json = attributes if profile is None else profile["data"]["attributes"]
        return said

    @property
    def envelope(self) -> Json | None:
        """What a job says once for all its profiles: calls that share it may go together."""
        attributes = self.attributes
        if "profiles" not in attributes:
            return None
        own = {name: one for name, one in attributes.items() if name != "profiles"}
        return {**self.body["data"], "attributes": own}

    @property
    def identifiers(self) -> Json:
        """Whose it is."""
        said = self.profile
        return {field: said[field] for field in FIELDS if field in said}

    @property
    def properties(self) -> Json:
        """The event's properties, or the profile's own."""
        properties: Json = self.attributes.get("properties", {})
        return properties

    @property
    def time(self) -> str | None:
        """When an event happened: ISO 8601, UTC, milliseconds."""
        return self.attributes.get("time")

    @property
    def value(self) -> float | None:
        """Its revenue, where it has one."""
        return self.attributes.get("value")

    @property
    def value_currency(self) -> str | None:
        """Its revenue's currency, where one is known."""
        return self.attributes.get("value_currency")

    @property
    def unique_id(self) -> str | None:
        """What makes a retry the same event."""
        return self.attributes.get("unique_id")

    def view(self) -> View:
        """The call, and below it each of its fields."""
        fields = tuple(line(field(name, value)) for name, value in self._fields())
        return View((cell(self.name, "bold"),), fields)

    def _fields(self) -> Iterator[tuple[str, object]]:
        """Whose it is, what it records, and the rest as it goes over the wire."""
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
    """What the mappings made of an event, of which calls are made.

    `event` is the event as the mappings saw it, `original` as it came. A rule that records
    nothing asks for no revenue or unique id.
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
    """The call that tells Klaviyo a profile's traits and their patch, if there are any.

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
    if not named:  # the event's own profile tells them, where there is an event
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
    Diagnostic("profile.nothing-told", "settings.identify", "a silent rule, and nothing to tell"),
)
NAMES_NOBODY: Final = (
    Diagnostic(
        "profile.needs-identifier", "user", "an anonymous id alone names no profile to update"
    ),
)


def create_event(rule: KlaviyoRule, mapped: Mapped) -> tuple[Calls, Diagnostics]:
    """The call that records the event, unless its rule is silent.

    >>> from .rules import rule_of
    >>> event = {"name": "page view", "timestamp": 1795518160712}
    >>> mapped = Mapped(event, event, Identity({"external_id": "7"}), {}, None, unique_id="e1")
    >>> create_event(rule_of({}), mapped)[0][0].metric
    'page view'
    """
    if rule.silent:
        return (), ()
    event, revenue = mapped.event, mapped.revenue
    timestamp = event["timestamp"]
    profile: Json = mapped.identity.identifiers.copy()
    if mapped.traits and profile.keys() == {"anonymous_id"}:
        profile |= mapped.traits  # no upsert could tell them
    metric, properties = event["name"], mapped.properties
    unique_id = mapped.unique_id or digest(mapped.original)
    attributes: Json = {
        "profile": {"data": {"type": "profile", "attributes": profile}},
        "metric": {"data": {"type": "metric", "attributes": {"name": metric}}},
        "properties": properties,
        "time": format_time(timestamp),
        "unique_id": unique_id,
    }
    if revenue is not None:
        attributes["value"] = revenue.value
        if revenue.currency is not None:
            attributes["value_currency"] = revenue.currency
    if mapped.backfill:
        attributes["backfill"] = True
    body = {"data": {"type": "event", "attributes": attributes}}
    if is_admissible(timestamp, metric, unique_id, profile, properties):  # nearly always
        return (Call(CREATE_EVENT, body),), ()
    refusal = admit_event(timestamp, body)
    return (Call(CREATE_EVENT, body, refusal),), refusal
