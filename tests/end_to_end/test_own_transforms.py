"""Transforms of a user's own: planned and delivered like any other, and told what is wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from tests.end_to_end.command import Result, here, shop_event, write_config, write_lines

from walkeros_klaviyo import before, parse_config, pipeline, read_config
from walkeros_klaviyo.destination import Destination
from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.serve import running
from walkeros_klaviyo.shell.store import Store

MODULE = """
from copy import deepcopy
from attrs import evolve
from walkeros_klaviyo import STAGES, after, before, parse_config, pipeline

def renamed(event):
    return {**event, "id": "mine-" + event["id"]} if isinstance(event, dict) else event

def of_config(config):
    return before(renamed, pipeline(config))

made = before(renamed, pipeline(parse_config({})))
number = 7

def twice(plan):
    calls = []
    for call in plan.calls:
        calls.append(call)
        if call.name == "events.create_event":
            body = deepcopy(call.body)
            body["data"]["attributes"]["unique_id"] += "-2"
            calls.append(evolve(call, body=body))
    return evolve(plan, calls=tuple(calls))

def doubled(config):
    return after(twice, pipeline(config))

def picky(rule, event):
    if event["id"] == "e1":
        raise KeyError("ada@example.com")
    return None, ()

def raising(config):
    return pipeline(config, evolve(STAGES, revenue=picky))

def broken(config):
    raise KeyError("ada@example.com")
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The user's module, in the folder where the command is called."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("own_transforms.py").write_text(MODULE, "utf-8")
    write_lines(Path("events.jsonl"), [shop_event(1), shop_event(2)])
    yield
    sys.modules.pop("own_transforms", None)


def call(monkeypatch: pytest.MonkeyPatch, command: str, name: str, *more: str) -> Result:
    """A command with a transform."""
    config = write_config(Path("shop.json"), {})
    return here(monkeypatch, command, "events.jsonl", "-c", config, "--transform", name, *more)


@pytest.mark.parametrize("name", ["own_transforms:of_config", "own_transforms:made"])
def test_it_is_planned_and_delivered(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = call(monkeypatch, "plan", name)
    ids = [row["calls"][-1][1]["data"]["attributes"]["unique_id"] for row in planned.rows]
    assert ids == ["mine-e1", "mine-e2"]
    sandbox = Sandbox(limits="off")
    with running(sandbox) as url:
        assert call(monkeypatch, "run", name, "--host", url, "-q").code == 0
    assert {json.loads(row)["unique_id"] for row in sandbox.event_lines()} == set(ids)
    assert call(monkeypatch, "run", name, "--sandbox", "--dry-run").code == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("own_transforms:number", "is of type int, and no transform"),
        ("own_transforms:nothing", 'has no "nothing"'),
        ("own_transforms:broken", "raised KeyError"),
        ("no_such_module:x", "there is no module"),
        ("own_transforms", "is not spelled like"),
        ("math:sqrt", "raised TypeError"),
    ],
)
def test_what_is_no_transform_is_a_sentence(
    name: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = call(monkeypatch, "plan", name)
    assert (result.code, result.out) == (2, "")
    assert "--transform" in result.err and words in result.err
    assert "Traceback" not in result.said and "ada@" not in result.said


def test_a_destination_takes_one() -> None:
    sandbox = Sandbox(limits="off")

    def renamed(event: Any) -> Any:
        return {**event, "id": "mine-" + event["id"]}

    config = parse_config({"settings": {"apiKey": "pk_test"}})
    own = before(renamed, pipeline(config))
    with (
        running(sandbox) as url,
        Destination(config, host=url, store="own.db", transform=own) as destination,
    ):
        destination.push(shop_event(1))
        destination.flush(10)
    assert [json.loads(row)["unique_id"] for row in sandbox.event_lines()] == ["mine-e1"]


def test_a_configuration_is_read_from_a_file_or_any_mapping() -> None:
    write_config(Path("shop.json"), {"settings": {"currency": "EUR"}})
    mapping = MappingProxyType({"settings": MappingProxyType({"currency": "EUR"})})
    assert parse_config(mapping).settings == read_config("shop.json").settings


def test_two_events_of_one_plan_are_delivered_and_counted_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing downstream assumes how many there are; the first stands for its event in counts."""
    sandbox = Sandbox(limits="off", refuse=("e2-2",))
    with running(sandbox) as url:
        result = call(monkeypatch, "run", "own_transforms:doubled", "--host", url, "-q")
    ids = sorted(json.loads(row)["unique_id"] for row in sandbox.event_lines())
    assert (ids, result.code) == (["e1", "e1-2", "e2"], 1)
    with Store.visit("walkeros-klaviyo.db") as store:
        assert store.imbalance() is None
        counts = store.counts
        assert (counts.accepted, counts.delivered, counts.dead) == (2, 2, 0)
        assert counts.dead_upserts == 1  # the call beside it, so that the run ends with 1


def test_a_stage_that_raises_keeps_back_its_event_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else one event would hold up the file for ever."""
    sandbox = Sandbox(limits="off")
    with running(sandbox) as url:
        result = call(monkeypatch, "run", "own_transforms:raising", "--host", url, "-q")
    assert (result.code, len(list(sandbox.event_lines()))) == (1, 1)
    assert "Traceback" not in result.said and "ada@" not in result.said
    plans = call(monkeypatch, "plan", "own_transforms:raising").rows
    assert [plan["outcome"] for plan in plans] == ["refused", "send"]
    assert plans[0]["diagnostics"][0]["message"] == "a stage raised KeyError; kept back"
