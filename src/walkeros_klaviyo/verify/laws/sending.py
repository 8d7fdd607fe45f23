"""Laws: may an event be sent at all?

>>> from walkeros_klaviyo.core.config import parse_config
>>> event = {"name": "page view", "timestamp": 1795518160712, "user": {"id": "u1"}}
>>> nothing_denied_is_sent(Tracking(parse_config({"consent": {"ads": True}})), event) is None
True
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, get_args

from walkeros_klaviyo.core.diagnostics import CODES
from walkeros_klaviyo.core.klaviyo.settings import IDENTIFIERS, KlaviyoRule
from walkeros_klaviyo.core.plan import Outcome, Plan
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.verify.reads import options_of
from walkeros_klaviyo.verify.strategies.places import without
from walkeros_klaviyo.verify.strategies.reads import value_reads

from .law import Breach, Breaches, law
from .sameness import has, plan_text
from .tracking import Tracking

CONSENT: Final = "walkerOS consent: granted is what is true on the event, absent is not granted"
DESIGN: Final = "one outcome an event, and no drop is silent"


def granted(required: Iterable[str], consent: Any) -> bool:
    """Is one of the required states true?"""
    return isinstance(consent, dict) and any(consent.get(name) is True for name in required)


def _denials(required: frozenset[str], event: Event) -> Iterator[Event]:
    """Variants of the event whose consent grants none of the states."""
    if not granted(required, event.get("consent")):
        yield event
    states = event.get("consent")
    granted_too = states if isinstance(states, dict) else {}
    yield {**event, "consent": {**granted_too, **dict.fromkeys(required, "true")}}
    yield {name: value for name, value in event.items() if name != "consent"}


def _sent(plan: Plan) -> Breaches:
    if plan.calls or plan.outcome not in ("denied", "ignored", "invalid"):
        seen = f"the outcome is {plan.outcome}, with {len(plan.calls)} calls"
        yield Breach(seen, *plan.calls[-1:])


@law(CONSENT)
def nothing_denied_is_sent(tracking: Tracking, event: Event) -> Breaches:
    """Nothing leaves without the consent that the configuration asks for."""
    required = tracking.config.consent
    for one in () if required is None else _denials(required, event):
        yield from _sent(tracking.plan(one))


@law(CONSENT)
def nothing_denied_to_a_rule_is_sent(tracking: Tracking, event: Event) -> Breaches:
    """Nothing leaves by a rule without the consent that the rule asks for."""
    asked = {rule.consent for rule in tracking.config.rules if rule.consent is not None}
    for required in sorted(asked, key=sorted):
        for one in _denials(required, event):
            plan = tracking.plan(one)
            own = tracking.rule_of(plan).consent
            is_kept_back = plan.outcome == "refused" and not plan.calls
            if plan.rule is not None and own is not None and not is_kept_back:
                yield from () if granted(own, one.get("consent")) else _sent(plan)


@law(CONSENT)
def a_denial_has_a_reason(tracking: Tracking, event: Event) -> Breaches:
    """An event is denied only where the consent asked for is not granted."""
    plan = tracking.plan(event)
    asked = [one.consent for one in (tracking.config, tracking.rule_of(plan))]
    granted_all = all(one is None or granted(one, event.get("consent")) for one in asked)
    if plan.outcome == "denied" and granted_all:
        yield Breach("it is denied although all is granted")


@law(CONSENT)
def a_denied_state_is_an_absent_one(tracking: Tracking, event: Event) -> Breaches:
    """A consent state that is false makes the plan that its absence makes."""
    states = event.get("consent")
    if not isinstance(states, dict):
        return
    kept = {name: True for name, flag in states.items() if flag is True}
    bare = {**event, "consent": kept}
    plan = tracking.plan(bare)
    if has(plan, "unique-id.derived"):
        return  # the unique id is a digest of the original event
    for name in {*states, "marketing", "ads"} - kept.keys():
        other = tracking.plan({**event, "consent": {**kept, name: False}})
        if plan_text(other) != plan_text(plan):
            yield Breach(f"{name}: false is not treated as its absence", *other.calls[-1:])


@law("Klaviyo Create Event: a profile needs an identifier")
def nothing_is_sent_without_an_identifier(tracking: Tracking, event: Event) -> Breaches:
    """Every call names whose it is, and where no mapping finds anybody, there is none."""
    bare = event
    reads = (one for value in _mapped(tracking.config.default) for one in value_reads(value.tree))
    for path in (one.path for one in reads if one.path not in (("name",), ("timestamp",))):
        bare = without(bare, path)
    for look in map(tracking.look, (event, bare)):
        for call in look.plan.calls:
            names = call.identifiers.values()
            if not names or not all(isinstance(name, str) and name.strip() for name in names):
                yield Breach("the call has no identifier, or one that is not a string", call)
        if look.plan.calls and look.rule is not None and look.event is not None:
            mappings = (options_of(value, look.event) for value in _mapped(look.rule))
            if not any(one != "" for options in mappings for one in options):
                yield Breach("it is sent although no mapping finds an identifier", None)


def _mapped(rule: KlaviyoRule) -> list[MappingValue]:
    """The mappings of identifiers."""
    values = (getattr(rule.settings, name) for name in IDENTIFIERS)
    return [value for value in values if value is not None]


@law(DESIGN)
def calls_go_only_under_send_and_refused(tracking: Tracking, event: Event) -> Breaches:
    """Of the seven outcomes send and refused alone have calls; send a good one that always goes."""
    plan = tracking.plan(event)
    always = [one for one in plan.calls if one.fingerprint is None] or plan.calls
    good = [one for one in always if not one.refusal]
    is_right = {"send": bool(good), "refused": not good}.get(plan.outcome, not plan.calls)
    if plan.outcome not in get_args(Outcome) or not is_right:
        yield Breach(f"the outcome is {plan.outcome}", *plan.calls[-1:])


@law(DESIGN)
def a_drop_says_why(tracking: Tracking, event: Event) -> Breaches:
    """An event that is not sent has a diagnostic; a refused or invalid one has an error."""
    plan = tracking.plan(event)
    if any(one.code not in CODES for one in plan.diagnostics):
        yield Breach("a diagnostic's code is in no table")
    for call in plan.calls:
        for one in call.refusal:
            if one not in plan.diagnostics or one.severity != "error":
                yield Breach(f"the refusal {one.code} is not reported as an error", call)
    if plan.outcome in ("denied", "ignored", "unidentified", "refused", "invalid"):
        severities = {one.severity for one in plan.diagnostics}
        if not severities or ("error" not in severities and plan.outcome in ("refused", "invalid")):
            yield Breach(f"it is {plan.outcome}, and nothing says why")


@law("walkerOS rule: ignore sends nothing, silent identifies only, disabled does nothing")
def an_ignored_or_silent_event_is_not_recorded(tracking: Tracking, event: Event) -> Breaches:
    """What a rule ignores is not sent; by a silent rule only the profile is."""
    plan = tracking.plan(event)
    rule = tracking.rule_of(plan)
    quiet = rule.ignore or tracking.config.disabled
    for call in plan.calls:
        if quiet or (rule.silent and call.metric is not None):
            yield Breach("it is sent all the same", call)
