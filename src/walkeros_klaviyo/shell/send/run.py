"""How is one input delivered? Read ahead in a thread, gone on with where the last run stopped."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Final

from attrs import Factory, define

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.pipeline import Transform, pipeline
from walkeros_klaviyo.delivery.batch import Mode
from walkeros_klaviyo.delivery.sender import new_sender
from walkeros_klaviyo.shell.input.file import Reading, begin, names_of
from walkeros_klaviyo.shell.input.line import Line, read_line, read_lines
from walkeros_klaviyo.shell.process import leave_signals_to_others
from walkeros_klaviyo.shell.store import Store

from .loop import Connection, EndOfInput, Loop, Unfinished

AHEAD: Final = 4_000
"""Lines read ahead of what is planned."""
AHEAD_BYTES: Final = 32 * 1024 * 1024
"""And their bytes; one line may have half of it."""


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
    return Loop(transform or pipeline(config), store, klaviyo, sender, batched=config.batched)


def deliver(loop: Loop, stream: IO[bytes], note: Callable[[str], None] = lambda text: None) -> None:
    """Plan and deliver every line that is new; returns when all is done, stopped or drained.

    `note` is told where a known file is gone on with.
    """
    named = names_of(stream)
    reading = None if named is None else begin(stream, loop.store.position, named)
    if reading is not None:
        if reading.note:
            with suppress(OSError, ValueError):  # a lost terminal: nobody hears it
                note(reading.note)
        _remember(loop, reading)
    room = Room()
    loop.passed = _leaving(room, loop.passed)
    reader = threading.Thread(
        target=_read, args=(stream, loop, room, reading), name="intake", daemon=True
    )
    reader.start()
    loop.close_input = room.close
    try:
        loop.keep_going()
    finally:
        room.close()


def _leaving(room: Room, passed: Callable[[Line], None]) -> Callable[[Line], None]:
    def leave(line: Line) -> None:
        room.leave(len(line.raw))
        passed(line)

    return leave


def _remember(loop: Loop, reading: Reading) -> None:
    """Keep the file's position with what was accepted: both become durable, or none."""
    loop.has_place = True
    last: list[Line] = []
    size = os.fstat(reading.file).st_size

    def passed(line: Line) -> None:
        loop.share = min(line.end / size, 1.0) if size else None
        last[:] = [line]

    def before_commit() -> None:
        if last:
            position = reading.reach(last.pop())
            for name in reading.names:
                loop.store.advance(name, position)

    loop.passed, loop.before_commit = passed, _both(before_commit, loop.before_commit)


def _both(first: Callable[[], None], then: Callable[[], None]) -> Callable[[], None]:
    def act() -> None:
        first()
        then()

    return act


@define
class Room:
    """How much may be read ahead; whoever wants more waits until some of it is planned."""

    lines: int = 0
    bytes: int = 0
    is_closed: bool = False
    _change: threading.Condition = Factory(threading.Condition)

    def enter(self, size: int) -> bool:
        """Wait for room for a line; False where nobody reads any more."""
        with self._change:
            while not self.is_closed and not self._has_room(size):
                self._change.wait()
            self.lines += 1
            self.bytes += size
            return not self.is_closed

    def _has_room(self, size: int) -> bool:
        fits = self.lines < AHEAD and self.bytes + size <= AHEAD_BYTES
        return fits or self.lines == 0

    def leave(self, size: int) -> None:
        """A line is planned."""
        with self._change:
            self.lines -= 1
            self.bytes -= size
            self._change.notify()

    def close(self) -> None:
        """Nobody reads any more."""
        with self._change:
            self.is_closed = True
            self._change.notify_all()


def _read(stream: IO[bytes], loop: Loop, room: Room, reading: Reading | None) -> None:
    """In a thread: a slow or endless input never keeps answers waiting.

    A file is read to its last whole line: what comes behind may be in the writing, and is the next
    run's, unless it is a whole event already.
    """
    leave_signals_to_others()
    error = None
    start = (0, 0) if reading is None else (reading.line, reading.offset)
    try:
        for found in read_lines(stream, *start):
            line = read_line(*found)
            if reading is not None and line.may_go_on:
                loop.inbox.put(Unfinished(line.number))
                break
            may_go_on = room.enter(len(line.raw))
            loop.inbox.put(line)
            if not may_go_on:
                return
    except (OSError, ValueError) as fault:
        error = fault.strerror if isinstance(fault, OSError) else str(fault)
    except Exception as fault:  # whatever it is, the loop must learn that no more lines come
        error = f"a fault of this program: {type(fault).__name__}"
    loop.inbox.put(EndOfInput(error))
