"""Do small cases from practice come out as a shop would expect?

Each stands for a kind: public bug reports, real files, fixtures of other integrations.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from walkeros_klaviyo import parse_config, pipeline, scan

Json = dict[str, Any]
LINES = (Path(__file__).parents[1] / "vectors" / "practice.jsonl").read_text("utf-8").splitlines()
CASES: list[Json] = [json.loads(line) for line in LINES]
IDENTIFIERS = ("email", "external_id", "phone_number", "anonymous_id", "_kx")


def attributes(plan: Json, name: str) -> Json | None:
    """Of the first call of this name."""
    return next((body["data"]["attributes"] for call, body in plan["calls"] if call == name), None)


def misses(plan: Json, want: Json) -> Iterator[str]:
    """What of an expectation does not hold; only what it names is compared."""
    codes = [one["code"] for one in plan["diagnostics"]]
    if plan["outcome"] != want.get("outcome", plan["outcome"]):
        yield f"the outcome is {plan['outcome']}"
    if len(plan["calls"]) != want.get("calls", len(plan["calls"])):
        yield f"{len(plan['calls'])} calls"
    yield from (f"no {code} in {codes}" for code in want.get("codes", ()) if code not in codes)
    yield from (f"{code} is there" for code in want.get("no_codes", ()) if code in codes)
    if want.get("some_code") and not codes:
        yield "no diagnostic"
    if "event" in want:
        got = attributes(plan, "events.create_event")
        assert got is not None
        who = got["profile"]["data"]["attributes"]
        flat = {
            "metric": got["metric"]["data"]["attributes"]["name"],
            "who": {key: value for key, value in who.items() if key in IDENTIFIERS},
            **{key: got.get(key) for key in ("value", "value_currency", "unique_id", "properties")},
        }
        for key, value in want["event"].items():
            if flat[key] != value:
                yield f"{key} is {flat[key]!r}, not {value!r}"
    if "upsert" in want:
        upsert = attributes(plan, "profiles.create_or_update_profile")
        if want["upsert"] is False:
            assert upsert is None
            return
        assert upsert is not None
        for key, value in want["upsert"].items():
            if upsert.get(key) != value:
                yield f"the upsert's {key} is {upsert.get(key)!r}, not {value!r}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_from_practice_holds(case: Json) -> None:
    """Through the front door, event by event."""
    steps = scan(pipeline(parse_config(case["config"])), case["events"])
    plans = [plan.to_dict() for plan, _ in steps]
    assert len(plans) == len(case["expect"])
    for plan, want in zip(plans, case["expect"], strict=True):
        assert list(misses(plan, want)) == []


def test_all_of_them_are_there() -> None:
    """A file that was cut short would pass silently."""
    assert len(CASES) == 39
