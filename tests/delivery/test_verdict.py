"""What does each answer mean?"""

from __future__ import annotations

import json
import time

import pytest

from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.delivery.rows import row_errors
from walkeros_klaviyo.delivery.verdict import (
    MAX_WAIT,
    Verdict,
    exhausted,
    first_error,
    judge,
    retry_after,
)

ERRORS = {
    "errors": [
        {
            "id": "x",
            "status": 400,
            "code": "invalid",
            "title": "Invalid input.",
            "detail": "Not a valid metric.",
            "source": {"pointer": "/data/attributes/metric"},
        }
    ]
}
JSON_API = json.dumps(ERRORS).encode()
HTML = b"<!doctype html><html><body>Nope</body></html>"

# status: what it means with JSON:API errors, with HTML, with nothing
TABLE = {
    100: ("stop", "stop", "stop"),
    200: ("delivered", "delivered", "delivered"),
    201: ("delivered", "delivered", "delivered"),
    202: ("delivered", "delivered", "delivered"),
    204: ("delivered", "delivered", "delivered"),
    299: ("delivered", "delivered", "delivered"),
    300: ("stop", "stop", "stop"),
    301: ("stop", "stop", "stop"),
    302: ("stop", "stop", "stop"),
    304: ("stop", "stop", "stop"),
    307: ("stop", "stop", "stop"),
    308: ("stop", "stop", "stop"),
    400: ("dead", "dead", "dead"),
    401: ("stop", "stop", "stop"),
    402: ("dead", "dead", "dead"),
    403: ("stop", "stop", "stop"),
    404: ("dead", "stop", "stop"),
    405: ("dead", "stop", "stop"),
    406: ("dead", "dead", "dead"),
    408: ("failed", "failed", "failed"),
    409: ("dead", "dead", "dead"),
    410: ("dead", "stop", "stop"),
    413: ("dead", "dead", "dead"),
    415: ("dead", "dead", "dead"),
    422: ("dead", "dead", "dead"),
    425: ("failed", "failed", "failed"),
    429: ("throttled", "throttled", "throttled"),
    499: ("dead", "dead", "dead"),
    500: ("failed", "failed", "failed"),
    501: ("failed", "failed", "failed"),
    502: ("failed", "failed", "failed"),
    503: ("failed", "failed", "failed"),
    504: ("failed", "failed", "failed"),
    505: ("failed", "failed", "failed"),
    511: ("failed", "failed", "failed"),
    520: ("failed", "failed", "failed"),
    524: ("failed", "failed", "failed"),
    529: ("failed", "failed", "failed"),
    599: ("failed", "failed", "failed"),
    600: ("failed", "failed", "failed"),
    999: ("failed", "failed", "failed"),
}


BODIES = {"json:api": JSON_API, "html": HTML, "nothing": b""}


@pytest.mark.parametrize(
    ("status", "name", "kind"),
    [
        (status, name, kind)
        for status, kinds in TABLE.items()
        for name, kind in zip(BODIES, kinds, strict=True)
        if not (200 <= status < 300 and name == "html")  # see test_a_web_page_is_no_receipt
    ],
)
def test_a_status_means_what_the_table_says(status: int, name: str, kind: str) -> None:
    """Status by status; the body decides only where anyone could have answered."""
    assert judge(Answer(status, body=BODIES[name])).kind == kind


@pytest.mark.parametrize("status", range(200, 600))
def test_no_status_is_beyond_it(status: int) -> None:
    """Whatever comes is one of five things, and everything but success has words."""
    verdict = judge(Answer(status))
    assert verdict.kind in ("delivered", "duplicate", "dead", "throttled", "failed", "stop")
    assert verdict.status == status
    if verdict.kind in ("dead", "failed", "stop"):
        assert verdict.detail


@pytest.mark.parametrize("status", [200, 202])
def test_a_web_page_is_no_receipt(status: int) -> None:
    """A captive portal or a wrong host says 200 to everything: nothing may count as delivered."""
    assert judge(Answer(status, body=HTML)).kind != "delivered"


def test_a_refusal_is_told_in_klaviyos_own_words() -> None:
    """Code, sentence and place, as they came."""
    verdict = judge(Answer(400, body=JSON_API))
    assert (verdict.kind, verdict.status) == ("dead", 400)
    assert (verdict.code, verdict.detail) == ("invalid", "Not a valid metric.")
    assert verdict.pointer == "/data/attributes/metric"


def test_a_title_stands_in_for_a_missing_detail() -> None:
    """Better some words of Klaviyo's than none."""
    body = b'{"errors":[{"code":"invalid","title":"Invalid input."}]}'
    assert judge(Answer(400, body=body)).detail == "Invalid input."


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b'"errors"',
        b"{}",
        b'{"errors":null}',
        b'{"errors":[]}',
        b'{"errors":{}}',
        b'{"errors":"x"}',
        b'{"errors":[null]}',
        b'{"errors":["x"]}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"errors":[' + b"[" * 50_000,
        b"1" * 5_000,
    ],
    ids=lambda body: body[:16].decode("latin-1"),
)
def test_no_body_is_too_odd_to_be_read(body: bytes) -> None:
    """A proxy may answer anything; the item dies with the status for a reason."""
    assert first_error(body) == {}
    verdict = judge(Answer(400, body=body))
    assert (verdict.kind, verdict.code, verdict.detail) == ("dead", "400", "answered 400")


def test_a_null_is_not_a_word() -> None:
    """`None` in a person's report would be Python's, not Klaviyo's."""
    body = b'{"errors":[{"code":null,"detail":null,"source":{"pointer":null}}]}'
    verdict = judge(Answer(400, body=body))
    assert (verdict.code, verdict.detail, verdict.pointer) == ("400", "answered 400", "")


@pytest.mark.parametrize("source", ["null", "[]", '"/data"', "{}"])
def test_an_odd_source_has_no_pointer(source: str) -> None:
    """The rest of the error still counts."""
    body = f'{{"errors":[{{"code":"invalid","detail":"no","source":{source}}}]}}'.encode()
    assert (judge(Answer(400, body=body)).code, judge(Answer(400, body=body)).pointer) == (
        "invalid",
        "",
    )


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("duplicate_event", "duplicate"),
        ("duplicate", "duplicate"),
        ("duplicate_profile", "dead"),
        ("conflict", "dead"),
        ("", "dead"),
    ],
)
def test_a_conflict_about_a_repeat_is_a_verdict_of_its_own(code: str, kind: str) -> None:
    """A resend finds its first try recorded; of many, the rows say which; a profile is not."""
    body = json.dumps({"errors": [{"code": code, "detail": "there already"}]}).encode()
    assert judge(Answer(409, body=body)).kind == kind
    assert judge(Answer(400, body=body)).kind == "dead"


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, "key"), (403, "scope"), (404, "not-klaviyo"), (302, "not-klaviyo")],
)
def test_a_stop_names_its_reason(status: int, reason: str) -> None:
    """What to mend differs: the key, its scopes, or the host."""
    assert judge(Answer(status)).code == reason


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("connect", "failed"), ("reset", "failed"), ("timeout", "failed"), ("tls", "stop")],
)
def test_a_fault_of_the_network_is_tried_again_unless_the_host_is_not_trusted(
    fault: str, kind: str
) -> None:
    """No certificate becomes good by asking again."""
    verdict = judge(Answer(None, fault=fault))  # type: ignore[arg-type]
    assert (verdict.kind, verdict.status) == (kind, None)
    assert verdict.detail


@pytest.mark.parametrize("status", [200, 202, 400, 401, 429, 500])
def test_an_answer_cut_off_says_nothing_yet(status: int) -> None:
    """Its first line came, the rest did not: the same unique id is sent again."""
    assert judge(Answer(status, fault="reset")).kind == "failed"


def test_an_answer_without_status_and_fault_is_a_cut_connection() -> None:
    """The least that can be said."""
    assert judge(Answer(None)).code == "reset"


PLACE = "/data/attributes/metric"
SLOW = {"retry-after": "9"}
REPEAT = b'{"errors":[{"code":"duplicate_event","title":"There already."}]}'


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(202), Verdict("delivered", 202)),
        (Answer(202, body=b" \n"), Verdict("delivered", 202)),
        (Answer(200, body=b'{"links": {}}'), Verdict("delivered", 200)),
        (
            Answer(200, body=b'{"ok": true}'),
            Verdict("stop", 200, "not-klaviyo", "answered 200 with something else"),
        ),
        (
            Answer(200, body=b'["data"]'),
            Verdict("stop", 200, "not-klaviyo", "answered 200 with something else"),
        ),
        (
            Answer(None, fault="tls"),
            Verdict("stop", None, "tls", "the host's certificate is not trusted"),
        ),
        (Answer(None, fault="crash", body=b"boom \xff"), Verdict("dead", None, "crash", "boom �")),
        (
            Answer(None, fault="connect"),
            Verdict("failed", None, "connect", "nobody answers there"),
        ),
        (
            Answer(None, fault="reset"),
            Verdict("failed", None, "reset", "the connection was cut off"),
        ),
        (Answer(None, fault="timeout"), Verdict("failed", None, "timeout", "no answer in time")),
        (Answer(None), Verdict("failed", None, "reset", "the connection was cut off")),
        (
            Answer(503, SLOW, fault="timeout"),
            Verdict("failed", 503, "timeout", "the answer was cut off"),
        ),
        (
            Answer(429, SLOW, JSON_API),
            Verdict("throttled", 429, "invalid", "Not a valid metric.", PLACE, 9.0),
        ),
        (
            Answer(503, SLOW, JSON_API),
            Verdict("failed", 503, "invalid", "Not a valid metric.", PLACE, 9.0),
        ),
        (Answer(503), Verdict("failed", 503, "", "answered 503")),
        (
            Answer(505, SLOW, JSON_API),
            Verdict("failed", 505, "invalid", "Not a valid metric.", PLACE, 9.0),
        ),
        (Answer(505), Verdict("failed", 505, "", "answered 505")),
        (
            Answer(999, SLOW, JSON_API),
            Verdict("failed", 999, "invalid", "Not a valid metric.", PLACE, 9.0),
        ),
        (Answer(401, body=JSON_API), Verdict("stop", 401, "key", "Not a valid metric.")),
        (Answer(401), Verdict("stop", 401, "key", "answered 401")),
        (Answer(403), Verdict("stop", 403, "scope", "answered 403")),
        (Answer(409, body=REPEAT), Verdict("duplicate", 409, "duplicate_event", "There already.")),
        (
            Answer(302),
            Verdict("stop", 302, "not-klaviyo", "answered 302, as Klaviyo would not"),
        ),
        (
            Answer(404, body=HTML),
            Verdict("stop", 404, "not-klaviyo", "answered 404, as Klaviyo would not"),
        ),
        (
            Answer(404, body=JSON_API),
            Verdict("dead", 404, "invalid", "Not a valid metric.", PLACE),
        ),
        (Answer(400), Verdict("dead", 400, "400", "answered 400")),
    ],
    ids=lambda one: f"{one.status}-{one.fault}" if isinstance(one, Answer) else one.kind,
)
def test_a_verdict_says_all_that_the_answer_says(answer: Answer, verdict: Verdict) -> None:
    """Kind, status, code, sentence, place and wait: a person reads them, and so do retries."""
    assert judge(answer) == verdict


WALL = 1_790_000_000.0
LATER = "Mon, 21 Sep 2026 14:15:20 GMT"  # ten minutes after WALL, less 280 seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("-5", 0.0),
        ("-0", 0.0),
        ("1e3", 1_000.0),
        ("99999999999", MAX_WAIT),
        ("1e999", MAX_WAIT),
        ("inf", MAX_WAIT),
        ("-inf", 0.0),
        ("nan", None),
        ("", None),
        ("  ", None),
        ("soon", None),
        ("7s", None),
        ("0x10", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_WAIT),
        ("Thu, 32 Jan 2026 00:00:00 GMT", None),
        ("Thu, 01 Jan 99999 00:00:00 GMT", None),
        ("Thu, 01 Foo 2026 00:00:00 GMT", None),
        ("Thu, 01 Jan 1970 99999999999999999999:00:00 GMT", None),
        ("Thu, 99999999999999 Jan 1970 00:00:00 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00 +99999999999999999999", None),
        ("x" * 100_000, None),
    ],
    ids=lambda value: str(value)[:32],
)
def test_retry_after_is_read_or_left(text: str, seconds: float | None) -> None:
    """Seconds, a date, or nothing; never a crash, never below zero, never beyond a day."""
    assert retry_after({"retry-after": text}, WALL) == seconds


@pytest.mark.parametrize(
    ("date", "wall", "seconds"),
    [
        ("Tue, 22 Sep 2026 10:00:00 GMT", 0.0, 90.0),
        ("Tue, 22 Sep 2026 10:01:30 GMT", 0.0, 0.0),
        ("Tue, 22 Sep 2026 10:05:00 GMT", 0.0, 0.0),
        ("", 1_790_071_200.0 + 30.0, 60.0),
        ("rubbish", 1_790_071_200.0 + 30.0, 60.0),
        ("", 0.0, MAX_WAIT),
    ],
)
def test_a_date_counts_from_the_answers_own_clock(date: str, wall: float, seconds: float) -> None:
    """Its Date header first: our clock may be wrong by hours."""
    headers = {"retry-after": "Tue, 22 Sep 2026 10:01:30 GMT", "date": date}
    assert retry_after(headers, wall) == seconds


def test_a_date_without_a_zone_is_utc() -> None:
    """HTTP knows no other."""
    assert retry_after({"retry-after": "Thu, 01 Jan 1970 00:01:00 -0000"}, 50.0) == 10.0


@pytest.mark.parametrize("zone", ["UTC", "EST5", "NZST-12"])
def test_a_date_means_the_same_wherever_we_are(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a zone of its own, or with none; the machine's says nothing about Klaviyo."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for text in ("Thu, 01 Jan 1970 00:01:00 -0000", "Thu, 01 Jan 1970 02:01:00 +0200"):
            assert judge(Answer(429, {"retry-after": text}, wall=50.0)).wait == 10.0
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_retry_after_reaches_the_verdict(status: int) -> None:
    """Where it can matter."""
    assert judge(Answer(status, {"retry-after": "9"})).wait == 9.0
    assert judge(Answer(status)).wait is None


@pytest.mark.parametrize(
    ("remaining", "reset", "seconds"),
    [
        ("0", "12", 12.0),
        ("0", "3600", 60.0),
        ("0", "0.5", 0.5),
        ("-1", "5", 5.0),
        ("0", "0", None),
        ("0", "-3", None),
        ("0", "", None),
        ("0", "x", None),
        ("0", "nan", None),
        ("0", "inf", 60.0),
        ("1", "12", None),
        ("", "12", None),
        ("x", "12", None),
        ("nan", "12", None),
    ],
)
def test_a_used_up_window_is_seen(remaining: str, reset: str, seconds: float | None) -> None:
    """Nothing remains: wait until it opens, a minute at most, for that is its length."""
    headers = {"ratelimit-remaining": remaining, "ratelimit-reset": reset}
    assert exhausted(headers) == seconds


def test_headers_that_are_not_there_ask_for_nothing() -> None:
    """Klaviyo sends them with every answer; a proxy does not."""
    assert exhausted({}) is None
    assert exhausted({"ratelimit-remaining": "0"}) is None
    assert exhausted({"ratelimit-reset": "12"}) is None
    assert retry_after({}, WALL) is None


def test_a_code_that_is_null_is_no_word() -> None:
    """Nor is one that is not there: a dead letter must not be told as "None"."""
    place = {"detail": "no", "source": {"pointer": "/data/3"}}
    for error in ({**place, "code": None}, place):
        body = json.dumps({"errors": [error]}).encode()
        assert [one.code for one in row_errors(body, 5)] == [""]
