"""Every test works in a folder of its own, for `run` keeps its store where it is called."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from walkeros_klaviyo.delivery import answered, retry
from walkeros_klaviyo.delivery.jobs import Job


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses in this process begin at a tenth of what they are, where there are many."""
    first = answered.FIRST_ASK / 10
    monkeypatch.setattr(retry, "BASE", retry.BASE / 10)
    monkeypatch.setattr(answered, "FIRST_ASK", first)
    monkeypatch.setattr(answered, "Job", partial(Job, pause=first))
