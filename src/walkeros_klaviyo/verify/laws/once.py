"""Laws: is each event recorded once, retries not again, and no event dropped as a repeat?

Source: Klaviyo Create Event, `unique_id`: the first per profile and metric is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core.canonical import digest
from walkeros_klaviyo.core.klaviyo.blank import AROUND
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.verify.reads import is_computed
from walkeros_klaviyo.verify.strategies.aim import Target
from walkeros_klaviyo.verify.strategies.places import Path, found, plant, without
from walkeros_klaviyo.verify.strategies.reads import value_reads

from .identity import NOBODY, is_nothing
from .law import Breach, Breaches, law, of_sent
from .revenue import exactly
from .sameness import plan_text, turned
from .tracking import Sent, Tracking

SOURCE: Final = "Klaviyo Create Event, unique_id: the first per profile and metric is kept"
ORDER: Final = "Placed Order"
REVERSALS: Final = ("Canceled Order", "Cancelled Order", "Refunded Order", "Fulfilled Order")


def _sent(plan: Plan) -> str:
    """The outcome and calls, without diagnostics, whose order may differ."""
    return plan_text(evolve(plan, diagnostics=()))


@law(SOURCE)
def a_retry_never_doubles(tracking: Tracking, event: Event) -> Breaches:
    """The same event, sent again, makes the same bodies with the same unique_id."""
    plan = tracking.plan(event)
    for again in (event, deepcopy(event), turned(event)):
        other = tracking.plan(again)
        if _sent(other) != _sent(plan):
            yield Breach("the same event makes other calls", *other.calls[-1:])
    call = plan.event
    if call is None:
        return
    own = call.attributes.get("unique_id")
    if not isinstance(own, str) or own.strip().lower() in NOBODY:
        yield Breach("it has no unique_id", call)


@of_sent(SOURCE)
def the_unique_id_is_the_mappings_or_the_events(tracking: Tracking, sent: Sent) -> Breaches:
    """The unique_id is what its mapping finds, else the event's id, else a digest of the event."""
    call = sent.call
    for raw in (*sent.options("unique_id"), sent.event.get("id")):
        if is_id(raw):
            if not _same(raw, str(call.unique_id)):
                yield Breach(f"it is {call.unique_id!r}, and not {raw!r}", call)
            return
    if call.unique_id != digest(sent.raw):
        yield Breach("it is not a digest of it", call)


def is_id(raw: Any) -> bool:
    """Can the value be a unique id?"""
    if isinstance(raw, str):
        return not is_nothing(raw)
    return isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) < 10**100


def _same(raw: Any, text: str) -> bool:
    return raw.strip(AROUND) == text if isinstance(raw, str) else exactly(raw) == exactly(text)


@of_sent(SOURCE)
def distinct_events_have_distinct_unique_ids(tracking: Tracking, sent: Sent) -> Breaches:
    """Two events that differ in their ids and data are never taken for one."""
    other = None if _is_computed(sent.rule) else _another(sent.raw, list(_paths(sent.rule)))
    twin = None if other is None else tracking.sent(other)
    if twin and twin.rule is sent.rule and twin.call.unique_id == sent.call.unique_id:
        yield Breach(f"another event, {other!r}, has the same unique_id", sent.call)


def _is_computed(rule: KlaviyoRule) -> bool:
    """Does a user's function or a policy affect the unique id? Then it cannot be predicted."""
    return bool(rule.policy) or is_computed(rule.settings.unique_id)


def _another(event: Event, paths: list[Path]) -> Event | None:
    """The event with other ids wherever the unique id may come from; None if impossible."""
    own = event.get("id")
    other = {**event, "id": f"{own}-2" if isinstance(own, str) and own else "e-2"}
    for path in paths:
        for value in found(event, path)[:1] if path != ("id",) else ():
            if isinstance(value, str) and value:
                other = plant(other, path, f"{value}-2")
            elif type(value) is int and abs(value) < 2**53:
                other = plant(other, path, value + 1)
            else:
                return None
    return other


@of_sent("Klaviyo's shop metrics: a cancellation or refund carries the Placed Order's unique_id")
def a_reversal_carries_the_orders_unique_id(tracking: Tracking, sent: Sent) -> Breaches:
    """What cancels, refunds or fulfils an order carries the unique_id of its Placed Order."""
    call, order = sent.call, sent.rule
    if order.name != ORDER or order.settings.unique_id is None or _is_computed(order):
        return
    if set(_paths(order)) <= {("id",)} or not is_id(order.settings.unique_id(sent.event)):
        return  # an order without an id of its own
    for target in tracking.aim.targets:
        rule = target.rule
        if rule.name not in REVERSALS or rule.settings.unique_id is None or _is_computed(rule):
            continue
        twin = tracking.sent(_reversal(sent.raw, order, target, call))
        if twin and twin.rule is rule and twin.call.unique_id != call.unique_id:
            yield Breach(f"{rule.name} has another unique_id than its order", twin.call)


def _reversal(event: Event, order: KlaviyoRule, target: Target, call: Call) -> Event:
    """A full reversal of the order: the same data under the reversal's name, with its own id."""
    twin = {**event, "name": target.names[0], "id": "another-event"}
    own = set(_paths(order))
    others = [path for path in _paths(target.rule) if path not in own]
    shared = len(others) < len(set(_paths(target.rule)))
    for path in others:
        if path != ("id",):
            twin = without(twin, path) if shared else plant(twin, path, call.unique_id)
    return twin


def _paths(rule: KlaviyoRule) -> Iterator[Path]:
    if rule.settings.unique_id is not None:
        for one in value_reads(rule.settings.unique_id.tree):
            yield one.path
