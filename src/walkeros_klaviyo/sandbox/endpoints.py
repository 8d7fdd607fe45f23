"""What does each endpoint do with an accepted body?

A handler takes the state, the parsed body and the moment; it records, and answers status, body
and the issues for which it refused.
Source: the endpoint descriptions; where they are silent, the choice is said at the handler.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

from attrs import Factory, define

from walkeros_klaviyo.sandbox import accept
from walkeros_klaviyo.sandbox.issue import Issue
from walkeros_klaviyo.sandbox.jobs import Job, stamp
from walkeros_klaviyo.sandbox.jobs import document as job_document
from walkeros_klaviyo.sandbox.people import Conflict, Profile
from walkeros_klaviyo.sandbox.record import Record
from walkeros_klaviyo.sandbox.shape import Issues

Outcome: TypeAlias = tuple[int, Any, Issues]
Handler: TypeAlias = Callable[["State", Any, float], Outcome]


@define
class State:
    """What a sandbox remembers, and how it was told to behave."""

    polls: int = 1
    bulk_repeats: Literal["refuse", "skip"] = "refuse"
    record: Record = Factory(Record)
    jobs: dict[str, Job] = Factory(dict)
    host: str = "https://a.klaviyo.com"


def create_event(state: State, body: Any, now: float) -> Outcome:
    """A repeated event is answered like a new one: "only the first … will be recorded"."""
    issues = accept.event(body, now)
    if issues:
        return 400, None, issues
    attributes = body["data"]["attributes"]
    state.record.take(attributes["profile"]["data"], attributes, now)
    return 202, None, ()


def bulk_create_events(state: State, body: Any, now: float) -> Outcome:
    """All or nothing.

    "If a unique_id is repeated for the same profile and metric, the request will fail and no
    events will be processed." Inside one request that is a fault of the body: 400. Repeating
    what is already recorded is read as meant, too: the body is good, but the account holds the
    event already, so it is a conflict, 409, with the code "duplicate" at each row. A sender that
    resends after a lost answer meets exactly this. (`bulk_repeats="skip"` is the kinder reading:
    202, the known rows left out.) Repeats without a unique_id only collapse.
    """
    issues = accept.bulk_events(body, now)
    if issues:
        return 400, None, issues
    if state.bulk_repeats == "refuse":
        known = [
            Issue(
                "The unique_id is already recorded for this profile and metric.",
                f"{at}/unique_id",
                "duplicate",
                409,
            )
            for at, profile, attributes in accept.bulk_rows(body)
            if state.record.repeats(profile, attributes)
        ]
        if known:
            return 409, None, known
    for group in body["data"]["attributes"]["events-bulk-create"]["data"]:
        entry = group["attributes"]
        shared = {"backfill": entry["backfill"]} if "backfill" in entry else {}
        for row in entry["events"]["data"]:
            state.record.take(entry["profile"]["data"], row["attributes"], now, shared)
    return 202, None, ()


def create_or_update_profile(state: State, body: Any, now: float) -> Outcome:
    """201 for a new profile, 200 for a known one, 409 where the identifiers are two people's."""
    issues = accept.upsert(body)
    if issues:
        return 400, None, issues
    try:
        profile, new = state.record.people.upsert(body["data"], now)
    except Conflict as conflict:
        return 409, None, (conflict.issue("/data"),)
    return (201 if new else 200), _profile(profile, state.host), ()


def bulk_import_profiles(state: State, body: Any, now: float) -> Outcome:
    """The request is judged now, its rows in the job: a bad row is an import error."""
    issues = accept.import_job(body)
    if issues:
        return 400, None, issues
    attributes = body["data"]["attributes"]
    lists = (body["data"].get("relationships") or {}).get("lists") or {"data": []}
    errors: list[tuple[Issue, Any]] = []
    failed = 0
    for index, row in enumerate(attributes["profiles"]["data"]):
        wrong = accept.import_row(row, index) or _import(state, row, index, lists["data"], now)
        if wrong:
            failed += 1
            errors += [(issue, row) for issue in wrong]
            state.record.refuse("profiles.bulk_import_profiles", list(wrong))
    job = Job(
        f"sandbox-job-{len(state.jobs) + 1}",
        now,
        len(attributes["profiles"]["data"]),
        tuple(errors),
        failed,
        state.polls,
        now if state.polls <= 0 else None,
    )
    state.jobs[job.id] = job
    return 202, job_document(job, state.host), ()


def bulk_subscribe_profiles(state: State, body: Any, now: float) -> Outcome:
    """Consents are written at once; the sandbox asks nobody to confirm."""
    issues = accept.subscriptions(body)
    if issues:
        return 400, None, issues
    attributes = body["data"]["attributes"]
    chosen = ((body["data"].get("relationships") or {}).get("list") or {}).get("data")
    lists = [chosen["id"]] if chosen else []
    for resource in attributes["profiles"]["data"]:
        state.record.people.subscribe(resource, lists, attributes.get("custom_source"), now)
    return 202, None, ()


HANDLERS: Final[dict[str, Handler]] = {
    "events.create_event": create_event,
    "events.bulk_create_events": bulk_create_events,
    "profiles.create_or_update_profile": create_or_update_profile,
    "profiles.bulk_import_profiles": bulk_import_profiles,
    "profiles.bulk_subscribe_profiles": bulk_subscribe_profiles,
}


def _import(state: State, row: Any, index: int, lists: list[Any], now: float) -> Issues:
    try:
        profile, _ = state.record.people.upsert(row, now)
    except Conflict as conflict:
        return (conflict.issue(f"/data/attributes/profiles/data/{index}"),)
    profile.lists += [each["id"] for each in lists if each["id"] not in profile.lists]
    return ()


_SHOWN = (
    *("email", "phone_number", "external_id", "first_name", "last_name"),
    *("organization", "locale", "title", "image"),
)


def _profile(profile: Profile, host: str) -> dict[str, Any]:
    known = profile.attributes
    path = f"{host}/api/profiles/{profile.id}"
    last = profile.last_event
    location = dict.fromkeys(
        (
            *("address1", "address2", "city", "country", "latitude", "longitude"),
            *("region", "zip", "timezone", "ip"),
        )
    )
    links = {
        name: {"links": {"self": f"{path}/relationships/{name}", "related": f"{path}/{name}"}}
        for name in ("lists", "segments")
    }
    return {
        "data": {
            "type": "profile",
            "id": profile.id,
            "attributes": {name: known.get(name) for name in _SHOWN}
            | {
                "created": stamp(profile.created),
                "updated": stamp(profile.updated),
                "last_event_date": None if last is None else stamp(last),
                "location": location | known.get("location", {}),
                "properties": known.get("properties", {}),
            },
            "relationships": links,
            "links": {"self": path},
        },
        "links": {"self": path},
    }
