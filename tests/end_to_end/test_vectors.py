"""Does the command itself pass every case? One test a case, through `plan`, file and pipe.

`tests/core/test_vectors.py` asks the library; this asks what a person would type.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.command import Result, apart, here
from tests.same_json import same_json

Case = dict[str, Any]
FOLDER = Path(__file__).parents[1] / "vectors"


def read_cases(name: str) -> list[Case]:
    """The cases of one file."""
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines() if line]


CASES = read_cases("examples.jsonl") + read_cases("reference.jsonl")


def prepared(case: Case, folder: Path) -> tuple[str, bytes]:
    """Its configuration as a file, its events as lines."""
    config = folder / "config.json"
    config.write_text(json.dumps(case["config"]), "utf-8")
    return str(config), "".join(json.dumps(one) + "\n" for one in case["events"]).encode()


def calls_of(result: Result) -> list[list[Any]]:
    """The printed calls in the shape of the vectors."""
    return [[row["line"] - 1, *call] for row in result.rows for call in row["calls"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_command_plans_a_case_as_measured(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every line is answered by a line, and the calls are those."""
    config, events = prepared(case, tmp_path)
    result = here(monkeypatch, "plan", "--config", config, stdin=events)
    assert [row["line"] for row in result.rows] == list(range(1, len(case["events"]) + 1))
    assert same_json(calls_of(result), case["calls"])
    bad = any(row["outcome"] in ("refused", "invalid") for row in result.rows)
    assert result.code == (1 if bad else 0)


@pytest.mark.parametrize("case", CASES[8:12], ids=lambda case: case["id"])
def test_a_process_of_its_own_says_the_same(case: Case, tmp_path: Path) -> None:
    """As typed in a terminal, with a file instead of a pipe."""
    config, events = prepared(case, tmp_path)
    (tmp_path / "events.jsonl").write_bytes(events)
    result = apart("plan", "events.jsonl", "--config", config, cwd=tmp_path)
    assert same_json(calls_of(result), case["calls"])
    assert "Traceback" not in result.err
