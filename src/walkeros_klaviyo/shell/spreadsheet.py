"""How are plans written for a spreadsheet? As CSV, a row for each call.

An event's content is always text in a cell, never a formula: a cell that would be computed gets an
apostrophe (OWASP, CSV injection). Source: RFC 4180, in UTF-8 with a byte order mark, by which
spreadsheets recognise it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Final

from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.identifier import FIELDS
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.shown import visible

from .input.line import Line

COLUMNS: Final = (
    *("line", "id", "outcome", "rule", "call", "metric", "time", "value", "currency", "unique_id"),
    *FIELDS,
    *("properties", "diagnostics"),
)
COMPUTED: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings of a cell that a spreadsheet takes for a formula."""
MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"


def header() -> bytes:
    """The first row.

    >>> header().decode("utf-8-sig")[:22]
    '"line","id","outcome",'
    """
    return MARK.encode() + _row(COLUMNS)


def rows_of(line: Line, plan: Plan) -> bytes:
    """A row for each call of a line, or one row that says why there is none."""
    codes = " ".join(dict.fromkeys(one.code for one in plan.diagnostics))
    before = (line.number, line.id or "", plan.outcome, plan.rule or "")
    return b"".join(_row((*before, *cells, codes)) for cells in _calls(plan))


def _calls(plan: Plan) -> Iterator[tuple[object, ...]]:
    if not plan.calls:
        yield ("",) * (len(COLUMNS) - 5)
    for call in plan.calls:
        yield _cells(call)


def _cells(call: Call) -> tuple[object, ...]:
    said = call.identifiers
    properties = _json(call.properties) if call.properties else ""
    amount = ("" if call.value is None else call.value, call.value_currency or "")
    named = (call.name, call.metric or "", call.time or "", *amount, call.unique_id or "")
    return (*named, *(said.get(field, "") for field in FIELDS), properties)


def _json(value: object) -> str:
    """A value as JSON, with invisible characters escaped.

    >>> _json({"p": "ä\x85"})
    '{"p": "ä\\\\u0085"}'
    """
    text = json.dumps(value, ensure_ascii=False)
    return "".join(one if visible(one) == one else json.dumps(one)[1:-1] for one in text)


def _row(cells: tuple[object, ...]) -> bytes:
    text = io.StringIO()
    # Quoted, for spreadsheets that separate cells by semicolons.
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC).writerow(map(_cell, cells))
    return text.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: object) -> object:
    """A cell's value: numbers unchanged, strings safe from being computed.

    >>> _cell(-5.5), _cell("=1+1"), _cell("+49151"), _cell("a=b")
    (-5.5, "'=1+1", "'+49151", 'a=b')
    """
    if isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{visible(text)}" if text.lstrip(" ").startswith(COMPUTED) else visible(text)
