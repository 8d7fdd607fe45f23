"""Which calls are sent when a dead letter's event is planned again?

The plan is made by today's configuration, like any other; but what was delivered before is not sent
again, and nothing newer is overwritten.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve

from walkeros_klaviyo.core.diagnostics import Diagnostic
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.settle import deciding, outcome_of

OVERTAKEN: Final = Diagnostic(
    "profile.stale", "timestamp", "Klaviyo has newer data about this person"
)


def once_more(plan: Plan, call: str | None, decides: bool, is_overtaken: bool) -> Plan:
    """The part of the plan to send for an event one of whose calls was a dead letter.

    If the dead call represented its event, the whole plan is sent. If not, the event's own call was
    delivered, is pending, or is a dead letter itself, so only calls like the dead one are sent. If
    Klaviyo has since been sent something newer about the person (`is_overtaken`), upserts are not.

    >>> once_more(Plan("denied"), None, True, True)
    <Plan denied: none>
    """
    if not plan.calls:
        return evolve(plan, outcome="refused") if plan.outcome == "invalid" else plan
    calls = plan.calls
    if not decides:
        own = deciding(calls)
        calls = tuple(
            one for one in calls if one.name == call and (one is not own or one.metric is None)
        )
    rest = tuple(one for one in calls if not is_overtaken or not one.is_upsert)
    if len(rest) == len(plan.calls):
        return plan
    told = () if len(rest) == len(calls) else (OVERTAKEN,)
    return evolve(
        plan, calls=rest, outcome=outcome_of(rest), diagnostics=(*plan.diagnostics, *told)
    )
