"""How do compiled values combine? An object's everyday members are read without a call."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from walkeros_klaviyo import mapping_value
from walkeros_klaviyo.core import value as values
from walkeros_klaviyo.core.combine import as_map, split_in_two
from walkeros_klaviyo.core.sound import BIG


def never(*given: Any) -> Any:
    """A compiled value that is not to be asked."""
    raise AssertionError("the long way")


def asked(*given: Any) -> str:
    """A compiled value that is."""
    return "asked"


PLAIN = ["x", "", 0, 7, BIG - 1, 1 - BIG, True, False, 1.5, 0.0]


@pytest.mark.parametrize("plain", PLAIN, ids=lambda one: repr(one)[:8])
def test_a_plain_member_is_read_without_a_call(plain: Any) -> None:
    """A null, too, for it is undefined; neighbours under another key must not confuse it."""
    members = [
        ("a", ("data", "a"), never),
        ("none", ("data", "none"), never),
        ("b", ("user", "b"), never),
        ("c", ("data", "c"), never),
    ]
    event = {"data": {"a": plain, "none": None, "c": "c"}, "user": {"b": plain}}
    found = as_map(members)(event, {}, [])
    assert found == {"a": plain, "b": plain, "c": "c"}
    assert type(found["a"]) is type(plain)


@pytest.mark.parametrize(
    "event",
    [
        {"data": {"a": one}}
        for one in (nan, inf, -inf, BIG, -BIG, [], {}, [1], {"b": 1}, (), object())
    ]
    + [{}, {"data": None}, {"data": "x"}, {"data": []}, [], None, "x"],
    ids=lambda one: repr(one)[:20],
)
def test_whatever_else_is_there_is_for_the_member_itself(event: Any) -> None:
    """It alone knows what is sound, and what stands in."""
    assert as_map([("a", ("data", "a"), asked)])(event, {}, []) == {"a": "asked"}


def test_a_map_of_plain_paths_asks_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two halves meet: what a mapping says, and what is read at once."""
    monkeypatch.setattr(values, "compile_path", lambda *given: never)
    read = mapping_value({"map": {"id": "data.id", "mail": "user.mail"}})
    assert read({"data": {"id": 7}, "user": {"mail": "a@b.io"}}) == {"id": 7, "mail": "a@b.io"}


@pytest.mark.parametrize(
    ("raw", "keys"),
    [
        ("data.id", ("data", "id")),
        ("nested.0", ("nested", "0")),
        ("data", None),
        ("data.a.b", None),
        ("a.b.c.d", None),
        ("", None),
        (".", None),
        ("data.", None),
        (".id", None),
        ("nested.*", None),
        ("*.id", None),
        ({"key": "data.id"}, None),
        (["data.id"], None),
        (7, None),
        (None, None),
    ],
)
def test_a_path_of_two_keys_is_split_and_nothing_else(
    raw: Any, keys: tuple[str, str] | None
) -> None:
    assert split_in_two(raw) == keys
