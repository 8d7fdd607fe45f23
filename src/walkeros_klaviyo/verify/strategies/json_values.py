"""Which values are valid in JSON, and which others may a parser return?

Vocabularies are small, so that values coincide; the simplest alternative comes first, so that
failures shrink to something readable.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Json = Any
T = TypeVar("T")
KEYS: Final = ("id", "total", "currency", "name", "sku", "tags")


_LETTERS: Final = ((0x180,), (0x370, 0xD800, 2_047), (0xE000, 0x110000, 65_535))
LETTERS: Final = "".join(chr(one) for some in _LETTERS for one in range(*some))
"""Characters of all kinds, without surrogates; `st.characters` would first build a large table."""


def texts() -> SearchStrategy[str]:
    """Short strings, including some that look like other values."""
    return st.one_of(
        st.sampled_from(["x", "", " ", "0", "undefined", "EUR", "1,299.00", "ada@example.com"]),
        st.text(LETTERS, max_size=6),
    )


def scalars() -> SearchStrategy[Json]:
    """Strings, numbers and booleans that JSON holds exactly."""
    return st.one_of(
        st.integers(-9, 9),
        texts(),
        st.booleans(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.integers(-(2**70), 2**70),
    )


def keys() -> SearchStrategy[str]:
    """Keys of objects."""
    return st.one_of(st.sampled_from(KEYS), st.text(LETTERS, max_size=4))


def json_values(leaves: SearchStrategy[Json] | None = None) -> SearchStrategy[Json]:
    """Any JSON value, nulls included."""
    return st.recursive(
        st.one_of(scalars(), st.none()) if leaves is None else leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(keys(), inner, max_size=3)
        ),
        max_leaves=5,
    )


def nested(levels: int, leaf: Json = 0, *, lists: bool = True) -> Json:
    """A value nested this many levels deep."""
    for _ in range(levels):
        leaf = [leaf] if lists else {"a": leaf}
    return leaf


def hostile_scalars() -> SearchStrategy[Json]:
    """Scalars that a parser may return although JSON has (almost) no such thing."""
    return st.one_of(
        st.sampled_from([float("nan"), float("inf"), float("-inf")]),
        st.sampled_from([10**400, -(10**400), 2**53 + 1, -0.0, 5e-324, 1.7e308]),
        st.lists(st.one_of(st.integers(0, 127), st.integers(0, 0x10FFFF)).map(chr), max_size=3).map(
            "".join
        ),
        st.sampled_from(["\ud800", "a\udfff", "\x00", "x" * 101, "[object Object]"]),
    )


def hostile_values() -> SearchStrategy[Json]:
    """Values with NaN, huge numbers, unpaired surrogates, empty keys or deep nesting."""
    hostile_keys = st.one_of(st.sampled_from(["", "\ud800", "a.b", "*", "0"]), keys())
    return st.one_of(
        hostile_scalars(),
        st.recursive(
            st.one_of(scalars(), st.none(), hostile_scalars()),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3), st.dictionaries(hostile_keys, inner, max_size=3)
            ),
            max_leaves=5,
        ),
        st.builds(nested, st.integers(95, 110), scalars(), lists=st.booleans()),
    )


@st.composite
def mostly(draw: st.DrawFn, usual: SearchStrategy[T], seldom: SearchStrategy[T]) -> T:
    """Three times in four the usual strategy."""
    return draw(seldom if draw(st.integers(0, 3)) == 3 else usual)
