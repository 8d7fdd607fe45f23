"""Which functions can a configuration file call, as in `"fn": "$fn:flatten"`?

Pure and total: for a value it cannot take, a function returns a `Misfit`, and the value is left
out. Those of one value also take a list, item by item; its holes stay. Source: ours.
"""

from __future__ import annotations

from .steps import Step, parse_steps
from .table import FUNCTIONS

__all__ = ["FUNCTIONS", "Step", "parse_steps"]
