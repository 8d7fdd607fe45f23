"""What does each endpoint do with an accepted body?

A handler takes the state, the parsed body and the time, and records; it returns status, body and
the issues for which it refused.
Source: the endpoint descriptions; where they are silent, the handler documents the choice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from . import accept, dislike, lists, refuse, work
from .issue import Issue
from .jobs import document, stamp
from .people import Conflict, Profile
from .shape import Issues
from .work import State, Wrong


class Outcome(NamedTuple):
    """The outcome of a request: status and body, or the issues for which it was refused."""

    status: int
    body: Any = None
    issues: Issues = ()
    wrong: Wrong | None = None
    """For an import: the refused rows."""
    cancelled: bool = False
    """For an import: whether none of its rows will be imported."""


Handler: TypeAlias = Callable[[State, Any, float], Outcome]


def create_event(state: State, body: Any, now: float) -> Outcome:
    """A repeated event is answered like a new one: "only the first … will be recorded"."""
    issues = (
        accept.event(body, now) or refuse.event(state.refuse, body) or dislike.event(state, body)
    )
    if issues:
        return Outcome(400, issues=issues)
    work.take_event(state, body, now)
    return Outcome(202)


def bulk_create_events(state: State, body: Any, now: float) -> Outcome:
    """All or nothing.

    "If a unique_id is repeated for the same profile and metric, the request will fail and no
    events will be processed." Within one request that is a fault of the body: 400. We take it to
    cover events recorded earlier as well: the body is valid but the account has the event, so it is
    a conflict, 409, with the code "duplicate" at each row. A sender that resends after a lost
    answer gets exactly this. (`bulk_repeats="skip"` is the kinder reading: 202, known rows left
    out.) Repeats without a unique_id just collapse.
    """
    issues = (
        accept.bulk_events(body, now)
        or refuse.bulk_events(state.refuse, body)
        or dislike.bulk_events(state, body)
    )
    if issues:
        return Outcome(400, issues=issues)
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
            return Outcome(409, issues=known)
    work.take_events(state, body, now)
    return Outcome(202)


def create_or_update_profile(state: State, body: Any, now: float) -> Outcome:
    """201 for a new profile, 200 for a known one, 409 if the identifiers belong to two profiles."""
    issues = (
        accept.upsert(body)
        or refuse.profile(state.refuse, body["data"], "/data")
        or dislike.profile(state, body["data"], "/data")
    )
    if issues:
        return Outcome(400, issues=issues)
    issues = dislike.conflict(state, body)
    if issues:
        return Outcome(409, issues=issues)
    try:
        profile, new = work.take_profile(state, body, now)
    except Conflict as conflict:
        return Outcome(409, issues=(conflict.issue("/data"),))
    return Outcome(201 if new else 200, _profile(profile, state.host))


def bulk_import_profiles(state: State, body: Any, now: float) -> Outcome:
    """The request is checked now, its rows in the job: a bad row becomes an import error."""
    issues = accept.import_job(body) or lists.missing(state.lists, body)
    if issues:
        return Outcome(issues[0].status, issues=issues)
    wrong = {}
    for index, row in enumerate(body["data"]["attributes"]["profiles"]["data"]):
        at = f"/data/attributes/profiles/data/{index}"
        found = (
            accept.import_row(row, index)
            or refuse.profile(state.refuse, row, at)
            or dislike.profile(state, row, at)
        )
        if found:
            wrong[index] = found
    cancelled = state.luck.random() < state.faults.cancel
    job = work.start_import(state, body, now, wrong, state.polls, cancelled)
    return Outcome(202, document(job, state.host), wrong=wrong, cancelled=cancelled)


def bulk_subscribe_profiles(state: State, body: Any, now: float) -> Outcome:
    """Consent is recorded at once; there is no double opt-in."""
    wrong = _unwelcome(state, body, accept.subscriptions(body, now))
    return wrong or _taken(work.take_subscriptions, state, body, now)


def bulk_unsubscribe_profiles(state: State, body: Any, now: float) -> Outcome:
    """Recorded at once too; an unknown person gets a profile, which is unsubscribed."""
    wrong = _unwelcome(state, body, accept.unsubscriptions(body))
    return wrong or _taken(work.take_unsubscriptions, state, body, now)


def _unwelcome(state: State, body: Any, wrong: Issues) -> Outcome | None:
    """The refusal of a subscription job, if any."""
    issues = (
        wrong
        or lists.missing(state.lists, body)
        or refuse.subscriptions(state.refuse, body)
        or dislike.subscriptions(state, body)
    )
    return Outcome(issues[0].status, issues=issues) if issues else None


def _taken(
    take: Callable[[State, Any, float], None], state: State, body: Any, now: float
) -> Outcome:
    take(state, body, now)
    return Outcome(202)


HANDLERS: Final[dict[str, Handler]] = {
    "events.create_event": create_event,
    "events.bulk_create_events": bulk_create_events,
    "profiles.create_or_update_profile": create_or_update_profile,
    "profiles.bulk_import_profiles": bulk_import_profiles,
    "profiles.bulk_subscribe_profiles": bulk_subscribe_profiles,
    "profiles.bulk_unsubscribe_profiles": bulk_unsubscribe_profiles,
}


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
