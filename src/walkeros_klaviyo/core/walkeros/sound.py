"""Can JSON hold it, with nothing undefined inside?

A value that contains a null or NaN counts as undefined as a whole (walkerOS `isProperty`).
Fast where the answer is yes; slow only to say why not.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any, Final

from walkeros_klaviyo.core.diagnostics import Diagnostic

from .event import MAX_DEPTH, kind_of

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


def why_unsound(value: Any, where: str) -> Diagnostic:
    """Name the first place that makes it unsound; call it only where `is_sound` said no.

    >>> why_unsound({"price": [1, None]}, "data").message
    'null at data.price[1], so all of it counts as undefined'
    """
    flaw = next(_flaws(value, where, MAX_DEPTH + 1), None)
    if flaw is None:
        message = f"more than {MAX_DEPTH} levels of nesting; left out"
        return Diagnostic("value.too-deep", where, message)
    code, path, what = flaw
    tail = ", so all of it counts as undefined" if path != where else "; left out"
    return Diagnostic(code, where, f"{what} at {path[:200]}{tail}")


def _flaws(value: Any, where: str, depth: int) -> Iterator[tuple[str, str, str]]:
    """Every null and foreign value down to a depth, with its place."""
    if value is None:
        yield "value.holds-null", where, "null"
    elif type(value) is dict:
        for key, member in value.items() if depth else ():
            yield from _flaws(member, f"{where}.{key}", depth - 1)
    elif type(value) is list:
        for index, member in enumerate(value) if depth else ():
            yield from _flaws(member, f"{where}[{index}]", depth - 1)
    elif not is_sound(value):
        what = "NaN or Infinity" if isinstance(value, float) else kind_of(value)
        if isinstance(value, int):
            what = "a number of more than 1,000 digits"
        yield "value.not-json", where, what
