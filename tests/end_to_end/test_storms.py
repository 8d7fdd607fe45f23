"""Every fault at once, throttling too: recorded exactly once, in order, to the cent.

All runs are started together, for most of their time is waiting.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from tests.end_to_end.command import (
    SHOP,
    fetch,
    here,
    rows_of,
    sandbox,
    shop_event,
    started,
    write_config,
    write_lines,
)
from tests.same_json import same_json

FAULTS = "error=0.05,reset=0.05,half=0.03,lie=0.03,throttle=0.05"
CASES = (("single", 1), ("single", 2), ("bulk", 4))
ORDERS = [shop_event(n) for n in range(110)]
BAD: list[Any] = [b"{", b'{"name": NaN}', b"[1]", shop_event(900, timestamp=1_700_000_000)]
LINES = [*ORDERS[:70], *BAD[:2], *ORDERS[70:], *BAD[2:], *ORDERS[:20]]


@frozen
class Storm:
    """What came of one run."""

    code: int
    out: str
    err: str
    stats: dict[str, int]
    events: list[Any]
    requests: list[Any]


@pytest.fixture(scope="module")
def storms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, int], Storm]]:
    """All of them, side by side."""
    folder = tmp_path_factory.mktemp("storms")
    config = write_config(folder / "shop.json", SHOP)
    events = write_lines(folder / "events.jsonl", LINES)
    with ExitStack() as stack:
        runs: dict[tuple[str, int], tuple[str, subprocess.Popen[bytes]]] = {}
        for mode, seed in CASES:
            options = ("--limits", "off", "--faults", FAULTS, "--seed", str(seed))
            url = stack.enter_context(sandbox(*options))
            store = str(folder / f"{mode}-{seed}.db")
            words = ("--host", url, "--limits", "off", "--mode", mode, "--quiet", "--store", store)
            run = stack.enter_context(started("run", events, "-c", config, *words))
            runs[mode, seed] = (url, run)
        done = {}
        for case, (url, run) in runs.items():
            out, err = run.communicate(timeout=120)
            counts = json.loads(fetch(f"{url}/sandbox/stats"))
            recorded = rows_of(f"{url}/sandbox/events.jsonl")
            requests = rows_of(f"{url}/sandbox/requests.jsonl")
            done[case] = Storm(
                run.returncode, out.decode(), err.decode(), counts, recorded, requests
            )
        yield done


EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")


@EACH
def test_every_accepted_event_is_recorded_exactly_once(
    storms: dict[tuple[str, int], Storm], case: tuple[str, int]
) -> None:
    """The bad lines beside them cost nobody anything, and the repeated ones count once."""
    storm = storms[case]
    assert sorted(event["body"]["unique_id"] for event in storm.events) == sorted(
        event["id"] for event in ORDERS
    )
    assert storm.stats["events"] == len(ORDERS)
    assert storm.code == 1, storm.err
    assert "Traceback" not in storm.out + storm.err


@EACH
def test_revenue_is_exact_per_currency(
    storms: dict[tuple[str, int], Storm], case: tuple[str, int]
) -> None:
    """As decimals, to the cent."""

    def sums(pairs: list[tuple[str, Any]]) -> dict[str, Decimal]:
        found: dict[str, Decimal] = {}
        for currency, value in pairs:
            found[currency] = found.get(currency, Decimal(0)) + Decimal(repr(float(value)))
        return found

    meant = [(event["data"]["currency"], event["data"]["total"]) for event in ORDERS]
    told = [(event["value_currency"], event["value"]) for event in storms[case].events]
    assert sums(told) == sums(meant)


def unrolled(storm: Storm) -> Iterator[tuple[str, bool, dict[str, Any]]]:
    """Every row of every request in the order of arrival: its kind, whether taken, its body."""
    for request in storm.requests:
        call, taken = request["call"], request["status"] in (200, 201, 202)
        attributes = (request["body"] or {}).get("data", {}).get("attributes", {})
        if call == "events.create_event":
            yield "event", taken, attributes
        elif call == "profiles.create_or_update_profile":
            yield "upsert", taken, attributes
        elif call == "profiles.bulk_import_profiles":
            for row in attributes["profiles"]["data"]:
                yield "upsert", taken, row["attributes"]
        elif call == "events.bulk_create_events":
            for group in attributes["events-bulk-create"]["data"]:
                for row in group["attributes"]["events"]["data"]:
                    yield "event", taken, row["attributes"]


@EACH
def test_a_profile_is_told_before_its_later_events(
    storms: dict[tuple[str, int], Storm],
    case: tuple[str, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By what `plan` shows: an upsert was taken before an event behind it was first sent."""
    config = write_config(tmp_path / "shop.json", SHOP)
    events = write_lines(tmp_path / "events.jsonl", ORDERS)
    rows = here(monkeypatch, "plan", events, "--config", config).rows
    first: dict[str, int] = {}
    told: list[tuple[int, dict[str, Any]]] = []
    for place, (kind, taken, body) in enumerate(unrolled(storms[case])):
        if kind == "event":
            first.setdefault(body["unique_id"], place)
        elif taken:
            told.append((place, body))
    news: dict[str, dict[str, Any]] = {}
    checked = 0
    for row, event in zip(rows, ORDERS, strict=True):
        who = event["user"]["id"]
        for name, body in row["calls"]:
            if name == "profiles.create_or_update_profile":
                news[who] = body["data"]["attributes"]
        place = next(place for place, body in told if same_json(body, news[who]))
        assert place < first[event["id"]]
        checked += 1
    assert checked == len(ORDERS)
