"""A row that breaks the server: the same row ever again, or no search could find it."""

import json

import pytest

from walkeros_klaviyo.sandbox import Faults, Sandbox
from walkeros_klaviyo.sandbox.rows import lot, rows

COUNT = 200


def _sandbox(rate=0.1, seed=3, **options):
    return Sandbox(limits="off", faults=Faults(poison=rate), seed=seed, **options)


def _events(make):
    return [make.event(unique_id=str(n), properties={"n": n}) for n in range(COUNT)]


def _bulk(make, *events):
    """The same events in bulk, each with its person beside it."""
    groups = []
    for event in events:
        own = dict(event["data"]["attributes"])
        person = own.pop("profile")["data"]
        groups.append(make.group(person, {"type": "event", "attributes": own}))
    return make.bulk(*groups)


def _poisoned(sandbox, post, make):
    return [n for n, body in enumerate(_events(make)) if post(sandbox, "event", body).status == 500]


def test_about_as_many_rows_as_asked_are_poisoned(post, make):
    sandbox = _sandbox()
    found = _poisoned(sandbox, post, make)
    assert 8 <= len(found) <= 40
    counts = sandbox.stats()
    assert (counts["events"], counts["rejected"]) == (COUNT - len(found), 0)


@pytest.mark.parametrize(("rate", "count"), [(0.0, 0), (1.0, COUNT)])
def test_none_and_all_are_rates_too(post, make, rate, count):
    assert len(_poisoned(_sandbox(rate), post, make)) == count


def test_the_same_rows_are_poisoned_again_and_after_a_restart(post, make, tmp_path):
    with_store = _sandbox(store=tmp_path / "kept")
    found = _poisoned(with_store, post, make)
    assert _poisoned(with_store, post, make) == found
    with_store.close()
    again = _sandbox(store=tmp_path / "kept")
    assert _poisoned(again, post, make) == found
    assert again.stats()["events"] == COUNT - len(found)
    again.close()


def test_another_seed_poisons_others(post, make):
    found = {tuple(_poisoned(_sandbox(seed=seed), post, make)) for seed in (1, 2, 3)}
    assert len(found) == 3


def test_a_row_is_poisoned_in_bulk_as_it_is_alone(post, make):
    found = _poisoned(_sandbox(), post, make)
    sandbox = _sandbox()
    for n, event in enumerate(_events(make)):
        assert post(sandbox, "bulk", _bulk(make, event)).status == (500 if n in found else 202)


def test_one_poisoned_row_costs_the_whole_request(post, make):
    found = _poisoned(_sandbox(), post, make)
    events = _events(make)
    good = [event for n, event in enumerate(events) if n not in found]
    sandbox = _sandbox()
    reply = post(sandbox, "bulk", _bulk(make, *good[:50], events[found[0]]))
    assert (reply.status, json.loads(reply.body)["errors"][0]["code"]) == (500, "error")
    assert "pointer" not in json.loads(reply.body)["errors"][0]["source"]
    assert (sandbox.stats()["events"], sandbox.stats()["profiles"]) == (0, 0)
    assert sandbox.requests()[0]["fault"] == "poison"
    assert post(sandbox, "bulk", _bulk(make, *good[:50])).status == 202


def test_a_profile_is_poisoned_in_an_import_as_it_is_alone(post, make):
    people = [make.profile(external_id=f"u{n}", first_name="Ada") for n in range(COUNT)]
    sandbox = _sandbox()
    statuses = [post(sandbox, "upsert", make.upsert(who)).status for who in people]
    assert set(statuses) == {201, 500}
    for who, status in zip(people, statuses, strict=True):
        expected = 500 if status == 500 else 202
        assert post(sandbox, "import", make.job(who)).status == expected
    assert post(sandbox, "import", make.job(*people)).status == 500


def test_a_subscription_can_be_poisoned(post, make):
    channels = {"email": {"marketing": {"consent": "SUBSCRIBED"}}}
    who = make.profile(email="ada@example.com", subscriptions=channels)
    assert post(_sandbox(1.0), "subscribe", make.subscription(who)).status == 500
    leaver = make.person("UNSUBSCRIBED", "email", email="ada@example.com")
    assert post(_sandbox(1.0), "unsubscribe", make.unsubscription(leaver)).status == 500


def test_an_events_person_is_no_part_of_its_row(make):
    """A repair takes an identifier away, and that must not change what the row meets."""
    one = make.event(profile=make.profile(external_id="u1"), unique_id="1")
    two = make.event(profile=make.profile(email="ada@example.com"), unique_id="1")
    assert list(rows("events.create_event", one)) == list(rows("events.create_event", two))


def test_neither_order_nor_the_place_of_backfill_makes_another_row(make):
    alone = make.event(unique_id="1", backfill=True)
    own = dict(reversed(list(alone["data"]["attributes"].items())))
    person = own.pop("profile")["data"]
    beside = {name: value for name, value in own.items() if name != "backfill"}
    bulk = "events.bulk_create_events"
    for group in (
        make.group(person, {"type": "event", "attributes": own}),
        make.group(person, {"type": "event", "attributes": beside}, backfill=True),
    ):
        (row,) = rows(bulk, make.bulk(group))
        (single,) = rows("events.create_event", alone)
        assert lot(1, "poison", row) == lot(1, "poison", single)


def test_one_row_stands_elsewhere_for_another_trouble():
    """Or each conflict would be poisoned as well."""
    assert len({lot(0, kind, {"a": 1}) for kind in ("poison", "conflict", "phone")}) == 3


def test_numbers_and_depths_beyond_the_usual_are_rows_too(post, make):
    deep: object = 1
    for _ in range(400):
        deep = [deep]
    sandbox = _sandbox(1.0)
    for value in (2**70, deep):
        assert post(sandbox, "event", make.event(properties={"x": value})).status == 500
