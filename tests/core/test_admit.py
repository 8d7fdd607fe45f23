"""Would Klaviyo refuse it? Each limit on both sides, texts measured in UTF-8."""

from __future__ import annotations

import json
import marshal
from enum import StrEnum
from typing import Any

import pytest
from tests.core.make import NOW, codes, event_with, plan_of

from walkeros_klaviyo import parse_config, pipeline
from walkeros_klaviyo.core.canonical import marshalled
from walkeros_klaviyo.core.klaviyo import admit
from walkeros_klaviyo.core.klaviyo.admit import admit_event, admit_profile, is_admissible_profile
from walkeros_klaviyo.core.klaviyo.limits import (
    ENDPOINTS,
    MAX_METRIC_LENGTH,
    MAX_PROPERTIES,
    MAX_STRING_BYTES,
    MIN_TIME_MS,
)

Json = dict[str, Any]


def event_body(
    properties: Json | None = None, metric: str = "Viewed", unique_id: str = "e1", **who: Any
) -> Json:
    """An event's wire body."""
    attributes = {
        "profile": {"data": {"type": "profile", "attributes": who or {"external_id": "7"}}},
        "metric": {"data": {"type": "metric", "attributes": {"name": metric}}},
        "properties": properties or {},
        "unique_id": unique_id,
    }
    return {"data": {"type": "event", "attributes": attributes}}


def upsert_body(**attributes: Any) -> Json:
    """An upsert's wire body."""
    return {"data": {"type": "profile", "attributes": attributes}}


def refusal(body: Json, timestamp: float = NOW) -> list[tuple[str, str]]:
    """Code and place of each reason against an event."""
    return [(one.code, one.path) for one in admit_event(timestamp, body)]


PROPERTY = "data.attributes.properties"


@pytest.mark.parametrize(
    ("timestamp", "said"),
    [
        (MIN_TIME_MS, []),
        (MIN_TIME_MS - 1, ["time.too-early"]),
        (10**10, ["time.too-early"]),
        (10**10 - 1, ["time.looks-like-seconds"]),
        (1_700_000_100, ["time.looks-like-seconds"]),
        (1_700_000_100.5, ["time.looks-like-seconds"]),
        (10**8, ["time.looks-like-seconds"]),
        (10**8 - 1, ["time.too-early"]),
        (0, ["time.too-early"]),
        (-1, ["time.too-early"]),
    ],
)
def test_events_from_1990_on_are_taken(timestamp: float, said: list[str]) -> None:
    """What looks like seconds is the commonest slip, so it says so."""
    assert refusal(event_body(), timestamp) == [(code, "timestamp") for code in said]


def test_seconds_are_told_how_to_become_milliseconds() -> None:
    one = admit_event(1_700_000_100, event_body())[0]
    assert (one.severity, "multiply by 1000" in one.message) == ("error", True)


@pytest.mark.parametrize(
    ("metric", "taken"),
    [
        ("x", True),
        ("x" * MAX_METRIC_LENGTH, True),
        ("x" * (MAX_METRIC_LENGTH + 1), False),
        ("é" * MAX_METRIC_LENGTH, True),
        ("😀" * MAX_METRIC_LENGTH, True),
        ("", False),
        (" ", False),
        ("\t \n", False),
        (" x ", True),
    ],
)
def test_a_metrics_name_has_1_to_127_characters(metric: str, taken: bool) -> None:
    """Characters, not bytes; blanks alone are no name."""
    assert refusal(event_body(metric=metric)) == ([] if taken else [("metric.invalid", "name")])


@pytest.mark.parametrize(("count", "taken"), [(400, True), (401, False)])
def test_an_event_has_at_most_400_properties(count: int, taken: bool) -> None:
    """Top-level ones; nested ones are not counted."""
    assert count - MAX_PROPERTIES in (0, 1)
    body = event_body({str(n): n for n in range(count)})
    assert refusal(body) == ([] if taken else [("limit.properties", "properties")])
    assert refusal(event_body({"all": {str(n): n for n in range(count)}})) == []


@pytest.mark.parametrize(
    ("character", "bytes_each"), [("x", 1), ("é", 2), ("€", 3), ("😀", 4), ("\x00", 1), ('"', 1)]
)
def test_a_text_has_at_most_100_kilobytes_in_utf8(character: str, bytes_each: int) -> None:
    """Measured as UTF-8, not as characters nor as escaped JSON."""
    at_most = character * (MAX_STRING_BYTES // bytes_each)
    for properties, where in (
        (lambda text: {"a": text}, ".a"),
        (lambda text: {"a": ["b", {"c": text}]}, ".a[1].c"),
    ):
        padded = at_most + "x" * (MAX_STRING_BYTES - len(at_most.encode()))
        assert len(padded.encode()) == MAX_STRING_BYTES
        assert refusal(event_body(properties(padded))) == []
        over = event_body(properties(padded + "x"))
        assert refusal(over) == [("limit.string", f"{PROPERTY}{where}")]


def test_a_key_is_a_text_too() -> None:
    """Klaviyo measures it as well; the message does not repeat it."""
    assert refusal(event_body({"k" * MAX_STRING_BYTES: 1})) == []
    body = event_body({"k" * (MAX_STRING_BYTES + 1): 1, "n": {"k" * (MAX_STRING_BYTES + 1): 1}})
    assert refusal(body) == [("limit.string", PROPERTY), ("limit.string", f"{PROPERTY}.n")]


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ({"location": {"city": "Ulm", "latitude": 48.4}}, []),
        ({"title": None, "location": {"city": None}}, []),
        ({"location": {"city": "\ud800"}}, [("text.not-unicode", ".location.city")]),
        (
            {"location": {"city": "x" * (MAX_STRING_BYTES + 1)}},
            [("limit.string", ".location.city")],
        ),
    ],
)
def test_an_events_own_profile_may_hold_more_than_texts(
    who: Json, said: list[tuple[str, str]]
) -> None:
    """It tells what no upsert can: of a device alone."""
    where = "data.attributes.profile.data.attributes"
    found = refusal(event_body(anonymous_id="d", **who))
    assert found == [(code, f"{where}{path}") for code, path in said]


@pytest.mark.parametrize("name", ["unique_id", "external_id", "email"])
def test_identifiers_are_measured_like_any_text(name: str) -> None:
    where = {
        "unique_id": "data.attributes.unique_id",
        "external_id": "data.attributes.profile.data.attributes.external_id",
        "email": "data.attributes.profile.data.attributes.email",
    }[name]
    for length in (999, 1_000, MAX_STRING_BYTES):
        assert refusal(event_body(**{name: "x" * length})) == []
    assert refusal(event_body(**{name: "x" * (MAX_STRING_BYTES + 1)})) == [("limit.string", where)]


@pytest.mark.parametrize(
    ("text", "taken"), [("\ud800", False), ("a\udfff", False), ("\ud7ff", True), ("😀", True)]
)
def test_half_a_character_is_refused(text: str, taken: bool) -> None:
    """UTF-8 cannot carry it; whole characters that look like it to marshal are taken."""
    for body, where in (
        (event_body({"a": text}), f"{PROPERTY}.a"),
        (event_body({text: 1}), PROPERTY),
        (event_body(unique_id=text), "data.attributes.unique_id"),
        (event_body(metric=text), "data.attributes.metric.data.attributes.name"),
        (
            event_body(external_id=text),
            "data.attributes.profile.data.attributes.external_id",
        ),
    ):
        assert refusal(body) == ([] if taken else [("text.not-unicode", where)])
    found = admit_profile(upsert_body(first_name=text))
    assert codes(found) == ([] if taken else ["text.not-unicode"])


def sized(limit: int, make: Any) -> Json:
    """A body that is exactly so many bytes as posted, made of many texts that are each small."""
    filler = {str(n): "x" * 50_000 for n in range(limit // 51_000)}
    empty = len(json.dumps(make({**filler, "rest": ""})))
    rest = limit - empty
    chunks = {f"c{n}": "" for n in range(rest // 60_000 + 1)}
    rest = limit - len(json.dumps(make({**filler, "rest": "", **chunks})))
    for name in chunks:
        take = min(rest, 90_000)
        chunks[name] = "x" * take
        rest -= take
    body: Json = make({**filler, "rest": "x" * rest, **chunks})
    assert len(json.dumps(body)) == limit
    return body


def test_an_event_is_at_most_5_megabytes_as_posted() -> None:
    """Both sides of the bound, one byte apart."""
    limit = ENDPOINTS["events.create_event"].bytes
    assert limit == 5_000_000
    assert refusal(sized(limit, event_body)) == []
    assert refusal(sized(limit + 1, event_body)) == [("limit.size", "body")]


def test_a_profile_is_at_most_100_kilobytes_as_posted() -> None:
    """Its texts are bounded by it, too."""
    limit = ENDPOINTS["profiles.create_or_update_profile"].bytes
    assert limit == 100_000
    make = lambda properties: upsert_body(properties=properties)  # noqa: E731
    assert admit_profile(sized(limit, make)) == ()
    found = admit_profile(sized(limit + 1, make))
    assert [(one.code, one.path) for one in found] == [("limit.size", "body")]
    assert found[0].message == "100001 bytes as posted; 100000 are allowed"


def test_what_is_posted_counts_and_not_what_is_meant() -> None:
    """A control character is posted as six bytes, so 20,000 of them are too many for a profile."""
    assert admit_profile(upsert_body(title="\x00" * 16_000)) == ()
    assert codes(admit_profile(upsert_body(title="\x00" * 20_000))) == ["limit.size"]


class Word(StrEnum):
    """A subclass of str: marshal refuses it, JSON takes it."""

    A = "a"


def test_a_subclass_of_str_only_takes_the_slow_way() -> None:
    assert refusal(event_body({"a": Word.A, "n": [1, None, True, 1.5]})) == []
    assert admit_profile(upsert_body(title=Word.A)) == ()


def test_a_subclass_of_str_is_measured_like_any_text() -> None:
    """Marshal refuses it, so the quick look says nothing about what stands beside it."""
    body = event_body({"a": Word.A, "b": "x" * (MAX_STRING_BYTES + 1)})
    assert refusal(body) == [("limit.string", f"{PROPERTY}.b")]
    assert codes(admit_profile(upsert_body(title=Word.A, city="\ud800"))) == ["text.not-unicode"]


def test_a_text_counts_each_time_it_is_posted() -> None:
    """One object in many places is many texts; a quick look that counts it once lets it pass."""
    text = "x" * 90_000
    assert refusal(event_body({str(n): text for n in range(60)})) == [("limit.size", "body")]
    short = "x" * 5_000
    many = {str(n): short for n in range(20)}
    assert codes(admit_profile(upsert_body(properties=many))) == ["limit.size"]


def test_the_slow_look_has_the_same_bounds_as_the_quick_one() -> None:
    """An id of 1,000 characters makes it look closely."""
    body = event_body(metric="x" * MAX_METRIC_LENGTH, unique_id="x" * 1_000)
    assert refusal(body, MIN_TIME_MS) == []
    body = event_body(metric="x" * (MAX_METRIC_LENGTH + 1), unique_id="x" * 1_000)
    assert [code for code, _ in refusal(body, MIN_TIME_MS - 1)] == [
        "metric.invalid",
        "time.too-early",
    ]


@pytest.mark.parametrize(
    ("body", "timestamp", "message"),
    [
        (event_body(metric="x" * 128), NOW, "128 characters; 1 to 127 characters are allowed"),
        (event_body(metric=""), NOW, "0 characters; 1 to 127 characters are allowed"),
        (event_body(metric=" "), NOW, "blank; 1 to 127 characters are allowed"),
        (event_body(), 0, "Klaviyo takes events from 1990 on"),
        (
            event_body(),
            1_700_000_100,
            "milliseconds are expected, this looks like seconds; multiply by 1000",
        ),
        (
            event_body({str(n): n for n in range(401)}),
            NOW,
            "401 properties; 400 are allowed",
        ),
        (event_body({"a": "é" * 50_001}), NOW, "100002 bytes in UTF-8; 100000 are allowed"),
        (event_body({"a": "\ud800"}), NOW, "holds an unpaired surrogate"),
    ],
    ids=range(8),
)
def test_a_refusal_says_how_much_there_is_and_how_much_is_allowed(
    body: Json, timestamp: float, message: str
) -> None:
    """Never what there is."""
    assert [one.message for one in admit_event(timestamp, body)] == [message]


def _fitting(size: int) -> Json:
    """An event whose attributes are of just this size, marshalled."""
    rest = len(marshal.dumps(event_body({"x": ""})["data"]["attributes"], 2))
    return event_body({"x": "a" * (size - rest)})


@pytest.mark.parametrize(
    "body",
    [
        event_body(),
        event_body(metric="x" * MAX_METRIC_LENGTH, unique_id="7", external_id="7"),
        event_body(metric="Ölwechsel", unique_id="ü", external_id="é" * 500),
        event_body({f"p{n}": "x" for n in range(MAX_PROPERTIES)}),
        _fitting(MAX_STRING_BYTES),
    ],
    ids=["everyday", "longest name", "umlauts", "most properties", "largest"],
)
def test_an_event_far_below_the_limits_is_not_measured(
    body: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measuring takes longer than all the rest; the quick look reaches up to the limits."""
    monkeypatch.setattr(admit, "_measure", None)
    assert admit_event(MIN_TIME_MS, body) == ()


def test_nor_is_a_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admit, "_measure", None)
    assert admit_profile(upsert_body(email="ada@example.com", first_name="Ada")) == ()


def test_all_reasons_are_given_at_once() -> None:
    """A user mends a configuration once, not reason by reason."""
    properties: Json = {str(n): n for n in range(401)}
    properties["0"] = "\ud800"
    properties["1"] = "x" * 100_001
    assert refusal(event_body(properties, metric=""), 0) == [
        ("metric.invalid", "name"),
        ("time.too-early", "timestamp"),
        ("limit.properties", "properties"),
        ("text.not-unicode", f"{PROPERTY}.0"),
        ("limit.string", f"{PROPERTY}.1"),
    ]


def test_a_long_place_is_cut_in_the_message() -> None:
    """A path made of the event's own keys could be of any length."""
    properties: Json = {"k" * 300: {"k" * 300: "\ud800"}}
    (one,) = admit_event(NOW, event_body(properties))
    assert len(one.path) == 200


def test_a_refused_event_is_planned_with_its_refusal() -> None:
    """Delivery puts it to the dead letters without spending a request."""
    plan = plan_of({}, event_with(timestamp=1_700_000_100))
    assert plan.outcome == "refused"
    assert plan.calls[0].refusal == plan.diagnostics
    assert codes(plan.diagnostics) == ["time.looks-like-seconds"]


IDENTIFY = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}


@pytest.mark.parametrize(
    ("first", "timestamp", "outcome", "refused"),
    [
        ("Ada", NOW, "send", [False, False]),
        ("Ada", 1_700_000_100, "refused", [False, True]),
        ("\ud800", NOW, "send", [True, False]),
        ("\ud800", 1_700_000_100, "refused", [True, True]),
    ],
)
def test_only_the_calls_with_an_error_are_withheld(
    first: str, timestamp: int, outcome: str, refused: list[bool]
) -> None:
    """A good upsert goes although its event is refused, and the other way round."""
    event = event_with(user={"id": "u1", "first": first}, timestamp=timestamp)
    plan = plan_of(IDENTIFY, event)
    assert plan.outcome == outcome
    assert [bool(call.refusal) for call in plan.calls] == refused
    assert plan.diagnostics == tuple(one for call in plan.calls for one in call.refusal)


def test_the_limits_are_those_of_the_endpoint_descriptions() -> None:
    """The table of design.md §6, word for word."""
    rows = {
        name: (one.path, one.items, one.bytes, one.item_bytes, one.burst, one.steady, one.success)
        for name, one in ENDPOINTS.items()
    }
    mb, kb = 1_000_000, 1_000
    assert rows == {
        "events.create_event": ("/api/events", 1, 5 * mb, 5 * mb, 350, 3_500, (202,)),
        "events.bulk_create_events": (
            "/api/event-bulk-create-jobs",
            1_000,
            5 * mb,
            5 * mb,
            10,
            150,
            (202,),
        ),
        "profiles.create_or_update_profile": (
            "/api/profile-import",
            1,
            100 * kb,
            100 * kb,
            75,
            750,
            (200, 201),
        ),
        "profiles.bulk_import_profiles": (
            "/api/profile-bulk-import-jobs",
            10_000,
            5 * mb,
            100 * kb,
            10,
            150,
            (202,),
        ),
        "profiles.bulk_subscribe_profiles": (
            "/api/profile-subscription-bulk-create-jobs",
            1_000,
            None,
            None,
            75,
            750,
            (202,),
        ),
        "profiles.bulk_unsubscribe_profiles": (
            "/api/profile-subscription-bulk-delete-jobs",
            100,
            None,
            None,
            75,
            750,
            (202,),
        ),
    }


def test_what_puts_a_person_on_lists_is_within_the_limits_too() -> None:
    """Half of a character would cost everybody else in the same job their place."""
    config = parse_config({"settings": {"lists": ["Y6nRLr"]}})
    event = {"name": "page view", "timestamp": 1_795_518_160_712, "user": {"id": "\ud800"}}
    refused = [one for call in pipeline(config).plan(event).calls for one in call.refusal]
    assert [one.code for one in refused] == ["text.not-unicode"] * 2


@pytest.mark.parametrize(("value", "is_whole"), [(237, True), ("\u65e5", True), ("\ud800", False)])
@pytest.mark.parametrize("within", [lambda one: one, lambda one: [{"a": one}]])
def test_a_byte_of_half_a_character_costs_a_look_at_the_strings_alone(
    value: Any, is_whole: bool, within: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One price in fifty has that byte: those bodies need not be measured."""
    measured: list[Any] = []
    monkeypatch.setattr(admit, "_measure", lambda body, limit: measured.append(body) or ())
    found = {"key": within(value)}
    admit_event(NOW, event_body(found))
    admit_profile({"data": {"attributes": {"properties": found}}})
    assert (not measured) == is_whole
    assert is_admissible_profile({"email": "ada@example.com"}, marshalled(found)) == is_whole
