"""How far has a source been read?"""

from __future__ import annotations

from attrs import frozen


@frozen
class Position:
    """Everything before `offset` bytes, or `line` lines, was accepted."""

    offset: int
    line: int
    digest: str
    """A digest of everything before the offset; if that changes, it is another source."""
