"""Does a person end as the last event of the file says, by whichever identifier it came?

A guest's order and the same person's login name different identifiers, wait in one backlog and go
out side by side with hundreds of others, under faults.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.command import inside, sandbox
from tests.end_to_end.process import recorded, stats, write_rows

CONFIG = {
    "settings": {"identify": {"map": {"firstName": "user.first"}}},
    "mapping": {
        "user": {"login": {"silent": True}},
        "order": {"complete": {"name": "Placed Order", "settings": {"uniqueId": "data.id"}}},
    },
}
FAULTS = "error=0.04,reset=0.04,half=0.03,lie=0.03"
PAIRS = 200
NOON = 1_793_350_800_000
Json = dict[str, Any]


def seen(name: str, number: int, step: int, first: str, **who: str) -> Json:
    """One event of a person's."""
    return {
        "name": name,
        "id": f"{name[0]}{number}-{step}",
        "timestamp": NOON + 1_000 * (number * 4 + step),
        "user": {**who, "first": first},
        "data": {"id": f"O{number}-{step}"},
    }


def pair(number: int) -> list[Json]:
    """A guest's order and a login; of every second person in the other order, and once more."""
    email, person = f"ada{number}@example.com", f"c{number}"
    login = ("user login", {"id": person, "email": email})
    order = ("order complete", {"email": email})
    steps = [login, order] if number % 2 else [order, login]
    rows = [(*one, f"{number} at {step}") for step, one in enumerate([*steps, steps[0]])]
    return [seen(name, number, step, first, **who) for step, (name, who, first) in enumerate(rows)]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("mode", "profiles"),
    [
        *(("single", "klaviyo"), ("single", "merge"), ("single", "move"), ("bulk", "klaviyo")),
        *(pytest.param("bulk", other, marks=pytest.mark.whole) for other in ("merge", "move")),
    ],
)
def test_every_person_ends_as_their_last_event_says(
    tmp_path: Path, mode: str, profiles: str
) -> None:
    (tmp_path / "shop.json").write_text(json.dumps(CONFIG))
    people = [pair(number) for number in range(PAIRS)]
    write_rows(
        tmp_path / "events.jsonl", *(one for step in zip(*people, strict=True) for one in step)
    )
    words = ("--limits", "off", "--faults", FAULTS, "--seed", "3", "--profiles", profiles)
    with sandbox(*words) as url:
        options = ("--host", url, "--limits", "off", "--mode", mode)
        done = inside("run", "events.jsonl", "-c", "shop.json", *options, cwd=tmp_path)
        found, counts = recorded(url, "profiles"), stats(url)
    assert done.code == 0
    assert counts["events"] == sum(one["name"] == "order complete" for row in people for one in row)
    said = [one["attributes"] for one in found]
    ended = {
        one["email"]: (one["first_name"], one["external_id"]) for one in said if "email" in one
    }
    assert ended == {
        f"ada{number}@example.com": (f"{number} at 2", f"c{number}") for number in range(PAIRS)
    }
