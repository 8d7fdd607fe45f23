"""Which functions may a file name, as `"fn": "$fn:flatten"`?

Pure and total: what a function cannot take it says (`Misfit`), and the value is left out. Those of
one value take a list too, item by item; a list's holes stay holes. Source: ours.
"""

from __future__ import annotations

from .steps import Step, parse_steps
from .table import FUNCTIONS

__all__ = ["FUNCTIONS", "Step", "parse_steps"]
