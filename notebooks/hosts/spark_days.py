"""A warehouse's days to plans, on Spark: a job for whoever has more than one process plans in time.

    spark-submit spark_days.py events shop.toml /data/klaviyo 2026-10-30 2026-10-31
    walkeros-klaviyo run /data/klaviyo/plans --config shop.toml --store shop.db

A day is a batch, numbered by its date: one that is planned again overwrites its own plans, and a
day before the latest one is refused, for what is known since was planned without it. The events
are in Parquet, a folder `day=2026-10-30` each. Every worker needs walkeros_klaviyo[spark].
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from pyspark.sql import SparkSession

from walkeros_klaviyo import Transform, pipeline, read_config
from walkeros_klaviyo.shell.store import Store
from walkeros_klaviyo.spark import plan_batch


def plan_days(
    spark: SparkSession,
    events: str,
    days: Iterable[date],
    transform: Transform,
    folder: str,
    store: Path | None = None,
) -> None:
    """Plan each day after the ones before it.

    `store` is that of the `run` which delivers the plans: whose upsert is a dead letter there, of
    them nothing counts as told.
    """
    for day in days:
        rows = spark.read.parquet(f"{events}/day={day}")
        plan_batch(rows, day.toordinal(), transform, folder, untold(store))


def untold(store: Path | None) -> tuple[str, ...]:
    """The keys of those whom Klaviyo was not told of as planned."""
    if store is None or not store.exists():
        return ()
    with Store.view(store) as opened:
        return opened.untold()


if __name__ == "__main__":
    events, config, folder, *days = sys.argv[1:]
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else the workers may run another one
    builder = SparkSession.builder.appName("klaviyo")
    session = builder.config("spark.sql.shuffle.partitions", 4).getOrCreate()
    given = map(date.fromisoformat, days)
    plan_days(session, events, given, pipeline(read_config(config)), folder)
    print(f"{len(days)} day(s) planned into {folder}/plans")
