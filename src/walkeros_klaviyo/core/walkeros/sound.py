"""Can JSON hold the value, with nothing undefined inside?

A value that contains NaN or an object that is not JSON counts as undefined as a whole (walkerOS
`isProperty`). Nulls inside lose only themselves, whereas walkerOS loses the whole value: one null
image must not cost an order its lines. Fast for sound values; slow only to explain a flaw.
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
"""Larger integers are no amounts, ids or counts, and Python's json may refuse to write them."""


def is_sound(value: Any) -> bool:
    """Is it free of null, NaN, infinity and objects that are not JSON, and not nested too deeply?

    Works level by level rather than by recursion: faster, and no depth can exhaust the stack.

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
                    if member - member != 0.0:  # true only for NaN and the infinities
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
    """Is it a sound scalar of a subclass (rare)? Containers must be exactly dict or list."""
    if isinstance(member, int):
        return -BIG < member < BIG
    return isinstance(member, str) or (isinstance(member, float) and isfinite(member))


def kept(value: Any, where: str, notes: Notes) -> Any:
    """What can be kept of an unsound value: all but the nulls, or else ABSENT.

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
    """A copy without null members of objects and, with `in_lists`, without null items of lists.

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
    """Name the first place that makes a value unsound; call only for an unsound value.

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
    """Every flaw down to a depth, with its place."""
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
