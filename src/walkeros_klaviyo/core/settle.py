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
    first = plan.calls[0]
    if plan.key is None or not isinstance(first, UpsertProfile) or first.refusal:
        return plan, prior
    fingerprint = first.fingerprint
    if prior is None or prior.fingerprint != fingerprint:
        return plan, ProfileState(fingerprint)
    rest = plan.calls[1:]
    shorter = Plan(  # twice as fast as evolve, and this is what most events come to
        outcome_of(rest),
        rest,
        plan.diagnostics,
        plan.rule,
        key=plan.key,
        account=plan.account,
    )
    return shorter, prior


def outcome_of(calls: tuple[Call, ...]) -> Outcome:
    """What becomes of an identified event with these calls.

    Of a plan only the calls with an error are withheld: a good upsert goes although its event is
    refused, and the other way round. The event decides; a refused upsert alone is refused.

    >>> outcome_of(())
    'unchanged'
    """
    if not calls:
        return "unchanged"
    return "refused" if calls[-1].refusal else "send"


def _judge_future(plan: Plan, now: float) -> Plan:
    last = plan.calls[-1]
    ahead = max(now + MAX_FUTURE_MS, MIN_TIMESTAMP_MS)
    limit = format_time(min(ahead, MAX_TIMESTAMP_MS))
    if not isinstance(last, CreateEvent) or last.time <= limit:
        return plan
    if any(one.code == "time.too-late" for one in last.refusal):
        return plan  # judged before
    message = f"lies after {limit}, more than a year ahead"
    found = Diagnostic("time.too-late", "timestamp", message)
    late = evolve(last, refusal=(*last.refusal, found))
    return evolve(
        plan,
        outcome="refused",
        calls=(*plan.calls[:-1], late),
        diagnostics=(*plan.diagnostics, found),
    )
