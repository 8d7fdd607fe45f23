"""Which events do the lines of an order become?

One per line, under a metric of its own, with the line's amount in the order's currency and a
unique id made of order and line, which stays the same if the order is resent or reordered.
Source: Klaviyo's Ordered Product; the guide's example reuses the order's id, with which Klaviyo
would keep only the first line.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from math import fsum
from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core.canonical import digest
from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics, Notes
from walkeros_klaviyo.core.walkeros.event import Event, kind_of
from walkeros_klaviyo.core.walkeros.value import MappingValue

from .calls import Calls, Mapped, create_event
from .currencies import decimals_of
from .currency import resolve_currency
from .identifier import read_identifier
from .revenue import Revenue, is_ambiguous, parse_amount
from .settings import KlaviyoRule

Line = tuple[dict[str, Any], list[Any], list[Any]]
"""A line's properties, the options for its amount, and the options for its key."""
_ADDED: Final = ("shipping", "tax", "taxes", "vat")
_TAKEN: Final = ("discount", "discountValue", "discount_value")
"""Names in the event's data of what an order's total may include besides its lines."""


def record_lines(rule: KlaviyoRule, mapped: Mapped) -> tuple[Calls, Diagnostics]:
    """The calls that record an order's lines, one each, if the rule has `items`.

    >>> from .identity import Identity
    >>> from .rules import rule_of
    >>> event = {"name": "Placed Order", "timestamp": 1795518160712,
    ...          "data": {"items": [{"sku": "A", "price": 5, "quantity": 2}]}}
    >>> mapped = Mapped(event, event, Identity({"external_id": "7"}), {}, None, unique_id="O-1")
    >>> (line,), _ = record_lines(rule_of({"settings": {"items": True}}), mapped)
    >>> line.metric, line.value, line.unique_id, line.properties
    ('Ordered Product', 10, 'O-1/A', {'SKU': 'A', 'Quantity': 2})

    Diagnostics: items.none, items.sum-differs, properties.not-an-object, revenue.missing and
    those of an amount, and those of `create_event`.
    """
    mapping = rule.settings.lines
    if mapping is None or rule.silent:
        return (), ()
    notes: Notes = []
    metric, found, shared = mapping.resolve(mapped.event, mapped.event, notes)
    lines = _lines(found, mapping, notes)
    if not lines:
        notes.append(Diagnostic("items.none", mapping.where, "the event has no lines there"))
        return (), tuple(notes)
    event = {**mapped.event, "name": metric}
    common = shared if isinstance(shared, dict) else {}
    amounts = _amounts(rule, mapping, mapped, lines, notes)
    keys = _keys(lines, mapped.unique_id or digest(mapped.original))
    calls: Calls = ()
    who, traits = mapped.identity, mapped.traits
    for line, revenue, key in zip(lines, amounts, keys, strict=True):
        properties = {**common, **line[0]}
        of_line = Mapped(
            event, mapped.original, who, properties, traits, revenue, key, mapped.backfill
        )
        made, refusal = create_event(rule, of_line)
        calls += made
        notes.extend(refusal)
    _, refusal = create_event(rule, mapped)
    if refusal:  # lines are sent with their order or not at all
        calls = tuple(evolve(call, refusal=(*call.refusal, *refusal)) for call in calls)
    if not _adds_up(mapped, amounts):
        message = "the lines' amounts do not add up to the order's"
        notes.append(Diagnostic("items.sum-differs", mapping.where, message))
    return calls, tuple(notes)


def _lines(found: Any, mapping: MappingValue, notes: Notes) -> list[Line]:
    """The lines whose properties are an object."""
    lines = []
    for at, (properties, values, keys) in enumerate(found or ()):
        if isinstance(properties, dict):
            lines.append((properties, values, keys))
        elif properties is not None:
            message = f"line {at + 1} resolved to {kind_of(properties)}, which is lost"
            notes.append(Diagnostic("properties.not-an-object", mapping.where, message))
    return lines


def _amounts(
    rule: KlaviyoRule, mapping: MappingValue, mapped: Mapped, lines: list[Line], notes: Notes
) -> list[Revenue | None]:
    """Each line's amount, in the order's currency."""
    if mapped.revenue is not None:
        currency = mapped.revenue.currency
    else:
        currency = resolve_currency(rule, mapped.event, notes)
    return [
        _amount(values, currency, f"line {at + 1}", mapping, notes)
        for at, (_, values, _) in enumerate(lines)
    ]


def _amount(
    values: list[Any], currency: str | None, line: str, mapping: MappingValue, notes: Notes
) -> Revenue | None:
    """The first option that is an unambiguous amount."""
    where = f"{mapping.where}.value"
    flaws: Notes = []
    for raw in values:
        if raw is None:
            continue
        amount, found = parse_amount(raw)
        if amount is not None and isinstance(raw, str) and is_ambiguous(raw, currency):
            message = "may be a thousand, written with a point between the thousands"
            amount, found = None, (Diagnostic("revenue.ambiguous", "", message),)
        if amount is not None:
            return Revenue(amount, currency)
        flaws += (Diagnostic(one.code, where, f"{line} {one.message}") for one in found)
    notes.extend(flaws or [Diagnostic("revenue.missing", where, f"{line} has no amount")])
    return None


def _keys(lines: list[Line], order: str) -> list[str]:
    """A unique id per line: the order, what was bought, and a number if several lines share that.

    Lines that share it are numbered by content, not by position; equal lines are interchangeable.
    """
    shared: defaultdict[str, list[int]] = defaultdict(list)
    for at, line in enumerate(lines):
        shared[_key(line[2]) or digest(list(line))].append(at)
    named = {}
    for key, places in shared.items():
        if len(places) > 1:
            places.sort(key=lambda at: digest(list(lines[at])))
        for count, at in enumerate(places):
            parts = [order, key] if count == 0 else [order, key, str(count + 1)]
            named[at] = "/".join(map(_part, parts))
    return [named[at] for at in range(len(lines))]


def _key(options: list[Any]) -> str | None:
    every = (read_identifier(one)[0] for one in options if one is not None)
    return next((one for one in every if one is not None), None)


def _part(text: str) -> str:
    """Escape the separator, so that no two orders or lines get the same id."""
    return text.replace("%", "%25").replace("/", "%2F")


def _adds_up(mapped: Mapped, amounts: list[Revenue | None]) -> bool:
    """Do the lines add up to the order's amount, with or without shipping, tax and discount?

    True where an amount is missing, which has its own diagnostic.
    """
    order = mapped.revenue
    known = [one for one in amounts if one is not None]
    if order is None or len(known) < len(amounts):
        return True
    rest = order.value - fsum(one.value for one in known)
    parts = _parts(mapped.event)
    sums = (fsum(some) for size in range(len(parts) + 1) for some in combinations(parts, size))
    decimals = 2 if order.currency is None else decimals_of(order.currency)
    rounded = 0.51 * 10**-decimals * len(amounts) + 1e-9 * abs(order.value)
    return any(abs(rest - one) <= rounded for one in sums)


def _parts(event: Event) -> list[float]:
    data = event.get("data")
    if not isinstance(data, dict):
        return []
    signs = {**dict.fromkeys(_ADDED, 1), **dict.fromkeys(_TAKEN, -1)}
    read = ((sign, parse_amount(data[name])[0]) for name, sign in signs.items() if name in data)
    return [sign * amount for sign, amount in read if amount is not None]
