"""Does an event go by the unique id of another one?

Of two events with one metric, person and unique id Klaviyo keeps the first; that is what makes a
repeated event count once. Where the content differs, something else is lost, and that is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import evolve

from .canonical import digest
from .diagnostics import Diagnostic
from .klaviyo.calls import Call
from .plan import Plan

MOST: Final = 10_000
"""Events that are remembered: a number and a digest each."""
_FOUND: Final = Diagnostic(
    "unique-id.reused",
    "unique_id",
    "stood for other content of the same metric and person; Klaviyo keeps the first",
)


def noting_reuse() -> Callable[[Plan], Plan]:
    """A function that gives back plan after plan, with a diagnostic where an id is used again.

    It remembers what went by which id, so each stream has one of its own.

    >>> from .klaviyo.calls import CREATE_EVENT
    >>> def order(total):
    ...     metric = {"data": {"attributes": {"name": "Placed Order"}}}
    ...     attributes = {"metric": metric, "unique_id": "O-1", "value": total}
    ...     call = Call(CREATE_EVENT, {"data": {"attributes": attributes}})
    ...     return Plan("send", (call,), keys=("external_id:7",))
    >>> note = noting_reuse()
    >>> [len(note(order(total)).diagnostics) for total in (5, 5, 7)]
    [0, 0, 1]
    """
    first: dict[int, str] = {}

    def note(plan: Plan) -> Plan:
        is_reused = False
        for call in plan.calls if plan.keys else ():
            if call.metric is None or call.refusal:
                continue
            place = hash((call.metric, plan.keys[0], call.unique_id))
            content = _content(call)
            known = first.get(place)
            if known is None:
                if len(first) >= MOST:
                    del first[next(iter(first))]
                first[place] = content
            elif known != content:
                is_reused = True
        if not is_reused:
            return plan
        return evolve(plan, diagnostics=(*plan.diagnostics, _FOUND))

    return note


def _content(call: Call) -> str:
    """All but the time: a page that is loaded again says the same a little later."""
    value = None if call.value is None else float(call.value)
    return digest([call.properties, value, call.value_currency])
