"""What goes of an event that was dead, and is planned anew?

Its plan is made as any other's, by today's configuration; but what was settled before is not done
twice, and what is known since is not overwritten.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve

from walkeros_klaviyo.core.diagnostics import Diagnostic
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.settle import deciding, outcome_of

OVERTAKEN: Final = Diagnostic(
    "profile.stale", "timestamp", "Klaviyo was told something newer of this person since"
)


def once_more(plan: Plan, call: str | None, decides: bool, is_overtaken: bool) -> Plan:
    """What goes of the plan of an event of which this call was dead.

    Where the dead call decided its event, all of the plan goes. Where it did not, its event's own
    call was delivered, waits, or is a dead letter of its own: only calls like the dead one go. Of a
    person of whom Klaviyo was told something later (`is_overtaken`) nothing older is told.

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
