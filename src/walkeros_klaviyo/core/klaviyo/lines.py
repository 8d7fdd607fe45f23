"""How does `items` say to read an order's lines, each of which becomes an event of its own?

The setting becomes one mapping value, which yields the metric's name, the lines (each with its
properties, the options for its amount, and those for its key) and the properties they share. So
everything that walks, traces or compiles mapping values handles lines too.
Source: ours; Klaviyo's Ordered Product.
"""

from __future__ import annotations

from typing import Any, Final

from walkeros_klaviyo.core.faults import Findings, join
from walkeros_klaviyo.core.walkeros.event import kind_of
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.parse import parse_value
from walkeros_klaviyo.core.walkeros.value.tree import (
    Constant,
    Items,
    Loop,
    Node,
    alternatives,
)
from walkeros_klaviyo.core.walkeros.value.walk import constant_of

from .limits import MAX_METRIC_LENGTH
from .usual import ORDERED_PRODUCT

KEYS: Final = {
    "name": ("Metric", "The metric of a line; else Ordered Product."),
    "loop": (
        "Loop",
        "Where the lines stand, and the properties of each; else where shops usually have them.",
    ),
    "data": ("Properties", "What every line gets from the event, such as its OrderId."),
    "value": ("Amount", "The path of a line's amount; without it, its total or its price."),
    "uniqueId": (
        "Unique id",
        "What tells the lines of an order apart; else their SKU or id.",
    ),
}


def parse_items(
    raw: Any, where: str, below: MappingValue | None, findings: Findings
) -> MappingValue | None:
    """Parse `items`; `true` means the destination's (`below`), else where shops usually have lines.

    >>> loop = ["data.lines", {"map": {"SKU": "sku"}}]
    >>> lines = {"loop": loop, "value": "price", "uniqueId": "no"}
    >>> parse_items(lines, "items", None, Findings())(
    ...     {"data": {"id": "O-1", "lines": [{"sku": "A", "price": 5}]}})
    ['Ordered Product', [[{'SKU': 'A'}, [5], [None]]], {'OrderId': 'O-1'}]
    """
    if raw is None or raw is False:
        return None
    if raw is True and below is not None:
        return below
    given = {} if raw is True else raw
    if not isinstance(given, dict):
        findings.fault(where, f"expected true, or an object with a loop, got {kind_of(raw)}")
        return None
    findings.keys(given, KEYS, where)
    where = findings.placed(where)
    said = {**ORDERED_PRODUCT, **{key: one for key, one in given.items() if one is not None}}
    loop = parse_value({"loop": said["loop"]}, where, findings)
    if not isinstance(loop, Loop):
        return None
    value, key = (_options(said[one], join(where, one), findings) for one in ("value", "uniqueId"))
    line = Items(loop.where, (loop.item, value, key))
    every = (
        _name(said["name"], join(where, "name"), findings),
        Loop(loop.where, loop.source, line),
        parse_value(said["data"], join(where, "data"), findings),
    )
    return MappingValue(where, Items(where, every))


def _name(raw: Any, where: str, findings: Findings) -> Node:
    if not isinstance(raw, str) or not raw.strip() or len(raw) > MAX_METRIC_LENGTH:
        findings.fault(where, f"expected a metric's name of 1 to {MAX_METRIC_LENGTH} characters")
        return Constant(where, ABSENT)
    return Constant(where, raw)


def _options(raw: Any, where: str, findings: Findings) -> Node:
    """A node that yields all options, since the first usable one is taken."""
    return Items(where, alternatives(parse_value(raw, where, findings)))


def metric_of(lines: MappingValue) -> str:
    """The metric under which lines are recorded.

    >>> metric_of(parse_items({"name": "Bought Item"}, "items", None, Findings()))
    'Bought Item'
    """
    assert isinstance(lines.tree, Items)
    return str(constant_of(lines.tree.items[0]))


def line_properties(lines: MappingValue) -> tuple[Node, Node]:
    """The nodes for a line's properties: its own, and those it takes from the event."""
    assert isinstance(lines.tree, Items)
    _, loop, shared = lines.tree.items
    assert isinstance(loop, Loop)
    assert isinstance(loop.item, Items)
    return loop.item.items[0], shared
