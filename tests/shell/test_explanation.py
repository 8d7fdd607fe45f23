"""What does each stage say of itself, to a person?"""

from __future__ import annotations

from typing import Any

from walkeros_klaviyo import explain, parse_config
from walkeros_klaviyo.core.explanation import stage_rows
from walkeros_klaviyo.shell.input.line import Line
from walkeros_klaviyo.shell.show.explanation import render

CONFIG = {
    "consent": {"marketing": True},
    "policy": {"data.total": "data.amount"},
    "settings": {"currency": "EUR", "identify": {"map": {"firstName": "user.first"}}},
    "mapping": {
        "order": {"complete": {"name": "Placed Order", "settings": {"value": "data.total"}}}
    },
}


def rows(**changes: Any) -> dict[str, str]:
    """What the stages say of an order."""
    event = {
        "name": "order complete",
        "id": "e1",
        "timestamp": 1_795_518_160_712,
        "data": {"amount": 12.5},
        "user": {"id": "u1", "first": "Ada"},
        "consent": {"marketing": True},
        **changes,
    }
    return dict(stage_rows(explain(parse_config(CONFIG))(event)))


def test_every_stage_says_what_it_gave() -> None:
    """In the order of the pipeline, a line each."""
    assert list(rows().items()) == [
        ("parse", "an event"),
        ("consent", "granted"),
        ("granted", "marketing"),
        ("policy", "set"),
        ("rule", "order complete"),
        ("name", "Placed Order"),
        ("properties", "none"),
        ("identity", "external_id"),
        ("profile", "first_name"),
        ("revenue", "12.5 EUR"),
        ("unique_id", "'e1'"),
        ("backfill", "no"),
        ("upsert_profile", "(profile)"),
        ("create_event", "Placed Order"),
    ]


def test_lines_and_the_preset_are_said_where_there_are_any(capsys: Any) -> None:
    """A place that no file has is called by the preset's name."""
    config = parse_config({"settings": {"preset": "ecommerce"}})
    event = {
        "name": "order complete",
        "timestamp": 1_795_518_160_712,
        "user": {"id": "u1"},
        "data": {"id": "O-1", "total": 5, "items": [{"sku": "A", "price": 5}]},
    }
    told = explain(config)(event)
    assert dict(stage_rows(told))["record_lines"] == "Ordered Product"
    render(Line(1, b"", event), told)
    said = capsys.readouterr().out
    assert "properties.OrderId = 'O-1'   from data.id   by the preset: order.complete.data" in said
    assert "by the preset: order.complete.settings.items.uniqueId" in said
    assert "external_id = 'u1'   from user.id   by settings.externalId" in said
    told = explain(config)({**event, "data": {"id": "O-1", "total": 5}})
    assert dict(stage_rows(told))["record_lines"] == "none  (items.none)"


def test_a_stage_that_stops_an_event_says_why() -> None:
    """It is the last one, with the code of its reason."""
    assert list(rows(consent={}).items())[-1] == ("consent", "denied  (consent.denied)")
    assert list(rows(user={}).items())[-1] == ("identity", "nobody  (identity.none)")
    assert rows(name="x") == {"parse": "no event"}


def test_what_was_left_out_is_noted_where_it_was() -> None:
    """A doubtful amount is the revenue stage's."""
    assert rows(data={"amount": "1,299.00"})["revenue"] == "none  (revenue.not-a-number)"
