"""Which rows of a request does a refusal mean?

One bad row never costs the others: the answer's pointers name it or, where they are missing,
halving the group finds it. Source: JSON:API `source.pointer`.
"""

from __future__ import annotations

import re
from typing import Any, Final

from attrs import frozen

from .speaker import errors_in, member
from .verdict import pointer_of, word

_ROW: Final = re.compile(r"/data/(\d{1,6})(?:/|$)")
_IDENTIFIER: Final = re.compile(r"/attributes/(external_id|email|phone_number|anonymous_id|_kx)$")


@frozen
class RowError:
    """A row that Klaviyo refuses: its index, and why in Klaviyo's words."""

    row: int
    code: str
    detail: str
    pointer: str

    @property
    def is_duplicate(self) -> bool:
        """Is the row recorded already, so that it counts as delivered?"""
        return self.code == "duplicate"

    @property
    def is_repeat(self) -> bool:
        """Does the row repeat another of the same request?"""
        is_other = self.is_duplicate or self.code.startswith("duplicate_profile")
        return self.code.startswith("duplicate") and not is_other


def row_errors(body: bytes, count: int) -> tuple[RowError, ...]:
    """The rows that an answer's errors point at, with the first error of each; empty for none.

    >>> row_errors(b'{"errors": [{"code": "invalid", "detail": "no email", "source": {"pointer":'
    ...            b' "/data/attributes/events-bulk-create/data/7/attributes"}}]}', 10)[0].row
    7
    """
    return _rows(errors_in(body), count)


def import_errors(body: bytes, count: int) -> tuple[tuple[RowError, ...], int] | None:
    """The rows that an import's errors point at, and how many errors point to no row.

    None for an answer that is not a list of errors.

    >>> import_errors(b'{"data": []}', 10), import_errors(b"<html>", 10)
    (((), 0), None)
    """
    rows = member(body, "data")
    if not isinstance(rows, list):
        return None
    errors = [row.get("attributes") for row in rows if isinstance(row, dict)]
    known = [error for error in errors if isinstance(error, dict)]
    return _rows(known, count), sum(1 for error in known if _row_of(error, count) is None)


def identifier_at(pointer: str) -> str | None:
    """The profile's identifier that an error points at; None if it points elsewhere.

    >>> identifier_at("/data/attributes/profile/data/attributes/phone_number")
    'phone_number'
    >>> identifier_at("/data/attributes/properties/email") is None
    True
    """
    found = _IDENTIFIER.search(pointer)
    return found[1] if found else None


def _rows(errors: list[dict[str, Any]], count: int) -> tuple[RowError, ...]:
    found: dict[int, RowError] = {}
    for error in errors:
        row = _row_of(error, count)
        if row is not None and row not in found:
            detail = word(error, "detail") or word(error, "title")
            found[row] = RowError(row, word(error, "code"), detail, pointer_of(error))
    return tuple(found.values())


def _row_of(error: dict[str, Any], count: int) -> int | None:
    named = _ROW.search(pointer_of(error))
    row = int(named[1]) if named else count
    return row if row < count else None
