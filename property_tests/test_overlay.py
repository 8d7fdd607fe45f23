"""What do two files say together?"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from walkeros_klaviyo.document.flow import find_config
from walkeros_klaviyo.document.overlay import places_over

KEYS = st.sampled_from(["id", "data", "mapping", "order", "complete"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.lists(st.integers(0, 9), max_size=2),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)


def laid(below: Any, *above: Any) -> Any:
    """The configuration with each over what stands before it."""
    for over in above:
        found = find_config({"config": below}, env={}, over={"config": over})
        assert found.faults == ()
        below = found.config
    return below


def at(document: Any, path: str) -> Any:
    for key in path.split("."):
        document = document.get(key)
    return document


@given(OBJECTS)
def test_nothing_over_it_changes_nothing(below: Any) -> None:
    """Not even a null, which is only cleared by another."""
    assert laid(below, {}) == below


@given(OBJECTS, OBJECTS)
def test_said_twice_is_said_once(below: Any, above: Any) -> None:
    """An overlay says what is, not what is to be done."""
    assert laid(below, above, above) == laid(below, above)


@given(OBJECTS, OBJECTS)
def test_what_the_second_says_counts_and_what_it_does_not_say_stays(below: Any, above: Any) -> None:
    """Place by place: all that stands there is the one's or the other's."""
    found = find_config({"config": below}, env={}, over={"config": above})
    assert found.over is not None and found.over.places == frozenset(places_over(below, above))
    both = found.config or {}
    for path in found.over.places:
        said = at(above, path)
        *outer, key = path.split(".")
        holder = at(both, ".".join(outer)) if outer else both
        if said is None:
            assert key not in holder
        elif not isinstance(said, dict):
            assert holder[key] == said
    for key, value in below.items():
        if key not in above:
            assert both[key] == value
