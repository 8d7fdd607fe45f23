"""Laws: would Klaviyo accept the bodies as they are?

Klaviyo's limits are checked a second time, plainly; only the table of limits is shared.
Source: Klaviyo Create Event, Create or Update Profile.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from math import isfinite
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.currencies import CURRENCIES
from walkeros_klaviyo.core.klaviyo.limits import (
    ENDPOINTS,
    MAX_METRIC_LENGTH,
    MAX_PROPERTIES,
    MAX_STRING_BYTES,
)
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.verify.strategies.places import found as found_at

from .law import Breach, Breaches, law, of_sent
from .sameness import parts
from .tracking import Sent, Tracking

LIMITS: Final = "Klaviyo Create Event and Create or Update Profile: their limits"
WIRE: Final = "Klaviyo Create Event: the attributes of an event"
_PROFILE: Final = ENDPOINTS["profiles.create_or_update_profile"].bytes
"""The limit for a profile, also within a job."""
TIME: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


@law(LIMITS)
def what_is_sent_is_within_klaviyos_limits(tracking: Tracking, event: Event) -> Breaches:
    """A body that goes is within every limit of Klaviyo's; one that is withheld is not."""
    for call in tracking.plan(event).calls:
        found = next(_faults(call), None)
        if found is not None and not call.refusal:
            yield Breach(found, call)
        if found is None and call.refusal:
            yield Breach(f"it is refused ({call.refusal[0].code}) without a reason", call)


def _faults(call: Call) -> Iterator[str]:
    limit = _PROFILE if call.envelope is not None else ENDPOINTS[call.name].bytes
    if len(json.dumps(call.body)) > (limit or 0):
        yield "the body is too large"
    for text in parts(call.body):
        if not isinstance(text, str):
            continue
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            yield "a string holds an unpaired surrogate"
        elif len(text.encode()) > MAX_STRING_BYTES:
            yield "a string is too large"
    if call.metric is None:
        return
    if len(call.properties) > MAX_PROPERTIES:
        yield "there are too many properties"
    if not call.metric.strip() or len(call.metric) > MAX_METRIC_LENGTH:
        yield "the metric's name is blank or too long"
    if int(str(call.time)[:4]) < 1990:
        yield "it lies before 1990"
    value = call.attributes.get("value", 0)
    if type(value) not in (int, float) or not isfinite(value):
        yield "the value is not a number"
    if call.attributes.get("value_currency", "EUR") not in CURRENCIES:
        yield "the currency is not an ISO 4217 code"


@of_sent("Klaviyo Create Event: time is ISO 8601")
def time_is_iso_8601_utc(tracking: Tracking, sent: Sent) -> Breaches:
    """Time is the event's own: ISO 8601, UTC, milliseconds."""
    call = sent.call
    time = call.attributes.get("time")
    if not isinstance(time, str) or not re.fullmatch(TIME, time):
        yield Breach(f"time is {time!r}", call)
        return
    moment = datetime.fromisoformat(time)
    days = moment.toordinal() - 719_163
    seconds = (days * 24 + moment.hour) * 3_600 + moment.minute * 60 + moment.second
    if seconds * 1_000 + moment.microsecond // 1_000 != int(sent.event["timestamp"]):
        yield Breach(f"{time} is not the event's timestamp", call)


@of_sent("Klaviyo Create Event: backfill records without triggering flows")
def backfill_is_what_its_mapping_says(tracking: Tracking, sent: Sent) -> Breaches:
    """An event is history, and starts no flow, exactly where backfill resolves to true."""
    mapping = sent.rule.settings.backfill
    is_history = mapping is not None and mapping(sent.event) is True
    if sent.call.attributes.get("backfill", False) is not is_history:
        yield Breach("backfill is not what its mapping says", sent.call)


@law("Klaviyo: null clears a field, absence leaves it")
def nothing_absent_travels_as_null(tracking: Tracking, event: Event) -> Breaches:
    """No attribute is null but to clear it, and there is none that Klaviyo does not know."""
    look = tracking.look(event)
    cleared = () if look.rule is None else look.rule.settings.cleared
    nulls = {field for field, keys in cleared if None in found_at(look.event, keys)}
    for call in look.plan.calls:
        attributes = call.attributes
        said = {**attributes, **call.profile}
        named: dict[tuple[str, ...], Any] = {(name,): one for name, one in said.items()}
        place = said.get("location")
        if isinstance(place, dict):
            named |= {("location", name): one for name, one in place.items()}
        if any(one is None and field not in nulls for field, one in named.items()):
            yield Breach("an attribute is null", call)
        if call.metric is not None and not set(attributes) <= ATTRIBUTES:
            yield Breach("an attribute is none of an event's", call)


ATTRIBUTES: Final = frozenset(
    "profile metric properties time value value_currency unique_id backfill".split()
)


@law("JSON (RFC 8259), and a plan is shown as it is sent")
def a_plan_is_plain_json(tracking: Tracking, event: Event) -> Breaches:
    """A plan and its bodies survive JSON with every type and digit."""
    plan = tracking.plan(event)
    for value in (plan.to_dict(), *(call.body for call in plan.calls)):
        try:
            back = json.loads(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError) as error:
            yield Breach(f"JSON cannot hold it: {type(error).__name__}", *plan.calls[-1:])
        if [*map(_typed, parts(back))] != [*map(_typed, parts(value))]:
            yield Breach("it does not survive JSON", *plan.calls[-1:])


def _typed(part: Any) -> tuple[type, str]:
    return type(part), "" if isinstance(part, dict | list) else repr(part)
