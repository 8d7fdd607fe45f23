"""How many events are tried where verify is tried itself?"""

from __future__ import annotations

from hypothesis import settings

MORE = 150
"""Examples of a law from which on nobody is in a hurry."""


def tries(count: int) -> int:
    """So many where laws are tried on more examples; in the README's command a third."""
    return count if settings().max_examples >= MORE else count // 3
