"""What holds for every event that was kept as a row?"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import assume, example, given
from hypothesis import strategies as st
from property_tests.generated.pairs import aimed
from property_tests.generated.values import Raw

from walkeros_klaviyo import EventError, event_from_row, parse_config, pipeline
from walkeros_klaviyo.core.walkeros.event import MAX_DEPTH, MAX_TIMESTAMP_MS, Event
from walkeros_klaviyo.core.walkeros.row import SECTIONS
from walkeros_klaviyo.verify.laws.sameness import plan_text, text_of
from walkeros_klaviyo.verify.strategies.events import events
from walkeros_klaviyo.verify.strategies.json_values import hostile_values

NULLS = st.sampled_from([None, float("nan"), pd.NA, pd.NaT, np.datetime64("NaT"), Decimal("NaN")])
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def without_nulls(value: Any) -> Any:
    """An object's null members are what a struct cannot tell from missing ones; NaN is null."""
    if isinstance(value, list):
        return [without_nulls(one) for one in value]
    if isinstance(value, dict):
        inner = {key: without_nulls(one) for key, one in value.items()}
        return {key: one for key, one in inner.items() if one is not None}
    return None if value != value else value


def is_json(event: Event) -> bool:
    """Amounts may be NaN or infinite, which JSON has not."""
    return not any(word in json.dumps(event) for word in ("NaN", "Infinity"))


def held(event: Event) -> Event:
    """The event as a table holds it; what none could hold is assumed away, as is text in a section.

    `parse_event` must say no to a time that is text, where a row's is read.
    """
    found: Event = without_nulls(event)
    text = json.dumps(found)
    assume(is_json(found) and text.count("{") + text.count("[") < MAX_DEPTH)
    assume(not any(isinstance(found.get(key), str) for key in (*SECTIONS, "timestamp")))
    return found


@st.composite
def padded(draw: st.DrawFn, value: Any) -> Any:
    """The same with null members in every object, as a column of structs has them."""
    if isinstance(value, list):
        return [draw(padded(one)) for one in value]
    if not isinstance(value, dict):
        return value
    inner = {key: draw(padded(one)) for key, one in value.items()}
    more = draw(st.dictionaries(st.sampled_from(["zip", "total", "id", "note"]), NULLS, max_size=2))
    return more | inner


def foreign(value: Any) -> Any:
    """The same in numpy's types."""
    if isinstance(value, bool):
        return np.bool_(value)
    if isinstance(value, int) and abs(value) < 2**63:
        return np.int64(value)
    if isinstance(value, float):
        return np.float64(value)
    if isinstance(value, str):
        return np.str_(value)
    if isinstance(value, dict):
        return {key: foreign(one) for key, one in value.items()}
    if isinstance(value, list):
        array = np.empty(len(value), dtype=object)
        array[:] = [foreign(one) for one in value]
        return array
    return value


def as_text(event: Event) -> dict[str, Any]:
    """A row of BigQuery: each section as JSON text."""
    return {key: json.dumps(one) if key in SECTIONS else one for key, one in event.items()}


@given(events().filter(is_json))
def test_an_event_survives_being_a_row_with_sections_as_json_text(event: Event) -> None:
    """To the letter, nulls included: nothing is rounded, renamed or dropped."""
    assert text_of(event_from_row(as_text(event))) == text_of(event)


@given(events(version=3).filter(is_json))
def test_an_event_of_version_3_does_too(event: Event) -> None:
    assert text_of(event_from_row(as_text(event))) == text_of(event)


@given(aimed(), st.data())
def test_nulls_in_structs_change_no_plan(pair: tuple[Raw, Event], data: st.DataObject) -> None:
    config, event = pair[0], held(pair[1])
    transform = pipeline(parse_config(config))
    row = data.draw(padded(event))
    assert plan_text(transform.plan(event_from_row(row))) == plan_text(transform.plan(event))


@given(aimed())
def test_numpys_scalars_and_arrays_plan_as_pythons_numbers_and_lists(
    pair: tuple[Raw, Event],
) -> None:
    config, event = pair[0], held(pair[1])
    transform = pipeline(parse_config(config))
    assert plan_text(transform.plan(event_from_row(foreign(event)))) == plan_text(
        transform.plan(event)
    )


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, max_value=10**40))
@example(Decimal("12345678901234567.89"))
@example(Decimal("9007199254740993.00"))
@example(Decimal("0.01"))
@example(Decimal(-(10**30)))
def test_a_decimal_keeps_its_cents(amount: Decimal) -> None:
    """Whatever it becomes, its digits say the same amount."""
    found = event_from_row({"name": "a b", "timestamp": 0, "data": {"total": amount}})
    assert isinstance(found, dict)
    assert Decimal(str(found["data"]["total"])) == amount


@given(
    st.integers(-62_135_596_800_000, MAX_TIMESTAMP_MS),
    st.timedeltas(timedelta(hours=-12), timedelta(hours=12)),
)
def test_a_moment_is_its_milliseconds_in_any_zone(at: int, off: timedelta) -> None:
    moment = EPOCH + timedelta(milliseconds=at)
    moments = [moment, moment.replace(tzinfo=None)]
    if 1 < moment.year < 9999:
        moments.append(moment.astimezone(timezone(off)))
    for one in moments:
        assert event_from_row({"name": "a b", "timestamp": one}) == {"name": "a b", "timestamp": at}


ANYTHING = st.recursive(
    st.one_of(hostile_values(), NULLS, st.binary(max_size=5), st.decimals(), st.datetimes(),
              st.uuids(), st.complex_numbers(), st.sets(st.integers(), max_size=2)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers()), inner, max_size=3),
    ),
    max_leaves=8,
)  # fmt: skip
COLUMNS = st.sampled_from(["name", "timestamp", "data", "nested", "user", "consent", "x"])


@given(st.one_of(st.dictionaries(COLUMNS, ANYTHING), ANYTHING), ANYTHING)
def test_any_row_is_an_event_that_json_holds_or_an_error_and_stays_as_it_was(
    row: Any, value: Any
) -> None:
    """It never raises, and never keeps quiet about what it cannot hold."""
    if isinstance(row, dict):
        row = {"name": "order complete", "timestamp": 0, **row, "value": value}
    before = repr(row)
    found = event_from_row(row)
    assert repr(row) == before
    if isinstance(found, EventError):
        assert "expected" in found.message or "is text that is not JSON" in found.message
    else:
        json.dumps(found, allow_nan=False)
        assert text_of(event_from_row(found)) == text_of(without_nulls(found))
