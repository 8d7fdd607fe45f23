"""What would become of the events in a data frame of pandas? A data frame.

frame = pandas.read_parquet("events.parquet")
plans_of(frame, pipeline(read_config("shop.toml"))).groupby(["metric", "currency"]).value.sum()
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from walkeros_klaviyo import Plan, Transform, event_from_row, scan

COLUMNS: dict[str, Callable[[Plan], Any]] = {
    "outcome": lambda plan: plan.outcome,
    "rule": lambda plan: plan.rule,
    "metric": lambda plan: plan.event and plan.event.metric,
    "value": lambda plan: plan.event and plan.event.value,
    "currency": lambda plan: plan.event and plan.event.value_currency,
    "calls": lambda plan: [(call.name, call.body) for call in plan.calls],
    "codes": lambda plan: [one.code for one in plan.diagnostics],
}
"""What is told of a plan."""


def plans_of(frame: pd.DataFrame, transform: Transform) -> pd.DataFrame:
    """A row for each event of the frame, under its index; the frame is in the order of time."""
    events = map(event_from_row, frame.to_dict("records"))
    plans = [plan for plan, _ in scan(transform, events)]
    return pd.DataFrame(
        {name: [tell(plan) for plan in plans] for name, tell in COLUMNS.items()}, frame.index
    )
