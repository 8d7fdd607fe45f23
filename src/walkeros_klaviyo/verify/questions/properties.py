"""Do properties that Klaviyo knows have the right spelling and the right content?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.value.tree import Object
from walkeros_klaviyo.core.walkeros.value.walk import nodes
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.reads import paths_read, reads_of
from walkeros_klaviyo.verify.sample.look import Mapped, Shown
from walkeros_klaviyo.verify.sample.places import at, is_there

from .counted import are_most
from .facts import FEW, KLAVIYO
from .guess import ENOUGH, as_amount, in_cents, name_of
from .near import plain, split_words

SAYS: Final = MappingProxyType(
    {
        "name": "ProductName AddedItemProductName ItemNames",
        "id": "ProductID AddedItemProductID",
        "sku": "SKU AddedItemSKU",
        "price": "Price ItemPrice AddedItemPrice CompareAtPrice",
        "quantity": "Quantity AddedItemQuantity",
        "brand": "Brand Brands ProductBrand",
        "category": "Categories AddedItemCategories ProductCategories",
        "image": "ImageURL AddedItemImageURL",
        "url": "URL ProductURL AddedItemURL CheckoutURL",
        "order": "OrderId",
        "": "Items RowTotal DiscountCode DiscountValue Reason BillingAddress ShippingAddress",
    }
)
"""Klaviyo's properties and their meaning. Source: its guide for platforms without a connector."""
KEYS: Final = MappingProxyType(
    {
        "name": "name title productname producttitle itemname",
        "id": "id productid itemid",
        "sku": "sku articlenumber itemnumber",
        "price": "price unitprice itemprice finalprice",
        "quantity": "quantity qty",
        "brand": "brand manufacturer vendor",
        "category": "category categories",
        "image": "image imageurl picture thumbnail",
        "url": "url link href producturl",
    }
)
"""Shops' names for these meanings, in lower case without punctuation."""
_SAYS: Final = {name: what for what, names in SAYS.items() for name in names.split()}
_KEYS: Final = {key: what for what, keys in KEYS.items() for key in keys.split()}
_PLAIN: Final = {plain(name): name for name in _SAYS}
INTERCHANGEABLE: Final = ("id", "sku")
"""Many shops identify products by SKU, so these are wrong only if swapped."""
NO_ORDER: Final = frozenset("cart basket checkout session customer user visitor device".split())
"""Things whose ids are not an order's."""
LISTS: Final = re.compile(r"\w*(Names|Items|Ids|IDs|SKUs|Categories|Brands|Titles)")
"""Properties that should list one value per item."""


@frozen
class Member:
    """A property of an event or of its lines that is read from a path."""

    name: str
    where: str
    path: str
    within: tuple[str, ...]
    beside: str
    """The place of the object that it is a member of."""

    @property
    def says(self) -> str | None:
        """The meaning of Klaviyo's property of that name."""
        return _SAYS.get(self.name)

    @property
    def stem(self) -> str:
        """The place of the items to which the path is relative."""
        return "".join(f"{source}.*." for source in self.within if source != "this")


def judge_properties(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings about each rule with events and a Klaviyo metric."""
    for rule, events in shown.rules:
        if rule.name in KLAVIYO:
            yield from _near(rule)
            members = [*_members(rule)]
            for one in members:
                yield from _first_only(one, events)
                yield from _of_no_order(one, rule)
                values = (
                    [] if one.within else [at(one.path, each.event) for each in events[:ENOUGH]]
                )
                if not _are_addresses(one, values[:FEW]):
                    yield from _other(one, members, shown.paths[rule.where])
                yield from _no_numbers(one, [*filter(is_there, values)])
                yield from _in_cents(one, shown)
                yield from _in_lists(one, values)


def _near(rule: KlaviyoRule) -> Iterator[Finding]:
    """Misspelt names in an object with other names of Klaviyo's."""
    for node in nodes(rule.data.tree) if rule.data is not None else ():
        names = [name for name, _ in node.members] if isinstance(node, Object) else []
        for name in names if not {*names}.isdisjoint(_SAYS) else ():
            right = _PLAIN.get(plain(name))
            if right is not None and right not in names and name not in _SAYS:
                message = f'"{name}" is nearly Klaviyo\'s "{right}"'
                where = f"{node.where}.{name}"
                yield Finding("property.near", where, message, f'Write "{right}".')


_MEMBER: Final = re.compile(r"(?P<beside>.+)\.map\.(?P<name>[^.\[]+)(\.key|\[0\])?")


def _members(rule: KlaviyoRule) -> Iterator[Member]:
    for read in (*reads_of(rule.base), *reads_of(rule.data)):
        if (found := _MEMBER.fullmatch(read.where)) is not None:
            yield Member(found["name"], read.where, read.path, read.within, found["beside"])


def _first_only(one: Member, events: list[Mapped]) -> Iterator[Finding]:
    """Only the first item's value, where several are expected and exist."""
    first = re.fullmatch(r"(.+?)\.\d+\.(.+)", one.path)
    if first is None or one.within or not LISTS.fullmatch(one.name):
        return
    lists = [at(first[1], each.event) for each in events]
    several = sum(isinstance(items, list) and len(items) > 1 for items in lists)
    if several:
        message = f"it has the first item's only, of {several:,} events that have several"
        yield Finding("property.other", one.where, message, f'Write "{first[1]}.*.{first[2]}".')


def _of_no_order(one: Member, rule: KlaviyoRule) -> Iterator[Finding]:
    """The id of a cart, session or customer as the order's, though the unique id is right."""
    ids = paths_read(rule.settings.unique_id) - {"id"}
    words = split_words(one.path.rpartition(".")[2])
    is_anothers = "order" not in words and NO_ORDER & {*words, *one.path.split(".")[:-1]}
    if one.says == "order" and is_anothers and len(ids) == 1 and one.path not in ids:
        (path,) = ids
        message = f'"{one.path}" is not an order\'s id; the unique id is at "{path}"'
        yield Finding("property.other", one.where, message, f'Write "{path}".')


def _other(one: Member, members: list[Member], known: set[str]) -> Iterator[Finding]:
    """A path whose key means something else, beside one with the right meaning."""
    says, is_read = one.says, _key(one.path)
    if not says or not is_read or says in {"order", *map(_key, one.path.split("."))}:
        return
    parent = f"{one.stem}{one.path}".rpartition(".")[0]
    right = [path for path in sorted(known) if path.rpartition(".")[0] == parent]
    right = [path for path in right if _key(path) == says]
    others = [each for each in members if each.beside == one.beside]
    pairs = [(each.says, _key(each.path)) for each in others]
    is_wrong = (is_read, says) in pairs or not {says, is_read} <= {*INTERCHANGEABLE}
    if right and is_wrong:
        message = f'{one.name} reads "{one.path}", the {is_read}'
        remedy = f'Write "{right[0].removeprefix(one.stem)}".'
        yield Finding("property.other", one.where, message, remedy)


def _are_addresses(one: Member, values: list[Any]) -> bool:
    """Are the values URLs, as required? Then the path's name is merely misleading."""
    is_url = one.says in ("url", "image") and bool(values)
    return is_url and all(isinstance(one, str) and one.startswith("http") for one in values)


def _key(path: str) -> str | None:
    """The meaning of a path's last key; any other id counts as an id."""
    is_id = re.search(r"[a-z](Id|ID|_id)$", path)
    return _KEYS.get(name_of(path)) or ("id" if is_id else None)


def _no_numbers(one: Member, values: list[Any]) -> Iterator[Finding]:
    """Prices and quantities that are not numbers."""
    words = [value for value in values if isinstance(value, str) and not re.search(r"\d", value)]
    if one.says in ("price", "quantity") and are_most(len(words), len(values)):
        message = f'{one.name} is "{words[0]}" and the like, no number'
        yield Finding("property.other", one.where, message)


def _in_cents(one: Member, shown: Shown) -> Iterator[Finding]:
    """A price as it stands at a path that says cents: no function beside it divides it."""
    is_plain = not one.where.endswith(".key") and one.where in shown.found
    if one.says == "price" and is_plain and in_cents(one.path):
        message = f'{one.name} reads "{one.path}", which is in cents by its name'
        yield Finding("property.other", one.where, message, f"Write {as_amount(one.path)}.")


def _in_lists(one: Member, values: list[Any]) -> Iterator[Finding]:
    """A list of lists, where each item was to stand by itself."""
    lists = [value for value in values if isinstance(value, list) and value]
    deep = [value for value in lists if all(isinstance(item, list) for item in value)]
    if (
        LISTS.fullmatch(one.name)
        and not one.where.endswith(".key")
        and are_most(len(deep), len(lists))
    ):
        remedy = f'Write {{ key = "{one.path}", fn = "$fn:flatten" }}.'
        message = f'"{one.path}" is a list of lists, and no segment looks into those'
        yield Finding("property.other", one.where, message, remedy)
