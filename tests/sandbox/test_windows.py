"""The pace is judged by the moment that is given, so these tests wait for nobody."""

from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.windows import Used, slide, turn


def _count(burst, steady, moments):
    used, passed = Used(), []
    for now in moments:
        result = turn(used, burst, steady, now)
        used = result.used
        passed.append(result.retry_after)
    return passed


def test_the_burst_is_counted_by_the_second():
    assert _count(2, 100, [0.0, 0.5, 0.99, 1.0]) == [None, None, 1, None]


def test_the_minute_is_counted_beside_it():
    assert _count(2, 3, [0.0, 1.0, 2.0, 3.5, 59.9, 60.0]) == [None, None, None, 57, 1, None]


def test_a_refused_request_costs_nothing():
    assert _count(1, 2, [0.0, 0.1, 0.2, 1.0, 60.0]) == [None, 1, 1, None, None]


def test_what_is_left_is_told():
    first = turn(Used(), 10, 150, 61.0)
    assert (first.remaining, first.reset) == (149, 59)
    assert turn(first.used, 10, 150, 61.5).remaining == 148


def test_the_published_rates_hold_for_each_key_and_call(post, make):
    sandbox = Sandbox()
    for n in range(350):
        assert post(sandbox, "event", make.event(unique_id=str(n))).status == 202
    reply = post(sandbox, "event", make.event(unique_id="x"))
    assert (reply.status, dict(reply.headers)["retry-after"]) == (429, "1")
    assert sandbox.stats()["throttled"] == 1
    assert sandbox.stats()["events"] == 350
    other = {"authorization": "Klaviyo-API-Key pk_other"}
    assert post(sandbox, "event", make.event(unique_id="x"), **other).status == 202
    assert post(sandbox, "upsert", make.upsert(make.profile())).status == 200
    assert post(sandbox, "event", make.event(unique_id="y"), make.now + 1).status == 202


def test_the_steady_rate_ends_a_minute(post, make):
    sandbox = Sandbox()
    start = make.now // 60 * 60
    for n in range(150):
        body = make.bulk(make.group(make.profile(), make.row(unique_id=str(n))))
        assert post(sandbox, "bulk", body, start + n // 10).status == 202
    reply = post(sandbox, "bulk", b"{}", start + 15)
    assert (reply.status, dict(reply.headers)["retry-after"]) == (429, "45")


def test_answers_tell_the_rate(post, make):
    headers = dict(post(Sandbox(), "event", make.event()).headers)
    assert headers["ratelimit-limit"] == "3500, 350;w=1, 3500;w=60"
    assert headers["ratelimit-remaining"] == "3499"
    assert 1 <= int(headers["ratelimit-reset"]) <= 60


def test_without_limits_nothing_is_throttled(sandbox, post, make):
    for n in range(400):
        reply = post(sandbox, "event", make.event(unique_id=str(n)))
        assert reply.status == 202
    assert "ratelimit-limit" not in dict(reply.headers)


def test_a_window_may_slide():
    """Any second and any minute counts, and a refused request costs nothing."""
    used, passed = Used(), []
    for now in (0.9, 1.1, 1.95, 2.0, 60.8, 60.95, 62.0):
        result = slide(used, 1, 3, now)
        used = result.used
        passed.append(result.retry_after)
    assert passed == [None, 1, None, 1, None, 1, None]


def test_the_sandbox_slides_where_it_is_told(post, make):
    sandbox = Sandbox(limits="sliding")
    late = make.now // 60 * 60 + 0.6
    for n in range(350):
        assert post(sandbox, "event", make.event(unique_id=str(n)), late).status == 202
    assert post(sandbox, "event", make.event(unique_id="x"), late + 0.9).status == 429
    assert post(sandbox, "event", make.event(unique_id="x"), late + 1.1).status == 202
