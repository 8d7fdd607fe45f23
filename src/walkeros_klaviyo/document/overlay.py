"""How does `--overlay` lay a second file over the first?

Objects merge, null clears, anything else (a list as a whole too) replaces, as walkerOS lays a
rule's `extend` over a shipped rule. So a flow.json shared with JavaScript can keep its `$code:`
values, and an overlay says what to use in their place in Python.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.faults import join
from walkeros_klaviyo.core.klaviyo.settings import TABLE

from .lines import outer
from .site import Keys

CODE_KEYS: Final = ("condition", "fn", "validate")
"""Keys that may name a function."""
_VALUES: Final = frozenset(row.name for row in TABLE.values() if row.is_value)


@frozen
class Over:
    """Which parts of a configuration come from the second file."""

    base: str
    """The path to the configuration in the first file; "" for a bare configuration."""
    where: str
    """The path to it in the second file."""
    file: str = ""
    """The second file's name."""
    places: frozenset[str] = frozenset()
    """Paths within the configuration below which everything comes from the second file."""

    def has(self, path: str) -> bool:
        """Does what is at this path of the first file come from the second?

        >>> over = Over("flow.config", "", "here.toml", frozenset({"mapping.a"}))
        >>> over.has("flow.config.mapping.a.b"), over.has("flow.config.mapping.c")
        (True, False)
        """
        path = self._inside(path)
        while path and path not in self.places:
            path = outer(path)
        return bool(path)

    def own(self, path: str) -> str:
        """The corresponding path in the second file.

        >>> Over("flow.config", "config").own("flow.config.mapping.a")
        'config.mapping.a'
        """
        return join(self.where, inside) if (inside := self._inside(path)) else self.where

    def _inside(self, path: str) -> str:
        """The path relative to the configuration."""
        if path == self.base:
            return ""
        return path.removeprefix(f"{self.base}.") if self.base else path


def places_over(below: Any, above: dict[str, Any], where: str = "") -> Iterator[str]:
    """The paths at which the overlay replaces everything.

    >>> [*places_over({"a": {"b": 1}}, {"a": {"b": 2, "c": None}, "d": {"e": 3}})]
    ['a.b', 'a.c', 'd']
    """
    for key, value in above.items():
        beneath = below.get(key)
        if isinstance(value, dict) and isinstance(beneath, dict):
            yield from places_over(beneath, value, join(where, key))
        else:
            yield join(where, key)


def line_to_write(keys: Keys) -> str:
    """The JSON for an overlay that puts a Python function at a place; "" where none is allowed.

    >>> line_to_write(("data", "map", "x", "fn"))
    '{"data": {"map": {"x": {"fn": "$py:package.module:function"}}}}'
    >>> line_to_write(("settings", "value"))
    '{"settings": {"value": {"fn": "$py:package.module:function"}}}'
    >>> line_to_write(("data", "set", 1))
    '{"data": {"set": […, {"fn": "$py:package.module:function"}, …]}}'
    """
    holder, last = ("", "", *keys)[-2:]
    is_value = last == "data" or isinstance(last, int) or holder in ("policy", "map")
    if last in CODE_KEYS:
        text = '"$py:package.module:function"'
    elif is_value or (holder == "settings" and last in _VALUES):
        text = '{"fn": "$py:package.module:function"}'
    else:
        return ""
    for key in reversed(keys):
        if isinstance(key, int):
            text = f"[{'…, ' if key else ''}{text}, …]"
        else:
            text = f"{{{json.dumps(key, ensure_ascii=False)}: {text}}}"
    return text
