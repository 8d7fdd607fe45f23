"""The shop's day out of Parquet, through DuckDB and pandas, and shared out to processes: the same
calls as from its lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from notebooks.hosts.duckdb_query import events_of
from notebooks.hosts.many_processes import planned
from notebooks.hosts.pandas_frame import plans_of
from tests.core.make import NOW

from walkeros_klaviyo import Plan, parse_config, pipeline, read_config, scan
from walkeros_klaviyo.shop import CONFIG, EVENTS

TRANSFORM = pipeline(read_config(CONFIG))
DAY = [json.loads(line) for line in EVENTS.read_text("utf-8").splitlines()]
PLANS = [plan for plan, _ in scan(TRANSFORM, DAY)]

TYPES = {
    "name": "VARCHAR",
    "id": "VARCHAR",
    "timestamp": "BIGINT",
    "data": "JSON",
    "nested": "JSON",
    "context": "JSON",
    "globals": "STRUCT(lang VARCHAR, locale VARCHAR, market VARCHAR)",
    "custom": "STRUCT(ab VARCHAR)",
    "user": "STRUCT(id VARCHAR, email VARCHAR, phone VARCHAR, firstName VARCHAR, "
    "lastName VARCHAR, device VARCHAR, session VARCHAR)",
    "consent": "STRUCT(functional BOOLEAN, marketing BOOLEAN, analytics BOOLEAN)",
    "source": 'STRUCT("type" VARCHAR, platform VARCHAR, "schema" VARCHAR, url VARCHAR, '
    "count BIGINT, trace VARCHAR)",
    "timing": "DOUBLE",
}
"""What differs from event to event is JSON text, what does not is a struct filled with nulls."""


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The day as a warehouse would keep it, its time as a timestamp."""
    folder = tmp_path_factory.mktemp("shop")
    lines, path = folder / "events.jsonl", folder / "events.parquet"
    lines.write_bytes(EVENTS.read_bytes())
    query = f"""COPY (
        SELECT * REPLACE (epoch_ms(timestamp) AS timestamp)
        FROM read_json('{lines}', format = 'newline_delimited', columns = {TYPES})
    ) TO '{path}'"""
    duckdb.connect().execute(query)
    return path


def calls(plans: list[Plan]) -> list[Any]:
    """Outcome and calls of each, as JSON."""
    return [(plan.outcome, json.dumps(plan.to_dict()["calls"], sort_keys=True)) for plan in plans]


def test_the_columns_hold_the_whole_day() -> None:
    """Or the tests below would compare less than they say."""
    found = {(key, inner) for event in DAY for key in TYPES if "(" in TYPES[key]
             for inner in event.get(key, {})}  # fmt: skip
    assert {key for event in DAY for key in event} - TYPES.keys() <= {"trigger", "entity", "action"}
    assert all(inner in TYPES[key] for key, inner in found)


def test_duckdb_gives_the_same_calls_from_parquet(parquet: Path) -> None:
    events = events_of(duckdb.connect(), f"FROM '{parquet}'")
    assert calls([plan for plan, _ in scan(TRANSFORM, events)]) == calls(PLANS)


def test_pandas_gives_the_same_calls_from_parquet(parquet: Path) -> None:
    frame = pd.read_parquet(parquet)
    assert isinstance(frame.timestamp[0], pd.Timestamp)
    found = plans_of(frame, TRANSFORM)
    told = [(plan.outcome, [(call.name, call.body) for call in plan.calls]) for plan in PLANS]
    assert list(zip(found.outcome, found.calls, strict=True)) == told
    revenue = found.groupby(["metric", "currency"]).value.sum()
    assert round(revenue["Placed Order", "EUR"], 2) == 1942.5


def test_a_row_that_is_no_event_is_an_invalid_plan(parquet: Path) -> None:
    query = f"SELECT 'page view' AS name, {NOW} AS timestamp, '{{\"a\": ' AS data"
    (found,) = events_of(duckdb.connect(), query)
    assert TRANSFORM.plan(found).diagnostics[0].path == "data"


@pytest.mark.parametrize("config", [CONFIG, None], ids=["shop", "preset"])
def test_a_transform_crosses_to_other_processes_and_plans_the_same_there(config: Any) -> None:
    parsed = parse_config({"settings": {"preset": "ecommerce"}}) if config is None else None
    transform = pipeline(parsed or read_config(CONFIG))
    assert list(planned(transform, DAY)) == [transform.plan(event) for event in DAY]
