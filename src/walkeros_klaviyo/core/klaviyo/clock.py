"""How is a time written for Klaviyo?

As ISO 8601 in UTC with milliseconds and `Z`, from milliseconds since 1970. No clock is read here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_SECONDS: Final = tuple(f"{second:02d}." for second in range(60))
_MILLIS: Final = tuple(f"{milli:03d}Z" for milli in range(1_000))


def format_time(timestamp: float) -> str:
    """Milliseconds since 1970 as ISO 8601; fractions of a millisecond are cut off.

    >>> format_time(1700000100000), format_time(-1)
    ('2023-11-14T22:15:00.000Z', '1969-12-31T23:59:59.999Z')
    """
    minute, rest = divmod(int(timestamp), 60_000)
    second, milli = divmod(rest, 1_000)
    return _minute(minute) + _SECONDS[second] + _MILLIS[milli]


@lru_cache(maxsize=4096)
def _minute(minute: int) -> str:
    """The string up to the minute, cached because events come in time order.

    The year is written by hand because strftime does not pad the years before 1000.
    """
    moment = _EPOCH + timedelta(minutes=minute)
    return f"{moment.year:04d}{moment:-%m-%dT%H:%M:}"
