"""How is a folder of plans delivered? Batch by batch, from where the last run stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from walkeros_klaviyo.shell.input.file import begin, reading_of
from walkeros_klaviyo.shell.input.line import Line
from walkeros_klaviyo.shell.input.plans import COMPLETE, files_of, read_plan
from walkeros_klaviyo.shell.input.position import Position
from walkeros_klaviyo.shell.input.source import SourceError, open_events
from walkeros_klaviyo.shell.problem import ProblemError

from .loop import Loop
from .run import Room, gather, keep_going


def deliver_plans(
    loop: Loop, folder: Path, note: Callable[[str], None], *, is_again: bool = False
) -> None:
    """Deliver every new plan of the batches that are complete now.

    `note` gets messages on how many are known already, and which batch is incomplete. With
    `is_again`, all count as new.
    """
    room = Room()
    files, waiting = files_of(folder)
    if waiting:
        behind = f", and {len(waiting) - 1:,} behind it" if len(waiting) > 1 else ""
        why = f"it has no {COMPLETE} yet; if its job died, plan it again"
        note(f"{folder / waiting[0]} waits{behind}: {why}")
    known: dict[str, Position | None] = {}
    before = 0
    for path in files:  # all now: once the loop runs, only it may use the store
        with open_events(str(path)) as stream:
            reading = reading_of(stream)
        names = () if reading is None else reading.names
        here = {name: loop.store.position(name) for name in names}
        before += max((one.line for one in here.values() if one is not None), default=0)
        known |= here
    loop.input.has_place = True
    if before and not is_again:
        note(f"{before:,} plans were accepted before; going on after them")

    def read() -> None:
        for path in files:
            with open_events(str(path)) as stream:
                reading = reading_of(stream)
                if reading is not None and not room.is_closed:
                    reading = begin(stream, known.get, reading, is_again)
                    with _named(path):
                        gather(stream, reading, loop, room, _whole_plan)

    keep_going(loop, room, read)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Add the file's name to an error."""
    try:
        yield
    except (ProblemError, OSError, EOFError) as error:
        raise SourceError(f"{path}: {error}") from error


def _whole_plan(number: int, raw: bytes, end: int = 0, is_whole: bool = True) -> Line:
    """Read a line as complete: nothing more is written to a complete batch."""
    line = read_plan(number, raw, end, is_whole)
    if line.may_go_on:
        raise SourceError(
            f"line {number} is cut off, and its batch is complete; plan the batch again"
        )
    return line
