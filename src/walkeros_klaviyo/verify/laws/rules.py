"""Laws: does each event meet its rule, and go under the right name?

The lookup is implemented a second time here, as plainly as possible, for comparison.
"""

from __future__ import annotations

from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.policy import apply_policy
from walkeros_klaviyo.core.walkeros.rule import Policy
from walkeros_klaviyo.verify.reads import is_computed
from walkeros_klaviyo.verify.strategies.aim import as_matched
from walkeros_klaviyo.verify.strategies.places import Path, found, meets, plant
from walkeros_klaviyo.verify.strategies.reads import value_reads

from .law import Breach, Breaches, law, of_sent
from .sameness import has, plan_text
from .tracking import Sent, Tracking

SOURCE: Final = "walkerOS mapping: entity, else *; action, else *; nothing there, then * *"


class ConditionError(Exception):
    """A rule's condition raised."""


@law(SOURCE)
def an_event_meets_its_own_rule(tracking: Tracking, event: Event) -> Breaches:
    """An event meets the first rule under its own name whose condition holds, and no other."""
    plan = tracking.plan(event)
    is_early = plan.outcome in ("denied", "ignored") and plan.rule is None
    if plan.outcome == "invalid" or is_early:
        return
    if (matched := as_matched(tracking.config, event)) is None:
        return
    try:
        rule = _rule(tracking.config, matched)
    except ConditionError:
        if plan.outcome != "refused" or plan.calls:
            yield Breach("a condition raised, and it is not kept back", *plan.calls[-1:])
        return
    if plan.rule != rule.label:
        seen = f"it meets {plan.rule or 'no rule'}, not {rule.label or 'none'}"
        yield Breach(seen, *plan.calls[-1:])


def candidates(config: Config, event: Event) -> tuple[KlaviyoRule, ...]:
    """The rules under an event's name, whose conditions are tried in turn."""
    entity, action, *_ = event["name"].split(" ")
    mapping = config.mapping
    actions = mapping[entity] if entity in mapping else mapping.get("*", {})
    own = actions[action] if action in actions else actions.get("*", ())
    return (*own, *mapping.get("*", {}).get("*", ()))


def _rule(config: Config, event: Event) -> KlaviyoRule:
    for rule in candidates(config, event):
        notes: list[Any] = []
        holds = rule.condition is None or rule.condition.holds(event, event, notes)
        if notes:
            raise ConditionError
        if holds:
            return rule
    return config.default


@of_sent("Klaviyo metrics are told apart by their exact name")
def the_metric_is_the_rules_name_or_the_events(tracking: Tracking, sent: Sent) -> Breaches:
    """An event goes under its rule's name, else its own, and never under another's."""
    policies = (*tracking.config.policy, *sent.rule.policy)
    is_set = any(path[0] == "name" for path, _ in policies)
    own = sent.event["name"] if is_set else sent.raw["name"]
    wanted = own if sent.rule.name is None else sent.rule.name
    if sent.call.metric != wanted:
        yield Breach(f"the metric is {sent.call.metric!r}, not {wanted!r}", sent.call)
    if sent.event["name"] != wanted:
        yield Breach("mappings do not see the rule's name", sent.call)


@law("walkerOS policy: all values are read first, then set; undefined clears the path")
def a_policy_replaces_what_came(tracking: Tracking, event: Event) -> Breaches:
    """What a policy sets or clears comes from the policy alone, whatever the event had there."""
    config = tracking.config
    look = tracking.look(event)
    policy: Policy = config.policy
    if look.rule is not None and not any(rule.condition is not None for rule in config.rules):
        policy += look.rule.policy
    values = [value for _, value in (*config.policy, *(look.rule.policy if look.rule else ()))]
    used = [one.path for value in values for one in value_reads(value.tree)]
    if any(map(is_computed, values)) or has(look.plan, "unique-id.derived"):
        return
    for path, _ in policy:
        is_kept = path[0] in ("name", "timestamp", "consent")
        if is_kept or any(meets(path, one) for one in used) or not _is_plain(event, path):
            continue
        other = tracking.plan(plant(event, path, "CANARY"))
        if plan_text(other) != plan_text(look.plan) and not has(other, "unique-id.derived"):
            seen = f"what the event has at {'.'.join(path)} comes through"
            yield Breach(seen, *other.calls[-1:])


def _is_plain(event: Event, path: Path) -> bool:
    """Does the path lead only through objects that exist already, and to no list?"""
    on_the_way = (one for at in range(1, len(path)) for one in found(event, path[:at]))
    return not any(key == "*" or key.isdigit() for key in path) and all(
        isinstance(one, dict) for one in on_the_way
    )


@law("a policy that leaves no name of two words or no time cannot be sent")
def a_broken_event_is_kept_back(tracking: Tracking, event: Event) -> Breaches:
    """An event whose name or time the destination's policy breaks is refused, without calls."""
    plan = tracking.plan(event)
    if plan.outcome in ("invalid", "denied", "ignored") or not tracking.config.policy:
        return
    is_kept_back = plan.outcome == "refused" and not plan.calls
    if apply_policy(tracking.config, event)[0] is None and not is_kept_back:
        yield Breach(f"the outcome is {plan.outcome}", *plan.calls[-1:])
