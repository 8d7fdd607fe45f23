"""Which configurations are there?

Rules, their places in a mapping, and whole configurations, all of them valid; and how a valid
one is spoiled.
"""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from property_tests.generated.functions import Equals, Raises, Returns
from property_tests.generated.values import (
    Raw,
    data_values,
    paths,
    policies,
    setting_values,
    traits,
)

from walkeros_klaviyo.verify.strategies.events import ACTIONS, ENTITIES
from walkeros_klaviyo.verify.strategies.json_values import Json, mostly
from walkeros_klaviyo.verify.strategies.shop_values import STATES

SECTIONS: Final = ("data", "globals", "context", "user", "source", "event", "all")
METRICS: Final = ("Placed Order", "Viewed Product")
CONDITIONS: Final = (
    Returns(True),
    Returns(1),
    Returns(False),
    Equals("data", "id", "O-1"),
    Raises(),
)


def _with(
    fixed: dict[str, SearchStrategy[Json]], optional: dict[str, SearchStrategy[Json]]
) -> SearchStrategy[Raw]:
    return st.fixed_dictionaries(
        fixed, optional={key: one for key, one in optional.items() if key not in fixed}
    )


def required_consents() -> SearchStrategy[dict[str, bool]]:
    """What a configuration or rule asks for."""
    return st.dictionaries(st.sampled_from(STATES), st.sampled_from([True, False]), min_size=1)


def _shared_settings() -> dict[str, SearchStrategy[Json]]:
    """What both the destination and a rule may set."""
    return {
        "identify": traits(),
        "currency": st.one_of(
            st.sampled_from(["EUR", "usd", {"value": "XXX"}, ["data.currency", "EUR"]]),
            setting_values("data.currency"),
        ),
        "clear": st.sampled_from([True, ["title", "location.city"], ["firstName"]]),
        "uniqueId": setting_values("data.id", "id"),
        "backfill": st.one_of(st.booleans(), setting_values("custom.x")),
    }


def settings(**fixed: SearchStrategy[Json]) -> SearchStrategy[Raw]:
    """The destination's settings; what is `fixed` is always there."""
    optional = {
        **_shared_settings(),
        "apiKey": st.just("pk_test"),
        "email": mostly(setting_values("user.email"), st.none()),
        "externalId": setting_values("user.id"),
        "phoneNumber": setting_values("user.phone"),
        "phoneRegion": st.one_of(st.sampled_from(["DE", "us"]), setting_values("user.country")),
        "anonymousId": setting_values("user.device"),
        "kx": setting_values("data.kx"),
    }
    return _with(fixed, optional)


def rules(**fixed: SearchStrategy[Json]) -> SearchStrategy[Raw]:
    """Rules with any keys; what is `fixed` is always there."""
    flags = st.sampled_from([False, False, False, True])
    own = {**_shared_settings(), "value": setting_values("data.total")}
    optional = {
        "name": st.sampled_from(METRICS),
        "settings": st.fixed_dictionaries({}, optional=own),
        "data": data_values(),
        "include": st.lists(st.sampled_from(SECTIONS), max_size=2),
        "remove": st.lists(paths(), max_size=2),
        "policy": mostly(st.just({}), policies()),
        "consent": mostly(st.just({"functional": True}), required_consents()),
        "condition": st.sampled_from(CONDITIONS),
        "batch": st.sampled_from([True, 100, {"size": 10}]),
        "extend": st.sampled_from([None, {"name": METRICS[0]}, {"data": None}]),
        "ignore": flags,
        "silent": flags,
    }
    return _with(fixed, optional)


_RULES = rules()


def mappings(of: SearchStrategy[Raw] = _RULES) -> SearchStrategy[Raw]:
    """Rules by entity and action, wildcards and lists of rules among them."""
    actions = st.dictionaries(
        st.sampled_from([*ACTIONS, "*"]),
        st.one_of(of, of, st.lists(of, max_size=2)),
        min_size=1,
        max_size=2,
    )
    return st.dictionaries(st.sampled_from([*ENTITIES, "*"]), actions, min_size=1, max_size=2)


def configs(**fixed: SearchStrategy[Json]) -> SearchStrategy[Raw]:
    """Whole configurations as they are written; what is `fixed` is always there.

    >>> from hypothesis import Phase, find, settings
    >>> quick = settings(database=None, phases=[Phase.generate])
    >>> "mapping" in find(configs(), lambda raw: "mapping" in raw, settings=quick)
    True
    """
    optional = {
        "settings": settings(),
        "mapping": mappings(),
        "data": data_values(),
        "include": st.lists(st.sampled_from(SECTIONS), max_size=2),
        "policy": mostly(st.just({}), policies()),
        "consent": mostly(st.just({"marketing": True}), required_consents()),
        "disabled": st.sampled_from([False] * 9 + [True]),
        "mock": st.sampled_from([None] * 9 + [{"ok": True}]),
    }
    return _with(fixed, optional)
