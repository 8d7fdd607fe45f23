"""What does a mapping read at a path?

A missing path or a null is undefined; a null inside a value loses only itself. `*` maps over a
list, in which a missing item stays as a hole (None). Source: walkerOS `getByPath` and
`castToProperty`, measured on the reference implementation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from walkeros_klaviyo.core.diagnostics import Notes
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.path import ABSENT, compile_getter, step
from walkeros_klaviyo.core.walkeros.sound import BIG, is_sound, kept

from .tree import Path, fresh

Resolve = Callable[[Any, Event, Notes], Any]
"""(value, event, notes) -> what a mapping yields there, or ABSENT."""

_PLAIN: Final = frozenset({str, bool})


def compile_way(node: Path) -> Resolve:
    """A path to a loop's source, which is not sent itself, so its contents are not checked."""
    if "*" in node.keys:
        return compile_path(node)
    get, default = compile_getter(node.keys), node.default

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        found = get(value)
        return fresh(default) if found is None or found is ABSENT else found

    return resolve


def compile_path(node: Path) -> Resolve:
    """A path as a closure, with its default where nothing is there.

    >>> skus = compile_path(Path("", "nested.*.data.sku", ("nested", "*", "data", "sku")))
    >>> skus({"nested": [{"data": {"sku": 1}}, {}]}, {}, [])
    [1, None]
    """
    path, raw, default = node.keys, node.text, node.default
    if "*" in path:
        return _each(path, raw, default)
    get = compile_getter(path)

    def closer(found: Any, notes: Notes) -> Any:
        """The slower path, for anything but a plain string, number or boolean."""
        if found is ABSENT or found is None:
            return fresh(default)
        if is_sound(found):
            return found
        left = kept(found, raw, notes)
        return fresh(default) if left is ABSENT else left

    first, second = path if len(path) == 2 else (path[0], None)
    is_deep = len(path) > 2

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        if is_deep or type(value) is not dict:
            found: Any = get(value)
        elif second is None:
            found = value.get(first)
        else:
            below = value.get(first)
            found = below.get(second) if type(below) is dict else get(value)
        kind = type(found)
        if (
            kind is str
            or (kind is int and -BIG < found < BIG)
            or (kind is float and found - found == 0.0)
            or kind is bool
        ):
            return found
        return closer(found, notes)

    return resolve


def _each(path: tuple[str, ...], raw: str, default: Any) -> Resolve:
    """`*` maps over a list; a missing or null item stays as a hole."""
    end = len(path)

    def collect(value: Any, at: int, flaws: Notes, lost: Notes) -> Any:
        for index in range(at, end):
            key = path[index]
            if key == "*" and isinstance(value, list):
                found = [
                    ABSENT if index + 1 == end else collect(item, index + 1, flaws, lost)
                    for item in value
                ]
                hole = None if default is ABSENT else default
                return [fresh(hole) if item is ABSENT else item for item in found]
            value = step(value, key)
        if value is ABSENT or value is None:
            return ABSENT
        if not is_sound(value):
            flaws_before = len(flaws)
            value = kept(value, raw, flaws)
            lost.extend(flaws[flaws_before:] if value is ABSENT else ())
        return value

    star = path.index("*")
    tail = path[star + 1 :]
    prefix = compile_getter(path[:star]) if star else None
    rest = compile_getter(tail) if tail and "*" not in tail else None

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        if rest is not None:  # one `*` over plain strings is the usual case
            items = prefix(value) if prefix is not None else value
            if type(items) is list:
                found = [rest(item) for item in items]
                if _PLAIN.issuperset(map(type, found)):
                    return found
                whole = [None if item is ABSENT else item for item in found]
                if default is ABSENT and is_sound([item for item in whole if item is not None]):
                    return whole
            elif items is ABSENT:
                return fresh(default)
        flaws: Notes = []
        lost: Notes = []
        found = collect(value, 0, flaws, lost)
        notes.extend(lost[:1] or flaws[:1])
        return fresh(default) if lost or found is ABSENT else found

    return resolve
