"""Laws: is anything sent that no mapping names?

Marks are put into the event where nothing reads it; none of them may turn up in a call. A user's
`fn` may read anything, so these laws do not judge rules that have one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.pipeline import pipeline
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.value.tree import Function
from walkeros_klaviyo.core.walkeros.value.walk import nodes
from walkeros_klaviyo.verify.reads import mappings_of
from walkeros_klaviyo.verify.strategies.places import Path, covers, meets, plant
from walkeros_klaviyo.verify.strategies.reads import ALWAYS, Read, reads, reads_of, value_reads

from .law import Breach, Breaches, law
from .sameness import parts, text_of
from .tracking import Tracking

SOURCE: Final = "data minimisation: what no mapping names stays with the shop"
MARK: Final = "CANARY"
PERSON: Final = "canary7431"
"""A mark for places where an identifier is read; phone numbers end in 317431."""
PHONE: Final = "+4915174317431"


@law(SOURCE)
def nothing_leaves_that_no_mapping_names(tracking: Tracking, event: Event) -> Breaches:
    """Nothing leaves that no mapping of the event's rule names."""
    plan = _marked(tracking, event)
    for call in plan.calls:
        for one in parts(call.body):
            if isinstance(one, str) and MARK in one:
                yield Breach(f"{one} is sent, and no mapping reads it", call)
    if MARK in text_of(plan.keys):
        yield Breach("the keys hold it")


@law(SOURCE)
def no_personal_data_in_properties(tracking: Tracking, event: Event) -> Breaches:
    """Email, phone, ids and names are in no event property unless its data names their place."""
    for call in _marked(tracking, event).calls:
        text = "" if call.metric is None else text_of([call.properties, call.metric])
        if PERSON in text or PHONE[-10:] in text:
            yield Breach("an identifier is in the properties or the metric's name", call)


def _marked(tracking: Tracking, event: Event) -> Plan:
    """The plan of the event with marks in it, by its own rule; empty if that has a `fn`."""
    rule = tracking.look(event).rule
    marking = None if rule is None else tracking.remembered(_marking, rule)
    return _NOTHING if marking is None else tracking.remembered(marking, event)


_NOTHING: Final = Plan("ignored")


def _marking(tracking: Tracking, rule: KlaviyoRule) -> Callable[[Tracking, Event], Plan] | None:
    policy = dict(tracking.config.policy)
    values = (*mappings_of(rule), *policy.values())
    if any(isinstance(one, Function) for value in values for one in nodes(value.tree)):
        return None
    known = {*reads_of(rule), *(Read(path, "always") for path in ALWAYS)}
    known |= {one for value in policy.values() for one in value_reads(value.tree)}
    met = evolve(tracking.stages, rule=lambda config, event: (rule, ()))  # bypasses conditions
    transform = pipeline(tracking.config, met)
    places = [one for one in known if one.kind != "source"]
    return lambda _, event: transform.plan(_mark(event, (), places))


_NAMED: Final = ("data", "section", "value", "currency", "backfill", "phone_region")
"""Kinds of reads whose places are left unchanged."""


def _mark(value: Any, at: Path, known: Sequence[Read]) -> Any:
    """A copy with marks; what is read keeps its shape, so that the event meets the same rule."""
    known = [one for one in known if meets(one.path, at)]
    kinds = {one.kind for one in known if covers(one.path, at)}
    if at in (("name",), ("timestamp",), ("consent",)) or kinds & set(_NAMED):
        return value
    if kinds:
        return _stand_in(value, kinds)
    if isinstance(value, dict):
        marked = {key: _mark(item, (*at, key), known) for key, item in value.items()}
        mark = (*at, f"{MARK}-key")
        is_read = any(covers(one.path, mark) for one in known)
        return marked if is_read else {**marked, mark[-1]: f"{MARK} {'.'.join(at)}"}
    if isinstance(value, list):
        return [_mark(item, (*at, str(index)), known) for index, item in enumerate(value)]
    return value if value is None else f"{MARK} {'.'.join(at)}"


def _stand_in(value: Any, kinds: set[str]) -> Any:
    if not isinstance(value, str) or not value:
        return value
    if "email" in kinds:
        return f"{PERSON}@example.com"
    return PHONE if "phone_number" in kinds else PERSON


@law("diagnostics go to logs; what is wrong with a value may be personal")
def diagnostics_repeat_no_value(tracking: Tracking, event: Event) -> Breaches:
    """No diagnostic repeats a value of the event."""
    for odd in (f"{MARK}@@x", [MARK, None], {"a": MARK, "b": None}):
        marked = event
        for path in tracking.remembered(_places, None):
            marked = plant(marked, path, odd)
        told = tracking.explain(marked, now=0)
        notes = [*told.plan.diagnostics, *(one for call in told.plan.calls for one in call.refusal)]
        notes += [one for seen in told.stages for one in seen.diagnostics]
        for one in notes:
            if MARK in text_of(one.to_dict()):
                yield Breach(f"{one.code} repeats a value")


def _places(tracking: Tracking, _: None) -> list[Path]:
    return [one.path for one in reads(tracking.config) if one.path[0] not in _KEPT]


_KEPT: Final = ("name", "timestamp", "consent", "*", "0")
