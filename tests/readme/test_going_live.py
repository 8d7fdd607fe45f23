"""What the reference says for going live: can those that it is for read it, and does it hold?"""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.end_to_end.command import environment, inside, rows_of, sandbox, shop_event, write_lines
from tests.serve.test_serve import serving

from walkeros_klaviyo.core.klaviyo.calls import SUBSCRIBE
from walkeros_klaviyo.core.klaviyo.limits import BULK_SCOPES, SCOPES, SINGLE_SCOPES
from walkeros_klaviyo.shell.serve.app import PATHS

sys.path.insert(0, str(Path(__file__).parent))

from blocks import REFERENCE

WHOLE = REFERENCE.read_text(encoding="utf-8")
PAGE = WHOLE.split("#### Going live")[1].split("**With your own I/O**")[0]
INSTRUCTIONS = {"FROM", "RUN", "COPY", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"}


def text(name: str) -> str:
    """A file that stands in the section."""
    found = re.search(rf"<!-- file: {re.escape(name)} -->\n *```\w*\n(.*?)\n *```", PAGE, re.DOTALL)
    assert found is not None, name
    return found[1]


def is_known(words: list[str]) -> bool:
    """Does the command have all these options?"""
    said = inside(words[1], "--help")
    assert said.code == 0
    given = {one for one in words if one.startswith("--")}
    return given <= set(re.findall(r"--[a-z-]+", said.out)) and given != set()


@pytest.mark.parametrize("name", ["collector.json", "page.json"])
def test_the_collectors_post_to_where_serve_listens(name: str) -> None:
    config: Any = json.loads(text(name))["destinations"]["klaviyo"]["config"]
    assert urlsplit(config["settings"]["url"]).path in PATHS


def test_the_service_starts_serve_and_starts_it_again() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text("walkeros-klaviyo.service"))
    assert is_known(shlex.split(unit["Service"]["ExecStart"]))
    assert unit["Service"]["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    state = unit["Service"]["StateDirectory"]
    assert f"--store /var/lib/{state}/" in unit["Service"]["ExecStart"]


def test_the_container_starts_serve_on_the_port_that_it_exposes() -> None:
    lines = [line.split(" ", 1) for line in text("Dockerfile").splitlines()]
    assert {line[0] for line in lines} == INSTRUCTIONS
    made = dict(lines)
    assert is_known(json.loads(made["ENTRYPOINT"]))
    python, option, program = json.loads(made["HEALTHCHECK"].removeprefix("CMD "))
    assert (python, option) == ("python", "-c")
    compile(program, "HEALTHCHECK", "exec")
    assert f":{made['EXPOSE']}/readyz" in program


def test_the_lines_of_the_section_are_the_commands_own() -> None:
    found = re.findall(r"walkeros-klaviyo (?:serve|verify|store)[^`\n]*", PAGE)
    assert len(found) >= 3
    for line in found:
        assert is_known(shlex.split(line)) or " store " in line, line


def test_the_scopes_are_those_that_delivery_needs() -> None:
    said = PAGE.split("2. **The endpoint**")[0]
    needed = {*SINGLE_SCOPES, *BULK_SCOPES, *SCOPES[SUBSCRIBE]}
    assert set(re.findall(r"`([a-z]+:[a-z]+)`", said)) == needed


def test_a_day_that_is_sent_again_is_recorded_once(tmp_path: Path) -> None:
    if not all(map(shutil.which, ("jq", "curl", "split"))):
        pytest.skip("NOT TRIED: to send a day again needs jq, curl and split")
    found = re.search(r"^split .*", PAGE, re.MULTILINE)
    assert found is not None
    write_lines(tmp_path / "day.jsonl", [shop_event(number) for number in range(1_200)])
    with sandbox("--limits", "off") as host:
        words = ("--host", host, "--limits", "off", "--token", "s3cret")
        with serving(tmp_path, *words) as connection:
            line = found[0].replace(":8080/", f":{connection.port}/")
            for _ in range(2):
                done = subprocess.run(
                    ["bash", "-c", line],
                    cwd=tmp_path,
                    env=environment(WALKEROS_KLAVIYO_TOKEN="s3cret"),
                    capture_output=True,
                    check=False,
                )
                assert done.returncode == 0, done.stderr
        ids = [row["unique_id"] for row in rows_of(f"{host}/sandbox/events.jsonl")]
    assert len(ids) == len(set(ids)) == 1_200
