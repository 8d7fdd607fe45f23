"""Bodies as Klaviyo's descriptions show them, written here by hand: the sandbox is judged without
the help of the code that it judges."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from walkeros_klaviyo.sandbox import Reply, Request, Sandbox

NOW = 1_790_000_000.0
HEADERS = {
    "authorization": "Klaviyo-API-Key pk_test",
    "revision": "2026-07-15",
    "content-type": "application/vnd.api+json",
}
PATHS = {
    "event": "/api/events",
    "bulk": "/api/event-bulk-create-jobs",
    "upsert": "/api/profile-import",
    "import": "/api/profile-bulk-import-jobs",
    "subscribe": "/api/profile-subscription-bulk-create-jobs",
    "unsubscribe": "/api/profile-subscription-bulk-delete-jobs",
}


def _metric(name: Any) -> dict[str, Any]:
    return {"data": {"type": "metric", "attributes": {"name": name}}}


def _profile(**attributes: Any) -> dict[str, Any]:
    return {"type": "profile", "attributes": attributes or {"email": "ada@example.com"}}


def _event(metric: Any = "Viewed Product", profile: Any = None, **attributes: Any) -> Any:
    return {
        "data": {
            "type": "event",
            "attributes": {
                "properties": {},
                "metric": _metric(metric),
                "profile": {"data": profile or _profile()},
                **attributes,
            },
        }
    }


def _row(metric: Any = "Viewed Product", **attributes: Any) -> dict[str, Any]:
    return {
        "type": "event",
        "attributes": {"properties": {}, "metric": _metric(metric), **attributes},
    }


def _group(profile: Any, *rows: Any, **attributes: Any) -> dict[str, Any]:
    return {
        "type": "event-bulk-create",
        "attributes": {
            "profile": {"data": profile},
            "events": {"data": list(rows)},
            **attributes,
        },
    }


def _bulk(*groups: Any) -> Any:
    return {
        "data": {
            "type": "event-bulk-create-job",
            "attributes": {"events-bulk-create": {"data": list(groups)}},
        }
    }


def _job(*rows: Any) -> Any:
    return {
        "data": {
            "type": "profile-bulk-import-job",
            "attributes": {"profiles": {"data": list(rows)}},
        }
    }


def _subscription(*profiles: Any, chosen: str | None = None, **attributes: Any) -> Any:
    return _consents("create", profiles, chosen, attributes)


def _unsubscription(*profiles: Any, chosen: str | None = None, **attributes: Any) -> Any:
    return _consents("delete", profiles, chosen, attributes)


def _consents(verb: str, profiles: Any, chosen: str | None, attributes: Any) -> Any:
    job = {
        "type": f"profile-subscription-bulk-{verb}-job",
        "attributes": {"profiles": {"data": list(profiles)}, **attributes},
    }
    if chosen is not None:
        job["relationships"] = {"list": {"data": {"type": "list", "id": chosen}}}
    return {"data": job}


def _person(consent: str, *channels: str, **attributes: Any) -> Any:
    """A profile that says this of the marketing on these channels."""
    said = {channel: {"marketing": {"consent": consent}} for channel in channels}
    return _profile(**attributes, subscriptions=said)


@pytest.fixture
def make() -> SimpleNamespace:
    """Builders of bodies."""
    return SimpleNamespace(
        profile=_profile,
        event=_event,
        row=_row,
        group=_group,
        bulk=_bulk,
        upsert=lambda profile: {"data": profile},
        job=_job,
        subscription=_subscription,
        unsubscription=_unsubscription,
        person=_person,
        now=NOW,
        headers=HEADERS,
    )


@pytest.fixture
def sandbox() -> Sandbox:
    """A sandbox without limits, its clock standing still."""
    return Sandbox(limits="off", clock=lambda: NOW)


@pytest.fixture
def post() -> Callable[..., Reply]:
    """Ask a sandbox as the SDK does: `post(sandbox, "event", body)`."""

    def ask(target: Sandbox, path: str, body: Any, now: float = NOW, **headers: str) -> Reply:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return target.answer(Request("POST", PATHS.get(path, path), HEADERS | headers, raw), now)

    return ask


@pytest.fixture
def get() -> Callable[..., Reply]:
    """Ask for something."""

    def ask(target: Sandbox, path: str, query: str = "", now: float = NOW) -> Reply:
        return target.answer(Request("GET", path, HEADERS, b"", query), now)

    return ask


@pytest.fixture
def pointers() -> Callable[[Reply], list[str]]:
    """Where an answer says that something is wrong."""
    return lambda reply: [
        error["source"].get("pointer") for error in json.loads(reply.body)["errors"]
    ]
