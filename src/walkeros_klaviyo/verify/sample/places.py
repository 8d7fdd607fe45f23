"""What is at a path in an event, and which paths does an event have?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.klaviyo.revenue import parse_amount
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
    return _at(_keys(path), place)


@lru_cache(4_096)
def _keys(path: str) -> Sequence[str]:
    return path.split(".")


def _at(keys: Sequence[str], place: Any) -> Any:
    for index, key in enumerate(keys):
        if isinstance(place, dict):
            place = place.get(key, ABSENT)
        elif key == "*" and isinstance(place, list):
            rest = keys[index + 1 :]
            found = [_at(rest, item) for item in place] if rest else []
            return [one for one in found if is_there(one)] or ABSENT
        else:
            place = step(place, key)
    return place


def is_there(value: Any) -> bool:
    """Is there a value?"""
    return value is not ABSENT and value is not None and value != []


DEPTH: Final = 8
"""Levels of objects that are looked into."""


def paths_of(event: Any) -> set[str]:
    """Every path of an event that a configuration can name; `*` for the items of a list.

    >>> sorted(paths_of({"data": {"id": 1}, "nested": [{"data": {"sku": "A"}}]}))
    ['data', 'data.id', 'nested', 'nested.*.data', 'nested.*.data.sku']
    """
    found: set[str] = set()
    _add_paths(found, event, "", 0)
    return found


def _add_paths(found: set[str], value: Any, stem: str, depth: int) -> None:
    if isinstance(value, dict) and depth < DEPTH:
        for name, one in value.items():
            path = f"{stem}{name}"
            found.add(path)
            if not isinstance(one, str):
                _add_paths(found, one, f"{path}.", depth + 1)
    elif isinstance(value, list):
        for one in value[:20]:
            if isinstance(one, dict):
                _add_paths(found, one, f"{stem}*.", depth + 1)


def leaves_of(event: Any, *sections: str) -> list[tuple[str, Any]]:
    """Every scalar in an event's objects, or in some of its sections, by path.

    >>> leaves_of({"data": {"id": 7, "items": [{"id": 8}]}})
    [('data.id', 7)]
    """
    found: list[tuple[str, Any]] = []
    _add_leaves(found, {name: event.get(name) for name in sections} or event, "", 0)
    return found


def _add_leaves(found: list[tuple[str, Any]], value: Any, stem: str, depth: int) -> None:
    for name, one in value.items() if isinstance(value, dict) and depth < DEPTH else ():
        if isinstance(one, str | int | float):
            found.append((f"{stem}{name}", one))
        elif isinstance(one, dict):
            _add_leaves(found, one, f"{stem}{name}.", depth + 1)


def texts_of(event: Any, *sections: str) -> Iterator[tuple[str, str]]:
    """The same, written as identifiers."""
    read = ((path, read_identifier(one)[0]) for path, one in leaves_of(event, *sections))
    return ((path, text) for path, text in read if text is not None)


def numbers_of(event: Any) -> dict[str, float]:
    """Every number in an event's data, or a line's, by path; clean strings count too."""
    leaves = leaves_of(event, "data") if isinstance(event, dict) else ()
    read = ((path, parse_amount(raw)[0]) for path, raw in leaves)
    return {path: number for path, number in read if number is not None}
