"""How is one input delivered? It is read ahead in a thread, from where the last run stopped."""

from __future__ import annotations

import glob
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any, Final

from attrs import Factory, define

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.pipeline import Transform, pipeline
from walkeros_klaviyo.delivery.batch import Mode
from walkeros_klaviyo.delivery.sender import new_sender
from walkeros_klaviyo.shell.input.file import Reading, begin, reading_of
from walkeros_klaviyo.shell.input.follow import EVERY, Name, Tail, is_ready
from walkeros_klaviyo.shell.input.line import Line, read_line
from walkeros_klaviyo.shell.input.lines import read_lines
from walkeros_klaviyo.shell.planned import LONG
from walkeros_klaviyo.shell.problem import ProblemError
from walkeros_klaviyo.shell.process import leave_signals_to_others
from walkeros_klaviyo.shell.store import Store

from .acceptance import Acceptance
from .inbox import Batch, EndOfInput, Unfinished
from .loop import Loop
from .workers import Connection

Start = tuple[Any, Reading | None]
"""A followed log, and where reading it begins."""
AHEAD: Final = 8_000
"""The most lines read ahead of acceptance."""
AHEAD_BYTES: Final = 32 * 1024 * 1024
"""The most bytes read ahead; one line may take half of it."""
TOGETHER: Final = 100
"""Lines of a file accepted together."""


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
    """A loop that delivers by a configuration, or a custom transform, with a store."""
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
    """Plan and deliver every new line; returns when all is done, or it was stopped and drained.

    `note` gets a message if a known file is continued; with `is_again` all its lines count as new.
    """
    room = Room()
    reading = _begin(loop, stream, note, is_again)
    loop.input.size = None if reading is None else reading.size
    keep_going(loop, room, lambda: gather(stream, reading, loop, room))


def follow(
    loop: Loop,
    name: Name,
    note: Callable[[str], None] = lambda text: None,
    *,
    is_again: bool = False,
) -> None:
    """The same for a log that is still being written, and for the files that replace it."""
    room = Room()
    name.look()
    if not is_again:
        name.files.extendleft(reversed([*_left_over(loop, name.path)]))
    begun: dict[int, Start] = {}
    for file in filter(is_ready, name.files):
        stream = io.BufferedReader(Tail(file, name, room.wait))
        begun[file.fileno()] = stream, _begin(loop, stream, note, is_again)
    loop.input.is_endless = True

    def watch() -> None:
        leave_signals_to_others()
        while room.wait(EVERY):
            name.look()

    threading.Thread(target=watch, name="rotation", daemon=True).start()
    keep_going(loop, room, lambda: _gather_on(name, begun, loop, room))


def _left_over(loop: Loop, path: Path) -> Iterator[io.FileIO]:
    """Partly unread files that were moved away from this name while nobody was reading."""
    for one in sorted(path.parent.glob(f"{glob.escape(path.name)}?*"), key=_age):
        # Opening and closing the store's file would drop SQLite's POSIX lock.
        if not one.is_file() or os.path.realpath(one).startswith(str(loop.store.path)):
            continue
        with suppress(OSError):
            file = one.open("rb", buffering=0)
            stream = io.BufferedReader(file)
            reading = reading_of(stream)
            stream.detach()  # or it would close the file
            known = None if reading is None else loop.store.position(reading.names[-1])
            size = os.fstat(file.fileno()).st_size
            is_known = reading is not None and known is not None and reading.go_on(known)
            if reading is not None and is_known and reading.offset < size:
                file.seek(0)
                yield file
            else:
                file.close()


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _begin(
    loop: Loop, stream: IO[bytes], note: Callable[[str], None], is_again: bool
) -> Reading | None:
    reading = reading_of(stream)
    if reading is None:
        return None
    reading = begin(stream, loop.store.position, reading, is_again)
    loop.input.has_place = True
    if reading.note:
        with suppress(OSError, ValueError):  # a lost terminal: nobody hears it
            note(reading.note)
    return reading


def keep_going(loop: Loop, room: Room, gather: Callable[[], None]) -> None:
    """Run the loop, with `gather` in a thread, until all is delivered or it was stopped."""
    reader = threading.Thread(target=_read, args=(loop, gather), name="intake", daemon=True)
    reader.start()
    try:
        loop.keep_going(room.close)
    finally:
        room.close()


@define
class Room:
    """Limits how much is read ahead: the reader waits until enough has been accepted."""

    lines: int = 0
    bytes: int = 0
    is_closed: bool = False
    _change: threading.Condition = Factory(threading.Condition)

    def enter(self, size: int, count: int) -> bool:
        """Wait for room for so many bytes and lines; False if reading should stop."""
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
        """So many bytes and lines were accepted."""
        with self._change:
            self.lines -= count
            self.bytes -= size
            self._change.notify()

    def wait(self, seconds: float) -> bool:
        """Sleep; False if reading should stop."""
        with self._change:
            self._change.wait_for(lambda: self.is_closed, seconds)
            return not self.is_closed

    def close(self) -> None:
        """Make the reader stop."""
        with self._change:
            self.is_closed = True
            self._change.notify_all()


def _read(loop: Loop, gather: Callable[[], None]) -> None:
    """Read in a thread, so that a slow or endless input never delays answers."""
    leave_signals_to_others()
    error = None
    try:
        gather()
    except (OSError, ValueError, ProblemError) as fault:
        error = getattr(fault, "strerror", None) or str(fault)
    except Exception as fault:  # the loop must learn that no more lines come
        error = f"a fault of this program: {type(fault).__name__}"
    loop.inbox.put(EndOfInput(error))


def _gather_on(name: Name, begun: dict[int, Start], loop: Loop, room: Room) -> None:
    """Gather from one file after the other, until reading should stop."""
    while not room.is_closed:
        if name.has_next:
            file = name.files.popleft()
            start = begun.pop(file.fileno(), None)
            if start is None:
                stream = io.BufferedReader(Tail(file, name, room.wait))
                start = stream, reading_of(stream)
            with closing(start[0]):
                gather(start[0], start[1], loop, room)
                was_cut = start[0].raw.is_cut
            if was_cut:
                name.look(is_anew=True)
        elif not room.wait(EVERY):
            return


def gather(
    stream: IO[bytes],
    reading: Reading | None,
    loop: Loop,
    room: Room,
    read: Callable[..., Line] = read_line,
) -> None:
    """Read lines and give them to the loop.

    A pipe's lines are given one by one, since the next may be long in coming; a file's in batches.

    A last line without a line ending may still be being written, so it is left for the next run
    unless it is already a complete event.
    """
    if reading is None:
        for found in read_lines(stream):
            if not _give(Batch((read_line(*found),), is_gone=True), loop, room):
                return
        return
    gathered: list[Line] = []
    reached = reading.mark()

    def give() -> bool:
        position = reached()
        place = tuple((name, position) for name in reading.names)
        batch = Batch(tuple(gathered), place)
        gathered.clear()
        return not batch.lines or _give(batch, loop, room)

    growing = getattr(stream, "raw", None)
    if isinstance(growing, Tail):
        growing.idle = give
    for found in reading.lines(stream):
        line = read(*found)
        if line.may_go_on and not (isinstance(growing, Tail) and growing.is_over):
            loop.inbox.put(Unfinished(line.number))
            break
        gathered.append(line)
        reached = reading.mark()
        if (len(gathered) == TOGETHER or len(line.raw) > LONG) and not give():
            return
    give()


def _give(batch: Batch, loop: Loop, room: Room) -> bool:
    """Give a batch to the loop; False if reading should stop."""
    size, count = sum(len(line.raw) for line in batch.lines), len(batch.lines)
    may_go_on = room.enter(size, count)
    batch.accepted.add_done_callback(lambda future: room.leave(size, count))
    loop.inbox.put(batch)
    return may_go_on
