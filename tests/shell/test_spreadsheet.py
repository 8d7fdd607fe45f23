"""`plan --format csv`: what a spreadsheet reads is what is planned, and none of it a formula."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.end_to_end.command import here, shop_event, write_config, write_lines

from walkeros_klaviyo import Plan, parse_config, pipeline, shop
from walkeros_klaviyo.core.shown import visible
from walkeros_klaviyo.shell.input.line import read_line
from walkeros_klaviyo.shell.planned import plan_line
from walkeros_klaviyo.shell.spreadsheet import COLUMNS, COMPUTED, header, rows_of

CONFIG = parse_config(
    {
        "settings": {"phoneNumber": "user.phone", "currency": "EUR"},
        "mapping": {
            "order": {
                "complete": {"data": {"map": {"A": "data.a"}}, "settings": {"value": "data.total"}}
            }
        },
    }
)
TEXTS = st.one_of(
    st.sampled_from(["=1+1", "+1", "-x", "@SUM(A1)", '"a",b\n=c', "\x1b[31m", "ü"]), st.text()
)


def read(written: bytes) -> list[dict[str, str]]:
    """As a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO(written.decode("utf-8-sig"), newline="")))


@given(TEXTS, TEXTS, st.floats(-1e9, 1e9))
def test_any_text_stays_text_in_its_own_cell(text: str, user: str, total: float) -> None:
    event: dict[str, Any] = {
        "name": "order complete",
        "id": "e1",
        "timestamp": 1_793_350_800_000,
        "user": {"id": f"u{user}", "phone": "+4915123456789"},
        "data": {"a": text, "total": total},
    }
    line = read_line(1, json.dumps(event).encode(), 0, True)
    plan = plan_line(pipeline(CONFIG), line)
    written = header() + rows_of(line, plan)
    rows = read(written)
    assert [row["line"] for row in rows] == ["1"] * max(len(plan.calls), 1)
    assert written.count(b"\n") == 1 + len(rows)
    for row, call in zip(rows, plan.calls, strict=True):
        assert set(row) == set(COLUMNS)
        assert row["call"] == call.name
        assert row["phone_number"] == "'+4915123456789"
        if call.metric is not None:
            assert (float(row["value"]) if row["value"] else None) == call.value
    for row in rows:
        texts = (cell for name, cell in row.items() if name != "value")
        assert not any(cell.lstrip(" ").startswith(COMPUTED) for cell in texts)
        assert all(visible(cell) == cell for cell in row.values())


def test_a_line_without_a_call_has_a_row_that_says_why() -> None:
    rows = read(header() + rows_of(read_line(7, b"{}", 0, True), Plan("denied", (), (), "a b")))
    assert [(row["line"], row["outcome"], row["rule"], row["call"]) for row in rows] == [
        ("7", "denied", "a b", "")
    ]


def test_the_shops_day_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("plan", str(shop.EVENTS), "-c", str(shop.CONFIG))
    plain, sheet = here(monkeypatch, *words), here(monkeypatch, *words, "--format", "csv")
    assert sheet.code == plain.code == 1
    rows, plans = read(sheet.out.encode()), plain.rows
    calls = [name for plan in plans for name, _ in plan["calls"]]
    assert [row["call"] for row in rows if row["call"]] == calls
    assert len(rows) == sum(max(len(plan["calls"]), 1) for plan in plans)
    orders = [row for row in rows if row["metric"] == "Placed Order"]
    assert {row["currency"] for row in orders} == {"EUR", "GBP", "JPY", "USD", ""}
    assert json.loads(orders[0]["properties"])["OrderId"] == orders[0]["unique_id"]


def test_no_event_is_a_header_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = write_config(tmp_path / "c.json", {})
    events = write_lines(tmp_path / "e.jsonl", [])
    done = here(monkeypatch, "plan", events, "-c", config, "--format", "csv")
    assert done.out.encode() == header()
    events = write_lines(tmp_path / "e.jsonl", [shop_event(1)])
    assert len(
        read(here(monkeypatch, "plan", events, "-c", config, "--format", "csv").out.encode())
    )
