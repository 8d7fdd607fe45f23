"""Would Klaviyo refuse a body?

Checks Klaviyo's limits before a request is spent. Cheap bounds come first: the size of the
marshalled body bounds every string and the request; only a body near a limit is measured exactly.
Source: Klaviyo Create Event and Create or Update Profile (limits in `limits.py`).
"""

from __future__ import annotations

import json
import marshal
from typing import Any, Final

from walkeros_klaviyo.core.canonical import marshalled
from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics
from walkeros_klaviyo.core.shown import plain_key

from .limits import ENDPOINTS, MAX_METRIC_LENGTH, MAX_PROPERTIES, MAX_STRING_BYTES, MIN_TIME_MS

_MAX_EVENT: Final = ENDPOINTS["events.create_event"].bytes or 0
_MAX_PROFILE: Final = ENDPOINTS["profiles.create_or_update_profile"].bytes or 0
_GROWTH: Final = 7
"""JSON is at most this many times larger than the marshalled value: a control character becomes six
bytes, a one-byte `true` becomes four and a comma."""
_SECONDS_LIKE: Final = (10**8, 10**10)


def admit_event(timestamp: float, body: dict[str, Any]) -> Diagnostics:
    """Why Klaviyo would refuse an event's body; empty if it would not. Time in ms since 1970.

    >>> attributes = {"profile": {"data": {"attributes": {"external_id": "7"}}}, "unique_id": "e1",
    ...     "metric": {"data": {"attributes": {"name": "Placed Order"}}}, "properties": {}}
    >>> body = {"data": {"type": "event", "attributes": attributes}}
    >>> admit_event(1795518160712, body)
    ()
    >>> admit_event(1700000100, body)[0].code
    'time.looks-like-seconds'

    Diagnostics: metric.invalid, time.looks-like-seconds, time.too-early, limit.properties,
    limit.string, limit.size, text.not-unicode. The future is judged by `settle`.
    """
    attributes = body["data"]["attributes"]
    metric = attributes["metric"]["data"]["attributes"]["name"]
    properties = attributes["properties"]
    if is_admissible(timestamp, attributes):
        return ()
    found = []
    if not 0 < len(metric) <= MAX_METRIC_LENGTH or metric.isspace():
        size = "blank" if metric.isspace() else f"{len(metric)} characters"
        message = f"{size}; 1 to {MAX_METRIC_LENGTH} characters are allowed"
        found.append(Diagnostic("metric.invalid", "name", message))
    if timestamp < MIN_TIME_MS:
        found.append(_too_early(timestamp))
    if len(properties) > MAX_PROPERTIES:
        message = f"{len(properties)} properties; {MAX_PROPERTIES} are allowed"
        found.append(Diagnostic("limit.properties", "properties", message))
    return (*found, *_measure(body, _MAX_EVENT))


def is_admissible(timestamp: float, attributes: dict[str, Any]) -> bool:
    """Is an event surely within the limits? Nearly all are; others are measured.

    >>> metric = {"data": {"attributes": {"name": "Placed Order"}}}
    >>> is_admissible(1795518160712, {"metric": metric, "properties": {"total": 5}})
    True
    """
    return (
        timestamp >= MIN_TIME_MS
        and is_metric(attributes["metric"]["data"]["attributes"]["name"])
        and len(attributes["properties"]) <= MAX_PROPERTIES
        and _is_small(marshalled(attributes))
    )


def is_metric(name: str) -> bool:
    """Is it a metric's name that Klaviyo takes?

    >>> is_metric("Placed Order"), is_metric(" ")
    (True, False)
    """
    return 0 < len(name) <= MAX_METRIC_LENGTH and not name.isspace() and _is_unicode(name)


def are_small(properties: dict[str, Any]) -> bool:
    """Are an event's properties surely within the limits?

    >>> are_small({"total": 5})
    True
    """
    return not properties or (
        len(properties) <= MAX_PROPERTIES and _is_small(marshalled(properties))
    )


def admit_profile(body: dict[str, Any]) -> Diagnostics:
    """Why Klaviyo would refuse an upsert's body; empty if it would not.

    >>> admit_profile({"data": {"type": "profile", "attributes": {"email": "ada@example.com"}}})
    ()

    Diagnostics: limit.string, limit.size, text.not-unicode.
    """
    small = _is_small(marshalled(body), _MAX_PROFILE // _GROWTH)
    return () if small else _measure(body, _MAX_PROFILE)


def is_admissible_profile(who: dict[str, str], traits: bytes | None) -> bool:
    """Is an upsert of these identifiers and `marshalled` traits surely within the limits?

    >>> is_admissible_profile({"email": "ada@example.com"}, marshalled({"first_name": "Ada"}))
    True
    """
    return _is_small(traits, _MAX_PROFILE // _GROWTH // 2) and are_short(tuple(who.values()))


def _too_early(timestamp: float) -> Diagnostic:
    low, high = _SECONDS_LIKE
    if low <= timestamp < high:
        message = "milliseconds are expected, this looks like seconds; multiply by 1000"
        return Diagnostic("time.looks-like-seconds", "timestamp", message)
    return Diagnostic("time.too-early", "timestamp", "Klaviyo takes events from 1990 on")


def are_short(texts: tuple[Any, ...]) -> bool:
    """Are the strings surely within every limit and valid Unicode?"""
    try:
        text = "".join(texts)
    except TypeError:  # a profile without an upsert holds its traits, objects too
        return False
    return len(text) < 1_000 and (text.isascii() or _is_unicode(text))


def _is_unicode(text: str) -> bool:
    """Can the string be encoded as UTF-8, having no unpaired surrogate?"""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_small(content: bytes | None, limit: int = MAX_STRING_BYTES) -> bool:
    """Are the whole and every string in it far below their limits, and valid Unicode?

    Unpaired surrogates start with the byte 0xED in marshal's UTF-8. Some other characters do too,
    and one price in fifty contains it; only then are the strings checked.
    """
    if content is None or len(content) > limit:
        return False
    return b"\xed" not in content or _is_unicode("".join(_strings(marshal.loads(content))))


def _strings(value: Any) -> list[str]:
    """Every string in the value, keys included."""
    found: list[str] = []
    level: list[Any] = [[value]]
    while level:
        below: list[Any] = []
        for container in level:
            members = container
            if isinstance(container, dict):
                found.extend(container)
                members = container.values()
            for member in members:
                if isinstance(member, str):
                    found.append(member)
                elif isinstance(member, dict | list):
                    below.append(member)
        level = below
    return found


def _measure(body: dict[str, Any], limit: int) -> Diagnostics:
    found = []
    size = len(json.dumps(body))
    if size > limit:
        message = f"{size} bytes as posted; {limit} are allowed"
        found.append(Diagnostic("limit.size", "body", message))
    for where, text in _texts(body, ""):
        if not _is_unicode(text):
            found.append(Diagnostic("text.not-unicode", where, "holds an unpaired surrogate"))
        elif len(text.encode()) > MAX_STRING_BYTES:
            message = f"{len(text.encode())} bytes in UTF-8; {MAX_STRING_BYTES} are allowed"
            found.append(Diagnostic("limit.string", where, message))
    return tuple(found)


def _texts(value: Any, where: str) -> list[tuple[str, str]]:
    """Every string in the value, keys included, with its place."""
    if isinstance(value, str):
        return [(where, value)]
    if isinstance(value, list):
        pairs = [(f"{where}[{at}]", item) for at, item in enumerate(value)]
    elif isinstance(value, dict):
        pairs = [
            (f"{where}.{plain_key(key)}"[:200] if where else key, item)
            for key, item in value.items()
        ]
    else:
        return []
    keys = [(where, key) for key in value] if isinstance(value, dict) else []
    return keys + [text for place, item in pairs for text in _texts(item, place)]
