"""Functions of a list. An empty result counts as nothing."""

from __future__ import annotations

from typing import Any

from walkeros_klaviyo.core.canonical import digest
from walkeros_klaviyo.core.walkeros.event import kind_of
from walkeros_klaviyo.core.walkeros.path import ABSENT, step

from .misfit import Misfit, no_list
from .texts import text


def join(value: Any, separator: str) -> Any:
    """The strings and numbers of a list joined into one string; missing or blank ones are left out.

    >>> join(["Hauptstr.", 7, None], " ")
    'Hauptstr. 7'
    """
    if not isinstance(value, list):
        return no_list(value)
    parts = [text(item) for item in value if item is not None]
    for part in parts:
        if isinstance(part, Misfit):
            return Misfit(f"an item {part.reason}")
    return separator.join(part for part in parts if part.strip()) or ABSENT


def flatten(value: Any) -> Any:
    """The items of nested lists as one flat list, without holes; a single value becomes a list.

    >>> flatten([["Tents", ["Camping"]], None, "Sale"]), flatten("Tents")
    (['Tents', 'Camping', 'Sale'], ['Tents'])
    """
    flat = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(reversed(item))
        elif item is not None:
            flat.append(item)
    return flat or ABSENT


def unique(value: Any) -> Any:
    """A list without duplicates and holes, in the order of first appearance.

    >>> unique(["Tents", "Sale", "Tents", None, 1, True])
    ['Tents', 'Sale', 1, True]
    """
    if not isinstance(value, list):
        return no_list(value)
    found: dict[Any, Any] = {}
    try:
        for item in value:
            if item is not None:  # strings compare directly, the rest as JSON: true is not 1
                found.setdefault(item if type(item) is str else (digest(item),), item)
    except RecursionError:
        return Misfit("is nested too deeply")
    return list(found.values()) or ABSENT


def first(value: Any) -> Any:
    """The first item of a list that is not missing.

    >>> first([None, "a", "b"]), first([])
    ('a', ABSENT)
    """
    if not isinstance(value, list):
        return no_list(value)
    return next((item for item in value if item is not None), ABSENT)


def last(value: Any) -> Any:
    """The last item of a list that is not missing.

    >>> last(["a", "b", None])
    'b'
    """
    return first(value[::-1]) if isinstance(value, list) else no_list(value)


def only(value: Any) -> Any:
    """The item of a list of exactly one; nothing for a longer list.

    >>> only(["a"]), only(["a", "b"])
    ('a', ABSENT)
    """
    if not isinstance(value, list):
        return no_list(value)
    return value[0] if len(value) == 1 and value[0] is not None else ABSENT


def where(value: Any, test: tuple[tuple[str, ...], tuple[str, ...]]) -> Any:
    """The items of a list that have the given string, or one of several, at a path.

    >>> where([{"entity": "product"}, {"entity": "gift"}], (("entity",), ("product", "item")))
    [{'entity': 'product'}]
    """
    path, texts = test
    if not isinstance(value, list):
        return no_list(value)
    return [item for item in value if get(item, path) in texts] or ABSENT


def complete(value: Any) -> Any:
    """The list, if no item is missing; else nothing.

    >>> complete(["O-1", "R-1"]), complete(["O-1", None])
    (['O-1', 'R-1'], ABSENT)
    """
    if not isinstance(value, list):
        return no_list(value)
    return value if value and None not in value else ABSENT


def filled(value: Any) -> Any:
    """An object or a list that is not empty; nothing for an empty one.

    >>> filled({"City": "Ulm"}), filled({})
    ({'City': 'Ulm'}, ABSENT)
    """
    if not isinstance(value, list | dict):
        return Misfit(f"is {kind_of(value)}, not an object or list")
    return value or ABSENT


def get(value: Any, path: tuple[str, ...]) -> Any:
    """The value at a path; `*` stands for every item of a list.

    >>> get({"data": {"id": 7}}, ("data", "id")), get([{"a": 1}, {}], ("*", "a"))
    (7, [1, None])
    """
    for at, key in enumerate(path):
        if key == "*" and isinstance(value, list):
            found = [get(item, path[at + 1 :]) for item in value]
            return [None if item is ABSENT else item for item in found]
        value = step(value, key)
    return ABSENT if value is None else value
