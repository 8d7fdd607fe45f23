"""`--log-format json`: can a program read all that is said, and does it hold nobody's data?"""

from __future__ import annotations

import json
import signal
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.end_to_end.command import (
    KEY,
    SHOP,
    apart,
    sandbox,
    shop_event,
    started,
    write_config,
    write_lines,
)

SECRET = "someone@example.com"
JSON = ("--log-format", "json")


def records(text: str) -> list[dict[str, Any]]:
    """The lines of a log, each of them with its time, level and message."""
    assert SECRET not in text and KEY not in text
    found = [json.loads(line) for line in text.splitlines()]
    assert all({"time", "level", "message"} <= one.keys() for one in found)
    return found


@pytest.fixture
def config(tmp_path: Path) -> str:
    return write_config(tmp_path / "shop.json", {**SHOP, "include": ["data"]})


def test_what_was_refused_is_told_by_code_and_the_end_in_numbers(
    config: str, tmp_path: Path
) -> None:
    """Klaviyo's refusal names the person; the log does not."""
    refused = shop_event(2, data={"total": 5, "note": SECRET})
    lines = [shop_event(1), refused, {"name": SECRET}, shop_event(3)]
    events = write_lines(tmp_path / "events.jsonl", lines)
    with sandbox("--limits", "off", "--refuse", SECRET) as host:
        store = str(tmp_path / "shop.db")
        words = ("-c", config, "--host", host, "--limits", "off", "--store", store)
        done = apart("run", events, *words, *JSON)
    said = records(done.err)
    assert (done.code, done.out) == (1, "")
    rejected = {(one["outcome"], one["line"]): one["code"] for one in said if "outcome" in one}
    assert rejected.keys() == {("dead", 2), ("invalid", 3)}
    end = said[-1]
    assert (end["message"], end["accepted"], end["delivered"]) == ("ended", 3, 2)
    assert (end["dead"], end["invalid"], end["exit_code"], end["stopped"]) == (1, 1, 1, None)


def test_serve_says_where_it_listens_and_how_it_ended(config: str, tmp_path: Path) -> None:
    words = ("serve", "-c", config, "--port", "0", "--sandbox", *JSON)
    with started(*words, cwd=tmp_path) as server:
        assert server.stdout is not None and server.stderr is not None
        url = server.stdout.readline().decode().strip()
        connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
        wrong = [{"name": SECRET}] * 50
        connection.request("POST", "/collect", json.dumps([shop_event(1), *wrong]))
        assert connection.getresponse().status == 207
        connection.close()
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
        said = records(server.stderr.read().decode())
        assert server.stdout.read() == b""
    assert said[0]["message"] == "listening" and said[0]["url"] == url
    assert (said[-1]["message"], said[-1]["accepted"], said[-1]["invalid"]) == ("ended", 1, 50)
    assert [one["count"] for one in said if "outcome" in one] == [50]  # no flood of them


@pytest.mark.parametrize("command", [("run", "-"), ("serve",)])
def test_a_mistake_is_a_line_of_the_log_too(command: tuple[str, ...], tmp_path: Path) -> None:
    wrong = write_config(tmp_path / "shop.json", {"settings": {"emial": "user.email"}})
    done = apart(*command, "-c", wrong, *JSON)
    said = records(done.err)
    assert done.code == 2
    assert any("emial" in one["message"] and one["level"] == "warning" for one in said)
