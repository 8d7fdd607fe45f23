"""What is each event to Klaviyo, and what does its rule say?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.klaviyo.usual import REFUND_ID
from walkeros_klaviyo.verify.questions import facts
from walkeros_klaviyo.verify.questions.guess import (
    amount_path,
    currency_path,
    id_path,
    last_word,
    name_of,
)
from walkeros_klaviyo.verify.questions.meaning import BY_NAME, meaning_of
from walkeros_klaviyo.verify.questions.metrics.lint import meaning_of as meaning_of_name
from walkeros_klaviyo.verify.questions.near import split_words
from walkeros_klaviyo.verify.sample.places import at

from .fitting import fit, fitted, is_of_product, lines_in
from .sample import Named

Raw = dict[str, Any]
Slot = tuple[str, str]
"""Entity and action of a rule of the preset."""
CARTS: Final = ("cart", "basket", "bag", "trolley")
NOISE: Final = frozenset(
    (*facts.UNPAID, "load", "visible", "click", "focus", "play", "pause", "noise")
)
"""Actions of which Klaviyo has no use, unless a person says so."""
NOISY: Final = frozenset("page session debug test video scroll element screen".split())
MOST: Final = 8
"""Properties of an event of the shop's own."""


def slot_of(named: Named) -> Slot | None:
    """Which of Klaviyo's shop events it is, by its name and by what it has; None for the others.

    >>> from .sample import Named, Seen
    >>> def slot(name, data):
    ...     seen = Seen(1, {"name": name, "timestamp": 1, "data": data})
    ...     return slot_of(Named(name, 1, (seen,)))
    >>> slot("sale complete", {"id": "S-1", "total": 5}), slot("video complete", {"id": "V-1"})
    (('order', 'complete'), None)
    >>> slot("item view", {"name": "Tent"}), slot("page view", {"title": "Home"})
    (('product', 'view'), None)
    """
    entity, action = named.words
    entity, does = entity.lower(), meaning_of_name(named.name)
    has_lines = lines_in(named) is not None
    if does == "view":
        is_one = is_of_product(named) and entity not in (*CARTS, *facts.NO_ORDERS)
        return ("product", "view") if is_one else None
    if does == "add":
        if entity in CARTS and has_lines:
            return "cart", "add"
        return ("product", "add") if is_of_product(named) and entity in _BOUGHT else None
    if does == "start":
        return ("checkout", "start") if entity in ("checkout", "order", *CARTS) else None
    if id_path(named.seen) is None:
        return None
    if does in ("fulfill", "cancel", "refund"):
        return "order", does or ""
    is_paid = does is None and entity in facts.CARTS and action.lower() in facts.PAID
    is_order = (does == "order" or is_paid) and entity not in ("checkout", "product", *CARTS)
    return ("order", "complete") if is_order and amount_path(named.seen) is not None else None


_BOUGHT: Final = ("product", "item", "article", "variant", *CARTS)


def slots_of(every: Sequence[Named]) -> dict[str, Slot | None]:
    """The same by name; what takes an order back, or follows it, needs one to be about."""
    slots = {named.name: slot_of(named) for named in every}
    orders = [named for named in every if slots[named.name] == ("order", "complete")]
    entities = {named.words[0] for named in orders}
    for named in every:
        is_own = named.words[0] in entities or _order_path(named, orders) is not None
        if slots[named.name] in _AFTER and not is_own:
            slots[named.name] = None
    return slots


_AFTER: Final = (("order", "fulfill"), ("order", "cancel"), ("order", "refund"))


def order_ids(every: Sequence[Named]) -> dict[int, str]:
    """The orders' ids, by the lines of their events."""
    slots = slots_of(every)
    found: dict[int, str] = {}
    for named in every:
        path = _own_id(named) if slots[named.name] == ("order", "complete") else None
        for one in named.seen if path is not None else ():
            text = read_identifier(at(path or "", one.event))[0]
            if text is not None:
                found[one.line] = text
    return found


def rule_of(named: Named, slot: Slot | None, orders: Sequence[Named]) -> Raw:
    """The rule of a name; `orders` are the events that Klaviyo takes for orders."""
    if slot is None:
        return _own_rule(named)
    rule = fit(named, is_cart=slot[0] == "cart").rule(*slot)
    settings = rule.setdefault("settings", {})
    if slot[0] == "order":
        _find_money(settings, named)
        _find_id(settings, rule, named, [] if slot[1] == "complete" else orders)
    if settings.get("value") is None:
        settings.pop("currency", None)
    if not settings:
        del rule["settings"]
    return rule


def _find_money(settings: Raw, named: Named) -> None:
    """Where it stands under another name than shops usually give it."""
    if "value" not in settings and (path := amount_path(named.seen)) is not None:
        settings["value"] = path
    if "currency" not in settings and (path := currency_path(named.seen)) is not None:
        settings["currency"] = path


def _find_id(settings: Raw, rule: Raw, named: Named, orders: Sequence[Named]) -> None:
    """The order's id; what follows an order names it by the same id, and a refund by both."""
    wanted = _order_path(named, orders) or (None if orders else _own_id(named))
    if wanted is None:
        return
    own = fitted(REFUND_ID, named.having) if rule["name"] == facts.REFUND else None
    part = {"set": [wanted, own], "fn": ["$fn:complete", "$fn:join(/)"]}
    settings["uniqueId"] = wanted if own in (None, wanted) else [part, wanted]
    properties = rule.setdefault("data", {"map": {}})["map"]
    properties["OrderId"] = wanted
    if "items" in settings:
        settings["items"]["data"] = {"map": {"OrderId": wanted}}


def _own_id(named: Named) -> str | None:
    texts = named.texts(lambda path: path.startswith("data."))
    usual = id_path(named.seen)
    plain = [path for path in ("data.id", "data.orderId", "data.order_id") if path in texts]
    most = max((len(texts[path]) for path in plain), default=0)
    return next((path for path in plain if len(texts[path]) == most), usual)


def _order_path(named: Named, orders: Sequence[Named]) -> str | None:
    """Where it has what the orders have as their ids."""
    ids: set[str] = set()
    for one in orders:
        path = _own_id(one)
        ids |= one.texts(path.__eq__).get(path, frozenset()) if path is not None else set()
    found = named.texts(lambda path: path.startswith("data."))
    shared = {path: len(texts & ids) for path, texts in found.items() if texts & ids}
    return max(sorted(shared), key=lambda path: shared[path], default=None)


def _own_rule(named: Named) -> Raw:
    """An event that Klaviyo has no metric for: recorded under its name, unless it is noise."""
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
        _find_money(settings, named)
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


def has_amounts(rule: Raw) -> bool:
    """Does it count money without saying in which currency?"""
    settings = rule.get("settings", {})
    return "value" in settings and "currency" not in settings
