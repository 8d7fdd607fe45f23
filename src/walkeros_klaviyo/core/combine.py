"""How do compiled values combine?

A first one of several, an object, a list, a loop: closures over closures. This is the busiest
code of the library, so an object's plain members are read without a call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .diagnostics import Diagnostic, Notes
from .event import Event, kind_of
from .path import ABSENT
from .path_value import Resolve
from .sound import BIG

Entry = tuple[str, tuple[str, str] | None, Resolve]
"""A member of an object: its name, the two keys of its path if it is such a path, its value."""


def first_defined(options: Sequence[Resolve]) -> Resolve:
    """The first result that is defined.

    >>> first_defined([always(ABSENT), always(0), always(1)])({}, {}, [])
    0
    """

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        for option in options:
            found = option(value, event, notes)
            if found is not ABSENT:
                return found
        return ABSENT

    return resolve


def first_truthy(options: Sequence[Resolve]) -> Resolve:
    """The first result that JavaScript takes for true, else the last one.

    >>> first_truthy([always(0), always([]), always(1)])({}, {}, [])
    []
    """

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        found: Any = ABSENT
        for option in options:
            found = option(value, event, notes)
            if found or isinstance(found, list | dict):
                return found
        return found

    return resolve


def always(constant: Any) -> Resolve:
    """The same for every event."""
    return lambda value, event, notes: constant


def as_map(members: Sequence[Entry]) -> Resolve:
    """An object of what its members yield; undefined ones are left out.

    >>> as_map([("a", None, always(1)), ("b", None, always(ABSENT))])({}, {}, [])
    {'a': 1}
    """
    entries = tuple((name, *(keys or (None, None)), option) for name, keys, option in members)

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        out = {}
        below: Any = None
        last = None
        for name, first, second, option in entries:
            if first is not None:
                if first != last:
                    below = value.get(first) if type(value) is dict else None
                    last = first
                if type(below) is dict:
                    found: Any = below.get(second)
                    kind = type(found)
                    if (
                        kind is str
                        or (kind is int and -BIG < found < BIG)
                        or kind is bool
                        or (kind is float and found - found == 0.0)
                    ):
                        out[name] = found
                        continue
                    if found is None:
                        continue
            found = option(value, event, notes)
            if found is not ABSENT:
                out[name] = found
        return out

    return resolve


def split_in_two(raw: Any) -> tuple[str, str] | None:
    """The two keys of a path such as `data.id`; None for anything else.

    >>> split_in_two("data.id"), split_in_two("nested.*")
    (('data', 'id'), None)
    """
    if isinstance(raw, str):
        first, _, second = raw.partition(".")
        if first and second and "." not in second and "*" not in (first, second):
            return first, second
    return None


def as_list(options: Sequence[Resolve]) -> Resolve:
    """A list of all results; what yields nothing stays a hole.

    >>> as_list([always(1), always(ABSENT)])({}, {}, [])
    [1, None]
    """

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        found = [option(value, event, notes) for option in options]
        return [None if item is ABSENT else item for item in found]

    return resolve


def as_loop(source: Resolve, item: Resolve, where: str) -> Resolve:
    """A list of what `item` yields for each of the source's items; undefined ones are dropped.

    >>> as_loop(always([1, 2]), lambda value, event, notes: value + 1, "loop")({}, {}, [])
    [2, 3]
    """

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        items = source(value, event, notes)
        if not isinstance(items, list):
            if items is not ABSENT:
                message = f"the source is {kind_of(items)}, not a list"
                notes.append(Diagnostic("value.not-a-list", where, message))
            return ABSENT
        found = [item(one, event, notes) for one in items if one is not None]
        return [one for one in found if one is not ABSENT]

    return resolve
