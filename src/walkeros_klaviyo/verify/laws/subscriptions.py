"""Laws: is nobody subscribed against their will, and everybody just once?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.calls import SUBSCRIBE, UNSUBSCRIBE, Call
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.walkeros.event import MAX_TIMESTAMP_MS, Event

from .law import Breach, Breaches, law
from .sending import granted
from .tracking import Tracking

SOURCE: Final = "Klaviyo Bulk Subscribe Profiles: for those who gave explicit consent to marketing"
ADDRESSES: Final = {"email": "email", "sms": "phone_number"}
YES: Final = ("true", "yes", "on", "1")
LATER_MS: Final = 3_600_000


@law(SOURCE)
def nobody_is_subscribed_without_the_rules_consent(tracking: Tracking, event: Event) -> Breaches:
    """Only a rule that asks for consent subscribes, and only where the event grants it."""
    bare = {name: value for name, value in event.items() if name != "consent"}
    for one in (event, bare):
        look = tracking.look(one)
        for call in look.plan.calls:
            asked = None if look.rule is None else look.rule.consent
            if call.name == SUBSCRIBE and not granted(asked or (), one.get("consent")):
                yield Breach("the person is subscribed without it", call)


@law(SOURCE)
def a_repeated_event_subscribes_nobody_twice(tracking: Tracking, event: Event) -> Breaches:
    """A subscription in an event is sent once, however often the event comes."""
    plan, states = tracking.transform(event)
    told = [_said(call) for call in _subscriptions(plan)]
    time = min(event["timestamp"] + LATER_MS, MAX_TIMESTAMP_MS) if told else 0
    for one in (event, {**event, "timestamp": time}) if told else ():
        for call in _subscriptions(tracking.transform(one, states)[0]):
            if _said(call) in told:
                yield Breach("the same is sent again", call)


@law(SOURCE)
def a_channel_is_meant_and_has_its_address(tracking: Tracking, event: Event) -> Breaches:
    """A channel is in a call only where the rule means it and the person has its address."""
    look = tracking.look(event)
    for call in _subscriptions(look.plan):
        setting = "subscribe" if call.name == SUBSCRIBE else "unsubscribe"
        mapping = look.rule and getattr(look.rule.settings, setting)
        meant = dict(zip(ADDRESSES, mapping(look.event) if mapping else (), strict=False))
        for channel in call.profile["subscriptions"]:
            if not isinstance(call.profile.get(ADDRESSES[channel]), str):
                yield Breach(f"{channel} is in it, and no address", call)
            if str(meant.get(channel)).strip().lower() not in YES:
                yield Breach(f"nothing asks for {channel}", call)


def _subscriptions(plan: Plan) -> Iterator[Call]:
    """The calls that subscribe or unsubscribe somebody."""
    return (one for one in plan.calls if one.name in (SUBSCRIBE, UNSUBSCRIBE) and not one.refusal)


def _said(call: Call) -> list[Any]:
    """Who is subscribed to what, without the time."""
    who = [call.profile[ADDRESSES[channel]] for channel in call.profile["subscriptions"]]
    return [call.name, who, call.body["data"].get("relationships")]
