"""Which of the preset's many paths do these events actually use?

The preset tries each field at every path where shops may have it. Here only the paths are kept at
which the sample's events have values, and fields found nowhere are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attrs import field, frozen

from walkeros_klaviyo.core.klaviyo.preset import Preset
from walkeros_klaviyo.core.klaviyo.usual import (
    ADDRESS,
    LISTS,
    ORDER_ID,
    ORDERED,
    PRODUCT,
    Raw,
    in_data,
)
from walkeros_klaviyo.verify.sample.places import at, is_there

from .sample import Named

Having = Callable[[str], frozenset[int]]
"""From a path to the line numbers of events that have something there."""
_PRODUCT_FIELDS: Final = ("id", "sku", "name")
"""The fields of which a product must have one."""


@frozen
class Lines:
    """Where the lines of an order or a cart are, and which fields each has."""

    source: Raw
    prefix: str
    """The path prefix to a line's fields."""
    pick: str = ""
    """The function that selects the lines, if a path alone is not enough."""
    items: tuple[tuple[int, Any], ...] = field(default=(), repr=False)

    def having(self, path: str) -> frozenset[int]:
        """The lines that have something at a path."""
        return frozenset(number for number, one in self.items if is_there(at(path, one)))

    def each(self, name: str, then: list[str]) -> Raw:
        """A mapping value for a field of every line."""
        option = fitted(PRODUCT[name], self.having, self.prefix)
        option = option[0] if isinstance(option, list) else option
        path = option.get("key") if isinstance(option, dict) else option
        if path is None:
            return None
        if isinstance(self.source, str):
            found = f"{self.source}.*.{path}"
            return {"key": found, "fn": then} if "$fn:unique" in then else found
        picked = self.source["fn"]
        functions = [*(picked if isinstance(picked, list) else [picked]), f"$fn:get(*.{path})"]
        return {**self.source, "fn": [*functions, *then]}


def fitted(value: Raw, having: Having, prefix: str = "") -> Raw:
    """The part of a mapping value that the events have; None if they have none of it.

    >>> def having(path):
    ...     return {"data.id": {1, 2}, "data.no": {2}}.get(path, frozenset())
    >>> fitted(["data.order", "data.id", "data.no"], having)
    'data.id'
    >>> fitted({"set": ["order", "no"], "fn": ["$fn:first", "$fn:text"]}, having, "data.")
    {'key': 'data.no', 'fn': '$fn:text'}
    """
    if isinstance(value, str):
        return f"{prefix}{value}" if having(f"{prefix}{value}") else None
    if isinstance(value, list):
        return _alone(_needed([fitted(one, having, prefix) for one in value], having))
    functions = value.get("fn", [])
    functions = functions if isinstance(functions, list) else [functions]
    if "set" in value:
        return _of_set(value, functions, having, prefix)
    option = fitted(value["key"], having, prefix) if "key" in value else None
    return None if option is None else {**value, "key": option}


def _needed(options: list[Raw], having: Having) -> list[Raw]:
    """The options in order, without those that no further event needs."""
    found: list[Raw] = []
    known: frozenset[int] = frozenset()
    for one in (option for option in options if option is not None):
        where = _where(one, having)
        if where is None or not where <= known:
            found.append(one)
            known |= where or frozenset()
    return found


def _where(option: Raw, having: Having) -> frozenset[int] | None:
    """The events that have everything an option reads; None if that is unknown."""
    if isinstance(option, str):
        return having(option)
    if isinstance(option, list):
        return frozenset[int]().union(*(_where(one, having) or frozenset() for one in option))
    if "key" in option:
        return _where(option["key"], having)
    if "set" not in option:
        return None
    needed = [one for one in option["set"] if isinstance(one, str)]
    every = [having(path) for path in needed]
    return frozenset.intersection(*every) if every else None


def _alone(options: list[Raw]) -> Raw:
    return None if not options else options[0] if len(options) == 1 else options


def _of_set(value: Raw, functions: list[str], having: Having, prefix: str) -> Raw:
    """Fit a `set`: of its first defined value, or of all values together."""
    if functions[:1] == ["$fn:first"]:
        members = _needed([fitted(one, having, prefix) for one in value["set"]], having)
        if len(members) != 1:
            return {**value, "set": members} if members else None
        rest, more = functions[1:], {key: value[key] for key in ("value",) if key in value}
        if not rest and not more:
            return members[0]
        return {"key": members[0], **({"fn": _alone(rest)} if rest else {}), **more}
    every = [fitted(one, having, prefix) for one in value["set"]]
    defaults = [one.get("value") if isinstance(one, dict) else None for one in value["set"]]
    if functions[-1:] == ["$fn:multiply"] and every[0] is not None and every[1] is None:
        return every[0] if defaults[1] == 1 else None  # a quantity of one
    return None if None in every else {**value, "set": every}


def lines_in(named: Named) -> Lines | None:
    """Where the lines are: nested entities, those of a nested cart, or a list in the data."""
    every = [one.event.get("nested") for one in named.seen]
    nested = [_entities(one) for one in every]
    deeper = [[deep for one in found for deep in _entities(one.get("nested"))] for found in nested]
    for found, picked in ((nested, []), (deeper, _DEEPER)):
        kinds = [one.get("entity") for each in found for one in each if _is_product(one)]
        kind = max(sorted({*kinds} - {None}, key=str), key=kinds.count, default=None)
        if not isinstance(kind, str) or not kind.replace("_", "a").isalnum():
            continue
        flat = [one for each in found for one in each]
        where = (
            [] if all(one.get("entity") == kind for one in flat) else [f"$fn:where(entity={kind})"]
        )
        lines = tuple(enumerate(one for one in flat if one.get("entity") == kind))
        if not picked and not where:
            return Lines("nested", "data.", items=lines)
        source = {"fn": [*picked, *where]} if picked else {"key": "nested", "fn": where}
        return Lines(source, "data.", items=lines)
    for path in in_data(*LISTS):
        lists = [at(path, one.event) for one in named.seen]
        rows = [one for each in lists if isinstance(each, list) for one in each]
        if any(_has_product(one) for one in rows):
            return Lines(path, "", items=tuple(enumerate(rows)))
    return None


_DEEPER: Final = ["$fn:get(nested.*.nested)", "$fn:flatten"]


def _entities(nested: Any) -> list[dict[str, Any]]:
    return [one for one in nested if isinstance(one, dict)] if isinstance(nested, list) else []


def _is_product(one: dict[str, Any]) -> bool:
    return _has_product(one.get("data"))


def _has_product(data: Any) -> bool:
    return isinstance(data, dict) and any(
        is_there(data.get(name)) for kind in _PRODUCT_FIELDS for name in PRODUCT[kind]
    )


def is_of_product(named: Named) -> bool:
    """Does `data` hold a product's fields?"""
    fields = [PRODUCT[kind] for kind in ("name", "sku", "price", "brand")]
    return any(named.having(f"data.{name}") for each in fields for name in each)


@frozen
class Fit:
    """The preset's rules, fitted to these events."""

    named: Named
    lines: Lines | None
    has_item: bool
    """Whether `data` is a product's."""

    def rule(self, entity: str, action: str) -> dict[str, Raw]:
        """The preset's rule for such an event, with the paths that the events have."""
        shipped = Preset("ecommerce").mapping()[entity][action]
        properties = {name: self.read(one) for name, one in shipped["data"]["map"].items()}
        settings = {name: self.read(one) for name, one in shipped.get("settings", {}).items()}
        if "items" in settings:
            settings["items"] = self._items()
        rule: dict[str, Raw] = {"name": shipped["name"]}
        for key, said in (("data", properties), ("settings", settings)):
            some = {name: one for name, one in said.items() if one is not None}
            if some:
                rule[key] = {"map": some} if key == "data" else some
        return rule

    def read(self, value: Raw) -> Raw:
        """Fit a value of the preset, which reads the `item` and `lines` made by its policy."""
        if isinstance(value, list):
            return _alone(_needed([*map(self.read, value)], self.named.having)[:_MOST])
        if isinstance(value, str) and value.startswith("item."):
            fields = PRODUCT[value.removeprefix("item.")]
            return fitted(fields, self.named.having, "data.") if self.has_item else None
        if isinstance(value, dict) and str(value.get("key", "")).startswith("lines."):
            name = value["key"].rpartition(".")[2]
            functions = value["fn"] if isinstance(value["fn"], list) else [value["fn"]]
            return None if self.lines is None else self.lines.each(name, functions)
        if isinstance(value, dict) and "loop" in value:
            source, item = value["loop"]
            return self._lines(item["map"]) if source == {"key": "lines"} else self._address(source)
        return fitted(value, self.named.having)

    def _lines(self, fields: dict[str, str]) -> Raw:
        lines = self.lines
        if lines is None:
            return None
        found = {
            name: fitted(PRODUCT[of], lines.having, lines.prefix) for name, of in fields.items()
        }
        known = {name: one for name, one in found.items() if one is not None}
        source = {"key": lines.source} if isinstance(lines.source, str) else lines.source
        return {"loop": [source, {"map": known}]} if known else None

    def _items(self) -> Raw:
        """The `items` setting (Ordered Product), if lines have an amount and a name."""
        loop = None if self.lines is None else self._lines(ORDERED)
        if self.lines is None or loop is None:
            return None
        keys = [*PRODUCT["key"], *PRODUCT["sku"], *PRODUCT["id"]]
        amount, key = (
            fitted(options, self.lines.having, self.lines.prefix)
            for options in (PRODUCT["total"], keys)
        )
        if amount is None or key is None:
            return None
        order = self.read(ORDER_ID)
        shared = {"data": {"map": {"OrderId": order}}} if order is not None else {}
        return {**loop, **shared, "value": amount, "uniqueId": key}

    def _address(self, source: Raw) -> Raw:
        path = fitted(source["set"][0]["set"], self.named.having)
        path = path[0] if isinstance(path, list) else path
        if path is None:
            return None
        found = {name: fitted(of, self.named.having, f"{path}.") for name, of in ADDRESS.items()}
        known = {name: one for name, one in found.items() if one is not None}
        return {"map": known} if known else None


_MOST: Final = 3
"""The most options of a value, so that it stays readable."""


def fit(named: Named, is_cart: bool = False) -> Fit:
    """Fit the preset to the events of one name."""
    return Fit(named, lines_in(named), not is_cart and is_of_product(named))
