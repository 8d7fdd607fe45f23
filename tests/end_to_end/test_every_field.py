"""What was meant is what arrives: every field we know, through the real SDK over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.same_json import same_json

from walkeros_klaviyo import parse_config, pipeline
from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.serve import running
from walkeros_klaviyo.shell.send.klaviyo import Klaviyo
from walkeros_klaviyo.shell.send.request import request_body

TRAITS = ("firstName", "lastName", "organization", "title", "image", "locale")
PLACE = ("address1", "address2", "city", "country", "region", "zip", "timezone", "ip")
CONFIG = {
    "settings": {
        "phoneNumber": "user.phone",
        "phoneRegion": "DE",
        "anonymousId": "user.device",
        "kx": "user.kx",
        "currency": "EUR",
        "backfill": True,
        "identify": {
            "map": {
                **{name: f"user.{name}" for name in TRAITS},
                "location": {
                    "map": {
                        **{name: f"user.{name}" for name in PLACE},
                        "latitude": "user.latitude",
                        "longitude": "user.longitude",
                    }
                },
                "properties": "custom",
            }
        },
    },
    "mapping": {
        "order": {
            "complete": {
                "name": "Größe 名前 🌄",
                "data": {"map": {"All": "data", "Lines": {"loop": ["nested", "data"]}}},
                "settings": {"value": "data.total", "uniqueId": "data.id"},
            }
        }
    },
}
ODD = {
    "total": 0.1,
    "id": 90210,
    "tiny": 1e-7,
    "great": 1e21,
    "big": 12_345_678_901_234_567_890_123,
    "minus": -0.5,
    "zero": 0,
    "no": False,
    "empty": "",
    "list": [],
    "object": {},
    "deep": {"a": [{"b": [1, 2.5, "x", True]}]},
    "text": 'quotes " \\ / \u2028 \u0000 é 🌄',
}
EVENT = {
    "name": "order complete",
    "timestamp": 1_793_350_800_123,
    "id": "e1",
    "data": ODD,
    "custom": {"plan": "pro", "since": 2019, "tags": ["a", 1]},
    "nested": [{"entity": "product", "data": {"sku": "S", "price": 12.5}}],
    "user": {
        "id": "u1",
        "email": "Ada@Example.com",
        "phone": "0151 23456789",
        "device": "d-1",
        "kx": "kx_1",
        "latitude": 52.5,
        "longitude": "13.4",
        **{name: f"the {name}" for name in (*TRAITS, *PLACE)},
    },
}


def arrived(config: dict[str, Any], event: dict[str, Any], bulk: bool = False) -> list[Any]:
    """The calls of an event, as (name, body) planned and (name, body) received."""
    plan = pipeline(parse_config(config)).plan(event)
    sandbox = Sandbox(limits="off", keep_requests=100)
    names = {
        "events.create_event": "events.bulk_create_events",
        "profiles.create_or_update_profile": "profiles.bulk_import_profiles",
    }
    with running(sandbox) as url:
        klaviyo = Klaviyo("pk_test", url)
        for call in plan.calls:
            name = names[call.name] if bulk else call.name
            body = request_body(name, [json.dumps(call.body).encode()])
            assert klaviyo.send(name, body).status in (200, 201, 202)
    requests = [(row["call"], row["body"]) for row in sandbox.requests()]
    return [[(call.name, call.body) for call in plan.calls], requests]


def test_every_field_arrives_as_it_was_planned() -> None:
    """Names and values, types included; whatever the SDK's models would do to them."""
    planned, received = arrived(CONFIG, EVENT)
    assert [name for name, _ in planned] == [
        "profiles.create_or_update_profile",
        "events.create_event",
    ]
    assert same_json(json.loads(json.dumps(planned)), json.loads(json.dumps(received)))


def test_nothing_that_was_meant_is_missing_from_the_plan() -> None:
    """So that the comparison above compares every field, and not less by accident."""
    (_, upsert), (_, event) = arrived(CONFIG, EVENT)[0]
    profile = upsert["data"]["attributes"]
    assert set(profile) == {
        "email", "external_id", "phone_number", "first_name", "last_name", "organization",
        "title", "image", "locale", "location", "properties",
    }  # fmt: skip
    assert set(profile["location"]) == {*PLACE, "latitude", "longitude"}
    attributes = event["data"]["attributes"]
    assert set(attributes) == {
        "profile", "metric", "properties", "time", "value", "value_currency", "unique_id",
        "backfill",
    }  # fmt: skip
    assert set(attributes["profile"]["data"]["attributes"]) == {
        "email", "external_id", "phone_number", "anonymous_id", "_kx",
    }  # fmt: skip
    assert attributes["properties"]["All"] == ODD


def test_in_bulk_the_same_attributes_arrive() -> None:
    planned, received = arrived(CONFIG, EVENT, bulk=True)
    (_, imported), (_, created) = received
    upsert, event = (body["data"]["attributes"] for _, body in planned)
    (row,) = imported["data"]["attributes"]["profiles"]["data"]
    assert same_json(row["attributes"], upsert)
    (group,) = created["data"]["attributes"]["events-bulk-create"]["data"]
    (inner,) = group["attributes"]["events"]["data"]
    both = {**inner["attributes"], "profile": group["attributes"]["profile"]}
    assert same_json(both, event)


def nulls(value: Any, place: str = "") -> list[str]:
    """Where a body holds null."""
    if value is None:
        return [place]
    if isinstance(value, dict):
        return [found for key, one in value.items() for found in nulls(one, f"{place}.{key}")]
    if isinstance(value, list):
        return [found for one in value for found in nulls(one, f"{place}[]")]
    return []


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize(
    "user", [{"id": "u1"}, {"email": "ada@example.com"}, {"id": "u1", "firstName": None}]
)
def test_no_absent_field_travels_as_null(user: dict[str, Any], bulk: bool) -> None:
    """At Klaviyo a null clears the field: absence must stay absence."""
    bare = {"name": "order complete", "timestamp": 1_793_350_800_123, "user": user}
    _, received = arrived(CONFIG, bare, bulk)
    assert len(received) == 2
    assert [place for _, body in received for place in nulls(body)] == []
