"""`run` with a folder of plans: what was planned elsewhere is delivered as if it had been here."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.command import (
    SHOP,
    Result,
    fetch,
    here,
    rows_of,
    sandbox,
    shop_event,
    started,
)
from tests.end_to_end.command import write_config as config_at

from walkeros_klaviyo import Plan, parse_config, pipeline, scan
from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.serve import running
from walkeros_klaviyo.shell.input.plans import written
from walkeros_klaviyo.shell.store import Store

TRANSFORM = pipeline(parse_config(SHOP))


def planned(events: Iterable[Any]) -> list[bytes]:
    """Their lines, settled in one process, as Spark's are in many."""
    events = list(events)
    steps = scan(TRANSFORM, events)
    return [
        written(json.dumps(event).encode(), event.get("id"), plan)
        for event, (plan, _) in zip(events, steps, strict=True)
    ]


def write_batch(
    number: int, *files: list[bytes], is_complete: bool = True, mark: str = "a"
) -> None:
    """A batch's folder, as Spark leaves it: files packed, and of names that are never the same."""
    folder = Path("plans") / f"batch-{number:010}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for at, lines in enumerate(files):
        packed = gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0)
        (folder / f"part-{at:05}-{mark}.txt.gz").write_bytes(packed)
        (folder / f".part-{at:05}-{mark}.txt.gz.crc").write_bytes(b"crc")
    if is_complete:
        (folder / "_SUCCESS").touch()


def words(url: str, *more: str) -> tuple[str, ...]:
    """The command."""
    config = config_at(Path("shop.json"), SHOP)
    return ("run", "plans", "-c", config, "--host", url, "--limits", "off", "--quiet", *more)


def run(patch: pytest.MonkeyPatch, url: str, *more: str) -> Result:
    """Run it here."""
    return here(patch, *words(url, *more))


def ids(sandbox: Sandbox) -> list[str]:
    """The events that it has, in order."""
    return [event["unique_id"] for event in sandbox.events()]


def names(people: Iterable[Any]) -> set[str]:
    """What the profiles were told last."""
    return {one["attributes"]["first_name"] for one in people}


def test_batches_are_delivered_in_order_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those that are complete, up to the first that is not; and what is new the next time."""
    lines = planned(map(shop_event, range(60)))
    write_batch(0, lines[:11], lines[11:20])
    write_batch(1, lines[20:40])
    write_batch(2, lines[40:50], is_complete=False)
    write_batch(10, lines[50:])
    stand_in = Sandbox(limits="off")
    with running(stand_in) as url:
        first = run(monkeypatch, url, "--mode", "single")
        waits = "batch-0000000002 waits, and 1 behind it: it has no _SUCCESS yet"
        assert first.code == 0 and waits in " ".join(first.err.split())
        assert sorted(ids(stand_in)) == sorted(f"e{number}" for number in range(40))
        write_batch(2, lines[40:50])
        second = run(monkeypatch, url, "--mode", "single")
        assert "plans: 40 plans were accepted before; going on after them" in second.err
        assert run(monkeypatch, url).code == 0
    assert sorted(ids(stand_in)) == sorted(f"e{number}" for number in range(60))
    assert stand_in.stats()["duplicates"] == 0
    assert names(stand_in.profiles()) == {f"N{who}-1" for who in range(11)}


def test_it_comes_to_what_the_events_themselves_come_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same events and profiles, counts and exit code; invalid and refused lines too."""
    events = [shop_event(number, data={"total": "1,2"}) for number in range(30)]
    events[3] = {"name": "order complete"}
    events[7] = shop_event(7, timestamp=9_795_518_160_712)
    write_batch(0, planned(events))
    Path("events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events))
    told = []
    for name in ("plans", "events.jsonl"):
        stand_in = Sandbox(limits="off")
        with running(stand_in) as url:
            done = here(monkeypatch, "run", name, *words(url, "--store", f"{name}.db")[2:])
        people = sorted(json.dumps(one["attributes"]) for one in stand_in.profiles())
        told.append((done.code, sorted(ids(stand_in)), people, done.out.split("delivered")[1][:60]))
    assert told[0] == told[1]
    assert told[0][0] == 1


def test_a_batch_that_was_written_again_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spark gives its files other names then; what is in them is the same."""
    lines = planned(map(shop_event, range(30)))
    stand_in = Sandbox(limits="off")
    with running(stand_in) as url:
        write_batch(0, lines)
        assert run(monkeypatch, url).code == 0
        write_batch(0, lines, mark="b")
        write_batch(1, planned(map(shop_event, range(30, 40))))
        assert run(monkeypatch, url).code == 0
    assert len(ids(stand_in)) == 40
    assert stand_in.stats()["duplicates"] == 0


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_file_that_is_cut_off_is_named(monkeypatch: pytest.MonkeyPatch, is_packed: bool) -> None:
    """Its batch says that it is complete; what stands behind it waits."""
    write_batch(0, planned(map(shop_event, range(20))))
    write_batch(1, planned(map(shop_event, range(20, 30))))
    (packed,) = Path("plans/batch-0000000000").glob("*.gz")
    whole = packed.read_bytes()
    packed.unlink()
    name = "part.txt.gz" if is_packed else "part.txt"
    cut = whole[:-9] if is_packed else gzip.decompress(whole)[:-9]
    packed.with_name(name).write_bytes(cut)
    stand_in = Sandbox(limits="off")
    with running(stand_in) as url:
        done = run(monkeypatch, url)
    assert done.code != 0
    said = " ".join(done.err.split())
    assert f"plans/batch-0000000000/{name}: " in said and "cut off" in said
    assert not set(ids(stand_in)) & {f"e{number}" for number in range(20, 30)}


def test_killed_twice_each_is_recorded_once(tmp_path: Path) -> None:
    """At any moment while it sends; the same command goes on."""
    lines = planned(map(shop_event, range(1_200)))
    for batch in range(3):
        own = lines[batch * 400 : batch * 400 + 400]
        whose = [(at + batch * 400) % 11 for at in range(400)]
        even = [line for line, who in zip(own, whose, strict=True) if who % 2 == 0]
        write_batch(batch, even, [line for line in own if line not in even])
    with sandbox("--limits", "off") as url:
        for least in (150, 600):
            with started(*words(url, "--mode", "single")) as process:
                while json.loads(fetch(f"{url}/sandbox/stats"))["events"] < least:
                    assert process.poll() is None
                os.kill(process.pid, 9)
        with started(*words(url, "--mode", "single")) as process:
            assert process.wait(120) == 0
        events, people = (rows_of(f"{url}/sandbox/{one}.jsonl") for one in ("events", "profiles"))
    found = [event["unique_id"] for event in events]
    assert sorted(found) == sorted(f"e{number}" for number in range(1_200))
    assert names(people) == {f"N{who}-{max(n // 40 for n in range(1_200) if n % 11 == who)}"
                             for who in range(11)}  # fmt: skip


def test_a_dead_letter_keeps_its_event_and_is_planned_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the configuration, as any other; and whose upsert died can be told to Spark."""
    event = shop_event(1, data={"total": 1, "note": "poison"})
    write_batch(0, planned([event, shop_event(2)]))
    with running(Sandbox(limits="off", refuse="N1-0")) as url:
        assert run(monkeypatch, url).code == 1
    with Store.view("walkeros-klaviyo.db") as store:
        raws = {one.letter.origin.raw for one in store.letters() if hasattr(one, "letter")}
        assert raws == {json.dumps(event).encode()}
        assert store.untold() == ("email:u1@example.com", "external_id:u1")


def test_a_line_that_is_no_plan_is_invalid_and_costs_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Events in the folder, by mistake, for example."""
    good = planned(map(shop_event, range(2)))
    write_batch(0, [good[0], json.dumps(shop_event(7)).encode(), b"{", good[1]])
    stand_in = Sandbox(limits="off")
    with running(stand_in) as url:
        done = run(monkeypatch, url, "--rejects", "rejects.jsonl")
    assert (done.code, sorted(ids(stand_in))) == (1, ["e0", "e1"])
    rows = [json.loads(row) for row in Path("rejects.jsonl").read_text().splitlines()]
    assert [(row["line"], row["outcome"]) for row in rows] == [(2, "invalid"), (3, "invalid")]
    assert "expected an event and its plan" in rows[0]["message"]


@pytest.mark.parametrize("option", ["--follow", "--dry-run", "--backfill", "--transform=a:b"])
def test_what_is_planned_already_is_not_planned_otherwise(
    option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_batch(0, [])
    done = run(monkeypatch, "http://127.0.0.1:1", option)
    assert done.code == 2
    assert "folder of plans, which are sent as they are" in done.err
    assert not Path("walkeros-klaviyo.db").exists()


def test_a_folder_without_plans_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("plans").mkdir()
    done = run(monkeypatch, "http://127.0.0.1:1")
    assert done.code == 2
    assert "plans: is a folder without batch-" in done.err


def test_a_plan_in_a_line_keeps_a_number_of_any_length() -> None:
    """The event as it came, and the body as it goes."""
    raw = b'{"total": 123456789012345678901234567890}'
    line = written(raw, None, Plan("ignored"))
    assert json.loads(line)["event"].encode() == raw
