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
LATELY: Final = 60.0
"""Seconds within which others got through, where only the questions fail."""

Progress = Literal["working", "done", "partly", "undone"]
"""How far an import is; `partly`: done, but rows of it failed."""


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
    attributes = _data(body).get("attributes")
    if not isinstance(attributes, dict):
        return "working"
    status = attributes.get("status")
    if status in ("cancelled", "failed", "expired"):
        return "undone"
    if status != "complete":
        return "working"
    failed = attributes.get("failed_count")
    if isinstance(failed, int) and failed > 0:
        return "partly"
    is_empty = attributes.get("completed_count") == 0 and attributes.get("total_count") != 0
    return "undone" if is_empty else "done"


def later(job: Job, now: float) -> Job:
    """Not done yet: asked again, less often each time."""
    pause = min(job.pause * 2.0, MAX_ASK)
    return evolve(job, asking=False, ask_at=now + pause, pause=pause)


def _data(body: bytes) -> dict[str, Any]:
    data = member(body, "data")
    return data if isinstance(data, dict) else {}
