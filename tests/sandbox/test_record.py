"""What counts once, and who is the same person.

If the stand-in counted wrongly, a sender that doubles or loses events would look right.
"""

import json

import pytest

from walkeros_klaviyo.sandbox import Sandbox

U1 = {"external_id": "u1"}
ADA = {"email": "ada@example.com"}


def _send(sandbox, post, make, who, metric="Viewed Product", now=None, **attributes):
    body = make.event(metric, make.profile(**who), **attributes)
    reply = post(sandbox, "event", body, make.now if now is None else now)
    assert reply.status == 202
    assert reply.body == b""


def test_an_event_repeated_counts_once(sandbox, post, make):
    for _ in range(3):
        _send(sandbox, post, make, ADA, unique_id="1", value=1)
    assert sandbox.stats() == {
        "events": 1,
        "profiles": 1,
        "duplicates": 2,
        "rejected": 0,
        "throttled": 0,
        "requests": 3,
    }


@pytest.mark.parametrize(
    "other",
    [
        {"who": U1, "unique_id": "1"},
        {"who": ADA, "unique_id": "2"},
        {"who": ADA, "unique_id": "1", "metric": "Placed Order"},
    ],
    ids=["profile", "unique_id", "metric"],
)
def test_an_event_differs_by_profile_metric_and_unique_id(sandbox, post, make, other):
    _send(sandbox, post, make, ADA, unique_id="1")
    _send(sandbox, post, make, **other)
    assert sandbox.stats()["events"] == 2


def test_without_unique_id_the_second_counts(sandbox, post, make):
    for text in ("2026-01-01T00:00:00.100Z", "2026-01-01T01:00:00.900+01:00"):
        _send(sandbox, post, make, ADA, time=text)
    _send(sandbox, post, make, ADA, time="2026-01-01T00:00:01Z")
    assert (sandbox.stats()["events"], sandbox.stats()["duplicates"]) == (2, 1)


def test_without_time_the_second_of_arrival_counts(sandbox, post, make):
    for late in (0.0, 0.9, 1.0):
        _send(sandbox, post, make, ADA, now=make.now + late)
    assert sandbox.stats()["events"] == 2


def test_a_unique_id_that_looks_like_a_second_is_another_key(sandbox, post, make):
    _send(sandbox, post, make, ADA)
    _send(sandbox, post, make, ADA, unique_id=str(int(make.now)))
    assert sandbox.stats()["events"] == 2


def test_an_event_shows_what_was_sent_and_no_more(sandbox, post, make):
    who = {"email": "ada@example.com", "first_name": "Ada"}
    _send(sandbox, post, make, who, value=10**20, unique_id="1", properties={"a": [None, 1.5]})
    (event,) = sandbox.events()
    assert event == {
        "metric": "Viewed Product",
        "profile": who,
        "profile_id": sandbox.profiles()[0]["id"],
        "properties": {"a": [None, 1.5]},
        "value": 10**20,
        "unique_id": "1",
        "body": make.event(
            profile=make.profile(**who),
            value=10**20,
            unique_id="1",
            properties={"a": [None, 1.5]},
        )["data"]["attributes"],
    }


def test_thousands_of_events_come_back_in_order(sandbox, post, make):
    for n in range(3_000):
        _send(sandbox, post, make, ADA, unique_id=str(n), properties={"n": n, "x": "é\n" * 50})
    assert [event["properties"]["n"] for event in sandbox.events()] == list(range(3_000))


def test_two_identifiers_link_one_person(sandbox, post, make):
    _send(sandbox, post, make, ADA | U1)
    _send(sandbox, post, make, U1)
    _send(sandbox, post, make, {"email": "ADA@example.com"}, "Placed Order")
    assert sandbox.stats()["profiles"] == 1


def test_two_profiles_that_meet_become_one_and_repeats_are_still_known(sandbox, post, make):
    _send(sandbox, post, make, ADA, unique_id="1")
    _send(sandbox, post, make, U1, unique_id="2")
    assert sandbox.stats()["profiles"] == 2
    _send(sandbox, post, make, ADA | U1, unique_id="3")
    _send(sandbox, post, make, U1, unique_id="1")
    _send(sandbox, post, make, ADA, unique_id="2")
    assert sandbox.stats()["profiles"] == 1
    assert (sandbox.stats()["events"], sandbox.stats()["duplicates"]) == (3, 2)
    (profile,) = sandbox.profiles()
    assert {event["profile_id"] for event in sandbox.events()} == {profile["id"]}
    assert len(profile["merged"]) == 1


def test_profiles_merge_in_a_chain(sandbox, post, make):
    phone = {"phone_number": "+15005550006"}
    for who in (ADA, U1, phone, U1 | phone, ADA | U1):
        _send(sandbox, post, make, who)
    assert sandbox.stats()["profiles"] == 1
    for n, who in enumerate((ADA, U1, phone)):
        _send(sandbox, post, make, who, unique_id=str(n))
    assert sandbox.stats()["profiles"] == 1


def test_an_identifier_leads_through_merge_after_merge(sandbox, post, make):
    phone, browser = {"phone_number": "+15005550006"}, {"_kx": "k1"}
    steps = (U1, phone, ADA | browser, ADA | phone, phone | U1, browser)
    for later, who in enumerate(steps):
        _send(sandbox, post, make, who, now=make.now + later)
    (profile,) = sandbox.profiles()
    assert profile["attributes"] == U1 | phone | ADA | browser
    assert {event["profile_id"] for event in sandbox.events()} == {profile["id"]}


def test_a_new_browser_does_not_forget_the_old_one_but_a_new_address_does(sandbox, post, make):
    old = {"anonymous_id": "a1", "email": "old@example.com"}
    new = {"anonymous_id": "a2", "email": "new@example.com"}
    _send(sandbox, post, make, old | U1)
    _send(sandbox, post, make, new | U1, unique_id="2")
    _send(sandbox, post, make, {"anonymous_id": "a1"}, unique_id="3")
    assert sandbox.stats()["profiles"] == 1
    _send(sandbox, post, make, {"email": "old@example.com"}, unique_id="4")
    assert sandbox.stats()["profiles"] == 2


def test_two_external_ids_are_two_people(sandbox, post, make, pointers):
    _send(sandbox, post, make, ADA | U1)
    _send(sandbox, post, make, {"external_id": "u2"})
    both = make.profile(external_id="u2", **ADA)
    reply = post(sandbox, "upsert", make.upsert(both))
    assert reply.status == 409
    assert pointers(reply) == ["/data/attributes/email"]
    assert json.loads(reply.body)["errors"][0]["code"] == "duplicate_profile"
    _send(sandbox, post, make, {"external_id": "u2", **ADA}, unique_id="9")
    assert sandbox.stats()["profiles"] == 2
    last = sandbox.events()[-1]["profile_id"]
    owner = next(row for row in sandbox.profiles() if row["id"] == last)
    assert owner["attributes"]["external_id"] == "u2"


def test_an_upsert_is_new_once(sandbox, post, make):
    body = make.upsert(make.profile(**ADA))
    assert [post(sandbox, "upsert", body).status for _ in range(2)] == [201, 200]


def test_an_upsert_writes_clears_and_leaves(sandbox, post, make):
    first = make.profile(
        first_name="Ada",
        title="Countess",
        location={"city": "London", "zip": "1"},
        properties={"a": 1, "b": 2},
        **U1,
        **ADA,
    )
    then = make.profile(
        first_name=None,
        email=None,
        location={"zip": None, "country": "UK"},
        properties={"b": 3},
        **U1,
    )
    post(sandbox, "upsert", make.upsert(first))
    post(sandbox, "upsert", make.upsert(then))
    assert sandbox.profiles()[0]["attributes"] == {
        "external_id": "u1",
        "title": "Countess",
        "location": {"city": "London", "country": "UK"},
        "properties": {"a": 1, "b": 3},
    }
    _send(sandbox, post, make, ADA)
    assert sandbox.stats()["profiles"] == 2  # the address is nobody's now


def test_the_nulls_of_an_event_clear_nothing(sandbox, post, make):
    _send(sandbox, post, make, {"first_name": "Ada", **U1})
    _send(sandbox, post, make, {"first_name": None, "last_name": "L", **U1}, unique_id="2")
    assert sandbox.profiles()[0]["attributes"] == {
        "external_id": "u1",
        "first_name": "Ada",
        "last_name": "L",
    }


def test_patches_change_the_properties(sandbox, post, make):
    profile = make.profile(properties={"a": 1, "tags": ["x", "y"]}, **U1)
    profile["meta"] = {
        "patch_properties": {"append": {"tags": "z"}, "unappend": {"tags": ["x"]}, "unset": "a"}
    }
    post(sandbox, "upsert", make.upsert(profile))
    assert sandbox.profiles()[0]["attributes"]["properties"] == {"tags": ["y", "z"]}


def test_patches_of_an_event_change_the_properties_too(sandbox, post, make):
    meta = {"patch_properties": {"append": {"tags": ["x"]}}}
    _send(sandbox, post, make, {**U1, "meta": meta})
    assert sandbox.profiles()[0]["attributes"] == {**U1, "properties": {"tags": ["x"]}}


def test_what_both_know_is_the_older_ones_after_a_merge(sandbox, post, make):
    _send(sandbox, post, make, {"first_name": "Ada", **ADA})
    _send(sandbox, post, make, {"first_name": "A.", "title": "Countess", **U1}, now=make.now + 1)
    _send(sandbox, post, make, ADA | U1)
    assert sandbox.profiles()[0]["attributes"] == {
        "first_name": "Ada",
        "title": "Countess",
        **ADA,
        **U1,
    }


def test_a_bad_upsert_or_import_changes_nothing(sandbox, post, make):
    assert post(sandbox, "upsert", make.upsert(make.profile(email="x"))).status == 400
    assert post(sandbox, "import", make.job()).status == 400
    assert sandbox.stats()["profiles"] == 0


def test_an_unknown_id_is_taken_as_it_is(sandbox, post, make):
    profile = {"type": "profile", "id": "01XYZ", "attributes": {"email": "ada@example.com"}}
    assert post(sandbox, "upsert", make.upsert(profile)).status == 201
    _send(sandbox, post, make, ADA)
    assert [row["id"] for row in sandbox.profiles()] == ["01XYZ"]


def _bulk(make, who, *ids):
    return make.bulk(make.group(make.profile(**who), *[make.row(unique_id=each) for each in ids]))


def test_a_bulk_request_is_recorded_whole(sandbox, post, make):
    groups = [
        make.group(make.profile(**ADA), make.row("A", unique_id="1", value=2), backfill=True),
        make.group(make.profile(**U1), make.row("A", unique_id="1"), make.row("B")),
    ]
    reply = post(sandbox, "bulk", make.bulk(*groups))
    assert (reply.status, reply.body) == (202, b"")
    assert [(row["metric"], row["profile"]) for row in sandbox.events()] == [
        ("A", ADA),
        ("A", U1),
        ("B", U1),
    ]
    assert sandbox.events()[0]["backfill"] is True
    assert sandbox.events()[0]["body"] == groups[0]["attributes"]["events"]["data"][0]["attributes"]


@pytest.mark.parametrize("ids", [("1", "2", "1"), ("1", 2, "3")], ids=["repeated", "bad"])
def test_one_bad_row_costs_the_whole_bulk_request(sandbox, post, make, ids):
    reply = post(sandbox, "bulk", _bulk(make, ADA, *ids))
    assert reply.status == 400
    assert sandbox.stats() | {"requests": 0} == {
        "events": 0,
        "profiles": 0,
        "duplicates": 0,
        "rejected": 1,
        "throttled": 0,
        "requests": 0,
    }


def test_a_bulk_row_already_recorded_is_a_duplicate_of_its_own_kind(sandbox, post, make, pointers):
    _send(sandbox, post, make, ADA, unique_id="1")
    reply = post(sandbox, "bulk", _bulk(make, ADA, "0", "1", "2"))
    assert reply.status == 409
    assert pointers(reply) == [
        "/data/attributes/events-bulk-create/data/0/attributes/events/data/1/attributes/unique_id"
    ]
    assert {error["code"] for error in json.loads(reply.body)["errors"]} == {"duplicate"}
    assert sandbox.stats()["events"] == 1


def test_the_kinder_reading_leaves_recorded_rows_out(post, make):
    sandbox = Sandbox(limits="off", bulk_repeats="skip")
    _send(sandbox, post, make, ADA, unique_id="1")
    assert post(sandbox, "bulk", _bulk(make, ADA, "1", "2")).status == 202
    assert (sandbox.stats()["events"], sandbox.stats()["duplicates"]) == (2, 1)


def test_every_recorded_row_of_a_bulk_request_is_named(sandbox, post, make, pointers):
    body = _bulk(make, ADA, *map(str, range(1_000)))
    assert post(sandbox, "bulk", body).status == 202
    assert len(set(pointers(post(sandbox, "bulk", body)))) == 1_000


def test_a_subscription_of_an_app_needs_no_address(sandbox, post, make):
    channels = {"push": {"marketing": {"consent": "SUBSCRIBED"}, "anonymous_id": "a1"}}
    body = make.subscription(
        {"type": "profile", "attributes": {"subscriptions": channels}},
        make.profile(
            email="ada@example.com", subscriptions={"email": {"marketing": None}, "sms": None}
        ),
    )
    assert post(sandbox, "subscribe", body).status == 202
    assert sandbox.profiles()[0]["attributes"] == {"anonymous_id": "a1"}


def test_bulk_rows_of_one_second_collapse_without_failing(sandbox, post, make):
    row = make.row(time="2026-01-01T00:00:00Z")
    assert post(sandbox, "bulk", make.bulk(make.group(make.profile(), row, row))).status == 202
    assert (sandbox.stats()["events"], sandbox.stats()["duplicates"]) == (1, 1)


def test_a_reset_forgets_everything(sandbox, post, make):
    _send(sandbox, post, make, ADA, unique_id="1")
    sandbox.reset()
    assert set(sandbox.stats().values()) == {0}
    assert sandbox.events() == sandbox.profiles() == sandbox.requests() == []
    _send(sandbox, post, make, ADA, unique_id="1")
    assert sandbox.stats()["events"] == 1
