"""Is a transform a pure and total function?"""

from __future__ import annotations

from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.state import ProfileState
from walkeros_klaviyo.core.walkeros.event import Event

from .law import Breach, Tracking, law
from .sameness import text_of, turned

NOW: Final = 1_700_000_000_000
SOURCE: Final = "functional core: (event, prior state) -> (plan, new state), and nothing else"


@law(SOURCE)
def nothing_is_mutated(tracking: Tracking, event: Event) -> Breach | None:
    """Planning and explaining change nothing of what they are given."""
    before = text_of(event), text_of(turned(turned(event)))
    states = {"external_id:u1": ProfileState("f")}
    plan, _ = tracking.transform(event, states, NOW)
    tracking.explain(event, states, NOW).to_dict()
    told = text_of([call.body for call in plan.calls])
    tracking.plan(event)
    if (text_of(event), text_of(turned(turned(event)))) != before:
        return Breach("the event has changed", *plan.calls[-1:])
    if states != {"external_id:u1": ProfileState("f")}:
        return Breach("the states have changed")
    if text_of([call.body for call in plan.calls]) != told:
        return Breach("an earlier plan has changed", *plan.calls[-1:])
    return None


@law(SOURCE, about="anything")
def a_transform_never_raises(tracking: Tracking, raw: Any) -> Breach | None:
    """A transform never raises, whatever JSON it is given."""
    given = [raw]
    if isinstance(raw, dict):
        given += [{**raw, key: [raw.get(key)]} for key in ("user", "data", "consent", "id")]
    for one in given:
        try:
            plan, _ = tracking.transform(one, {}, NOW)
            tracking.explain(one, {}, NOW).to_dict()
        except Exception as error:
            return Breach(f"it raises {type(error).__name__}")
        if not isinstance(one, dict) and plan.outcome != "invalid":
            return Breach(f"what is no object is {plan.outcome}", *plan.calls[-1:])
    return None
