"""Which bodies go to Klaviyo? The wire form, field by field, and the time as Klaviyo writes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.core.make import NOW, event_with, rule_with
from tests.same_json import same_json

from walkeros_klaviyo import CreateEvent, Identity, Revenue, UpsertProfile
from walkeros_klaviyo.core.klaviyo.calls import create_event, upsert_profile
from walkeros_klaviyo.core.klaviyo.clock import format_time

WHO = Identity({"email": "ada@example.com", "external_id": "u1", "_kx": "k"}, "external_id:u1")


def call_with(revenue: Revenue | None = None, backfill: bool = False, **event: Any) -> CreateEvent:
    """A call that records Ada's order."""
    properties = {"OrderId": "O-1"}
    return create_event(rule_with(), event_with(**event), WHO, properties, revenue, "uid", backfill)


def test_an_events_body_is_what_klaviyo_documents() -> None:
    """JSON:API, snake_case; what is not there is left out, for a null would clear it."""
    full = call_with(Revenue(12.5, "EUR"), True)
    assert same_json(
        full.body,
        {
            "data": {
                "type": "event",
                "attributes": {
                    "profile": {
                        "data": {
                            "type": "profile",
                            "attributes": {
                                "email": "ada@example.com",
                                "external_id": "u1",
                                "_kx": "k",
                            },
                        }
                    },
                    "metric": {
                        "data": {"type": "metric", "attributes": {"name": "order complete"}}
                    },
                    "properties": {"OrderId": "O-1"},
                    "time": "2026-11-24T11:02:40.712Z",
                    "value": 12.5,
                    "value_currency": "EUR",
                    "unique_id": "uid",
                    "backfill": True,
                },
            }
        },
    )
    bare = call_with().attributes
    assert set(bare) == {"profile", "metric", "properties", "time", "unique_id"}
    assert set(call_with(Revenue(0, None)).attributes) == {*bare, "value"}


def test_an_event_is_news_unless_it_is_said_to_be_history() -> None:
    """Flows start by default."""
    call = create_event(rule_with(), event_with(), WHO, {}, None, "uid")
    assert "backfill" not in call.attributes


def test_an_events_fields_are_read_from_its_body() -> None:
    """Built once; the fields are views of it."""
    call = call_with(Revenue(12.5, "EUR"))
    assert call.name == "events.create_event"
    assert (call.metric, call.time, call.unique_id) == (
        "order complete",
        "2026-11-24T11:02:40.712Z",
        "uid",
    )
    assert (call.value, call.value_currency) == (12.5, "EUR")
    assert call.properties is call.attributes["properties"]
    assert call.identifiers == WHO.identifiers
    assert (call_with().value, call_with().value_currency) == (None, None)


def test_an_upserts_body_holds_identifiers_and_traits() -> None:
    """Without `_kx`, which finds a profile and is no field of it."""
    call = upsert_profile(WHO, {"first_name": "Ada"})
    assert call.name == "profiles.create_or_update_profile"
    assert same_json(
        call.body,
        {
            "data": {
                "type": "profile",
                "attributes": {
                    "email": "ada@example.com",
                    "external_id": "u1",
                    "first_name": "Ada",
                },
            }
        },
    )
    assert (len(call.fingerprint), call.refusal) == (32, ())


@pytest.mark.parametrize("make", [call_with, lambda: upsert_profile(WHO, {})])
def test_calls_have_equality_but_no_hash(make: Any) -> None:
    """Bodies are plain JSON, so a set of calls would be a lie."""
    assert make() == make()
    with pytest.raises(TypeError):
        hash(make())


def test_a_calls_repr_shows_no_personal_data() -> None:
    """Reprs end up in logs: names of fields and codes of refusals, no values of a person."""
    traits = {"first_name": "Ada", "title": "\ud800"}
    good, bad = upsert_profile(WHO, {"first_name": "Ada"}), upsert_profile(WHO, traits)
    assert repr(good) == "<profile: email, external_id, first_name>"
    assert repr(bad) == (
        "<profile: email, external_id, first_name, title, refused: text.not-unicode>"
    )
    assert repr(call_with()) == "<'order complete', unique_id 'uid'>"
    early = repr(call_with(timestamp=0))
    assert early == "<'order complete', unique_id 'uid', refused: time.too-early>"
    twice = {"first_name": "\udfff", "title": "\ud800"}
    assert repr(upsert_profile(WHO, twice)).endswith("text.not-unicode, text.not-unicode>")
    for one in (good, bad, call_with()):
        assert "ada@example.com" not in repr(one) and "Ada" not in repr(one)


def test_calls_of_different_kinds_are_never_equal() -> None:
    body = call_with().body
    assert CreateEvent(body) != UpsertProfile(body)


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (59_999, "1970-01-01T00:00:59.999Z"),
        (60_000, "1970-01-01T00:01:00.000Z"),
        (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
        (NOW, "2026-11-24T11:02:40.712Z"),
        (NOW + 0.9, "2026-11-24T11:02:40.712Z"),
        (float(NOW), "2026-11-24T11:02:40.712Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        (-30_610_224_000_000, "1000-01-01T00:00:00.000Z"),
        (-30_610_224_000_001, "0999-12-31T23:59:59.999Z"),
    ],
)
def test_time_is_iso_8601_in_utc_with_milliseconds(timestamp: float, text: str) -> None:
    """Four digits for the year always; fractions of a millisecond are cut off."""
    assert format_time(timestamp) == text


@pytest.mark.parametrize("timestamp", range(NOW, NOW + 10**11, 9_876_543_211))
def test_time_is_the_moment_it_was(timestamp: int) -> None:
    """Read back by the standard library."""
    moment = datetime.fromisoformat(format_time(timestamp))
    assert moment.tzinfo == UTC
    assert round(moment.timestamp() * 1_000) == timestamp
