"""How is a record restored after a restart?

A journal line is a request with its time and outcome: which rows were refused and why. Restoring
does not check anything again, so settings may have changed; accepted requests are applied again
with their original time, which gives the same profiles and events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .faults import FOREIGN
from .issue import Issue
from .jobs import asked
from .shape import Issues
from .wire import dumps, loads
from .work import DONE, State, Wrong, start_import

ASK: Final = "profiles.get_bulk_import_profiles_job"
IMPORT: Final = "profiles.bulk_import_profiles"


def journal_line(
    line: bytes,
    at: float,
    issues: Issues = (),
    wrong: Wrong | None = None,
    polls: int = 0,
    job: str = "",
    cancelled: bool = False,
) -> bytes:
    """The journal line of a request and its outcome.

    >>> journal_line(b'{"call":"events.create_event","status":202,"body":{}}', 7.5)
    b'{"at":7.5,"call":"events.create_event","status":202,"body":{}}'
    """
    head: dict[str, Any] = {"at": at}
    if issues:
        head["issues"] = [_row(issue) for issue in issues[:5]]  # as many as are remembered
    if wrong is not None:
        rows = [[index, [_row(issue) for issue in found]] for index, found in wrong.items()]
        head |= {"wrong": rows, "polls": polls}
    if cancelled:
        head["cancelled"] = True
    if job:
        head["job"] = job
    return dumps(head)[:-1] + b"," + line[1:]


def restore(state: State, line: bytes) -> bytes:
    """Apply a journal line; returns the request's line for `requests.jsonl`."""
    start, end = line.index(b'"call":'), line.index(b',"body":')
    head = loads(line[:end] + b"}")
    at, call, status = head["at"], head["call"], head["status"]
    counts = state.record.counts
    counts["requests"] += 1
    if status == 429:
        counts["throttled"] += 1
    elif "issues" in head:
        state.record.refuse(call, map(_issue, head["issues"]), at)
    elif status is not None and status < 300 and head.get("fault") not in FOREIGN:
        body = loads(line[end + len(b',"body":') : -1])
        if call == IMPORT:
            wrong = {index: [_issue(row) for row in rows] for index, rows in head["wrong"]}
            start_import(state, body, at, wrong, head["polls"], head.get("cancelled", False))
        elif call == ASK:
            asked(state.jobs[head["job"]], at)
        elif call in DONE:
            DONE[call](state, body, at)
    return b"{" + line[start:]


def _row(issue: Issue) -> list[Any]:
    return [issue.detail, issue.pointer, issue.code, issue.status, dict(issue.meta)]


def _issue(row: list[Any]) -> Issue:
    detail, pointer, code, status, meta = row
    told: Mapping[str, str] = meta
    return Issue(detail, pointer, code, status, tuple(told.items()))
