"""What others wrote is shown, and obeyed by no terminal: names, words, paths, whatever it is."""

from __future__ import annotations

import json
import os
import pty
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.command import (
    SHOP,
    Result,
    here,
    shop_event,
    started,
    write_config,
    write_lines,
)
from tests.end_to_end.server import hosting, http

EVIL = "\x1b[2J\x9b1m\x7f\x07\r\u202e\u2066\u200f\u061c\u2028\u0085\nFORGED"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
WORDS = json.dumps({"errors": [{"code": f"code{EVIL}", "detail": f"detail{EVIL}"}]}).encode()
EVENT = shop_event(
    1,
    name=f"order{EVIL} complete{EVIL}",
    id=f"id{EVIL}",
    user={"id": f"u{EVIL}", "email": f"a{EVIL}@example.com"},
    data={f"key{EVIL}": f"value{EVIL}", "total": f"1{EVIL}", "currency": EVIL},
)
OPEN = {
    "include": ["data", "user"],
    "mapping": {
        f"order{EVIL}": {
            f"complete{EVIL}": {
                "name": f"Placed{EVIL}",
                "data": {"map": {f"Total{EVIL}": f"data.key{EVIL}", "Gone": f"data.gone{EVIL}"}},
                "settings": {"value": "data.total", "currency": "data.currency"},
            }
        }
    },
}


def texts_of(value: Any) -> list[str]:
    """Every text and key in a JSON value."""
    if isinstance(value, dict):
        return [*value, *texts_of(list(value.values()))]
    if isinstance(value, list):
        return [text for one in value for text in texts_of(one)]
    return [value] if isinstance(value, str) else []


def is_clean(result: Result, *words: str) -> Result:
    """Nothing in it is obeyed, no line is made up, and what was evil is to be seen."""
    found = OBEYED.search(result.said)
    assert found is None, result.said[max(0, found.start() - 80) : found.end() + 20]
    assert not [line for line in result.said.splitlines() if line.lstrip().startswith("FORGED")]
    assert "Traceback" not in result.said
    for word in words:
        assert word in result.said, result.said
    return result


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A configuration with such names, in a file with such a name."""
    return write_config(tmp_path / f"shop{EVIL}.json", OPEN)


@pytest.fixture
def events(tmp_path: Path) -> str:
    """Events with such names, in such a file."""
    lines = [EVENT, b"{" + EVIL.partition("\n")[0].encode(), shop_event(2, user={}, name=EVIL)]
    return write_lines(tmp_path / f"events{EVIL}.jsonl", lines)


@pytest.mark.parametrize(
    "words",
    [
        ("explain",),
        ("verify", "--examples", "2", "--events"),
        ("verify", "--examples", "2", "--github", "--events"),
        ("run", "--sandbox", "--dry-run"),
        ("run", "--sandbox", "--limits", "off"),
    ],
    ids=" ".join,
)
def test_a_command_shows_what_is_in_events_and_configurations(
    words: tuple[str, ...], config: str, events: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names, ids, values, places, and the names of the files themselves."""
    is_clean(here(monkeypatch, *words, events, "--config", config), r"\x1b[2J", r"\u202e")


@pytest.mark.parametrize(
    "words",
    [("plan",), ("explain", "--json"), ("verify", "--examples", "2", "--json", "--events")],
    ids=" ".join,
)
def test_json_is_clean_and_means_the_same(
    words: tuple[str, ...], config: str, events: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Escaped as JSON escapes: whoever reads it as JSON gets every character back."""
    result = is_clean(here(monkeypatch, *words, events, "--config", config), r"\u009b1m\u007f")
    assert any(EVIL in text for text in texts_of(result.rows))


def test_klaviyos_words_are_shown(
    config: str, events: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the summary, in the store's tables and rows, in the rejects."""
    store, rejects = str(tmp_path / f"s{EVIL}.db"), tmp_path / "rejects.jsonl"
    with hosting(http("400 Bad Request", WORDS)) as host:
        words = ("--host", host.url, "--mode", "single", "--store", store)
        run = here(monkeypatch, "run", events, "-c", config, *words, "--rejects", str(rejects))
        is_clean(run, r"Placed\x1b[2J", r"s\x1b[2J")
        assert run.code == 1
    for command in ("status", "dead"):
        is_clean(here(monkeypatch, "store", command, "--store", store), r"\x1b[2J")
        told = is_clean(here(monkeypatch, "store", command, "--store", store, "--json"))
        assert any(f"Placed{EVIL}" in text for text in texts_of(told.rows))
    kept = rejects.read_text()
    assert OBEYED.search(kept) is None
    assert any(EVIL in text for text in texts_of([json.loads(one) for one in kept.splitlines()]))


def test_the_reason_of_a_stop_is_shown(
    config: str, events: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused key, in Klaviyo's own words."""
    with hosting(http("401 Unauthorized", WORDS)) as host:
        result = here(monkeypatch, "run", events, "-c", config, "--host", host.url)
    assert result.code == 3
    assert OBEYED.search(result.said) is None


@pytest.mark.parametrize(
    "configuration",
    [
        {f"consnt{EVIL}": 1},
        {"settings": {"currency": f"$env.X{EVIL}"}},
        {"data": {"fn": f"$py:no{EVIL}:f"}},
        {"mapping": {f"order{EVIL}": {"complete": {"name": 7}}}},
    ],
    ids=lambda one: next(iter(one)).split("\x1b")[0],
)
def test_faults_are_shown(
    configuration: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line each, and no more."""
    config = write_config(tmp_path / f"shop{EVIL}.json", configuration)
    result = is_clean(here(monkeypatch, "plan", "-c", config, "--allow-python"), r"\x1b[2J")
    assert result.code == 2
    assert len(result.err.splitlines()) == 2
    github = here(monkeypatch, "verify", "-c", config, "--github", "--allow-python")
    assert OBEYED.search(github.said) is None


@pytest.mark.parametrize(
    "words",
    [
        ("plan", f"gone{EVIL}", "-c", "shop.json"),
        ("plan", "-c", f"gone{EVIL}"),
        ("run", "-", "-c", "shop.json", "--host", f"http://{EVIL}"),
        ("run", "-", "-c", "shop.json", "--rejects", f"gone{EVIL}/x"),
        ("run", "-", "-c", "shop.json", "--store", f"gone{EVIL}/x"),
        ("run", "-", "-c", "shop.json", "--store", "x\x1b[2J" * 100),
        ("verify", "-c", "shop.json", "--known", EVIL),
        ("store", "status", "--store", f"gone{EVIL}"),
    ],
    ids=lambda words: f"{words[0]} {words[-2]}".partition("\x1b")[0],
)
def test_a_persons_own_words_are_shown(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may have come from a list of files that others named."""
    write_config(tmp_path / "shop.json", SHOP)
    assert is_clean(here(monkeypatch, *words), r"\x1b[2").code == 2


def test_what_typer_says_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """An option that there is not."""
    result = here(monkeypatch, "run", "--\x1b[2J\x9b")
    assert result.code == 2
    assert r"--\x1b[2J\x9b" in result.err
    assert OBEYED.search(result.said) is None


def test_a_terminal_gets_styles_of_ours_only(config: str, events: str) -> None:
    """Titles are bold there; what others wrote is still shown."""
    ours, theirs = pty.openpty()
    with started("explain", events, "-c", config, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        said = b""
        with suppress(OSError):  # the other end is closed
            while part := os.read(ours, 65_536):
                said += part
    os.close(ours)
    text = said.decode().replace("\r\n", "\n")
    assert "\x1b[1m" in text
    assert r"\x1b[2J" in text
    found = OBEYED.search(re.sub("\x1b\\[[0-9;]*m", "", text))
    assert found is None
