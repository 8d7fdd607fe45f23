"""Is this an event?

Events stay the plain dicts that the collector sends; they are checked once, on entry.
Source: walkerOS event model, versions 3 and 4 (`name` is "entity action", `timestamp` in ms).
"""

from __future__ import annotations

from functools import lru_cache
from math import isfinite
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.diagnostics import Diagnostic

Event = dict[str, Any]
"""A walkerOS event: plain JSON, never mutated."""

FIELDS: Final = frozenset(
    "name data context globals custom user nested consent id trigger entity action timestamp "
    "timing group count version source".split()
)
"""An event's fields in walkerOS versions 3 and 4."""

MAX_DEPTH: Final = 100
"""Levels of nesting that a value may have; deeper values are left out with a diagnostic."""

MIN_TIMESTAMP_MS: Final = -62_135_596_800_000
MAX_TIMESTAMP_MS: Final = 253_402_300_799_999
"""Years 1 to 9999: those that ISO 8601 writes with four digits."""


@frozen
class EventError:
    """Why a value is not an event: a diagnostic code, the path of the fault, and a message.

    >>> parse_event({"name": "page view"}).code
    'event.timestamp'
    """

    code: str
    path: str
    message: str

    @property
    def diagnostic(self) -> Diagnostic:
        """The error as a diagnostic."""
        return Diagnostic(self.code, self.path, self.message)


def parse_event(raw: object) -> Event | EventError:
    """Return a JSON value unchanged if it is an event, else an EventError. Never raises.

    An event needs a `name` of two words and a finite `timestamp` in milliseconds since 1970;
    everything else may be missing, and unknown keys are allowed. An EventError is passed through.

    >>> parse_event({"name": "order complete", "timestamp": 1795518160712})["name"]
    'order complete'
    >>> parse_event({"name": "order", "timestamp": 1}).path
    'name'
    """
    if not isinstance(raw, dict):
        if isinstance(raw, EventError):
            return raw
        return EventError("event.not-an-object", "", f"expected an object, got {kind_of(raw)}")
    name = raw.get("name")
    if not isinstance(name, str) or words_of(name) is None:
        return EventError(
            "event.name", "name", 'expected two words, "entity action", such as "order complete"'
        )
    timestamp = raw.get("timestamp")
    if type(timestamp) is not int and type(timestamp) is not float:
        got = f"got {kind_of(timestamp)}" if "timestamp" in raw else "it is missing"
        message = f"expected milliseconds since 1970 as a number; {got}"
        return EventError("event.timestamp", "timestamp", message)
    # The comparison first: isfinite raises for an integer too large for a float.
    if not (MIN_TIMESTAMP_MS <= timestamp <= MAX_TIMESTAMP_MS and isfinite(timestamp)):
        return EventError(
            "event.timestamp",
            "timestamp",
            "expected milliseconds since 1970, within the years 1 to 9999",
        )
    return raw


LONGEST_NAME: Final = 200
"""Names longer than this are not cached, so that a stream of long ones cannot fill memory."""


def words_of(name: str) -> tuple[str, str] | None:
    """The entity and action of an event's name; further words are ignored.

    >>> words_of("order complete"), words_of("order"), words_of(" order")
    (('order', 'complete'), None, None)
    """
    return _known_words(name) if len(name) <= LONGEST_NAME else _words(name)


def _words(name: str) -> tuple[str, str] | None:
    words = name.split(" ", 2)
    return (words[0], words[1]) if len(words) > 1 and words[0] and words[1] else None


_known_words = lru_cache(maxsize=1024)(_words)


def why_nothing(event: Event, path: str) -> str:
    """A hint where the path's section is a string of JSON, as some warehouses export it.

    >>> why_nothing({"data": "{\\"total\\": 5}"}, "data.total")
    '; data is a string, not an object: was JSON written as a string?'
    """
    section, dot, _ = path.partition(".")
    if not dot or not isinstance(event.get(section), str):
        return ""
    return f"; {section} is a string, not an object: was JSON written as a string?"


def kind_of(value: object) -> str:
    """A JSON value's type in words, never its content.

    >>> kind_of(None), kind_of([1]), kind_of("x"), kind_of(True)
    ('null', 'a list', 'a string', 'a boolean')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string" if value else "an empty string"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    return f"a {type(value).__name__}"
