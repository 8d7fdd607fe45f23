"""Who may come in, and how a refusal looks: before the body, and in every case as JSON:API."""

import json

import pytest

from walkeros_klaviyo.sandbox import Request, Sandbox

KEY = "pk_secret_0123456789"


def _codes(reply):
    return [error["code"] for error in json.loads(reply.body)["errors"]]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "pk_test",
        "Bearer pk_test",
        "Klaviyo-API-Key pk_",
        "Klaviyo-API-Key x",
    ],
)
def test_a_key_that_is_none_is_not_let_in(sandbox, post, make, value):
    reply = post(sandbox, "event", make.event(), authorization=value)
    assert reply.status == 401
    assert sandbox.stats()["events"] == 0


def test_no_key_at_all_is_not_let_in(sandbox, make):
    headers = {name: text for name, text in make.headers.items() if name != "authorization"}
    reply = sandbox.answer(Request("POST", "/api/events", headers, b"{}"))
    assert (reply.status, _codes(reply)) == (401, ["not_authenticated"])


def test_a_rejected_key_is_not_let_in(post, make):
    sandbox = Sandbox(reject_keys=[KEY])
    headers = {"authorization": f"Klaviyo-API-Key {KEY}"}
    assert post(sandbox, "event", make.event(), **headers).status == 401
    assert post(sandbox, "event", make.event()).status == 202


def test_the_key_is_kept_nowhere(post, make):
    sandbox = Sandbox(reject_keys=[KEY])
    headers = {"authorization": f"Klaviyo-API-Key {KEY}a"}
    post(sandbox, "event", make.event(), **headers)
    post(sandbox, "event", make.event(), authorization=f"Klaviyo-API-Key {KEY}")
    kept = [repr(sandbox), str(vars(sandbox._pace)), *map(str, sandbox.requests())]
    kept += map(str, sandbox.record.rejections)
    assert not any(KEY in text for text in kept)


@pytest.mark.parametrize(
    ("revision", "status"),
    [("2026-07-15", 202), ("2026-07-15.pre", 202), ("", 400), ("26-07-15", 400), ("latest", 400)],
)
def test_a_revision_is_required(sandbox, post, make, revision, status):
    assert post(sandbox, "event", make.event(), revision=revision).status == status


@pytest.mark.parametrize(
    ("media", "status"),
    [
        ("application/json", 202),
        ("application/vnd.api+json", 202),
        ("Application/JSON; charset=utf-8", 202),
        ("text/plain", 415),
        ("", 415),
    ],
)
def test_only_json_is_taken(sandbox, post, make, media, status):
    assert post(sandbox, "event", make.event(), **{"content-type": media}).status == status


@pytest.mark.parametrize("raw", [b"", b"{", b'{"a": NaN}', b'"\\ud800"', b"[" * 2_000])
def test_bad_json_is_refused(sandbox, post, raw):
    reply = post(sandbox, "event", raw)
    assert (reply.status, _codes(reply)) == (400, ["invalid_json"])


@pytest.mark.parametrize(
    ("path", "most"), [("event", 5_000_000), ("bulk", 5_000_000), ("upsert", 100_000)]
)
def test_a_body_may_be_as_long_as_published_and_no_longer(sandbox, post, path, most):
    body = b"{}"
    assert post(sandbox, path, body + b" " * (most - 2)).status == 400  # read, and found empty
    assert post(sandbox, path, body + b" " * (most - 1)).status == 413


def test_what_is_not_there_is_not_found(sandbox, post, get):
    assert get(sandbox, "/api/lists").status == 404
    assert post(sandbox, "/api/nothing", {}).status == 404


def test_the_wrong_method_is_named(sandbox, post, get):
    reply = get(sandbox, "/api/events")
    assert (reply.status, dict(reply.headers)["allow"]) == (405, "POST")
    assert post(sandbox, "/api/accounts", {}).status == 405


def test_a_refusal_is_json_api(sandbox, post, make):
    reply = post(sandbox, "event", make.event(value="1"))
    (error,) = json.loads(reply.body)["errors"]
    assert {name: error[name] for name in ("status", "code", "source")} == {
        "status": 400,
        "code": "invalid",
        "source": {"pointer": "/data/attributes/value"},
    }
    assert error["id"]
    assert error["title"]
    assert "number" in error["detail"]
    assert dict(reply.headers)["content-type"] == "application/vnd.api+json"


def test_requests_are_kept_as_they_came(sandbox, post):
    post(sandbox, "event", b'{"n": 1.50,\n "m": 123456789012345678901234567890}')
    post(sandbox, "event", b"no json \xff")
    lines = [bytes(line) for line in sandbox.request_lines()]
    assert b'"body":{"n": 1.50,  "m": 123456789012345678901234567890}' in lines[0]
    assert sandbox.requests()[1] == {
        "call": "events.create_event",
        "status": 400,
        "body": "no json \ufffd",
    }


@pytest.mark.parametrize(("most", "kept"), [(0, 0), (2, 2), (100, 5)])
def test_only_the_latest_requests_are_kept(post, make, most, kept):
    sandbox = Sandbox(limits="off", keep_requests=most)
    for n in range(5):
        post(sandbox, "event", make.event(unique_id=str(n)))
    ids = [row["body"]["data"]["attributes"]["unique_id"] for row in sandbox.requests()]
    assert ids == [str(n) for n in range(5)][5 - kept :]


def test_an_event_nested_deeper_than_python_goes_is_refused_or_kept_whole(sandbox, post, make):
    for depth in (10, 250, 300, 900, 980):
        value: object = 1
        for _ in range(depth):
            value = [value]
        body = make.event(unique_id=str(depth), properties={"a": 0})
        raw = json.dumps(body).encode()
        deep = raw.replace(b'"a": 0', b'"a": ' + b"[" * depth + b"]" * depth)
        assert post(sandbox, "event", deep).status in (202, 400)
    assert len(list(sandbox.event_lines())) == sandbox.stats()["events"] >= 3


def test_the_account_shows_its_currency_and_metrics(sandbox, get):
    account = json.loads(get(sandbox, "/api/accounts").body)["data"][0]
    assert account["attributes"]["preferred_currency"] == sandbox.account.currency
    mapped = json.loads(get(sandbox, "/api/mapped-metrics").body)
    names = {row["id"]: row["attributes"]["name"] for row in mapped["included"]}
    revenue = next(row for row in mapped["data"] if row["id"] == "revenue")
    assert names[revenue["relationships"]["metric"]["data"]["id"]] == "Placed Order"


def test_what_is_kept_of_requests_has_a_bound(post, make, monkeypatch):
    """Whatever is thrown at it, it does not grow for ever."""
    monkeypatch.setattr("walkeros_klaviyo.sandbox.requests.MOST_BYTES", 50_000)
    sandbox = Sandbox(limits="off")
    for n in range(50):
        post(sandbox, "event", make.event(unique_id=str(n), properties={"x": "y" * 4_000}))
    assert 8 <= len(sandbox.requests()) <= 12
    post(sandbox, "event", b"\xff" * 60_000)
    assert sandbox.requests() == []
    post(sandbox, "event", make.event(unique_id="last"))
    assert len(sandbox.requests()) == 1


def test_what_is_shown_of_refusals_has_a_bound(sandbox, post, make):
    for n in range(60):
        post(sandbox, "event", make.event(**{f"{n}" + "x" * 100_000: 1}))
    assert sum(len(row.pointer) + len(row.detail) for row in sandbox.record.rejections) < 50_000
