"""What is at a path in an event, and which paths does an event have?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.walkeros.path import ABSENT, step
from walkeros_klaviyo.core.walkeros.value.walk import Read


class WithEvent(Protocol):
    """Anything with an event."""

    @property
    def event(self) -> dict[str, Any]:
        """It."""


def there(read: Read, event: dict[str, Any]) -> Iterator[Any]:
    """The values at a path; in loops, at each item."""
    places: list[Any] = [event]
    for source in read.within:
        lists = [_as_list(place) if source == "this" else at(source, place) for place in places]
        places = [item for one in lists if isinstance(one, list) for item in one]
    for place in places:
        found = at(read.path, place)
        if is_there(found):
            yield found


def _as_list(value: Any) -> list[Any]:
    """`this` in a loop: a list itself, anything else as the only item."""
    return value if isinstance(value, list) else [value]


def at(path: str, place: Any) -> Any:
    """The value at a path, possibly with nulls inside; for `*`, the items that have something."""
    return _at(path.split("."), place)


def _at(keys: list[str], place: Any) -> Any:
    for index, key in enumerate(keys):
        if key == "*" and isinstance(place, list):
            rest = keys[index + 1 :]
            found = [_at(rest, item) for item in place] if rest else []
            return [one for one in found if is_there(one)] or ABSENT
        place = step(place, key)
    return place


def is_there(value: Any) -> bool:
    """Is there a value?"""
    return value is not ABSENT and value is not None and value != []


def paths_of(event: Any, at: str = "", depth: int = 0) -> Iterator[str]:
    """Every path of an event that a configuration can name; `*` for the items of a list.

    >>> sorted(paths_of({"data": {"id": 1}, "nested": [{"data": {"sku": "A"}}]}))
    ['data', 'data.id', 'nested', 'nested.*.data', 'nested.*.data.sku']
    """
    if isinstance(event, dict) and depth < 8:
        for name, one in event.items():
            path = f"{at}.{name}" if at else str(name)
            yield path
            yield from paths_of(one, path, depth + 1)
    elif isinstance(event, list):
        for one in event[:20]:
            if isinstance(one, dict):
                yield from paths_of(one, f"{at}.*", depth + 1)


def leaves_of(event: Any, at: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Every scalar in an event's objects, by path.

    >>> [*leaves_of({"data": {"id": 7, "items": [{"id": 8}]}})]
    [('data.id', 7)]
    """
    for name, one in event.items() if isinstance(event, dict) and depth < 8 else ():
        path = f"{at}.{name}" if at else str(name)
        if isinstance(one, dict):
            yield from leaves_of(one, path, depth + 1)
        elif isinstance(one, str | int | float):
            yield path, one


def texts_of(event: Any) -> Iterator[tuple[str, str]]:
    """The same, written as identifiers."""
    read = ((path, read_identifier(one)[0]) for path, one in leaves_of(event))
    return ((path, text) for path, text in read if text is not None)
