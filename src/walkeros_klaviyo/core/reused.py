"""Does an event reuse another event's unique id, or repeat an event under a new id?

Of events with the same metric, person and unique id, Klaviyo keeps only the first, so that a
repeated event counts once. If their content differs, an event is lost, and a diagnostic says so.
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
"""How many events to remember at least, and at most twice as many: two numbers each."""
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
    """A function that returns each plan, with a diagnostic added where a unique id is reused.

    It remembers the ids it has seen, so use a new one for each stream.

    >>> from .klaviyo.calls import CREATE_EVENT, Call
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
        if not is_reused or _FOUND in plan.diagnostics:  # the plan may say so already
            return plan
        return evolve(plan, diagnostics=(*plan.diagnostics, _FOUND))

    return note


def noting_repeats() -> Callable[[Plan, str | None], Plan]:
    """A function that notes where a repeated event would be recorded a second time.

    It takes a plan and the event's own id. A repetition with the same person and unique id is
    recorded only once, so it gets no diagnostic.

    >>> from .klaviyo.calls import CREATE_EVENT, Call
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
    """A function (key, value) -> the first value seen under that key; it keeps only recent keys."""
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
    """A hash of everything but the time: a reloaded page sends the same a little later."""
    said = [attributes.get(name) for name in ("properties", "value", "value_currency")]
    try:
        return hash(_frozen(said))
    except TypeError:  # of a type from a custom stage that JSON lacks
        return hash(digest(said))


def _frozen(value: Any) -> Any:
    """The content made hashable, ignoring the order of keys."""
    if isinstance(value, dict):
        return frozenset(
            [(key, _frozen(one) if one.__class__ in _OTHERS else one) for key, one in value.items()]
        )
    if isinstance(value, list):
        return tuple([_frozen(one) if one.__class__ in _OTHERS else one for one in value])
    return bool, value  # True equals 1 in Python, but not in JSON


_OTHERS: Final = frozenset({dict, list, bool})
"""Types that must be converted."""
