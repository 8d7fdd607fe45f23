"""The same pipeline on Spark, for more events than one process can plan in time.

    transform = pipeline(read_config("shop.toml"))
    plan_batch(spark.read.text("s3a://shop/2026-10-30"), 0, transform, "/data/klaviyo")
    plan_stream(spark.readStream.text("s3a://shop/live"), transform, "/data/klaviyo").start()

Then `walkeros-klaviyo run /data/klaviyo/plans --config shop.toml` delivers the plans.
"""

from __future__ import annotations

from .batches import plan_batch, plan_stream
from .planning import planned

__all__ = ["plan_batch", "plan_stream", "planned"]
