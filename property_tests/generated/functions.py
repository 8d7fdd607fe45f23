"""Which functions do users write in a configuration?

For `condition`, `fn` and `validate`: `(value, event) -> …`. As objects, so that a failing example
reads well.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.functions import FUNCTIONS
from walkeros_klaviyo.verify.strategies.json_values import KEYS, scalars


@frozen
class Returns:
    """A user's function that always returns the same.

    >>> Returns(7)("anything", {})
    7
    """

    result: Any

    def __call__(self, value: Any, event: Event) -> Any:
        return self.result


@frozen
class Picks:
    """A user's function that returns a member of what it is given.

    >>> Picks("id")({"id": 7}, {})
    7
    """

    key: str

    def __call__(self, value: Any, event: Event) -> Any:
        return value[self.key]


@frozen
class Equals:
    """A user's condition on what stands in a section of the event.

    >>> Equals("data", "id", 7)({}, {"data": {"id": 7}})
    True
    """

    section: str
    key: str
    wanted: Any

    def __call__(self, value: Any, event: Event) -> bool:
        return bool(event[self.section][self.key] == self.wanted)


@frozen
class Raises:
    """A user's function that raises; its message holds what must not be told."""

    error: type[Exception] = ValueError

    def __call__(self, value: Any, event: Event) -> Any:
        raise self.error("SECRET")


def raising() -> SearchStrategy[Raises]:
    """Functions that raise."""
    return st.sampled_from([ValueError, KeyError, RecursionError, StopIteration]).map(Raises)


def foreign() -> SearchStrategy[Any]:
    """What JSON cannot hold, or a mapping takes for undefined."""
    return st.sampled_from([None, (1, 2), {1}, b"x", object, float("nan"), [None], [(1,)]])


def functions() -> SearchStrategy[Any]:
    """Functions for `fn`: they pick, return, or raise."""
    return st.one_of(
        st.sampled_from(KEYS).map(Picks),
        st.one_of(scalars(), foreign()).map(Returns),
        raising(),
    )


def steps() -> SearchStrategy[Any]:
    """Functions that a file may name, one or several; those with a path look elsewhere."""
    plain = [one for one in FUNCTIONS.values() if one.takes not in ("path", "test")]
    inside = {"text": "(,)", "decimals": "(2)", "": ""}
    one = st.sampled_from([f"$fn:{each.name}{inside[each.takes]}" for each in plain])
    return st.one_of(one, st.lists(one, min_size=1, max_size=3))


def verdicts() -> SearchStrategy[Any]:
    """Functions for `condition` and `validate` of a mapping value."""
    return st.one_of(st.sampled_from([True, True, False, 1, "", None]).map(Returns), raising())
