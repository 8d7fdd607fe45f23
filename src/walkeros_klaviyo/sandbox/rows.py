"""Which rows are in a request?

An event's row is its attributes without the profile, which is beside them in a bulk request and
inside them in a single one. A profile's row is the whole profile. The body has not been checked
yet, so anything misplaced is skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any, Final

from .wire import canonical


def rows(call: str, body: Any) -> Iterator[Any]:
    """The rows of a parsed body; a row is the same alone and in bulk.

    >>> list(rows("events.create_event", {"data": {"attributes": {"value": 1, "profile": {}}}}))
    [{'value': 1}]
    """
    found = _ROWS.get(call)
    return iter(()) if found is None else found(body)


def lot(seed: int, kind: str, row: Any) -> float:
    """A number from 0 to 1 for this row and kind of fault, always the same.

    >>> lot(0, "poison", {"a": 1, "b": 2}) == lot(0, "poison", {"b": 2, "a": 1}) < 1
    True
    """
    digest = blake2b(f"{seed} {kind} ".encode() + canonical(row), digest_size=6).digest()
    return float(int.from_bytes(digest, "big") / 2**48)


def _event(body: Any) -> Iterator[Any]:
    yield _without_person(_at(body, "data", "attributes"))


def _events(body: Any) -> Iterator[Any]:
    for group in _list(_at(body, "data", "attributes", "events-bulk-create", "data")):
        shared = _at(group, "attributes", "backfill")
        for row in _list(_at(group, "attributes", "events", "data")):
            event = _without_person(_at(row, "attributes"))
            lent = isinstance(event, dict) and shared is not None and "backfill" not in event
            yield {**event, "backfill": shared} if lent else event


def _profile(body: Any) -> Iterator[Any]:
    yield _at(body, "data")


def _profiles(body: Any) -> Iterator[Any]:
    yield from _list(_at(body, "data", "attributes", "profiles", "data"))


_ROWS: Final[dict[str, Callable[[Any], Iterator[Any]]]] = {
    "events.create_event": _event,
    "events.bulk_create_events": _events,
    "profiles.create_or_update_profile": _profile,
    "profiles.bulk_import_profiles": _profiles,
    "profiles.bulk_subscribe_profiles": _profiles,
    "profiles.bulk_unsubscribe_profiles": _profiles,
}


def _without_person(attributes: Any) -> Any:
    if not isinstance(attributes, dict):
        return attributes
    return {name: value for name, value in attributes.items() if name != "profile"}


def _at(value: Any, *way: str) -> Any:
    for name in way:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
