"""Lists: those of the account can be asked for and be joined, and no others."""

import json

import pytest
from klaviyo_api import KlaviyoAPI

from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.serve import running

ADA = {"email": "ada@example.com"}
NEWS, SALE = "Y6nRLr", "HBZrGh"


@pytest.fixture
def known(make):
    """An account with one list."""
    return Sandbox(limits="off", clock=lambda: make.now, lists=[NEWS])


def _import(make, *chosen):
    body = make.job(make.profile(**ADA))
    lists = [{"type": "list", "id": name} for name in chosen]
    body["data"]["relationships"] = {"lists": {"data": lists}}
    return body


def _naming(make, kind, name):
    return {
        "subscribe": make.subscription(make.person("SUBSCRIBED", "email", **ADA), chosen=name),
        "unsubscribe": make.unsubscription(
            make.person("UNSUBSCRIBED", "email", **ADA), chosen=name
        ),
        "import": _import(make, name),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "pointer"),
    [
        ("subscribe", "/data/relationships/list/data/id"),
        ("unsubscribe", "/data/relationships/list/data/id"),
        ("import", "/data/relationships/lists/data/0/id"),
    ],
)
def test_an_unknown_list_is_not_found_and_nothing_is_done(known, post, make, kind, pointer):
    reply = post(known, kind, _naming(make, kind, SALE))
    (error,) = json.loads(reply.body)["errors"]
    assert (reply.status, error["status"], error["code"]) == (404, 404, "not_found")
    assert error["detail"] == "A list with id HBZrGh does not exist."
    assert error["source"] == {"pointer": pointer}
    assert known.profiles() == []
    assert post(known, kind, _naming(make, kind, NEWS)).status == 202
    assert known.stats()["profiles"] == 1


@pytest.mark.parametrize(
    ("name", "status"), [(NEWS, 202), (SALE, 202), ("Newsletter", 404), ("Y6nR-r", 404), ("", 404)]
)
def test_told_of_none_it_has_all_that_are_well_named(sandbox, post, get, make, name, status):
    assert post(sandbox, "subscribe", _naming(make, "subscribe", name)).status == status
    if name:
        asked = get(sandbox, f"/api/lists/{name}").status
        assert asked == {202: 200, 404: 404}[status]


def test_an_import_adds_each_person_to_each_list_once(sandbox, post, make):
    for _ in range(2):
        post(sandbox, "import", _import(make, NEWS, SALE))
    (profile,) = sandbox.profiles()
    assert profile["lists"] == [NEWS, SALE]
    assert "subscriptions" not in profile


def test_a_list_stays_with_whom_two_profiles_become(sandbox, post, make):
    post(sandbox, "upsert", make.upsert(make.profile(external_id="u")))
    post(sandbox, "import", _import(make, NEWS))
    post(sandbox, "upsert", make.upsert(make.profile(external_id="u", **ADA)))
    (profile,) = sandbox.profiles()
    assert profile["lists"] == [NEWS]


def test_a_wrong_body_is_told_before_its_list(known, post, make):
    body = make.subscription(make.person("SUBSCRIBED", "sms", **ADA), chosen=SALE)
    assert post(known, "subscribe", body).status == 400


def test_a_list_is_told_when_it_is_asked_for(known, get):
    reply = get(known, f"/api/lists/{NEWS}")
    told = json.loads(reply.body)["data"]
    assert (reply.status, told["type"], told["id"]) == (200, "list", NEWS)
    assert told["attributes"]["opt_in_process"] == "single_opt_in"
    other = get(known, f"/api/lists/{SALE}")
    (error,) = json.loads(other.body)["errors"]
    assert (other.status, error["code"], error["source"]) == (404, "not_found", {})


def test_a_list_can_be_asked_for_75_times_a_second(get):
    sandbox = Sandbox()
    statuses = [get(sandbox, f"/api/lists/{NEWS}").status for _ in range(76)]
    assert statuses == [200] * 75 + [429]


def test_the_sdk_asks_for_a_list(known):
    with running(known) as url:
        api = KlaviyoAPI("pk_test", test_host=url)
        told = api.Lists.get_list(NEWS).data
        with pytest.raises(Exception, match="does not exist") as refused:
            api.Lists.get_list(SALE)
    assert (told.id, told.attributes.name) == (NEWS, f"List {NEWS}")
    assert refused.value.status == 404


def test_the_sdk_imports_into_a_list_as_it_was_meant(known, make):
    meant = _import(make, NEWS)
    with running(known) as url:
        KlaviyoAPI("pk_test", test_host=url).Profiles.bulk_import_profiles(meant)
    assert [request["body"] for request in known.requests()] == [meant]
    assert known.profiles()[0]["lists"] == [NEWS]
