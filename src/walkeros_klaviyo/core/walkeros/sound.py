"""Can JSON hold it, with nothing undefined inside?

A value that contains NaN or a foreign object counts as undefined as a whole (walkerOS
`isProperty`). Nulls inside cost only themselves, where walkerOS loses the whole value: one null
image must not cost an order its lines. Fast where all is well; slow only to say why not.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any, Final

from walkeros_klaviyo.core.diagnostics import Diagnostic, Notes
from walkeros_klaviyo.core.shown import plain_key

from .event import MAX_DEPTH, kind_of
from .path import ABSENT

BIG: Final = 10**1_000
"""Integers beyond are no amounts, ids or counts, and Python's json may refuse to write them."""


def is_sound(value: Any) -> bool:
    """No null, NaN, infinity or foreign object in it, and not nested too deeply.

    Level by level rather than by recursion: faster, and no depth can exhaust the stack.

    >>> is_sound({"a": [1, "x", True]}), is_sound({"a": [None]}), is_sound(float("nan"))
    (True, False, False)
    """
    level: list[Any] = [[value]]
    for _ in range(MAX_DEPTH + 2):
        below: list[Any] = []
        for container in level:
            for member in container.values() if type(container) is dict else container:
                kind = type(member)
                if kind is str:
                    continue
                if kind is int:
                    if -BIG < member < BIG:
                        continue
                    return False
                if kind is float:
                    if member - member != 0.0:  # true for NaN and the infinities only
                        return False
                elif kind is dict or kind is list:
                    if member:
                        below.append(member)
                elif kind is not bool and not _is_plain(member):
                    return False
        if not below:
            return True
        level = below
    return False


def _is_plain(member: Any) -> bool:
    """For subclasses of JSON's own types, which are rare; an object must be a real dict."""
    if isinstance(member, int):
        return -BIG < member < BIG
    return isinstance(member, str) or (isinstance(member, float) and isfinite(member))


def kept(value: Any, where: str, notes: Notes) -> Any:
    """What is left of a value that is not sound: all but the nulls, or nothing (ABSENT).

    >>> kept({"sku": "A", "image": None, "tags": ["a", None]}, "data", [])
    {'sku': 'A', 'tags': ['a', None]}
    """
    if not is_sound(without_nulls(value, MAX_DEPTH + 1)):
        notes.append(why_unsound(value, where))
        return ABSENT
    place = next(_nulls(value, where))
    notes.append(Diagnostic("value.holds-null", where, f"null at {place[:200]}"))
    return without_nulls(value, MAX_DEPTH + 1, in_lists=False)


def without_nulls(value: Any, depth: int = MAX_DEPTH, in_lists: bool = True) -> Any:
    """A copy without an object's null members, and without a list's null items or with them.

    >>> without_nulls({"a": [1, None], "b": None})
    {'a': [1]}
    """
    if depth == 0:
        return value
    if type(value) is list:
        items = (item for item in value if item is not None) if in_lists else value
        return [without_nulls(item, depth - 1, in_lists) for item in items]
    if type(value) is dict:
        members = ((name, item) for name, item in value.items() if item is not None)
        return {name: without_nulls(item, depth - 1, in_lists) for name, item in members}
    return value


def _nulls(value: Any, where: str) -> Iterator[str]:
    if value is None:
        yield where
    elif type(value) is dict:
        for key, member in value.items():
            yield from _nulls(member, f"{where}.{plain_key(key)}")
    elif type(value) is list:
        for index, member in enumerate(value):
            yield from _nulls(member, f"{where}[{index}]")


def why_unsound(value: Any, where: str) -> Diagnostic:
    """Name the first place that makes it unsound; call it only where it is.

    >>> why_unsound({"price": [1, float("nan")]}, "data").message
    'NaN or Infinity at data.price[1], so all of it counts as undefined'
    """
    flaw = next(_flaws(value, where, MAX_DEPTH + 1), None)
    if flaw is None:
        message = f"more than {MAX_DEPTH} levels of nesting; left out"
        return Diagnostic("value.too-deep", where, message)
    code, path, what = flaw
    tail = ", so all of it counts as undefined" if path != where else "; left out"
    return Diagnostic(code, where, f"{what} at {path[:200]}{tail}")


def _flaws(value: Any, where: str, depth: int) -> Iterator[tuple[str, str, str]]:
    """Every foreign value down to a depth, with its place."""
    if value is None:
        return
    if type(value) is dict:
        for key, member in value.items() if depth else ():
            yield from _flaws(member, f"{where}.{plain_key(key)}", depth - 1)
    elif type(value) is list:
        for index, member in enumerate(value) if depth else ():
            yield from _flaws(member, f"{where}[{index}]", depth - 1)
    elif not is_sound(value):
        what = "NaN or Infinity" if isinstance(value, float) else kind_of(value)
        if isinstance(value, int):
            what = "a number of more than 1,000 digits"
        yield "value.not-json", where, what
