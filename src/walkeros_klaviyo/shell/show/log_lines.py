"""What does `--log-format json` write? One JSON object per line on stderr, and nothing else.

Codes, counts, places and our own messages; never Klaviyo's words, which may hold personal data.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final, TextIO, cast

from walkeros_klaviyo.core.shown import visible

from .screen import for_styles, is_heard

LOG: Final = logging.getLogger("walkeros_klaviyo")
LONGEST: Final = 1_000
"""The most characters of a message."""


def log_as_json() -> None:
    """Log as JSON from now on, until the process ends."""
    for one in LOG.handlers[:]:
        if isinstance(one, _Handler):
            LOG.removeHandler(one)
    LOG.addHandler(_Handler(for_styles(sys.stderr)))
    LOG.setLevel(logging.INFO)
    sys.stderr = cast(TextIO, LogLines(sys.stderr))


def as_json(record: logging.LogRecord) -> str:
    """A record as a line; `extra={"fields": {...}}` adds members beside the message.

    >>> record = logging.LogRecord("x", logging.WARNING, "", 0, "dead: line %d", (7,), None)
    >>> record.created, record.fields = 1795518160.712, {"line": 7}
    >>> print(as_json(record))
    {"time": "2026-11-24T11:02:40.712Z", "level": "warning", "message": "dead: line 7", "line": 7}
    """
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    fields: dict[str, Any] = getattr(record, "fields", {})
    message = record.getMessage()[:LONGEST]
    level = record.levelname.lower()
    return json.dumps({"time": at[:-6] + "Z", "level": level, "message": message, **fields})


class LogLines(io.TextIOBase):
    """A stderr on which every printed line becomes a log record."""

    def __init__(self, beneath: TextIO) -> None:
        self._beneath = beneath
        self._begun = ""

    def fileno(self) -> int:
        """The descriptor of the real stderr."""
        return self._beneath.fileno()

    def write(self, text: str) -> int:
        """Log each line as a warning, since only lines worth a look are printed."""
        *whole, self._begun = (self._begun + text).split("\n")
        for line in filter(str.strip, whole):
            LOG.warning("%s", visible(line))
        return len(text)


class _Handler(logging.Handler):
    """Writes a record's line, or drops it if the reader would block us."""

    def __init__(self, beneath: Any) -> None:
        super().__init__()
        self._beneath = beneath

    def emit(self, record: logging.LogRecord) -> None:
        if is_heard():
            self._beneath.write(as_json(record) + "\n")
            self._beneath.flush()
