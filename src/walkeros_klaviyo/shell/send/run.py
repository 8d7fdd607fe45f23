"""How is one input delivered? Read ahead in a thread, gone on with where the last run stopped."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Final

from attrs import Factory, define

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.pipeline import Transform, pipeline
from walkeros_klaviyo.delivery.batch import Mode
from walkeros_klaviyo.delivery.sender import new_sender
from walkeros_klaviyo.shell.input.file import Reading, begin, reading_of
from walkeros_klaviyo.shell.input.line import Line, read_line
from walkeros_klaviyo.shell.input.lines import read_lines
from walkeros_klaviyo.shell.input.position import Position
from walkeros_klaviyo.shell.process import leave_signals_to_others
from walkeros_klaviyo.shell.store import Store

from .acceptance import Acceptance
from .inbox import Batch, EndOfInput, Unfinished
from .loop import Connection, Loop

AHEAD: Final = 8_000
"""Lines read ahead of what is accepted."""
AHEAD_BYTES: Final = 32 * 1024 * 1024
"""And their bytes; one line may have half of it."""
TOGETHER: Final = 100
"""Lines of a file that are accepted together."""
LONG: Final = 64 * 1024
"""Bytes of a line after which no more are gathered."""


def new_loop(
    config: Config,
    store: Store,
    klaviyo: Connection,
    *,
    limits: bool = True,
    mode: Mode = "auto",
    give_up: float = 30.0,
    transform: Transform | None = None,
) -> Loop:
    """A loop that delivers by a configuration, or a transform over it, out of a store."""
    sender = new_sender(limits, give_up, mode=mode)
    acceptance = Acceptance(transform or pipeline(config), store, config.batched)
    return Loop(acceptance, klaviyo, sender)


def deliver(
    loop: Loop,
    stream: IO[bytes],
    note: Callable[[str], None] = lambda text: None,
    *,
    is_again: bool = False,
) -> None:
    """Plan and deliver every line that is new; returns when all is done, stopped or drained.

    `note` is told where a known file is gone on with; if it `is_again`, all its lines are new.
    """
    reading = reading_of(stream)
    if reading is not None:
        reading = begin(stream, loop.store.position, reading, is_again)
        loop.size, loop.has_place = reading.size, True
        if reading.note:
            with suppress(OSError, ValueError):  # a lost terminal: nobody hears it
                note(reading.note)
    room = Room()
    reader = threading.Thread(
        target=_read, args=(stream, loop, room, reading), name="intake", daemon=True
    )
    reader.start()
    loop.close_input = room.close
    try:
        loop.keep_going()
    finally:
        room.close()


@define
class Room:
    """How much may be read ahead; whoever wants more waits until some of it is planned."""

    lines: int = 0
    bytes: int = 0
    is_closed: bool = False
    _change: threading.Condition = Factory(threading.Condition)

    def enter(self, size: int, count: int) -> bool:
        """Wait for room for so many bytes and lines; False where nobody reads any more."""
        with self._change:
            while not self.is_closed and not self._has_room(size):
                self._change.wait()
            self.lines += count
            self.bytes += size
            return not self.is_closed

    def _has_room(self, size: int) -> bool:
        fits = self.lines < AHEAD and self.bytes + size <= AHEAD_BYTES
        return fits or self.lines == 0

    def leave(self, size: int, count: int) -> None:
        """They are accepted."""
        with self._change:
            self.lines -= count
            self.bytes -= size
            self._change.notify()

    def close(self) -> None:
        """Nobody reads any more."""
        with self._change:
            self.is_closed = True
            self._change.notify_all()


def _read(stream: IO[bytes], loop: Loop, room: Room, reading: Reading | None) -> None:
    """In a thread: a slow or endless input never keeps answers waiting."""
    leave_signals_to_others()
    error = None
    try:
        for batch in _batches(stream, loop, reading):
            if not _give(batch, loop, room):
                return
    except EOFError:
        error = "the compressed file is cut off"
    except (OSError, ValueError, zlib.error) as fault:
        error = getattr(fault, "strerror", None) or str(fault)
    except Exception as fault:  # whatever it is, the loop must learn that no more lines come
        error = f"a fault of this program: {type(fault).__name__}"
    loop.inbox.put(EndOfInput(error))


def _give(batch: Batch, loop: Loop, room: Room) -> bool:
    """False where nobody reads any more."""
    size, count = sum(len(line.raw) for line in batch.lines), len(batch.lines)
    may_go_on = room.enter(size, count)
    batch.accepted.add_done_callback(lambda future: room.leave(size, count))
    loop.inbox.put(batch)
    return may_go_on


def _batches(stream: IO[bytes], loop: Loop, reading: Reading | None) -> Iterator[Batch]:
    """The lines of a pipe one by one, for the next may be long in coming; of a file, together.

    A file is read to its last whole line: what comes behind may be in the writing, and is the next
    run's, unless it is a whole event already.
    """
    if reading is None:
        yield from (Batch((read_line(*found),), is_gone=True) for found in read_lines(stream))
        return
    gathered: list[Line] = []

    def batch(position: Position) -> Batch:
        return Batch(tuple(gathered), tuple((name, position) for name in reading.names))

    reached = reading.mark()
    for found in reading.lines(stream):
        line = read_line(*found)
        if line.may_go_on:
            loop.inbox.put(Unfinished(line.number))
            break
        gathered.append(line)
        reached = reading.mark()
        if len(gathered) == TOGETHER or len(line.raw) > LONG:
            yield batch(reached())
            gathered.clear()
    if gathered:
        yield batch(reached())
