"""What a client cannot foresee: rows refused for reasons that are in no description."""

import json

import pytest

from walkeros_klaviyo.sandbox import Sandbox

ROWS = "/data/attributes/events-bulk-create/data"
IMPORTED = "/data/attributes/profiles/data"
JOB = "/api/profile-bulk-import-jobs/sandbox-job-1"


@pytest.fixture
def strict():
    """A sandbox that takes nothing with "poison" in it."""
    return Sandbox(limits="off", refuse=["poison"])


def _errors(reply):
    return json.loads(reply.body)["errors"]


@pytest.mark.parametrize(
    "poisoned",
    [
        {"metric": "poisoned well"},
        {"unique_id": "poison-1"},
        {"properties": {"a": [{"b": "some poison"}]}},
        {"properties": {"poison": 1}},
    ],
)
def test_an_event_that_holds_the_text_is_refused(strict, post, make, poisoned):
    reply = post(strict, "event", make.event(**poisoned))
    (error,) = _errors(reply)
    assert (reply.status, error["code"]) == (400, "invalid")
    assert error["detail"] == "The event was refused, for it holds 'poison'."
    assert error["source"] == {"pointer": "/data/attributes"}
    assert strict.stats()["events"] == strict.stats()["profiles"] == 0
    assert strict.stats()["rejected"] == 1


def test_one_such_row_costs_the_whole_bulk_and_is_named(strict, post, make, pointers):
    groups = [
        make.group(make.profile(external_id=f"u{n}"), make.row("poison" if n in (3, 17) else "x"))
        for n in range(20)
    ]
    reply = post(strict, "bulk", make.bulk(*groups))
    assert reply.status == 400
    assert pointers(reply) == [f"{ROWS}/{n}/attributes/events/data/0/attributes" for n in (3, 17)]
    assert strict.stats()["events"] == 0
    assert post(strict, "bulk", make.bulk(*groups[4:17])).status == 202


def test_without_pointers_nobody_is_named(post, make):
    sandbox = Sandbox(limits="off", refuse=["poison"], pointers="off")
    groups = [make.group(make.profile(), make.row("poison")) for _ in range(3)]
    (error,) = _errors(post(sandbox, "bulk", make.bulk(*groups)))
    assert (error["source"], error["status"]) == ({}, 400)
    assert error["detail"] == "The event was refused, for it holds 'poison'."
    assert sandbox.record.rejections[0].pointer.startswith(ROWS)  # the page still knows


def test_a_profile_is_refused_and_its_event_is_taken(strict, post, make):
    who = make.profile(external_id="u1", first_name="poison")
    assert post(strict, "upsert", make.upsert(who)).status == 400
    assert post(strict, "event", make.event(profile=who)).status == 202
    assert post(strict, "bulk", make.bulk(make.group(who, make.row("x")))).status == 202


@pytest.mark.parametrize(
    ("pointers", "source"), [("on", {"pointer": f"{IMPORTED}/1"}), ("off", {})]
)
def test_a_row_of_an_import_fails_in_its_job(post, get, make, pointers, source):
    sandbox = Sandbox(limits="off", refuse=["poison"], pointers=pointers)
    rows = [make.profile(external_id=name) for name in ("u1", "poison", "u3")]
    assert post(sandbox, "import", make.job(*rows)).status == 202
    counts = json.loads(get(sandbox, JOB).body)["data"]["attributes"]
    (error,) = json.loads(get(sandbox, f"{JOB}/import-errors").body)["data"]
    assert (counts["completed_count"], counts["failed_count"]) == (2, 1)
    assert error["attributes"]["source"] == source
    assert error["attributes"]["detail"] == "The profile was refused, for it holds 'poison'."
    assert error["attributes"]["original_payload"] == rows[1]
    assert sandbox.stats()["profiles"] == 2


def test_a_subscription_can_be_refused(strict, post, make, pointers):
    channels = {"email": {"marketing": {"consent": "SUBSCRIBED"}}}
    people = [
        make.profile(email=f"{name}@example.com", subscriptions=channels)
        for name in ("ada", "poison")
    ]
    reply = post(strict, "subscribe", make.subscription(*people))
    assert (reply.status, pointers(reply)) == (400, [f"{IMPORTED}/1"])


def test_an_unsubscription_can_be_refused(strict, post, make, pointers):
    people = [
        make.person("UNSUBSCRIBED", "email", email=f"{name}@example.com")
        for name in ("ada", "poison")
    ]
    reply = post(strict, "unsubscribe", make.unsubscription(*people))
    assert (reply.status, pointers(reply)) == (400, [f"{IMPORTED}/1"])


def test_what_cannot_be_is_told_first(strict, post, make, pointers):
    reply = post(strict, "event", make.event("poison", value="x"))
    assert pointers(reply) == ["/data/attributes/value"]


@pytest.mark.parametrize("text", ["é", 'a"b', "a\\b", "ab\n"])
def test_any_text_will_do(post, make, text):
    sandbox = Sandbox(limits="off", refuse=[text])
    assert post(sandbox, "event", make.event(f"x{text}y")).status == 400
    assert post(sandbox, "event", make.event("xay")).status == 202


def test_the_empty_text_would_refuse_everything():
    with pytest.raises(ValueError, match="empty"):
        Sandbox(refuse=[""])
