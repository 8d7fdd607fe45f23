"""Is Klaviyo told exactly what is news, each profile for itself, each account for itself?

Laws of streams: lists of events in the order in which they came.
"""

from __future__ import annotations

from itertools import cycle
from typing import Any, Final

from walkeros_klaviyo.core import compose, scan
from walkeros_klaviyo.core.klaviyo.calls import UpsertProfile
from walkeros_klaviyo.core.klaviyo.limits import MAX_FUTURE_MS
from walkeros_klaviyo.core.klaviyo.profile import ProfileState
from walkeros_klaviyo.core.walkeros.event import MAX_TIMESTAMP_MS, Event

from .law import Breach, Tracking, law
from .sameness import plan_text, text_of, upserts

Stream = list[Any]
DIFF: Final = "profile diff: Klaviyo allows 750 upserts a minute, so only what is new is told"


@law(DIFF, about="stream")
def an_upsert_is_sent_exactly_when_it_is_news(tracking: Tracking, events: Stream) -> Breach | None:
    """A profile is upserted exactly when that says something else than last time."""
    told: dict[str | None, str] = {}
    for event, (plan, _) in zip(events, scan.scan(tracking.transform, events), strict=True):
        planned = tracking.plan(event)
        wanted = [one for one in upserts(planned) if told.get(planned.key) != text_of(one.body)]
        if len(upserts(plan)) != len(wanted):
            what = "the same is told again" if upserts(plan) else "something new is not told"
            return Breach(what, *(upserts(plan) or wanted)[:1])
        if wanted:
            told[planned.key] = text_of(wanted[0].body)
    return None


@law(DIFF)
def a_repeated_event_upserts_once(tracking: Tracking, event: Event) -> Breach | None:
    """The same event again upserts nothing, and leaves the state as it is."""
    plan, state = tracking.transform(event)
    again, after = tracking.transform(event, state)
    if upserts(again) or after != state:
        return Breach("it upserts again", *again.calls[:1])
    events = [call for call in plan.calls if call not in upserts(plan)]
    if events != list(again.calls):
        return Breach("more than the upsert is left out", *plan.calls[-1:])
    if again.outcome == "send" and not again.calls:
        return Breach("nothing is sent, and the outcome is send")
    return None


@law("states belong to profiles", about="stream")
def what_one_profile_gets_does_not_depend_on_others(
    tracking: Tracking, events: Stream
) -> Breach | None:
    """What one profile gets is what it would get alone, however people are interleaved."""
    steps = list(scan.scan(tracking.transform, events))
    for key in dict.fromkeys(plan.key for plan, _ in steps):
        own = [event for event in events if tracking.plan(event).key == key]
        alone = [plan_text(plan) for plan, _ in scan.scan(tracking.transform, own)]
        here = [plan for plan, _ in steps if plan.key == key]
        for plan, text in zip(here, alone, strict=True):
            if plan_text(plan) != text:
                return Breach("others change what it gets", *plan.calls[:1])
    return None


@law("scan is a transform, folded", about="stream")
def scanning_is_folding(tracking: Tracking, events: Stream) -> Breach | None:
    """A scan gives what the transform gives one by one, in parts as at once; it writes no state."""
    given = {"external_id:u1": ProfileState("f")}
    steps = list(scan.scan(tracking.transform, events, given))
    if given != {"external_id:u1": ProfileState("f")}:
        return Breach("it writes the states it is given")
    states = dict(given)
    for event, (plan, state) in zip(events, steps, strict=True):
        prior = None if plan.key is None else states.get(plan.key)
        if tracking.transform(event, prior) != (plan, state):
            return Breach("it is not the transform, folded", *plan.calls[:1])
        states |= scan.remembered({}, [(plan, state)])
    cut = len(events) // 2
    first = list(scan.scan(tracking.transform, events[:cut], given))
    rest = scan.scan(tracking.transform, events[cut:], scan.remembered(given, first))
    return None if [*first, *rest] == steps else Breach("in parts it is another")


@law("two accounts are two shops: neither's state may silence the other", about="stream")
def two_accounts_never_meet(tracking: Tracking, events: Stream) -> Breach | None:
    """Each of two accounts gets what it would get alone, however events are interleaved."""
    copies = [dict(event) if isinstance(event, dict) else event for event in events]
    names = {id(event): name for event, name in zip(copies, cycle(["eu", "us"]))}
    transform = tracking.transform
    both = compose.route(lambda event: names[id(event)], {"eu": transform, "us": transform})
    steps = list(scan.scan(both, copies))
    for name in ("eu", "us"):
        own = [event for event in copies if names[id(event)] == name]
        here = [(plan, state) for plan, state in steps if plan.account == name]
        for (plan, state), (alone, after) in zip(here, scan.scan(transform, own), strict=True):
            if plan.calls != alone.calls or state != after:
                return Breach(f"{name} gets something else than alone", *alone.calls[:1])
            if plan.key is not None and plan.key != f"{name}/{alone.key}":
                return Breach("the key does not name the account", *plan.calls[:1])
    return None


@law("Klaviyo Create Event: at most one year ahead")
def the_future_is_refused_from_a_year_ahead_on(tracking: Tracking, event: Event) -> Breach | None:
    """An event is refused exactly where it lies more than a year ahead of now."""
    look = tracking.look(event)
    call, mapped = look.plan.event, look.event
    if call is None or mapped is None:
        return None
    moment = int(mapped["timestamp"])
    for ahead, late in ((0, False), (MAX_FUTURE_MS, False), (MAX_FUTURE_MS + 1, True)):
        now = moment - ahead
        if not 0 <= now + MAX_FUTURE_MS <= MAX_TIMESTAMP_MS:
            continue
        plan, state = tracking.transform(event, None, now)
        refused = [one for one in plan.calls if _is_late(one)]
        if bool(refused) != late or (late and plan.outcome != "refused"):
            return Breach(f"{ahead} ms ahead: refused is {bool(refused)}", *plan.calls[-1:])
        if state != tracking.transform(event)[1]:
            return Breach("the clock changes the profile's state", *plan.calls[:1])
    return None


def _is_late(call: Any) -> bool:
    codes = [one.code for one in call.refusal]
    return not isinstance(call, UpsertProfile) and "time.too-late" in codes
