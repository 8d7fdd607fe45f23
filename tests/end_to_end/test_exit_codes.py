"""0 all well, 1 some event did not go, 2 the person's mistake, 3 Klaviyo could not be used.

Always a sentence, never a traceback; the results on stdout, everything else on stderr.
"""

from __future__ import annotations

import json
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.between import between
from tests.end_to_end.command import (
    KEY,
    SHOP,
    Result,
    apart,
    environment,
    here,
    sandbox,
    shop_event,
    write_config,
    write_lines,
)
from tests.end_to_end.server import hosting, http

from walkeros_klaviyo.core.codes import CODES
from walkeros_klaviyo.verify.findings import KINDS

GOOD = [shop_event(n) for n in range(3)]


@pytest.fixture
def config(tmp_path: Path) -> str:
    """The shop's configuration."""
    return write_config(tmp_path / "shop.json", SHOP)


def told(result: Result, code: int, *words: str) -> None:
    """It ended so, and said so."""
    assert result.code == code, result.said
    assert "Traceback" not in result.said
    for word in words:
        assert word in result.err, result.err
    assert KEY not in result.said


def test_all_well_is_0(config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a summary on stdout and nothing on stderr."""
    events = write_lines(tmp_path / "events.jsonl", GOOD)
    result = here(monkeypatch, "run", events, "--config", config, "--sandbox", "--limits", "off")
    told(result, 0)
    assert "accepted           3" in result.out
    assert result.err == ""


@pytest.mark.parametrize(
    ("bad", "outcome"),
    [
        (b'{"name": NaN}', "invalid"),
        (b"[]", "invalid"),
        (b'{"name": "order complete"', "invalid"),
        (shop_event(9, timestamp=1_700_000_000), "dead"),
    ],
    ids=["NaN", "a list", "cut off", "refused"],
)
def test_one_event_that_does_not_go_is_1(
    bad: Any, outcome: str, config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others go; the summary counts it."""
    events = write_lines(tmp_path / "events.jsonl", [*GOOD, bad])
    result = here(monkeypatch, "run", events, "--config", config, "--sandbox", "--limits", "off")
    told(result, 1)
    assert "delivered        3" in result.out
    assert f"{outcome} " in result.out
    assert "store dead" not in result.out, "a trial's store is gone"
    planned = here(monkeypatch, "plan", events, "--config", config)
    assert planned.code == 1
    assert [row["outcome"] for row in planned.rows][:3] == ["send"] * 3


def test_a_dead_letter_is_1_and_kept_with_its_reason(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Klaviyo's words, the line whole, the file its owner's alone."""
    no = b'{"errors":[{"code":"invalid","detail":"Metric is odd.","source":{"pointer":"/data/x"}}]}'
    events = write_lines(tmp_path / "events.jsonl", GOOD[:1])
    rejects = tmp_path / "rejects.jsonl"
    with hosting(http("400 Bad Request", no)) as host:
        result = here(
            monkeypatch, "run", events, "--config", config, "--host", host.url,
            "--rejects", str(rejects), "--mode", "single",
        )  # fmt: skip
    told(result, 1)
    assert "Dead letters" in result.out
    rows = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert {row["outcome"] for row in rows} == {"dead"}
    assert {row["message"] for row in rows} == {"Metric is odd."}
    assert json.loads(rows[0]["raw"]) == GOOD[0]
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600


@pytest.mark.parametrize("command", ["run", "plan", "explain", "verify"])
def test_a_function_that_exits_ends_nothing_and_keeps_its_event_back(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sys.exit()` in a condition: not exit 0 with nothing accepted."""
    (tmp_path / "shop_exits.py").write_text("import sys\ndef f(value, event): sys.exit()\n")
    rule = {"condition": "$py:shop_exits:f"}
    config = write_config(tmp_path / "exits.json", {"mapping": {"order": {"complete": rule}}})
    events = write_lines(tmp_path / "events.jsonl", GOOD)
    words = {
        "run": (events, "--sandbox", "--limits", "off"),
        "verify": ("--events", events, "--examples", "2"),
    }.get(command, (events,))
    result = apart(command, *words, "--config", config, "--allow-python")
    assert result.code == 1, result.said
    assert ("event.kept-back" if command == "verify" else "condition.raised") in result.out


def test_what_only_a_consent_or_a_rule_keeps_back_is_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Denied, ignored and unidentified events are as they should be."""
    config = write_config(
        tmp_path / "c.json",
        {"consent": {"marketing": True}, "mapping": {"debug": {"*": {"ignore": True}}}},
    )
    granted = {"consent": {"marketing": True}}
    events = [GOOD[0], shop_event(1, name="debug x", **granted), shop_event(2, user={}, **granted)]
    path = write_lines(tmp_path / "events.jsonl", events)
    result = here(monkeypatch, "run", path, "--config", config, "--sandbox", "--limits", "off")
    told(result, 0)
    for outcome in ("denied", "ignored", "unidentified"):
        assert outcome in result.out


def spoiled(settings: dict[str, Any]) -> dict[str, Any]:
    """The shop's configuration with other settings."""
    return {**SHOP, "settings": settings}


@pytest.mark.parametrize("command", ["plan", "run", "explain"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (json.dumps(spoiled({"emial": "user.email"})), ["settings.emial", 'did you mean "email"']),
        (json.dumps(spoiled({"apiKey": "sk_1"})), ["settings.apiKey", "pk_"]),
        (json.dumps(spoiled({"email": ""})), ["settings.email"]),
        ("{", ["shop.json"]),
        ("[]", ["shop.json"]),
        ("", ["shop.json"]),
        (json.dumps({"version": 4, "flows": {"default": {}}}), ["shop.json"]),
        (json.dumps({"version": 4, "flows": {"default": {"destinations": {}}}}), ["shop.json"]),
    ],
    ids=[
        "misspelt",
        "no key",
        "empty path",
        "cut off",
        "a list",
        "empty",
        "flow",
        "no destination",
    ],
)
def test_a_broken_configuration_is_2(
    command: str, content: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is named, the place, and what to do."""
    path = tmp_path / "shop.json"
    path.write_text(content)
    events = write_lines(tmp_path / "events.jsonl", GOOD)
    more = ("--sandbox",) if command == "run" else ()
    result = here(monkeypatch, command, events, "--config", str(path), *more)
    told(result, 2, *words)
    assert result.out == ""


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["plan", "event.jsonl"], ["event.jsonl: no such file", 'did you mean "events.jsonl"?']),
        (["plan", "events.jsonl", "-c", "shp.json"], ["shp.json: no such file", "shop.json"]),
        (["plan", "."], ["is a folder"]),
        (["explain", "events.jsonl", "--line", "99"], ["no event on line 99"]),
        (["run", "events.jsonl", "--host", "http://klaviyo.example"], ["in the clear"]),
        (["run", "events.jsonl", "--host", "a.klaviyo.com"], ["is not a URL"]),
        (["run", "events.jsonl", "--host", "https://me:hush@klaviyo.com"], ["host and port only"]),
        (["run", "events.jsonl", "--sandbox", "--host", "http://[::1]:1"], ["exclude each"]),
        (["run", "events.jsonl", "--sandbox", "--rejects", "no/such/folder"], ["--rejects"]),
        (["run", "events.jsonl", "--sandbox", "--give-up", "-1"], ["--give-up"]),
        (["run", "events.jsonl", "--sandbox", "--mode", "fast"], ["--mode"]),
        (["sandbox", "--faults", "eror=0.5", "--port", "0"], ["eror", 'did you mean "error"?']),
        (["sandbox", "--faults", "error=2", "--port", "0"], ["0 to 1"]),
        (["sandbox", "--port", "99999"], ["--port"]),
        (["pln"], ["pln"]),
        (["plan", "--no-such-option"], ["--no-such-option"]),
    ],
    ids=lambda value: " ".join(value)[:50],
)  # fmt: skip
def test_a_persons_mistake_is_2(
    args: list[str], words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a sentence that would help."""
    monkeypatch.chdir(tmp_path)
    write_config(tmp_path / "shop.json", SHOP)
    write_lines(tmp_path / "events.jsonl", GOOD)
    needs = args[0] in ("plan", "run", "explain") and "-c" not in args
    result = here(monkeypatch, *args, *(["-c", "shop.json"] if needs else []))
    told(result, 2, *words)
    assert "hush" not in result.said


def test_a_port_that_is_taken_is_2(monkeypatch: pytest.MonkeyPatch) -> None:
    """And named."""
    with hosting(b"") as host:
        result = here(monkeypatch, "sandbox", "--port", host.url.rpartition(":")[2])
    told(result, 2, "--port", host.url.rpartition(":")[2])


@pytest.mark.parametrize("key", ["", "sk_live_hush"])
def test_no_key_is_2(key: str, config: str, tmp_path: Path) -> None:
    """In a process of its own, for the environment's sake; the key is not shown."""
    events = write_lines(tmp_path / "events.jsonl", GOOD)
    result = apart(
        "run", events, "--config", config, "--host", "http://127.0.0.1:9",
        env=environment(KLAVIYO_API_KEY=key),
    )  # fmt: skip
    told(result, 2, "KLAVIYO_API_KEY", "pk_")
    assert "hush" not in result.said


def test_nobody_there_is_3_after_the_time_asked_for(config: str, tmp_path: Path) -> None:
    """Nothing is lost, and it says so."""
    with hosting(b"") as host:
        url = host.url
    events = write_lines(tmp_path / "events.jsonl", GOOD)
    result = apart("run", events, "--config", config, "--host", url, "--give-up", "0.5")
    told(result, 3, url, "could not be reached", "no answer in 0.5 seconds", "is lost")
    assert "pending          3" in result.out


def test_a_key_that_is_not_accepted_is_3(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against the sandbox's own refusal."""
    events = write_lines(tmp_path / "events.jsonl", GOOD)
    with sandbox("--reject-key", KEY) as url:
        result = here(monkeypatch, "run", events, "--config", config, "--host", url)
    told(result, 3, "does not accept the API key (401)", "KLAVIYO_API_KEY", "is lost")
    assert "delivered        0" in result.out


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (http("404 Not Found", b"<html>Not here</html>"), "answers as Klaviyo would not"),
        (http("200 OK", b"<html>Sign in</html>"), "answers as Klaviyo would not"),
        (http("302 Found", b"", "location: /login\r\n"), "answers as Klaviyo would not"),
        (http("403 Forbidden", b'{"errors":[{"code":"permission_denied"}]}'), "lacks a scope"),
    ],
    ids=["404 html", "200 html", "redirect", "403"],
)
def test_a_host_that_is_not_klaviyo_is_3(
    answer: bytes, words: str, config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it says, no event counts as delivered."""
    events = write_lines(tmp_path / "events.jsonl", GOOD)
    with hosting(answer) as host:
        result = here(
            monkeypatch,
            "run",
            events,
            "-c",
            config,
            "--host",
            host.url,
            "--mode",
            "single",
            "--give-up",
            "0.5",
        )
    told(result, 3, words)
    assert "delivered        0" in result.out


def test_the_host_may_end_in_a_slash(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a browser's address bar gives it."""
    events = write_lines(tmp_path / "events.jsonl", GOOD)
    with between() as box:
        result = here(monkeypatch, "run", events, "-c", config, "--host", box.url + "/")
        assert {asked.kind for asked in box.asked} == {"event", "upsert"}
    told(result, 0)


@pytest.mark.parametrize(
    "command", ["", "demo", "plan", "run", "explain", "codes", "sandbox", "schema"]
)
def test_help_is_everywhere(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both spellings, exit 0."""
    for option in ("--help", "-h"):
        result = here(monkeypatch, *command.split(), option)
        told(result, 0)
        assert result.out.startswith("Usage: ")


def test_version_and_nothing_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first things that anyone types."""
    assert here(monkeypatch, "--version").out.startswith("walkeros-klaviyo ")
    result = here(monkeypatch)
    assert "Usage: " in result.said and "Traceback" not in result.said


def test_a_demo_ends_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first command of the README."""
    result = here(monkeypatch, "demo")
    told(result, 0)
    for title in ("What arrived, per metric", "What became of the lines", "What did not go out"):
        assert title in result.out


def test_the_schema_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """For editors and CI."""
    result = here(monkeypatch, "schema")
    told(result, 0)
    assert json.loads(result.out)["$schema"]


def test_codes_says_what_each_code_means(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of diagnostics and of findings, one or all; a slip gets the nearest."""
    every = here(monkeypatch, "codes")
    told(every, 0)
    assert len(re.findall(r"^(?:error|warning|info)\[", every.out, re.M)) == len({*CODES, *KINDS})
    for code, says in (("revenue.missing", "the event has none"), ("loss.order", "an order again")):
        one = here(monkeypatch, "codes", code)
        told(one, 0)
        assert f"[{code}]\n" in one.out and says in one.out
        assert len(one.out.splitlines()) == 3
    told(here(monkeypatch, "codes", "revenue.mising"), 2, 'did you mean "revenue.missing"?')
    family = re.findall(r"^\w+\[(.+)\]$", here(monkeypatch, "codes", "revenue").out, re.MULTILINE)
    assert family == [one for one in (*CODES, *KINDS) if one.startswith("revenue.")]


@pytest.mark.parametrize("way", ["--sandbox", "--dry-run"])
def test_an_input_without_events_is_said(
    way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "c.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    done = here(monkeypatch, "run", "empty.jsonl", "--config", "c.json", way, "-q")
    assert done.code == 0
    assert "0 events" in done.err


@pytest.mark.parametrize(
    "command",
    [["plan"], ["explain", "--json"], ["run", "--sandbox"], ["run", "--dry-run"], ["verify"]],
    ids=" ".join,
)
def test_every_command_with_a_configuration_takes_an_overlay(
    command: list[str], config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rules count; and what is wrong with it is said of it, by its own path."""
    events = write_lines(tmp_path / "events.jsonl", GOOD)
    renamed = {"mapping": {"order": {"complete": {"name": "Placed order"}}}}
    over = write_config(tmp_path / "over.json", renamed)
    store = ["--store", str(tmp_path / "none.db")] if command[0] == "run" else []
    quick = ["--examples", "1"] if command[0] == "verify" else []
    words = [*command, events, "-c", config, *store, *quick]
    assert "Placed order" in here(monkeypatch, *words, "--overlay", over).out
    write_config(tmp_path / "over.json", {"mapping": {"order": {"complete": {"nmae": "x"}}}})
    told(here(monkeypatch, *words, "--overlay", over), 2, f"{over}: 1 fault", "order.complete.nmae")


def test_the_preset_is_printed_as_a_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In both forms the same; what is printed is read as any other."""
    toml, text = (
        here(monkeypatch, "preset", "show"),
        here(monkeypatch, "preset", "show", "ecommerce", "--format", "json"),
    )
    told(toml, 0)
    told(text, 0)
    assert tomllib.loads(toml.out) == json.loads(text.out)
    assert set(json.loads(text.out)) == {"mapping"}
    (tmp_path / "own.toml").write_text(toml.out)
    events = write_lines(tmp_path / "events.jsonl", GOOD)
    told(here(monkeypatch, "plan", events, "--config", str(tmp_path / "own.toml")), 0)
    told(here(monkeypatch, "preset", "show", "ecomerce"), 2, 'did you mean "ecommerce"?')


def test_codes_lists_the_functions_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    every = here(monkeypatch, "codes", "$fn").out
    assert every.startswith(
        "$fn:text\n  A number as a string of plain digits; a string stays as it is.\n"
    )
    assert "revenue.missing" not in every
    one = here(monkeypatch, "codes", "$fn:split").out
    assert one.splitlines()[0] == "$fn:split(text)"
    assert len(one.splitlines()) == 2
    told(here(monkeypatch, "codes", "$fn:splt"), 2, 'did you mean "$fn:split"?')


def test_explain_says_why_as_text_and_as_json(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tree for people, lines for scripts; state carries from line to line."""
    events = write_lines(
        tmp_path / "e.jsonl", [*GOOD, GOOD[0], b"{", b'{"n": 0.12345678901234567890}']
    )
    tree = here(monkeypatch, "explain", events, "-c", config)
    assert tree.code == 1
    for words in (
        "order complete",
        "user.email",
        "left out: Klaviyo already has",
        "event.not-json",
    ):
        assert words in tree.out
    rows = here(monkeypatch, "explain", events, "-c", config, "--json").rows
    assert [row["outcome"] for row in rows] == ["send"] * 4 + ["invalid"] * 2
    one = here(monkeypatch, "explain", events, "-c", config, "--json", "--line", "2")
    assert ([row["line"] for row in one.rows], one.code) == ([2], 0)
