"""What does an observer of dead letters get?"""

from __future__ import annotations

from typing import Any

from attrs import frozen


@frozen
class Origin:
    """Where an accepted event came from: its line's number, its id, and the line itself."""

    line: int
    id: str | None
    raw: bytes


@frozen
class Letter:
    """A dead letter: an accepted event or upsert that Klaviyo refuses, and why."""

    origin: Origin
    call: str | None
    metric: str | None
    status: int | None
    code: str
    detail: str
    pointer: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON for a file of rejects, without the line itself."""
        return {
            "call": self.call,
            "metric": self.metric,
            "status": self.status,
            "code": self.code,
            "message": self.detail,
            "pointer": self.pointer,
        }
