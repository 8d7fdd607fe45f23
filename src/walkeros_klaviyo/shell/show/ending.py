"""How did a run end? The summary on stdout, and the exit code."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.limits import BULK_SCOPES, SINGLE_SCOPES
from walkeros_klaviyo.core.shown import visible
from walkeros_klaviyo.delivery.messages import Stop
from walkeros_klaviyo.shell.process import readers_may_leave
from walkeros_klaviyo.shell.send.loop import SHOWN, Loop
from walkeros_klaviyo.shell.send.uncommitted import LOG
from walkeros_klaviyo.shell.store import DEFAULT_PATH
from walkeros_klaviyo.shell.store.counts import Counts

from .report import (
    arrived_table,
    dropped_table,
    letters_table,
    metrics_table,
    outcomes_table,
    profiles_line,
    remarks_table,
)
from .table import show

_REASONS: Final = {
    "key": "Klaviyo does not accept the API key (401). Check KLAVIYO_API_KEY or settings.apiKey.",
    "scope": f"The API key lacks a scope (403). It needs {' and '.join(SINGLE_SCOPES)}, and for "
    f"bulk {', '.join(BULK_SCOPES)}; without those, --mode auto or single goes one by one. "
    "Subscriptions need subscriptions:write and lists:write.",
    "unreachable": "Klaviyo could not be reached. Check --host and the network.",
    "not-klaviyo": "The host answers as Klaviyo would not. Check --host.",
    "tls": "The host's certificate is not trusted. Check --host, or let {bundle} name a file "
    "that holds its CA.",
    "stuck": "What is left keeps failing by itself. It is kept, and the next run tries it again; "
    "store status shows it, store drop --waiting gives it up.",
}


def summarise(loop: Loop, host: str, arrived: Iterable[Mapping[str, Any]] | None = None) -> None:
    """Print the outcome of every line, why some were not sent, and what to look at.

    This includes what earlier runs that were killed could not report. For a trial, `arrived` holds
    the recorded events; nothing is kept, so there is nothing to look at later.
    """
    store = loop.store
    counts, metrics = store.unreported
    tables = (
        outcomes_table(counts, store.counts.pending),
        metrics_table(metrics, store.metrics) if arrived is None else arrived_table(arrived),
        dropped_table(loop.acceptance.tally),
        letters_table(loop.letters),
        remarks_table(loop.acceptance.tally),
    )
    dead = store.dead_calls
    more = "" if dead <= SHOWN else f" ({dead:,})"
    with readers_may_leave(ends=False):
        show(*tables)
        if counts.anew:
            show(f"{counts.anew:,} dead letters planned again.")
        show(profiles_line(counts))
        if counts.accepted + counts.invalid > loop.acceptance.lines:
            show("The counts include earlier runs that did not finish.")
        if dead and arrived is None:
            show(f"What is dead{more} is kept: walkeros-klaviyo store dead{_named(store.path)}")
    for one, count in loop.warnings.most_common(5):
        times = f" ({count:,} times)" if count > 1 else ""
        print(visible(f"warning: {one.code}: {one.detail}{times}"), file=sys.stderr)
    course, source = loop.course, loop.input
    if course.stopped is not None:
        print(visible(f"{host}: {_reason(course.stopped)}"), file=sys.stderr)
    if course.interrupted is not None:
        print(f"Stopped by a signal; {store.counts.pending:,} events wait.", file=sys.stderr)
    if _ends_early(loop) and not loop.has_ended:
        told = (
            "the same command goes on" if source.has_place else "of a pipe, send again what comes"
        )
        last = loop.acceptance.last
        number = 0 if last is None else last.number
        said = f"Line {number:,} was the last accepted, the rest was not read"
        print(f"{said}; {told} after it.", file=sys.stderr)
    if source.unfinished is not None:
        said = f"Line {source.unfinished} has no line end and is not JSON"
        print(
            f"{said}: if it is still being written, the next run reads it whole.", file=sys.stderr
        )
    if source.error is not None:
        print(f"The input could not be read to its end: {source.error}", file=sys.stderr)


def _ends_early(loop: Loop) -> bool:
    """Was it interrupted? A followed log is not, since a signal is how it ends."""
    is_interrupted = loop.course.interrupted is not None and not loop.input.is_endless
    return loop.course.stopped is not None or is_interrupted


def log_ending(counts: Counts, pending: int, code: int, stopped: Stop | None = None) -> None:
    """The same for a program that reads the log, without Klaviyo's own words."""
    fields = {
        "accepted": counts.accepted,
        "delivered": counts.delivered,
        "pending": pending,
        "dead": counts.dead,
        **dict(sorted(counts.not_sent.items())),
        "invalid": counts.invalid,
        "exit_code": code,
        "stopped": None if stopped is None else stopped.reason,
    }
    LOG.info("ended", extra={"fields": fields})


def _reason(stop: Stop) -> str:
    """What to check; names the certificate variable that applies here."""
    bundle = "REQUESTS_CA_BUNDLE" if os.environ.get("REQUESTS_CA_BUNDLE") else "SSL_CERT_FILE"
    return f"{_REASONS[stop.reason].format(bundle=bundle)} ({stop.detail})"


def _named(path: Path) -> str:
    """The `--store` option to type for this store; empty for the default one."""
    here = path
    with suppress(OSError, ValueError):  # it is elsewhere, or the working folder is gone
        here = path.relative_to(Path.cwd())
    return "" if str(here) == DEFAULT_PATH.name else f" --store {shlex.quote(str(here))}"


def how_it_ended(loop: Loop) -> str:
    """One line for `store status` to show later."""
    if loop.course.stopped is not None:
        return f"stopped: {_reason(loop.course.stopped)}"
    if loop.course.interrupted is not None:
        return f"stopped by signal {loop.course.interrupted}"
    if loop.input.error is not None:
        return f"ended early, for the input could not be read: {loop.input.error}"
    return "ended in order, all that it read was decided"


def exit_code(loop: Loop) -> int:
    """0 all well, 1 something was invalid, refused or dead, 3 Klaviyo could not be used.

    A run that was stopped by a signal exits as the shell expects, 128 and the signal's number.
    """
    if loop.course.stopped is not None:
        return 3
    if loop.course.interrupted is not None and _ends_early(loop):
        return 128 + loop.course.interrupted
    if loop.input.error is not None:
        return 2
    counts, _ = loop.store.unreported
    bad = counts.invalid or counts.dead or counts.dead_upserts or loop.input.unfinished is not None
    return 1 if bad else 0
