"""Which identifiers count as one person? All that ever met, directly or through others.

States never reach beyond such a component, so each can be settled on its own. Only 64-bit hashes
of keys are compared: if two collide, two people are settled in the same task, with the same result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def number_of(key: Column) -> Column:
    """The hash of a key."""
    from pyspark.sql import functions as f

    return f.xxhash64(key)


def met(frame: DataFrame, keys: Column) -> DataFrame:
    """Pairs (`a`, `b`) of hashes that met in each row: each key of the array, and its first."""
    from pyspark.sql import functions as f

    numbers = f.transform(keys, number_of)
    return frame.select(f.explode(numbers).alias("a"), f.get(numbers, f.lit(0)).alias("b"))


def people(pairs: DataFrame) -> DataFrame:
    """Each number (`a`) with the least number of its component (`person`).

    `pairs` has the columns `a` and `b`; a number that met no other is in both. In alternation, the
    larger and the smaller neighbours of each number are linked to the least one around it, until
    nothing changes: two rounds if all met the first, some more for a chain.
    """
    from pyspark.sql import functions as f

    pairs = pairs.distinct().localCheckpoint()
    edges, before = pairs.where("a != b"), None
    while (now := _digest(edges)) != before:
        both = edges.union(edges.select("b", "a"))
        large = _least(both).where("b > a").select(f.col("b").alias("a"), f.col("least").alias("b"))
        small = _least(large.distinct())
        ties = small.select("a", "least").union(small.select("b", "least").where("b != least"))
        edges, before = ties.toDF("a", "b").distinct().localCheckpoint(), now
    ends = pairs.select("a").union(pairs.select("b")).distinct()
    tied = edges.toDF("a", "least")
    return ends.join(tied, "a", "left").select("a", f.coalesce("least", "a").alias("person"))


def _least(edges: DataFrame) -> DataFrame:
    """The edges, each with the least number among `a` and its neighbours."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    around = f.min("b").over(Window.partitionBy("a"))
    return edges.withColumn("least", f.least("a", around))


def _digest(edges: DataFrame) -> tuple[object, ...]:
    """A checksum of the edges, to see whether they changed."""
    from pyspark.sql import functions as f

    found = edges.agg(f.count("*"), f.sum(f.xxhash64("a", "b").cast("decimal(38,0)"))).first()
    return tuple(found or ())
