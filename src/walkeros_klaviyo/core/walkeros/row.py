"""Which event does a table's row hold?

Warehouses and data frames keep events as columns: sections as JSON strings (BigQuery), structs with
nulls for missing members (DuckDB, Arrow), NaN and NaT for missing values (pandas), and their own
types of numbers, times and lists. These are recognised by behaviour: none of them is imported.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import Any, Final

from walkeros_klaviyo.core.shown import plain_key

from .event import MAX_DEPTH, Event, EventError, kind_of, parse_event
from .functions.texts import iso_to_ms
from .sound import BIG

SECTIONS: Final = frozenset(
    "data context globals custom user nested consent source version".split()
)
"""Columns that may hold JSON as a string."""


def event_from_row(row: object) -> Event | EventError:
    """The event in a row of a warehouse or data frame, or an EventError that says what is wrong.

    A row is a mapping from columns to values, a `pandas.Series`, a named tuple, or a row of
    sqlite3, BigQuery or Spark. Each column is a field of the event; a null column is missing.

        JSON text in a section   what it says, its nulls included
        struct, map              an object without its null members
        list, array, tuple       a list; null items stay, for places count
        NaN, NaT, pd.NA          null
        Decimal                  a whole number exactly; else the nearest number, or its digits as
                                 text where that would not be right to a tenth of a cent
        datetime, date           `timestamp`: milliseconds since 1970; elsewhere ISO 8601 text.
                                 Times without a zone are UTC
        numpy, Arrow             as the same value of Python; a float32 by its own digits
        bytes                    the UTF-8 text that they are
        UUID                     its text

    >>> from decimal import Decimal
    >>> event_from_row({"name": "order complete", "timestamp": datetime(2026, 10, 30, 9),
    ...                 "data": '{"id": "O-1", "total": 1299.00}',
    ...                 "user": {"id": Decimal(7), "email": None}, "custom": float("nan")})
    ... # doctest: +NORMALIZE_WHITESPACE
    {'name': 'order complete', 'timestamp': 1793350800000,
     'data': {'id': 'O-1', 'total': 1299.0}, 'user': {'id': 7}}

    Nothing is lost unseen: a value that JSON cannot hold makes the row an EventError that names its
    column, as a line that is not JSON is one. Every transform takes that, and its plan is `invalid`
    and says so. It stands in for `parse_event` too: `pipeline(config, evolve(STAGES,
    parse=event_from_row))` plans rows.

    >>> print(event_from_row({"name": "page view", "timestamp": 0, "data": {"n": {1}}}).diagnostic)
    data.n: is a set; expected text, number, boolean, time, list, struct or null: cast or drop it

    See also: parse_event(raw)
    """
    members = _members(row)
    if members is None:
        message = f"expected a row, which maps columns to values; got {kind_of(row)}"
        return EventError("event.not-an-object", "", message)
    try:
        columns = [(_name(column, ()), value) for column, value in members]
        read = [(column, _column(column, value)) for column, value in columns]
    except _UnfitError as unfit:
        where, message = unfit.args
        return EventError("event.not-json", ".".join(map(plain_key, where))[:200], message)
    return parse_event({column: value for column, value in read if value is not None})


_Where = tuple[str, ...]


class _UnfitError(Exception):
    """The place of a value that JSON cannot hold, and what was expected there."""


def _column(column: str, value: Any) -> Any:
    """A column's value as JSON; None where it is null."""
    if column == "timestamp":
        return _milliseconds(_python(value), (column,))
    found = _json(value, (column,))
    if column not in SECTIONS:
        return found
    if isinstance(found, str):
        return _section(found, (column,))
    if column == "nested" and isinstance(found, list):
        return [_section(one, (column,)) if isinstance(one, str) else one for one in found]
    return found


def _section(text: str, where: _Where) -> Any:
    """Parse a JSON string; one that does not even begin like JSON stays as it is."""
    bare = text.strip()
    if bare in ("", "null"):
        return None
    if bare[0] not in '{["':
        return text
    try:
        found = json.loads(bare, parse_float=_finite, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        why = f"{error.msg} at column {error.colno}" if isinstance(error, _JSON) else str(error)
        raise _UnfitError(where, f"is text that is not JSON: {why}; was it cut off?") from None
    return _section(found, where) if isinstance(found, str) else found


_JSON: Final = json.JSONDecodeError


def _finite(digits: str) -> float:
    number = float(digits)
    if number - number != 0.0:
        raise ValueError("a number too large for JSON's readers (about 1.8e308)")
    return number


def _constant(name: str) -> None:
    """NaN, which Python writes for missing values, becomes null; infinities raise ValueError."""
    if name != "NaN":
        raise ValueError(f"{name} is not JSON")


def _json(value: Any, where: _Where) -> Any:
    """The value as JSON, in new lists and dicts. Raises _UnfitError."""
    value = _python(value)
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        if -BIG < value < BIG:
            return value
        raise _UnfitError(where, "is a number of more than 1,000 digits; expected a smaller one")
    if isinstance(value, float):
        if value - value == 0.0:
            return value
        raise _UnfitError(where, "is infinite; expected a number, or null for none")
    for kinds, write in _KINDS:
        if isinstance(value, kinds):
            return write(value, where)
    if hasattr(value, "urn"):  # only UUIDs have this
        return str(value)
    members = _members(value)
    if members is None and not _is_list(value):
        raise _UnfitError(where, f"is {kind_of(value)}; {_EXPECTED}")
    if len(where) > MAX_DEPTH:
        raise _UnfitError(where, f"has more than {MAX_DEPTH} levels of nesting; expected fewer")
    if members is None:
        return [_json(one, (*where, str(at))) for at, one in enumerate(value)]
    named = [(_name(key, where), one) for key, one in members if one is not None]
    read = [(key, one if type(one) is str else _json(one, (*where, key))) for key, one in named]
    return {key: one for key, one in read if one is not None}


_EXPECTED: Final = "expected text, number, boolean, time, list, struct or null: cast or drop it"


def _python(value: Any) -> Any:
    """The value as a native Python type; None for everything that means null."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or kind is dict or kind is list:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float(value) if value == value else None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    if hasattr(value, "as_py"):  # Arrow
        return _python(value.as_py())
    if getattr(value, "shape", None) == ():  # numpy
        read = _NUMPY.get(value.dtype.kind)
        return value if read is None else _python(read(value))
    if _is_list(value):
        return value
    unequal = value != value
    return None if unequal is True or unequal is value else value  # NaT != NaT; NA != NA is NA


_NUMPY: Final[dict[str, Callable[[Any], Any]]] = {
    "b": bool,
    "i": int,
    "u": int,
    "f": lambda value: float(str(value)),  # 19.99, where a float32 converts to 19.989999771118164
    "M": lambda value: value.astype("datetime64[us]").item(),  # nanoseconds would convert to an int
    "O": lambda value: value.item(),
}
"""By the kind of a scalar's dtype."""


def _is_list(value: Any) -> bool:
    """Does it hold items in order? A set does not."""
    return hasattr(value, "__iter__") and hasattr(value, "__getitem__")


def _members(value: Any) -> Iterable[tuple[Any, Any]] | None:
    """The members of a mapping, struct or row; None for anything else."""
    if isinstance(value, Mapping):
        return value.items()
    if type(value) is list:
        return value if value and all(map(_is_pair, value)) else None
    if isinstance(value, type):
        return None
    return next((read(value) for name, read in _MEMBERS.items() if hasattr(value, name)), None)


def _is_pair(one: Any) -> bool:
    """Is it an entry of an Arrow map? Nothing else puts tuples in lists."""
    return type(one) is tuple and len(one) == 2 and isinstance(one[0], str)


_MEMBERS: Final[dict[str, Callable[[Any], Iterable[tuple[Any, Any]]]]] = {
    "items": lambda row: row.items(),  # pandas, BigQuery
    "asDict": lambda row: row.asDict().items(),  # Spark
    "_asdict": lambda row: row._asdict().items(),  # named tuples
    "keys": lambda row: ((key, row[key]) for key in row.keys()),  # noqa: SIM118  sqlite3
}
"""By the method that identifies the type of row."""


def _name(key: Any, where: _Where) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    what = "a key in it" if where else "a column's name"
    raise _UnfitError(where, f"{what} is {kind_of(key)}; expected text")


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _milliseconds(value: Any, where: _Where) -> Any:
    """A time in milliseconds since 1970; anything that is no time stays as it is."""
    if isinstance(value, date):
        return (_zoned(value) - _EPOCH) // timedelta(milliseconds=1)
    found = _json(value, where)
    if not isinstance(found, str):
        return found
    if len(found) <= 20 and found.isascii() and found.isdigit():
        return int(found)
    moment = iso_to_ms(found.removesuffix(" UTC"))  # as BigQuery exports times
    return moment if isinstance(moment, int) else found


def _zoned(value: date) -> datetime:
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def _iso(value: datetime, where: _Where) -> str:
    try:
        moment = _zoned(value).astimezone(UTC)
    except OverflowError:
        raise _UnfitError(where, "is a time out of range; expected the years 1 to 9999") from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_PRECISE: Final = Context(prec=1_100)
_TENTH_OF_A_CENT: Final = Decimal("0.001")


def _decimal(value: Decimal, where: _Where) -> Any:
    if not value.is_finite() or value.adjusted() >= 300:
        raise _UnfitError(where, "is infinite, or too large; expected a number below 1e300")
    if value.adjusted() < -300:
        return 0
    if value == value.to_integral_value():
        return int(value)
    number = float(value)
    off = _PRECISE.subtract(Decimal(repr(number)), value)
    return number if abs(off) < _TENTH_OF_A_CENT else str(value)


def _text(value: Any, where: _Where) -> str:
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        message = "holds bytes that are not UTF-8; expected text: encode them, or leave them out"
        raise _UnfitError(where, message) from None


_KINDS: Final[tuple[tuple[Any, Callable[[Any, _Where], Any]], ...]] = (
    (Decimal, _decimal),
    ((bytes, bytearray, memoryview), _text),
    (datetime, _iso),
    ((date, time), lambda value, where: value.isoformat()),
)
"""How Python types that JSON lacks are converted; datetime first, since it is also a date."""
