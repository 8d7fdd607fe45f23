"""One browser for the tests of a module, and the makers of the sandbox's bodies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.pages.browser import chromium
from tests.sandbox.conftest import make as make
from tests.sandbox.conftest import post as post
from tests.shell.conftest import stores as stores


@pytest.fixture(scope="module")
def shared() -> Iterator[Any]:
    """Chromium."""
    with chromium() as driver:
        yield driver


@pytest.fixture
def driver(shared: Any, tmp_path: Path) -> Any:
    """The same, without what other tests were told by it."""
    shared.get("about:blank")
    shared.get_log("browser")
    return shared
