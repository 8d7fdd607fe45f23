"""When was it, as Klaviyo writes time?

ISO 8601, UTC, milliseconds, `Z`. Milliseconds since 1970 come in; no clock is read here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_SECONDS: Final = tuple(f"{second:02d}." for second in range(60))
_MILLIS: Final = tuple(f"{milli:03d}Z" for milli in range(1_000))


def format_time(timestamp: float) -> str:
    """Milliseconds since 1970 as text; fractions of a millisecond are cut off.

    >>> format_time(1700000100000), format_time(-1)
    ('2023-11-14T22:15:00.000Z', '1969-12-31T23:59:59.999Z')
    """
    minute, rest = divmod(int(timestamp), 60_000)
    second, milli = divmod(rest, 1_000)
    return _minute(minute) + _SECONDS[second] + _MILLIS[milli]


@lru_cache(maxsize=4096)
def _minute(minute: int) -> str:
    """The text up to the minute: events come in runs, so this is mostly a look-up.

    The year is written by hand because strftime does not pad the years before 1000.
    """
    moment = _EPOCH + timedelta(minutes=minute)
    return f"{moment.year:04d}{moment:-%m-%dT%H:%M:}"
