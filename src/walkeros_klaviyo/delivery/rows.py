"""Which rows does a refusal mean?

One bad row never costs the others: it is named by the answer's pointers or, where they are
missing, found by searching for the first bad one. Source: JSON:API `source.pointer`.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from attrs import frozen

_ROW: Final = re.compile(r"/data/(\d+)(?:/|$)")


@frozen
class RowError:
    """One row that Klaviyo names: its place, and why, in Klaviyo's words."""

    row: int
    code: str
    detail: str
    pointer: str

    @property
    def is_duplicate(self) -> bool:
        """Is it recorded already? Then a resend has nothing left to do."""
        return self.code == "duplicate"

    @property
    def is_repeat(self) -> bool:
        """Does it repeat another row of the same request?"""
        return self.code.startswith("duplicate") and not self.is_duplicate


def row_errors(body: bytes, count: int) -> tuple[RowError, ...]:
    """The rows that an answer's errors point at, the first error of each; empty for none.

    >>> row_errors(b'{"errors": [{"code": "invalid", "detail": "no email", "source": {"pointer":'
    ...            b' "/data/attributes/events-bulk-create/data/7/attributes"}}]}', 10)[0].row
    7
    """
    return _rows(_list(body, "errors"), count)


def import_errors(body: bytes, count: int) -> tuple[tuple[RowError, ...], int] | None:
    """The rows that an import's errors point at, and how many errors point nowhere.

    None for an answer that is no list of errors, and so says nothing.

    >>> import_errors(b'{"data": []}', 10), import_errors(b"<html>", 10)
    (((), 0), None)
    """
    if not isinstance(_member(body, "data"), list):
        return None
    errors = [one.get("attributes") for one in _list(body, "data")]
    known = [one for one in errors if isinstance(one, dict)]
    found = _rows(known, count)
    return found, sum(1 for one in known if _row_of(one, count) is None)


def _list(body: bytes, key: str) -> list[dict[str, Any]]:
    items = _member(body, key)
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []


def _member(body: bytes, key: str) -> Any:
    try:
        return json.loads(body)[key]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _rows(errors: list[dict[str, Any]], count: int) -> tuple[RowError, ...]:
    found: dict[int, RowError] = {}
    for error in errors:
        row = _row_of(error, count)
        if row is not None and row not in found:
            detail = str(error.get("detail") or error.get("title") or "")
            found[row] = RowError(row, str(error.get("code") or ""), detail, _pointer(error))
    return tuple(found.values())


def _pointer(error: dict[str, Any]) -> str:
    source = error.get("source")
    return str(source.get("pointer") or "") if isinstance(source, dict) else ""


def _row_of(error: dict[str, Any], count: int) -> int | None:
    named = _ROW.search(_pointer(error))
    row = int(named[1]) if named else count
    return row if row < count else None
