"""What does a mapping see at a path? The everyday ways are short; `test_value` has the meaning."""

from __future__ import annotations

from typing import Any

import pytest

from walkeros_klaviyo import mapping_value
from walkeros_klaviyo.core.walkeros.sound import BIG
from walkeros_klaviyo.core.walkeros.value import path_value


def never(*given: Any) -> Any:
    """What the short way does without."""
    raise AssertionError("the long way")


@pytest.mark.parametrize("plain", ["x", "", 0, BIG - 1, 1 - BIG, True, False])
@pytest.mark.parametrize(
    ("raw", "event"),
    [
        ("x", lambda plain: {"x": plain}),
        ("x.y", lambda plain: {"x": {"y": plain}}),
        ("x.1", lambda plain: {"x": [0, plain]}),
        ("x.y.z", lambda plain: {"x": {"y": {"z": plain}}}),
    ],
    ids=["one key", "two keys", "in a list", "three keys"],
)
def test_a_plain_value_is_not_searched_for_flaws(
    raw: str, event: Any, plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what may hold something can hold a flaw."""
    monkeypatch.setattr(path_value, "is_sound", never)
    found = mapping_value(raw)(event(plain))
    assert (found, type(found)) == (plain, type(plain))


@pytest.mark.parametrize("amount", [0.0, 1.5, -1e300])
def test_an_amount_at_two_keys_is_not_either(
    amount: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`data.total` and its like are asked for at every order."""
    monkeypatch.setattr(path_value, "is_sound", never)
    assert mapping_value("data.total")({"data": {"total": amount}}) == amount


def test_two_keys_are_read_without_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most paths are of two keys, into an object in an object."""
    monkeypatch.setattr(path_value, "compile_getter", lambda path: never)
    read = mapping_value({"key": "data.id", "value": "none"})
    assert [read({"data": one}) for one in ({"id": 7}, {"id": None}, {})] == [7, "none", "none"]


@pytest.mark.parametrize(
    ("raw", "event"),
    [
        ("nested.*.sku", {"nested": [{"sku": "A"}, {"sku": True}]}),
        ("nested.*.data.sku", {"nested": [{"data": {"sku": "A"}}, {"data": {"sku": True}}]}),
        ("data.list.*.sku", {"data": {"list": [{"sku": "A"}, {"sku": True}]}}),
        ("*.sku", [{"sku": "A"}, {"sku": True}]),
    ],
)
def test_one_star_over_plain_texts_is_read_at_once(
    raw: str, event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Item by item, with what comes behind the star compiled."""
    monkeypatch.setattr(path_value, "step", never)
    assert mapping_value(raw)(event) == ["A", True]
