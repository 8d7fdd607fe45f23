"""Plans for what a query of DuckDB finds: Parquet, CSV, JSON, or a database.

    query = "FROM 'events/*.parquet' ORDER BY timestamp"
    for plan, _ in scan(transform, events_of(duckdb.connect(), query)):
        print(plan.outcome)

The query names its columns as an event's fields, and brings each person's events in their order. A
row that is no event becomes a plan that is `invalid` and says why.
"""

from __future__ import annotations

from collections.abc import Iterator

from duckdb import DuckDBPyConnection

from walkeros_klaviyo import EventError, event_from_row
from walkeros_klaviyo.core.walkeros.event import Event

AT_ONCE = 1_000
"""Rows that are in memory at a time."""


def events_of(database: DuckDBPyConnection, query: str) -> Iterator[Event | EventError]:
    """The event of each row of a query, in its order."""
    answer = database.execute(query)
    columns = [column[0] for column in answer.description or ()]
    while rows := answer.fetchmany(AT_ONCE):
        for row in rows:
            yield event_from_row(dict(zip(columns, row, strict=True)))
