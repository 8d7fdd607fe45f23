"""How is a folder of plans delivered? Batch by batch, gone on with where the last run stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from walkeros_klaviyo.shell.input.file import begin, reading_of
from walkeros_klaviyo.shell.input.plans import files_of, read_plan
from walkeros_klaviyo.shell.input.position import Position
from walkeros_klaviyo.shell.input.source import open_events

from .loop import Loop
from .run import Room, gather, keep_going


def deliver_plans(
    loop: Loop, folder: Path, note: Callable[[str], None], *, is_again: bool = False
) -> None:
    """Deliver every plan that is new, of the batches that are complete now.

    `note` is told how many are known; if it `is_again`, all are new.
    """
    room = Room()
    files = tuple(files_of(folder))
    known: dict[str, Position | None] = {}
    before = 0
    for path in files:  # all of them now: once the loop runs, the store is its own
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
                    gather(stream, reading, loop, room, read_plan)

    keep_going(loop, room, read)
