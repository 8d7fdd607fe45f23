"""Which bodies go to Klaviyo, and which metric do they name?

A call holds its wire body, built once; its fields are read from it. Wire bodies are plain JSON
that nobody mutates, so calls have equality but no hash.
Source: Klaviyo Create Event, Create or Update Profile; JSON:API.
"""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen

from walkeros_klaviyo.core.diagnostics import Diagnostics
from walkeros_klaviyo.core.walkeros.event import Event

from .admit import admit_event, admit_profile
from .clock import format_time
from .identity import Identity
from .profile import fingerprint
from .revenue import Revenue
from .settings import KlaviyoRule

Json = dict[str, Any]


@frozen(slots=False, repr=False)
class CreateEvent:
    """`Events.create_event`: one event of one profile.

    `refusal` says why Klaviyo would refuse the body; it is empty for a good one.
    """

    name: ClassVar[str] = "events.create_event"
    fingerprint: ClassVar[None] = None
    """It is sent always."""

    body: Json
    refusal: Diagnostics = ()

    def __repr__(self) -> str:
        return f"<{self.metric!r}, unique_id {self.unique_id!r}{_refused(self.refusal)}>"

    @property
    def attributes(self) -> Json:
        """The event's attributes, as they go over the wire."""
        attributes: Json = self.body["data"]["attributes"]
        return attributes

    @property
    def metric(self) -> str:
        """The metric's name."""
        return str(self.attributes["metric"]["data"]["attributes"]["name"])

    @property
    def identifiers(self) -> Json:
        """Whose event it is."""
        identifiers: Json = self.attributes["profile"]["data"]["attributes"]
        return identifiers

    @property
    def properties(self) -> Json:
        """The event's properties."""
        properties: Json = self.attributes["properties"]
        return properties

    @property
    def time(self) -> str:
        """When it happened: ISO 8601, UTC, milliseconds."""
        return str(self.attributes["time"])

    @property
    def value(self) -> float | None:
        """Its revenue, where it has one."""
        return self.attributes.get("value")

    @property
    def value_currency(self) -> str | None:
        """Its revenue's currency, where one is known."""
        return self.attributes.get("value_currency")

    @property
    def unique_id(self) -> str:
        """What makes a retry the same event."""
        return str(self.attributes["unique_id"])


@frozen(slots=False, repr=False)
class UpsertProfile:
    """`Profiles.create_or_update_profile`: what is now known of one profile."""

    name: ClassVar[str] = "profiles.create_or_update_profile"

    body: Json
    refusal: Diagnostics = ()

    def __repr__(self) -> str:
        return f"<profile: {', '.join(self.attributes)}{_refused(self.refusal)}>"

    @property
    def attributes(self) -> Json:
        """The profile's identifiers and traits, as they go over the wire."""
        attributes: Json = self.body["data"]["attributes"]
        return attributes

    @property
    def fingerprint(self) -> str:
        """A digest of the body: it is sent only where that has changed."""
        return fingerprint(self.body)


Call = CreateEvent | UpsertProfile


def _refused(refusal: Diagnostics) -> str:
    """For a repr, which shows no personal data: what Klaviyo would refuse it for."""
    return f", refused: {', '.join(one.code for one in refusal)}" if refusal else ""


def upsert_profile(identity: Identity, traits: Json) -> UpsertProfile:
    """The call that tells Klaviyo a profile's traits.

    >>> upsert_profile(Identity({"email": "ada@example.com"}, ""), {"first_name": "Ada"}).attributes
    {'email': 'ada@example.com', 'first_name': 'Ada'}
    """
    known = identity.identifiers
    named = {field: known[field] for field in known if field not in ("anonymous_id", "_kx")}
    body = {"data": {"type": "profile", "attributes": {**named, **traits}}}
    return UpsertProfile(body, admit_profile(body))


def create_event(
    rule: KlaviyoRule,
    event: Event,
    identity: Identity,
    properties: Json,
    revenue: Revenue | None,
    unique_id: str,
    backfill: bool = False,
) -> CreateEvent:
    """The call that records the event.

    >>> from .rules import rule_of
    >>> create_event(rule_of({}), {"name": "page view", "timestamp": 1795518160712},
    ...              Identity({"external_id": "7"}, ""), {}, None, "e1").metric
    'page view'
    """
    metric = rule.name or event["name"]
    timestamp = event["timestamp"]
    attributes: Json = {
        "profile": {"data": {"type": "profile", "attributes": identity.identifiers}},
        "metric": {"data": {"type": "metric", "attributes": {"name": metric}}},
        "properties": properties,
        "time": format_time(timestamp),
        "unique_id": unique_id,
    }
    if revenue is not None:
        attributes["value"] = revenue.value
        if revenue.currency is not None:
            attributes["value_currency"] = revenue.currency
    if backfill:
        attributes["backfill"] = True
    body = {"data": {"type": "event", "attributes": attributes}}
    return CreateEvent(body, admit_event(timestamp, body))
