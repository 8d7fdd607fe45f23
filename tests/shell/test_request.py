"""What is posted?"""

from __future__ import annotations

import json
from typing import Any

from tests.same_json import same_json

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS
from walkeros_klaviyo.delivery.batch import ROW_OVERHEAD
from walkeros_klaviyo.shell.send.request import request_body

PROFILE = {"data": {"type": "profile", "attributes": {"external_id": "u1"}}}


def event(number: Any, **more: Any) -> bytes:
    """A single event's body."""
    attributes = {
        "profile": PROFILE,
        "metric": {"data": {"type": "metric", "attributes": {"name": "Sale"}}},
        "properties": {"n": number},
        "time": "2026-01-01T00:00:00.000Z",
        "unique_id": "e1",
        **more,
    }
    return json.dumps({"data": {"type": "event", "attributes": attributes}}).encode()


def test_a_single_call_goes_byte_by_byte() -> None:
    """As it was planned."""
    body = event(1.50)
    assert request_body("events.create_event", [body]) is body


def test_bulk_rows_are_the_single_bodies_in_order() -> None:
    """So that a pointer names the row, and each row says what `plan` showed."""
    bodies = [event(1, value=5.5, value_currency="EUR"), event(10**30, backfill=True), event("ü")]
    found = json.loads(request_body("events.bulk_create_events", bodies))
    rows = found["data"]["attributes"]["events-bulk-create"]["data"]
    assert found["data"]["type"] == "event-bulk-create-job"
    for row, body in zip(rows, bodies, strict=True):
        wanted = json.loads(body)["data"]["attributes"]
        (one,) = row["attributes"]["events"]["data"]
        assert row["type"] == "event-bulk-create"
        assert row["attributes"]["profile"] == wanted.pop("profile")
        assert same_json(one, {"type": "event", "attributes": wanted})


def test_bulk_profiles_are_the_single_bodies_in_order() -> None:
    """Nothing added, nothing nulled."""
    profiles = [{"external_id": f"u{n}", "properties": {"n": n}} for n in range(3)]
    bodies = [
        json.dumps({"data": {"type": "profile", "attributes": one}}).encode() for one in profiles
    ]
    found = json.loads(request_body("profiles.bulk_import_profiles", bodies))
    rows = found["data"]["attributes"]["profiles"]["data"]
    assert rows == [{"type": "profile", "attributes": one} for one in profiles]


def test_a_rows_overhead_is_within_what_batching_reckons_with() -> None:
    """Else a full request would be larger than Klaviyo takes."""
    bodies = [event(n, backfill=True, value=1.5) for n in range(1_000)]
    posted = request_body("events.bulk_create_events", bodies)
    assert len(posted) <= 1_000 + sum(len(body) + ROW_OVERHEAD for body in bodies)
    assert ENDPOINTS["events.bulk_create_events"].items == 1_000
