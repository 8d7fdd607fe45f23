"""How does an answer about an import change the sender?

Its rows are delivered, dead or sent again; if its result cannot be fetched, rows are resent singly.
Source: Get Bulk Import Profiles Job, Get Errors.
"""

from __future__ import annotations

from math import inf
from typing import Final

from attrs import evolve

from .jobs import LATELY, Job, Progress, failed_of, later, progress_of
from .messages import Answer, Warn
from .outcome import UNDONE, Step, by_itself, delivery, failed, halved, judged
from .rows import RowError, import_errors
from .state import Flight, Sender, enqueue, release
from .verdict import Verdict

IMPORT: Final = "profiles.bulk_import_profiles"


def without_job(sender: Sender, number: str) -> tuple[Job, Sender]:
    job = next(job for job in sender.jobs if job.id == number)
    return job, evolve(sender, jobs=tuple(one for one in sender.jobs if one is not job))


def job_answered(
    sender: Sender, number: str, verdict: Verdict, answer: Answer, at: float, luck: float
) -> Step:
    job, sender = without_job(sender, number)
    told: tuple[tuple[RowError, ...], int] | None = None
    progress: Progress = "untold"
    if verdict.kind == "delivered":
        told = import_errors(answer.body, len(job.items)) if job.errors else None
        progress = "untold" if job.errors else progress_of(answer.body)
    if told is not None:
        return _import_failed(sender, job, *told)
    if progress == "done":
        return import_done(sender, job, ())
    if progress == "partly":
        partly = evolve(job, asking=False, errors=True, failed=failed_of(answer.body))
        return evolve(sender, jobs=(*sender.jobs, partly)), ()
    is_late = _is_late(sender, job, at)
    if is_late and progress == "working":
        detail = f"an import is not done after {sender.patience:g} seconds; its events go"
        return import_done(sender, job, (), detail)
    is_unknown = verdict.kind in ("refused", "conflict", "duplicate")
    if not (is_late or is_unknown or progress == "undone"):
        return evolve(sender, jobs=(*sender.jobs, later(job, at))), ()
    is_untold = not is_unknown and progress != "undone"  # late, and nobody says how it is
    if is_untold and _is_deaf(sender, job, at):
        others = [one for one in sender.jobs if not one.asking and _is_late(sender, one, at)]
        sender = evolve(sender, jobs=tuple(one for one in sender.jobs if one not in others))
        every = [by_itself(item) for one in (job, *others) for item in one.items]
        warning = Warn(UNDONE, f"imports go again, one by one: {verdict.detail}")
        return enqueue(sender, every, first=True), (warning,)
    cancelled = "it was cancelled, or nothing of it completed"
    why = cancelled if progress == "undone" else verdict.detail
    undone = Verdict("failed", None, UNDONE, why)
    items = job.items if is_untold else halved(job.items)
    sender, commands = failed(sender, Flight(IMPORT, items), undone, not is_untold, at, luck)
    return sender, (*commands, Warn(UNDONE, f"an import goes again: {why}"))


def _is_late(sender: Sender, job: Job, at: float) -> bool:
    return at - job.since >= sender.patience


def _is_deaf(sender: Sender, job: Job, at: float) -> bool:
    """Does only polling fail? Others got through lately, or this import did for a second time."""
    failed_at = max(item.failed_at for item in job.items)
    if -inf < failed_at < sender.endpoints[IMPORT].spoke_at:
        return True
    return any(at - endpoint.spoke_at < LATELY for endpoint in sender.endpoints.values())


def _import_failed(sender: Sender, job: Job, errors: tuple[RowError, ...], unplaced: int) -> Step:
    """Settle the named rows; if more failed than are named, resend every other row alone."""
    if len(job.items) == 1 and job.items[0].call == IMPORT:  # any error is this row's
        code, detail = "import.failed", "Klaviyo does not say why"
        own = errors[:1] or (RowError(0, code, detail, ""),)
        return import_done(sender, job, own)
    if not unplaced and len({error.row for error in errors}) >= max(job.failed, 1):
        return import_done(sender, job, errors)
    named = {error.row for error in errors}
    rest = [by_itself(item) for row, item in enumerate(job.items) if row not in named]
    sender = enqueue(sender, rest, first=True)
    return judged(sender, [(job.items[error.row], error) for error in errors], 202)


def import_done(
    sender: Sender, job: Job, errors: tuple[RowError, ...], warning: str | None = None
) -> Step:
    named = {error.row for error in errors}
    good = tuple(item for row, item in enumerate(job.items) if row not in named)
    sender, commands = judged(
        release(sender, good), [(job.items[error.row], error) for error in errors], 202
    )
    warnings = () if warning is None else (Warn("import.unknown", warning),)
    return sender, ((delivery(good),) if good else ()) + commands + warnings
