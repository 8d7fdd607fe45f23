"""Which mapping values are there?

A path, an object with any of its keys, a list, a list in a list. Source: walkerOS mapping.
"""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from property_tests.generated.functions import functions, steps, verdicts

from walkeros_klaviyo.core.faults import is_no_path
from walkeros_klaviyo.verify.strategies.events import PATHS
from walkeros_klaviyo.verify.strategies.json_values import Json, keys, mostly, scalars
from walkeros_klaviyo.verify.strategies.shop_values import STATES

Raw = dict[str, Any]
"""A configuration, a rule or a mapping as it is written."""


def paths() -> SearchStrategy[str]:
    """Paths into an event, usual ones first."""
    made = st.lists(st.sampled_from(["data", "nested", "0", "*", "id", "tags"]), min_size=1)
    texts = made.map(".".join).filter(lambda text: text not in NO_FIELDS)
    return st.one_of(st.sampled_from(PATHS), texts)


NO_FIELDS: Final = ("0", "*", "tags")
"""Single words that are no field of an event: for a currency each is a fault."""


def constants() -> SearchStrategy[Json]:
    """Values for `value`: sound ones, and those that count as undefined."""
    plain = scalars().filter(lambda value: not (isinstance(value, str) and is_no_path(value)))
    return st.one_of(plain, st.sampled_from([{"a": [1]}, [], {}, [None], None]))


def _objects() -> SearchStrategy[Raw]:
    return st.one_of(
        st.fixed_dictionaries({"key": paths()}, optional={"value": constants()}),
        st.fixed_dictionaries({"value": constants()}),
        st.fixed_dictionaries({"fn": functions()}, optional={"value": constants()}),
        st.fixed_dictionaries({"key": paths(), "fn": steps()}, optional={"value": constants()}),
    )


def _composed(inner: SearchStrategy[Json]) -> SearchStrategy[Json]:
    made = st.one_of(
        st.dictionaries(keys(), inner, max_size=3).map(lambda raw: {"map": raw}),
        st.tuples(st.one_of(st.sampled_from(["nested", "this", "data.tags"]), inner), inner).map(
            lambda pair: {"loop": list(pair)}
        ),
        st.lists(inner, max_size=3).map(lambda raw: {"set": raw}),
    )
    guards = st.fixed_dictionaries(
        {},
        optional={
            "consent": st.dictionaries(st.sampled_from(STATES), st.booleans(), max_size=2),
            "condition": verdicts(),
            "validate": verdicts(),
            "value": constants(),
        },
    )
    guarded = st.builds(
        lambda raw, more: {**raw, **more}, st.one_of(made, _objects(), st.just({})), guards
    )
    return st.one_of(made, guarded, st.lists(inner, max_size=3))


def mapping_values() -> SearchStrategy[Json]:
    """Any mapping value that is valid."""
    return st.recursive(st.one_of(paths(), _objects()), _composed, max_leaves=4)


_VALUES = mapping_values()


def setting_values(*usual: str) -> SearchStrategy[Json]:
    """A setting: mostly the paths where a shop has it, else any mapping value."""
    return mostly(st.sampled_from(usual), _VALUES)


def traits() -> SearchStrategy[Json]:
    """Identify mappings: Klaviyo's fields by both spellings, foreign ones, and any value."""
    names = ["firstName", "first_name", "lastName", "title", "locale", "location", "properties"]
    usual: list[Json] = ["user.first", "data.name", {"value": "Ada"}]
    value = mostly(st.sampled_from(usual), _VALUES)
    location: Json = {"map": {"city": "user.first", "latitude": "data.total", "moon": "id"}}
    place = st.sampled_from([location, {"map": {"ip": "user.first"}}, {"value": {"zip": "1"}}])
    some = st.dictionaries(st.sampled_from([*names, "phone"]), st.one_of(value, place), max_size=4)
    return mostly(some.map(lambda raw: {"map": raw}), _VALUES)


def data_values() -> SearchStrategy[Json]:
    """`data` of a configuration or rule: mostly a map."""
    some = st.dictionaries(keys(), _VALUES, max_size=4)
    return mostly(some.map(lambda raw: {"map": raw}), _VALUES)


def policies() -> SearchStrategy[dict[str, Json]]:
    """Policies: what is set where; names and timestamps are broken seldom."""
    places = st.sampled_from(["user.city", "data.total", "custom", "nested.0.data.sku", "data.x.y"])
    risky = st.sampled_from(["name", "timestamp", "user.id", "user", "id", "consent"])
    return st.dictionaries(mostly(places, risky), _VALUES, min_size=1, max_size=2)


@st.composite
def reordered(draw: st.DrawFn, value: Json) -> Json:
    """The same JSON value, with keys of objects in another order."""
    if isinstance(value, dict):
        order = draw(st.permutations(list(value)))
        return {key: draw(reordered(value[key])) for key in order}
    if isinstance(value, list):
        return [draw(reordered(item)) for item in value]
    return value
