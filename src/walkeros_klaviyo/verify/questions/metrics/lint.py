"""Is a metric one of Klaviyo's, a misspelling of one, or one that means something else?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.event import words_of
from walkeros_klaviyo.core.walkeros.value.tree import Node
from walkeros_klaviyo.core.walkeros.value.walk import members_of
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions import facts
from walkeros_klaviyo.verify.questions.near import near_metric, words_in
from walkeros_klaviyo.verify.reads import own, recording


def lint_metrics(config: Config) -> Iterator[Finding]:
    """Findings about the metrics of all rules that record events."""
    names = {rule.name for rule in config.rules if rule.name is not None}
    rules = [*recording(config)]
    yield from _two_spellings(rules)
    for rule in rules:
        yield from _near(rule, names)
        yield from _swapped(rule, rules)
        yield from _unnamed(rule, rules)
    yield from _retired(config)


def _near(rule: KlaviyoRule, names: Collection[str]) -> Iterator[Finding]:
    """Is the rule's metric, or else the event's own name, nearly one of Klaviyo's?

    If another rule uses Klaviyo's name (`names` are the rules' metrics), another form of its words
    is no mistake: a click on "Place Order" is something different.
    """
    if rule.name is None:
        name = rule.label.partition("[")[0] if rule.label else ""
        yield from near_own_name(name, rule.where)
        return
    where = rule.named_at
    near = near_metric(rule.name)
    if near is not None and not (near in names and _is_another_form(rule.name, near)):
        message = f'"{rule.name}" is nearly Klaviyo\'s "{near}"'
        yield Finding("metric.near", where, message, f'name = "{near}"')


def _two_spellings(rules: list[KlaviyoRule]) -> Iterator[Finding]:
    """One name of the shop's own, but for its capitals and blanks: Klaviyo sees two metrics."""
    first: dict[str, str] = {}
    for rule in rules:
        name = rule.name or ""
        other = first.setdefault(" ".join(name.casefold().split()), name)
        if other != name and near_metric(name) is None:
            message = f'"{name}" is another metric than "{other}", which another rule has'
            yield Finding("metric.near", rule.named_at, message, f'name = "{other}"')


def _is_another_form(name: str, near: str) -> bool:
    """Do only the endings of words differ?

    >>> near = "Placed Order"
    >>> _is_another_form("Place Order", near), _is_another_form("Palced Order", near)
    (True, False)
    """
    words, others = words_in(name), words_in(near)
    if "".join(words) in facts.OTHERS:
        return True
    return words != others and all(
        one in (other, f"{other}s") or other in (f"{one}d", f"{one}ed")
        for one, other in zip(words, others, strict=True)
    )


def near_own_name(name: str, where: str) -> Iterator[Finding]:
    """For an event recorded under its own name: are its words those of a Klaviyo metric?"""
    words = sorted(words_in(name))
    near = next((one for one in facts.KLAVIYO if sorted(words_in(one)) == words), None)
    if near is not None and near != name:
        message = f'the event\'s own name "{name}" is nearly Klaviyo\'s "{near}"'
        yield Finding("metric.near", where, message, f'name = "{near}"')


def _swapped(rule: KlaviyoRule, rules: list[KlaviyoRule]) -> Iterator[Finding]:
    """An order's metric for something else, an order under another metric, or two swapped."""
    does, says = meaning_of(rule.label), facts.MEANS.get(rule.name or "")
    other = next((one for one in rules if _are_exchanged(rule, one)), None)
    is_wrong = does is not None and says is not None and does != says
    counts = any(is_order(one) and meaning_of(one.label) == "order" for one in rules)
    is_order_too = "order" in (does, says) and ({does, says} != {"order", "fulfill"} or counts)
    label = (rule.label or "").partition("[")[0]
    if other is None and not (is_wrong and is_order_too) and not is_contrary(label, rule.name):
        return
    is_page = does in ("view", "add") and label.partition(" ")[0].lower() in facts.NO_ORDERS
    right = next((name for name, what in facts.MEANS.items() if what == does and not is_page), None)
    right = (right or OWN_NAMES.get(does or "")) if other is None else other.name
    message = f'"{label}" goes by the name "{rule.name}"'
    remedy = f'name = "{right}"' if right else "Give it a name of its own."
    yield Finding("metric.swapped", rule.named_at, message, remedy)


def is_contrary(name: str, metric: str | None) -> bool:
    """Does the event mean the opposite of the metric?"""
    entity, _, action = name.lower().partition(" ")
    is_plain = entity not in facts.NO_ORDERS and action != "update"
    return is_plain and (meaning_of(name), facts.MEANS.get(metric or "")) in CONTRARY


def _unnamed(rule: KlaviyoRule, rules: list[KlaviyoRule]) -> Iterator[Finding]:
    """Orders with amounts under their own name, while other rules use Klaviyo's metrics."""
    does = meaning_of(rule.label)
    entity = (rule.label or "").partition(" ")[0]
    named = [
        one for one in rules if one.name in facts.KLAVIYO and (one.label or "").startswith(entity)
    ]
    is_followed = named if does != "order" else any(one.name in facts.KLAVIYO for one in rules)
    if rule.name is None and does in EARNING and own(rule, "value") and is_followed:
        right = next(name for name, what in facts.MEANS.items() if what == does)
        message = f'it goes by the event\'s own name, and Klaviyo looks for "{right}"'
        if all(one.name != right for one in rules):
            yield Finding("metric.near", rule.named_at, message, f'name = "{right}"')


CONTRARY: Final = (
    *(("view", "add"), ("add", "view"), ("remove", "add"), ("remove", "view")),
    *(("start", "add"), ("start", "view")),
)
"""Meanings of events and metrics that contradict each other."""
OWN_NAMES: Final = {"remove": "Removed from Cart"}
"""Suggested names for actions without a Klaviyo metric."""
EARNING: Final = ("order", "cancel", "refund")


def is_order(rule: KlaviyoRule) -> bool:
    """Does it record orders, by its metric and its events?"""
    return rule.name == facts.ORDER and meaning_of(rule.label) in (None, *_MAYBE_ORDERS)


_MAYBE_ORDERS: Final = ("order", "fulfill", "start")


def _are_exchanged(rule: KlaviyoRule, other: KlaviyoRule) -> bool:
    """Does each of the rules have the metric that fits the other?"""
    if rule.name is None or other.name is None or rule.name == other.name:
        return False
    ours, theirs = meaning_of(rule.label), meaning_of(other.label)
    if None not in (ours, theirs) and ours != theirs:
        return (facts.MEANS.get(other.name), facts.MEANS.get(rule.name)) == (ours, theirs)
    entity, another = ((one.label or "").partition(" ")[0].lower() for one in (rule, other))
    said, saids = words_in(rule.name), words_in(other.name)
    is_theirs = another in said and entity not in said
    return entity != another and is_theirs and entity in saids and another not in saids


def meaning_of(label: str | None) -> str | None:
    """The meaning of an event's name or a rule's label, for example that an order was placed.

    >>> meaning_of("order complete"), meaning_of("product view"), meaning_of("order view")
    ('order', 'view', None)
    """
    words = words_of((label or "").partition("[")[0].lower())
    if words is None:
        return None
    entity, action = words
    found = next((what for what, each in facts.ACTIONS.items() if action in each.split()), None)
    about = next(
        (what for what in ("cancel", "refund") if entity in facts.ACTIONS[what].split()), None
    )
    if about is not None or entity in facts.NO_ORDERS:
        return about or found or "other"
    if entity in facts.SHIPMENTS and found == "order":
        return "fulfill"
    theirs = {"view": ("product", "item", "cart"), "start": ("checkout", "order")}
    return found if entity in theirs.get(found or "", (entity,)) else None


def _retired(config: Config) -> Iterator[Finding]:
    """Fields of Klaviyo's former API."""
    objects: dict[str, Node | None] = {}
    for rule in (config.default, *config.rules):
        for value in (rule.base, rule.data, rule.settings.identify):
            if value is not None:
                objects[value.where] = value.tree
                objects[f"{value.where}.map.properties"] = members_of(value.tree).get("properties")
    for where, node in objects.items():
        names = [*members_of(node)] if node is not None else []
        for name in (one for one in names if one in facts.RETIRED):
            message = f'"{name}" is a field of Klaviyo\'s old API'
            remedy = f"Map it as {facts.RETIRED[name]} instead, and leave it out here."
            yield Finding("name.retired", f"{where}.map.{name}", message, remedy)
