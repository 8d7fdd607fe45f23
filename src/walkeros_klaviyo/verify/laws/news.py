"""Laws: is exactly what changed sent, for each profile and account independently?

Laws about streams: lists of events in order.
"""

from __future__ import annotations

from itertools import cycle
from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core import compose, scan
from walkeros_klaviyo.core.klaviyo.limits import MAX_FUTURE_MS
from walkeros_klaviyo.core.klaviyo.state import ProfileState
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.walkeros.event import MAX_TIMESTAMP_MS, Event

from .ended import profiles_after
from .law import Breach, Breaches, law, of_sent
from .sameness import alone, has, plan_text, upserts
from .tracking import Sent, Tracking

Stream = list[Any]
DIFF: Final = "profile diff: Klaviyo allows 750 upserts a minute, so only what is new is sent"


@law(DIFF, about="stream")
def what_is_left_out_would_change_no_profile(tracking: Tracking, events: Stream) -> Breaches:
    """Profiles end as they would if every upsert were sent, whether Klaviyo merges or moves."""
    steps = list(zip(events, scan.scan(tracking.transform, events), strict=True))
    if any(has(plan, "profile.stale") for _, (plan, _) in steps):
        return  # left out on purpose
    every = [call for event, _ in steps for call in tracking.plan(event).calls]
    sent = [call for _, (plan, _) in steps for call in plan.calls]
    for merges in (True, False):
        if profiles_after(every, merges) != profiles_after(sent, merges):
            kept = [call for call in every if call not in sent]
            yield Breach("something new is not sent", *kept[:1])


@law(DIFF)
def a_repeated_event_upserts_once(tracking: Tracking, event: Event) -> Breaches:
    """The same event again upserts and subscribes nothing, and leaves the state as it is."""
    plan, changes = tracking.transform(event)
    again, after = tracking.transform(event, changes)
    if upserts(again) or after:
        yield Breach("it upserts again", *again.calls[:1])
    always = [call for call in plan.calls if call.fingerprint is None or call.refusal]
    if always != list(again.calls):
        yield Breach("more or less than what is known is left out", *plan.calls[-1:])
    if again.outcome == "send" and not again.calls:
        yield Breach("nothing is sent, and the outcome is send")


@law("states belong to people", about="stream")
def what_one_person_gets_does_not_depend_on_strangers(
    tracking: Tracking, events: Stream
) -> Breaches:
    """What those get who share no key and no device with others is what they would get alone."""
    steps = list(scan.scan(tracking.transform, events))
    for keys in dict.fromkeys(_known_by(plan) for plan, _ in steps):
        plans = [(event, plan) for event, (plan, _) in zip(events, steps, strict=True)]
        others = [known for _, plan in plans if (known := _known_by(plan)) != keys]
        if any(not set(keys).isdisjoint(one) for one in others):
            continue
        own = [event for event, plan in plans if _known_by(plan) == keys]
        wanted = [plan_text(plan) for plan, _ in scan.scan(tracking.transform, own)]
        here = [plan for _, plan in plans if _known_by(plan) == keys]
        for plan, text in zip(here, wanted, strict=True):
            if plan_text(plan) != text:
                yield Breach("strangers change what it gets", *plan.calls[:1])


def _known_by(plan: Plan) -> tuple[str, ...]:
    return (*plan.keys, *plan.devices)


@law("scan is a transform, folded", about="stream")
def scanning_is_folding(tracking: Tracking, events: Stream) -> Breaches:
    """A scan gives what the transform gives one by one, in parts as at once; it writes no state."""
    known = ("external_id:u1",)
    given = {known[0]: ProfileState("f", known, known, 0.0)}
    steps = _scanned(tracking, events, given)
    if given != {known[0]: ProfileState("f", known, known, 0.0)}:
        yield Breach("it writes the states it is given")
    states = dict(given)
    for event, (plan, changes) in zip(events, steps, strict=True):
        if tracking.transform(event, states) != (plan, changes):
            yield Breach("it is not the transform, folded", *plan.calls[:1])
        states = scan.remembered(states, [(plan, changes)])
    cut = len(events) // 2
    first = _scanned(tracking, events[:cut], given)
    rest = _scanned(tracking, events[cut:], scan.remembered(given, first))
    if [*first, *rest] != steps:
        yield Breach("in parts it is another")


def _scanned(tracking: Tracking, events: Stream, states: Any) -> list[Any]:
    """A scan's steps, without what one part cannot know of another."""
    found = scan.scan(tracking.transform, events, states)
    return [(alone(plan), changes) for plan, changes in found]


@law("two accounts are two shops: neither's state may silence the other", about="stream")
def two_accounts_never_meet(tracking: Tracking, events: Stream) -> Breaches:
    """Each of two accounts gets what it would get alone, however events are interleaved."""
    copies = [dict(event) if isinstance(event, dict) else event for event in events]
    names = {id(event): name for event, name in zip(copies, cycle(["eu", "us"]))}
    transform = tracking.transform
    both = compose.route(lambda event: names[id(event)], {"eu": transform, "us": transform})
    steps = list(scan.scan(both, copies))
    for name in ("eu", "us"):
        own = [event for event in copies if names[id(event)] == name]
        here = [plan for plan, _ in steps if plan.account == name]
        for plan, (wanted, _) in zip(here, scan.scan(transform, own), strict=True):
            if [evolve(one, topics=(), doubts=()) for one in plan.calls] != [
                evolve(one, topics=(), doubts=()) for one in wanted.calls
            ]:
                yield Breach(f"{name} gets something else than alone", *wanted.calls[:1])
            if plan.keys != tuple(f"{name}/{key}" for key in wanted.keys):
                yield Breach("the keys do not name the account", *plan.calls[:1])


@of_sent("Klaviyo Create Event: at most one year ahead")
def the_future_is_refused_from_a_year_ahead_on(tracking: Tracking, sent: Sent) -> Breaches:
    """An event is refused exactly where it lies more than a year ahead of now."""
    event, moment = sent.raw, int(sent.event["timestamp"])
    for ahead, late in ((0, False), (MAX_FUTURE_MS, False), (MAX_FUTURE_MS + 1, True)):
        now = moment - ahead
        if not 0 <= now + MAX_FUTURE_MS <= MAX_TIMESTAMP_MS:
            continue
        plan, changes = tracking.transform(event, {}, now)
        notes = [one for call in plan.calls if call.metric is not None for one in call.refusal]
        refused = any(one.code == "time.too-late" for one in notes)
        if refused != late or (late and plan.outcome != "refused"):
            yield Breach(f"{ahead} ms ahead: refused is {refused}", *plan.calls[-1:])
        if changes.keys() != tracking.transform(event)[1].keys() and not late:
            yield Breach("the clock changes whose state it is", *plan.calls[:1])
