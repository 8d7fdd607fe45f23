"""Does walkerOS's own collector, from npm, reach Klaviyo through us: each consented event once?

Needs Node 20 and, the first time, npm's registry; the packages are kept in the cache of the user.
Where that is not to be had, the tests are skipped and pytest says why.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.command import rows_of, sandbox
from tests.serve.test_serve import serving

PACKAGES = (
    "@walkeros/collector@4.2.1",
    "@walkeros/server-destination-api@4.2.1",
    "@walkeros/web-source-browser@4.2.1",
    "jsdom@26.1.0",
)
PROGRAM = Path(__file__).with_name("collector.mjs")
OLDEST = 20
CONSENT = {"consent": {"marketing": True}, "include": ["data"]}


def cache() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "walkeros-klaviyo" / "collector-4.2.1"


@pytest.fixture(scope="module")
def packages() -> Path:
    """The folder that has walkerOS's packages; others may install them at the same time."""
    node, npm = shutil.which("node"), shutil.which("npm")
    version = subprocess.run([node, "--version"], capture_output=True, text=True) if node else None
    found = version.stdout.strip() if version else "none"
    if npm is None or found == "none" or int(found[1:].split(".")[0]) < OLDEST:
        pytest.skip(f"NOT TRIED: walkerOS's collector needs Node {OLDEST} and npm; found {found}")
    place = cache()
    if not (place / "node_modules").exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as temporary:
            made = Path(temporary) / "made"
            made.mkdir()
            words = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(made), *PACKAGES]
            done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
            if done.returncode != 0:
                pytest.skip(f"NOT TRIED: npm install: {done.stderr.strip()[-300:]}")
            if not place.exists():
                made.rename(place)
    return place


def run(packages: Path, folder: Path, *words: str) -> Any:
    """Let the collector send; what it says it sent."""
    shutil.copy(PROGRAM, folder)
    (folder / "node_modules").symlink_to(packages / "node_modules")
    done = subprocess.run(
        ["node", PROGRAM.name, *words], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def recorded(host: str) -> list[str]:
    return sorted(row["unique_id"] for row in rows_of(f"{host}/sandbox/events.jsonl"))


@pytest.mark.parametrize("how", ["single", "batch"])
def test_a_servers_events_are_recorded_once_and_none_without_consent(
    how: str, packages: Path, tmp_path: Path
) -> None:
    with sandbox("--limits", "off") as host:
        words = ("--host", host, "--limits", "off", "--token", "s3cret")
        with serving(tmp_path, *words, config=CONSENT) as connection:
            url = f"http://127.0.0.1:{connection.port}/collect"
            sent = run(packages, tmp_path, url, how, "s3cret")
        assert (len(sent["granted"]), len(sent["denied"])) == (60, 20)
        assert recorded(host) == sorted(sent["granted"])


def test_a_pages_events_are_recorded_once_and_none_without_consent(
    packages: Path, tmp_path: Path
) -> None:
    """The browser source in jsdom, whose requests come from another origin."""
    with sandbox("--limits", "off") as host:
        words = ("--host", host, "--limits", "off", "--allow-origin", "http://shop.example")
        device = {**CONSENT, "settings": {"anonymousId": "user.device"}}
        with serving(tmp_path, *words, config=device) as connection:
            url = f"http://127.0.0.1:{connection.port}/collect"
            sent = run(packages, tmp_path, url, "browser")
        assert sent["answers"] == {"200": len(sent["granted"]) + len(sent["denied"])}
        assert len(sent["granted"]) == 5 and sent["denied"]
        assert recorded(host) == sorted(sent["granted"])
