"""How are plans that Spark wrote read, and in which order?

Spark writes its plans to a folder with a subfolder for each batch, which contains files of lines,
and `_SUCCESS` once it is complete. Batches are read in order of number, and a batch's files in
order of name; within a batch each person is in only one file. A line holds the original event and
its plan, so a dead letter still keeps its event.
"""

from __future__ import annotations

import sys
from itertools import chain, takewhile
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core.kept_plan import plan_from_record, plan_to_record
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.walkeros.event import EventError
from walkeros_klaviyo.shell.jsonl import to_json

from .line import Line, read_line
from .source import SourceError

BATCH: Final = "batch-"
"""The name of a batch's folder, before the number."""
COMPLETE: Final = "_SUCCESS"
"""The file that marks a complete batch."""


def written(event: bytes, event_id: str | None, plan: Plan) -> bytes:
    """A line for a file of plans, without line ending.

    >>> written(b'{"name": "x"}', None, Plan("invalid"))[:50]
    b'{"id":null,"event":"{\\\\"name\\\\": \\\\"x\\\\"}","plan":{"ou'
    """
    text = event.decode(errors="replace")
    return to_json({"id": event_id, "event": text, "plan": plan_to_record(plan)})


def read_plan(number: int, raw: bytes, end: int = 0, is_whole: bool = True) -> Line:
    """Parse a line of an event and its plan; a broken one holds an EventError.

    >>> line = read_plan(1, written(b'{"id": "e1"}', "e1", Plan("ignored")))
    >>> line.raw, line.id, line.plan
    (b'{"id": "e1"}', 'e1', <Plan ignored: none>)
    >>> read_plan(1, b'{"name": "page view"}').value.message
    'no plan: expected an event and its plan, as walkeros_klaviyo.spark writes them'
    """
    found = read_line(number, raw, end, is_whole)
    if isinstance(found.value, EventError):
        return found
    try:
        event, event_id, plan = _parts(found.value)
    except ValueError as error:
        return evolve(found, value=EventError("event.not-json", "", str(error)))
    return Line(number, event.encode(), {"id": event_id}, (), end, is_whole, plan)


def _parts(value: Any) -> tuple[str, str | None, Plan]:
    whole = value if isinstance(value, dict) else {}
    event, event_id = whole.get("event"), whole.get("id")
    if not isinstance(event, str) or not isinstance(event_id, str | None):
        raise ValueError(
            "no plan: expected an event and its plan, as walkeros_klaviyo.spark writes them"
        )
    return event, event_id, plan_from_record(whole.get("plan"))


def files_of(folder: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The files of the complete batches in order, and the names of the batches still waiting.

    Those are the first incomplete batch and all after it. SourceError if there are no batches.
    """
    batches = sorted(folder.glob(f"{BATCH}*"), key=_number)
    if not batches:
        raise SourceError(
            f"{folder}: is a folder without {BATCH}… in it; name a file of JSON lines, or the "
            "folder of plans that walkeros_klaviyo.spark has written"
        )
    complete = list(takewhile(lambda batch: (batch / COMPLETE).exists(), batches))
    files = (
        sorted(one for one in batch.iterdir() if one.name[0] not in "._") for batch in complete
    )
    return tuple(chain.from_iterable(files)), tuple(one.name for one in batches[len(complete) :])


def _number(batch: Path) -> tuple[int, str]:
    digits = batch.name.removeprefix(BATCH)
    return int(digits) if digits.isdecimal() else sys.maxsize, batch.name
