"""Can JSON hold it, with nothing undefined inside?

A value that contains a null or NaN counts as undefined as a whole (walkerOS `isProperty`).
Fast where the answer is yes; slow only to say why not.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

from .diagnostics import Diagnostic
from .event import MAX_DEPTH, kind_of


def is_sound(value: Any, depth: int = MAX_DEPTH) -> bool:
    """No null, NaN, infinity or foreign object in it, and not nested too deeply.

    >>> is_sound({"a": [1, "x", True]}), is_sound({"a": [None]}), is_sound(float("nan"))
    (True, False, False)
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool:
        return True
    if kind is float:
        return isfinite(value)
    if isinstance(value, dict):
        members: Any = value.values()
    elif isinstance(value, list):
        members = value
    else:
        return isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))
    if depth == 0:
        return False
    for member in members:
        kind = type(member)
        if kind is str or kind is int or kind is bool:
            continue
        if not is_sound(member, depth - 1):
            return False
    return True


def why_unsound(value: Any, where: str) -> Diagnostic:
    """Name the first place that makes it unsound; call it only where `is_sound` said no.

    >>> why_unsound({"price": [1, None]}, "data").message
    'null at data.price[1], so all of it counts as undefined'
    """
    code, path, what = _flaw(value, where, MAX_DEPTH)
    if code == "value.too-deep":
        return Diagnostic(code, where, f"more than {MAX_DEPTH} levels of nesting; left out")
    tail = ", so all of it counts as undefined" if path != where else "; left out"
    return Diagnostic(code, where, f"{what} at {path}{tail}")


def _flaw(value: Any, where: str, depth: int) -> tuple[str, str, str]:
    if value is None:
        return "value.holds-null", where, "null"
    if not isinstance(value, dict | list):
        what = "NaN or Infinity" if isinstance(value, float) else kind_of(value)
        return "value.not-json", where, what
    if depth == 0:
        return "value.too-deep", where, ""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    key, member = next(pair for pair in members if not is_sound(pair[1], depth - 1))
    at = f"{where}.{key}" if isinstance(value, dict) else f"{where}[{key}]"
    return _flaw(member, at, depth - 1)
