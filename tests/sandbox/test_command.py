"""The command: each option does what it says, and a wrong one is named."""

import json
import subprocess
import sys
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.end_to_end.command import inside

from walkeros_klaviyo.sandbox.faults import BOUNDS, CHANCES, NAMES

COMMAND = (sys.executable, "-m", "walkeros_klaviyo", "sandbox", "--port", "0")


@contextmanager
def _started(*words):
    with subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _post(url, path, body, headers):
    try:
        with urlopen(Request(url + path, json.dumps(body).encode(), headers)) as answer:
            return answer.status, None
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())["errors"][0]


def _get(url, path, headers):
    try:
        with urlopen(Request(url + path, headers=headers)) as answer:
            return answer.status
    except HTTPError as error:
        with error:
            return error.code


def test_what_it_was_told_to_refuse_it_refuses(make):
    words = ("--refuse", "Poisoned Metric", "--refuse", "other", "--pointers", "off")
    with _started(*words, "--deny", "events.bulk_create_events") as url:
        fine = _post(url, "/api/events", make.event(), make.headers)
        poisoned = _post(url, "/api/events", make.event("Poisoned Metric"), make.headers)
        other = _post(url, "/api/events", make.event(properties={"other": 1}), make.headers)
        bulk = make.bulk(make.group(make.profile(), make.row()))
        denied = _post(url, "/api/event-bulk-create-jobs", bulk, make.headers)
    assert fine == (202, None)
    assert (poisoned[0], poisoned[1]["source"]) == (400, {})
    assert poisoned[1]["detail"] == "The event was refused, for it holds 'Poisoned Metric'."
    assert other[0] == 400
    assert (denied[0], denied[1]["code"]) == (403, "permission_denied")


def test_what_stands_between_is_played_too(make):
    with _started("--faults", "bytes=2000,phone=1") as url:
        fine = _post(url, "/api/events", make.event(), make.headers)
        who = make.profile(phone_number="+15005550006")
        disliked = _post(url, "/api/events", make.event(profile=who), make.headers)
        with pytest.raises(HTTPError) as large:
            body = json.dumps(make.event(properties={"x": "y" * 2_000})).encode()
            urlopen(Request(f"{url}/api/events", body, make.headers))
    with large.value as error:
        page = error.read()
    assert fine == (202, None)
    assert (disliked[0], disliked[1]["code"]) == (400, "invalid")
    assert (large.value.code, b"<title>413" in page) == (413, True)


def test_it_has_the_lists_that_it_was_told_of(make):
    with _started("--list", "HBZrGh", "--list", "ABC123") as url:
        answers = [_get(url, f"/api/lists/{one}", make.headers) for one in ("HBZrGh", "Y6nRLr")]
    with _started() as url:
        answers.append(_get(url, "/api/lists/Y6nRLr", make.headers))
    assert answers == [200, 404, 200]


def test_every_kind_of_fault_is_in_the_help():
    words = {word.strip('.,;:"') for word in inside("sandbox", "--help").out.split()}
    assert {*NAMES, *CHANCES, *BOUNDS} <= words


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--deny", "event:write"), '--deny: event:write: unknown scope or call; did you mean "ev'),
        (("--refuse", ""), "--refuse: an empty string"),
        (("--faults", "eror=1"), '--faults: eror: unknown fault; did you mean "error"'),
        (("--faults", "rows=0"), "--faults: rows: give a whole number from 1"),
        (("--store", "."), "--store .: cannot be opened"),
        (("--store", "notes.txt"), "--store notes.txt: is not a sandbox's store"),
        (("--store", "none/kept"), "--store none/kept: cannot be opened"),
        (("--pointers", "maybe"), "--pointers"),
    ],
)
def test_a_wrong_value_is_named(tmp_path, words, says):
    (tmp_path / "notes.txt").write_text("mine")
    done = inside("sandbox", "--port", "0", *words, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert "Traceback" not in done.err
    assert (tmp_path / "notes.txt").read_text() == "mine"
