"""How hard do the tests try?

What the README's command runs takes minutes. The rest is asked for: `-m whole` runs what is
measured at size, and HYPOTHESIS_PROFILE=more, or --hypothesis-profile=more, tries laws on more
examples, `full` on many more.
"""

from __future__ import annotations

import gc
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
    max_examples=20,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
for name, examples in {"more": 150, "full": 3_000}.items():
    settings.register_profile(
        name,
        settings.get_profile("fast"),
        max_examples=examples,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Load the profile, unless the command line names one; what is started finds itself compiled.

    Hundreds of commands are started, and most of a short one's time is its imports.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.pop("COLUMNS", None)  # xdist gives its workers one, by which tables are laid out
    if not config.getoption("--hypothesis-profile", None):
        settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


def pytest_collection() -> None:
    """Thousands of tests are no garbage; who looks through them again and again takes long."""
    gc.disable()


def pytest_collection_finish() -> None:
    """From now on garbage is what the tests leave."""
    gc.freeze()
    gc.enable()
