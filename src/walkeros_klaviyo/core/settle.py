"""What is still news?

The only place where prior state and the clock come in: an upsert that says what Klaviyo was last
told is left out, as is one that is older than what is known, and an event more than a year ahead
is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core.klaviyo.calls import Call, Calls
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
    """The plan without what is no longer news, and the states that it changes, by key.

    `prior` holds what is known under the plan's `state_keys`; others are not looked at, and without
    it nothing is known. `now` is in milliseconds since 1970, like an event's timestamp; without it
    the future is not judged. The changes are to be kept (`state.merged`) with the calls, and taken
    back if the upsert dies.

    >>> settle(Plan("ignored"))[1]
    mappingproxy({})
    """
    if not plan.calls:
        return plan, NOTHING_KNOWN
    if now is not None and now == now:  # NaN is no time
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
        if call.fingerprint is None:
            goes, news, reason = True, _met(call, plan, known), None
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
    shorter = Plan(  # twice as fast as evolve, and this is what most events come to
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
"""Does the call go, which states does it change, and why does it not go?"""


def _met(call: Call, plan: Plan, known: States) -> States:
    """What changes by a call that goes always: whom an event names together is one person."""
    if not plan.keys:
        tells = call.profile.keys() > call.identifiers.keys()
        return overwrite(plan.devices, known) if tells else NOTHING_KNOWN
    everyone = (*plan.keys, *plan.devices) if plan.devices else plan.keys
    return NOTHING_KNOWN if _are_one(everyone, known) else meet(everyone, known)


def _subscribed(call: Call, keys: tuple[str, ...], known: States, time: float | None) -> Judged:
    """A subscription goes where it is said for the first time, or joins who was apart."""
    word: Any = call.fingerprint
    told = _of((*call.topics, *call.doubts), known)
    about = call.topics if word == "LISTED" else tuple(told)
    if is_overruled(about, told, word, time):
        return False, NOTHING_KNOWN, _OVERRULED
    named = _named(keys, call)
    # Consent is an address's, and a place on a list a profile's, which may have become another's.
    are_one = is_one(named, known) if word == "LISTED" else _are_one(named, known)
    news = said(call.topics, call.doubts, told, word, time)
    goes = not are_one or not is_known(call.topics, call.doubts, told, word)
    return goes, news if are_one else news | meet(named, known), None


def _upserted(call: Call, keys: tuple[str, ...], known: States, time: float | None) -> Judged:
    """An upsert goes where Klaviyo was last told something else, and no newer event told it."""
    named, told = _named(keys, call), str(call.fingerprint)
    if not named:  # somebody else's: a stage of a user's own tells of a friend
        return True, NOTHING_KNOWN, None
    if is_told(named, known, told):
        return False, NOTHING_KNOWN, None
    if time is not None and is_stale(named, known, time):
        return False, NOTHING_KNOWN, _STALE
    return True, tell(named, known, told, time), None


def _are_one(keys: tuple[str, ...], known: States) -> bool:
    """One key alone joins nobody."""
    return len(keys) < 2 or is_one(keys, known)


def _named(keys: tuple[str, ...], call: Call) -> tuple[str, ...]:
    """The keys that the call names: an upsert leaves out a `_kx` where it has a better one."""
    who = call.profile
    for key in keys:
        field, _, text = key.partition(":")
        if who.get(field) != text and not _names(who, key):  # nearly always it does
            return tuple(one for one in keys if _names(who, one))
    return keys


def _names(who: Mapping[str, Any], key: str) -> bool:
    """Does the profile go by this key? An account's name may stand before it."""
    kind = kind_of_key(key)
    value = who.get(kind)
    if not isinstance(value, str):
        return False
    return key.endswith(f"{kind}:{value.lower() if kind == 'email' else value}")


def _of(keys: tuple[str, ...], states: States) -> dict[str, ProfileState]:
    return {key: states[key] for key in keys if key in states}


_STALE: Final = Diagnostic(
    "profile.stale", "timestamp", "Klaviyo was told of an event more than a day newer since"
)
_OVERRULED: Final = Diagnostic(
    "subscription.stale", "timestamp", "Klaviyo was told otherwise by a newer event"
)


def outcome_of(calls: Calls) -> Outcome:
    """What becomes of an identified event with these calls.

    Of a plan only the calls with an error are withheld: a good upsert goes although its event is
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


def deciding(calls: Calls) -> Call:
    """The call that stands for its event in outcomes and counts.

    The first that goes always, or, where none does, the first; one without an error before one
    that Klaviyo would refuse.
    """
    always = [call for call in calls if call.fingerprint is None] or calls
    return next((call for call in always if not call.refusal), always[0])


def _judge_future(plan: Plan, now: float) -> Plan:
    # Worked out once a day, for `now` is another one for each event.
    day = max(min(now, MAX_TIMESTAMP_MS), -MAX_TIMESTAMP_MS) // _DAY_MS
    surely = _latest((day - 1) * _DAY_MS)
    if all(call.time is None or call.time <= surely for call in plan.calls):
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
    """Is it an event's, beyond the limit, and not judged before?"""
    time = call.time
    return (
        time is not None
        and time > limit
        and all(one.code != "time.too-late" for one in call.refusal)
    )
