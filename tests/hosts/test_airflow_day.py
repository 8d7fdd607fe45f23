"""A day's partition: the task may run again, after whatever, and each event is recorded once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from notebooks.hosts.airflow_day import DayError, deliver_day
from tests.end_to_end.command import KEY, SHOP, shop_event, write_config

from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.serve import running

DAY = date(2026, 10, 30)


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Sandbox, str]]:
    """It, and where it is; only this test's key and no proxy are in the environment."""
    for name in os.environ:
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("KLAVIYO_API_KEY", KEY)
    stand_in = Sandbox(limits="off")
    with running(stand_in) as url:
        yield stand_in, url


def rows(day: date) -> Iterator[dict[str, Any]]:
    """As a warehouse gives them."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for number in range(30):
        event = shop_event(number)
        moment = start.replace(minute=number)
        yield {**event, "timestamp": moment, "data": json.dumps(event["data"]), "custom": None}


def spoilt(day: date) -> Iterator[dict[str, Any]]:
    yield from rows(day)
    yield {**shop_event(30), "data": {"total": float("inf")}}


def run(sandbox: Any, folder: Path, source: Any = rows, url: str | None = None) -> str:
    config = Path(write_config(folder / "shop.json", SHOP))
    options = ["--limits", "off", "--give-up", "0.1", "--host", url or sandbox[1]]
    return deliver_day(DAY, source, folder, config, options)


def ids(sandbox: Any) -> list[str]:
    return sorted(event["unique_id"] for event in sandbox[0].events())


EVERY = sorted(f"e{number}" for number in range(30))


def test_a_day_that_runs_twice_is_sent_once(sandbox: Any, tmp_path: Path) -> None:
    """Also where the query answers otherwise by then."""
    assert "delivered" in run(sandbox, tmp_path)
    requests = sandbox[0].stats()["requests"]
    run(sandbox, tmp_path, lambda day: [])
    assert ids(sandbox) == EVERY
    assert sandbox[0].stats()["requests"] == requests


def test_a_query_that_breaks_off_leaves_no_half_day(sandbox: Any, tmp_path: Path) -> None:
    def broken(day: date) -> Iterator[dict[str, Any]]:
        yield next(rows(day))
        raise ConnectionError

    with pytest.raises(ConnectionError):
        run(sandbox, tmp_path, broken)
    run(sandbox, tmp_path)
    assert ids(sandbox) == EVERY


def test_what_may_pass_is_tried_again_and_goes_on(sandbox: Any, tmp_path: Path) -> None:
    """Klaviyo is away, and comes back."""
    with running(Sandbox()) as url:
        port = int(url.rpartition(":")[2])
    with pytest.raises(DayError) as caught:
        run(sandbox, tmp_path, url=url)
    assert caught.value.may_pass
    assert KEY not in str(caught.value)
    back = Sandbox(limits="off")
    with running(back, port):
        run(sandbox, tmp_path, lambda day: [], url)
    assert sorted(event["unique_id"] for event in back.events()) == EVERY


def test_rows_that_are_no_events_fail_the_task_once_the_others_are_sent(
    sandbox: Any, tmp_path: Path
) -> None:
    """By number, column and reason; no try mends them."""
    for _ in range(2):
        with pytest.raises(DayError) as caught:
            run(sandbox, tmp_path, spoilt)
        assert not caught.value.may_pass
    assert ids(sandbox) == EVERY
    (line,) = (tmp_path / f"{DAY}.not-events.jsonl").read_text().splitlines()
    told = json.loads(line)
    assert (told["row"], told["path"], told["code"]) == (31, "data.total", "event.not-json")


def test_a_configuration_that_is_none_is_not_tried_again(sandbox: Any, tmp_path: Path) -> None:
    write_config(tmp_path / "bad.json", {"settings": {"emial": "x"}})
    with pytest.raises(DayError, match="emial") as caught:
        deliver_day(DAY, rows, tmp_path, tmp_path / "bad.json", ["--host", sandbox[1]])
    assert not caught.value.may_pass
