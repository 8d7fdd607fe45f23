"""What the tests of the store start from: a fast folder and a path in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.make import fast_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with fast_folder() as found:
        yield found


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / "walkeros-klaviyo.db"
