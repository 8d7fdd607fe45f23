"""How is a store's status shown to people and to programs?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from walkeros_klaviyo.delivery.retry import MAX_CHARGES
from walkeros_klaviyo.shell.store import Damaged, DeadLetter, Status

from .report import metrics_table, plain_table


def tables(status: Status, metrics: Mapping[str, Counter[str]]) -> list[Table]:
    """The status as tables."""
    counts, found = status.counts, []
    is_running = status.holder is not None
    unended = "is under way" if is_running else "was not ended in order (killed, or a crash)"
    store = plain_table("The store", "", "")
    store.add_row("belongs to", status.host)
    store.add_row("size", f"{status.size / 1e6:,.1f} MB")
    store.add_row("profiles known", f"{status.profiles:,}")
    if status.holder is not None:
        store.add_row("in use by", str(status.holder))
    store.add_row("last run", status.ended or unended)
    if status.again:
        store.add_row("to be planned again", f"{status.again:,} dead letters, by the next run")
    found.append(store)
    events = plain_table("Events, of all runs", "", "events", right=("events",))
    events.add_row("accepted", f"{counts.accepted:,}")
    rows = [("delivered", counts.delivered), ("pending", counts.pending), ("dead", counts.dead)]
    for name, count in (*rows, *sorted(counts.not_sent.items())):
        events.add_row(f"  {name}", f"{count:,}")
    events.add_row("invalid", f"{counts.invalid:,}")
    found.append(events)
    by_metric = metrics_table(metrics, metrics)
    if by_metric is not None:
        found.append(by_metric)
    if status.waiting:
        since = "" if status.oldest is None else f"; the oldest since {_time(status.oldest)}"
        line = "" if status.oldest_line is None else f", line {status.oldest_line}"
        waiting = plain_table(
            f"Waiting calls{since}{line}", "call", "metric", "calls", right=("calls",)
        )
        for one in status.waiting:
            waiting.add_row(one.call, one.metric, f"{one.calls:,}")
        found.append(waiting)
    if status.stuck:
        stuck = plain_table(
            "Failed while others got through (store drop --waiting NUMBER gives one up)",
            "number",
            "line",
            "metric",
            "patience used",
            right=("number", "line", "patience used"),
        )
        for row in status.stuck:
            patience = f"{row.tries} of {MAX_CHARGES}"
            stuck.add_row(str(row.id), str(row.line), row.metric, patience)
        found.append(stuck)
    if status.dead:
        dead = plain_table(
            "Dead letters (store dead shows them)", "code", "letters", right=("letters",)
        )
        for code, count in status.dead.most_common():
            dead.add_row(code, f"{count:,}")
        found.append(dead)
    return found


def as_json(status: Status, metrics: Mapping[str, Counter[str]]) -> dict[str, Any]:
    """The status as JSON. `events` holds the terms of accepted = delivered + pending + …"""
    counts = status.counts
    return {
        "host": status.host,
        "size": status.size,
        "profiles": status.profiles,
        "last_run": status.ended,
        "events": {
            "accepted": counts.accepted,
            "delivered": counts.delivered,
            "pending": counts.pending,
            "dead": counts.dead,
            **dict(sorted(counts.not_sent.items())),
        },
        "invalid": counts.invalid,
        "upserts": {
            "delivered": counts.upserts,
            "dead": counts.dead_upserts,
            "saved": counts.saved,
        },
        "subscriptions": {"delivered": counts.subscriptions},
        "metrics": {name: dict(by) for name, by in sorted(metrics.items())},
        "waiting": [
            {"call": one.call, "metric": one.metric, "calls": one.calls} for one in status.waiting
        ],
        "oldest": None if status.oldest is None else _time(status.oldest),
        "stuck": [
            {
                "number": one.id,
                "line": one.line,
                "call": one.call,
                "metric": one.metric,
                "patience_used": one.tries,
            }
            for one in status.stuck
        ],
        "dead": dict(status.dead),
        "again": status.again,
        "in_use": status.holder is not None,
    }


def dead_table(letters: Sequence[DeadLetter | Damaged], count: int) -> Table | str:
    """Dead letters with the reason in Klaviyo's own words, which may hold personal data."""
    if not letters:
        return "No dead letters."
    title = "Dead letters" if len(letters) == count else f"The first {len(letters)} of {count:,}"
    table = plain_table(title, "number", "line", "metric", "why", right=("number", "line"))
    for one in letters:
        if isinstance(one, Damaged):
            table.add_row(str(one.id), "", "", "store.damaged: the row is damaged")
            continue
        letter = one.letter
        status = "not sent" if letter.status is None else str(letter.status)
        where = f" ({letter.pointer})" if letter.pointer else ""
        said = "" if letter.detail.startswith(letter.code) else f"{letter.code}: "
        why = f"{status} {said}{letter.detail}{where}"
        name = letter.metric or ("profile" if letter.call else "–")
        table.add_row(str(one.id), str(letter.origin.line), name, why)
    return table


def dead_row(one: DeadLetter | Damaged) -> dict[str, Any]:
    """A dead letter as JSON, with its line and body as strings."""
    if isinstance(one, Damaged):
        return {"number": one.id, "code": "store.damaged"}
    letter = one.letter
    return {
        "number": one.id,
        "at": _time(one.at),
        "line": letter.origin.line,
        "id": letter.origin.id,
        **letter.to_dict(),
        "can_be_retried": one.can_be_retried,
        "body": None if one.body is None else one.body.decode(errors="replace"),
        "raw": letter.origin.raw.decode(errors="replace"),
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
