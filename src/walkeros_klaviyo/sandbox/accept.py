"""Would Klaviyo accept this body?

One pure function per endpoint, from a parsed body to its issues. What depends on the clock takes
`now`, in seconds. What depends on recorded data (a repeated event, identifiers of two profiles)
is decided in `endpoints`.
Source: the endpoint descriptions of Create Event, Bulk Create Events, Create or Update Profile,
Bulk Import Profiles, Bulk Subscribe Profiles and Bulk Unsubscribe Profiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from walkeros_klaviyo.core.klaviyo import limits

from . import scalar
from .issue import Issue
from .profile_shape import BULK_EVENT_PROFILE, EVENT_PROFILE, IDENTIFIERS, TEXT, UPSERT
from .shape import FINE, Issues, Judge, data, fields, leaf, many, reference, resource
from .subscription_shape import SUBSCRIPTIONS, UNSUBSCRIPTIONS, consented
from .wire import dumps

_MOST_EVENTS = limits.ENDPOINTS["events.bulk_create_events"].items
_IMPORT = limits.ENDPOINTS["profiles.bulk_import_profiles"]
_ROWS = "/data/attributes/profiles/data"
_GROUPS = "/data/attributes/events-bulk-create/data"


def _metric_name(value: Any) -> str | None:
    if not isinstance(value, str):
        return scalar.string(value)
    if 1 <= len(value) <= limits.MAX_METRIC_LENGTH:
        return None
    return f"must be 1 to {limits.MAX_METRIC_LENGTH} characters, not {len(value)}."


def _properties(value: Any) -> str | None:
    if isinstance(value, dict) and len(value) > limits.MAX_PROPERTIES:
        return f"must not exceed {limits.MAX_PROPERTIES} properties; these are {len(value)}."
    return scalar.mapping(value)


_METRIC = data(resource("metric", fields({"name": leaf(_metric_name)}, {"service": TEXT})))
_REQUIRED: dict[str, Judge] = {"properties": leaf(_properties), "metric": _METRIC}
_NULLABLE: dict[str, Judge] = {
    "time": leaf(scalar.date_time),
    "value": leaf(scalar.number),
    "value_currency": leaf(scalar.currency),
    "unique_id": TEXT,
    "backfill": leaf(scalar.boolean),
}
_EVENT = data(resource("event", fields({**_REQUIRED, "profile": data(EVENT_PROFILE)}, _NULLABLE)))
_GROUP = resource(
    "event-bulk-create",
    fields(
        {
            "profile": data(BULK_EVENT_PROFILE),
            "events": data(many(resource("event", fields(_REQUIRED, _NULLABLE)), None, 1)),
        },
        {"backfill": leaf(scalar.boolean)},
    ),
)
_BULK = data(
    resource(
        "event-bulk-create-job",
        fields({"events-bulk-create": data(many(_GROUP, None, 1))}),
    )
)
_LISTS = fields({}, {"lists": data(many(reference("list")))})
_JOB = data(
    resource(
        "profile-bulk-import-job",
        fields({"profiles": data(many(lambda row, at: FINE, _IMPORT.items, 1))}),
        {"relationships": _LISTS},
    )
)


def event(body: Any, now: float) -> Issues:
    """Create Event.

    >>> event({"data": {"type": "event", "attributes": {}}}, 0.0)[0].pointer
    '/data/attributes/properties'
    """
    found = _EVENT(body, "")
    if found:
        return found
    attributes = body["data"]["attributes"]
    return when(attributes, "/data/attributes", now) or long_strings(body)


def bulk_events(body: Any, now: float) -> Issues:
    """Bulk Create Events: one bad row fails the request."""
    found = _BULK(body, "")
    if found:
        return found
    issues: list[Issue] = []
    told: set[tuple[str, str, str, str]] = set()
    count = 0
    for at, profile, attributes in bulk_rows(body):
        count += 1
        issues += when(attributes, at, now)
        if attributes.get("unique_id"):
            issues += _repeated(profile, attributes, at, told)
    if count > _MOST_EVENTS:
        return (Issue(f"Accepts up to {_MOST_EVENTS} events, not {count}.", _GROUPS),)
    for place, group in enumerate(body["data"]["attributes"]["events-bulk-create"]["data"]):
        issues += long_strings(group, f"{_GROUPS}/{place}")
    return issues or FINE


def bulk_rows(body: Any) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The events of a bulk body: (pointer to the attributes, profile, attributes)."""
    groups = body["data"]["attributes"]["events-bulk-create"]["data"]
    for place, group in enumerate(groups):
        attributes = group["attributes"]
        profile = attributes["profile"]["data"]
        for index, row in enumerate(attributes["events"]["data"]):
            yield (
                f"{_GROUPS}/{place}/attributes/events/data/{index}/attributes",
                profile,
                row["attributes"],
            )


def upsert(body: Any) -> Issues:
    """Create or Update Profile."""
    return data(UPSERT)(body, "") or long_strings(body)


def import_job(body: Any) -> Issues:
    """Bulk Import Profiles, the request; its rows are judged later, by `import_row`."""
    return _JOB(body, "")


def import_row(row: Any, index: int) -> Issues:
    """Bulk Import Profiles, one row: a bad one becomes an import error.

    Its size is that of its most compact JSON, since whitespace belongs to the request.
    """
    at = f"{_ROWS}/{index}"
    found = UPSERT(row, at)
    if found:
        return found
    most = _IMPORT.item_bytes or _IMPORT.bytes or 0
    try:
        size = len(dumps(row))
    except RecursionError:
        return (Issue("is nested too deeply.", at),)
    if size > most:
        return (Issue(f"The payload of a profile must not exceed {most:,} bytes.", at),)
    return FINE


def subscriptions(body: Any, now: float) -> Issues:
    """Bulk Subscribe Profiles."""
    return SUBSCRIPTIONS(body, "") or consented(body, now) or long_strings(body)


def unsubscriptions(body: Any) -> Issues:
    """Bulk Unsubscribe Profiles."""
    return UNSUBSCRIPTIONS(body, "") or long_strings(body)


def when(attributes: dict[str, Any], at: str, now: float) -> Issues:
    """An event's time is in 1990 or later, and at most a year ahead; it counts to the second."""
    text = attributes.get("time")
    if text is None:
        return FINE
    second = (scalar.instant(text) or 0.0) // 1
    if second * 1000 < limits.MIN_TIME_MS:
        return (Issue("must be after the year 1990.", f"{at}/time"),)
    if second * 1000 > now * 1000 + limits.MAX_FUTURE_MS:
        return (Issue("can only be up to 1 year in the future.", f"{at}/time"),)
    return FINE


def long_strings(body: Any, at: str = "") -> Issues:
    """No string anywhere may exceed 100 KB in UTF-8.

    >>> [issue.pointer for issue in long_strings({"a": ["x" * 100_001]})]
    ['/a/0']
    """
    most = limits.MAX_STRING_BYTES
    if len(dumps(body)) <= most:
        return FINE
    least = most // 4  # in characters of up to 4 bytes
    found: list[Issue] = []
    waiting: list[tuple[Any, Any]] = [(body, None)]  # a value, and the path to it
    while waiting:
        value, way = waiting.pop()
        if isinstance(value, dict):
            for name, item in value.items():
                if isinstance(item, dict | list | str):
                    waiting.append((item, (way, name)))
                if len(name) > least and len(name.encode()) > most:
                    found.append(Issue(f"A name exceeds {most:,} bytes.", at + _pointer(way)))
        elif isinstance(value, list):
            waiting += [
                (item, (way, index))
                for index, item in enumerate(value)
                if isinstance(item, dict | list | str)
            ]
        elif len(value) > least and len(value.encode()) > most:
            found.append(Issue(f"A string must not exceed {most:,} bytes.", at + _pointer(way)))
    return found or FINE


def _pointer(way: Any) -> str:
    parts: list[str] = []
    while way is not None:
        way, name = way
        parts.append(str(name)[:80].replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{part}" for part in reversed(parts))


def _repeated(
    profile: dict[str, Any],
    attributes: dict[str, Any],
    at: str,
    told: set[tuple[str, str, str, str]],
) -> Issues:
    """A unique_id repeated for one profile and metric inside one request.

    Profiles are the same if they share an identifier. Events without a unique_id are not checked:
    by the description those of one second collapse, but do not fail the request.
    """
    who = {"id": profile.get("id")} | {
        name: profile["attributes"].get(name) for name in IDENTIFIERS
    }
    metric, unique_id = attributes["metric"]["data"]["attributes"]["name"], attributes["unique_id"]
    keys = {(kind, str(value), metric, unique_id) for kind, value in who.items() if value}
    twice = not keys.isdisjoint(told)
    told |= keys
    if not twice:
        return FINE
    return (
        Issue(
            "The unique_id is repeated for the same profile and metric.",
            f"{at}/unique_id",
            "duplicate_in_request",
        ),
    )
