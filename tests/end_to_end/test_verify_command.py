"""`verify`: what a person reads, what a program reads, how it ends, and how it is watched."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.command import (
    KEY,
    SHOP,
    Result,
    apart,
    here,
    shop_event,
    started,
    write_config,
    write_lines,
)
from tests.end_to_end.test_missing_extra import without

from walkeros_klaviyo import shop as shipped
from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.serve import running
from walkeros_klaviyo.shell.show import progress
from walkeros_klaviyo.verify import check

GOOD = {
    "settings": SHOP["settings"],
    "mapping": {
        "order": {
            "complete": {
                "name": "Placed Order",
                "data": {"map": {"Total": "data.total"}},
                "settings": {
                    "value": "data.total",
                    "currency": "data.currency",
                    "uniqueId": ["data.id", "id"],
                },
            }
        }
    },
}
BAD = {**GOOD, "mapping": {"order": {"complete": {"name": "Placed order"}}}}
FEW = ("--examples", "3", "--quiet")


@pytest.fixture
def good(tmp_path: Path) -> str:
    """A configuration with nothing to say of it."""
    return write_config(tmp_path / "good.json", GOOD)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    """One with a metric's name that is nearly Klaviyo's."""
    return write_config(tmp_path / "bad.json", BAD)


@pytest.fixture
def events(tmp_path: Path) -> str:
    """A sample of forty orders."""
    return write_lines(tmp_path / "events.jsonl", [shop_event(n) for n in range(40)])


def clean(result: Result, code: int) -> None:
    """It ended so, without a traceback, and without a key."""
    assert result.code == code, result.said
    assert "Traceback" not in result.said
    assert KEY not in result.said


# --- what is printed -----------------------------------------------------------------------------


def test_nothing_found_is_one_line_and_0(
    good: str, events: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what was looked at."""
    result = here(monkeypatch, "verify", "-c", good, "-e", events, *FEW)
    clean(result, 0)
    (line,) = result.out.splitlines()
    assert line.startswith(f"{good}: no findings (")
    assert "3 examples each" in line
    assert "40 events of the sample" in line
    assert result.err == ""


def test_a_finding_is_told_with_place_cost_example_and_remedy_and_1(
    bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order in which a person asks."""
    result = here(monkeypatch, "verify", "-c", bad, *FEW)
    clean(result, 1)
    first, *lines = result.out.splitlines()
    assert first == f"error[metric.near] {bad}:1: mapping.order.complete.name"
    told = "\n".join(lines)
    parts = ["Placed order", "why it matters:", "for example:", "event: {", "call: [", "instead:"]
    assert [told.index(part) for part in parts] == sorted(told.index(part) for part in parts)
    assert 'name = "Placed Order"' in told
    assert lines[-1].startswith(f"{bad}: 1 error, 0 warnings (")


TOP = {
    "version": int,
    "config": str,
    "clean": bool,
    "checked": dict,
    "notes": list,
    "findings": list,
    "losses": list,
    "faults": list,
}
CHECKED = {"laws": int, "examples": int, "events": int | None}
FINDING = {
    "code": str,
    "severity": str,
    "path": str,
    "file": str,
    "line": int | None,
    "message": str,
    "why": str,
    "remedy": str,
    "example": dict | None,
}
LOSS = {
    "rule": str | None,
    "events": int,
    "what": str,
    "code": str,
    "path": str,
    "count": int,
    "severity": str | None,
    "line": int,
}
FAULT = {"path": str, "file": str, "line": int | None, "message": str}
EXAMPLE = {"event": object, "call": list | None, "line": int | None}


def has_shape(value: dict[str, Any], shape: dict[str, Any]) -> bool:
    """Exactly these keys, each with a value of its type."""
    return value.keys() == shape.keys() and all(
        isinstance(value[name], kind) for name, kind in shape.items()
    )


def test_the_json_report_has_a_fixed_shape(
    good: str, bad: str, events: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, exactly these keys, whether something is found or not."""
    fine = here(monkeypatch, "verify", "-c", good, "-e", events, "--json", *FEW)
    clean(fine, 0)
    (report,) = fine.rows
    assert has_shape(report, TOP)
    assert has_shape(report["checked"], CHECKED)
    assert (report["version"], report["clean"], report["findings"]) == (1, True, [])
    assert report["checked"]["events"] == 40
    found = here(monkeypatch, "verify", "-c", bad, "--json", *FEW)
    clean(found, 1)
    (report,) = found.rows
    assert has_shape(report, TOP)
    assert (report["clean"], report["checked"]["events"]) == (False, None)
    (one,) = report["findings"]
    assert has_shape(one, FINDING)
    assert has_shape(one["example"], EXAMPLE)
    assert (one["code"], one["severity"]) == ("metric.near", "error")
    assert one["example"]["call"][0] == "events.create_event"


def test_an_example_of_the_sample_names_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line of the file, so that it is found there; blank ones count."""
    config = write_config(tmp_path / "c.json", {"settings": {"email": "user.mail"}, "mapping": {}})
    lost = shop_event(1, user={"mail2": "x"})
    sample = write_lines(tmp_path / "e.jsonl", [b"", lost, lost])
    result = here(monkeypatch, "verify", "-c", config, "-e", sample, "--json", *FEW)
    clean(result, 1)
    one = next(each for each in result.rows[0]["findings"] if each["code"] == "identity.nobody")
    assert (one["example"]["line"], one["example"]["event"]["id"]) == (2, lost["id"])


ANNOTATION = re.compile(r"::(error|warning) file=([^,:\n]+)(?:,line=\d+)?,title=([^:\n]+)::(.+)")


def test_annotations_are_one_line_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitHub reads each line for itself; signs that would end a part of it are escaped."""
    rules = {
        "order": {"complete": {"name": "Placed order\n"}},
        "cart": {"add": {"name": "Add to Cart"}, "a,b:c": {"name": "Viewed product"}},
    }
    config = write_config(
        tmp_path / "a,b.json", {"include": ["x"], "mapping": rules, "settings": {}}
    )
    result = here(monkeypatch, "verify", "-c", config, "--github", *FEW)
    clean(result, 1)
    lines = result.out.splitlines()
    assert all(ANNOTATION.fullmatch(line) for line in lines), lines
    assert {line.partition(" ")[0] for line in lines} == {"::error", "::warning"}
    assert "a%2Cb.json" in lines[0]
    assert any("order%0A" in line for line in lines)
    as_json = here(monkeypatch, "verify", "-c", config, "--json", *FEW)
    lines = [line for line in lines if not line.startswith("::notice")]
    assert len(lines) == len(as_json.rows[0]["findings"])


def test_a_finding_that_is_meant_is_left_out_and_said(
    bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its code and place, or all of a code; what is not there any more is said as well."""
    place = "metric.near:mapping.order.complete.name"
    for known in (place, "metric.near"):
        result = here(monkeypatch, "verify", "-c", bad, "--known", known, *FEW)
        clean(result, 0)
        assert f"note: {place} is known, and left out" in result.out
    result = here(
        monkeypatch, "verify", "-c", bad, "--known", "metric.near:mapping.x", "--known", place, *FEW
    )
    clean(result, 0)
    assert "note: metric.near:mapping.x is known, and no such finding is there" in result.out
    result = here(monkeypatch, "verify", "-c", bad, "--known", "metric.naer", *FEW)
    clean(result, 2)
    assert "--known metric.naer" in result.err


def test_a_report_has_one_form(good: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at once would be neither."""
    result = here(monkeypatch, "verify", "-c", good, "--json", "--github", *FEW)
    clean(result, 2)
    assert "--json and --github exclude each other" in result.err


def test_annotations_of_a_clean_configuration_are_none(
    good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it passes."""
    result = here(monkeypatch, "verify", "-c", good, "--github", *FEW)
    clean(result, 0)
    assert not any(line.startswith("::") for line in result.out.splitlines())


# --- the sample ----------------------------------------------------------------------------------


def test_the_sample_may_come_by_stdin(good: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`… | walkeros-klaviyo verify --events -`."""
    lines = b"".join(json.dumps(shop_event(n)).encode() + b"\n" for n in range(5))
    result = here(monkeypatch, "verify", "-c", good, "-e", "-", *FEW, stdin=lines)
    clean(result, 0)
    assert "5 events of the sample" in result.out


@pytest.mark.parametrize("content", [b"", b"\n\n", b"[\n {\n}\n]\n", b'"no event"\n{"a": 1}\n'])
def test_a_sample_in_which_no_event_is_found_is_said_so(
    content: bytes, good: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a wrong file passes every check for ever."""
    sample = tmp_path / "sample.jsonl"
    sample.write_bytes(content)
    result = here(monkeypatch, "verify", "-c", good, "-e", str(sample), "--json", *FEW)
    assert "Traceback" not in result.said
    (report,) = result.rows
    assert report["checked"]["events"] == 0
    assert result.code == 1
    assert [one["code"] for one in report["findings"]] == ["sample.invalid"]


def test_a_sample_without_an_event_is_no_clean_check(
    good: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export that went wrong would be green for ever: what is wrong with it is said."""
    sample = tmp_path / "sample.json"
    sample.write_text(json.dumps(shop_event(1), indent=1), "utf-8")
    result = here(monkeypatch, "verify", "-c", good, "-e", str(sample), *FEW)
    clean(result, 1)
    assert "error[sample.invalid]" in result.out
    assert "line 1" in result.out
    annotated = here(monkeypatch, "verify", "-c", good, "-e", str(sample), "--github", *FEW)
    assert "::error" in annotated.out
    assert "::notice::" in annotated.out


def test_what_is_no_configuration_is_annotated_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the likeliest mistake in a pull request."""
    config = write_config(tmp_path / "c.json", {"settings": {"emial": "user.mail"}})
    result = here(monkeypatch, "verify", "-c", config, "--github", *FEW)
    clean(result, 2)
    assert result.out.startswith(f"::error file={config},line=1,title=no configuration::")
    assert "settings.emial" in result.out


def test_lines_that_are_no_events_are_counted_aloud(
    good: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are looked at; how many were not is said."""
    rows = [shop_event(1), b"{", b'{"name": NaN}', b"[]", b'{"name": "one"}', shop_event(2)]
    sample = write_lines(tmp_path / "e.jsonl", rows)
    result = here(monkeypatch, "verify", "-c", good, "-e", sample, *FEW)
    clean(result, 1)
    assert "2 events of the sample" in result.out
    assert "error[sample.invalid]" in result.out
    sample = write_lines(tmp_path / "e.jsonl", [*rows, *map(shop_event, range(3, 9))])
    result = here(monkeypatch, "verify", "-c", good, "-e", sample, *FEW)
    clean(result, 0)
    assert re.search(r"\b4\b.*(line|event)", result.said), result.said


# --- what the sample loses -----------------------------------------------------------------------

LOSING = [shop_event(n) for n in range(40)]
LOSING[7] = shop_event(7, data={"total": "1,299.00", "currency": "EUR"})
LOSING[9] = shop_event(9, user={})
LOSING[11] = shop_event(11, name="order complete", timestamp=1_795_518_160)


def test_what_the_sample_loses_is_a_table_and_in_the_json(
    good: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of how many events, by code, with a line of each; codes stay whole at 80 columns."""
    sample = write_lines(tmp_path / "e.jsonl", LOSING)
    result = here(monkeypatch, "verify", sample, "-c", good, *FEW)
    clean(result, 1)
    table = result.out.partition("What the events of the sample lose:\n")[2].partition("\n\n")[0]
    columns, head, *rows = table.splitlines()
    assert head == "  order complete: 40 events"
    assert columns.split() == ["count", "lost", "code", "severity", "line", "place"]
    assert [row.split() for row in rows] == [
        ["1", "revenue", "revenue.not-a-number", "error", "8", "settings.value"],
        ["1", "refused", "time.looks-like-seconds", "error", "12", "timestamp"],
        ["1", "unidentified", "identity.none", "warning", "10", "settings"],
    ]
    assert max(map(len, (columns, *rows))) <= 80
    as_json = here(monkeypatch, "verify", sample, "-c", good, "--json", *FEW)
    losses = as_json.rows[0]["losses"]
    assert all(has_shape(one, LOSS) for one in losses)
    assert [(one["code"], one["count"], one["events"], one["line"]) for one in losses] == [
        ("revenue.not-a-number", 1, 40, 8),
        ("identity.none", 1, 40, 10),
        ("time.looks-like-seconds", 1, 40, 12),
    ]
    github = here(monkeypatch, "verify", sample, "-c", good, "--github", *FEW)
    assert "title=loss.order mapping.order.complete.settings.value::1 of 40" in github.out


def test_nobody_is_shown_but_on_demand(
    bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a public log no address stands."""
    person = {"id": "c-77", "email": "grace@example.com", "first": "Grace"}
    sample = write_lines(
        tmp_path / "e.jsonl", [shop_event(1, user=person, timestamp=1_795_518_160)]
    )
    for words in ((), ("--json",), ("--github",)):
        result = here(monkeypatch, "verify", sample, "-c", bad, *words, *FEW)
        clean(result, 1)
        assert not any(own in result.said for own in person.values())
    shown = here(monkeypatch, "verify", sample, "-c", bad, "--show-people", *FEW)
    assert "grace@example.com" in shown.out
    assert "g***@e***.com" in here(monkeypatch, "verify", sample, "-c", bad, *FEW).out


# --- how it ends ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "words", "says"),
    [
        ({"mapping": {"order": {"complete": {"nmae": "x"}}}}, (), 'did you mean "name"'),
        ({"settings": 5}, (), "settings"),
        (GOOD, ("--events", "nowhere.jsonl"), "nowhere.jsonl"),
        (GOOD, ("--examples", "0"), "--examples"),
        (GOOD, ("--account", "--host", "http://shop.example"), "https"),
        (GOOD, ("--flow", "x"), "flow"),
    ],
    ids=["unknown key", "no object", "no sample", "no examples", "plain http", "no flow"],
)
def test_what_is_no_configuration_or_no_command_is_2(
    config: Any, words: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sentence on stderr, nothing on stdout."""
    path = write_config(tmp_path / "c.json", config)
    result = here(monkeypatch, "verify", "-c", path, "--quiet", *words)
    clean(result, 2)
    assert result.out == ""
    assert says in result.err


def test_only_errors_end_in_1_unless_it_is_strict(
    good: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As linters have it."""
    sample = write_lines(tmp_path / "e.jsonl", [*map(shop_event, range(20)), LOSING[9]])
    result = here(monkeypatch, "verify", sample, "-c", good, *FEW)
    clean(result, 0)
    assert f"{good}: 0 errors, 1 warning (" in result.out
    clean(here(monkeypatch, "verify", sample, "-c", good, "--strict", *FEW), 1)
    clean(here(monkeypatch, "verify", "-c", good, "--strict", *FEW), 0)


def test_the_sample_is_an_argument_as_elsewhere(
    good: str, events: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The option stays; two that differ are a mistake."""
    for words in ((events,), ("--events", events), (events, "--events", events)):
        result = here(monkeypatch, "verify", "-c", good, *words, *FEW)
        clean(result, 0)
        assert "40 events of the sample" in result.out
    result = here(monkeypatch, "verify", "-c", good, events, "--events", "-", *FEW)
    clean(result, 2)
    assert "two samples; name one" in result.err


FAULTY = {
    "a key.json": ('{"settings": {},\n "mapping":\n {"a": {"b": {"nmae": 1}}}}',
                   [("mapping.a.b.nmae", 3)]),
    "a rule.toml": ("[settings]\nemial = 'x'\n\n[verify]\nknown = ['metric.naer']\n",
                    [("settings.emial", 2)]),
    "a kind.toml": ("[settings]\n\n[verify]\nknown = ['metric.naer']\n", [("verify.known", 4)]),
    "a list.toml": ("[settings]\n[verify]\nknown = 'metric.near'\n", [("verify.known", 3)]),
    "a comma.json": ('{"settings": {},\n}', [("line 1, column 16", 1)]),
    "twice.json": ('{"settings": {},\n "id": "a",\n "id": "b"}', [("id", 2)]),
    "a flow.json": (json.dumps({"version": 4, "flows": {"shop": {"destinations": {"klaviyo": {
        "package": "@walkeros/server-destination-klaviyo",
        "config": {"settings": {"emial": "x"}}}}}}}, indent=1),
        [("flows.shop.destinations.klaviyo.config.settings.emial", 10)]),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_a_broken_configuration_has_its_lines_for_programs_too(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As JSON of the usual shape, as annotations beside the line, and 2."""
    text, faults = FAULTY[name]
    path = tmp_path / name
    path.write_text(text, "utf-8")
    result = here(monkeypatch, "verify", "-c", str(path), "--json", *FEW)
    clean(result, 2)
    (report,) = result.rows
    assert has_shape(report, TOP)
    assert all(has_shape(one, FAULT) for one in report["faults"])
    assert [(one["path"], one["line"]) for one in report["faults"]] == faults
    assert (report["clean"], report["findings"]) == (False, [])
    assert report["faults"][0]["message"] in result.err
    github = here(monkeypatch, "verify", "-c", str(path), "--github", *FEW)
    clean(github, 2)
    starts = [f"::error file={path},line={line},title=no conf" for _, line in faults]
    assert len(github.out.splitlines()) == len(starts)
    assert all(map(str.startswith, github.out.splitlines(), starts))


def test_what_is_meant_may_stand_in_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a file's own table, or a flow's destination; the other commands do not mind."""
    known = {"verify": {"known": ["metric.near:mapping.order.complete.name"]}}
    config = write_config(tmp_path / "c.json", {**BAD, **known})
    result = here(monkeypatch, "verify", "-c", config, *FEW)
    clean(result, 0)
    assert "metric.near:mapping.order.complete.name is known, and left out" in result.out
    planned = here(monkeypatch, "plan", "-c", config, stdin=json.dumps(shop_event(1)).encode())
    clean(planned, 0)


def test_walkeros_own_fields_are_notes(
    good: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One flow.json serves both; not even --strict minds."""
    rule = {**GOOD["mapping"]["order"]["complete"], "cache": {}}
    own = {"loadScript": True, "queue": {}, "mapping": {"order": {"complete": rule}}}
    config = write_config(tmp_path / "c.json", {**GOOD, **own})
    result = here(monkeypatch, "verify", "-c", config, "--strict", *FEW)
    clean(result, 0)
    for path in ("loadScript", "queue", "mapping.order.complete.cache"):
        assert f"note: {path}: " in result.out


def test_a_missing_file_is_2(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named."""
    result = here(monkeypatch, "verify", "-c", "nowhere.toml")
    clean(result, 2)
    assert "nowhere.toml" in result.err


FLOW = {
    "version": 4,
    "flows": {
        "shop": {
            "config": {"platform": "server"},
            "variables": {"metric": "Placed order"},
            "destinations": {
                "klaviyo": {
                    "package": "@walkeros/server-destination-klaviyo",
                    "config": {
                        "settings": {"apiKey": "$env.KLAVIYO_API_KEY"},
                        "mapping": {"order": {"complete": {"name": "$var.metric"}}},
                    },
                },
                "second": {
                    "package": "@walkeros/server-destination-klaviyo",
                    "config": {"settings": {}, "mapping": {}},
                },
            },
        }
    },
}


def test_a_whole_flow_is_looked_at_by_its_destination(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its references; the path is that of the destination, and the key does not show."""
    flow = write_config(tmp_path / "flow.json", FLOW)
    unclear = here(monkeypatch, "verify", "-c", flow, *FEW)
    clean(unclear, 2)
    assert "--destination" in unclear.err
    picked = here(monkeypatch, "verify", "-c", flow, "--destination", "klaviyo", *FEW)
    clean(picked, 1)
    assert "metric.near" in picked.out
    other = here(monkeypatch, "verify", "-c", flow, "--destination", "second", *FEW)
    clean(other, 0)


def test_without_hypothesis_the_pip_line_is_told(good: str) -> None:
    """Exit 2, one sentence."""
    done = without(("hypothesis",), "verify", "-c", good)
    assert done.returncode == 2
    assert 'pip install "walkeros-klaviyo[verify]"' in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


# --- the account ---------------------------------------------------------------------------------


def ask(
    monkeypatch: pytest.MonkeyPatch, config: str, sandbox: Sandbox, *words: str
) -> tuple[Result, dict[str, int]]:
    """The command with `--account` and a sandbox, and what was recorded there."""
    with running(sandbox) as url:
        result = here(monkeypatch, "verify", "-c", config, "--account", "--host", url, *words, *FEW)
    return result, sandbox.stats()


def test_an_account_that_fits_is_clean_and_nothing_is_recorded(
    good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking leaves no event and no profile."""
    result, counts = ask(monkeypatch, good, Sandbox())
    clean(result, 0)
    assert (counts["events"], counts["profiles"]) == (0, 0)
    assert counts["requests"] == 5


def test_a_refused_key_is_a_finding_and_never_shown(
    good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person mends it like any other finding."""
    for words in ((), ("--json",), ("--github",)):
        result, counts = ask(monkeypatch, good, Sandbox(reject_keys=[KEY]), *words)
        clean(result, 1)
        assert "account.key" in result.out
        assert (counts["events"], counts["profiles"]) == (0, 0)


def test_a_missing_scope_is_a_finding_and_what_could_not_be_asked_a_note(
    good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both in one report."""
    sandbox = Sandbox(deny=["events:write", "metrics:read"])
    result, _ = ask(monkeypatch, good, sandbox)
    clean(result, 1)
    assert "error[account.scope]" in result.out
    assert "Add events:write to the key." in result.out
    assert "note: metrics:read is missing" in result.out


def test_an_account_that_is_not_reached_is_3(good: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is printed as if all had been looked at."""
    with running(Sandbox()) as url:
        pass
    result = here(monkeypatch, "verify", "-c", good, "--account", "--host", url, *FEW)
    clean(result, 3)
    assert result.out == ""
    assert url in result.err


def test_no_key_shows_wherever_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the file, and the configuration is faulty in every way."""
    secret = "pk_canary_in_the_file"
    config = {
        **BAD,
        "settings": {**BAD["settings"], "apiKey": secret, "externalId": {"value": "x"}},
    }
    path = write_config(tmp_path / "c.json", config)
    for words in ((), ("--json",), ("--github",)):
        result, _ = ask(monkeypatch, path, Sandbox(reject_keys=[secret]), *words)
        clean(result, 1)
        assert secret not in result.said


# --- how it is watched ---------------------------------------------------------------------------


def test_progress_is_plain_lines_where_no_terminal_is(
    good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On stderr, now and then; `--quiet` has none."""
    monkeypatch.setattr(progress, "EVERY", 0.0)
    monkeypatch.setattr(check, "ROUND", 4)
    result = here(monkeypatch, "verify", "-c", good, "--examples", "10")
    clean(result, 0)
    lines = result.err.splitlines()
    assert [f"laws: generated examples: {n} of 10" for n in (0, 4, 8, 10)] == [
        line for line in lines if line.startswith("laws")
    ]
    assert all(line.isprintable() for line in lines)
    assert "examples" not in result.out.replace("examples each", "")
    assert here(monkeypatch, "verify", "-c", good, *FEW).err == ""


@contextlib.contextmanager
def on_a_terminal(*args: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A command whose stderr is a terminal, and our end of it."""
    ours, theirs = pty.openpty()
    try:
        with started(*args, stderr=theirs) as process:
            os.close(theirs)
            yield process, ours
    finally:
        os.close(ours)


def read_until(fd: int, mark: bytes) -> bytes:
    """What the terminal shows, up to and with the mark, or all of it."""
    seen = b""
    while mark not in seen:
        try:
            part = os.read(fd, 4096)
        except OSError:  # the other end is closed
            return seen
        seen += part
    return seen


def test_a_long_check_shows_how_far_it_is_and_ends_at_once_on_ctrl_c(good: str) -> None:
    """Ten thousand examples on a terminal: a bar; Ctrl-C: 130, and no half report."""
    with on_a_terminal("verify", "-c", good, "--examples", "10000") as (process, terminal):
        seen = read_until(terminal, b"laws: generated examples")
        assert b"laws: generated examples" in seen
        process.send_signal(signal.SIGINT)
        rest = read_until(terminal, b"never to be seen")
        assert process.wait(20) == 130
        assert process.stdout is not None
        assert process.stdout.read() == b""
    assert b"Traceback" not in seen + rest
    assert (seen + rest).rfind(b"\x1b[?25h") > (seen + rest).rfind(b"\x1b[?25l")


# --- the shipped shop ----------------------------------------------------------------------------


def test_the_shipped_shop_has_no_error_and_is_soon_done() -> None:
    """With its day of events and as many examples as usual: under 20 s of one core."""
    folder = Path(shipped.__file__).parent
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = apart(
        "verify", "-c", str(folder / "shop.toml"), "-e", str(folder / "events.jsonl"), "--json"
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    clean(result, 0)
    (report,) = result.rows
    assert {one["code"] for one in report["findings"]} == {"loss.some"}
    assert sum("is known" in note for note in report["notes"]) == 2
    assert report["checked"]["examples"] == 200
    assert report["checked"]["events"] > 400
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 20
