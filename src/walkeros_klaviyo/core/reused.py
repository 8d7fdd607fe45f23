"""Does an event go by the unique id of another one?

Of two events with one metric, person and unique id Klaviyo keeps the first; that is what makes a
repeated event count once. Where the content differs, something else is lost, and that is told.
"""

from __future__ import annotations

import marshal
from typing import Final

from attrs import evolve

from .diagnostics import Diagnostic
from .klaviyo.calls import Call
from .plan import Plan

MOST: Final = 10_000
"""Calls that are remembered: two numbers each."""

Recent = dict[int, int]
"""What lately went by which id, as hashes, the latest last."""


def note_reuse(plan: Plan, recent: Recent) -> Plan:
    """The plan, with a diagnostic where an id stood for other content; `recent` learns its calls.

    >>> from .klaviyo.calls import CREATE_EVENT
    >>> def order(total):
    ...     metric = {"data": {"attributes": {"name": "Placed Order"}}}
    ...     attributes = {"metric": metric, "unique_id": "O-1", "value": total}
    ...     return Plan("send", (Call(CREATE_EVENT, {"data": {"attributes": attributes}}),))
    >>> recent = {}
    >>> [len(note_reuse(order(total), recent).diagnostics) for total in (5, 5, 7)]
    [0, 0, 1]
    """
    found = False
    for call in plan.calls:
        if call.metric is None or call.refusal:
            continue
        place = hash((call.metric, plan.keys[:1], plan.account, call.unique_id))
        content = _content(call)
        if len(recent) >= MOST and place not in recent:
            del recent[next(iter(recent))]
        found = found or recent.setdefault(place, content) != content
    if not found:
        return plan
    message = "stood for other content of the same metric and person; Klaviyo keeps the first"
    return evolve(
        plan,
        diagnostics=(*plan.diagnostics, Diagnostic("unique-id.reused", "unique_id", message)),
    )


def _content(call: Call) -> int:
    """All but the time: a page that is loaded again says the same a little later."""
    attributes = call.attributes
    said = [attributes.get(name) for name in ("properties", "value", "value_currency")]
    try:
        return hash(marshal.dumps(said, 2))
    except ValueError:  # a subclass of str or float, which JSON takes all the same
        return 0
