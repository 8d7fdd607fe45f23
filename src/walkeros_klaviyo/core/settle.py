"""Which calls does Klaviyo still need?

The only step that uses prior state and the clock: it leaves out an upsert that repeats what Klaviyo
was last sent or is older than that, and refuses an event dated more than a year ahead.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core.klaviyo.calls import UPSERT_PROFILE, Call, Calls
from walkeros_klaviyo.core.klaviyo.clock import format_time
from walkeros_klaviyo.core.klaviyo.limits import MAX_FUTURE_MS
from walkeros_klaviyo.core.klaviyo.state import (
    NOTHING_KNOWN,
    ProfileState,
    States,
    is_one,
    is_stale,
    is_told,
    kind_of_key,
    meet,
    overwrite,
    tell,
)
from walkeros_klaviyo.core.klaviyo.subscribed import is_known, is_overruled, said
from walkeros_klaviyo.core.walkeros.event import MAX_TIMESTAMP_MS, MIN_TIMESTAMP_MS

from .diagnostics import Diagnostic
from .plan import Outcome, Plan

Settled = tuple[Plan, States]
"""The plan without what is no news, and the states that change when it is sent."""


def settle(plan: Plan, prior: States | None = None, now: float | None = None) -> Settled:
    """The plan without redundant calls, and the states that it changes, by key.

    `prior` holds the known states under the plan's `state_keys`; other keys are ignored, and
    without `prior` nothing is known. `now` is in milliseconds since 1970, like an event's
    timestamp; without it, future dates are not checked. Store the changes (`state.merged`) together
    with the calls, and take them back if the upsert is dead-lettered.

    >>> settle(Plan("ignored"))[1]
    mappingproxy({})
    """
    if not plan.calls:
        return plan, NOTHING_KNOWN
    if now is not None and now == now:  # not NaN
        plan = _judge_future(plan, now)
    keys, time = plan.keys, plan.time
    if not plan.tells or not (keys or plan.devices):
        return plan, NOTHING_KNOWN
    if time is not None and now is not None and now < time:
        time = now
    known: States = NOTHING_KNOWN if prior is None else prior
    left_out: dict[Diagnostic, None] = {}
    changes: dict[str, ProfileState] = {}
    calls: list[Call] = []
    for call in plan.calls:
        if call.refusal:
            calls.append(call)
            continue
        reason = None
        if call.fingerprint is None:
            goes, news = True, _met(call, plan, known)
        elif call.topics:
            goes, news, reason = _subscribed(call, keys, known, time)
        else:
            goes, news, reason = _upserted(call, keys, known, time)
        if goes:
            calls.append(call)
        if reason is not None:
            left_out[reason] = None
        if news:
            changes |= news
            known = {**_of(plan.state_keys, known), **news}
    if len(calls) == len(plan.calls):
        return plan, changes
    rest = tuple(calls)
    shorter = Plan(  # twice as fast as evolve, and most events end here
        outcome_of(rest),
        rest,
        (*plan.diagnostics, *left_out) if left_out else plan.diagnostics,
        plan.rule,
        keys,
        plan.account,
        plan.time,
        plan.tells,
        plan.devices,
    )
    return shorter, changes


Judged = tuple[bool, States, Diagnostic | None]
"""Whether to send the call, the states it changes, and why it is not sent."""


def _met(call: Call, plan: Plan, known: States) -> States:
    """States changed by a call that is always sent: identifiers in one event are one person's."""
    if not plan.keys:
        tells = call.profile.keys() > call.identifiers.keys()
        return overwrite(plan.devices, known) if tells else NOTHING_KNOWN
    everyone = (*plan.keys, *plan.devices) if plan.devices else plan.keys
    return NOTHING_KNOWN if _are_one(everyone, known) else meet(everyone, known)


def _subscribed(call: Call, keys: tuple[str, ...], known: States, time: float | None) -> Judged:
    """Send a subscription where it is new, or where it joins identifiers known separately."""
    word: Any = call.fingerprint
    told = _of((*call.topics, *call.doubts), known)
    about = call.topics if word == "LISTED" else tuple(told)
    if is_overruled(about, told, word, time):
        return False, NOTHING_KNOWN, _OVERRULED
    named = _named(keys, call)
    # Consent belongs to an address, list membership to a profile, which may have changed hands.
    are_one = is_one(named, known) if word == "LISTED" else _are_one(named, known)
    news = said(call.topics, call.doubts, told, word, time)
    goes = not are_one or not is_known(call.topics, call.doubts, told, word)
    return goes, news if are_one else news | meet(named, known), None


def _upserted(call: Call, keys: tuple[str, ...], known: States, time: float | None) -> Judged:
    """Send an upsert where Klaviyo was last sent something else, and by no newer event."""
    named, told = _named(keys, call), str(call.fingerprint)
    if not named:  # a custom stage upserts somebody else, a friend for example
        return True, NOTHING_KNOWN, None
    if is_told(named, known, told):
        return False, NOTHING_KNOWN, None
    if time is not None and is_stale(named, known, time):
        return False, NOTHING_KNOWN, _STALE
    return True, tell(named, known, told, time), None


def _are_one(keys: tuple[str, ...], known: States) -> bool:
    """Are they surely one profile's? A single key always is."""
    return len(keys) < 2 or is_one(keys, known)


def _named(keys: tuple[str, ...], call: Call) -> tuple[str, ...]:
    """The keys that the call names: an upsert omits `_kx` where it has a better identifier."""
    who = call.body["data"]["attributes"] if call.name == UPSERT_PROFILE else call.profile
    for key in keys:
        field, _, text = key.partition(":")
        if who.get(field) != text and not _names(who, key):  # nearly always it does
            return tuple(one for one in keys if _names(who, one))
    return keys


def _names(who: Mapping[str, Any], key: str) -> bool:
    """Does the profile carry this key's identifier? The key may have an account prefix."""
    kind = kind_of_key(key)
    value = who.get(kind)
    if not isinstance(value, str):
        return False
    return key.endswith(f"{kind}:{value.lower() if kind == 'email' else value}")


def _of(keys: tuple[str, ...], states: States) -> dict[str, ProfileState]:
    return {key: states[key] for key in keys if key in states}


_STALE: Final = Diagnostic(
    "profile.stale", "timestamp", "Klaviyo already has data from an event more than a day newer"
)
_OVERRULED: Final = Diagnostic(
    "subscription.stale", "timestamp", "a newer event already said otherwise"
)


def outcome_of(calls: Calls) -> Outcome:
    """The outcome of an identified event with these calls.

    Only the refused calls of a plan are withheld: a good upsert is sent even if its event is
    refused, and the other way round.

    >>> outcome_of(())
    'unchanged'
    """
    for call in calls:
        if call.fingerprint is None and not call.refusal:
            return "send"  # nearly always
    if not calls:
        return "unchanged"
    return "refused" if deciding(calls).refusal else "send"


def saved_by(plan: Plan, settled: Plan) -> int:
    """How many upserts were left out because Klaviyo knows already what they say.

    >>> saved_by(Plan("send"), Plan("send"))
    0
    """
    if len(settled.calls) == len(plan.calls) or _STALE in settled.diagnostics:
        return 0
    return len(plan.upserts) - len(settled.upserts)


def deciding(calls: Calls) -> Call:
    """The call that represents its event in outcomes and counts.

    The first call that is always sent, else the first; acceptable calls are preferred to refused.
    """
    always = [call for call in calls if call.fingerprint is None] or calls
    return next((call for call in always if not call.refusal), always[0])


def _judge_future(plan: Plan, now: float) -> Plan:
    # Worked out once a day, for `now` is another one for each event.
    day = max(min(now, MAX_TIMESTAMP_MS), -MAX_TIMESTAMP_MS) // _DAY_MS
    surely = _latest((day - 1) * _DAY_MS)
    for call in plan.calls:  # nearly always to its end
        time = call.time
        if time is not None and time > surely:
            break
    else:
        return plan
    limit = _latest(now)
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


_DAY_MS: Final = 86_400_000


@lru_cache(maxsize=2)
def _latest(now: float) -> str:
    """The latest time that an event may have."""
    ahead = max(now + MAX_FUTURE_MS, MIN_TIMESTAMP_MS)
    return format_time(min(ahead, MAX_TIMESTAMP_MS))


def _is_late(call: Call, limit: str) -> bool:
    """Does it record an event past the limit that is not refused for that yet?"""
    time = call.time
    return (
        time is not None
        and time > limit
        and all(one.code != "time.too-late" for one in call.refusal)
    )
