"""How far was a source read?"""

from __future__ import annotations

from attrs import frozen


@frozen
class Position:
    """Everything before `offset` was accepted; `line` lines stand there."""

    offset: int
    line: int
    digest: str
    """Of all that stands before the offset: what was changed there is another source."""
