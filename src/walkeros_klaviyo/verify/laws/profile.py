"""Is Klaviyo told of a profile what identify says, and nothing it would refuse?"""

from __future__ import annotations

from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.limits import LOCATION_FIELDS, PROFILE_FIELDS
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.path import ABSENT

from .law import Breach, Tracking, law
from .sameness import text_of

SOURCE: Final = "Klaviyo Create or Update Profile: its fields, and null clears one"
NAMES: Final = {"first_name": "firstName", "last_name": "lastName"}


@law(SOURCE)
def an_upsert_holds_only_klaviyos_fields(tracking: Tracking, event: Event) -> Breach | None:
    """An upsert holds only fields that a Klaviyo profile has, each of its type, none null."""
    upserts = tracking.plan(event).upserts
    return next((found for call in upserts if (found := _foreign(call)) is not None), None)


def _foreign(call: Call) -> Breach | None:
    for name, value in call.attributes.items():
        if name in ("email", "phone_number", "external_id", *PROFILE_FIELDS):
            fits = isinstance(value, str)
        elif name == "location":
            fits = isinstance(value, dict) and all(map(_is_place, value, value.values()))
        else:
            fits = name == "properties" and isinstance(value, dict)
        if not fits:
            return Breach(f"{name} is no such field, or not of its type", call)
    return None


def _is_place(name: str, value: Any) -> bool:
    number = type(value) in (int, float) and name in ("latitude", "longitude")
    return name in LOCATION_FIELDS and (isinstance(value, str) or number)


@law("walkerOS identify: resolves to traits; an empty one still upserts the identifiers")
def an_upsert_says_what_identify_yields(tracking: Tracking, event: Event) -> Breach | None:
    """There is an upsert where identify yields an object, and it says what that says."""
    look = tracking.look(event)
    rule, call = look.rule, next(iter(look.plan.upserts), None)
    if rule is None or look.event is None or look.plan.outcome not in ("send", "refused"):
        return None
    traits = ABSENT if rule.settings.identify is None else rule.settings.identify(look.event)
    if not isinstance(traits, dict):
        return None if call is None else Breach("identify yields no object", call)
    if not look.plan.keys:
        return None if call is None else Breach("nobody's profile is written", call)
    if call is None:
        return Breach("identify yields an object, and there is no upsert", look.plan.event)
    for field in PROFILE_FIELDS:
        given = [traits.get(name) for name in (NAMES.get(field, field), field)]
        text = next((one for one in given if isinstance(one, str)), ABSENT)
        if call.attributes.get(field, ABSENT) != text:
            return Breach(f"{field} is not what identify yields", call)
    for field in ("properties", "location"):
        value = traits.get(field)
        if isinstance(value, dict) and not _holds(call.attributes.get(field), value, field):
            return Breach(f"{field} is not what identify yields", call)
    return None


def _holds(got: Any, value: dict[str, Any], field: str) -> bool:
    wanted = value if field == "properties" else {k: v for k, v in value.items() if _is_place(k, v)}
    return text_of(got) == text_of(wanted)
