"""Does TOML that is written say what it was written from, and read well?"""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkeros_klaviyo.document.write import LONGEST, toml_of

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)
SCALARS = st.one_of(
    TEXTS,
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=20,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_what_is_written_is_what_is_read(configuration: dict[str, Any]) -> None:
    assert tomllib.loads(toml_of(configuration)) == configuration


LONG = ["a" * LONGEST]


@pytest.mark.parametrize(
    ("configuration", "wanted"),
    [
        ({}, ""),
        ({"a": 1, "b": "x"}, 'a = 1\nb = "x"\n'),
        ({"a": None, "b": [1, None]}, "b = [1]\n"),
        ({"a": {"b": None}}, "a = {}\n"),
        ({"a": {}}, "a = {}\n"),
        ({"a": {"b": {"c": {"d": 1}}}}, "[a.b.c]\nd = 1\n"),
        ({"a": {"b": {"c": {"d": {"e": 1}}}}}, "[a.b.c]\nd = { e = 1 }\n"),
        ({"a": LONG}, f'a = [\n  "{LONG[0]}",\n]\n'),
        ({"a": ["x" * (LONGEST - 4)]}, f'a = ["{"x" * (LONGEST - 4)}"]\n'),
        ({"a": [{"b": LONG[0]}, {}]}, f'[[a]]\nb = "{LONG[0]}"\n\n[[a]]\n'),
        ({"a": [{"b": {"c": LONG[0]}}]}, f'[[a]]\n\n[a.b]\nc = "{LONG[0]}"\n'),
        ({"a": [LONG[0], {"b": 1}]}, f'a = [\n  "{LONG[0]}",\n  {{ b = 1 }},\n]\n'),
        ({"a b": {"c.d": {"é": True}}}, '["a b"."c.d"]\n"é" = true\n'),
        ({"a": 1.5, "b": 2.0, "c": False}, "a = 1.5\nb = 2.0\nc = false\n"),
        ({"a": '\x7f\n"'}, 'a = "\\u007f\\n\\""\n'),
        ({"x": 1, "a": {"b": 1}}, "x = 1\n\n[a]\nb = 1\n"),
    ],
)
def test_how_it_is_written(configuration: dict[str, Any], wanted: str) -> None:
    assert toml_of(configuration) == wanted
