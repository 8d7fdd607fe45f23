"""Which bodies go to Klaviyo? The wire form, field by field, and the time as Klaviyo writes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from tests.core.make import NOW, codes, event_with, event_without, rule_with
from tests.same_json import same_json

from walkeros_klaviyo import Call, Identity, Mapped, Revenue
from walkeros_klaviyo.core.canonical import digest
from walkeros_klaviyo.core.klaviyo.calls import create_event, upsert_profile
from walkeros_klaviyo.core.klaviyo.clock import format_time
from walkeros_klaviyo.core.klaviyo.state import fingerprint

Json = dict[str, Any]
ADA = {"email": "ada@example.com", "external_id": "u1", "_kx": "k"}
WHO = Identity(ADA)
RULE, SILENT = rule_with(), evolve(rule_with(), silent=True)


def call_with(
    revenue: Revenue | None = None,
    backfill: bool = False,
    who: Json = ADA,
    traits: Json | None = None,
    **event: Any,
) -> Call:
    """A call that records Ada's order."""
    given, properties = event_with(**event), {"OrderId": "O-1"}
    mapped = Mapped(given, given, Identity(who), properties, traits, revenue, "uid", backfill)
    (call,), _ = create_event(RULE, mapped)
    return call


def upsert_with(traits: Json, who: Json = ADA) -> Call:
    """A call that tells what is known of Ada."""
    event = event_with()
    (call,), _ = upsert_profile(RULE, Mapped(event, event, Identity(who), {}, traits))
    return call


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
    event = event_with()
    (call,), _ = create_event(RULE, Mapped(event, event, WHO, {}, None, None, "uid"))
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
    assert call.identifiers == call.profile == ADA
    assert (call.label, call.fingerprint) == ("order complete", None)
    assert (call_with().value, call_with().value_currency) == (None, None)


def test_an_upsert_has_the_same_views() -> None:
    """Nobody need ask first which kind of call it is."""
    call = upsert_with({"first_name": "Ada", "properties": {"plan": "free"}})
    assert (call.metric, call.time, call.value, call.value_currency, call.unique_id) == (None,) * 5
    assert (call.label, call.properties) == ("(profile)", {"plan": "free"})
    assert call.profile is call.attributes
    assert call.identifiers == {"email": "ada@example.com", "external_id": "u1"}
    assert upsert_with({}).properties == {}


def test_an_upserts_body_holds_identifiers_and_traits() -> None:
    """Without `_kx`, which finds a profile that others name better."""
    call = upsert_with({"first_name": "Ada"})
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
    assert (call.fingerprint, call.refusal) == (fingerprint({"first_name": "Ada"}), ())


@pytest.mark.parametrize(
    ("who", "named"),
    [
        ({"_kx": "k"}, {"_kx": "k"}),
        ({"_kx": "k", "anonymous_id": "d"}, {"_kx": "k"}),
        ({"_kx": "k", "phone_number": "+15551234567"}, {"phone_number": "+15551234567"}),
        ({"anonymous_id": "d", "external_id": "u1"}, {"external_id": "u1"}),
    ],
)
def test_an_upsert_names_a_person_and_never_a_device(who: Json, named: Json) -> None:
    """Who is known by `_kx` alone is upserted by it."""
    assert upsert_with({"title": "Dr"}, who).attributes == {**named, "title": "Dr"}


def test_a_rule_that_identifies_nobody_makes_no_upsert() -> None:
    """None is not an empty object, which still upserts the identifiers."""
    event = event_with()
    assert upsert_profile(RULE, Mapped(event, event, WHO, {}, None)) == ((), ())
    assert upsert_with({}).attributes == {"email": "ada@example.com", "external_id": "u1"}


def test_an_anonymous_id_alone_makes_no_upsert() -> None:
    """Klaviyo knows a device by its events alone: without one, what is lost is said."""
    event = event_with()
    mapped = Mapped(event, event, Identity({"anonymous_id": "d"}), {}, {"title": "Dr"})
    assert upsert_profile(RULE, mapped) == ((), ())
    calls, (note,) = upsert_profile(SILENT, mapped)
    assert (calls, note.code, note.path) == ((), "profile.needs-identifier", "user")


@pytest.mark.parametrize(
    ("who", "traits", "profile"),
    [
        ({"anonymous_id": "d"}, {"title": "Dr"}, {"anonymous_id": "d", "title": "Dr"}),
        ({"anonymous_id": "d"}, {}, {"anonymous_id": "d"}),
        ({"anonymous_id": "d"}, None, {"anonymous_id": "d"}),
        ({"anonymous_id": "d", "_kx": "k"}, {"title": "Dr"}, {"anonymous_id": "d", "_kx": "k"}),
        ({"external_id": "u1"}, {"title": "Dr"}, {"external_id": "u1"}),
    ],
)
def test_an_events_own_profile_tells_what_no_upsert_can(
    who: Json, traits: Json | None, profile: Json
) -> None:
    """Only who has an anonymous id alone; for all others the upsert has said it."""
    call = call_with(who=who, traits=traits)
    assert call.profile == profile
    assert call.identifiers == who


def test_a_silent_rule_records_nothing() -> None:
    event = event_with()
    assert create_event(SILENT, Mapped(event, event, WHO, {}, None)) == ((), ())


def test_an_event_without_a_unique_id_gets_the_digest_of_what_came() -> None:
    """Of the original, whatever a policy or a rule's name made of it."""
    came, seen = event_without("id"), event_without("id", name="Placed Order")
    (call,), _ = create_event(RULE, Mapped(seen, came, WHO, {}, None))
    assert (call.metric, call.unique_id) == ("Placed Order", digest(came))


def test_what_klaviyo_would_refuse_is_said_with_the_call_and_beside_it() -> None:
    """The call is made all the same: a dead letter shows it."""
    event = event_with(timestamp=0)
    mapped = Mapped(event, event, WHO, {}, {"title": "\ud800"}, None, "uid")
    for make, code in ((create_event, "time.too-early"), (upsert_profile, "text.not-unicode")):
        (call,), notes = make(RULE, mapped)
        assert call.refusal == notes
        assert codes(notes) == [code]


@pytest.mark.parametrize("make", [call_with, lambda: upsert_with({})])
def test_calls_have_equality_but_no_hash(make: Any) -> None:
    """Bodies are plain JSON, so a set of calls would be a lie."""
    assert make() == make()
    with pytest.raises(TypeError):
        hash(make())


def test_a_calls_repr_shows_no_personal_data() -> None:
    """Reprs end up in logs: what is changed and codes of refusals, no values of a person."""
    good = upsert_with({"first_name": "Ada"})
    bad = upsert_with({"first_name": "Ada", "title": "\ud800"})
    upsert = "profiles.create_or_update_profile (profile)"
    assert repr(good) == f"<{upsert}>"
    assert repr(bad) == f"<{upsert}, refused: text.not-unicode>"
    assert repr(call_with()) == "<events.create_event 'order complete'>"
    early = repr(call_with(timestamp=0))
    assert early == "<events.create_event 'order complete', refused: time.too-early>"
    twice = {"first_name": "\udfff", "title": "\ud800"}
    assert repr(upsert_with(twice)).endswith("text.not-unicode, text.not-unicode>")
    for one in (good, bad, call_with()):
        assert "ada@example.com" not in repr(one) and "Ada" not in repr(one)


def test_calls_of_different_kinds_are_never_equal() -> None:
    """The same body may mean another thing at another endpoint."""
    call = call_with()
    assert evolve(call, name="profiles.create_or_update_profile") != call
    assert evolve(call, fingerprint="f") != call
    assert evolve(call) == call


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
