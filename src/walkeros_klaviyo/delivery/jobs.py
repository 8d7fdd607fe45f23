"""Is the import done, and which of its rows failed?

A profile import answers 202 and works later, so its job is asked until it is complete; its
profiles' events wait for it, up to a bound. Source: Get Bulk Import Profiles Job, Get Errors.
"""

from __future__ import annotations

import json
from typing import Any, Final

from attrs import evolve, frozen

from .messages import Item

FIRST_ASK: Final = 0.5
MAX_ASK: Final = 10.0
"""Seconds between two questions: at first, and at most."""
PATIENCE: Final = 120.0
"""Seconds after which the events go although the import is not done."""


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


def progress_of(body: bytes) -> tuple[bool, int]:
    """Is the job complete, and how many of its rows failed?

    >>> progress_of(b'{"data": {"attributes": {"status": "complete", "failed_count": 2}}}')
    (True, 2)
    """
    attributes = _data(body).get("attributes")
    if not isinstance(attributes, dict):
        return False, 0
    failed = attributes.get("failed_count")
    done = attributes.get("status") in ("complete", "cancelled")
    return done, failed if isinstance(failed, int) else 0


def later(job: Job, now: float) -> Job:
    """Not done yet: asked again, less often each time."""
    pause = min(job.pause * 2.0, MAX_ASK)
    return evolve(job, asking=False, ask_at=now + pause, pause=pause)


def _data(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)["data"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
