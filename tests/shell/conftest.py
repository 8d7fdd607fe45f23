"""Every test of the shell has stores of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.shell.fake import STORES


@pytest.fixture(autouse=True)
def stores(tmp_path: Path) -> Iterator[None]:
    """In a folder that goes with the test; all are closed."""
    STORES.folder = tmp_path / "stores"
    STORES.folder.mkdir()
    yield
    for store in STORES.opened:
        store.close()
    STORES.opened.clear()
