"""Is the import done, and which of its rows failed?

A profile import answers 202 and works later, so its job is asked until it is complete; its
profiles' events wait for it, up to a bound. One that was cancelled or is unknown has not happened.
Source: Get Bulk Import Profiles Job, Get Errors.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from attrs import evolve, frozen

from .messages import Item
from .speaker import member

FIRST_ASK: Final = 0.5
MAX_ASK: Final = 10.0
"""Seconds between two questions: at first, and at most."""
PATIENCE: Final = 300.0
"""Seconds after which the next answer decides, whatever it is."""
LATELY: Final = 120.0
"""Seconds within which others got through, where only the questions fail."""

Progress = Literal["working", "done", "partly", "undone", "untold"]
"""How far an import is; `partly`: done, but rows of it failed; `untold`: nothing is said of it."""


@frozen
class Job:
    """An import under way: its items in the order of its rows, and when to ask next."""

    id: str
    items: tuple[Item, ...]
    since: float
    ask_at: float
    pause: float = FIRST_ASK
    asking: bool = False
    errors: bool = False
    """It is complete with failures; next its errors are asked for."""
    failed: int = 0
    """So many of its rows."""


def job_of(body: bytes) -> str | None:
    """The id of the job in an answer to an import.

    >>> job_of(b'{"data": {"type": "profile-bulk-import-job", "id": "J1"}}')
    'J1'
    """
    found = _data(body).get("id")
    return found if isinstance(found, str) and found else None


def progress_of(body: bytes) -> Progress:
    """How far is an import? Cancelled, or complete with nothing completed, it has not happened.

    >>> progress_of(b'{"data": {"attributes": {"status": "complete", "failed_count": 2}}}')
    'partly'
    >>> progress_of(b'{"data": {"attributes": {"status": "cancelled"}}}')
    'undone'
    """
    attributes = _attributes(body)
    status = attributes.get("status")
    if not isinstance(status, str):
        return "untold"
    if status in ("cancelled", "failed", "expired"):
        return "undone"
    if status != "complete":
        return "working"
    completed, total = attributes.get("completed_count"), attributes.get("total_count")
    if completed == 0 and total != 0 and not _count(attributes.get("failed_count")):
        return "undone"
    return "partly" if failed_of(body) else "done"


def failed_of(body: bytes) -> int:
    """How many rows of an import failed, or were not completed.

    >>> failed_of(b'{"data": {"attributes": {"completed_count": 3, "total_count": 10}}}')
    7
    """
    attributes = _attributes(body)
    failed = _count(attributes.get("failed_count"))
    if "completed_count" in attributes and "total_count" in attributes:
        missing = _count(attributes["total_count"]) - _count(attributes["completed_count"])
        failed = max(failed, missing)
    return failed


def _count(found: Any) -> int:
    return found if isinstance(found, int) else 0


def later(job: Job, now: float) -> Job:
    """Not done yet: asked again, less often each time."""
    pause = min(job.pause * 2.0, MAX_ASK)
    return evolve(job, asking=False, ask_at=now + pause, pause=pause)


def _attributes(body: bytes) -> dict[str, Any]:
    found = _data(body).get("attributes")
    return found if isinstance(found, dict) else {}


def _data(body: bytes) -> dict[str, Any]:
    data = member(body, "data")
    return data if isinstance(data, dict) else {}
