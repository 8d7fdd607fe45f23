"""Whom does an event subscribe to marketing, or unsubscribe?

One call per channel, each naming the whole person: if Klaviyo refuses a phone number, the consent
to emails is not lost. Only a rule that requires consent subscribes; unsubscribing needs none.
Source: Klaviyo Bulk Subscribe Profiles, Bulk Unsubscribe Profiles.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics, Notes
from walkeros_klaviyo.core.walkeros.event import kind_of
from walkeros_klaviyo.core.walkeros.value import MappingValue

from .admit import admit_profile
from .calls import SUBSCRIBE, UNSUBSCRIBE, Call, Calls, Json, Mapped
from .clock import format_time
from .settings import KlaviyoRule
from .subscribed import Word, list_topic, topics_of
from .subscription import CHANNELS, parts_of

_YES: Final = frozenset({"true", "yes", "on", "1"})
_NO: Final = frozenset({"", "false", "no", "off", "0"})
"""What forms send for a ticked or an unticked box."""
_TYPES: Final = MappingProxyType(
    {
        SUBSCRIBE: "profile-subscription-bulk-create-job",
        UNSUBSCRIBE: "profile-subscription-bulk-delete-job",
    }
)


def change_subscriptions(rule: KlaviyoRule, mapped: Mapped) -> tuple[Calls, Diagnostics]:
    """The calls that unsubscribe and subscribe a person, if the rule asks for it.

    >>> from .identity import Identity
    >>> from .rules import rule_of
    >>> rule = rule_of({"consent": {"marketing": True},
    ...                 "settings": {"subscribe": {"channels": ["email", "sms"]}}})
    >>> event = {"name": "newsletter signup", "timestamp": 1795518160712}
    >>> mapped = Mapped(event, event, Identity({"email": "ada@example.com"}), {}, None)
    >>> (call,), notes = change_subscriptions(rule, mapped)
    >>> call.name, call.profile["subscriptions"]
    ('profiles.bulk_subscribe_profiles', {'email': {'marketing': {'consent': 'SUBSCRIBED'}}})
    >>> [one.code for one in notes]
    ['subscription.no-address']

    Diagnostics: subscription.no-address, subscription.no-list, subscription.unclear, and those of
    `admit_profile`.
    """
    settings = rule.settings
    if settings.subscribe is None and settings.unsubscribe is None:
        return (), ()
    notes: Notes = []
    calls: Calls = ()
    if settings.unsubscribe is not None:
        calls += _calls(UNSUBSCRIBE, "UNSUBSCRIBED", settings.unsubscribe, mapped, notes)
    if settings.subscribe is not None and rule.consent:
        calls += _calls(SUBSCRIBE, "SUBSCRIBED", settings.subscribe, mapped, notes)
    return calls, tuple(notes)


def _calls(
    name: str, word: Word, subscription: MappingValue, mapped: Mapped, notes: Notes
) -> Calls:
    *asked, list_id, source = subscription.resolve(mapped.event, mapped.event, notes)
    wanted = [
        channel
        for channel, said in zip(CHANNELS, asked, strict=True)
        if _is_yes(said, subscription, channel, notes)
    ]
    if "list" in parts_of(subscription) and (type(list_id) is not str or not list_id.strip()):
        if wanted:
            message = f"the list resolved to {kind_of(list_id)}; nobody is {word.lower()}"
            notes.append(Diagnostic("subscription.no-list", subscription.where, message))
        return ()
    here = [one for one in wanted if CHANNELS[one] in mapped.identity.identifiers]
    for channel in wanted:
        if channel not in here:
            need = "an email address" if channel == "email" else "a phone number"
            message = f"{channel} needs {need}, and the event has none; it is left out"
            notes.append(Diagnostic("subscription.no-address", subscription.where, message))
    # Klaviyo unsubscribes from everything whoever is not on the list they leave, so a second call
    # for another channel would go too far.
    are_together = name == UNSUBSCRIBE and list_id is not None
    calls: Calls = ()
    for channels in filter(None, [here] if are_together else [[one] for one in here]):
        body = _body(name, word, channels, list_id, source, mapped)
        refusal = admit_profile(body)
        notes.extend(refusal)
        each = [_topics(channel, list_id, mapped) for channel in channels]
        topics = tuple(one for some in each for one in some)
        doubts: tuple[str, ...] = ()
        if are_together:
            # Leaving a list leaves only that list, so a later no to everything must still be sent;
            # or it leaves everything, if they are not on it, so a later yes must be sent as well.
            topics = tuple(first for first, _ in each)
            doubts = (*(every for _, every in each), list_topic(mapped.identity.keys[0], list_id))
        calls += (Call(name, body, refusal, word, topics, doubts),)
    return calls


def _is_yes(said: Any, subscription: MappingValue, channel: str, notes: Notes) -> bool:
    """Is it an explicit yes? An unclear value is not consent."""
    if said is None:
        return False
    word = str(said).strip().lower() if isinstance(said, str | int) else None
    if word in _YES or word in _NO:
        return word in _YES
    message = f"{channel} is asked for by {kind_of(said)}, not by true; it is left out"
    notes.append(Diagnostic("subscription.unclear", subscription.where, message))
    return False


def _topics(channel: str, list_id: str | None, mapped: Mapped) -> tuple[str, ...]:
    kind = CHANNELS[channel]
    return next(topics_of(key, list_id) for key in mapped.identity.keys if key.startswith(kind))


def _body(
    name: str, word: Word, channels: list[str], list_id: str | None, source: Any, mapped: Mapped
) -> Json:
    consent: Json = {"consent": word}
    is_history = mapped.backfill and word == "SUBSCRIBED"
    if is_history:
        consent["consented_at"] = format_time(mapped.event["timestamp"])
    known = mapped.identity.identifiers
    who = {field: known[field] for field in CHANNELS.values() if field in known}
    row = {**who, "subscriptions": {one: {"marketing": consent} for one in channels}}
    attributes: Json = {"profiles": {"data": [{"type": "profile", "attributes": row}]}}
    if is_history:
        attributes["historical_import"] = True
    if word == "SUBSCRIBED" and type(source) is str and source.strip():
        attributes["custom_source"] = source
    data: Json = {"type": _TYPES[name], "attributes": attributes}
    if list_id is not None:
        data["relationships"] = {"list": {"data": {"type": "list", "id": list_id}}}
    return {"data": data}
