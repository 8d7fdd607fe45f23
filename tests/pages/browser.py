"""A real browser for the pages: Chromium, driven by Selenium, and axe-core from npm.

Where one of them is missing the tests are skipped and say what to get. With
WALKEROS_KLAVIYO_BROWSER=required, as `.ci/run` sets it where it could install them, that fails.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from walkeros_klaviyo import listening

AXE = "axe-core@4.11.4"
FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
    --disable-background-networking --disable-component-update --hide-scrollbars
    --disable-dev-shm-usage
""".split()
SEVERE = ("serious", "critical")


def missing(what: str, how: str) -> NoReturn:
    """Say it loudly: these tests did not run, or must have."""
    told = f"NOT TRIED in a browser: {what} is missing; get it with: {how}"
    if os.environ.get("WALKEROS_KLAVIYO_BROWSER") == "required":
        pytest.fail(told)
    pytest.skip(told)


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser of its own, without a window, a network service or an account."""
    try:
        from selenium import webdriver
    except ModuleNotFoundError:
        missing("selenium", 'pip install -e ".[dev]"')
    paths = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    if None in paths.values():
        missing("Chromium", "apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = paths["chromium"]
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for flag in (*FLAGS, f"--user-data-dir={folder}"):
            options.add_argument(flag)
        service = webdriver.ChromeService(paths["chromedriver"])
        driver = webdriver.Chrome(options=options, service=service)
        try:
            yield driver
        finally:
            driver.quit()


def axe() -> str:
    """The source of axe-core; the package is kept in the cache of the user."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    place = base / "walkeros-klaviyo" / AXE
    if not place.exists():
        npm = shutil.which("npm")
        if npm is None:
            missing("axe-core", "npm, which installs it (apt-get install npm)")
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as temporary:
            words = [npm, "install", "--no-audit", "--no-fund", "--prefix", temporary, AXE]
            done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
            if done.returncode != 0:
                missing("axe-core", f"npm install {AXE}: {done.stderr.strip()[-300:]}")
            made = Path(temporary) / "node_modules" / "axe-core" / "axe.min.js"
            made.rename(place)
    return place.read_text(encoding="utf-8")


def violations(driver: Any) -> list[str]:
    """What is wrong for who cannot see or point: the rules that are broken, and where."""
    driver.execute_cdp_cmd("Runtime.evaluate", {"expression": axe()})
    found = driver.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
    assert len(found["passes"]) > 10
    return [
        f"{one['id']}: {json.dumps([node['html'][:200] for node in one['nodes'][:3]])}"
        for one in found["violations"]
        if one["impact"] in SEVERE
    ]


def look(
    driver: Any, url: str, *, dark: bool = False, width: int = 1280, height: int = 900
) -> None:
    """Open a page in one of its appearances."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    driver.get(url)


def until(seen: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What is seen at last; a page changes each second."""
    end = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < end, "it was not seen in time"
        time.sleep(0.02)
    return found


@contextmanager
def served(app: Any) -> Iterator[str]:
    """An application on a port of its own, in a thread."""
    listener, url = listening.listen(0)
    ready = threading.Event()
    server = listening.Server(app, ready.set, timeout_graceful_shutdown=1)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        assert ready.wait(10)
        yield url
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
