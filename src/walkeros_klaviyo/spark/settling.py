"""How are plans settled on Spark? Each person's in order of time.

A person's rows are in one partition: the states of their keys, the keys to forget, and their
events. So states stay exact, whatever Klaviyo merges, because they never reach beyond a person.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from toolz import partition_all

from walkeros_klaviyo.core.klaviyo.state import ProfileState, merged
from walkeros_klaviyo.core.reused import noting_reuse
from walkeros_klaviyo.core.settle import settle
from walkeros_klaviyo.kept import doubted
from walkeros_klaviyo.shell.input.plans import read_plan, written
from walkeros_klaviyo.shell.jsonl import to_json

from .planning import AT_ONCE

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

STATE, FORGET, EVENT = 0, 1, 2
"""The kinds of rows, in the order in which a person's rows are read."""
ROWS: Final = ("person", "kind", "time", "id", "line")
SETTLED: Final = "key string, line string"
"""A state with its key, or a plan without one."""

Row = dict[str, Any]


def settled(rows: DataFrame, partitions: int, now: float) -> DataFrame:
    """The states and plans (`SETTLED`) of rows (`ROWS`), with each person in one partition."""

    def settle_all(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        found = (row for batch in batches for row in batch.to_pylist())
        for some in partition_all(AT_ONCE, _settled(found, now)):
            columns = [pa.array(column, pa.string()) for column in zip(*some, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, ["key", "line"])

    ordered = rows.repartition(partitions, "person").sortWithinPartitions(*ROWS)
    return ordered.mapInArrow(settle_all, SETTLED)


def _settled(rows: Iterator[Row], now: float) -> Iterator[tuple[str | None, str]]:
    """Yield each person's plans in order, and then their states.

    >>> from walkeros_klaviyo.core.plan import Plan
    >>> state = '{"fingerprint": "f", "certain": ["k"], "linked": ["k"], "time": 5.0}'
    >>> rows = [{"person": 1, "kind": STATE, "id": "k", "line": state},
    ...         {"person": 1, "kind": FORGET, "id": "k", "line": ""},
    ...         {"person": 1, "kind": EVENT, "id": "e",
    ...          "line": written(b"{}", "e", Plan("send")).decode()}]
    >>> plan, (key, state) = _settled(iter(rows), 0.0)
    >>> plan[0], key, state
    (None, 'k', '{"fingerprint":"","certain":[],"linked":["k"],"time":5.0}')
    """
    for _, one in groupby(rows, itemgetter("person")):
        states: dict[str, ProfileState] = {}
        note = noting_reuse()
        for kind, some in groupby(one, itemgetter("kind")):
            for row in some:
                if kind == STATE:
                    states[row["id"]] = ProfileState.from_dict(json.loads(row["line"]))
                elif kind == EVENT:
                    yield None, _event(row["line"], states, note, now)
            if kind == FORGET:
                states = {key: doubted(state) for key, state in states.items()}
        for key, state in states.items():
            yield key, to_json(state.to_dict()).decode()


def _event(text: str, states: dict[str, ProfileState], note: Any, now: float) -> str:
    """Settle an event's plan, updating `states`."""
    line = read_plan(0, text.encode())
    assert line.plan is not None  # written with a plan
    plan, changes = settle(note(line.plan), states, now)
    if changes:
        states.update(merged(states, changes))
    return text if plan is line.plan else written(line.raw, line.id, plan).decode()
