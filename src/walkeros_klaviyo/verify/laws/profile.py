"""Laws: does an upsert hold what identify yields, and nothing that Klaviyo would refuse?"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.blank import MACHINE_MADE
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.traits import LOCATION_FIELDS, TEXT_TRAITS
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.path import ABSENT

from .identity import is_nothing
from .law import Breach, Breaches, law
from .sameness import text_of
from .tracking import Tracking

SOURCE: Final = "Klaviyo Create or Update Profile: its fields, and null clears one"
PLACES: Final = ("latitude", "longitude")
NAMES: Final = {"first_name": "firstName", "last_name": "lastName"}


@law(SOURCE)
def an_upsert_holds_only_klaviyos_fields(tracking: Tracking, event: Event) -> Breaches:
    """An upsert holds only Klaviyo's fields, each of its type, none null but to clear it."""
    look = tracking.look(event)
    may_clear = look.rule is not None and look.rule.settings.clear is not None
    for call in look.plan.upserts:
        yield from _foreign(call, may_clear)


def _foreign(call: Call, may_clear: bool) -> Breaches:
    for name, value in call.attributes.items():
        if value is None and may_clear:
            fits = name in ("location", "properties", *TEXT_TRAITS)
        elif name in ("email", "phone_number", "external_id", "_kx", *TEXT_TRAITS):
            fits = isinstance(value, str)
        elif name == "location":
            fits = isinstance(value, dict) and all(
                _is_place(part, one) or (may_clear and one is None and part in LOCATION_FIELDS)
                for part, one in value.items()
            )
        else:
            fits = name == "properties" and isinstance(value, dict)
        if not fits:
            yield Breach(f"{name} is not such a field, or not of its type", call)


def _is_place(name: str, value: Any) -> bool:
    number = type(value) in (int, float) and name in PLACES
    return name in LOCATION_FIELDS and (isinstance(value, str) or number)


@law("walkerOS identify: resolves to traits; an empty one still upserts the identifiers")
def an_upsert_says_what_identify_yields(tracking: Tracking, event: Event) -> Breaches:
    """There is an upsert where identify yields an object, and it says what that says."""
    look = tracking.look(event)
    rule, call = look.rule, next(iter(look.plan.upserts), None)
    if rule is None or look.event is None or look.plan.outcome not in ("send", "refused"):
        return
    traits = ABSENT if rule.settings.identify is None else rule.settings.identify(look.event)
    if call is not None and rule.settings.patch is not None and "meta" in call.body["data"]:
        traits = traits if isinstance(traits, dict) else {}  # a patch alone makes an upsert too
    if not isinstance(traits, dict) or not look.plan.keys:
        if call is not None:
            yield Breach("a profile is written that identify did not yield", call)
        return
    if call is None:
        yield Breach("identify yields an object, and there is no upsert", look.plan.event)
        return
    for field in TEXT_TRAITS:
        given = [_text(traits.get(name)) for name in (NAMES.get(field, field), field)]
        text = next((one for one in given if one is not None), None)
        if field == "locale" and text is not None and re.fullmatch("[A-Za-z]{2,3}(_\\w+)+", text):
            text = text.replace("_", "-")
        if call.attributes.get(field) != text:
            yield Breach(f"{field} is not what identify yields", call)
    for field in ("properties", "location"):
        value = traits.get(field)
        if isinstance(value, dict) and not _holds(call.attributes.get(field), value, field):
            yield Breach(f"{field} is not what identify yields", call)


def _text(value: Any, is_free: bool = False) -> str | None:
    """A string or number as text; None for a placeholder. Free text may be `guest`."""
    if isinstance(value, str):
        nothing = is_nothing(value, MACHINE_MADE) if is_free else is_nothing(value)
        return None if nothing else value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return parse_number(value) if is_number else None


def parse_number(value: float) -> str:
    """A number as JavaScript writes it."""
    if isinstance(value, int):
        return str(value)
    if 1e-6 <= abs(value) < 1e21 or value == 0:
        exact = Decimal(repr(value))
        return str(int(exact)) if value.is_integer() else format(exact, "f")
    return repr(value).replace("e-0", "e-")


def _holds(got: Any, value: dict[str, Any], field: str) -> bool:
    """Is every plain member there? Blanks and nulls are for another law."""
    got = {} if got is None else got
    for name, one in value.items():
        if field == "location" and name not in LOCATION_FIELDS:
            continue
        if field == "location" and not (name in PLACES and type(one) in (int, float)):
            one = _text(one)
        elif isinstance(one, str):
            one = _text(one, is_free=True)
        if isinstance(one, dict | list):
            continue
        if (name in got) != (one is not None) or (
            name in got and text_of(got[name]) != text_of(one)
        ):
            return False
    return True
