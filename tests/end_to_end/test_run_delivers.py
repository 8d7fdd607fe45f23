"""Nothing lost, nothing doubled, in order: through the real SDK to a sandbox that misbehaves."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from tests.end_to_end.command import inside, sandbox
from tests.end_to_end.process import (
    KEY,
    SHOP,
    environment,
    lines_of,
    order,
    recorded,
    stats,
    wait_for,
    write_rows,
)

FAULTS = "error=0.04,reset=0.04,half=0.03,lie=0.03"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a configuration."""
    (tmp_path / "shop.json").write_text(json.dumps(SHOP))
    return tmp_path


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("mode", ["single", "bulk", "auto"])
@pytest.mark.parametrize("seed", ["1", pytest.param("2", marks=pytest.mark.whole)])
def test_every_event_is_recorded_once_whatever_happens_on_the_way(
    shop: Path, mode: str, seed: str
) -> None:
    orders = [order(n) for n in range(400)]
    write_rows(shop / "events.jsonl", *orders, *orders[:50])
    with sandbox("--limits", "off", "--faults", FAULTS, "--seed", seed) as url:
        words = ("--host", url, "--limits", "off", "--mode", mode)
        done = inside("run", "events.jsonl", "-c", "shop.json", *words, cwd=shop, key=KEY)
        events, counts = recorded(url, "events"), stats(url)
    assert (done.code, counts["events"]) == (0, 400)
    assert sorted(event["unique_id"] for event in events) == sorted(
        one["data"]["id"] for one in orders
    )
    revenue = sum(Decimal(str(event["value"])) for event in events)
    assert revenue == sum(Decimal(str(one["data"]["total"])) for one in orders)
    assert {event["value_currency"] for event in events} == {"EUR"}


def test_a_profile_is_told_before_its_later_events(shop: Path) -> None:
    """Klaviyo's flows read the profile when the event comes."""
    write_rows(shop / "events.jsonl", *(order(n) for n in range(200)))
    from walkeros_klaviyo.sandbox import Sandbox
    from walkeros_klaviyo.sandbox.serve import running

    watched = Sandbox(limits="off", keep_requests=10_000)
    with running(watched) as url:
        words = ("--host", url, "--limits", "off", "--mode", "single")
        done = inside("run", "events.jsonl", "-c", "shop.json", *words, cwd=shop, key=KEY)
    assert done.code == 0
    tier: dict[str, int] = {}
    seen = 0
    for row in watched.requests():
        attributes = row["body"]["data"]["attributes"]
        if row["call"].startswith("profiles."):
            tier[attributes["external_id"]] = attributes["properties"]["tier"]
            continue
        seen += 1
        number = int(attributes["unique_id"].removeprefix("O-"))
        who = attributes["profile"]["data"]["attributes"]["external_id"]
        assert tier[who] >= number // 40
    assert seen == 200


def test_published_limits_are_kept_without_a_429(shop: Path) -> None:
    write_rows(shop / "events.jsonl", *(order(n) for n in range(120)))
    with sandbox("--limits", "published") as url:
        words = ("--host", url, "--mode", "single")
        done = inside("run", "events.jsonl", "-c", "shop.json", *words, cwd=shop, key=KEY)
        counts = stats(url)
    assert (done.code, counts["events"], counts["throttled"]) == (0, 120, 0)


def test_events_by_a_pipe_are_delivered_before_its_end(shop: Path) -> None:
    """A collector that pipes its events does not wait for the end of the day."""
    with sandbox("--limits", "off") as url:
        command = [sys.executable, "-m", "walkeros_klaviyo", "run", "-", "-c", "shop.json"]
        with subprocess.Popen(
            [*command, "--host", url],
            cwd=shop,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(KEY),
        ) as process:
            assert process.stdin is not None
            process.stdin.write(json.dumps(order(1)).encode() + b"\n")
            process.stdin.flush()
            wait_for(url, "events", 1, process)
            process.stdin.close()
            assert process.stdout is not None and process.stderr is not None
            assert lines_of(process.stdout.read().decode(), "delivered") == 1
            assert process.wait(20) == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_in_good_order(shop: Path, number: int, code: int) -> None:
    """What is under way is finished, the rest is counted, and nobody sees a traceback."""
    write_rows(shop / "events.jsonl", *(order(n) for n in range(2_000)))
    with sandbox("--limits", "off") as url:
        command = [sys.executable, "-m", "walkeros_klaviyo", "run", "events.jsonl"]
        with subprocess.Popen(
            [*command, "-c", "shop.json", "--host", url, "--mode", "single"],
            cwd=shop,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(KEY),
        ) as process:
            wait_for(url, "events", 1, process)
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
        events = stats(url)["events"]
    assert process.returncode == code
    assert re.search(r"signal; [\d,]+ events wait", err)
    assert "Traceback" not in out + err
    assert lines_of(out, "delivered") == events < 2_000


@pytest.mark.parametrize(("batch", "bulk"), [(True, True), (500, True), (None, False)])
def test_a_rules_batch_asks_for_bulk(shop: Path, batch: object, bulk: bool) -> None:
    """Few as they are; without it a handful goes one by one."""
    from walkeros_klaviyo.sandbox import Sandbox
    from walkeros_klaviyo.sandbox.serve import running

    rule = {"name": "Placed Order", "batch": batch}
    (shop / "shop.json").write_text(json.dumps({"mapping": {"order": {"complete": rule}}}))
    write_rows(shop / "events.jsonl", *(order(n) for n in range(5)))
    watched = Sandbox(limits="off", keep_requests=100)
    with running(watched) as url:
        words = ("--host", url, "--limits", "off")
        done = inside("run", "events.jsonl", "-c", "shop.json", *words, cwd=shop, key=KEY)
    assert (done.code, lines_of(done.out, "delivered")) == (0, 5)
    calls = {row["call"] for row in watched.requests()}
    assert calls == {"events.bulk_create_events" if bulk else "events.create_event"}
