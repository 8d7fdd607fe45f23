"""What does a sandbox remember?

The record, the latest requests and, if there is a store, the journal from which both are restored.
"""

from __future__ import annotations

from attrs import define

from .endpoints import Outcome
from .issue import Issue
from .journal import Journal, JournalError
from .messages import Reply, refused
from .requests import Requests, request_line
from .restore import ASK, journal_line, restore
from .work import State


@define
class Memory:
    """A sandbox's record, requests and journal."""

    state: State
    requests: Requests
    journal: Journal | None = None
    broken: str | None = None
    """Why the journal accepts no more lines."""

    def come_back(self) -> None:
        """Restore from the journal."""
        for number, line in enumerate(self.journal or (), 2):
            try:
                self.requests.add(restore(self.state, line))
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
                raise JournalError(
                    f"is damaged in line {number}; it was left as it is, choose another path"
                ) from None

    def keep(
        self,
        call: str,
        body: bytes,
        reply: Reply,
        now: float,
        fault: str | None = None,
        outcome: Outcome | None = None,
        job_id: str = "",
    ) -> Reply:
        """Keep a request with its outcome, before faults change the answer.

        If there is a journal, nothing is answered that is not in it.
        """
        if reply.status == 429:
            self.state.record.counts["throttled"] += 1
        if self.journal is None and not self.requests:
            return reply
        line = request_line(call, reply.status, body, fault)
        self.requests.add(line)
        if self.journal is None:
            return reply
        job = job_id if call == ASK else ""
        came = Outcome(0) if outcome is None else outcome
        polls = self.state.polls
        try:
            self.journal.append(
                journal_line(line, now, came.issues, came.wrong, polls, job, came.cancelled)
            )
        except OSError as error:
            self.broken = error.strerror or str(error)
            return unkept(self.broken)
        return reply

    def close(self) -> None:
        """Release the journal; then nothing more is accepted."""
        if self.journal is not None:
            self.journal.close()
            self.journal, self.broken = None, "it is closed"


def unkept(why: str) -> Reply:
    """The answer if a request cannot be kept: try again later."""
    detail = f"The sandbox cannot write its store ({why}); fix that and restart it."
    return refused([Issue(detail, None, "error", 503)])
