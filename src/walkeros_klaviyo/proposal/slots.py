"""Which of Klaviyo's shop events does each event name stand for, and where is that a guess?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.klaviyo.usual import ORDER_ID, REFUND_ID
from walkeros_klaviyo.verify.questions import facts
from walkeros_klaviyo.verify.questions.guess import id_path, path_words
from walkeros_klaviyo.verify.questions.metrics.lint import meaning_of as meaning_of_name
from walkeros_klaviyo.verify.sample.places import at

from .fitting import fitted, is_of_product, lines_in
from .money import MOSTLY, has_amount
from .sample import Named

Slot = tuple[str, str]
"""Entity and action of a rule in the preset."""
CARTS: Final = ("cart", "basket", "bag", "trolley")
ORDERS: Final = ("order", "purchase", "sale", "transaction", "checkout", "booking", "reservation")
"""Entities that may be orders, by preference: the first that occurs is taken."""
NEVER: Final = frozenset(
    "quote offer wishlist survey poll donation invoice subscription bid estimate request "
    "application registration payout payment giftcard credit trial lead form".split()
)
"""Entities that are not orders, even with an id, an amount and the action `complete`."""
_TURNED: Final = frozenset(
    "refund refunded refunds cancel canceled cancelled cancellation fail failed failure error "
    "declined rejected void voided return returned chargeback reversed test pending partial "
    "expired abandoned attempt attempted retry".split()
)
"""Further words that change what the first two words of a name say."""


def slot_of(named: Named) -> Slot | None:
    """The shop event that it stands for, by its name and fields; None for others.

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
    if own_id(named) is None:
        return None
    if does in ("fulfill", "cancel", "refund"):
        return "order", does or ""
    is_paid = does is None and entity in facts.CARTS and action.lower() in facts.PAID
    is_order = (does == "order" or is_paid) and entity not in ("product", *CARTS)
    return ("order", "complete") if is_order and has_amount(named) else None


_BOUGHT: Final = ("product", "item", "article", "variant", *CARTS)


def slots_of(every: Sequence[Named]) -> dict[str, Slot | None]:
    """The slots of all names; cancellations and refunds count only if there are orders."""
    slots = {named.name: slot_of(named) for named in every}
    slots |= dict.fromkeys((named.name for named in doubtful(every)), None)
    orders = [named for named in every if slots[named.name] == ("order", "complete")]
    entities = {named.words[0] for named in orders}
    for named in every:
        is_own = named.words[0] in entities or order_path(named, orders) is not None
        if slots[named.name] in _AFTER and not is_own:
            slots[named.name] = None
    return slots


_AFTER: Final = (("order", "fulfill"), ("order", "cancel"), ("order", "refund"))


def is_mixed(named: Named) -> bool:
    """May the events be something other than their first two words say, which select the rule?

    >>> from .sample import Named
    >>> [is_mixed(Named(name, 1, ())) for name in ("order complete failed", "order complete web")]
    [True, False]
    """
    words = {word.lower() for word in named.name.split()[2:]}
    return len(named.names) > 1 or not _TURNED.isdisjoint(words)


def doubtful(every: Sequence[Named]) -> tuple[Named, ...]:
    """Names that look like an order or its end, but may be none, or count the same money twice."""
    slots = {one.name: slot_of(one) for one in every}
    theirs = [one for one in every if (slots[one.name] or ("",))[0] == "order"]
    orders = [one for one in theirs if slots[one.name] == ("order", "complete")]
    first = min(map(_rank, orders), default=0)
    is_many = len({one.words[0] for one in orders}) > 1
    is_unsure = first == len(ORDERS) and is_many
    return tuple(
        one
        for one in theirs
        if is_mixed(one)
        or (one in orders and (_rank(one) != first or is_unsure or one.words[0].lower() in NEVER))
    )


def is_odd(named: Named) -> bool:
    """Is it an order only by its fields, not by its name?"""
    return _rank(named) == len(ORDERS)


def _rank(named: Named) -> int:
    entity = named.words[0].lower()
    return ORDERS.index(entity) if entity in ORDERS else len(ORDERS)


def order_ids(every: Sequence[Named]) -> dict[int, str]:
    """The orders' ids, by line number."""
    slots = slots_of(every)
    orders = [one for one in every if slots[one.name] == ("order", "complete")]
    found: dict[int, str] = {}
    for named in orders:
        for path in reversed(id_paths(named, ())):
            texts = ((one.line, read_identifier(at(path, one.event))[0]) for one in named.seen)
            found |= {line: text for line, text in texts if text is not None}
    return found


def own_id(named: Named) -> str | None:
    """The path at which most of the events have an id of their own."""
    texts = named.texts(lambda path: path.startswith("data."))
    plain = [path for path in ORDER_ID if path in texts]
    most = max((len(texts[path]) for path in plain), default=0)
    return next((path for path in plain if len(texts[path]) == most), id_path(named.seen))


def id_paths(named: Named, orders: Sequence[Named]) -> tuple[str, ...]:
    """The paths of the order's id: the main one, and those for events that lack it there."""
    first = order_path(named, orders) or (None if orders else own_id(named))
    if first is None:
        return ()
    ids = _ids(orders)
    found, known = [first], named.having(first)
    for path, texts in named.texts(lambda path: path in ORDER_ID).items():
        is_order = not orders or len(texts & ids) > len(texts) * MOSTLY
        if is_order and not named.having(path) <= known:
            found.append(path)
            known |= named.having(path)
    return tuple(found)


def order_path(named: Named, orders: Sequence[Named]) -> str | None:
    """The path at which its events hold ids of the orders."""
    ids = _ids(orders)
    found = named.texts(lambda path: path.startswith("data."))
    shared = {path: len(texts & ids) for path, texts in found.items() if texts & ids}
    return max(sorted(shared), key=lambda path: shared[path], default=None)


def refund_path(
    named: Named, orders: Sequence[Named], other: Sequence[str]
) -> str | list[str] | None:
    """The path of a refund's own id, which differs between partial refunds of an order."""
    usual: str | list[str] | None = fitted(REFUND_ID, named.having)
    if usual is not None:
        return None if usual in other else usual
    ids = _ids(orders)
    found = named.texts(lambda path: path not in other and _is_of_refund(path))
    own = [
        path
        for path, texts in found.items()
        if not texts & ids and len(texts) == len(named.having(path))
    ]
    return min(own, key=lambda path: (path.count("."), len(path), path), default=None)


def _is_of_refund(path: str) -> bool:
    words = {*path_words(path)}
    return path.startswith("data.") and bool(words) and words <= _OF_A_REFUND


_OF_A_REFUND: Final = frozenset("refund return credit note memo reference ref id number no".split())


def _ids(orders: Sequence[Named]) -> frozenset[str]:
    every = [one.texts(lambda path: path.startswith("data.")) for one in orders]
    paths = [id_paths(one, ()) for one in orders]
    return frozenset(
        text
        for texts, some in zip(every, paths, strict=True)
        for path in some
        for text in texts.get(path, ())
    )
