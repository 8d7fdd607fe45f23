"""What does an accepted body change in the record?

Nothing is checked here: the body has been accepted, now or before a restart.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Literal, TypeAlias

from attrs import Factory, define

from .faults import Faults
from .issue import Issue
from .jobs import Job
from .people import Conflict, Profile
from .record import Record
from .shape import Issues

Wrong: TypeAlias = Mapping[int, Issues]
"""Issues of an import's refused rows, by row."""


@define
class State:
    """A sandbox's record, and its settings."""

    polls: int = 1
    bulk_repeats: Literal["refuse", "skip"] = "refuse"
    refuse: tuple[bytes, ...] = ()
    """Strings that no row may contain, as written by `refuse.marks`."""
    lists: Collection[str] | None = None
    """The account's lists; None: all with well-formed ids."""
    pointers: bool = True
    """Whether an import's errors point at their rows."""
    faults: Faults = Factory(Faults)
    """The faults, of which those of rows and imports apply here."""
    seed: int = 0
    luck: random.Random = Factory(random.Random)
    """Random numbers for imports, separate from those for requests."""
    record: Record = Factory(Record)
    jobs: dict[str, Job] = Factory(dict)
    host: str = "https://a.klaviyo.com"


def take_event(state: State, body: Any, now: float) -> None:
    """Create Event."""
    attributes = body["data"]["attributes"]
    state.record.take(attributes["profile"]["data"], attributes, now)


def take_events(state: State, body: Any, now: float) -> None:
    """Bulk Create Events."""
    for group in body["data"]["attributes"]["events-bulk-create"]["data"]:
        entry = group["attributes"]
        shared = {"backfill": entry["backfill"]} if "backfill" in entry else {}
        for row in entry["events"]["data"]:
            state.record.take(entry["profile"]["data"], row["attributes"], now, shared)


def take_profile(state: State, body: Any, now: float) -> tuple[Profile, bool]:
    """Create or Update Profile: returns the profile, and whether it is new. Raises Conflict."""
    return state.record.people.upsert(body["data"], now)


def start_import(
    state: State, body: Any, now: float, wrong: Wrong, polls: int, cancelled: bool = False
) -> Job:
    """Bulk Import Profiles: import the rows that are not in `wrong` and do not conflict."""
    rows = body["data"]["attributes"]["profiles"]["data"]
    lists = (body["data"].get("relationships") or {}).get("lists") or {"data": []}
    errors: list[tuple[Issue, Any]] = []
    failed = 0
    for index, row in enumerate(() if cancelled else rows):
        found = wrong.get(index) or _import(state, row, index, lists["data"], now)
        if found:
            failed += 1
            errors += [(issue, row) for issue in found]
            state.record.refuse("profiles.bulk_import_profiles", found, now)
    name = f"sandbox-job-{len(state.jobs) + 1}"
    done = now if polls <= 0 else None
    job = Job(name, now, len(rows), tuple(errors), failed, polls, cancelled, done)
    state.jobs[job.id] = job
    return job


def take_subscriptions(state: State, body: Any, now: float) -> None:
    """Bulk Subscribe Profiles."""
    attributes = body["data"]["attributes"]
    source = attributes.get("custom_source")
    for resource in attributes["profiles"]["data"]:
        state.record.people.subscribe(resource, _chosen(body), source, now)


def take_unsubscriptions(state: State, body: Any, now: float) -> None:
    """Bulk Unsubscribe Profiles."""
    for resource in body["data"]["attributes"]["profiles"]["data"]:
        state.record.people.unsubscribe(resource, _chosen(body), now)


DONE: Final[dict[str, Callable[[State, Any, float], object]]] = {
    "events.create_event": take_event,
    "events.bulk_create_events": take_events,
    "profiles.create_or_update_profile": take_profile,
    "profiles.bulk_subscribe_profiles": take_subscriptions,
    "profiles.bulk_unsubscribe_profiles": take_unsubscriptions,
}
"""The function for each call except imports, which need more than the body."""


def _chosen(body: Any) -> str | None:
    chosen = ((body["data"].get("relationships") or {}).get("list") or {}).get("data")
    return None if chosen is None else str(chosen["id"])


def _import(state: State, row: Any, index: int, lists: list[Any], now: float) -> Issues:
    try:
        profile, _ = state.record.people.upsert(row, now)
    except Conflict as conflict:
        return (conflict.issue(f"/data/attributes/profiles/data/{index}"),)
    profile.lists += [each["id"] for each in lists if each["id"] not in profile.lists]
    return ()
