"""Laws: are identifiers well formed, and do they come from their mappings?"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.blank import PLACEHOLDERS, why_empty
from walkeros_klaviyo.core.klaviyo.calls import SUBSCRIBE, UNSUBSCRIBE, Call
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.verify.reads import options_of

from .law import Breach, Breaches, law
from .tracking import Tracking

SOURCE: Final = "Klaviyo profile identifiers: email, phone_number (E.164), external_id"
FIELDS: Final = {
    "email": "email",
    "phone_number": "phone_number",
    "external_id": "external_id",
    "anonymous_id": "anonymous_id",
    "_kx": "kx",
}
SHAPES: Final = {
    "email": r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}",
    "phone_number": r"\+[1-9][0-9]{6,14}",
}
NOBODY: Final = frozenset(
    "|undefined|null|none|nan|[object object]|n/a|-|guest|anonymous|unknown|true|false|{}|[]"
    "|<na>|(not set)".split("|")
)
"""What broken senders write for a missing id; used as an id it would merge everybody."""
_GOOD: Final = {
    "email": r"[a-z0-9]{1,30}@[a-z0-9]{1,30}\.(com|org|net)",
    "phone_number": r"\+1555123[0-9]{4}",
    "external_id": r"[A-Za-z][0-9]{1,30}",
}
"""Patterns of values that are certainly valid."""


def carried(call: Call) -> frozenset[str]:
    """The identifiers that a kind of call carries: for a subscription, the addresses."""
    return frozenset(SHAPES if call.name in (SUBSCRIBE, UNSUBSCRIBE) else _GOOD)


def is_nothing(text: str, words: frozenset[str] = PLACEHOLDERS | NOBODY) -> bool:
    """Is it blank or a placeholder?"""
    return bool(why_empty(text, words))


@law(SOURCE)
def identifiers_are_well_formed(tracking: Tracking, event: Event) -> Breaches:
    """Emails and phone numbers have their shape, and no placeholder is taken for an id."""
    for call in tracking.plan(event).calls:
        for field, text in call.identifiers.items():
            if not isinstance(text, str) or text.strip().lower() in NOBODY:
                yield Breach(f"{field} names nobody", call)
            if field in SHAPES and not re.fullmatch(SHAPES[field], text):
                yield Breach(f"{field} has no valid shape", call)


@law(SOURCE)
def identifiers_come_from_their_mappings(tracking: Tracking, event: Event) -> Breaches:
    """Each identifier is what its own mapping finds, and a good one is never left out."""
    look = tracking.look(event)
    rule, mapped = look.rule, look.event
    if rule is None or mapped is None:
        return
    for field, name in FIELDS.items():
        raws = options_of(getattr(rule.settings, name), mapped)
        is_good = any(_is_good(field, raw) for raw in raws)
        for call in look.plan.calls:
            text = call.identifiers.get(field)
            if text is not None and not any(_fits(field, raw, str(text)) for raw in raws):
                yield Breach(f"{field} is not what its mapping finds", call)
            if text is None and is_good and field in carried(call):
                yield Breach(f"a good {field} is left out", call)
        if is_good and look.plan.outcome == "unidentified":
            yield Breach(f"it is unidentified in spite of a good {field}")


def _is_good(field: str, raw: Any) -> bool:
    return isinstance(raw, str) and field in _GOOD and bool(re.fullmatch(_GOOD[field], raw))


def _fits(field: str, raw: Any, text: str) -> bool:
    """Could the string have come from the raw value?"""
    if raw is ABSENT or raw is None or isinstance(raw, bool | dict | list):
        return False
    if field == "phone_number":
        digits = re.sub(r"\D", "", _international(raw))
        return digits[-4:] == text[-4:] if digits else True
    if field == "email":  # a non-ASCII domain is rewritten
        return isinstance(raw, str) and text.partition("@")[0] in raw
    if isinstance(raw, str):
        return text in raw
    try:
        return float(text) == float(raw)
    except (ValueError, OverflowError):  # from another option, or too large for a number
        return text == str(raw)


def _international(raw: Any) -> str:
    """A number written in plain digits; others cannot be compared, since letters may be digits."""
    text = str(int(raw)) if isinstance(raw, float) else str(raw)
    return text if text.isascii() and not re.search(r"[A-Za-z;,]", text) else ""


@law("Klaviyo finds a profile by the same identifiers in every call")
def all_calls_name_the_same_profile(tracking: Tracking, event: Event) -> Breaches:
    """Upserts go first, and every call names the same profile."""
    calls = tracking.plan(event).calls
    if any(one.metric is not None and two.metric is None for one, two in pairwise(calls)):
        yield Breach("an event goes before an upsert", calls[0])
    for call in calls[1:]:
        for field in sorted(carried(call) & carried(calls[0])):
            if call.identifiers.get(field) != calls[0].identifiers.get(field):
                yield Breach(f"they differ in {field}", call)


@law("profile state is kept under every identifier")
def the_keys_are_the_identifiers(tracking: Tracking, event: Event) -> Breaches:
    """A person's state is kept under each of their identifiers, an email's in small letters."""
    plan = tracking.plan(event)
    if not plan.event:
        return
    who = plan.event.identifiers
    wanted = {f"{field}:{who[field]}" for field in who if field not in ("anonymous_id", "email")}
    wanted |= {f"email:{who['email'].lower()}"} if "email" in who else set()
    if set(plan.keys) != wanted:
        yield Breach("the keys are others", plan.event)
