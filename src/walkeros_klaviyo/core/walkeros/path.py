"""How are values read and set at a path in an event?

Dotted paths, compiled once: `data.id`, `nested.0.data.price`, `nested.*.data.name`. Reading
yields ABSENT where there is nothing; writing copies along the path and shares the rest.
Source: walkerOS mapping, `getByPath`, `setByPath` and `remove`, measured on the reference.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Final


class Absent(Enum):
    """The type of ABSENT, which means that nothing is there (unlike JSON's null).

    >>> from walkeros_klaviyo import mapping_value
    >>> mapping_value("data.id")({"name": "page view"}) is ABSENT
    True
    """

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False

    __hash__ = object.__hash__
    """An enum's own hash is slow."""


ABSENT: Final = Absent.ABSENT

Getter = Callable[[Any], Any]
Path = tuple[str, ...]


def parse_path(text: str) -> Path:
    """Split a dotted path into keys; raise ValueError if a key is empty.

    >>> parse_path("nested.*.data.name")
    ('nested', '*', 'data', 'name')
    """
    parts = tuple(text.split("."))
    if not all(parts):
        raise ValueError('empty path; name a key, e.g. "data.total"' if not text else "empty key")
    return parts


def step(value: Any, key: str) -> Any:
    """Descend one key: an object's member, a list's item by number, or a list's `length`.

    >>> step(["a", "b"], "1"), step({"x": None}, "x"), step("text", "0"), step([7], "length")
    ('b', None, ABSENT, 1)
    """
    if isinstance(value, dict):
        return value.get(key, ABSENT)
    if isinstance(value, list):
        index = index_of(key)
        if index is not None:
            return value[index] if index < len(value) else ABSENT
        return len(value) if key == "length" else ABSENT
    return ABSENT


def index_of(key: str) -> int | None:
    """The key as a list index, if JavaScript would write an index that way; else None.

    >>> index_of("10"), index_of("01"), index_of("-1"), index_of("x")
    (10, None, None, None)
    """
    if key.isascii() and key.isdigit() and (key == "0" or key[0] != "0") and len(key) < 10:
        return int(key)
    return None


def compile_getter(path: Path) -> Getter:
    """A function from a value to what is at the path in it, or ABSENT.

    For paths without `*`. Specialised by length because it is among the hottest code.

    >>> compile_getter(("data", "id"))({"data": {"id": 7}})
    7
    """
    first, *rest = path
    if not rest:

        def one(value: Any) -> Any:
            return value.get(first, ABSENT) if type(value) is dict else step(value, first)

        return one
    second = rest[0]
    if len(rest) == 1:

        def two(value: Any) -> Any:
            value = value.get(first) if type(value) is dict else step(value, first)
            return value.get(second, ABSENT) if type(value) is dict else step(value, second)

        return two

    def many(value: Any) -> Any:
        for key in path:
            value = value.get(key, ABSENT) if type(value) is dict else step(value, key)
        return value

    return many


def set_path(target: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy with the value set at the path, creating parents; ABSENT clears the path.

    >>> set_path({"a": 1}, ("user", "city"), "Ulm")
    {'a': 1, 'user': {'city': 'Ulm'}}
    >>> set_path({"user": {"city": "Ulm"}}, ("user", "city"), ABSENT)
    {'user': {}}
    """
    changed: dict[str, Any] = _set(target, path, 0, value)
    return changed


def _set(target: Any, path: Path, at: int, value: Any) -> Any:
    key = path[at]
    last = at + 1 == len(path)
    if isinstance(target, list):
        index = index_of(key)
        if index is None or index > len(target):
            return target  # JavaScript would set a property on the list, which JSON drops
        items = list(target)
        inner = None if index == len(items) else items[index]
        new = (None if value is ABSENT else value) if last else _set(inner, path, at + 1, value)
        items[index : index + 1] = [new]
        return items
    members = dict(target) if isinstance(target, dict) else {}
    if not last:
        members[key] = _set(members.get(key), path, at + 1, value)
    elif value is ABSENT:
        members.pop(key, None)
    else:
        members[key] = value
    return members


def delete_path(target: Any, path: Path) -> Any:
    """A copy without what is at the path; list items are removed, `*` means every item.

    >>> delete_path({"Items": [{"cost": 1, "n": 2}]}, ("Items", "*", "cost"))
    {'Items': [{'n': 2}]}
    >>> delete_path({"Items": ["a", "b"]}, ("Items", "0"))
    {'Items': ['b']}
    """
    key, rest = path[0], path[1:]
    if isinstance(target, list):
        if key == "*":
            return [delete_path(item, rest) for item in target] if rest else []
        index = index_of(key)
        if index is None or index >= len(target):
            return target
        new = [delete_path(target[index], rest)] if rest else []
        return [*target[:index], *new, *target[index + 1 :]]
    if isinstance(target, dict) and key in target:
        if rest:
            return {**target, key: delete_path(target[key], rest)}
        return {name: value for name, value in target.items() if name != key}
    return target
