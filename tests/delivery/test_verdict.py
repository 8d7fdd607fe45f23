"""What does each answer mean?"""

from __future__ import annotations

import json
import time

import pytest
from tests.delivery.world import BULK_EVENTS, BULK_PROFILES, EVENT, UPSERT

from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.delivery.rows import row_errors
from walkeros_klaviyo.delivery.speaker import JOBS, described, is_web_page
from walkeros_klaviyo.delivery.verdict import (
    FAULTS,
    MAX_FOREIGN_WAIT,
    MAX_WAIT,
    NOT_KLAVIYO,
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
SUBSCRIBE = "profiles.bulk_subscribe_profiles"

DOCUMENT = b'{"data": {"type": "x", "id": "J1", "attributes": {}}}'
BODIES = {
    "errors": JSON_API,
    "web page": b"<!doctype html><html><body>Nope</body></html>",
    "nothing": b"",
    "blank": b" \n",
    "{}": b"{}",
    "document": DOCUMENT,
    "list": b'{"data": []}',
    "meta": b'{"meta": {}}',
    "no id": b'{"data": {"id": ""}}',
    "both": b'{"data": {"id": "J1"}, "errors": [{"code": "x"}]}',
    "other": b'["data"]',
}
RECEIPTS = {
    EVENT: ({202}, {"nothing", "blank", "document", "list", "meta", "no id"}),
    BULK_EVENTS: ({202}, {"nothing", "blank", "document", "list", "meta", "no id"}),
    SUBSCRIBE: ({202}, {"nothing", "blank", "document", "list", "meta", "no id"}),
    UPSERT: ({200, 201}, {"document"}),
    BULK_PROFILES: ({202}, {"document"}),
    JOBS: ({200}, {"document", "list", "no id"}),
}
"""By call: with which status and which body Klaviyo says that it has taken it."""
VERDICTS = {401: "stop", 403: "stop", 408: "failed", 413: "too-large", 425: "failed"}
"""What Klaviyo's own words mean with these; with any other 4xx a refusal."""


@pytest.mark.parametrize("call", RECEIPTS)
def test_an_answer_means_what_the_table_says_and_nothing_else_is_a_verdict(call: str) -> None:
    """Every status with every body: a receipt of this call's, Klaviyo's words, or a stranger's."""
    statuses, bodies = RECEIPTS[call]
    for status in range(100, 600):
        for name, body in BODIES.items():
            verdict = judge(Answer(status, body=body), call)
            is_klaviyos = name in ("errors", "both")
            told = NOT_KLAVIYO
            if status in statuses and name in bodies:
                kind, told = "delivered", str(status)
            elif status == 429 or status >= 500:
                kind = "throttled" if status == 429 else "failed"
                told = {"errors": "invalid", "both": "x"}.get(name, str(status))
            elif status >= 400 and is_klaviyos:
                kind = VERDICTS.get(status, "refused")
                told = {401: "key", 403: "scope"}.get(status, {"both": "x"}.get(name, "invalid"))
            else:
                kind = "too-large" if status == 413 else "failed"
            assert (verdict.kind, verdict.code) == (kind, told), (status, name)
            is_page = is_web_page(Answer(status, body=body))
            assert verdict.is_klaviyos is (told != NOT_KLAVIYO and not is_page)
            assert (verdict.status, verdict.wait) == (status, None)
            assert verdict.detail


def judged(answer: Answer) -> Verdict:
    """As the answer to an event."""
    return judge(answer, EVENT)


def test_a_refusal_is_told_in_klaviyos_own_words() -> None:
    """Code, sentence and place, as they came; a title stands in for a missing detail."""
    verdict = judged(Answer(400, body=JSON_API))
    assert (verdict.kind, verdict.status) == ("refused", 400)
    assert (verdict.code, verdict.detail) == ("invalid", "Not a valid metric.")
    assert verdict.pointer == "/data/attributes/metric"
    body = b'{"errors":[{"code":"invalid","title":"Invalid input."}]}'
    assert judged(Answer(400, body=body)).detail == "Invalid input."


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
        b'{"errors":[{"message":"Forbidden","code":"E1"}]}',
        b'{"errors":[{"message":"Forbidden","title":"Forbidden"}]}',
        b'{"errors":[{"code":"1020","title":""}]}',
        b'{"errors":[{}]}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"errors":[' + b"[" * 50_000,
        b"1" * 5_000,
    ],
    ids=lambda body: body[:16].decode("latin-1"),
)
def test_no_body_is_too_odd_to_be_read_and_one_without_a_word_condemns_nobody(body: bytes) -> None:
    """A proxy may answer anything: it is tried again, and told as what it is."""
    assert first_error(body) == {}
    verdict = judged(Answer(400, body=body))
    assert (verdict.kind, verdict.code, verdict.pointer) == ("failed", NOT_KLAVIYO, "")
    assert verdict.detail.startswith("answered 400 with ")


def test_a_null_is_not_a_word() -> None:
    """`None` in a person's report would be Python's, not Klaviyo's."""
    body = b'{"errors":[{"code":null,"title":"No","detail":null,"source":{"pointer":null}}]}'
    verdict = judged(Answer(400, body=body))
    assert (verdict.code, verdict.detail, verdict.pointer) == ("400", "No", "")


@pytest.mark.parametrize("source", ["null", "[]", '"/data"', "{}"])
def test_an_odd_source_has_no_pointer(source: str) -> None:
    """The rest of the error still counts."""
    body = f'{{"errors":[{{"code":"invalid","detail":"no","source":{source}}}]}}'.encode()
    verdict = judged(Answer(400, body=body))
    assert (verdict.code, verdict.pointer) == ("invalid", "")


def test_a_pointer_of_five_thousand_digits_names_no_row() -> None:
    """Python would not even turn it into a number."""
    place = {"pointer": f"/data/attributes/x/data/{'9' * 5_000}"}
    body = json.dumps({"errors": [{"code": "invalid", "source": place}]}).encode()
    assert (row_errors(body, 1_000), judged(Answer(400, body=body)).kind) == ((), "refused")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("duplicate_event", "duplicate"),
        ("duplicate", "duplicate"),
        ("duplicate_profile", "conflict"),
        ("conflict", "refused"),
        ("", "refused"),
    ],
)
def test_a_conflict_about_a_repeat_is_a_verdict_of_its_own(code: str, kind: str) -> None:
    """A resend finds its first try recorded; of many, the rows say which; a profile is not."""
    body = json.dumps({"errors": [{"code": code, "detail": "there already"}]}).encode()
    assert judged(Answer(409, body=body)).kind == kind
    assert judged(Answer(400, body=body)).kind == "refused"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_tried_again_unless_nobody_can_mend_it(fault: str) -> None:
    """No certificate becomes good by asking again, and what cannot be made is not made."""
    verdict = judged(Answer(None, fault=fault))  # type: ignore[arg-type]
    kind = {"tls": "stop", "unsent": "refused"}.get(fault, "failed")
    assert (verdict.kind, verdict.status, verdict.code) == (kind, None, fault)
    assert verdict.detail and not verdict.is_klaviyos


@pytest.mark.parametrize("status", [200, 202, 400, 401, 429, 500])
def test_an_answer_cut_off_says_nothing_yet(status: int) -> None:
    """Its first line came, the rest did not: the same unique id is sent again."""
    assert judged(Answer(status, fault="reset", body=JSON_API)).kind == "failed"


PLACE = "/data/attributes/metric"
SLOW = {"retry-after": "9"}
REPEAT = b'{"errors":[{"code":"duplicate_event","title":"There already."}]}'
WORDS = ("invalid", "Not a valid metric.", PLACE)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (
            Answer(None, fault="crash", body=b"boom \xff\n  x"),
            Verdict("failed", None, "crash", "a fault of this program: boom \ufffd x"),
        ),
        (
            Answer(None, fault="unsent", body=JSON_API),
            Verdict("refused", None, "invalid", "the request was not made: Not a valid metric."),
        ),
        (Answer(None), Verdict("failed", None, "reset", "the connection was cut off")),
        (
            Answer(503, SLOW, fault="timeout"),
            Verdict("failed", 503, "timeout", "the answer was cut off"),
        ),
        (Answer(429, SLOW, JSON_API), Verdict("throttled", 429, *WORDS, 9.0)),
        (Answer(503, SLOW, JSON_API), Verdict("failed", 503, *WORDS, 9.0)),
        (Answer(503), Verdict("failed", 503, "503", "answered 503")),
        (Answer(401, body=JSON_API), Verdict("stop", 401, "key", *WORDS[1:])),
        (Answer(409, body=REPEAT), Verdict("duplicate", 409, "duplicate_event", "There already.")),
        (Answer(404, body=JSON_API), Verdict("refused", 404, *WORDS)),
        (Answer(413, body=JSON_API), Verdict("too-large", 413, *WORDS)),
    ],
    ids=lambda one: f"{one.status}-{one.fault}" if isinstance(one, Answer) else one.kind,
)
def test_a_verdict_says_all_that_the_answer_says(answer: Answer, verdict: Verdict) -> None:
    """Kind, status, code, sentence, place and wait: a person reads them, and so do retries."""
    assert judged(answer) == verdict


PAGE = b"<HTML lang=en><head>\n<title id=x> No &amp;\n entry </title>"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(204), "204 with an empty body"),
        (Answer(200, body=b" \n"), "200 with an empty body"),
        (Answer(403, body=PAGE), '403 with a web page, "No & entry"'),
        (Answer(403, body=b"<html>" + b"x" * 99), "403 with a web page"),
        (Answer(403, body=b"<title>" + b"x" * 999), f'403 with a web page, "{"x" * 80}"'),
        (Answer(302, {"location": "https://a.b/c?key=1#x"}), "302, a redirect to https://a.b/c"),
        (Answer(302, {"location": "https://me:pw@a.b:8/c"}), "302, a redirect to https://a.b:8/c"),
        (Answer(302, {"location": "/login?x"}), "302, a redirect to /login"),
        (Answer(302, {"location": "https://[x"}), "302, a redirect to https://[x"),
        (Answer(302, {"location": "/" + "x" * 999}), f"302, a redirect to /{'x' * 79}"),
        (Answer(302), "302 with an empty body"),
        (Answer(201, {"location": "/x"}), "201 with an empty body"),
        (Answer(202, body=JSON_API), "202 with JSON:API errors in the body"),
        (Answer(400, body=b"\xff no"), "400 with a body that is not Klaviyo's"),
        (Answer(200, body=b'{"ok": true}'), "200 with a body that is not Klaviyo's"),
    ],
    ids=lambda one: str(one.status) if isinstance(one, Answer) else one[:20],
)
def test_a_stranger_is_told_as_what_it_is(answer: Answer, told: str) -> None:
    """A page by its title, a redirect by its place, without what may be a secret."""
    assert described(answer) == judged(answer).detail == f"answered {told}"


def test_a_stranger_is_not_waited_for_as_long_as_klaviyo() -> None:
    """A proxy's day would be a day lost; Klaviyo's own word counts."""
    for status in (429, 503):
        for body, longest in ((b"", MAX_FOREIGN_WAIT), (JSON_API, MAX_WAIT)):
            for seconds in (1.0, 299.0, 301.0, 86_399.0, 86_401.0):
                answer = Answer(status, {"retry-after": f"{seconds:g}"}, body)
                assert judged(answer).wait == min(seconds, longest)


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
        ("1e3", None),
        ("99999999999", MAX_WAIT),
        ("1_0", None),
        ("inf", None),
        ("9" * 5_000, MAX_WAIT),
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
            assert judged(Answer(429, {"retry-after": text}, wall=50.0)).wait == 10.0
    finally:
        monkeypatch.undo()
        time.tzset()


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
