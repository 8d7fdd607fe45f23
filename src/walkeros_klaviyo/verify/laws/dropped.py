"""Law: does everything that is left out have a diagnostic?

What is read from an event is read again here; if it does not arrive, a diagnostic must say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.blank import is_blank
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.verify.reads import options_of

from .identity import carried
from .law import Breach, Breaches, law
from .once import is_id
from .profile import NAMES
from .tracking import Tracking

SOURCE: Final = "no drop is silent: whatever is left out has a diagnostic"
CODES: Final = {
    "email": "email.invalid",
    "phone_number": "phone.invalid",
    "external_id": "external-id.invalid",
}
"""The diagnostic code for each invalid identifier."""

Lost = Iterator[tuple[str, str]]
"""(what is left out, the beginning of the code that must say so)."""


@law(SOURCE)
def what_is_left_out_is_told(tracking: Tracking, event: Event) -> Breaches:
    """An identifier, trait, amount, unique id or value that is left out has a diagnostic."""
    look = tracking.look(event)
    rule, mapped, plan = look.rule, look.event, look.plan
    if rule is None or mapped is None:
        return
    codes = [one.code for one in plan.diagnostics]
    for what, code in (*_values(rule, mapped, plan), *_person(rule, mapped, plan)):
        if not any(one.startswith(code) for one in codes):
            yield Breach(f"{what} is left out, and no diagnostic {code} says so", *plan.calls[-1:])
    if plan.event is not None:
        for what, code in (*_revenue(rule, plan.event), *_unique_id(rule, mapped)):
            if not any(one.startswith((code, "value.")) for one in codes):
                yield Breach(f"{what} is left out, and no diagnostic says so", plan.event)


def _values(rule: KlaviyoRule, event: Event, plan: Plan) -> Lost:
    """Values whose own evaluation gives diagnostics, and data that is not an object."""
    read = [rule.base, rule.data, *([rule.settings.identify] if plan.calls else [])]
    if plan.event is not None and rule.settings.backfill is not None:
        read.append(rule.settings.backfill)
        if not isinstance(_yields(rule.settings.backfill, event, True), bool):
            yield "backfill", "backfill.invalid"
    notes: list[Any] = []
    for value in read:
        if value is not None:
            value.resolve(event, event, notes)
    yield from ((f"something at {one.path}", one.code) for one in notes)
    if not isinstance(_yields(rule.base if rule.data is None else rule.data, event, {}), dict):
        yield "data", "properties.not-an-object"


def _yields(value: MappingValue | None, event: Event, otherwise: Any) -> Any:
    found = ABSENT if value is None else value(event)
    return otherwise if found is ABSENT else found


def _person(rule: KlaviyoRule, event: Event, plan: Plan) -> Lost:
    if plan.outcome == "unidentified" and not rule.silent:
        yield "the person", "identity.none"
    known = {kind for one in plan.calls for kind in one.identifiers}
    for kind, code in CODES.items():
        raws = options_of(getattr(rule.settings, kind), event)
        is_due = any(kind in carried(one) for one in plan.calls) if plan.calls else not rule.silent
        if is_due and kind not in known and any(one != "" for one in raws):
            yield kind, code
    traits = _yields(rule.settings.identify, event, {})
    if not plan.calls:
        return
    if not isinstance(traits, dict):
        yield "identify", "identify.not-an-object"
        return
    said = next((one.attributes for one in plan.upserts), {**plan.calls[0].profile})
    wire = {camel: name for name, camel in NAMES.items()}
    for name, value in traits.items():
        if value not in ({}, []) and wire.get(name, name) not in said:
            yield f"the trait {name}", "profile."


def _revenue(rule: KlaviyoRule, call: Call) -> Lost:
    settings = rule.settings
    has_currency = settings.currency is not None or settings.default_currency is not None
    if settings.value is not None and "value" not in call.attributes:
        yield "revenue", "revenue."
    elif settings.value is not None and has_currency and "value_currency" not in call.attributes:
        yield "the currency", "currency."


def _unique_id(rule: KlaviyoRule, event: Event) -> Lost:
    raws = options_of(rule.settings.unique_id, event)
    if any(map(is_id, raws)):
        return
    if any(not isinstance(one, str) or not is_blank(one) for one in raws):
        yield "the mapped unique id", "unique-id.invalid"
    if not is_id(event.get("id")):
        yield "the event's id", "unique-id.derived"
