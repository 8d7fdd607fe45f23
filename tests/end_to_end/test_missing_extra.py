"""A command whose extra is not installed says which to install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.end_to_end.command import SHOP, environment, shop_event, write_config, write_lines

BLOCKED = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)

sys.meta_path.insert(0, Blocker())
from walkeros_klaviyo.shell.cli import main
main()
"""


def without(blocked: tuple[str, ...], *args: str) -> subprocess.CompletedProcess[str]:
    """The command in a process in which these packages cannot be imported."""
    return subprocess.run(
        [sys.executable, "-c", BLOCKED.replace("{blocked!r}", repr(blocked)), *args],
        capture_output=True,
        text=True,
        timeout=30,
        env=environment(),
        check=False,
    )


@pytest.mark.parametrize("package", ["starlette", "uvicorn"])
@pytest.mark.parametrize("command", ["demo", "sandbox", "run"])
def test_without_the_server_extra_the_pip_line_is_told(
    command: str, package: str, tmp_path: Path
) -> None:
    """Exit 2, one sentence."""
    config = write_config(tmp_path / "shop.json", SHOP)
    events = write_lines(tmp_path / "events.jsonl", [shop_event(1)])
    more = {"demo": [], "sandbox": ["--port", "0"], "run": [events, "-c", config, "--sandbox"]}
    done = without((package,), command, *more[command])
    assert done.returncode == 2
    assert 'pip install "walkeros-klaviyo[server]"' in done.stderr
    assert package in done.stderr
    assert done.stderr.count("\n") == 1


def test_planning_needs_none_of_them(tmp_path: Path) -> None:
    """Neither the web framework, nor the SDK, nor hypothesis."""
    config = write_config(tmp_path / "shop.json", SHOP)
    events = write_lines(tmp_path / "events.jsonl", [shop_event(1)])
    foreign = ("starlette", "uvicorn", "hypothesis", "klaviyo_api", "openapi_client", "pyspark")
    done = without(foreign, "plan", events, "-c", config)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith('{"line":1')
