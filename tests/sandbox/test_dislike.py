"""What a sender can mend: it is told which identifier is wrong, and that one is better than two."""

import json

import pytest

from walkeros_klaviyo.sandbox import Faults, Sandbox

PHONE = "+15005550006"
JOB = "/api/profile-bulk-import-jobs/sandbox-job-1"
CHANNELS = {"sms": {"marketing": {"consent": "SUBSCRIBED"}}}


@pytest.fixture
def strict():
    """A sandbox that dislikes every phone number."""
    return Sandbox(limits="off", faults=Faults(phone=1.0))


@pytest.fixture
def crowded():
    """A sandbox where every second identifier is somebody else's."""
    return Sandbox(limits="off", faults=Faults(conflict=1.0))


def _errors(reply):
    return json.loads(reply.body)["errors"]


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("event", "/data/attributes/profile/data/attributes/phone_number"),
        ("upsert", "/data/attributes/phone_number"),
        (
            "bulk",
            "/data/attributes/events-bulk-create/data/1/attributes/profile/data"
            "/attributes/phone_number",
        ),
        ("subscribe", "/data/attributes/profiles/data/1/attributes/phone_number"),
        ("unsubscribe", "/data/attributes/profiles/data/1/attributes/phone_number"),
    ],
)
def test_a_disliked_number_is_refused_where_it_stands(strict, post, make, path, pointer):
    good, bad = make.profile(external_id="u"), make.profile(phone_number=PHONE)
    asks = {"phone_number": PHONE, "subscriptions": CHANNELS}
    push = {"push": {"marketing": {"consent": "SUBSCRIBED"}, "anonymous_id": "a"}}
    body = {
        "event": make.event(profile=bad),
        "upsert": make.upsert(bad),
        "bulk": make.bulk(make.group(good, make.row()), make.group(bad, make.row())),
        "subscribe": make.subscription(make.profile(subscriptions=push), make.profile(**asks)),
        "unsubscribe": make.unsubscription(
            make.person("UNSUBSCRIBED", "email", email="ada@example.com"),
            make.person("UNSUBSCRIBED", "sms", phone_number=PHONE),
        ),
    }[path]
    reply = post(strict, path, body)
    (error,) = _errors(reply)
    assert (reply.status, error["code"], error["title"]) == (400, "invalid", "Invalid input.")
    assert error["detail"] == (
        "Invalid phone number format (Example of a valid format: +12345678901)"
    )
    assert error["source"] == {"pointer": pointer}
    assert (strict.stats()["events"], strict.stats()["profiles"]) == (0, 0)
    assert strict.stats()["rejected"] == 1


def test_a_disliked_number_fails_its_row_of_an_import(strict, post, get, make):
    rows = [make.profile(external_id="u"), make.profile(phone_number=PHONE)]
    assert post(strict, "import", make.job(*rows)).status == 202
    counts = json.loads(get(strict, JOB).body)["data"]["attributes"]
    (error,) = json.loads(get(strict, f"{JOB}/import-errors").body)["data"]
    assert (counts["completed_count"], counts["failed_count"]) == (1, 1)
    told = error["attributes"]
    assert (told["code"], told["title"]) == ("invalid", "Invalid input.")
    assert told["source"] == {"pointer": "/data/attributes/profiles/data/1/attributes/phone_number"}


def test_without_the_number_it_is_taken(strict, post, make):
    who = make.profile(external_id="u", phone_number=None)
    assert post(strict, "event", make.event(profile=who)).status == 202
    assert post(strict, "upsert", make.upsert(who)).status == 200


def test_a_number_is_disliked_wherever_it_comes(post, make):
    """And about as many as asked."""
    sandbox = Sandbox(limits="off", faults=Faults(phone=0.2), seed=5)
    disliked = set()
    for n in range(200):
        who = make.profile(phone_number=f"+1500555{n:04d}")
        alone = post(sandbox, "upsert", make.upsert(who)).status == 400
        more = make.profile(phone_number=f"+1500555{n:04d}", first_name="Ada")
        bulk = make.bulk(make.group(more, make.row(unique_id=str(n))))
        assert (post(sandbox, "bulk", bulk).status == 400) == alone
        if alone:
            disliked.add(n)
    assert 20 <= len(disliked) <= 60


def test_a_duplicate_profile_is_klaviyos_409(crowded, post, make):
    who = make.profile(external_id="u1", email="ada@example.com", first_name="Ada")
    reply = post(crowded, "upsert", make.upsert(who))
    (error,) = _errors(reply)
    assert (reply.status, error["code"], error["title"]) == (409, "duplicate_profile", "Conflict.")
    assert error["source"] == {"pointer": "/data/attributes"}
    assert len(error["meta"]["duplicate_profile_id"]) == 26
    assert (crowded.stats()["profiles"], crowded.stats()["rejected"]) == (0, 1)


@pytest.mark.parametrize("name", ["external_id", "email", "phone_number", "_kx"])
def test_one_identifier_alone_has_no_duplicate(crowded, post, make, name):
    value = {"email": "ada@example.com", "phone_number": PHONE}.get(name, "x1")
    who = make.profile(**{"external_id": None, name: value})
    assert post(crowded, "upsert", make.upsert(who)).status == 201


def test_the_duplicate_is_named_where_it_is_known(crowded, post, make):
    post(crowded, "upsert", make.upsert(make.profile(email="ada@example.com")))
    who = make.profile(external_id="u1", email="ada@example.com")
    (error,) = _errors(post(crowded, "upsert", make.upsert(who)))
    assert error["meta"]["duplicate_profile_id"] == crowded.profiles()[0]["id"]


def test_an_id_is_an_identifier_too(crowded, post, make):
    who = {"type": "profile", "id": "01A", "attributes": {"email": "ada@example.com"}}
    assert post(crowded, "upsert", make.upsert(who)).status == 409


def test_the_same_profile_is_a_duplicate_again_and_others_are_not(post, make):
    sandbox = Sandbox(limits="off", faults=Faults(conflict=0.2), seed=5)
    bodies = [
        make.upsert(make.profile(external_id=f"u{n}", email=f"u{n}@example.com"))
        for n in range(200)
    ]
    first, second = ([post(sandbox, "upsert", body).status for body in bodies] for _ in range(2))
    assert [status == 409 for status in first] == [status == 409 for status in second]
    assert 20 <= first.count(409) <= 60


def test_only_upserts_of_their_own_have_duplicates(crowded, post, make):
    who = make.profile(external_id="u1", email="ada@example.com")
    assert post(crowded, "event", make.event(profile=who)).status == 202
    assert post(crowded, "import", make.job(who)).status == 202
    assert crowded.stats()["rejected"] == 0


def test_what_cannot_be_is_told_first(post, make, pointers):
    sandbox = Sandbox(limits="off", faults=Faults(phone=1.0, conflict=1.0))
    who = make.profile(external_id="u1", phone_number=PHONE, email="bad")
    assert pointers(post(sandbox, "upsert", make.upsert(who))) == ["/data/attributes/email"]
