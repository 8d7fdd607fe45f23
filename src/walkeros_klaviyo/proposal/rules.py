"""Which rule should each event name get?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.usual import first_of
from walkeros_klaviyo.verify.questions import facts
from walkeros_klaviyo.verify.questions.guess import (
    id_path,
    last_word,
    name_of,
)
from walkeros_klaviyo.verify.questions.meaning import BY_NAME, meaning_of
from walkeros_klaviyo.verify.questions.near import split_words
from walkeros_klaviyo.verify.sample.places import at, is_there

from .fitting import fit
from .money import find_money
from .sample import Named
from .slots import Slot, id_paths, refund_path

Raw = dict[str, Any]
NOISE: Final = frozenset(
    (*facts.UNPAID, "load", "visible", "click", "focus", "play", "pause", "noise")
)
"""Actions that are of no use to Klaviyo unless the user says otherwise."""
NOISY: Final = frozenset("page session debug test video scroll element screen".split())
MOST: Final = 8
"""The most properties of an event that is the shop's own."""


def rule_of(named: Named, slot: Slot | None, orders: Sequence[Named]) -> Raw:
    """The rule for a name; `orders` are the events that count as orders at Klaviyo."""
    if slot is None:
        return _own_rule(named)
    rule = fit(named, is_cart=slot[0] == "cart").rule(*slot)
    settings = rule.setdefault("settings", {})
    if slot[0] == "order":
        find_money(settings, named, is_whole=slot[1] == "complete")
        _find_id(settings, rule, named, [] if slot[1] == "complete" else orders)
    if settings.get("value") is None:
        settings.pop("currency", None)
    if not settings:
        del rule["settings"]
    return rule


def _find_id(settings: Raw, rule: Raw, named: Named, orders: Sequence[Named]) -> None:
    """Set the unique id: the order's, also for later events of the order; for refunds both ids."""
    paths = id_paths(named, orders)
    if not paths:
        return
    wanted: Any = paths[0] if len(paths) == 1 else [*paths]
    own = refund_path(named, orders, paths) if rule["name"] == facts.REFUND else None
    order: Any = first_of(*paths) if len(paths) > 1 else paths[0]
    part = {"set": [order, own], "fn": ["$fn:complete", "$fn:join(/)"]}
    known = [path for one in orders for path in id_paths(one, ())]
    alone = [own] if own in known else []  # a full refund may have the order's own id
    settings["uniqueId"] = wanted if own is None else [part, *paths, *alone]
    properties = rule.setdefault("data", {"map": {}})["map"]
    properties["OrderId"] = wanted
    if "items" in settings:
        settings["items"]["data"] = {"map": {"OrderId": wanted}}


def have_one_id(named: Named, rule: Raw) -> bool:
    """Would partial events of an order, each with an amount, get the same unique id?"""
    settings = rule.get("settings", {})
    path, value = settings.get("uniqueId"), settings.get("value")
    if not isinstance(path, str) or not isinstance(value, str):
        return False
    found = ((at(path, one.event), at(value, one.event)) for one in named.seen)
    parts = {(str(number), str(amount)) for number, amount in found if is_there(amount)}
    return len({number for number, _ in parts}) < len(parts)


def _own_rule(named: Named) -> Raw:
    """The rule for an event without a Klaviyo metric: recorded under its name, or ignored."""
    entity, action = named.words
    if action.lower() in NOISE or entity.lower() in NOISY:
        return {"ignore": True}
    words = [*split_words(entity), *split_words(action)]
    metric = " ".join(word.capitalize() for word in words) or named.name
    properties: Raw = {}
    for path, raw in named.leaves():
        name = "".join(word.capitalize() for word in split_words(path.rpartition(".")[2]))
        is_own = path.startswith("data.") and path.count(".") == 1 and meaning_of(path) is None
        is_short = isinstance(raw, bool | int | float) or len(str(raw)) < 200
        if is_own and is_short and name and len(properties) < MOST and not _is_personal(path):
            properties.setdefault(name, path)
    rule: Raw = {"name": metric, **({"data": {"map": properties}} if properties else {})}
    settings: Raw = {}
    if action.lower() in facts.PAID and entity.lower() not in (*facts.NO_ORDERS, *facts.SHIPMENTS):
        find_money(settings, named)
    if "value" in settings:
        number = id_path(named.seen)
        rule["settings"] = settings | ({"uniqueId": number} if number is not None else {})
    return rule


def _is_personal(path: str) -> bool:
    return name_of(path) in BY_NAME or last_word(path) in _PERSONAL


_PERSONAL: Final = frozenset(
    "password pass token secret iban card cvv ssn birthday birthdate dob ip name address street "
    "message comment note text".split()
)
