"""Which events does a collector send, and which might a broken sender?

Events of walkerOS 3 and 4, either clean, or dirty: with a hostile value where a configuration may
read. Source: walkerOS event model.
"""

from __future__ import annotations

from typing import Final, Literal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from walkeros_klaviyo.core.walkeros.event import Event

from . import shop_values as shop
from .json_values import Json, hostile_values, json_values, scalars, texts
from .places import plant

Kind = Literal["clean", "dirty"]

ENTITIES: Final = ("order", "product", "page")
ACTIONS: Final = ("complete", "view", "add", "refund")
PATHS: Final = (
    "data.total data.id data.currency data.name user.id user.email globals.lang context.shopping.0 "
    "custom.x nested.0.data.sku nested.*.data.sku nested data data.tags data.tags.0 user name id "
    "timestamp source.type data.missing"
).split()
"""Paths that a shop's configuration reads: scalars first, then lists and whole objects."""
_ODD_PLACES: Final = ("consent", "context", "globals", "entity", "user.phone", "x", "nested.0")


def names() -> SearchStrategy[str]:
    """Names of two words, rarely more."""
    two = st.builds("{} {}".format, st.sampled_from(ENTITIES), st.sampled_from(ACTIONS))
    return st.one_of(two, two, two.map(lambda name: f"{name} again"))


def lines() -> SearchStrategy[Event]:
    """Nested entities."""
    data = st.fixed_dictionaries(
        {"sku": st.sampled_from(["A", "B"])}, optional={"price": st.floats(0, 99)}
    )
    return st.fixed_dictionaries({"entity": st.just("product"), "data": data})


def _sections() -> dict[str, SearchStrategy[Json]]:
    data = {
        "id": shop.identifiers(),
        "total": shop.amounts(),
        "currency": shop.currencies(),
        "name": texts(),
    }
    user = {
        "id": shop.identifiers(),
        "email": shop.emails(),
        "phone": shop.phones(),
        "device": shop.identifiers(),
    }
    return {
        "id": st.sampled_from(["a1b2c3d4e5f60107", "bae360a54e79af93"]),
        "user": st.fixed_dictionaries({}, optional={**user, "first": texts()}),
        "data": st.fixed_dictionaries(
            {}, optional={**data, "tags": st.lists(scalars(), max_size=2), "more": json_values()}
        ),
        "globals": st.dictionaries(st.sampled_from(["lang", "market"]), texts(), max_size=2),
        "context": st.dictionaries(
            st.just("shopping"), st.tuples(texts(), st.integers(0, 3)).map(list), max_size=1
        ),
        "custom": st.fixed_dictionaries({"x": json_values()}),
        "nested": st.lists(lines(), max_size=2),
        "consent": shop.consents(),
        "trigger": st.just("load"),
        "timing": st.floats(0, 99),
    }


def events(
    version: int = 4, kind: Kind = "clean", **fixed: SearchStrategy[Json]
) -> SearchStrategy[Event]:
    """Events of walkerOS 3 or 4, always with the `fixed` fields (user=…, data=…).

    A `dirty` event has a hostile value where a configuration may read.

    >>> from hypothesis import find, settings
    >>> quick = settings(database=None, max_examples=50)
    >>> find(events(), lambda event: True, settings=quick)
    {'name': 'order complete', 'timestamp': 1600000000000}
    """
    source: SearchStrategy[Json] = st.fixed_dictionaries(
        {"type": st.sampled_from(["browser", "server"])},
        optional={"url": st.just("https://shop.example/")} if version == 4 else {"id": texts()},
    )
    required = {"name": names(), "timestamp": shop.timestamps(), **fixed}
    optional = {**_sections(), "source": source}
    if version == 3:
        optional["group"] = st.just("group1")
        optional["count"] = st.integers(1, 9)
        optional["version"] = st.just({"source": "3.4.0", "tagging": 1})
    clean = st.fixed_dictionaries(
        required, optional={key: one for key, one in optional.items() if key not in fixed}
    )
    if kind == "clean":
        return clean
    places = st.one_of(st.sampled_from(PATHS), st.sampled_from(_ODD_PLACES))
    return st.builds(soiled, clean, places, st.one_of(hostile_values(), json_values()))


def soiled(event: Event, path: str, value: Json) -> Event:
    """A copy of an event (or any object) with a value put at a place.

    >>> soiled({"id": "a"}, "data.map", 7)
    {'id': 'a', 'data': {'map': 7}}
    """
    changed: Event = plant(event, tuple(path.split(".")), value)
    return changed


def any_events() -> SearchStrategy[Event]:
    """Clean events of both versions, dirty ones, and some with odd times."""
    odd = events(timestamp=shop.odd_timestamps(), id=shop.identifiers())
    return st.one_of(events(), events(3), events(kind="dirty"), odd)
