"""`--backfill`: a shop's old orders, from an export to Klaviyo, start no flow and count once."""

from __future__ import annotations

import json
import pickle
import shlex
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.end_to_end.command import (
    Result,
    fetch,
    here,
    inside,
    rows_of,
    sandbox,
    shop_event,
    started,
    write_config,
    write_lines,
)
from tests.readme.blocks import write_files

from walkeros_klaviyo import parse_config, pipeline
from walkeros_klaviyo.core.history import as_history, only_history

ORDERS = 2_000
SUBSCRIBING: dict[str, Any] = {
    "settings": {
        "preset": "ecommerce",
        "backfill": False,
        "identify": {"map": {"title": "user.t"}},
    },
    "mapping": {
        "order": {"complete": {"extend": {"settings": {"backfill": False}}}},
        "page": {"view": [{"condition": lambda value, event: True, "name": "Seen"}]},
        "cart": {"*": {"settings": {"backfill": {"key": "data.old"}}}},
        "user": {
            "signup": {
                "silent": True,
                "consent": {"marketing": True},
                "settings": {"subscribe": {"channels": ["email"]}, "backfill": {"value": "no"}},
            }
        },
    },
}
MODULE = """
from walkeros_klaviyo import before, parse_config, pipeline
ready = pipeline(parse_config({"settings": {"backfill": True}}))
def follows(config):
    return before(lambda event: event, pipeline(config))
def ignores(config):
    return pipeline(parse_config({}))
"""


def commands(page: str) -> list[list[str]]:
    """The three of the reference, as words."""
    return [shlex.split(line) for line in page.splitlines()]


def export(rows: int) -> bytes:
    """As many orders of two lines each, the second line a part of the time twice."""
    head = Path("old-orders.csv").read_bytes().splitlines()[0]
    lines = [head]
    for number in range(rows):
        who = f"u{number % 97}@example.com,{'false' if number % 10 == 9 else 'true'}"
        order = f"O-{number},2024-03-01 09:{number % 60:02}:00+00,{who},{number + 1}.30,EUR"
        lines.append(f"{order},T-1,Tent,{number}.10,1".encode())
        lines += [f"{order},P-1,Peg,0.60,2".encode()]
    return b"\n".join(lines) + b"\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reference's files."""
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(name: str) -> list[Any]:
    """Run the reference's first command, as it stands there."""
    words = commands(Path("orders.sh").read_text("utf-8"))[0]
    assert words[0] == "python"
    subprocess.run([sys.executable, *words[1:]], check=True, timeout=60)
    return [json.loads(line) for line in Path(name).read_bytes().splitlines()]


def test_the_way_in_the_reference(folder: Path) -> None:
    """Its commands as they stand there: two orders and their three lines, once, as history."""
    assert len(made("old-orders.jsonl")) == 2
    with sandbox("--limits", "off") as url:
        for words in commands(Path("orders.sh").read_text("utf-8"))[1:]:
            assert words[0] == "walkeros-klaviyo"
            done = inside(*words[1:], "--host", url)
            assert done.code == 0, done.said
        rows = rows_of(f"{url}/sandbox/events.jsonl")
    assert sorted((row["metric"], row["unique_id"], row["value"]) for row in rows) == [
        ("Ordered Product", "O-1/P-1", 9.9),
        ("Ordered Product", "O-1/T-1", 49.9),
        ("Ordered Product", "O-2/T-1", 49.9),
        ("Placed Order", "O-1", 59.8),
        ("Placed Order", "O-2", 49.9),
    ]
    assert all(row["backfill"] is True for row in rows)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_kill_in_the_middle_costs_and_doubles_nothing(folder: Path, kind: str) -> None:
    """Each order and each line once, to the cent, by the words of the reference, said twice."""
    Path("old-orders.csv").write_bytes(export(ORDERS))
    if kind == "parquet":
        duckdb.sql("COPY (FROM 'old-orders.csv') TO 'old-orders.parquet'")
        Path("old-orders.csv").unlink()
        script = Path("orders.sql").read_text("utf-8").replace(".csv", ".parquet")
        Path("orders.sql").write_text(script, "utf-8")
    assert len(made("old-orders.jsonl")) == ORDERS
    words = commands(Path("orders.sh").read_text("utf-8"))[2][1:]
    with sandbox("--limits", "off") as url:
        words += ["--host", url, "--quiet"]
        with started(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            until = time.monotonic() + 60
            while not stats(url)["events"] and time.monotonic() < until:
                time.sleep(0.02)
            process.kill()
            process.wait(10)
        assert process.returncode == -9
        before = stats(url)["events"]
        done = inside(*words)
        assert done.code == 0, done.said
        rows, after = rows_of(f"{url}/sandbox/events.jsonl"), stats(url)
    agreed = [number for number in range(ORDERS) if number % 10 != 9]
    assert 0 < before < len(rows) == after["events"] == 3 * len(agreed)
    assert all(row["backfill"] is True for row in rows)
    assert {(row["metric"], row["unique_id"]) for row in rows} == {
        pair
        for number in agreed
        for pair in (
            ("Placed Order", f"O-{number}"),
            ("Ordered Product", f"O-{number}/T-1"),
            ("Ordered Product", f"O-{number}/P-1"),
        )
    }
    total = sum((Decimal(number + 1) + Decimal("0.3") for number in agreed), Decimal(0))
    for metric in ("Placed Order", "Ordered Product"):
        assert total == sum(Decimal(repr(r["value"])) for r in rows if r["metric"] == metric)
    assert after["requests"] < len(rows) / 10, "in bulk"


def stats(url: str) -> dict[str, int]:
    """The sandbox's counts."""
    found: dict[str, int] = json.loads(fetch(f"{url}/sandbox/stats"))
    return found


NAMES = ("order complete", "page view", "cart add", "user signup", "other thing")


def old_events() -> list[dict[str, Any]]:
    """One of each kind, whose data say otherwise."""
    consent = {"marketing": True}
    data = {"id": "7", "total": 5, "old": False}
    return [shop_event(at, name=name, consent=consent, data=data) for at, name in enumerate(NAMES)]


def test_every_rule_is_history_whatever_the_configuration_says() -> None:
    """Rules of a preset, of a list, those that say false or nothing, and where no rule is."""
    config = parse_config(SUBSCRIBING)
    usual, history = pipeline(config), pipeline(as_history(config))
    for event in old_events():
        live, old = usual.plan(event), history.plan(event)
        assert only_history(old) == old and only_history(live) != live
        assert [call.name for call in live.calls] == [call.name for call in old.calls] != []
        events = [call for call in old.calls if call.metric is not None]
        assert all(call.attributes.pop("backfill") is True for call in events)
        assert [call for call in live.calls if call.metric is not None] == events
    (said,) = [call for call in old_plans(history) if "profiles" in call.attributes]
    consent = said.profile["subscriptions"]["email"]["marketing"]
    assert said.attributes["historical_import"] is True
    assert consent["consented_at"] == "2026-11-24T11:02:40.715Z"


def old_plans(history: Any) -> list[Any]:
    return [call for event in old_events() for call in history.plan(event).calls]


def test_it_pickles() -> None:
    history = pipeline(as_history(parse_config({"settings": {"preset": "ecommerce"}})))
    event = old_events()[0]
    assert pickle.loads(pickle.dumps(history)).plan(event) == history.plan(event)


@pytest.fixture
def words(folder: Path) -> tuple[str, ...]:
    """Events, a configuration that says false, and a module of a user's own."""
    (folder / "own_history.py").write_text(MODULE, "utf-8")
    config = {"settings": {"preset": "ecommerce", "backfill": False}}
    return (
        write_lines(folder / "events.jsonl", [shop_event(1), shop_event(2)]),
        *("-c", write_config(folder / "c.json", config), "--backfill"),
    )


def lived(result: Result) -> list[Any]:
    """Events that would start flows, of what `plan` prints."""
    calls = [call for row in result.rows for call in row["calls"]]
    assert calls
    return [call for call in calls if call[1]["data"]["attributes"].get("backfill") is not True]


def test_plan_says_the_same(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    done = here(monkeypatch, "plan", *words)
    assert done.code == 0 and lived(done) == []
    assert len(lived(here(monkeypatch, "plan", *words[:-1]))) == 2
    done = here(monkeypatch, "run", *words, "--dry-run")
    assert done.code == 0 and "in bulk" in done.out, done.said
    assert "single" in here(monkeypatch, "run", *words, "--dry-run", "--mode", "single").out


def test_a_transform_that_follows_the_configuration(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = here(monkeypatch, "plan", *words, "--transform", "own_history:follows")
    assert done.code == 0 and lived(done) == []


def test_a_transform_that_is_ready_is_refused(words: tuple[str, ...]) -> None:
    done = inside("run", *words, "--sandbox", "--transform", "own_history:ready")
    assert done.code == 2 and "takes the configuration" in done.err, done.said


def test_what_does_not_follow_the_configuration_is_kept_back(words: tuple[str, ...]) -> None:
    """Nothing of it goes out."""
    with sandbox() as url:
        done = inside("run", *words, "--host", url, "--transform", "own_history:ignores")
        assert done.code == 1 and "backfill.not-history" in done.out, done.said
        assert stats(url)["events"] == 0
