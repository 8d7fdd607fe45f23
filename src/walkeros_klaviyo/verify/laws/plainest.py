"""What can be left out of an example, so that it still shows what it shows?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from walkeros_klaviyo.core.walkeros.value.tree import fresh

KEPT = ("name", "timestamp")
"""What every event has."""


def reduced(given: Any, shows: Callable[[Any], bool]) -> Any:
    """The value with every member left out that need not be there, largest parts first.

    Each step leaves out a member, and `shows` is given a copy of its own: so it ends, whatever
    `shows` does to what it is given.

    >>> reduced({"a": 1, "b": {"c": [7, 8]}}, lambda one: 7 in one.get("b", {}).get("c", []))
    {'b': {'c': [7]}}
    """
    changed = True
    while changed:
        changed = False
        for smaller in _smaller(given, top=not isinstance(given, list)):
            if shows(fresh(smaller)):
                given, changed = smaller, True
                break
    return given


def _smaller(value: Any, top: bool) -> Iterator[Any]:
    """The value with one member less, at every place of it; whole members before their parts."""
    if isinstance(value, dict):
        for key in sorted(value, key=lambda key: -len(repr(value[key]))):
            if not (top and key in KEPT):
                yield {name: one for name, one in value.items() if name != key}
        for key, inner in value.items():
            for one in _smaller(inner, top=False):
                yield {**value, key: one}
    elif isinstance(value, list):
        for at in range(len(value)):
            yield [*value[:at], *value[at + 1 :]]
        for at, inner in enumerate(value):
            for one in _smaller(inner, top=isinstance(inner, dict) and "name" in inner):
                yield [*value[:at], one, *value[at + 1 :]]
