"""Any web page can send requests to this machine: none may read or wipe what a sandbox holds."""

import http.client
import json
from urllib.parse import urlsplit

import pytest
from klaviyo_api import KlaviyoAPI

from walkeros_klaviyo.sandbox.guard import turned_away
from walkeros_klaviyo.sandbox.serve import running

URL = "http://127.0.0.1:8787"
PATHS = [
    ("POST", "/sandbox/reset"),
    ("GET", "/sandbox/stats"),
    ("GET", "/sandbox/events.jsonl"),
    ("GET", "/sandbox/profiles.jsonl"),
    ("GET", "/sandbox/requests.jsonl"),
    ("POST", "/api/events"),
    ("OPTIONS", "/api/events"),
    ("DELETE", "/api/events"),
    ("GET", "/api/accounts"),
]


def _judged(path="/sandbox/stats", port=8787, url=URL, **headers):
    given = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    found = turned_away(path, given, port, url)
    return None if found is None else found[0]


def _ask(url, method, path, headers, body=None):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8787", "127.1.2.3:8787", "localhost:8787", "LocalHost:8787", "[::1]:8787"],
)
def test_it_answers_under_the_names_of_this_machine(host):
    assert _judged(host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8787",
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:8788",
        "localhost:80",
        "[::1]",
        "127.0.0.1.evil.example:8787",
        "localhost.evil.example:8787",
        "evil.example:8787@127.0.0.1:8787",
        "127.0.0.1:8787@evil.example:8787",
        "127.0.0.1:8787/evil.example",
        "0.0.0.0:8787",
        "192.168.1.5:8787",
        "[::]:8787",
        "[::1:8787",
        "127.0.0.1:x",
        "2130706433:8787",
        "",
        ":8787",
    ],
)
def test_it_answers_under_no_other_name(host):
    """A page whose name points here (DNS rebinding) keeps its name, also for the page itself."""
    assert _judged(host=host) == 421
    assert _judged("/", host=host) == 421


def test_one_wrong_host_of_two_is_enough():
    headers = [(b"host", b"127.0.0.1:8787"), (b"host", b"evil.example:8787")]
    assert turned_away("/", headers, 8787, URL)[0] == 421


def test_the_address_that_it_was_given_is_its_own():
    url = "https://Sandbox.test"
    assert _judged(url=url, host="sandbox.test") is None
    assert _judged(url=url, host="SANDBOX.test") is None
    assert _judged(url=url, host="sandbox.test", origin="https://sandbox.test") is None
    assert _judged(url=url, host="127.0.0.1:8787") is None
    assert _judged(url=url, host="other.test") == 421


def test_port_80_may_be_left_out():
    assert _judged(port=80, host="localhost") is None


def test_where_nobody_knows_the_port_the_name_decides():
    """A foreign server may give none; the name is what tells pages apart."""
    assert _judged(port=None, host="localhost:1234") is None
    assert _judged(port=None, host="evil.example:1234") == 421


def test_a_program_sends_none_of_it():
    assert _judged() is None
    assert _judged(host="127.0.0.1:8787", user_agent="curl/8") is None


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://127.0.0.1:9999",
        "http://localhost:8787",
        "https://127.0.0.1:8787",
        "http://127.0.0.1",
        "http://127.0.0.1:8787.evil.example",
        "null",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/sandbox/reset", "/api/events"])
def test_another_pages_origin_is_turned_away(origin, path):
    assert _judged(path, host="127.0.0.1:8787", origin=origin) == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8787", "localhost:8787", "[::1]:8787"])
def test_its_own_page_goes_on_working(host):
    own = {"host": host, "origin": f"http://{host}", "sec_fetch_site": "same-origin"}
    assert _judged("/sandbox/reset", **own) is None
    assert _judged("/sandbox/events.jsonl", host=host, sec_fetch_site="same-origin") is None
    assert _judged("/sandbox/events.jsonl", host=host, sec_fetch_site="none") is None


@pytest.mark.parametrize("site", ["cross-site", "same-site", "new-word"])
def test_what_a_browser_marks_as_another_pages_is_turned_away(site):
    """An image or a script of a foreign page carries no Origin."""
    host = "127.0.0.1:8787"
    for path in ("/", "/sandbox/events.jsonl", "/api/events"):
        marked = {"host": host, "sec_fetch_site": site, "sec_fetch_mode": "no-cors"}
        assert _judged(path, **marked) == 403


def test_a_link_to_the_page_may_be_followed_and_no_other():
    link = {
        "host": "127.0.0.1:8787",
        "sec_fetch_site": "cross-site",
        "sec_fetch_mode": "navigate",
    }
    assert _judged("/", **link) is None
    assert _judged("/sandbox/events.jsonl", **link) == 403
    assert _judged("/sandbox/reset", **link) == 403


@pytest.mark.parametrize(
    ("headers", "status", "says"),
    [
        ({"Host": "evil.example"}, 421, "Ask http://127.0.0.1:"),
        ({"Origin": "http://evil.example"}, 403, "A page of http://evil.example"),
        ({"Sec-Fetch-Site": "cross-site"}, 403, "A page from elsewhere"),
    ],
    ids=["rebound", "origin", "marked"],
)
def test_over_the_wire_a_foreign_page_reads_and_changes_nothing(
    sandbox, make, post, headers, status, says
):
    post(sandbox, "event", make.event(unique_id="1"))
    before = sandbox.stats()
    body = json.dumps(make.event(unique_id="2"))
    with running(sandbox) as url:
        answers = [
            _ask(url, method, path, {**make.headers, **headers}, body if method == "POST" else None)
            for method, path in PATHS
        ]
    for answered, told, text in answers:
        assert answered == status
        assert says in text
        assert "ada@example.com" not in text
        assert told["content-type"].startswith("text/plain")
        assert not any(name.lower().startswith("access-control") for name in told)
    assert sandbox.stats() == before


def test_over_the_wire_programs_and_the_page_go_on_working(sandbox, make):
    with running(sandbox) as url:
        KlaviyoAPI("pk_test", test_host=url).Events.create_event(make.event(unique_id="1"))
        named = url.replace("127.0.0.1", "localhost")
        KlaviyoAPI("pk_test", test_host=named).Events.create_event(make.event(unique_id="2"))
        page = _ask(url, "GET", "/", {"Sec-Fetch-Site": "none"})
        own = {"Origin": url, "Sec-Fetch-Site": "same-origin"}
        lines = _ask(url, "GET", "/sandbox/events.jsonl", {"Sec-Fetch-Site": "same-origin"})
        wiped = _ask(url, "POST", "/sandbox/reset", own)
    assert (page[0], lines[0], wiped[0]) == (200, 200, 200)
    assert len(lines[2].splitlines()) == 2
    assert sandbox.stats()["events"] == 0


@pytest.mark.parametrize("path", ["/", "/sandbox/stats", "/sandbox/events.jsonl"])
def test_what_was_recorded_is_no_part_of_another_page(sandbox, path):
    """Also in a browser too old to mark its requests."""
    with running(sandbox) as url:
        headers = _ask(url, "GET", path, {})[1]
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    if path == "/":
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
