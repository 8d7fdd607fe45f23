"""Others stand between a sender and Klaviyo: what they say must look like theirs, not Klaviyo's."""

import http.client
import json
from collections import Counter
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from walkeros_klaviyo.sandbox import Faults, Sandbox, parse_faults
from walkeros_klaviyo.sandbox.middlebox import PAGES, STRAYS
from walkeros_klaviyo.sandbox.serve import running


class _Title(HTMLParser):
    """Reads a page's title."""

    def __init__(self):
        super().__init__()
        self.inside, self.title = False, ""

    def handle_starttag(self, tag, attrs):
        self.inside = tag == "title"

    def handle_data(self, data):
        self.title += data if self.inside else ""
        self.inside = False


def _title(body):
    reader = _Title()
    reader.feed(body.decode())
    return reader.title


def _told(post, make, spec, count=300):
    sandbox = Sandbox(limits="off", faults=parse_faults(spec), seed=11)
    return sandbox, [post(sandbox, "event", make.event(unique_id=str(n))) for n in range(count)]


def test_a_page_is_somebody_elses_and_records_nothing(post, make):
    sandbox, replies = _told(post, make, "page=1")
    assert {reply.status for reply in replies} == {200, 400, 403, 404, 406, 451}
    assert all(_title(reply.body) for reply in replies)
    assert all(dict(reply.headers)["content-type"].startswith("text/html") for reply in replies)
    counts = sandbox.stats()
    assert (counts["events"], counts["profiles"], counts["rejected"]) == (0, 0, 0)
    assert {row["fault"] for row in sandbox.requests()} == {"page"}


def test_a_stray_answer_is_none_of_klaviyos_and_records_nothing(post, make):
    sandbox, replies = _told(post, make, "stray=1")
    assert {reply.status for reply in replies} == {302, 204, 206, 200, 202, 401, 403}
    for reply in replies:
        if reply.status == 202:
            assert set(json.loads(reply.body)) == {"errors"}
        else:
            assert reply.body == b""
        assert ("location" in dict(reply.headers)) == (reply.status == 302)
        assert "api+json" not in str(reply.headers)
    counts = sandbox.stats()
    assert (counts["events"], counts["profiles"], counts["rejected"]) == (0, 0, 0)


def test_a_redirect_leads_nowhere():
    """Whoever follows it must not end up, key and all, at somebody's real host."""
    (target,) = [dict(reply.headers)["location"] for reply in STRAYS if reply.status == 302]
    assert urlsplit(target).hostname.endswith(".invalid")


@pytest.mark.parametrize(("name", "known"), [("page", PAGES), ("stray", STRAYS)])
def test_each_of_them_comes_about_as_often_as_the_others(post, make, name, known):
    _, replies = _told(post, make, f"error=0.5,{name}=0.5", 2_000)
    counts = Counter(reply.status for reply in replies)
    share = 1_000 / len(known)
    assert all(share / 2 < counts[reply.status] < share * 2 for reply in known)


def test_over_the_wire_they_are_whole_answers(make):
    """Also the 204, which may not say how long it is."""
    sandbox = Sandbox(limits="off", faults=parse_faults("page=0.4,stray=0.4"), seed=2)
    seen = Counter()
    with running(sandbox) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        for n in range(120):
            body = json.dumps(make.event(unique_id=str(n)))
            connection.request("POST", "/api/events", body, make.headers)
            answer = connection.getresponse()
            answer.read()
            seen[answer.status] += 1
            assert ("content-length" in answer.headers) == (answer.status != 204)
        connection.close()
    assert set(seen) == {200, 202, 204, 206, 302, 400, 401, 403, 404, 406, 451}
    assert sandbox.stats()["events"] == 120 - sum("fault" in row for row in sandbox.requests())


def _bulk(make, count):
    rows = [make.row(unique_id=str(n)) for n in range(count)]
    return make.bulk(
        make.group(make.profile(), *rows[: count // 2]),
        make.group(make.profile(external_id="u"), *rows[count // 2 :]),
    )


def test_a_body_beyond_the_bound_is_a_proxys_413(post, make):
    body = json.dumps(make.event()).encode()
    sandbox = Sandbox(limits="off", faults=Faults(bytes=len(body)))
    assert post(sandbox, "event", body).status == 202
    reply = post(sandbox, "event", body + b" ")
    assert (reply.status, _title(reply.body)) == (413, "413 Request Entity Too Large")
    assert sandbox.stats() | {"requests": 0} == {
        "events": 1,
        "profiles": 1,
        "duplicates": 0,
        "rejected": 0,
        "throttled": 0,
        "requests": 0,
    }
    assert [row.get("fault") for row in sandbox.requests()] == [None, "bytes"]


def test_a_proxy_asks_for_no_key(make, post):
    """It stands before Klaviyo, so what it holds up is never judged."""
    sandbox = Sandbox(faults=Faults(bytes=10), reject_keys=["pk_test"])
    assert post(sandbox, "event", make.event()).status == 413


@pytest.mark.parametrize("kind", ["bulk", "import", "subscribe", "unsubscribe"])
def test_more_rows_than_the_bound_are_reset(post, make, kind):
    channels = {"email": {"marketing": {"consent": "SUBSCRIBED"}}}

    def body(count):
        who = [make.profile(email=f"a{n}@example.com") for n in range(count)]
        asks = [
            make.profile(email=f"a{n}@example.com", subscriptions=channels) for n in range(count)
        ]
        bodies = {
            "bulk": _bulk(make, count),
            "import": make.job(*who),
            "subscribe": make.subscription(*asks),
            "unsubscribe": make.unsubscription(
                *(
                    make.person("UNSUBSCRIBED", "email", email=f"a{n}@example.com")
                    for n in range(count)
                )
            ),
        }
        return bodies[kind]

    sandbox = Sandbox(limits="off", faults=Faults(rows=6))
    assert post(sandbox, kind, body(7)).status is None
    assert (sandbox.stats()["events"], sandbox.stats()["profiles"]) == (0, 0)
    assert post(sandbox, kind, body(6)).status == 202
    assert [row.get("fault") for row in sandbox.requests()] == ["rows", None]


@pytest.mark.parametrize("path", ["event", "upsert"])
def test_a_single_request_has_one_row(post, make, path):
    sandbox = Sandbox(limits="off", faults=Faults(rows=1))
    body = {"event": make.event(), "upsert": make.upsert(make.profile())}[path]
    assert post(sandbox, path, body).status in (201, 202)


@pytest.mark.parametrize(
    "raw",
    [
        b"no json",
        b"[]",
        b"{}",
        b'{"data": {"attributes": {"events-bulk-create": {"data": [1, {"attributes": []}]}}}}',
        b'{"data": {"attributes": {"events-bulk-create": []}}}',
    ],
)
def test_what_holds_no_rows_is_left_to_klaviyo(post, raw):
    sandbox = Sandbox(limits="off", faults=Faults(rows=1, poison=1.0))
    assert post(sandbox, "bulk", raw).status == 400


def test_what_is_held_up_costs_no_luck(post, make):
    """So the requests that get through meet the faults that they would have met."""
    small, large = make.event(), make.event(properties={"x": "y" * 5_000})
    spec = "error=0.3,throttle=0.3"
    plain = Sandbox(limits="off", faults=parse_faults(spec), seed=4)
    bound = Sandbox(limits="off", faults=parse_faults(f"{spec},bytes=3000"), seed=4)
    seen = []
    for _ in range(40):
        assert post(bound, "event", large).status == 413
        seen.append(post(bound, "event", small).status)
    assert seen == [post(plain, "event", small).status for _ in range(40)]
