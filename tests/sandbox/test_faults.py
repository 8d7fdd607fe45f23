"""Bad luck on order: the same seed, the same trouble, or a failing run could not be looked into."""

import http.client
import json
import random
from collections import Counter
from urllib.parse import urlsplit

import pytest

from walkeros_klaviyo.sandbox import Faults, Sandbox, parse_faults
from walkeros_klaviyo.sandbox.faults import ERRORS, FOREIGN, NAMES
from walkeros_klaviyo.sandbox.serve import running

OLD = "error=0.1,reset=0.1,slow=0.1,throttle=0.1,half=0.1,lie=0.1"
SPEC = f"{OLD},page=0.1,stray=0.1"


def _run(seed, spec, post, make, count=200):
    sandbox = Sandbox(limits="off", faults=parse_faults(spec), seed=seed, slow_seconds=0.0)
    replies = [post(sandbox, "event", make.event(unique_id=str(n))) for n in range(count)]
    return sandbox, [(reply.status, reply.cut) for reply in replies]


def test_a_seed_gives_its_faults_again(post, make):
    assert _run(7, SPEC, post, make)[1] == _run(7, SPEC, post, make)[1]
    assert _run(7, SPEC, post, make)[1] != _run(8, SPEC, post, make)[1]


def test_the_draws_of_a_seed_stay_what_they_were():
    """A seed that once showed a fault shows it again, also after an update."""
    faults, luck = parse_faults(OLD), random.Random(7)
    drawn = [faults.draw(luck) for _ in range(16)]
    assert [fault and fault.name for fault in drawn] == [
        *("throttle", "error", None, "half", "error", "lie", "error", "lie"),
        *("reset", "lie", None, "throttle", "error", None, "reset", "reset"),
    ]


def test_a_reset_starts_the_luck_over(post, make):
    sandbox, before = _run(7, SPEC, post, make)
    sandbox.reset()
    again = [post(sandbox, "event", make.event(unique_id=str(n))).status for n in range(200)]
    assert again == [status for status, _ in before]


def test_each_fault_comes_about_as_often_as_asked():
    faults, luck = parse_faults(SPEC), random.Random(3)
    drawn = [faults.draw(luck) for _ in range(10_000)]
    names = Counter(None if fault is None else fault.name for fault in drawn)
    assert set(names) == {None, *NAMES}
    assert all(800 < names[name] < 1_200 for name in NAMES)


@pytest.mark.parametrize("name", ["slow", "half", "lie"])
def test_a_fault_after_the_work_leaves_the_event_recorded(post, make, name):
    sandbox, replies = _run(1, f"{name}=1", post, make, 5)
    assert sandbox.stats()["events"] == 5
    assert set(replies) == {{"slow": (202, False), "half": (202, True), "lie": (503, False)}[name]}


@pytest.mark.parametrize("name", ["error", "throttle"])
def test_a_fault_before_the_work_records_nothing(post, make, name):
    sandbox, replies = _run(1, f"{name}=1", post, make, 40)
    assert sandbox.stats()["events"] == 0
    statuses = {status for status, _ in replies}
    assert statuses == (set(ERRORS) if name == "error" else {429})
    assert sandbox.stats()["throttled"] == (0 if name == "error" else 40)


def test_a_forced_throttle_says_when_to_come_back(post, make):
    sandbox = Sandbox(limits="off", faults=Faults({"throttle": 1.0}))
    reply = post(sandbox, "event", make.event())
    assert int(dict(reply.headers)["retry-after"]) >= 1
    assert json.loads(reply.body)["errors"][0]["code"] == "throttled"


def test_a_closed_connection_may_or_may_not_have_recorded(post, make):
    sandbox, replies = _run(1, "reset=1", post, make, 50)
    assert {status for status, _ in replies} == {None}
    assert 0 < sandbox.stats()["events"] < 50


def test_a_refusal_meets_the_same_luck(post, make):
    sandbox = Sandbox(faults=Faults({"lie": 1.0}))
    assert post(sandbox, "event", make.event(value="x")).status == 503
    assert sandbox.stats()["rejected"] == 1
    assert sandbox.requests()[0]["fault"] == "lie"


def test_a_slow_answer_is_late(post, make):
    sandbox = Sandbox(limits="off", faults=Faults({"slow": 1.0}), slow_seconds=3.0)
    assert post(sandbox, "event", make.event()).delay == 3.0


def test_every_request_is_counted_whatever_became_of_it(post, make):
    assert _run(1, SPEC, post, make)[0].stats()["requests"] == 200


def _seen(url, path, body, headers):
    """What a client without any patience sees of one request."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        answer.read()
    except http.client.IncompleteRead:
        return "half"
    except (ConnectionError, http.client.BadStatusLine):
        return "reset"
    finally:
        connection.close()
    if answer.status == 429:
        assert int(answer.headers["retry-after"]) >= 1
        return "throttle"
    return answer.status


def _wire(spec, seed, make, bulk=False, count=300):
    sandbox = Sandbox(limits="off", faults=parse_faults(spec), seed=seed, slow_seconds=0.0)
    with running(sandbox) as url:
        seen = [
            _seen(url, "/api/event-bulk-create-jobs", _two(make, n), make.headers)
            if bulk
            else _seen(url, "/api/events", make.event(unique_id=str(n)), make.headers)
            for n in range(count)
        ]
    return sandbox, seen


def _two(make, n):
    rows = [make.row(unique_id=f"{n}-{side}") for side in "ab"]
    return make.bulk(make.group(make.profile(), *rows))


@pytest.mark.parametrize("bulk", [False, True], ids=["single", "bulk"])
def test_over_the_wire_each_fault_is_seen_as_often_as_asked(make, bulk):
    sandbox, seen = _wire("error=0.1,reset=0.1,throttle=0.1,half=0.1,lie=0.1", 5, make, bulk)
    counts = Counter(seen)
    assert set(counts) == {202, "half", "reset", "throttle", *ERRORS}
    assert all(10 < counts[name] < 50 for name in ("half", "reset", "throttle"))
    assert 25 < sum(counts[status] for status in ERRORS) < 95
    assert counts[503] > counts[500]  # an error now and then, and every lie
    kept = [row for row in sandbox.requests() if row["status"] == 202]
    assert sandbox.stats()["events"] == len(kept) * (2 if bulk else 1)
    assert len(kept) > counts[202] + counts["half"]
    assert sandbox.stats()["throttled"] == counts["throttle"]


def test_over_the_wire_a_seed_gives_its_faults_again(make):
    spec = "error=0.2,reset=0.2,throttle=0.1,half=0.1,lie=0.1"
    (one, seen), (two, again) = _wire(spec, 9, make, count=80), _wire(spec, 9, make, count=80)
    assert seen == again
    assert one.events() == two.events()
    assert _wire(spec, 10, make, count=80)[1] != seen


@pytest.mark.parametrize("name", NAMES)
def test_one_fault_alone_leaves_the_others_out(make, post, name):
    sandbox, _ = _run(2, f"{name}=0.3", post, make, 400)
    faults = Counter(row.get("fault") for row in sandbox.requests())
    assert set(faults) == {None, name}
    assert 80 < faults[name] < 160
    recorded = [
        row
        for row in sandbox.requests()
        if row["status"] == 202 and row.get("fault") not in FOREIGN
    ]
    assert sandbox.stats()["events"] == len(recorded)


def test_a_bulk_is_recorded_whole_or_not_at_all(make, post):
    sandbox = Sandbox(limits="off", faults=parse_faults(SPEC), seed=4, slow_seconds=0.0)
    for n in range(100):
        post(sandbox, "bulk", _two(make, n))
    seen = Counter(event["unique_id"].split("-")[0] for event in sandbox.events())
    assert set(seen.values()) == {2}
    assert 0 < len(seen) < 100


def test_resent_until_taken_everything_is_recorded_once(make, post):
    """The loop that a careful sender runs, in bulk: a duplicate is as good as taken, and a receipt
    is empty."""
    sandbox = Sandbox(limits="off", faults=parse_faults(SPEC), seed=6, slow_seconds=0.0)
    for n in range(60):
        for _ in range(50):
            reply = post(sandbox, "bulk", _two(make, n))
            taken = reply.status == 202 and not reply.body and not reply.cut
            if taken or (reply.status == 409 and not reply.cut):
                break
    assert sorted(event["unique_id"] for event in sandbox.events()) == sorted(
        f"{n}-{side}" for n in range(60) for side in "ab"
    )


def test_faults_and_published_limits_go_together(make, post):
    sandbox = Sandbox(faults=parse_faults("error=0.2,throttle=0.2"), seed=1)
    replies = [post(sandbox, "bulk", _two(make, n)) for n in range(100)]
    counts = Counter(reply.status for reply in replies)
    assert counts[202] == 10  # of one second
    assert sandbox.stats()["throttled"] == counts[429]
    assert all("retry-after" in dict(reply.headers) for reply in replies if reply.status == 429)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("eror=0.1", 'did you mean "error"'),
        ("zzz=0.1", "known are error"),
        ("error", "from 0 to 1"),
        ("error=x", "from 0 to 1"),
        ("error=nan", "from 0 to 1"),
        ("error=1.5", "from 0 to 1"),
        ("error=-1", "from 0 to 1"),
        ("error=0.1,error=0.2", "given twice"),
        ("error=0.6,lie=0.6", "the rates of error, lie add up to more than 1"),
        ("error=0.5,page=0.3,stray=0.3", "error, page, stray add up to more than 1"),
        ("poisson=0.1", 'did you mean "poison"'),
        ("byte=5", 'did you mean "bytes"'),
        ("zzz=0.1", "phone, cancel, bytes, rows"),
        ("poison=2", "from 0 to 1, such as poison=0.05"),
        ("cancel", "from 0 to 1"),
        ("bytes", "bytes: give a whole number from 1, such as bytes=100000"),
        ("bytes=0", "whole number from 1"),
        ("bytes=-5", "whole number from 1"),
        ("rows=0.5", "rows: give a whole number from 1, such as rows=100"),
        ("rows=٣", "whole number from 1"),
        ("rows=5,rows=6", "given twice"),
    ],
)
def test_a_bad_specification_says_what_is_wrong(spec, says):
    with pytest.raises(ValueError, match=says):
        parse_faults(spec)


@pytest.mark.parametrize("spec", ["", " ", "error=0", "error=1", " error = 0.5 , lie=0.5,"])
def test_a_good_specification_is_read(spec):
    assert sum(parse_faults(spec).rates.values()) <= 1


def test_every_kind_goes_with_every_other():
    """What has a chance of its own, or none, takes nothing from the one draw."""
    spec = "error=0.6,stray=0.4,poison=1,conflict=0.9,phone=0.8,cancel=0.7,bytes=9,rows=8"
    read = Faults({"error": 0.6, "stray": 0.4}, 1.0, 0.9, 0.8, 0.7, 9, 8)
    assert parse_faults(spec) == read


def test_what_no_draw_decides_is_no_rate_of_a_draw():
    with pytest.raises(ValueError, match="poison: not decided by a draw; those are error"):
        Faults({"poison": 0.1})
