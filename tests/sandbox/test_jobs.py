"""An import answers 202 and works later: a sender that does not ask must be caught out."""

import json

import pytest

from walkeros_klaviyo.sandbox import Faults, Sandbox

PATH = "/api/profile-bulk-import-jobs"


def _rows(make, bad=1):
    good = [make.profile(external_id="u1", first_name="Ada"), make.profile(external_id="u2")]
    return [*good, *[make.profile(email=f"bad{n}") for n in range(bad)]]


def _data(reply):
    return json.loads(reply.body)["data"]


@pytest.mark.parametrize("polls", [0, 1, 3])
def test_a_job_is_complete_at_the_chosen_question(post, get, make, polls):
    sandbox = Sandbox(limits="off", import_polls=polls)
    created = _data(post(sandbox, "import", make.job(*_rows(make))))
    states = [created["attributes"]["status"]]
    for _ in range(polls):
        job = _data(get(sandbox, f"{PATH}/{created['id']}"))
        states.append(job["attributes"]["status"])
    assert states == ["processing"] * polls + ["complete"]


def test_good_rows_arrive_and_bad_ones_become_import_errors(sandbox, post, get, make):
    rows = _rows(make)
    reply = post(sandbox, "import", make.job(*rows))
    assert reply.status == 202
    job = _data(reply)["id"]
    assert json.loads(get(sandbox, f"{PATH}/{job}/import-errors").body)["data"] == []
    counts = _data(get(sandbox, f"{PATH}/{job}"))["attributes"]
    assert (counts["total_count"], counts["completed_count"], counts["failed_count"]) == (3, 2, 1)
    (error,) = _data(get(sandbox, f"{PATH}/{job}/import-errors"))
    assert error["type"] == "import-error"
    assert error["attributes"]["original_payload"] == rows[2]
    assert error["attributes"]["source"] == {
        "pointer": "/data/attributes/profiles/data/2/attributes/email"
    }
    assert [row["attributes"]["external_id"] for row in sandbox.profiles()] == ["u1", "u2"]
    assert sandbox.stats()["rejected"] == 1


def test_a_row_that_is_no_object_is_an_import_error(sandbox, post, get, make):
    job = _data(post(sandbox, "import", make.job(None, 7, make.profile(external_id="u"))))["id"]
    get(sandbox, f"{PATH}/{job}")
    assert len(_data(get(sandbox, f"{PATH}/{job}/import-errors"))) == 2


def test_two_people_in_one_row_are_an_import_error(sandbox, post, get, make):
    rows = [
        make.profile(external_id="u1", email="a@example.com"),
        make.profile(external_id="u2"),
        make.profile(external_id="u2", email="a@example.com"),
    ]
    job = _data(post(sandbox, "import", make.job(*rows)))["id"]
    get(sandbox, f"{PATH}/{job}")
    (error,) = _data(get(sandbox, f"{PATH}/{job}/import-errors"))
    assert error["attributes"]["code"] == "duplicate_profile"


def test_import_errors_come_in_pages(sandbox, post, get, make):
    job = _data(post(sandbox, "import", make.job(*_rows(make, bad=45))))["id"]
    get(sandbox, f"{PATH}/{job}")
    path, query, seen, pages = f"{PATH}/{job}/import-errors", "", [], 0
    while True:
        page = json.loads(get(sandbox, path, query).body)
        seen += [error["id"] for error in page["data"]]
        pages += 1
        if "next" not in page["links"]:
            break
        query = page["links"]["next"].split("?", 1)[1]
    assert (pages, len(seen), len(set(seen))) == (3, 45, 45)
    assert "prev" in page["links"]


@pytest.mark.parametrize("query", ["page[size]=0", "page[size]=101", "page[cursor]=x"])
def test_a_page_that_cannot_be_is_refused(sandbox, post, get, make, query):
    job = _data(post(sandbox, "import", make.job(*_rows(make))))["id"]
    assert get(sandbox, f"{PATH}/{job}/import-errors", query).status == 400


def test_an_unknown_job_is_not_found(sandbox, get):
    assert get(sandbox, f"{PATH}/nope").status == 404


def test_an_import_can_name_lists(sandbox, post, make):
    body = make.job(make.profile(external_id="u"))
    body["data"]["relationships"] = {"lists": {"data": [{"type": "list", "id": "Y6nRLr"}]}}
    post(sandbox, "import", body)
    assert sandbox.profiles()[0]["lists"] == ["Y6nRLr"]


@pytest.mark.parametrize("polls", [0, 2])
def test_a_cancelled_job_was_accepted_and_did_nothing(post, get, make, polls):
    sandbox = Sandbox(limits="off", faults=Faults(cancel=1.0), import_polls=polls)
    reply = post(sandbox, "import", make.job(*_rows(make)))
    job = _data(reply)
    states = [job["attributes"]["status"]]
    for _ in range(polls):
        job = _data(get(sandbox, f"{PATH}/{job['id']}"))
        states.append(job["attributes"]["status"])
    assert reply.status == 202
    assert states == ["processing"] * polls + ["cancelled"]
    counts = job["attributes"]
    assert (counts["total_count"], counts["completed_count"], counts["failed_count"]) == (3, 0, 0)
    assert counts["completed_at"] is None
    assert _data(get(sandbox, f"{PATH}/{job['id']}/import-errors")) == []
    assert (sandbox.stats()["profiles"], sandbox.stats()["rejected"]) == (0, 0)


def test_of_many_jobs_some_are_cancelled_and_the_same_ones_with_the_same_seed(post, make):
    def run(seed):
        sandbox = Sandbox(limits="off", faults=Faults(cancel=0.3), seed=seed)
        for n in range(100):
            post(sandbox, "import", make.job(make.profile(external_id=f"u{n}")))
        return [row["attributes"]["external_id"] for row in sandbox.profiles()]

    assert run(1) == run(1) != run(2)
    assert 50 < len(run(1)) < 90


def test_cancelling_takes_no_luck_from_the_requests(post, make):
    """Or a seed's faults would depend on what the requests are."""

    def failed(path, body):
        sandbox = Sandbox(limits="off", faults=Faults({"error": 0.5}, cancel=0.5), seed=1)
        return [post(sandbox, path, body).status >= 500 for _ in range(40)]

    assert failed("import", make.job(make.profile())) == failed("event", make.event())


def test_the_same_rows_sent_again_are_not_cancelled_for_ever(post, make):
    sandbox = Sandbox(limits="off", faults=Faults(cancel=0.5), seed=1)
    for _ in range(30):
        post(sandbox, "import", make.job(make.profile(external_id="u")))
    assert sandbox.stats()["profiles"] == 1
    assert {job.cancelled for job in sandbox._memory.state.jobs.values()} == {True, False}
