"""The measurement of `flat.py`, in small: it still runs, and what it counts is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.end_to_end.flat import flat


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux what it holds")
def test_a_few_destinations_and_events_leave_nothing_behind() -> None:
    """Threads and files are none the more; each event is delivered or has its reason."""
    flat(10, 10_000, 10)
