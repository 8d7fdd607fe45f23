"""`diff`: what does a change of the configuration change?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.command import here, shop_event, write_config, write_lines

from walkeros_klaviyo import parse_config, pipeline
from walkeros_klaviyo.core.difference import differences

OLD: dict[str, Any] = {
    "consent": {"marketing": True},
    "mapping": {
        "order": {"complete": {"name": "Placed order", "data": {"map": {"Id": "data.id"}}}},
        "user": {"login": {"ignore": True}},
    },
}
NEW: dict[str, Any] = {
    "consent": {"marketing": True},
    "settings": {"lists": ["Y6nRLr"]},
    "mapping": {
        "order": {"complete": {"name": "Placed Order", "settings": {"value": "data.total"}}}
    },
}


@pytest.fixture
def given(tmp_path: Path) -> tuple[str, str, str]:
    order = {"name": "order complete", "data": {"id": "O-1", "total": 12.5}}
    agreed = {"consent": {"marketing": True}}
    events = [
        shop_event(1, **order, **agreed),
        shop_event(2, **order, **agreed),
        shop_event(3, name="user login", **agreed),
        shop_event(4, name="user login", consent={}),
    ]
    return (
        write_config(tmp_path / "old.json", OLD),
        write_config(tmp_path / "new.json", NEW),
        write_lines(tmp_path / "events.jsonl", events),
    )


def test_it_says_which_outcomes_calls_and_fields_change(
    given: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, events = given
    done = here(monkeypatch, "diff", old, new, "--events", events)
    assert (done.code, done.err) == (0, "")
    words = [line.split() for line in done.out.splitlines()]
    for row in (
        "ignored send 1",
        "(lists) 0 3",
        "Placed Order 0 2",
        "Placed order 2 0",
        "user login 0 1",
        "Placed Order metric changed 2 line 1",
        "Placed Order properties.Id removed 2 line 1",
        "Placed Order value added 2 line 1",
        "3 of 4 events have another result",
    ):
        assert row.split() in words, done.out


def test_as_json_it_has_what_was_and_what_will_be(
    given: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, events = given
    done = here(monkeypatch, "diff", old, new, "--events", events, "--json")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["line"] for row in rows] == [1, 2, 3]
    assert {
        "call": "Placed Order",
        "field": "value",
        "kind": "added",
        "before": None,
        "after": 12.5,
    } in rows[0]["differences"]
    assert rows[2]["outcome"] == ["ignored", "send"]


def test_nothing_changes_nothing(
    given: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, _, events = given
    done = here(monkeypatch, "diff", old, old, "--events", events)
    assert done.out.strip() == "0 of 4 events have another result"


def test_a_fault_of_either_is_named(
    given: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, events = given
    Path(new).write_text('{"mappings": {}}', "utf-8")
    done = here(monkeypatch, "diff", old, new, "--events", events)
    assert done.code == 2 and "new.json" in done.err and "mappings" in done.err


def test_lines_that_are_no_events_are_told_and_end_it_with_1(
    given: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, events = given
    Path(events).write_text('not json\n{"name": "page view"}\n', "utf-8")
    done = here(monkeypatch, "diff", old, new, "--events", events)
    assert done.code == 1 and "2 of 2 lines are not events" in done.err


def test_a_null_that_clears_a_trait_is_there() -> None:
    """And of two subscriptions the one that stays is not the one that goes."""
    title = {"identify": {"map": {"title": "user.t"}}}
    event = {**shop_event(1), "user": {"email": "a@b.de", "phone": "+4915112345678", "t": None}}
    plain, clears = (
        pipeline(parse_config({"settings": one})).plan(event)
        for one in (title, {**title, "clear": True})
    )
    there = [(one.field, one.kind) for one in differences(clears, plain)]
    assert ("profile.title", "removed") in there
    assert ("profile.title", "added") in [
        (one.field, one.kind) for one in differences(plain, clears)
    ]
    rule: dict[str, Any] = {"silent": True, "consent": {"marketing": True}}
    both, sms = (
        pipeline(
            parse_config(
                {
                    "settings": {"phoneNumber": "user.phone"},
                    "mapping": {
                        "*": {"*": {**rule, "settings": {"subscribe": {"channels": some}}}}
                    },
                }
            )
        ).plan({**event, "consent": {"marketing": True}})
        for some in (["email", "sms"], ["sms"])
    )
    assert [(one.field, one.kind) for one in differences(both, sms)] == [("(call)", "removed")]
