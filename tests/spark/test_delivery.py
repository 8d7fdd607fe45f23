"""From Spark to Klaviyo: `run` delivers the plans, and what died comes back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.command import (
    NOW,
    SHOP,
    apart,
    fetch,
    rows_of,
    sandbox_apart,
    shop_event,
    started,
    write_config,
)
from tests.spark.plans import found
from tests.spark.session import missing

from walkeros_klaviyo import parse_config, pipeline
from walkeros_klaviyo.spark import plan_batch

pytestmark = pytest.mark.whole
TRANSFORM = pipeline(parse_config(SHOP))
EVENTS = 1_200


def frame(spark: Any, events: Iterator[Any]) -> Any:
    """A frame of JSON texts."""
    return spark.createDataFrame([(json.dumps(event),) for event in events], "value string")


def test_run_killed_twice_records_each_event_once(spark: Any, tmp_path: Path) -> None:
    """And each profile is in the end what was told last."""
    half = EVENTS // 2
    for number in range(2):
        events = map(shop_event, range(number * half, number * half + half))
        plan_batch(frame(spark, events), number, TRANSFORM, str(tmp_path), now=float(NOW + 10**6))
    config = write_config(tmp_path / "shop.json", SHOP)
    with sandbox_apart("--limits", "off") as url:
        words = ("run", str(tmp_path / "plans"), "-c", config, "--store", str(tmp_path / "s.db"))
        words = (*words, "--host", url, "--limits", "off", "--mode", "single", "--quiet")
        for least in (EVENTS // 8, half):
            with started(*words) as process:
                while json.loads(fetch(f"{url}/sandbox/stats"))["events"] < least:
                    assert process.poll() is None
                os.kill(process.pid, 9)
        with started(*words) as process:
            assert process.wait(300) == 0
        recorded, people = (rows_of(f"{url}/sandbox/{one}.jsonl") for one in ("events", "profiles"))
    ids = sorted(event["unique_id"] for event in recorded)
    assert ids == sorted(f"e{number}" for number in range(EVENTS))
    last = {number % 11: f"N{number % 11}-{number // 40}" for number in range(EVENTS)}
    assert {one["attributes"]["first_name"] for one in people} == set(last.values())


def test_days_of_a_table_and_whose_upsert_died(spark: Any, tmp_path: Path) -> None:
    """The example of a job: the second day tells again what the first one could not."""
    from notebooks.hosts.spark_days import plan_days, untold

    days = [date(2026, 10, 30), date(2026, 10, 31)]
    for day in days:
        at = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1_000
        rows = [
            (f"{day}-{who}", "order complete", at, json.dumps({"id": who, "first": who}))
            for who in ("Ada", "Poison")
        ]
        types = "id string, name string, timestamp double, user string"
        spark.createDataFrame(rows, types).write.parquet(f"{tmp_path}/events/day={day}")
    config, store = write_config(tmp_path / "shop.json", SHOP), tmp_path / "s.db"
    with sandbox_apart("--limits", "off", "--refuse", "Poison") as url:
        words = ("-c", config, "--store", str(store), "--host", url, "--limits", "off", "--quiet")
        for day in days:
            given = str(tmp_path / "events"), [day], TRANSFORM, str(tmp_path), store
            plan_days(spark, *given)
            assert apart("run", str(tmp_path / "plans"), *words).code == 1
            assert untold(store) == ("external_id:Poison",)
    upserts = {
        step[0]: any(one[0].startswith("profiles.") for one in step[2][:-1])
        for step in found(tmp_path / "plans")
    }
    assert upserts == {
        "2026-10-30-Ada": True,
        "2026-10-31-Ada": False,
        "2026-10-30-Poison": True,
        "2026-10-31-Poison": True,
    }
    assert untold(None) == untold(tmp_path / "none.db") == ()


def test_where_spark_is_missing_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the tests themselves."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert missing().startswith(("Java is missing; get it with", "pyspark is missing; get it with"))
