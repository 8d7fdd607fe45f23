"""Is this an event? Both sides of every demand; nothing raises, nothing is changed."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from tests.core.make import NOW, codes, event_with, event_without, nested, plan_of

from walkeros_klaviyo import Diagnostic, EventError, Plan, parse_event
from walkeros_klaviyo.core.walkeros import event
from walkeros_klaviyo.core.walkeros.event import MAX_TIMESTAMP_MS, kind_of, words_of

LAST = MAX_TIMESTAMP_MS
FIRST = -62_135_596_800_000  # 0001-01-01, the first moment that ISO 8601 writes with four digits


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("order complete", ("order", "complete")),
        ("order complete twice", ("order", "complete")),
        ("order complete ", ("order", "complete")),
        ("* *", ("*", "*")),
        ("Größe ändern", ("Größe", "ändern")),
        ("order", None),
        ("", None),
        (" ", None),
        (" order complete", None),
        ("order  complete", None),
        ("order ", None),
        ("order\tcomplete", None),
    ],
)
def test_a_name_splits_into_its_first_two_words(name: str, words: tuple[str, str] | None) -> None:
    """One space parts entity and action; further words do not count."""
    assert words_of(name) == words


@pytest.mark.parametrize("timestamp", [0, NOW, NOW + 0.5, LAST, FIRST, -1])
def test_a_finite_timestamp_is_taken(timestamp: float) -> None:
    """Whether Klaviyo would take it is judged later: an event it is."""
    raw = event_with(timestamp=timestamp)
    assert parse_event(raw) is raw


@pytest.mark.parametrize(
    ("timestamp", "kind"),
    [
        (None, "null"),
        (True, "a boolean"),
        ("1795518160712", "a string"),
        ([NOW], "a list"),
        ({}, "an object"),
    ],
)
def test_a_timestamp_of_another_type_is_named(timestamp: Any, kind: str) -> None:
    """`true` is a number to Python, and must not become a millisecond."""
    error = parse_event(event_with(timestamp=timestamp))
    assert isinstance(error, EventError)
    assert (error.code, error.path) == ("event.timestamp", "timestamp")
    assert error.message.endswith(f"got {kind}")


@pytest.mark.parametrize(
    "timestamp",
    [float("nan"), float("inf"), float("-inf"), LAST + 1, float(LAST + 1), 10**400, -(10**400)],
    ids=["nan", "inf", "-inf", "year 10000", "float year 10000", "huge", "huge negative"],
)
def test_a_timestamp_out_of_range_is_no_event(timestamp: Any) -> None:
    """An integer larger than a float must not raise either."""
    error = parse_event(event_with(timestamp=timestamp))
    assert isinstance(error, EventError)
    assert error.path == "timestamp"
    assert error.message == "expected milliseconds since 1970, within the years 1 to 9999"


@pytest.mark.parametrize("timestamp", [FIRST - 1, -200_000_000_000_000, -LAST])
def test_a_timestamp_before_the_year_1_never_raises(timestamp: int) -> None:
    """ISO 8601 has no four digits for it, so it is no event: `transform` never raises for JSON."""
    plan = plan_of({}, event_with(timestamp=timestamp))
    assert (plan.outcome, plan.calls) == ("invalid", ())
    assert codes(plan.diagnostics) == ["event.timestamp"]
    assert "within the years 1 to 9999" in plan.diagnostics[0].message


@pytest.mark.parametrize("name", [None, 7, True, ["order", "complete"], {}, "order", "", " a b"])
def test_a_name_that_is_not_two_words_is_no_event(name: Any) -> None:
    """Without entity and action no rule could be looked up."""
    error = parse_event(event_with(name=name))
    assert isinstance(error, EventError)
    assert (error.code, error.path) == ("event.name", "name")


@pytest.mark.parametrize("key", ["name", "timestamp"])
def test_what_an_event_needs_cannot_be_missing(key: str) -> None:
    error = parse_event(event_without(key))
    assert isinstance(error, EventError)
    assert error.path == key


def test_a_timestamp_that_is_missing_is_not_called_null() -> None:
    """Both are no timestamp, but the remedy differs."""
    missing, null = parse_event(event_without("timestamp")), parse_event(event_with(timestamp=None))
    assert isinstance(missing, EventError) and isinstance(null, EventError)
    assert missing.message.endswith("it is missing")
    assert null.message.endswith("got null")
    assert missing.code == null.code == "event.timestamp"


@pytest.mark.parametrize("raw", [None, True, 1, 1.5, "order complete", [], [event_with()]])
def test_any_json_value_that_is_no_object_is_invalid(raw: Any) -> None:
    """A collector may be sent anything; each gives an outcome, none an exception."""
    plan = plan_of({}, raw)
    assert (plan.outcome, plan.calls, plan.keys, plan.rule) == ("invalid", (), (), None)
    assert codes(plan.diagnostics) == ["event.not-an-object"]
    error = parse_event(raw)
    assert isinstance(error, EventError)
    assert (error.path, error.message) == ("", f"expected an object, got {kind_of(raw)}")


def test_everything_else_may_be_missing_and_more_may_be_there() -> None:
    """Version 3 events carry `group` and `version`; unknown keys are no fault."""
    bare = {"name": "page view", "timestamp": NOW}
    assert parse_event(bare) is bare
    more = {**bare, "group": "x", "version": {"source": "3"}, "anything": [None]}
    assert parse_event(more) is more


def test_the_event_is_given_back_untouched() -> None:
    """Events stay the plain mappings that came in."""
    raw = event_with(data={"items": [{"a": None}]})
    before = deepcopy(raw)
    assert parse_event(raw) is raw
    assert raw == before


def test_an_error_becomes_a_diagnostic_of_severity_error() -> None:
    """What stops an event is an error, with the same code, path and message."""
    error = parse_event({})
    assert isinstance(error, EventError)
    one = error.diagnostic
    assert (one.code, one.path, one.message) == (error.code, error.path, error.message)
    assert one.severity == "error"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (False, "a boolean"),
        (0, "a number"),
        (0.5, "a number"),
        ("", "an empty string"),
        ("x", "a string"),
        ([], "a list"),
        ({}, "an object"),
        ((), "a tuple"),
    ],
)
def test_a_kind_names_the_type_and_never_the_content(value: Any, kind: str) -> None:
    """Messages may not repeat a value, which may be personal."""
    assert kind_of(value) == kind


def test_nesting_that_exhausts_the_stack_is_invalid() -> None:
    """Only the digest of an event without id reads all of it; even that must not raise."""
    plan = plan_of({}, event_without("id", data={"deep": nested(100_000)}))
    found = Diagnostic("event.too-deep", "", "nested too deeply to be read")
    assert plan == Plan("invalid", (), (found,))
    assert plan_of({}, event_with(data={"deep": nested(100_000)})).outcome == "send"


@pytest.mark.parametrize("keep", [(), ("id",)], ids=["in a property", "in the digest"])
def test_a_number_too_long_for_python_to_write_never_raises(keep: tuple[str, ...]) -> None:
    """Python's json writes no integer of more than 4,300 digits; it is left out, and said."""
    event = event_without(*keep, data={"x": 10**5_000})
    plan = plan_of({"data": {"map": {"x": "data.x"}}}, event)
    assert plan.outcome == "send"
    assert "value.not-json" in codes(plan.diagnostics)
    assert json.loads(json.dumps(plan.to_dict()))["outcome"] == "send"


def test_an_event_with_such_a_number_has_a_digest_of_its_own() -> None:
    """A number that is not sent still tells two events apart, and a retry is the same event."""

    def unique_id(number: int) -> str:
        plan = plan_of({}, event_without("id", data={"x": number}))
        assert "unique-id.derived" in codes(plan.diagnostics)
        assert plan.event is not None and plan.event.unique_id is not None
        return plan.event.unique_id

    assert unique_id(10**5_000) == unique_id(10**5_000)
    assert unique_id(10**5_000) != unique_id(10**5_000 + 1)
    assert len(unique_id(10**5_000)) == 32


def test_long_names_are_not_remembered() -> None:
    """A stream of them must not fill the memory of who only passes it on."""
    before = event._known_words.cache_info().currsize
    for number in range(50):
        assert words_of(f"order {number} " + "x" * 100_000) == ("order", str(number))
    assert event._known_words.cache_info().currsize == before
