"""How far is an import job?

Klaviyo answers 202 and works later. Here the rows are imported when the job is accepted, since an
accepted job runs whether polled or not; but the job reports completion only at the `polls`-th poll.
Source: Bulk Import Profiles, Get Bulk Import Profiles Job, Get Errors for Bulk Import Profiles
Job (pages of 20, at most 100).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from attrs import define

from .issue import Issue

PAGE, MOST = 20, 100
_PATH = "/api/profile-bulk-import-jobs"


@define
class Job:
    """One import."""

    id: str
    created: float
    total: int
    errors: tuple[tuple[Issue, Any], ...]
    failed: int
    polls: int
    """The remaining polls to answer with "processing"."""
    cancelled: bool = False
    """Whether it ends without importing any rows."""
    ended: float | None = None


def asked(job: Job, now: float) -> None:
    """Advance the job by a step, as it is polled."""
    job.polls -= 1
    if job.polls <= 0 and job.ended is None:
        job.ended = now


def document(job: Job, host: str) -> dict[str, Any]:
    """The job's JSON:API document."""
    path = f"{host}{_PATH}/{job.id}"
    status = "processing" if job.ended is None else "cancelled" if job.cancelled else "complete"
    done = status == "complete"
    attributes = {
        "status": status,
        "created_at": stamp(job.created),
        "total_count": job.total,
        "completed_count": job.total - job.failed if done else 0,
        "failed_count": job.failed if done else 0,
        "completed_at": None if job.ended is None or job.cancelled else stamp(job.ended),
        "expires_at": stamp(job.created + 7 * 86_400),
        "started_at": stamp(job.created),
    }
    return {
        "data": {
            "type": "profile-bulk-import-job",
            "id": job.id,
            "attributes": attributes,
            "relationships": {"import-errors": {"links": {"related": f"{path}/import-errors"}}},
            "links": {"self": path},
        },
        "links": {"self": path},
    }


def errors_page(
    job: Job, host: str, size: int, start: int, pointers: bool = True
) -> dict[str, Any]:
    """A page of a job's errors; empty until it is complete."""
    path = f"{host}{_PATH}/{job.id}/import-errors"
    known = job.errors if job.ended is not None else ()
    links = {"self": path}
    if start + size < len(known):
        links["next"] = f"{path}?page%5Bcursor%5D={start + size}&page%5Bsize%5D={size}"
    if start > 0:
        back = max(0, start - size)
        links["prev"] = f"{path}?page%5Bcursor%5D={back}&page%5Bsize%5D={size}"
    return {
        "data": [
            {
                "type": "import-error",
                "id": f"{job.id}-{start + place}",
                "attributes": {
                    "code": issue.code,
                    "title": "Invalid input." if issue.status == 400 else "Conflict.",
                    "detail": issue.detail,
                    "source": {"pointer": issue.pointer} if pointers else {},
                    "original_payload": row if isinstance(row, dict) else None,
                },
                "links": {"self": f"{path}/{job.id}-{start + place}"},
            }
            for place, (issue, row) in enumerate(known[start : start + size])
        ],
        "links": links,
    }


def stamp(now: float) -> str:
    """A time as Klaviyo writes it.

    >>> stamp(0.0)
    '1970-01-01T00:00:00+00:00'
    """
    return datetime.fromtimestamp(now, UTC).isoformat()
