"""Who is one person? Everybody whose identifiers ever met, directly or through others.

States never reach outside such a component, so that each can be settled by itself. Of keys only
hashes of 64 bits are compared: should two of them be the same, two people are settled together,
which changes nothing but where it happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def number_of(key: Column) -> Column:
    """The number that stands for a key."""
    from pyspark.sql import functions as f

    return f.xxhash64(key)


def met(frame: DataFrame, keys: Column) -> DataFrame:
    """The numbers (`a`, `b`) that met in each row: those of an array of keys, and of its first."""
    from pyspark.sql import functions as f

    numbers = f.transform(keys, number_of)
    return frame.select(f.explode(numbers).alias("a"), f.get(numbers, f.lit(0)).alias("b"))


def people(pairs: DataFrame) -> DataFrame:
    """Each number (`a`) with the least that it met, directly or through others (`person`).

    `pairs` has the columns `a` and `b`; whoever met nobody stands there as both. By turns each
    number is tied to the least around it if that is greater or less than itself, until nothing
    changes: some rounds where people hang together as a chain, two where all met the first.
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
    """The edges, each with the least of the numbers around its `a`, that one included."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    around = f.min("b").over(Window.partitionBy("a"))
    return edges.withColumn("least", f.least("a", around))


def _digest(edges: DataFrame) -> tuple[object, ...]:
    """Another one where they are other edges."""
    from pyspark.sql import functions as f

    found = edges.agg(f.count("*"), f.sum(f.xxhash64("a", "b").cast("decimal(38,0)"))).first()
    return tuple(found or ())
