"""Is a profile import done, and which of its rows failed?

Klaviyo answers 202 and imports later, so the job is polled until complete; the profiles' events
wait for it, up to a limit. A cancelled or unknown import counts as not done.
Source: Get Bulk Import Profiles Job, Get Errors.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from attrs import evolve, frozen

from .messages import Item
from .speaker import member

FIRST_ASK: Final = 0.5
MAX_ASK: Final = 10.0
"""Seconds between two polls: FIRST_ASK at first, MAX_ASK at most."""
PATIENCE: Final = 300.0
"""Seconds after which the next answer is final, whatever it says."""
LATELY: Final = 120.0
"""If only polling fails, other requests must have passed within so many seconds."""

Progress = Literal["working", "done", "partly", "undone", "untold"]
"""An import's progress; `partly`: done, but rows failed; `untold`: the answer does not say."""


@frozen
class Job:
    """An import under way: its items in the order of the rows, and when to poll next."""

    id: str
    items: tuple[Item, ...]
    since: float
    ask_at: float
    pause: float = FIRST_ASK
    asking: bool = False
    errors: bool = False
    """It is complete with failures; its errors are fetched next."""
    failed: int = 0
    """How many of its rows failed."""


def job_of(body: bytes) -> str | None:
    """The job's id in the answer to an import.

    >>> job_of(b'{"data": {"type": "profile-bulk-import-job", "id": "J1"}}')
    'J1'
    """
    found = _data(body).get("id")
    return found if isinstance(found, str) and found else None


def progress_of(body: bytes) -> Progress:
    """An import's progress; cancelled, or complete with no row done, it has not happened.

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
    """How many rows of an import failed or were not completed.

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
    """The job polled again later, less often each time."""
    pause = min(job.pause * 2.0, MAX_ASK)
    return evolve(job, asking=False, ask_at=now + pause, pause=pause)


def _attributes(body: bytes) -> dict[str, Any]:
    found = _data(body).get("attributes")
    return found if isinstance(found, dict) else {}


def _data(body: bytes) -> dict[str, Any]:
    data = member(body, "data")
    return data if isinstance(data, dict) else {}
