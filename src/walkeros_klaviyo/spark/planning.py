"""What would be sent for each event? Planning needs no state, and so no shuffle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from toolz import partition_all

from walkeros_klaviyo.core.compose import kept_back
from walkeros_klaviyo.core.pipeline import Transform
from walkeros_klaviyo.core.walkeros.event import EventError
from walkeros_klaviyo.core.walkeros.row import event_from_row
from walkeros_klaviyo.shell.input.line import Line, line_of, read_line
from walkeros_klaviyo.shell.input.plans import written
from walkeros_klaviyo.shell.jsonl import to_json
from walkeros_klaviyo.shell.planned import plan_line

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

AT_ONCE: Final = 1_000
"""Rows passed to Python at once."""
PLANNED: Final = "id string, time double, keys array<string>, line string"
"""An event's id and time, the keys whose states its plan needs, and the plan as stored."""


def planned(events: DataFrame, transform: Transform) -> DataFrame:
    """The plan of each event, before it is settled; the columns are those of `PLANNED`.

    `events` has either one column `value` of JSON strings (`spark.read.text`), or an event's fields
    as columns. A row that is not an event gets an `invalid` plan; blank strings are skipped.
    """
    plan = kept_back(transform)
    is_text = events.columns == ["value"]

    def plan_all(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        text, keys = pa.string(), pa.list_(pa.string())
        schema = pa.schema({"id": text, "time": pa.float64(), "keys": keys, "line": text})
        for batch in batches:
            for rows in partition_all(AT_ONCE, batch.to_pylist()):
                found = [_planned(plan, row, is_text) for row in rows]
                yield pa.RecordBatch.from_pylist(found, schema)

    given = events.where("trim(value) <> ''") if is_text else events
    return given.mapInArrow(plan_all, PLANNED)


def _line(row: dict[str, Any], is_text: bool) -> Line:
    """A row as a line, as if read from a file."""
    if is_text:
        return read_line(0, row["value"].encode())
    event = event_from_row(row)
    if isinstance(event, EventError):
        return Line(0, line_of(0, {name: str(value) for name, value in row.items()}).raw, event)
    return Line(0, to_json(event), event)


def _planned(transform: Transform, row: dict[str, Any], is_text: bool) -> dict[str, Any]:
    line = _line(row, is_text)
    # A row that is not an event may still have an id.
    own = row.get("id") if line.id is None else line.id
    event_id = own if isinstance(own, str) else None
    plan = plan_line(transform, line)
    time = None if plan.time is None else float(plan.time)
    text = written(line.raw, event_id, plan).decode()
    return {"id": event_id, "time": time, "keys": plan.state_keys, "line": text}
