"""How does a batch of events become plans and states, even if something is killed on the way?

    FOLDER/plans/batch-0000000007/    for `walkeros-klaviyo run FOLDER/plans`
    FOLDER/states/batch-0000000007/   the states after it
    FOLDER/checkpoint/                a stream's own

A batch reads the states of the batch before and writes its own plans and then states. Running a
batch again reads the same input and overwrites what it wrote.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from walkeros_klaviyo.core.pipeline import Transform
from walkeros_klaviyo.shell.input.plans import BATCH, COMPLETE

from .people import met, number_of, people
from .planning import PLANNED, planned
from .settling import EVENT, FORGET, ROWS, SETTLED, STATE, settled

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming import DataStreamWriter


def plan_batch(
    events: DataFrame,
    number: int,
    transform: Transform,
    folder: str,
    forget: Iterable[str] = (),
    now: float | None = None,
) -> None:
    """Plan a batch of events into a folder, after the batches of lower numbers.

    `forget` lists keys whose state at Klaviyo is unknown (`Store.untold`); `now` is in milliseconds
    since 1970, by default this computer's clock. ValueError if there is a later batch.
    """
    from pyspark import StorageLevel

    spark = events.sparkSession
    before = _before(spark, f"{folder}/states", number)
    states = f"{folder}/states/{_name(before)}"
    known = spark.createDataFrame([], SETTLED) if before is None else spark.read.parquet(states)
    plans = planned(events, transform).persist(StorageLevel.DISK_ONLY)
    rows, others = _rows(plans, known, [(key, None, [key], "") for key in {*forget}])
    partitions = int(str(spark.conf.get("spark.sql.shuffle.partitions")))
    done = settled(rows, partitions, time.time() * 1_000 if now is None else now)
    done = done.persist(StorageLevel.DISK_ONLY)
    lines = done.where("key IS NULL").selectExpr("line AS value").write.mode("overwrite")
    lines.option("compression", "gzip").text(f"{folder}/plans/{_name(number)}")
    kept = done.where("key IS NOT NULL").union(others)
    kept.write.mode("overwrite").parquet(f"{folder}/states/{_name(number)}")
    for frame in (plans, done):
        frame.unpersist()
    _remove_before(spark, f"{folder}/states", before)


def plan_stream(
    events: DataFrame,
    transform: Transform,
    folder: str,
    untold: Callable[[], Iterable[str]] = tuple,
) -> DataStreamWriter:
    """The same for a stream: a writer to `start`, with any trigger you like.

    `untold` is called before each batch for the keys to forget.
    """

    def plan_one(batch: DataFrame, number: int) -> None:
        plan_batch(batch, number, transform, folder, untold())

    writer = events.writeStream.foreachBatch(plan_one)
    return writer.option("checkpointLocation", f"{folder}/checkpoint")


def _rows(
    plans: DataFrame, known: DataFrame, forget: list[tuple[object, ...]]
) -> tuple[DataFrame, DataFrame]:
    """The rows to settle, each with its person; and the states of people without events."""
    from pyspark.sql import functions as f

    def kind(number: int) -> f.Column:
        return f.lit(number).alias("kind")

    forgotten = plans.sparkSession.createDataFrame(forget, PLANNED)
    asked = plans.select("*", kind(EVENT)).union(forgotten.select("*", kind(FORGET)))
    asked = asked.withColumn("a", number_of(f.get("keys", f.lit(0))))
    states = known.withColumn("a", number_of(f.col("key")))
    named = met(asked, f.col("keys"))
    touched = states.join(named.select("a").distinct(), "a")
    linked = f.from_json("line", "linked array<string>").linked
    who = people(named.union(met(touched, linked)))
    by_hash = f.coalesce("person", number_of(f.col("line"))).alias("person")
    news = asked.join(who, "a", "left").select(by_hash, *ROWS[1:])
    state = ["person", kind(STATE), f.lit(None).alias("time"), f.col("key").alias("id"), "line"]
    rows = states.join(who, "a").select(*state).union(news)
    return rows, states.join(who, "a", "left_anti").select("key", "line")


_DIGITS: Final = 10
"""Digits of a batch's number in names, so that names sort by number."""


def _name(number: int | None) -> str:
    return f"{BATCH}{number or 0:0{_DIGITS}}"


def _before(spark: SparkSession, folder: str, number: int) -> int | None:
    """The number of the latest complete batch before this one, if any."""
    complete = _complete(spark, folder)
    if any(one > number for one in complete):
        raise ValueError(
            f"{folder}: batch {max(complete)} is there already, and was planned by what was known "
            f"before it; plan these events under a higher number than {number}, or remove the "
            "batches from there on"
        )
    return max((one for one in complete if one < number), default=None)


def _complete(spark: SparkSession, folder: str) -> list[int]:
    found = _files(spark, folder).globStatus(_path(spark, f"{folder}/{BATCH}*/{COMPLETE}"))
    names = [one.getPath().getParent().getName() for one in found or ()]
    return [int(name.removeprefix(BATCH)) for name in names]


def _remove_before(spark: SparkSession, folder: str, number: int | None) -> None:
    """Remove older states: only those of the batch before are still needed."""
    for one in _complete(spark, folder):
        if number is not None and one < number:
            _files(spark, folder).delete(_path(spark, f"{folder}/{_name(one)}"), True)


def _files(spark: SparkSession, folder: str) -> Any:
    """The file system of a folder: a disk, HDFS or a bucket."""
    return _path(spark, folder).getFileSystem(spark._jsc.hadoopConfiguration())


def _path(spark: SparkSession, name: str) -> Any:
    return spark._jvm.org.apache.hadoop.fs.Path(name)
