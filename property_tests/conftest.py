"""The laws try as hard as the other tests do, also where they are run alone."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:  # pytest's importlib mode leaves neighbours unfindable
    sys.path.append(ROOT)

from tests.conftest import pytest_configure  # noqa: E402

__all__ = ["pytest_configure"]
