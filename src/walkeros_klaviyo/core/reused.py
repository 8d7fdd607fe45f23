"""Does an event go by the unique id of another one?

Of two events with one metric, person and unique id Klaviyo keeps the first; that is what makes a
repeated event count once. Where the content differs, something else is lost, and that is told.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable
from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core.klaviyo.calls import Call

from .canonical import digest
from .diagnostics import Diagnostic
from .plan import Plan

MOST: Final = 10_000
"""So many events, at least, are remembered, and at most twice as many: two numbers each."""
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
    first: dict[int, int] = {}
    older: dict[int, int] = {}

    def note(plan: Plan) -> Plan:
        nonlocal first, older
        is_reused = False
        for call in plan.calls:
            if call.metric is None or call.refusal:
                continue
            person = plan.keys[0] if plan.keys else call.identifiers.get("anonymous_id")
            place = hash((call.metric, person, call.unique_id))
            content = _content(call)
            known = first.get(place)
            if known is None:
                known = first[place] = older.get(place, content)
                if len(first) >= MOST:
                    first, older = {}, first
            if known != content:
                is_reused = True
        if not is_reused:
            return plan
        return evolve(plan, diagnostics=(*plan.diagnostics, _FOUND))

    return note


def _content(call: Call) -> int:
    """All but the time: a page that is loaded again says the same a little later."""
    value = None if call.value is None else float(call.value)
    said = [_ordered(call.properties), value, call.value_currency]
    try:
        return hash(marshal.dumps(said, 2))
    except ValueError:  # a subclass of str or float, which JSON takes all the same
        return hash(digest(said))


def _ordered(value: Any) -> Any:
    """The order of an object's keys says nothing."""
    if isinstance(value, dict):
        return tuple([(key, _ordered(value[key])) for key in sorted(value)])
    return list(map(_ordered, value)) if isinstance(value, list) else value
