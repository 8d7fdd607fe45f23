"""A key that may not do everything: 403, as Klaviyo says it, and nothing recorded."""

import json

import pytest

from walkeros_klaviyo.sandbox import Faults, Sandbox
from walkeros_klaviyo.sandbox.permission import CALLS, SCOPES
from walkeros_klaviyo.sandbox.routes import ROUTES

JOB = "/api/profile-bulk-import-jobs/sandbox-job-1"
LIST = "/api/lists/Y6nRLr"


def _bodies(make):
    channels = {"email": {"marketing": {"consent": "SUBSCRIBED"}}}
    return {
        "event": make.event(),
        "bulk": make.bulk(make.group(make.profile(), make.row())),
        "upsert": make.upsert(make.profile()),
        "import": make.job(make.profile()),
        "subscribe": make.subscription(
            make.profile(email="ada@example.com", subscriptions=channels)
        ),
        "unsubscribe": make.unsubscription(
            make.person("UNSUBSCRIBED", "email", email="ada@example.com")
        ),
    }


@pytest.mark.parametrize(
    ("denied", "forbidden"),
    [
        ("events:write", {"event", "bulk"}),
        ("profiles:write", {"upsert", "import", "subscribe", "unsubscribe"}),
        ("lists:write", {"import", "subscribe", "unsubscribe"}),
        ("subscriptions:write", {"subscribe", "unsubscribe"}),
        ("events.bulk_create_events", {"bulk"}),
        ("events.create_event", {"event"}),
        ("profiles.bulk_import_profiles", {"import"}),
        ("profiles.bulk_unsubscribe_profiles", {"unsubscribe"}),
        ("profiles:read", set()),
    ],
)
def test_what_a_key_may_not_write_is_forbidden(post, make, denied, forbidden):
    sandbox = Sandbox(limits="off", deny=[denied])
    answers = {name: post(sandbox, name, body).status for name, body in _bodies(make).items()}
    assert {name for name, status in answers.items() if status == 403} == forbidden
    assert sandbox.stats()["rejected"] == len(forbidden)
    assert len([status for status in answers.values() if status < 300]) == 6 - len(forbidden)


@pytest.mark.parametrize(
    ("denied", "statuses"),
    [
        ("profiles:read", [200, 200, 403, 403, 200]),
        ("lists:read", [200, 200, 403, 200, 403]),
        ("lists.get_list", [200, 200, 200, 200, 403]),
        ("accounts:read", [403, 200, 200, 200, 200]),
        ("metrics:read", [200, 403, 200, 200, 200]),
    ],
)
def test_what_a_key_may_not_read_is_forbidden(post, get, make, denied, statuses):
    sandbox = Sandbox(limits="off", deny=[denied])
    post(sandbox, "import", make.job(make.profile()))
    paths = ["/api/accounts", "/api/mapped-metrics", JOB, f"{JOB}/import-errors", LIST]
    assert [get(sandbox, path).status for path in paths] == statuses


def test_the_answer_names_the_scope(post, make):
    sandbox = Sandbox(deny=["lists:write", "profiles:write"], faults=Faults({"error": 1.0}))
    reply = post(sandbox, "import", make.job(make.profile()))
    (error,) = json.loads(reply.body)["errors"]
    assert (reply.status, error["status"], error["code"]) == (403, 403, "permission_denied")
    assert error["detail"] == (
        "Your API key is missing required scopes: lists:write, profiles:write"
    )
    assert error["source"] == {}


def test_a_wrong_key_is_told_before_its_scopes(post, make):
    sandbox = Sandbox(deny=["events:write"], reject_keys=["pk_test"])
    assert post(sandbox, "event", make.event()).status == 401


def test_an_unknown_scope_is_named():
    with pytest.raises(ValueError, match='did you mean "events:write"'):
        Sandbox(deny=["event:write"])
    with pytest.raises(ValueError, match="scopes are accounts:read"):
        Sandbox(deny=["zzz"])


def test_every_call_has_its_scopes():
    assert len(CALLS) == len(set(CALLS)) == 11
    assert all(route.scopes for route in ROUTES)
    assert SCOPES == (
        "accounts:read",
        "events:write",
        "lists:read",
        "lists:write",
        "metrics:read",
        "profiles:read",
        "profiles:write",
        "subscriptions:write",
    )
