"""What does a tree yield, fast? An object's everyday members are read without a call."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from walkeros_klaviyo import mapping_value
from walkeros_klaviyo.core.faults import Findings
from walkeros_klaviyo.core.walkeros.sound import BIG
from walkeros_klaviyo.core.walkeros.value import compile as compiling
from walkeros_klaviyo.core.walkeros.value.parse import parse_value


def never(*given: Any) -> Any:
    """A compiled value that is not to be asked."""
    raise AssertionError("the long way")


def asked(*given: Any) -> str:
    """A compiled value that is."""
    return "asked"


PLAIN = ["x", "", 0, 7, BIG - 1, 1 - BIG, True, False, 1.5, 0.0]


@pytest.mark.parametrize("plain", PLAIN, ids=lambda one: repr(one)[:8])
def test_a_plain_member_is_read_without_a_call(plain: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A null, too, for it is undefined; neighbours under another key must not confuse it."""
    monkeypatch.setattr(compiling, "compile_path", lambda node: never)
    members = {"a": "data.a", "none": "data.none", "b": "user.b", "c": "data.c"}
    event = {"data": {"a": plain, "none": None, "c": "c"}, "user": {"b": plain}}
    found = mapping_value({"map": members})(event)
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
def test_whatever_else_is_there_is_for_the_member_itself(
    event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It alone knows what is sound, and what stands in."""
    monkeypatch.setattr(compiling, "compile_path", lambda node: asked)
    assert mapping_value({"map": {"a": "data.a"}})(event) == {"a": "asked"}


@pytest.mark.parametrize(
    ("raw", "keys"),
    [
        ("data.id", ("data", "id")),
        ("nested.0", ("nested", "0")),
        ("data", ("data", None)),
        ("data.a.b", (None, None)),
        ("a.b.c.d", (None, None)),
        ("nested.*", (None, None)),
        ("*.id", (None, None)),
        ("*", (None, None)),
        ({"key": "data.id"}, ("data", "id")),
        (["data.id"], (None, None)),
        ({"key": "data.id", "value": 1}, (None, None)),
        ({"value": "data.id"}, (None, None)),
    ],
)
def test_a_path_of_one_key_or_two_is_split_and_nothing_else(
    raw: Any, keys: tuple[str | None, str | None]
) -> None:
    assert compiling._plain(parse_value(raw, "", Findings())) == keys


def test_what_a_function_fills_anew_each_time_stays_what_it_was() -> None:
    """Lines are planned together before the first of them is written down."""
    box: dict[str, list[Any]] = {"ids": []}

    def fill(value: Any, event: Any) -> Any:
        box["ids"][:] = [event["id"]]
        return box

    read = mapping_value({"fn": fill})
    found = [read({"id": name}) for name in ("a", "b")]
    assert found == [{"ids": ["a"]}, {"ids": ["b"]}]
