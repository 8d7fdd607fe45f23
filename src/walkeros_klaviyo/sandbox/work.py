"""What does an accepted body change?

Nothing is judged here; what is given has been accepted, now or before a restart.
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
"""Rows of an import that are refused, and why."""


@define
class State:
    """What a sandbox remembers, and how it was told to behave."""

    polls: int = 1
    bulk_repeats: Literal["refuse", "skip"] = "refuse"
    refuse: tuple[bytes, ...] = ()
    """What no row may hold, as `refuse.marks` writes it."""
    lists: Collection[str] | None = None
    """The lists of the account; None: all that are well named."""
    pointers: bool = True
    """Whether an import error says which row it is about."""
    faults: Faults = Factory(Faults)
    """Of these, what rows and imports meet."""
    seed: int = 0
    luck: random.Random = Factory(random.Random)
    """Of imports, so that they take none from the requests."""
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
    """Create or Update Profile: the profile, and whether it is new. Raises Conflict."""
    return state.record.people.upsert(body["data"], now)


def start_import(
    state: State, body: Any, now: float, wrong: Wrong, polls: int, cancelled: bool = False
) -> Job:
    """Bulk Import Profiles: the rows that are not wrong are imported, unless they conflict."""
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
"""By call; an import needs more than its body."""


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
