"""Do the calls equal the measured ones? One test a case; see `tests/vectors/README.md`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.same_json import same_json

from walkeros_klaviyo import parse_config, pipeline, scan

Case = dict[str, Any]
FOLDER = Path(__file__).parents[1] / "vectors"


def read_cases(name: str) -> list[Case]:
    """The cases of one file, one a line."""
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line]


def calls_of(case: Case) -> list[list[Any]]:
    """What the library would send for a case, in the shape of the vectors."""
    steps = scan(pipeline(parse_config(case["config"])), case["events"])
    return [
        [index, call.name, call.body]
        for index, (plan, _) in enumerate(steps)
        for call in plan.calls
    ]


EXAMPLES = read_cases("examples.jsonl")
REFERENCE = read_cases("reference.jsonl")


@pytest.mark.parametrize("case", EXAMPLES, ids=lambda case: case["id"])
def test_a_worked_example_of_the_destination_holds(case: Case) -> None:
    """The destination's own documentation shows these nine."""
    assert same_json(calls_of(case), case["calls"])


@pytest.mark.parametrize("case", REFERENCE, ids=lambda case: case["id"])
def test_a_case_measured_on_the_reference_holds(case: Case) -> None:
    """A user who moves here must find the same calls."""
    assert same_json(calls_of(case), case["calls"])


@pytest.mark.parametrize(
    ("cases", "expected"), [(EXAMPLES, 9), (REFERENCE, 410)], ids=["examples", "reference"]
)
def test_every_case_is_there_and_named_once(cases: list[Case], expected: int) -> None:
    """A file that was cut short would pass silently; so would a case that shadows another."""
    assert expected == len(cases) == len({case["id"] for case in cases})


@pytest.mark.parametrize(
    ("cases", "expected"), [(EXAMPLES, 9), (REFERENCE, 410)], ids=["examples", "reference"]
)
def test_all_of_them_hold(cases: list[Case], expected: int) -> None:
    """The count itself: 9 of 9 and 410 of 410."""
    assert expected == sum(same_json(calls_of(case), case["calls"]) for case in cases)


def test_the_vectors_do_ask_for_something() -> None:
    """Cases without calls exist, but a suite of them would prove nothing."""
    calls = [call for case in EXAMPLES + REFERENCE for call in case["calls"]]
    kinds = {name for _, name, _ in calls}
    assert kinds == {"events.create_event", "profiles.create_or_update_profile"}
    assert len(calls) > 419


def test_a_changed_case_is_noticed() -> None:
    """The comparison must be able to fail: a `1` for a `true`, a lost call, another order."""
    case = next(one for one in REFERENCE if len(one["calls"]) > 1)
    calls = calls_of(case)
    assert not same_json(calls[1:], case["calls"])
    assert not same_json(calls[::-1], case["calls"])
    spoiled = json.loads(json.dumps(calls))
    spoiled[0][2]["data"]["attributes"]["extra"] = True
    assert not same_json(spoiled, case["calls"])
