"""On Spark: the same calls as in one process, whatever is in a batch, and between batches."""

from __future__ import annotations

import json
import os
import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.core.make import NOW
from tests.core.test_vectors import EXAMPLES, REFERENCE, calls_of
from tests.same_json import same_json
from tests.spark.plans import by_key, expected, found, lines_in, ordered

from walkeros_klaviyo import Transform, parse_config, pipeline, read_config, route
from walkeros_klaviyo import before as first
from walkeros_klaviyo.shop import CONFIG, EVENTS
from walkeros_klaviyo.spark import plan_batch, plan_stream, planned
from walkeros_klaviyo.spark.people import people

pytestmark = pytest.mark.whole
SHOP = pipeline(read_config(CONFIG))
DAY = EVENTS.read_text("utf-8").splitlines()
CASES = {str(at): case for at, case in enumerate(EXAMPLES + REFERENCE)}


@cache
def vectors() -> Transform:
    """Each case by its own configuration; accounts never meet, so all of them go in one batch."""
    transforms = {
        name: first(lambda raw: raw["event"], pipeline(parse_config(case["config"])))
        for name, case in CASES.items()
    }
    return route(lambda raw: raw["case"], transforms)


def wrapped(name: str, at: int, event: Any) -> str:
    """A case's event as a line; its number is its id."""
    return json.dumps({"case": name, "id": f"{at:03}", "event": event})


def texts(spark: Any, lines: list[str]) -> Any:
    """A frame of JSON texts."""
    return spark.createDataFrame([(line,) for line in lines], "value string")


def test_the_vectors_come_to_the_same_calls(spark: Any, tmp_path: Path) -> None:
    """All 419, in one batch; those of several events in the order of their times."""
    lines = [wrapped(name, at, event) for name, case in CASES.items()
             for at, event in enumerate(case["events"])]  # fmt: skip
    plan_batch(texts(spark, lines), 0, vectors(), str(tmp_path), now=float(NOW))
    calls: dict[str, list[Any]] = {name: [] for name in CASES}
    for line in lines_in(tmp_path / "plans"):
        raw = json.loads(line.raw)
        assert line.plan is not None
        calls[raw["case"]] += [[int(raw["id"]), one.name, one.body] for one in line.plan.calls]
    for name, case in CASES.items():
        times = [event.get("timestamp", 0) for event in case["events"]]
        order = sorted(range(len(times)), key=lambda at: (times[at], at))
        told = calls_of({**case, "events": [case["events"][at] for at in order]})
        same = [[order[at], call, body] for at, call, body in told]
        assert same_json(sorted(calls[name], key=str), sorted(same, key=str)), case["id"]
        if order == sorted(order):
            assert same_json(sorted(calls[name], key=str), sorted(case["calls"], key=str))


def test_a_day_of_the_shop_and_the_same_again(spark: Any, tmp_path: Path) -> None:
    """In three batches, broken lines among them; the states go on from batch to batch."""
    lines = ordered([*DAY, "{", '"x"', '{"name": 7}'])
    parts = lines[:200], lines[200:350], lines[350:], lines
    for number, part in enumerate(parts):
        frame = texts(spark, [line.raw.decode() for line in part])
        plan_batch(frame, number * 3, SHOP, str(tmp_path), now=float(NOW))
    told = expected(SHOP, [line for part in parts for line in part], float(NOW))
    assert sorted(map(str, found(tmp_path / "plans"))) == sorted(map(str, told))
    assert {step[1] for step in told} >= {"send", "denied", "unidentified", "invalid", "unchanged"}
    assert len(list((tmp_path / "states").glob("batch-*"))) == 2  # the last, and what it read


def test_rows_of_a_warehouse_are_planned_as_their_events(spark: Any, tmp_path: Path) -> None:
    """From Parquet; a section may be a struct or JSON text."""
    rows = [json.loads(line) for line in DAY[:60]]
    types = "name string, id string, timestamp bigint, data string, user string, consent string"
    names = [one.partition(" ")[0] for one in types.split(", ")]
    values = [
        tuple(json.dumps(one) if isinstance(one, dict) else one for one in map(row.get, names))
        for row in rows
    ]
    spark.createDataFrame(values, types).write.parquet(str(tmp_path / "events"))
    frame = spark.read.parquet(str(tmp_path / "events"))
    plans = {row.id: json.loads(row.line)["plan"] for row in planned(frame, SHOP).collect()}
    for row in rows:
        event = {name: row[name] for name in names if name in row}
        assert plans[row["id"]]["outcome"] == SHOP.plan(event).outcome
    bad = planned(spark.sql("SELECT 'page view' AS name, '{\"a\":' AS data"), SHOP).first()
    assert json.loads(bad.line)["plan"]["diagnostics"][0]["path"] == "data"


def test_a_batch_that_is_run_again_writes_the_same(spark: Any, tmp_path: Path) -> None:
    """And one that was planned after it keeps it from being planned otherwise."""
    folder = str(tmp_path)
    for _ in range(2):
        plan_batch(texts(spark, DAY[:100]), 0, SHOP, folder, now=float(NOW))
    files = {path.name[:10]: path.read_bytes() for path in tmp_path.glob("plans/*/part*")}
    for _ in range(2):
        plan_batch(texts(spark, DAY[100:]), 1, SHOP, folder, now=float(NOW))
    again = tmp_path.glob("plans/batch-0000000000/part*")
    assert {path.name[:10]: path.read_bytes() for path in again} == files
    told = expected(SHOP, [*ordered(DAY[:100]), *ordered(DAY[100:])], float(NOW))
    assert sorted(map(str, found(tmp_path / "plans"))) == sorted(map(str, told))
    with pytest.raises(ValueError, match="batch 1 is there already"):
        plan_batch(texts(spark, DAY[:1]), 0, SHOP, folder)


TITLED = pipeline(parse_config({"settings": {"identify": {"map": {"title": "user.t"}}}}))


def visits(batch: int, title: str, *users: dict[str, str]) -> list[str]:
    """Visits of a batch, one after the other; their ids say which."""
    return [
        json.dumps(
            {
                "name": "page view",
                "timestamp": NOW + batch * 10 + at,
                "id": f"{batch}{at}",
                "user": {**user, "t": title},
            }
        )
        for at, user in enumerate(users)
    ]


def told_by(folder: Path) -> set[str | None]:
    """The ids of the events whose profile is told."""
    return {step[0] for step in found(folder / "plans") if step[2][0][0].startswith("profiles.")}


def test_whose_upsert_died_is_told_anew(spark: Any, tmp_path: Path) -> None:
    """All of the person, under whichever identifier they come; and nobody else."""
    users = ({"id": "a", "email": "a@b.de"}, {"id": "a"}, {"id": "z"})
    for number, forget in enumerate(((), (), ("email:a@b.de",), ())):
        frame = texts(spark, visits(number, "Dr", *users))
        plan_batch(frame, number, TITLED, str(tmp_path), forget, float(NOW))
    assert told_by(tmp_path) == {"00", "02", "20"}


def test_who_met_in_an_earlier_batch_is_one_person(spark: Any, tmp_path: Path) -> None:
    """Though their identifiers come apart now: what is told under one is told of both."""
    batches = (
        visits(0, "Dr", {"id": "a", "email": "a@b.de"}),
        visits(1, "Prof", {"id": "a"}, {"email": "a@b.de"}, {"id": "a"}),
        visits(2, "Prof", {"email": "a@b.de"}, {"id": "a"}),
    )
    for number, lines in enumerate(batches):
        plan_batch(texts(spark, lines), number, TITLED, str(tmp_path), now=float(NOW))
    lines = [line for batch in batches for line in ordered(batch)]
    assert found(tmp_path / "plans") == expected(TITLED, lines, float(NOW))
    assert told_by(tmp_path) == {"00", "10"}


def test_a_stream_is_planned_as_its_batches(spark: Any, tmp_path: Path) -> None:
    """Stopped and started from its checkpoint, it loses and doubles nothing."""
    lines = ordered(DAY)
    (tmp_path / "in").mkdir()

    def go_on() -> None:
        events = spark.readStream.option("maxFilesPerTrigger", 1).text(str(tmp_path / "in"))
        stream = plan_stream(events, SHOP, str(tmp_path / "out"))
        assert stream.trigger(availableNow=True).start().awaitTermination(600)

    for number in range(4):
        text = "".join(line.raw.decode() + "\n" for line in lines[number::4])
        path = tmp_path / "in" / f"{number}.jsonl"
        path.write_text(text, "utf-8")
        os.utime(path, (number, number))
        if number % 2:
            go_on()
    steps = found(tmp_path / "out" / "plans")
    parts = [line for number in range(4) for line in lines[number::4]]
    assert len(list(tmp_path.glob("out/plans/batch-*"))) == 4
    told = expected(SHOP, parts, 1e15)
    assert sorted(map(str, steps)) == sorted(map(str, told))
    keys = {line.id: SHOP.plan(line.value).state_keys for line in lines}
    assert by_key(steps, keys.__getitem__) == by_key(told, keys.__getitem__)


def test_people_are_the_connected_components(spark: Any) -> None:
    """Against the plainest way to find them: chains, stars, and what luck makes."""
    luck = random.Random(1)
    pairs = [(at, at + 1) for at in range(100, 140)]
    pairs += [(200 + at, 299) for at in range(60)]
    pairs += [(300 + at, 300 + at) for at in range(3)]
    for base in range(1_000, 1_400, 100):
        ends = range(base, base + 60)
        pairs += [(luck.choice(ends), luck.choice(ends)) for _ in range(base // 25)]
    luck.shuffle(pairs)
    least = {end: end for pair in pairs for end in pair}
    while True:
        before = dict(least)
        for pair in pairs:
            least |= dict.fromkeys(pair, min(least[end] for end in pair))
        if before == least:
            break
    frame = people(spark.createDataFrame(pairs, "a long, b long"))
    assert {row.a: row.person for row in frame.collect()} == least
