"""How are values read, put and removed at places in an event?

Places are paths of keys; `*` stands for the items of a list.
"""

from __future__ import annotations

from typing import Any

Path = tuple[str, ...]


def covers(path: Path, place: Path) -> bool:
    """Does reading the path read the place too? `*` matches every item of a list, but no key."""
    return len(path) <= len(place) and all(
        key == at or (key == "*" and at.isdigit()) for key, at in zip(path, place, strict=False)
    )


def meets(path: Path, other: Path) -> bool:
    """Is one of the paths within the other?"""
    return all(key == at or "*" in (key, at) for key, at in zip(path, other, strict=False))


def plant(target: Any, path: Path, value: Any) -> Any:
    """A copy with the value at the path, creating objects and lists on the way.

    >>> plant({"user": {"id": 1}}, ("nested", "*", "sku"), "A")
    {'user': {'id': 1}, 'nested': [{'sku': 'A'}]}
    """
    if not path:
        return value
    key, rest = path[0], path[1:]
    if key == "*" or (key.isdigit() and not isinstance(target, dict)):
        items = list(target) if isinstance(target, list) else []
        index = 0 if key == "*" else min(int(key), len(items))
        inner = items[index] if index < len(items) else None
        items[index : index + 1] = [plant(inner, rest, value)]
        return items
    members = dict(target) if isinstance(target, dict) else {}
    members[key] = plant(members.get(key), rest, value)
    return members


def without(target: Any, path: Path) -> Any:
    """A copy with nothing at the path; in a list, with nothing there in any item.

    >>> without({"user": {"id": 1}, "nested": [{"sku": "A"}]}, ("nested", "*", "sku"))
    {'user': {'id': 1}, 'nested': [{}]}
    """
    key, rest = path[0], path[1:]
    if isinstance(target, list):
        if not rest:
            return [] if key == "*" else [one for at, one in enumerate(target) if str(at) != key]
        return [
            without(one, rest) if key in ("*", str(at)) else one for at, one in enumerate(target)
        ]
    if not isinstance(target, dict) or key not in target:
        return target
    if rest:
        return {**target, key: without(target[key], rest)}
    return {name: one for name, one in target.items() if name != key}


def found(target: Any, path: Path) -> list[Any]:
    """All values at a path; several where `*` matches a list.

    >>> found({"nested": [{"sku": "A"}, {"sku": "B"}]}, ("nested", "*", "sku"))
    ['A', 'B']
    """
    if not path:
        return [target]
    key, rest = path[0], path[1:]
    if isinstance(target, list):
        return [
            one
            for at, item in enumerate(target)
            if key in ("*", str(at))
            for one in found(item, rest)
        ]
    return found(target[key], rest) if isinstance(target, dict) and key in target else []
