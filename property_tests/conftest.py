"""How hard do the property tests try?

`fast` by default, `full` by HYPOTHESIS_PROFILE=full or --hypothesis-profile=full.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:  # pytest's importlib mode leaves neighbours unfindable
    sys.path.append(ROOT)

settings.register_profile(
    "fast",
    max_examples=100,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "full",
    settings.get_profile("fast"),
    max_examples=3_000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def pytest_configure(config: pytest.Config) -> None:
    """Load the profile, unless the command line names one."""
    if not config.getoption("--hypothesis-profile", None):
        settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))
