"""What is still news?

The only place where prior state and the clock come in: an upsert that says what Klaviyo was last
told is left out, and an event more than a year ahead is refused.
"""

from __future__ import annotations

from attrs import evolve

from .diagnostics import Diagnostic
from .klaviyo.calls import Call, CreateEvent, UpsertProfile
from .klaviyo.clock import format_time
from .klaviyo.limits import MAX_FUTURE_MS
from .klaviyo.profile import ProfileState
from .plan import Outcome, Plan
from .walkeros.event import MAX_TIMESTAMP_MS, MIN_TIMESTAMP_MS


def settle(
    plan: Plan, prior: ProfileState | None = None, now: float | None = None
) -> tuple[Plan, ProfileState | None]:
    """The plan without what is no longer news, and the profile's state after it.

    `now` is in milliseconds since 1970, like an event's timestamp; without it the future is not
    judged. The state is to be stored with the calls, and taken back if the upsert dies.

    >>> settle(Plan("ignored"), None)[1] is None
    True
    """
    if not plan.calls:
        return plan, prior
    if now is not None and now == now:  # NaN is no time
        plan = _judge_future(plan, now)
    if plan.key is None:
        return plan, prior
    calls: list[Call] = []
    state = prior
    for call in plan.calls:
        told = None if call.refusal else call.fingerprint
        if told is None:
            calls.append(call)
        elif state is None or state.fingerprint != told:
            calls.append(call)
            state = ProfileState(told)
    if len(calls) == len(plan.calls):
        return plan, state
    rest = tuple(calls)
    shorter = Plan(  # twice as fast as evolve, and this is what most events come to
        outcome_of(rest),
        rest,
        plan.diagnostics,
        plan.rule,
        key=plan.key,
        account=plan.account,
    )
    return shorter, state


def outcome_of(calls: tuple[Call, ...]) -> Outcome:
    """What becomes of an identified event with these calls.

    Of a plan only the calls with an error are withheld: a good upsert goes although its event is
    refused, and the other way round. It is refused where all are that decide: those that are sent
    always, or, where there is none of that kind, all of them.

    >>> outcome_of(())
    'unchanged'
    """
    if not calls:
        return "unchanged"
    last = calls[-1]
    if not last.refusal and not isinstance(last, UpsertProfile):
        return "send"  # nearly all
    deciding = [call for call in calls if not isinstance(call, UpsertProfile)] or calls
    return "refused" if all(call.refusal for call in deciding) else "send"


def _judge_future(plan: Plan, now: float) -> Plan:
    ahead = max(now + MAX_FUTURE_MS, MIN_TIMESTAMP_MS)
    limit = format_time(min(ahead, MAX_TIMESTAMP_MS))
    late = [call for call in plan.calls if _is_late(call, limit)]
    if not late:
        return plan
    message = f"lies after {limit}, more than a year ahead"
    found = Diagnostic("time.too-late", "timestamp", message)
    calls = tuple(
        evolve(call, refusal=(*call.refusal, found)) if call in late else call
        for call in plan.calls
    )
    return evolve(
        plan, outcome=outcome_of(calls), calls=calls, diagnostics=(*plan.diagnostics, found)
    )


def _is_late(call: Call, limit: str) -> bool:
    """Is it an event's, beyond the limit, and not judged before?"""
    return (
        isinstance(call, CreateEvent)
        and call.time > limit
        and all(one.code != "time.too-late" for one in call.refusal)
    )
