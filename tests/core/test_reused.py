"""Does an event go by the unique id of another one?"""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.core.make import NOW, codes, event_with, plan_of

from walkeros_klaviyo import Diagnostic, Plan, parse_config, pipeline, scan
from walkeros_klaviyo.core import reused

CONFIG = {
    "settings": {"anonymousId": "user.device"},
    "mapping": {
        "order": {
            "complete": {
                "name": "Placed Order",
                "data": {"map": {"Items": "data.items"}},
                "settings": {"value": "data.total", "currency": "data.cur", "uniqueId": "data.id"},
            }
        }
    },
}
Json = dict[str, Any]


def order(**data: Any) -> Json:
    """An order of Ada's, by its number."""
    return event_with(id="e", data={"id": "O-1", "total": 5, "cur": "EUR", **data})


def told(*events: Json) -> list[bool]:
    """Which plans of a scan say that an id is used again."""
    steps = scan(pipeline(parse_config(CONFIG)), events)
    return ["unique-id.reused" in codes(plan.diagnostics) for plan, _ in steps]


@pytest.mark.parametrize(
    ("other", "is_told"),
    [
        (order(), False),
        (order(total=7), True),
        (order(cur="USD"), True),
        (order(items=["tent"]), True),
        ({**order(), "timestamp": NOW + 1}, False),
        (order(total=5.0), False),
        (order(id="O-2", total=7), False),
        ({**order(total=7), "user": {"id": "u2"}}, False),
        ({**order(total=7), "name": "order return"}, False),
        ({**order(total=7), "user": {"device": "d"}}, False),
    ],
    ids="same total currency items later written id person metric visitor".split(),
)
def test_other_content_under_one_id_is_told(other: Json, is_told: bool) -> None:
    """Of one metric and person; that it came again a little later is no other content."""
    assert told(order(), other) == [False, is_told]


@pytest.mark.parametrize(
    ("first", "second", "is_told"),
    [
        ({"a": 1, "b": [{"c": 2, "d": 3}]}, {"b": [{"d": 3, "c": 2}], "a": 1}, False),
        ({"a": True}, {"a": 1}, True),
        ({"a": [True]}, {"a": [1]}, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, True),
        ({"a": {}}, {"a": []}, True),
    ],
    ids="keys boolean listed items empty".split(),
)
def test_content_is_compared_as_json(first: Json, second: Json, is_told: bool) -> None:
    """The order of keys says nothing, that of items does; true is not 1, and {} is not []."""
    assert told(order(items=[first]), order(items=[second])) == [False, is_told]


def test_the_order_of_keys_is_no_content() -> None:
    one, two = (
        order(items={"a": 1, "b": {"c": 2, "d": 3}}),
        order(items={"b": {"d": 3, "c": 2}, "a": 1}),
    )
    assert told(one, two) == [False, False]


def test_the_first_is_what_klaviyo_keeps() -> None:
    """So each later one is compared with that."""
    assert told(order(), order(total=7), order(), order(total=7)) == [False, True, False, True]


def test_it_is_told_once_a_plan_with_everything_else() -> None:
    """Whichever of its events it is; the calls behind it are remembered all the same."""
    note = reused.noting_reuse()
    plan = plan_of(CONFIG, order())
    other = plan_of(CONFIG, order(total=7)).calls
    second = plan_of(CONFIG, order(id="O-2")).calls
    kept = Diagnostic("value.raised", "", "kept")
    assert note(plan) is plan
    found = note(evolve(plan, calls=(*other, *other, *second), diagnostics=(kept,)))
    assert codes(found.diagnostics) == ["value.raised", "unique-id.reused"]
    assert (found.diagnostics[-1].path, found.calls[0]) == ("unique_id", other[0])
    third = plan_of(CONFIG, order(id="O-2", total=9))
    assert codes(note(third).diagnostics) == ["unique-id.reused"]


def test_what_is_refused_or_no_event_stands_for_nothing() -> None:
    """Klaviyo never gets it."""
    refused = plan_of(CONFIG, {**order(total=7), "timestamp": 0})
    note = reused.noting_reuse()
    assert note(refused) is refused
    assert note(plan := plan_of(CONFIG, order())) is plan
    assert note(refused) is refused
    upsert = plan_of({"settings": {"identify": {"map": {}}}}, order())
    assert note(upsert) is upsert
    assert note(Plan("send", plan.calls)).diagnostics == ()  # nobody's


def test_each_stream_remembers_for_itself_and_no_more_than_so_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reused, "MOST", 2)
    note = reused.noting_reuse()
    first, again = plan_of(CONFIG, order()), plan_of(CONFIG, order(total=7))
    for number in range(2):
        note(plan_of(CONFIG, order(id=f"O{number}")))
    note(first)
    assert note(again).diagnostics
    for number in range(4):
        note(plan_of(CONFIG, order(id=f"P{number}")))
    assert note(again).diagnostics == ()
    assert reused.noting_reuse()(again).diagnostics == ()
