"""How is a request's body built from the bodies of its calls?

Bulk bodies are assembled row by row in order, so that a pointer in Klaviyo's answer identifies the
row. Source: Klaviyo Bulk Create Events, Bulk Import Profiles.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

import orjson

from walkeros_klaviyo.core.klaviyo.calls import (
    CREATE_EVENT,
    SUBSCRIBE,
    UNSUBSCRIBE,
    UPSERT_PROFILE,
    Call,
)
from walkeros_klaviyo.core.klaviyo.identifier import FIELDS
from walkeros_klaviyo.core.klaviyo.subscription import CHANNELS
from walkeros_klaviyo.delivery.messages import WEAKER, Answer
from walkeros_klaviyo.shell.input.line import has_long_number
from walkeros_klaviyo.shell.jsonl import to_json


def request_body(call: str, bodies: Sequence[bytes]) -> bytes:
    """The JSON of one request to an endpoint; a single call's body is sent unchanged.

    >>> request_body("events.create_event", [b'{"data": {}}'])
    b'{"data": {}}'
    """
    if call == "events.bulk_create_events":
        rows = [_event_row(_attributes(body)) for body in bodies]
        attributes = {"events-bulk-create": {"data": rows}}
        return to_json({"data": {"type": "event-bulk-create-job", "attributes": attributes}})
    if call in (CREATE_EVENT, UPSERT_PROFILE):
        return bodies[0]
    first, *others = map(_read, bodies)
    if first["data"]["type"] == "profile":
        attributes = {"profiles": {"data": [one["data"] for one in (first, *others)]}}
        return to_json({"data": {"type": "profile-bulk-import-job", "attributes": attributes}})
    for other in others:  # jobs of one group differ only in their profiles
        _rows(first).extend(_rows(other))
    return to_json(first)


def without(body: bytes, leave_out: Collection[str]) -> bytes | None:
    """A single call's body without these identifiers of its profile.

    WEAKER stands for all but the strongest. None if that would change nothing or leave none.

    >>> body = b'{"data": {"attributes": {"email": "ada@example.com", "phone_number": "+1"}}}'
    >>> without(body, ["phone_number"])
    b'{"data":{"attributes":{"email":"ada@example.com"}}}'
    >>> without(body, ["phone_number", "email"]) is None
    True
    """
    found = _read(body)
    profile = Call("", found).profile
    needed = [CHANNELS[one] for one in profile.get("subscriptions", ())]  # channels' own
    present = [name for name in FIELDS if name in profile]
    left = [name for name in present if name not in leave_out]
    left = needed or left[:1] if WEAKER in leave_out else left
    if not left or left == present or not set(needed) <= set(left):
        return None
    for name in present:
        if name not in left:
            del profile[name]
    return to_json(found)


def as_refusal(call: str, rows: Sequence[int]) -> Answer:
    """The answer for a request that is not made because these rows of it are damaged.

    >>> as_refusal("events.create_event", [0]).fault
    'unsent'
    """
    place = _PLACES.get(call)
    errors = [
        {
            "code": "store.damaged",
            "detail": "The row is damaged; it was set aside and not sent.",
            "source": {"pointer": "" if place is None else f"{place}/{row}"},
        }
        for row in rows
    ]
    return Answer(None, body=orjson.dumps({"errors": errors}), fault="unsent")


_PLACES = {
    "events.bulk_create_events": "/data/attributes/events-bulk-create/data",
    "profiles.bulk_import_profiles": "/data/attributes/profiles/data",
    SUBSCRIBE: "/data/attributes/profiles/data",
    UNSUBSCRIBE: "/data/attributes/profiles/data",
}


def _event_row(attributes: dict[str, Any]) -> dict[str, Any]:
    """A bulk row of one event with its profile; `backfill` moves into the row's event."""
    event = {name: value for name, value in attributes.items() if name != "profile"}
    events = {"data": [{"type": "event", "attributes": event}]}
    return {
        "type": "event-bulk-create",
        "attributes": {"profile": attributes["profile"], "events": events},
    }


def _rows(job: Any) -> list[Any]:
    rows: list[Any] = job["data"]["attributes"]["profiles"]["data"]
    return rows


def _attributes(body: bytes) -> dict[str, Any]:
    attributes: dict[str, Any] = _read(body)["data"]["attributes"]
    return attributes


def _read(body: bytes) -> Any:
    return json.loads(body) if has_long_number(body) else orjson.loads(body)
