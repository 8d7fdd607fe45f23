"""What does a contract say once its `extend`s are in it?

A child's entries go over its parent's, deeply; lists called `required` unite.
Source: walkerOS contracts, versions 3 (`extends`) and 4 (`extend`).
"""

from __future__ import annotations

from functools import reduce
from typing import Any, Final

_EXTEND: Final = ("extend", "extends")


class ContractError(ValueError):
    """The contract's line of parents goes in a circle, or leads to no contract."""


def extended(contracts: Any, name: str) -> dict[str, Any]:
    """All contracts by name, the named one with its parents merged in.

    >>> extended({"base": {"a": {"x": 1}}, "web": {"extend": "base", "a": {"y": 2}}}, "web")["web"]
    {'a': {'x': 1, 'y': 2}}
    """
    if not isinstance(contracts, dict):
        return {}
    if name not in contracts:
        return contracts
    entries = [contracts[parent] for parent in _line(contracts, name)]
    merged: dict[str, Any] = reduce(merge, reversed(entries), {})
    own = {key: value for key, value in merged.items() if key not in _EXTEND}
    return {**contracts, name: own}


def _line(contracts: dict[str, Any], name: str) -> list[str]:
    """The contract, its parent, and so on upwards."""
    line: list[str] = []
    following: Any = name
    while following is not None:
        if following in line:
            raise ContractError(f"extends itself: {' → '.join([*line, following])}")
        entry = contracts.get(following) if isinstance(following, str) else None
        if not isinstance(entry, dict):
            raise ContractError(f'{" → ".join(line)} extends "{following}", which is no contract')
        line.append(following)
        following = next((entry[key] for key in _EXTEND if key in entry), None)
    return line


def merge(parent: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    """The child over the parent, deeply.

    >>> merge({"required": ["a"], "t": 1}, {"required": ["b"], "t": 2})
    {'required': ['a', 'b'], 't': 2}
    """
    merged = dict(parent)
    for key, value in child.items():
        below = parent.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = merge(below, value)
        elif key == "required" and isinstance(below, list) and isinstance(value, list):
            merged[key] = [*below, *(item for item in value if item not in below)]
        else:
            merged[key] = value
    return merged
