"""What was recorded outlives the sandbox: a killed one that forgot would make a sender look guilty
of losing events, or hide that it doubles them."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections import Counter
from http.client import HTTPException
from itertools import count
from threading import Thread
from urllib.request import Request, urlopen

import pytest

from walkeros_klaviyo.sandbox import Faults, JournalError, Sandbox, parse_faults
from walkeros_klaviyo.sandbox.journal import HEADER

JOBS = "/api/profile-bulk-import-jobs"
CHANNELS = {"email": {"marketing": {"consent": "SUBSCRIBED"}}}


@pytest.fixture
def opened(tmp_path, make):
    """Sandboxes on one file, closed at the end."""
    made = []

    def open_one(path=tmp_path / "kept.jsonl", **options):
        options = {"limits": "off", "clock": lambda: make.now} | options
        made.append(Sandbox(store=path, **options))
        return made[-1]

    open_one.path = tmp_path / "kept.jsonl"
    yield open_one
    for one in made:
        one.close()


def _all_of_it(sandbox):
    lists = (sandbox.event_lines(), sandbox.profile_lines(), sandbox.request_lines())
    return sandbox.stats(), *map(list, lists)


def _everything(sandbox, post, get, make):
    """Something of each kind: taken, repeated, merged, refused, imported, asked, subscribed."""
    ada, u1 = make.profile(email="ada@example.com"), make.profile(external_id="u1")
    post(sandbox, "event", make.event(profile=ada, unique_id="1", value=10**20), 1.7e9 + 0.1)
    post(sandbox, "event", make.event(profile=ada, unique_id="1"))
    post(sandbox, "event", make.event(profile=u1), 1.7e9 + 1 / 3)
    post(sandbox, "event", make.event(profile=u1), 1.7e9 + 2 / 3)
    post(sandbox, "upsert", make.upsert(make.profile(external_id="u1", email="ADA@example.com")))
    rows = [make.row(unique_id=str(n), properties={"n": n, "x": "é\u2028\n"}) for n in range(9)]
    post(sandbox, "bulk", make.bulk(make.group(u1, *rows, backfill=True)))
    post(sandbox, "bulk", make.bulk(make.group(u1, *rows)))
    post(sandbox, "event", make.event(value="x"))
    post(sandbox, "event", b"no json \xff")
    post(sandbox, "/api/nothing", {})
    two = make.profile(external_id="u1", email="eve@example.com")
    profiles = [make.profile(external_id="u2", title="T"), make.profile(email="bad"), two, None]
    post(sandbox, "upsert", make.upsert(make.profile(email="eve@example.com", external_id="e")))
    for polls in range(3):
        job = json.loads(post(sandbox, "import", make.job(*profiles)).body)["data"]["id"]
        for n in range(polls):
            get(sandbox, f"{JOBS}/{job}", now=make.now + n)
        get(sandbox, f"{JOBS}/{job}/import-errors")
    post(
        sandbox,
        "subscribe",
        make.subscription(make.profile(email="ada@example.com", subscriptions=CHANNELS)),
    )
    listed = make.person("SUBSCRIBED", "sms", phone_number="+15005550006")
    leaver = make.person("UNSUBSCRIBED", "sms", phone_number="+15005550006")
    post(sandbox, "subscribe", make.subscription(listed, chosen="Y6nRLr", custom_source="S"), 1e9)
    for now in (1e9 + 1, 1e9 + 2.5):  # from the list, and then altogether
        post(sandbox, "unsubscribe", make.unsubscription(leaver, chosen="Y6nRLr"), now)
    get(sandbox, "/api/accounts")


def test_everything_comes_back_as_it_was(opened, post, get, make):
    before = opened(import_polls=2)
    _everything(before, post, get, make)
    answers = [_job(before, get, n, make.now + 7) for n in (1, 2, 3)]
    told = _all_of_it(before)
    before.close()
    after = opened(import_polls=2)
    assert _all_of_it(after) == told
    assert told[0]["duplicates"] == 2
    assert told[0]["rejected"] >= 5
    assert after.record.days == before.record.days
    assert after.record.metrics == before.record.metrics
    assert list(after.record.rejections) == list(before.record.rejections)
    states = [answer["data"]["attributes"]["status"] for answer, _ in answers]
    assert states == ["processing", "complete", "complete"]
    for number, (_, errors) in enumerate(answers[1:], 2):
        assert _job(after, get, number, make.now + 9)[1] == errors


def _job(sandbox, get, number, now):
    path = f"{JOBS}/sandbox-job-{number}"
    job = json.loads(get(sandbox, path, now=now).body)
    return job, json.loads(get(sandbox, f"{path}/import-errors", now=now).body)


def test_what_comes_back_goes_on(opened, post, make):
    """A repeat is still a repeat, and the next job is not the last one's twin."""
    before = opened()
    post(before, "event", make.event(unique_id="1"))
    first = json.loads(post(before, "import", make.job(make.profile())).body)["data"]["id"]
    before.close()
    after = opened()
    post(after, "event", make.event(unique_id="1"))
    assert post(after, "bulk", make.bulk(make.group(make.profile(), make.row(unique_id="1"))))
    second = json.loads(post(after, "import", make.job(make.profile())).body)["data"]["id"]
    assert (after.stats()["events"], after.stats()["duplicates"]) == (1, 1)
    assert first != second


def test_other_settings_do_not_change_what_was(opened, post, get, make):
    before = opened(refuse=["poison"], import_polls=1)
    post(before, "event", make.event("poison"))
    post(before, "import", make.job(make.profile(title="poison"), make.profile(external_id="u")))
    told = _all_of_it(before)
    before.close()
    after = opened(refuse=["Ada", "u"], deny=["events:write"], import_polls=0)
    assert _all_of_it(after) == told
    job, errors = _job(after, get, 1, make.now)
    assert job["data"]["attributes"]["failed_count"] == len(errors["data"]) == 1


def test_bad_luck_comes_back_as_what_it_came_to(opened, post, make):
    spec = "error=0.15,reset=0.2,slow=0.15,throttle=0.15,half=0.15,lie=0.15"
    before = opened(faults=parse_faults(spec), seed=3)
    for n in range(200):
        post(before, "event", make.event(unique_id=str(n)))
    told = _all_of_it(before)
    before.close()
    assert _all_of_it(opened()) == told
    assert 0 < told[0]["events"] < 200
    assert told[0]["throttled"] > 0


def test_what_others_said_comes_back_as_said_and_not_as_done(opened, post, make):
    """Some of it has the status of a receipt."""
    before = opened(faults=parse_faults("page=0.4,stray=0.4"), seed=3)
    for n in range(200):
        post(before, "event", make.event(unique_id=str(n)))
    assert {"page", "stray"} <= {row.get("fault") for row in before.requests()}
    told = _all_of_it(before)
    before.close()
    assert _all_of_it(opened()) == told


def test_what_was_held_up_or_disliked_comes_back_so(opened, post, get, make):
    faults = parse_faults("poison=0.3,conflict=0.3,phone=0.3,cancel=0.5,bytes=2000,rows=2")
    before = opened(faults=faults, seed=3)
    for n in range(60):
        who = make.profile(external_id=f"u{n}", phone_number=f"+1500555{n:04d}")
        post(before, "event", make.event(profile=who, unique_id=str(n)))
        post(before, "upsert", make.upsert(who))
        post(before, "import", make.job(who, make.profile(email=f"a{n}@example.com")))
        post(before, "import", make.job(who, who, who))
    post(before, "event", make.event(properties={"x": "y" * 2_000}))
    jobs = len(before._memory.state.jobs)
    shown = [_job(before, get, number + 1, make.now) for number in range(jobs)]
    ends = Counter(job["data"]["attributes"]["status"] for job, _ in shown)
    assert set(ends) == {"complete", "cancelled"}
    told = _all_of_it(before)
    before.close()
    after = opened()
    assert _all_of_it(after) == told
    assert [_job(after, get, number + 1, make.now) for number in range(jobs)] == shown


def test_only_the_owner_reads_it(opened, post, make):
    post(opened(), "event", make.event())
    assert stat.S_IMODE(opened.path.stat().st_mode) == 0o600


def test_no_key_is_in_it(opened, post, make):
    sandbox = opened(reject_keys=["pk_secret_a"])
    for key in ("pk_secret_a", "pk_secret_b"):
        post(sandbox, "event", make.event(), authorization=f"Klaviyo-API-Key {key}")
    assert b"pk_secret" not in opened.path.read_bytes()


@pytest.mark.parametrize("cut", [1, 2, 30, 200])
def test_a_torn_last_line_is_cut_off(opened, post, make, cut):
    """Its request was never answered, so its sender sends it again."""
    before = opened()
    for n in range(3):
        post(before, "event", make.event(unique_id=str(n)))
    before.close()
    whole = opened.path.read_bytes()
    opened.path.write_bytes(whole[:-cut])
    after = opened()
    assert after.stats()["events"] == 2
    post(after, "event", make.event(unique_id="2"))
    assert opened.path.read_bytes() == whole
    after.close()
    assert opened().stats()["events"] == 3


def test_torn_anywhere_it_comes_back(opened, post, make):
    before = opened()
    rows = [make.row(unique_id=str(n)) for n in range(5)]
    post(before, "bulk", make.bulk(make.group(make.profile(), *rows)))
    post(before, "event", make.event(unique_id="x"))
    before.close()
    whole = opened.path.read_bytes()
    for length in range(len(HEADER), len(whole) + 1, 17):
        opened.path.write_bytes(whole[:length])
        torn = opened()
        assert torn.stats()["events"] == {0: 0, 1: 5, 2: 6}[torn.stats()["requests"]]
        torn.close()


def test_an_empty_file_becomes_a_store(opened, post, make):
    opened.path.touch(0o644)
    before = opened()
    post(before, "event", make.event())
    before.close()
    assert opened().stats()["events"] == 1
    assert stat.S_IMODE(opened.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "not a sandbox's store"),
        (b"SQLite format 3\0" + b"\0" * 100, "not a sandbox's store"),
        (b'{"name": "order complete"}\n', "not a sandbox's store"),
        (HEADER[:-1], "not a sandbox's store|another version"),
        (HEADER.replace(b"1}", b"2}"), "another version"),
        (HEADER + b"{}\n", "damaged in line 2"),
        (HEADER + b"\n", "damaged in line 2"),
        (HEADER + b"\xff\n" + b"torn", "damaged in line 2"),
        (HEADER + b'{"at":1,"call":"events.create_event","status":202,"body":{}}\n', "damaged"),
        (HEADER + b'{"at":1,"call":"events.create_event","status":202,"body":null}\n', "damaged"),
    ],
)
def test_a_file_that_is_not_ours_is_left_untouched(opened, content, says):
    opened.path.write_bytes(content)
    opened.path.chmod(0o640)
    before = opened.path.stat()
    with pytest.raises(JournalError, match=says):
        opened()
    after = opened.path.stat()
    assert opened.path.read_bytes() == content
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)


def test_what_is_no_file_is_refused(opened, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none" / "kept"):
        with pytest.raises(JournalError):
            opened(path)


def test_two_sandboxes_do_not_share_a_file(opened, post, make):
    first = opened()
    with pytest.raises(JournalError, match="in use by another sandbox"):
        opened()
    post(first, "event", make.event())
    first.close()
    assert opened().stats()["events"] == 1


def test_a_reset_empties_the_store(opened, post, make):
    before = opened()
    post(before, "event", make.event(unique_id="1"))
    before.reset()
    assert opened.path.read_bytes() == HEADER
    post(before, "event", make.event(unique_id="2"))
    before.close()
    assert [event["unique_id"] for event in opened().events()] == ["2"]


def test_nothing_is_answered_that_could_not_be_kept(opened, post, make, monkeypatch):
    """A full disk: 503, so that the sender comes again, and the file keeps only whole lines."""
    sandbox = opened()
    post(sandbox, "event", make.event(unique_id="1"))
    whole, write = opened.path.read_bytes(), os.write
    room = [20]

    def full(file, data):
        if not room[0]:
            raise OSError(28, "No space left on device")
        count = write(file, bytes(data)[: room[0]])
        room[0] -= count
        return count

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        reply = post(sandbox, "event", make.event(unique_id="2"))
    assert (reply.status, opened.path.read_bytes()) == (503, whole)
    assert "No space left" in json.loads(reply.body)["errors"][0]["detail"]
    assert post(sandbox, "event", make.event(unique_id="3")).status == 503
    sandbox.close()
    after = opened()
    assert post(after, "event", make.event(unique_id="2")).status == 202
    assert [event["unique_id"] for event in after.events()] == ["1", "2"]


def test_a_lie_is_kept(opened, post, make):
    before = opened(faults=Faults({"lie": 1.0}))
    assert post(before, "event", make.event(unique_id="1")).status == 503
    before.close()
    assert opened().stats()["events"] == 1


def test_deep_bodies_that_are_taken_come_back(opened, post, make):
    before = opened()
    for depth in (10, 250, 300, 900, 980):
        raw = json.dumps(make.event(unique_id=str(depth), properties={"a": 0})).encode()
        post(before, "event", raw.replace(b'"a": 0', b'"a": ' + b"[" * depth + b"]" * depth))
    told = _all_of_it(before)
    before.close()
    assert _all_of_it(opened()) == told


def _sandbox(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "walkeros_klaviyo", "sandbox", "--port", "0", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _fetch(url, what):
    with urlopen(f"{url}/sandbox/{what}") as answer:
        return answer.read()


def _send(url, make, name, answered):
    """Bulk after bulk, until nobody is there."""
    for n in count():
        rows = [
            make.row(unique_id=f"{name}-{n}-{place}", properties={"x": "y" * 2_000})
            for place in range(50)
        ]
        body = json.dumps(make.bulk(make.group(make.profile(), *rows))).encode()
        try:
            with urlopen(Request(f"{url}/api/event-bulk-create-jobs", body, make.headers)) as got:
                assert got.status == 202
        except (OSError, HTTPException):
            return
        answered.append(f"{name}-{n}")


def test_killed_while_it_works_it_holds_what_it_answered(tmp_path, make):
    """kill -9 in the middle of the sending, three times: bulks are there whole or not at all."""
    path, answered = tmp_path / "kept", []
    for life in range(3):
        with _sandbox("--store", str(path), "--limits", "off") as process:
            url = process.stdout.readline().strip()
            threads = [
                Thread(target=_send, args=(url, make, f"{life}{side}", answered)) for side in "abc"
            ]
            for thread in threads:
                thread.start()
            while len(answered) < 12 * (life + 1):
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
            for thread in threads:
                thread.join()
    with _sandbox("--store", str(path)) as process:
        url = process.stdout.readline().strip()
        lines = _fetch(url, "events.jsonl").splitlines()
        process.terminate()
    bulks = Counter(json.loads(line)["unique_id"].rsplit("-", 1)[0] for line in lines)
    assert set(answered) <= set(bulks)
    assert set(bulks.values()) == {50}
    assert len(bulks) <= len(answered) + 9  # those that were under way


def test_killed_and_started_again_it_shows_the_same(tmp_path, make):
    shown = []
    for _ in range(2):
        with _sandbox("--store", str(tmp_path / "kept"), "--limits", "off") as process:
            url = process.stdout.readline().strip()
            if not shown:
                for n in (1, 2, 2, 3):
                    body = json.dumps(make.event(unique_id=str(n))).encode()
                    urlopen(Request(f"{url}/api/events", body, make.headers)).close()
            parts = ("stats", "events.jsonl", "profiles.jsonl", "requests.jsonl")
            shown.append([_fetch(url, part) for part in parts])
            process.send_signal(signal.SIGKILL)
    assert shown[0] == shown[1]
    assert json.loads(shown[1][0]) == {
        "events": 3,
        "profiles": 1,
        "duplicates": 1,
        "rejected": 0,
        "throttled": 0,
        "requests": 4,
    }
