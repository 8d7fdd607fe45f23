"""One bad row never costs the others: Klaviyo refuses what nobody could foresee, in bulk."""

from __future__ import annotations

import json
import math
import random
import socket
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from tests.end_to_end.command import Result, inside
from tests.end_to_end.process import order, write_rows

from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.serve import running

BULK, SINGLE = "events.bulk_create_events", "events.create_event"
IMPORT, UPSERT = "profiles.bulk_import_profiles", "profiles.create_or_update_profile"
RULE = {
    "name": "Placed Order",
    "data": {"map": {"Note": "data.note"}},
    "settings": {"uniqueId": "data.id"},
}
PLAIN = {"mapping": {"order": {"complete": RULE}}}
KNOWN = {**PLAIN, "settings": {"identify": {"map": {"firstName": "user.first"}}}}


@frozen
class Ran:
    """How the command ended, and the lines that it kept."""

    done: Result
    rejects: list[dict[str, Any]]

    @property
    def dead(self) -> dict[str, str]:
        """The orders of the dead letters, and what was said of each."""
        assert {row["outcome"] for row in self.rejects} <= {"dead"}
        return {json.loads(row["raw"])["data"]["id"]: row["message"] for row in self.rejects}


def _run(
    folder: Path, url: str, config: Any, rows: Iterable[Any], mode: str = "bulk", *words: str
) -> Ran:
    (folder / "shop.json").write_text(json.dumps(config))
    write_rows(folder / "events.jsonl", *rows)
    kept = folder / "bad.jsonl"
    more = ("--host", url, "--limits", "off", "--mode", mode, "--rejects", str(kept), *words)
    done = inside("run", "events.jsonl", "-c", "shop.json", *more, cwd=folder)
    return Ran(done, [json.loads(line) for line in kept.read_text().splitlines()])


def _order(number: int, note: str = "fine") -> dict[str, Any]:
    one = order(number)
    return {**one, "data": {**one["data"], "note": note}}


def _person(number: int, people: int, poisoned: set[int]) -> dict[str, Any]:
    who = number % people
    first = "poison" if who in poisoned else f"N{who}"
    return order(number, user={"id": f"u{who}", "email": f"u{who}@example.com", "first": first})


def _calls(sandbox: Sandbox) -> Counter[tuple[str, int]]:
    return Counter((row["call"], row["status"]) for row in sandbox.requests())


def _sent(row: dict[str, Any]) -> list[str]:
    groups = row["body"]["data"]["attributes"]["events-bulk-create"]["data"]
    events = (group["attributes"]["events"]["data"][0]["attributes"] for group in groups)
    return [event["unique_id"] for event in events]


def _again(sandbox: Sandbox) -> int:
    """How many bulk requests held only what had been sent before."""
    seen: set[str] = set()
    again = 0
    for row in sandbox.requests():
        ids = set(_sent(row)) if row["call"] == BULK else set()
        again += ids <= seen
        seen |= ids
    return again


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize(
    ("poisoned", "pointers"),
    [
        *((1, "off"), (7, "on"), (7, "off")),
        *(
            pytest.param(*more, marks=pytest.mark.whole)
            for more in ((1, "on"), (50, "on"), (50, "off"))
        ),
    ],
)
def test_exactly_the_poisoned_rows_of_a_bulk_die(
    tmp_path: Path, poisoned: int, pointers: Any
) -> None:
    bad = set(random.Random(poisoned).sample(range(1_000), poisoned))
    orders = [_order(n, "poison" if n in bad else "fine") for n in range(1_000)]
    port = _free_port()
    # Nobody listens yet: all of it is accepted, and then goes at once.
    _run(tmp_path, f"http://127.0.0.1:{port}", PLAIN, orders, "bulk", "--give-up", "0")
    sandbox = Sandbox(limits="off", refuse=["poison"], pointers=pointers)
    with running(sandbox, port) as url:
        ran = _run(tmp_path, url, PLAIN, orders)
    assert ran.done.code == 1
    assert ran.dead == {
        f"O-{n}": "The event was refused, for it holds 'poison'." for n in sorted(bad)
    }
    assert len(ran.rejects) == poisoned
    recorded = [event["unique_id"] for event in sandbox.events()]
    assert sorted(recorded) == sorted(f"O-{n}" for n in range(1_000) if n not in bad)
    assert sandbox.stats()["duplicates"] == 0
    # Unnamed, each costs two requests a halving, the last ones alone.
    most = 2 if pointers == "on" else 2 * poisoned * (math.ceil(math.log2(1_000)) + 1)
    assert _again(sandbox) + _calls(sandbox)[SINGLE, 400] + _calls(sandbox)[SINGLE, 202] <= most
    assert {call for call, _ in _calls(sandbox)} <= {BULK, SINGLE}


@pytest.mark.parametrize("pointers", ["on", "off"])
def test_a_profile_that_fails_in_its_import_dies_alone(tmp_path: Path, pointers: Any) -> None:
    """The import is answered 202, and only its job says later which rows failed."""
    events = [_person(n, 40, {3, 23}) for n in range(300)]
    sandbox = Sandbox(limits="off", refuse=["poison"], pointers=pointers, import_polls=2)
    with running(sandbox) as url:
        ran = _run(tmp_path, url, KNOWN, events)
    assert ran.done.code == 1
    refusal = "The profile was refused, for it holds 'poison'."
    assert ran.dead == {"O-3": refusal, "O-23": refusal}
    assert _calls(sandbox)[IMPORT, 202] >= 1
    assert sorted(event["unique_id"] for event in sandbox.events()) == sorted(
        f"O-{n}" for n in range(300)
    )
    names = {
        profile["attributes"]["external_id"]: profile["attributes"].get("first_name")
        for profile in sandbox.profiles()
    }
    assert names == {f"u{n}": None if n in (3, 23) else f"N{n}" for n in range(40)}


def test_events_wait_for_the_import_of_their_profile(tmp_path: Path) -> None:
    """Klaviyo's flows read the profile when the event comes."""
    sandbox = Sandbox(limits="off", refuse=["poison"], import_polls=2)
    with running(sandbox) as url:
        _run(tmp_path, url, KNOWN, [_person(n, 10, {3}) for n in range(50)])
    told: set[str] = set()
    for row in sandbox.requests():
        if row["call"] == IMPORT:
            profiles = row["body"]["data"]["attributes"]["profiles"]["data"]
            told |= {profile["attributes"]["external_id"] for profile in profiles}
        elif row["call"] == BULK:
            for group in row["body"]["data"]["attributes"]["events-bulk-create"]["data"]:
                assert group["attributes"]["profile"]["data"]["attributes"]["external_id"] in told
    assert len(told) == 10


@pytest.mark.parametrize("repeats", ["refuse", "skip"])
def test_repeated_unique_ids_never_cost_a_bulk(tmp_path: Path, repeats: Any) -> None:
    """Twice in a row, twice in one bulk, and again long after it was delivered."""
    orders = [_order(n) for n in range(600)]
    twice = [one for n, one in enumerate(orders) for _ in range(1 + (n % 9 == 0))]
    backlog = [*twice, *orders[:50], *orders[590:]]
    sandbox = Sandbox(limits="off", bulk_repeats=repeats)
    with running(sandbox) as url:
        ran = _run(tmp_path, url, PLAIN, backlog)
    assert (ran.done.code, ran.rejects) == (0, [])
    assert sandbox.stats()["rejected"] == 0
    assert sorted(event["unique_id"] for event in sandbox.events()) == sorted(
        f"O-{n}" for n in range(600)
    )


@pytest.mark.parametrize(
    ("denied", "forbidden", "instead"),
    [
        ([BULK], {BULK}, {SINGLE, IMPORT}),
        ([BULK, "lists:write"], {BULK, IMPORT}, {SINGLE, UPSERT}),
    ],
)
def test_where_bulk_is_forbidden_everything_arrives_one_by_one(
    tmp_path: Path, denied: list[str], forbidden: set[str], instead: set[str]
) -> None:
    events = [_person(n, 300, set()) for n in range(700)]
    sandbox = Sandbox(limits="off", deny=denied)
    with running(sandbox) as url:
        ran = _run(tmp_path, url, KNOWN, events, "auto")
    assert (ran.done.code, ran.rejects) == (0, [])
    assert "warning: bulk.denied" in ran.done.err
    calls = _calls(sandbox)
    assert {call for call, status in calls if status == 403} == forbidden
    assert instead <= {call for call, status in calls if status != 403}
    assert sorted(event["unique_id"] for event in sandbox.events()) == sorted(
        f"O-{n}" for n in range(700)
    )
    assert sandbox.stats()["profiles"] == 300


def test_a_key_that_may_not_ask_for_imports_still_delivers(tmp_path: Path) -> None:
    """It may write profiles, but not read them: what was accepted counts."""
    sandbox = Sandbox(limits="off", deny=["profiles:read"])
    with running(sandbox) as url:
        ran = _run(tmp_path, url, KNOWN, [_person(n, 30, set()) for n in range(100)])
    assert (ran.done.code, sandbox.stats()["events"]) == (0, 100)
    assert sandbox.stats()["profiles"] == 30
    assert "may not ask for imports" in ran.done.err


@pytest.mark.parametrize("mode", ["single", "bulk", "auto"])
def test_where_a_scope_is_missing_nothing_is_lost_or_dead(tmp_path: Path, mode: str) -> None:
    """A person can give the key its scope; the run says which it lacks."""
    sandbox = Sandbox(limits="off", deny=["events:write"])
    with running(sandbox) as url:
        ran = _run(tmp_path, url, PLAIN, [_order(n) for n in range(20)], mode)
    assert (ran.done.code, ran.rejects) == (3, [])
    assert "events:write" in ran.done.err
