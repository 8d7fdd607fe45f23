"""A day's partition to Klaviyo: an Airflow task that may run as often as it likes.

    @task(retries=5, depends_on_past=True, max_active_tis_per_dag=1)
    def klaviyo(ds: str | None = None) -> str:
        try:
            return deliver_day(date.fromisoformat(ds), rows_of_day, Path("/data/klaviyo"), CONFIG)
        except DayError as error:
            if error.may_pass:
                raise
            raise AirflowFailException(str(error)) from error  # no retry mends it

Idempotent by two files. The first try writes the day's events into one, as a whole or not at all,
and later tries read that, so that a query that answers otherwise today changes nothing; to load the
day anew, remove it. `run` sends it through a store, where it goes on where it stood, however it
ended: what was sent is not sent again. So the folder must be on a disk that every try finds, and
the days come one after the other. The key is in KLAVIYO_API_KEY.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

from walkeros_klaviyo import EventError, event_from_row

Rows = Callable[[date], Iterable[object]]
"""A day's rows, such as those of a query."""


class DayError(Exception):
    """The day is not all sent; `may_pass` where another try may do it."""

    def __init__(self, message: str, may_pass: bool = False) -> None:
        super().__init__(message)
        self.may_pass = may_pass


def deliver_day(
    day: date, rows: Rows, folder: Path, config: Path, options: Sequence[str] = ()
) -> str:
    """Send a day's events; what `run` says of it. Raises DayError.

    `options` go to `run`: `--mode bulk`, `--host URL`. Rows that are no events are in
    `DAY.not-events.jsonl`, by number, column and reason; all others are sent first.
    """
    events, others = folder / f"{day}.jsonl", folder / f"{day}.not-events.jsonl"
    if not events.exists():
        _write(rows(day), events, others)
    store = folder / "walkeros-klaviyo.db"
    command = [sys.executable, "-m", "walkeros_klaviyo", "run", str(events), "--quiet"]
    given = ["--config", str(config), "--store", str(store), *options]
    done = subprocess.run([*command, *given], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DayError(f"{day}: {done.stdout}{done.stderr}", may_pass=done.returncode not in (1, 2))
    if others.stat().st_size:
        raise DayError(f"{day}: what is an event was sent; for the rest see {others}")
    return done.stdout


def _write(rows: Iterable[object], events: Path, others: Path) -> None:
    """The rows' events and what is wrong with the others; the events' file is there when whole."""
    partial = events.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as good, others.open("w", encoding="utf-8") as bad:
        for number, row in enumerate(rows, 1):
            found = event_from_row(row)
            if isinstance(found, EventError):
                print(json.dumps({"row": number, **found.diagnostic.to_dict()}), file=bad)
            else:
                print(json.dumps(found), file=good)
        for file in (good, bad):
            file.flush()
            os.fsync(file.fileno())
    partial.replace(events)
