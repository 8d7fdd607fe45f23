"""Does an event go by the unique id of another one, or come again under a new one?

Of two events with one metric, person and unique id Klaviyo keeps the first; that is what makes a
repeated event count once. Where the content differs, something else is lost, and that is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core.klaviyo.calls import Json

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

_REPEATED: Final = Diagnostic(
    "event.repeated",
    "id",
    "came before for another person or with another unique id; Klaviyo records both",
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
    known_as = _memory()

    def note(plan: Plan) -> Plan:
        is_reused = False
        for call in plan.calls:
            metric = call.metric
            if metric is None or call.refusal:
                continue
            said = call.attributes
            place = hash((metric, _person(plan), said.get("unique_id")))
            content = _content(said)
            if known_as(place, content) != content:
                is_reused = True
        if not is_reused or _FOUND in plan.diagnostics:  # whoever planned it may have said so
            return plan
        return evolve(plan, diagnostics=(*plan.diagnostics, _FOUND))

    return note


def noting_repeats() -> Callable[[Plan, str | None], Plan]:
    """A function that notes where an event comes again and would be recorded a second time.

    It is given a plan and the event's own id. What comes again with the same person and unique id
    is recorded once, and nothing need be said.

    >>> from .klaviyo.calls import CREATE_EVENT
    >>> def order(number):
    ...     metric = {"data": {"attributes": {"name": "Placed Order"}}}
    ...     attributes = {"metric": metric, "unique_id": number}
    ...     call = Call(CREATE_EVENT, {"data": {"attributes": attributes}})
    ...     return Plan("send", (call,), keys=("external_id:7",))
    >>> note = noting_repeats()
    >>> [len(note(order(number), "e1").diagnostics) for number in ("O-1", "O-1", "O-2")]
    [0, 0, 1]
    """
    known_as = _memory()

    def note(plan: Plan, event_id: str | None) -> Plan:
        if event_id is None:
            return plan
        went: dict[str, set[object]] = {}
        for call in plan.calls:
            metric = call.metric
            if metric is not None and not call.refusal:
                went.setdefault(metric, set()).add((_person(plan), call.unique_id))
        for metric, ids in went.items():
            content = hash(frozenset(ids))
            if known_as(hash((event_id, metric)), content) != content:
                return evolve(plan, diagnostics=(*plan.diagnostics, _REPEATED))
        return plan

    return note


def _memory() -> Callable[[int, int], int]:
    """A function that says what stood first in a place, and keeps what is new; of the latest."""
    first: dict[int, int] = {}
    older: dict[int, int] = {}

    def known_as(place: int, content: int) -> int:
        nonlocal first, older
        known = first.get(place)
        if known is None:
            known = first[place] = older.get(place, content)
            if len(first) >= MOST:
                first, older = {}, first
        return known

    return known_as


def _person(plan: Plan) -> object:
    return next(iter(plan.keys or plan.devices), None)


def _content(attributes: Json) -> int:
    """All but the time: a page that is loaded again says the same a little later."""
    said = [attributes.get(name) for name in ("properties", "value", "value_currency")]
    try:
        return hash(_frozen(said))
    except TypeError:  # of a type that a user's own stage made, and JSON has not
        return hash(digest(said))


def _frozen(value: Any) -> Any:
    """Content that can be hashed; the order of an object's keys says nothing."""
    if isinstance(value, dict):
        return frozenset(
            [(key, _frozen(one) if one.__class__ in _OTHERS else one) for key, one in value.items()]
        )
    if isinstance(value, list):
        return tuple([_frozen(one) if one.__class__ in _OTHERS else one for one in value])
    return bool, value  # True is 1 to Python, and not to JSON


_OTHERS: Final = frozenset({dict, list, bool})
"""What does not stand for itself."""
