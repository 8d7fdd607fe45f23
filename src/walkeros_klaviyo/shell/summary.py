"""How did it end? The summary on stdout, and the exit code."""

from __future__ import annotations

import sys
from typing import Final

from .report import (
    console,
    dropped_table,
    letters_table,
    outcomes_table,
    profiles_line,
    remarks_table,
)
from .run import Run

_REASONS: Final = {
    "key": "Klaviyo does not accept the API key (401). Check KLAVIYO_API_KEY or settings.apiKey.",
    "scope": "The API key lacks a scope (403). It needs events:write and profiles:write.",
    "unreachable": "Klaviyo could not be reached. Check --host and the network.",
    "not-klaviyo": "The host answers as Klaviyo would not. Check --host.",
    "tls": "The host's certificate is not trusted. Check --host, or set SSL_CERT_FILE.",
}


def summarise(run: Run, host: str) -> None:
    """Print what became of every line, why some went not, and what to look at."""
    out = console()
    counts = run.outbox.counts
    out.print(outcomes_table(counts, run.tally.outcomes["invalid"]))
    for table in (
        dropped_table(run.tally),
        letters_table(run.outbox.letters),
        remarks_table(run.tally),
    ):
        if table is not None:
            out.print(table)
    out.print(profiles_line(counts))
    for one in run.warnings[:5]:
        print(f"warning: {one.code}: {one.detail}", file=sys.stderr)
    if run.stopped is not None:
        print(f"{host}: {_REASONS[run.stopped.reason]} ({run.stopped.detail})", file=sys.stderr)
    if run.interrupted is not None:
        more = "" if run.has_ended else ", and the rest of the input was not read"
        print(
            f"Stopped by a signal; {counts.pending:,} events were not sent{more}.", file=sys.stderr
        )
    if run.read_error is not None:
        print(f"The input could not be read to its end: {run.read_error}", file=sys.stderr)


def exit_code(run: Run) -> int:
    """0 all well, 1 something was invalid, refused or dead, 3 Klaviyo could not be used.

    A run that was stopped by a signal exits as the shell expects, 128 and the signal's number.
    """
    if run.stopped is not None:
        return 3
    if run.interrupted is not None:
        return 128 + run.interrupted
    if run.read_error is not None:
        return 2
    counts = run.outbox.counts
    return 1 if run.tally.outcomes["invalid"] or counts.dead or counts.dead_upserts else 0
