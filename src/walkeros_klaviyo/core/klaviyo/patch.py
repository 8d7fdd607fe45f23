"""How are lists in a profile's custom properties changed, and which properties are removed?

`patch` says what to append to such lists, what to take out, and which properties to unset. It is
sent with the profile's upsert.
Source: Klaviyo Create or Update Profile, `meta.patch_properties`.
"""

from __future__ import annotations

from typing import Any, Final

from walkeros_klaviyo.core.diagnostics import Diagnostic, Notes
from walkeros_klaviyo.core.faults import Findings, join
from walkeros_klaviyo.core.shown import plain_key
from walkeros_klaviyo.core.walkeros.event import Event, kind_of
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.parse import parse_map
from walkeros_klaviyo.core.walkeros.value.tree import EMPTY, Constant, Items, Node

KEYS: Final = {
    "append": ("Append", "Adds a value, or several, to a list: each property by its name."),
    "unappend": ("Unappend", "Takes a value, or several, out of a list."),
    "unset": ("Unset", "Names of properties that are removed."),
}
_SIMPLE: Final = (str, int, float, bool)


def parse_patch(raw: Any, where: str, findings: Findings) -> MappingValue | None:
    """Parse `patch` into one mapping value that yields what to append, unappend and unset.

    >>> said = {"append": {"categories": "data.category"}, "unset": ["cart"]}
    >>> parse_patch(said, "patch", Findings())({"data": {"category": "Tents"}})
    [{'categories': 'Tents'}, None, ['cart']]
    """
    if raw is None:
        return None
    if not isinstance(raw, dict) or not raw:
        findings.fault(
            where, f"expected an object with append, unappend or unset, got {kind_of(raw)}"
        )
        return None
    findings.keys(raw, KEYS, where)
    where = findings.placed(where)
    nodes: list[Node] = []
    for name in ("append", "unappend"):
        at, given = join(where, name), raw.get(name)
        nodes.append(EMPTY if given is None else parse_map(given, at, findings))
    nodes.append(_names(raw.get("unset"), join(where, "unset"), findings))
    return MappingValue(where, Items(where, tuple(nodes)))


def _names(raw: Any, where: str, findings: Findings) -> Node:
    if raw is None:
        return EMPTY
    if not isinstance(raw, list) or not raw or not all(isinstance(one, str) for one in raw):
        findings.fault(where, 'expected names of properties, such as ["cart"]')
    return Constant(where, raw)


def read_patch(mapping: MappingValue | None, event: Event, notes: Notes) -> dict[str, Any] | None:
    """An event's patch in wire form; None if there is nothing to change.

    >>> patch = parse_patch({"append": {"sizes": "data.size"}}, "patch", Findings())
    >>> read_patch(patch, {"data": {"size": 42}}, []), read_patch(patch, {}, [])
    ({'append': {'sizes': 42}}, None)
    """
    if mapping is None:
        return None
    found: dict[str, Any] = {}
    *changes, unset = mapping.resolve(event, event, notes)
    for name, change in zip(("append", "unappend"), changes, strict=True):
        kept = {}
        for key, one in (change or {}).items():
            if _is_simple(one):
                kept[key] = one
                continue
            message = f"is {kind_of(one)}; what is {name}ed is text, numbers, true or false"
            where = f"{mapping.where}.{name}.{plain_key(key)}"
            notes.append(Diagnostic("profile.wrong-type", where, message))
        if kept:
            found[name] = kept
    if unset:
        found["unset"] = list(unset)
    return found or None


def _is_simple(value: Any) -> bool:
    """Is it a value that Klaviyo can append, or a list of such values?"""
    values = value if isinstance(value, list) else [value]
    return bool(values) and all(isinstance(one, _SIMPLE) for one in values)
