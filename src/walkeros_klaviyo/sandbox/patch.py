"""How does `meta.patch_properties` change a profile's properties?

Values are first appended, then removed, then whole properties unset. A value appended twice is
there twice: the descriptions do not say otherwise, and a sender that repeats itself should not look
better here than it may at Klaviyo.
Source: ProfileMetaPatchProperties ("Append a simple value or values to this property array").
"""

from __future__ import annotations

from typing import Any

from .issue import Issue, token
from .scalar import kind, mapping, string
from .shape import FINE, Issues, Judge, fields, leaf, many


def patched(properties: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """The properties afterwards.

    >>> patched({"skus": "A", "old": 1}, {"append": {"skus": ["B"]}, "unset": "old"})
    {'skus': ['A', 'B']}
    """
    out = dict(properties)
    for name, value in (patch.get("append") or {}).items():
        out[name] = [*_listed(out.get(name)), *_listed(value)]
    for name, value in (patch.get("unappend") or {}).items():
        if name in out:
            gone = _listed(value)
            out[name] = [item for item in _listed(out[name]) if item not in gone]
    unset = patch.get("unset") or []
    for name in [unset] if isinstance(unset, str) else unset:
        out.pop(name, None)
    return out


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _simple(value: Any, at: str) -> Issues:
    """For each property: a string, number or boolean, or a list of them."""
    found = leaf(mapping)(value, at)
    if found:
        return found
    return [
        Issue(f"must be a simple value or values, not {kind(item)}.", f"{at}/{token(name)}")
        for name, given in value.items()
        for item in (given if isinstance(given, list) else [given])
        if item is None or isinstance(item, dict | list)
    ]


def _names(value: Any, at: str) -> Issues:
    return FINE if isinstance(value, str) else many(leaf(string))(value, at)


PATCH: Judge = fields({}, {"append": _simple, "unappend": _simple, "unset": _names})
"""The shape of a patch."""
