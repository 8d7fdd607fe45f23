"""What does a contract say once its `extend`s are resolved?

A child's entries are merged deeply over its parent's; lists named `required` are joined.
Source: walkerOS contracts, versions 3 (`extends`) and 4 (`extend`).
"""

from __future__ import annotations

from functools import reduce
from typing import Any, Final

_EXTEND: Final = ("extend", "extends")


class ContractError(ValueError):
    """The contract's parents form a circle, or one of them does not exist."""


def extended(contracts: Any, name: str) -> dict[str, Any]:
    """All contracts by name, with the parents of the named one merged in.

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
    """The names of the contract, its parent, and so on."""
    line: list[str] = []
    following: Any = name
    while following is not None:
        if following in line:
            raise ContractError(f"extends itself: {' → '.join([*line, following])}")
        entry = contracts.get(following) if isinstance(following, str) else None
        if not isinstance(entry, dict):
            message = f'{" → ".join(line)} extends "{following}", which is not a contract'
            raise ContractError(message)
        line.append(following)
        following = next((entry[key] for key in _EXTEND if key in entry), None)
    return line


def merge(parent: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    """The child merged deeply over the parent.

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
