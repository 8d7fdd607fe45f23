"""Which event does a row hold? Values as pandas, numpy, Arrow, SQLite and warehouses give them.

The libraries are the tests' alone: the core imports none of them.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from attrs import evolve
from tests.core.make import NOW, nested, with_rule

from walkeros_klaviyo import (
    STAGES,
    EventError,
    before,
    event_from_row,
    explain,
    parse_config,
    pipeline,
)

CONFIG = parse_config(with_rule({"settings": {"value": "data.total", "uniqueId": "data.id"}}))
TRANSFORM = pipeline(CONFIG)
LOST = object()
"""A null: the member is not there."""
SUMMER = timezone(timedelta(hours=2))


def row_with(**columns: Any) -> dict[str, Any]:
    return {"name": "order complete", "timestamp": NOW, **columns}


def event_of(row: Any) -> dict[str, Any]:
    """The event of a good row."""
    found = event_from_row(row)
    assert isinstance(found, dict), found
    return found


def error_of(row: Any) -> EventError:
    """What is wrong with a bad one."""
    found = event_from_row(row)
    assert isinstance(found, EventError)
    return found


def objects(*items: Any) -> Any:
    """An array of numpy's whose items are any objects, as pandas gives a column of lists."""
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


VALUES: list[tuple[Any, Any]] = [
    ("a", "a"),
    (True, True),
    (7, 7),
    (7.5, 7.5),
    (10**30, 10**30),
    (HTTPStatus.OK, 200),
    (np.int64(7), 7),
    (np.uint8(7), 7),
    (np.float64(7.5), 7.5),
    (np.float32(19.99), 19.99),
    (np.bool_(True), True),
    (np.str_("a"), "a"),
    (np.array(7), 7),
    (np.datetime64("2026-10-30T09:00:00.123456789"), "2026-10-30T09:00:00.123Z"),
    (np.array([1.5, np.nan]), [1.5, None]),
    (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
    (np.array(["2026-10-30"], dtype="datetime64[ns]"), ["2026-10-30T00:00:00.000Z"]),
    (objects("a", pd.NA, {"b": None}), ["a", None, {}]),
    (None, LOST),
    (float("nan"), LOST),
    (np.float32("nan"), LOST),
    (np.datetime64("NaT"), LOST),
    (pd.NA, LOST),
    (pd.NaT, LOST),
    (Decimal("NaN"), LOST),
    (Decimal("sNaN"), LOST),
    (pa.scalar(None), LOST),
    (pd.Timestamp("2026-10-30 09:00:00.000000001"), "2026-10-30T09:00:00.000Z"),
    (pa.scalar(7), 7),
    (pa.array([1, None]), [1, None]),
    (pa.scalar([{"a": None, "b": Decimal("1.50")}]), [{"b": 1.5}]),
    (pa.scalar([("k", 1)], type=pa.map_(pa.string(), pa.int64())), {"k": 1}),
    (Decimal("1299"), 1299),
    (Decimal("1299.00"), 1299),
    (Decimal("1299.95"), 1299.95),
    (Decimal("1E+3"), 1000),
    (Decimal("1E+299"), 10**299),
    (Decimal("1E-999999"), 0),
    (Decimal("4.666666666666666666666666667"), 4.666666666666667),
    (Decimal("123456789012345.67"), 123456789012345.67),
    (Decimal("12345678901234567.89"), "12345678901234567.89"),
    (Decimal("9007199254740993.00"), 9007199254740993),
    (Decimal("9" * 38), int("9" * 38)),
    (datetime(2026, 10, 30, 9, tzinfo=UTC).replace(tzinfo=None), "2026-10-30T09:00:00.000Z"),
    (datetime(2026, 10, 30, 9, tzinfo=SUMMER), "2026-10-30T07:00:00.000Z"),
    (date(2026, 10, 30), "2026-10-30"),
    (time(9, 30), "09:30:00"),
    (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    (b"caf\xc3\xa9", "café"),
    (memoryview(b"abc"), "abc"),
    (("a", 1), ["a", 1]),
    ([("a", 1)], {"a": 1}),
    ([["a", 1]], [["a", 1]]),
    ([], []),
    ({}, {}),
    ({"a": {"b": None, "c": [None, {"d": None}]}}, {"a": {"c": [None, {}]}}),
    (namedtuple("Pair", "a b")(1, None), {"a": 1}),
    (nested(99), nested(99)),
]


@pytest.mark.parametrize(
    ("value", "expected"), VALUES, ids=lambda value: repr(value)[:40].partition(" at 0x")[0]
)
def test_a_value_is_what_json_has_for_it(value: Any, expected: Any) -> None:
    """In its own type: 7 is not 7.0, and true is not 1."""
    data = event_of(row_with(data={"x": value}))["data"]
    assert repr(data) == repr({} if expected is LOST else {"x": expected})


NO_JSON = "expected text, number, boolean, time, list, struct or null: cast or drop it"
TOO_LARGE = "is infinite, or too large; expected a number below 1e300"
TOO_LONG = "is a number of more than 1,000 digits; expected a smaller one"
INFINITE = "is infinite; expected a number, or null for none"
NO_TEXT = "holds bytes that are not UTF-8; expected text: encode them, or leave them out"
NO_TIME = "is a time out of range; expected the years 1 to 9999"
TOO_DEEP = "has more than 100 levels of nesting; expected fewer"


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        (float("inf"), "data.x", INFINITE),
        (np.float64("-inf"), "data.x", INFINITE),
        (Decimal("Infinity"), "data.x", TOO_LARGE),
        (Decimal("1E+300"), "data.x", TOO_LARGE),
        (Decimal("1E+999999"), "data.x", TOO_LARGE),
        (10**1_000, "data.x", TOO_LONG),
        (-(10**1_000), "data.x", TOO_LONG),
        (timedelta(1), "data.x", f"is a timedelta; {NO_JSON}"),
        (np.timedelta64(5, "ns"), "data.x", f"is a timedelta64; {NO_JSON}"),
        (np.complex64(1), "data.x", f"is a complex64; {NO_JSON}"),
        (pd.Timedelta("1s"), "data.x", f"is a Timedelta; {NO_JSON}"),
        ({1, 2}, "data.x", f"is a set; {NO_JSON}"),
        (len, "data.x", f"is a builtin_function_or_method; {NO_JSON}"),
        (b"\xff", "data.x", NO_TEXT),
        (datetime.min.replace(tzinfo=SUMMER), "data.x", NO_TIME),
        ({1: 2}, "data.x", "a key in it is a number; expected text"),
        ([0, {"y": {1}}], "data.x.1.y", f"is a set; {NO_JSON}"),
        ({"ada@example.com": {1}}, "data.x.…", f"is a set; {NO_JSON}"),
        (nested(100), ".".join(["data.x", *["0"] * 99])[:200], TOO_DEEP),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_json_cannot_hold_is_named_with_its_column(
    value: Any, path: str, message: str
) -> None:
    """And with what was expected; a person's address is no part of that."""
    assert error_of(row_with(data={"x": value})) == EventError("event.not-json", path, message)


def test_what_holds_itself_ends() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert error_of(row_with(data=endless)).code == "event.not-json"


@pytest.mark.parametrize(
    "moment",
    [
        NOW,
        np.int64(NOW),
        Decimal(NOW),
        str(NOW),
        datetime.fromtimestamp(NOW / 1000, UTC),
        datetime.fromtimestamp(NOW / 1000, SUMMER),
        datetime.fromtimestamp(NOW / 1000, UTC).replace(tzinfo=None),
        pd.Timestamp(NOW, unit="ms"),
        pd.Timestamp(NOW, unit="ms", tz="Europe/Berlin"),
        np.datetime64(NOW * 10**6, "ns"),
        pa.scalar(NOW, pa.timestamp("ms")),
        f"{datetime.fromtimestamp(NOW / 1000, UTC):%Y-%m-%d %H:%M:%S.%f} UTC",
        f"{datetime.fromtimestamp(NOW / 1000, UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
    ],
    ids=repr,
)
def test_a_timestamp_is_milliseconds_and_without_a_zone_it_is_utc(moment: Any) -> None:
    found = event_of(row_with(timestamp=moment))["timestamp"]
    assert (type(found), found) == (int, NOW)


def test_a_date_is_its_first_moment_in_utc() -> None:
    assert event_of(row_with(timestamp=date(2026, 10, 30)))["timestamp"] == 1_793_318_400_000


@pytest.mark.parametrize(
    ("moment", "why"),
    [
        (None, "as a number; it is missing"),
        (pd.NaT, "as a number; it is missing"),
        ("soon", "as a number; got a string"),
        (datetime.min.replace(tzinfo=SUMMER), "within the years 1 to 9999"),
    ],
    ids=repr,
)
def test_without_a_usable_timestamp_it_is_no_event(moment: Any, why: str) -> None:
    """As `parse_event` says of any other."""
    error = error_of(row_with(timestamp=moment))
    assert error.code == "event.timestamp"
    assert error.message.endswith(why)


def test_a_timestamp_that_json_cannot_hold_is_named() -> None:
    message = f"is a timedelta; {NO_JSON}"
    assert error_of(row_with(timestamp=timedelta(1))) == EventError(
        "event.not-json", "timestamp", message
    )


def test_sections_may_be_json_text_or_bytes_of_it() -> None:
    """What the text says is kept to the letter: a null in it can clear a trait."""
    row = row_with(
        data='{"total": 1299.00, "note": null}', user=b'{"id": "u1"}', context=' {"a": ["b", 0]} '
    )
    assert event_of(row) == row_with(
        data={"total": 1299.0, "note": None}, user={"id": "u1"}, context={"a": ["b", 0]}
    )


def test_nested_may_be_a_list_of_json_texts() -> None:
    row = row_with(nested=objects('{"entity": "product"}', None))
    assert event_of(row)["nested"] == [{"entity": "product"}, None]


def test_text_that_was_written_as_json_twice_is_read_twice() -> None:
    assert event_of(row_with(data='"{\\"total\\": 5}"'))["data"] == {"total": 5}


@pytest.mark.parametrize("text", ["", " ", "null", None])
def test_a_section_without_content_is_not_there(text: Any) -> None:
    assert event_of(row_with(data=text)) == row_with()


def test_text_that_is_no_json_stays_text_and_so_does_json_elsewhere() -> None:
    """A column of one's own may hold what looks like JSON."""
    row = row_with(source="XML", data={"raw": '{"a": 1}'}, note="[x]", context=['{"a": 1}'])
    assert event_of(row) == row


def test_python_writes_nan_into_json_text_for_what_is_missing() -> None:
    assert event_of(row_with(data='{"total": NaN}'))["data"] == {"total": None}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"total": 5', "Expecting ',' delimiter at column 12"),
        ("[1", "Expecting ',' delimiter at column 3"),
        ("{'a':1}", "Expecting property name enclosed in double quotes at column 2"),
        ('"{"', "Expecting property name enclosed in double quotes at column 2"),
        ('{"total": Infinity}', "Infinity is not JSON"),
        ('{"total": 1e999}', "a number too large for JSON's readers (about 1.8e308)"),
    ],
)
def test_broken_json_text_is_an_error_and_shows_nothing_of_it(text: str, why: str) -> None:
    message = f"is text that is not JSON: {why}; was it cut off?"
    assert error_of(row_with(data=text)) == EventError("event.not-json", "data", message)
    assert error_of(row_with(nested=[text])) == EventError("event.not-json", "nested", message)


def test_json_text_of_any_depth_ends() -> None:
    assert error_of(row_with(data="[" * 100_000)).code == "event.not-json"


FRAME = pd.DataFrame([row_with(user={"id": np.int64(7)}, custom=np.nan)])
CURSOR = sqlite3.connect(":memory:")
CURSOR.row_factory = sqlite3.Row
SQL = f"""SELECT 'order complete' name, {NOW} timestamp, '{{"id": 7}}' user, NULL custom"""


class SparkRow(tuple[Any, ...]):
    """What pyspark's Row does."""

    def asDict(self) -> dict[str, Any]:  # noqa: N802
        return {"name": self[0], "timestamp": self[1], "user": self[2], "custom": None}


@pytest.mark.parametrize(
    "row",
    [
        FRAME.iloc[0],
        next(FRAME.itertuples(index=False)),
        FRAME.to_dict("records")[0],
        CURSOR.execute(SQL).fetchone(),
        SparkRow(["order complete", NOW, {"id": 7}]),
        pa.Table.from_pandas(FRAME).to_pylist()[0],
        list(row_with(user={"id": 7}).items()),
    ],
    ids=lambda row: type(row).__name__,
)
def test_a_row_of_any_library_is_a_row(row: Any) -> None:
    assert event_of(row) == row_with(user={"id": 7})


@pytest.mark.parametrize(
    ("row", "kind"),
    [(None, "null"), (7, "a number"), ("x", "a string"), ([], "a list"), ([1], "a list"),
     ({1}, "a set")],
)  # fmt: skip
def test_what_is_no_row_is_said(row: Any, kind: str) -> None:
    message = f"expected a row, which maps columns to values; got {kind}"
    assert error_of(row) == EventError("event.not-an-object", "", message)


def test_a_column_without_a_name_is_said() -> None:
    assert error_of({**row_with(), 3: "x"}).message == "a column's name is a number; expected text"


def test_nothing_of_the_row_changes_and_nothing_is_shared_with_it() -> None:
    row = row_with(data={"tags": ["a", None], "more": {"b": None}}, nested=objects({"a": None}))
    known = deepcopy(row)
    event = event_of(row)
    event["data"]["tags"].append("b")
    event["nested"][0]["c"] = 1
    assert repr(row) == repr(known)


@pytest.mark.parametrize("total", [Decimal("89.90"), np.float64(89.9), np.float32(89.9), 89.9])
def test_an_amount_of_any_type_is_revenue(total: Any) -> None:
    plan = TRANSFORM.plan(event_from_row(row_with(user={"id": np.int64(7)}, data={"total": total})))
    assert (plan.outcome, plan.calls[0].value) == ("send", 89.9)
    assert plan.keys == ("external_id:7",)


def test_an_amount_that_no_number_holds_is_named_and_not_rounded() -> None:
    row = row_with(user={"id": "u1"}, data={"id": 1, "total": Decimal("12345678901234567.89")})
    plan = TRANSFORM.plan(event_from_row(row))
    assert plan.calls[0].value is None
    assert [one.code for one in plan.diagnostics] == ["revenue.inexact"]


def test_a_bad_row_becomes_an_invalid_plan_that_names_the_column() -> None:
    """However rows and transform are put together: by `map`, `before`, or as the first stage."""
    row = row_with(data={"margin": float("inf")})
    stages = evolve(STAGES, parse=event_from_row)
    plans = [
        TRANSFORM.plan(event_from_row(row)),
        before(event_from_row, TRANSFORM).plan(row),
        pipeline(CONFIG, stages).plan(row),
        explain(CONFIG, stages)(row).plan,
    ]
    for plan in plans:
        assert plan.outcome == "invalid"
        assert [(one.code, one.path) for one in plan.diagnostics] == [
            ("event.not-json", "data.margin")
        ]


def test_rows_are_planned_as_they_are_where_they_are_parsed_as_such() -> None:
    row = row_with(user='{"id": "u1"}', timestamp=pd.Timestamp(NOW, unit="ms"))
    rows = pipeline(CONFIG, evolve(STAGES, parse=event_from_row))
    assert rows.plan(row) == TRANSFORM.plan(row_with(user={"id": "u1"}))
