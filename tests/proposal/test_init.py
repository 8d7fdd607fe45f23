"""`init`: a first configuration on the disk, or on stdout."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.command import here, write_config, write_lines
from tests.end_to_end.test_missing_extra import without

from walkeros_klaviyo import shop

DAY = str(shop.EVENTS)


def test_the_shops_day_gives_a_configuration_that_passes_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = str(tmp_path / "first.toml")
    done = here(monkeypatch, "init", DAY, "--consent", "marketing", "-o", to)
    assert done.code == 0
    assert done.out == ""
    assert done.err.endswith(f"Next: walkeros-klaviyo verify --config {to} {DAY}\n")
    written = Path(to).read_text("utf-8")
    assert "# 30 events of the sample.\n[mapping.order.complete]" in written
    assert "CHECK:" not in written
    verified = here(monkeypatch, "verify", "-c", to, DAY, "--examples", "3", "--quiet")
    assert verified.code == 0


def test_it_goes_to_stdout_and_what_is_doubtful_to_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    done = here(monkeypatch, "init", DAY)
    assert done.code == 0
    assert tomllib.loads(done.out)["consent"] == {"marketing": True}
    assert "# CHECK: is this the consent that Klaviyo needs?" in done.out
    assert "note: the sample has lines that are not events: 1 line cannot be read, " in done.err
    assert "\nnote: mapping.order.complete.settings.uniqueId: 1 of 30 events" in done.err


def test_a_file_is_not_overwritten_unless_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "first.json"
    to.write_text("mine")
    done = here(monkeypatch, "init", DAY, "-o", str(to))
    assert done.code == 2
    assert "add --force" in done.err
    assert to.read_text() == "mine"
    assert here(monkeypatch, "init", DAY, "-o", str(to), "--force").code == 0
    assert json.loads(to.read_text("utf-8"))["mapping"]["order"]["complete"]["name"]


def test_a_question_that_only_a_person_can_answer_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {"id": "O-1", "total": 5}
    user = {"id": "u1"}
    event = {"name": "order complete", "user": user, "timestamp": 1_793_350_800_000, "data": data}
    events = write_lines(tmp_path / "events.jsonl", [event])
    done = here(monkeypatch, "init", events)
    assert done.code == 1
    assert "open: the sample's amounts name no currency" in done.err
    assert "# consent = { marketing = true } # CHECK" in done.out
    assert "# OPEN: the sample's amounts" in done.out
    assert "# OPEN: consent: which consent must an event have" in done.out
    assert here(monkeypatch, "init", events, "--currency", "eur").code == 1
    words = ("--currency", "eur", "--consent", "none")
    assert here(monkeypatch, "init", events, *words).code == 0


FLOW: dict[str, Any] = {
    "version": 4,
    "flows": {
        "web": {
            "destinations": {
                "ads": {
                    "package": "@walkeros/web-destination-ads",
                    "config": {"mapping": {"product": {"view": {"data": "data.name"}}}},
                }
            }
        }
    },
}


def test_a_flow_is_read_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = write_config(tmp_path / "flow.json", FLOW)
    done = here(monkeypatch, "init", flow, "--consent", "none", "--format", "json")
    assert done.code == 0
    # JSON has no comments, so what is to be decided is told.
    assert "\ncheck: settings.externalId: the flow does not name user.id; " in f"\n{done.err}"
    view = {"name": "Viewed Product", "data": {"map": {"ProductName": "data.name"}}}
    assert json.loads(done.out)["mapping"] == {"product": {"view": view}}
    assert here(monkeypatch, "init", flow, "--flow", "wbe").err.endswith('did you mean "web"?\n')


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--currency", "EURO"), "not an ISO 4217 code"),
        (("--phone-region", "XX"), "not a country code"),
        (("--flow", "web"), "picks one of a flow.json"),
        (("-o", "x.yaml"), "init writes TOML or JSON"),
        (("-o", "nowhere/x.toml"), "there is no folder nowhere"),
    ],
)
def test_a_mistake_is_said(
    words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = here(monkeypatch, "init", DAY, *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_flow_that_has_klaviyos_rules_needs_no_proposal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = {"config": {"mapping": {"order": {"complete": {"name": "Placed Order"}}}}}
    flow = write_config(tmp_path / "flow.json", {"destinations": {"klaviyo": step}})
    done = here(monkeypatch, "init", flow)
    assert done.code == 2
    assert f"walkeros-klaviyo verify --config {flow}" in done.err


def test_nothing_to_go_by_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = write_lines(tmp_path / "events.jsonl", [{"name": "nonsense"}])
    done = here(monkeypatch, "init", empty)
    assert (done.code, done.out) == (2, "")
    assert "holds no event" in done.err


def test_it_needs_no_extra() -> None:
    done = without(("hypothesis", "starlette", "uvicorn"), "init", DAY)
    assert done.returncode == 0
    assert "[mapping.order.complete]" in done.stdout
