"""One Spark for all tests of this folder, for it takes long to start."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from tests.spark.session import missing, refuse, start


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The session."""
    if why := missing():
        refuse(why)
    session = start(tmp_path_factory.mktemp("spark"))
    yield session
    session.stop()


@pytest.fixture(autouse=True)
def not_ours() -> Iterator[None]:
    """What PySpark itself warns of is no fault of these tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
