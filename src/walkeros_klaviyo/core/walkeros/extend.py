"""What does a rule that extends a preset's rule come to, and where is each part of it written?

Objects merge and null clears. Parts the user wrote keep their place in the file; the rest is in no
file and is named by its preset. Source: walkerOS, `extend` and `remove` of a rule.
"""

from __future__ import annotations

from typing import Any, Final

from attrs import evolve, frozen

from walkeros_klaviyo.core.faults import Findings, join

from .event import kind_of

SHIPPED: Final = "preset"
"""The root of paths to a preset's rules, which are in no file of the user's."""


def extended(
    raw: dict[str, Any],
    shipped: dict[str, Any] | None,
    label: str,
    where: str,
    findings: Findings,
) -> tuple[dict[str, Any], Findings]:
    """The rule merged over the preset's if it extends it, and findings that know each part's place.

    >>> shipped = {"name": "Placed Order", "batch": True}
    >>> extended({"extend": {"batch": None}}, shipped, "a b", "mapping.a.b", Findings())[0]
    {'name': 'Placed Order'}
    """
    if shipped is None and "extend" in raw:
        message = "there is no shipped rule beneath; it counts as a rule of its own"
        findings.warn("rule.extends-nothing", join(where, "extend"), message)
    elif shipped is None or raw.keys().isdisjoint(("extend", "remove")):
        return raw, findings
    beside = {key: value for key, value in raw.items() if key != "extend"}
    patch = raw.get("extend")
    if not isinstance(patch, dict):
        if patch is not None:
            findings.fault(join(where, "extend"), f"expected a rule, got {kind_of(patch)}")
        patch = {}
    if shipped is None:
        return laid_over(beside, patch), findings
    place = join(SHIPPED, label.partition("[")[0].replace(" ", "."))
    merged = laid_over(laid_over(shipped, beside), patch)
    return merged, evolve(findings, placed=Placed(where, place, {**beside, "extend": patch}))


@frozen
class Placed:
    """Maps a place in a merged rule to where it is written: the user's rule, or the preset's.

    >>> placed = Placed("mapping.a.b", "preset.a.b", {"extend": {"data": {"map": {"x": "y"}}}})
    >>> placed("mapping.a.b.data.map.x"), placed("mapping.a.b.data.map.z")
    ('mapping.a.b.extend.data.map.x', 'preset.a.b.data.map.z')
    """

    mine: str
    shipped: str
    raw: dict[str, Any]

    def __call__(self, where: str) -> str:
        """Where a place in the merged rule is written; a place already mapped stays as it is."""
        inner = f"{self.mine}.extend"
        head = next((one for one in (inner, self.mine, self.shipped) if where.startswith(one)), "")
        rest = where.removeprefix(head)
        if not head or not rest:
            return where
        if _holds(self.raw.get("extend") or {}, rest):
            return inner + rest
        return (self.mine if _holds(self.raw, rest) else self.shipped) + rest


def _holds(raw: Any, rest: str) -> bool:
    """Does the remaining path lead into `raw`? A plain value counts as containing any path."""
    if isinstance(raw, dict):
        steps = ((f".{key}", member) for key, member in raw.items() if member is not None)
    elif isinstance(raw, list):
        steps = ((f"[{at}]", item) for at, item in enumerate(raw))
    else:
        return True
    return not rest or any(
        rest.startswith(step)
        and rest[len(step) : len(step) + 1] in ("", ".", "[")
        and _holds(inner, rest[len(step) :])
        for step, inner in steps
    )


_MADE: Final = frozenset({"key", "loop", "map", "set"})
"""The keys of which one makes a mapping's value."""


def laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Objects merge, null clears, anything else replaces.

    A mapping value made by another key (`loop` over `key`, say) replaces the one below: of the two
    keys, one would never be read.

    >>> laid_over({"name": "A", "data": {"map": {"x": "y"}}}, {"name": None, "data": {"map": {}}})
    {'data': {'map': {'x': 'y'}}}
    >>> laid_over({"x": {"loop": ["a", "b"], "fn": "$fn:first"}}, {"x": {"key": "data.x"}})
    {'x': {'key': 'data.x'}}
    """
    said = _MADE.intersection(key for key, value in above.items() if value is not None)
    is_other = bool(said) and said.isdisjoint(below) and not _MADE.isdisjoint(below)
    merged = {} if is_other else dict(below)
    for key, value in above.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            beneath = merged.get(key)
            merged[key] = laid_over(beneath if isinstance(beneath, dict) else {}, value)
        else:
            merged[key] = value
    return merged
