"""How is it all kept going? The loop: start here.

It acts and decides nothing: lines come in, the pure pipeline plans them, the outbox records
them, the pure sender says what to do next, threads do it, and the answers go back to the sender.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import IO, Any, Final, Protocol

from attrs import Factory, define, field, frozen

from walkeros_klaviyo.core.pipeline import Transform
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.settle import settle
from walkeros_klaviyo.delivery.messages import (
    Answer,
    Answered,
    Arrived,
    Ask,
    Command,
    Dead,
    Delivered,
    Draining,
    Message,
    Post,
    Sleep,
    Stop,
    Warn,
    Woke,
)
from walkeros_klaviyo.delivery.sender import Sender, step

from .intake import Line, read_line, read_lines
from .outbox import MemoryOutbox, Origin
from .planned import plan_line
from .request import request_body
from .tally import Tally
from .workers import Workers

WINDOW: Final = 512
"""Calls in the sender's hands at once, in single mode."""
BULK_WINDOW: Final = 12_000
"""And where bulk is allowed: enough for the largest request."""
AHEAD: Final = 4_000
"""Lines read ahead of what is planned."""
THREADS: Final = 32
NAP: Final = 60.0
"""Seconds that the loop sleeps at most where nothing comes in."""
DRAIN: Final = 10.0
"""Seconds that a stopped run waits for what is under way."""


class Connection(Protocol):
    """How Klaviyo is asked; `shell.klaviyo.Klaviyo` is one."""

    def send(self, call: str, body: bytes) -> Answer:
        """Make one call."""

    def ask(self, job: str, errors: bool = False) -> Answer:
        """Ask how far an import is, or which of its rows failed."""


@frozen
class EndOfInput:
    """No more lines come; `error` where reading failed."""

    error: str | None = None


@frozen
class Interrupted:
    """A person or the system asks to stop."""

    signal: int


@define
class Run:
    """One delivery of a stream of events.

    `watch` is called after each message with the run, for a progress bar.
    """

    transform: Transform
    outbox: MemoryOutbox
    klaviyo: Connection
    sender: Sender
    reject: Callable[[Line, str, str, str], None] = lambda line, outcome, code, text: None
    watch: Callable[[Run], None] = lambda run: None
    batched: frozenset[str | None] = frozenset()
    """The rules whose events ask for bulk."""
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    luck: Callable[[], float] = random.random
    tally: Tally = Factory(Tally)
    warnings: list[Warn] = Factory(list)
    lines: int = 0
    stopped: Stop | None = None
    interrupted: int | None = None
    read_error: str | None = None
    inbox: queue.SimpleQueue[Any] = field(factory=queue.SimpleQueue)
    _waiting: deque[Line] = Factory(deque)
    _ended: bool = False
    _wake: float = 0.0
    _drain_until: float = 0.0

    def deliver(self, stream: IO[bytes]) -> None:
        """Plan and deliver every line; returns when all is done, stopped or drained."""
        room = threading.Semaphore(AHEAD)
        quit_ = threading.Event()
        reader = threading.Thread(
            target=_read, args=(stream, self.inbox, room, quit_), name="intake", daemon=True
        )
        reader.start()
        try:
            self._loop(Workers(THREADS), room)
        finally:
            quit_.set()
            room.release()

    def interrupt(self, signal: int) -> None:
        """Stop starting new requests; safe to call from a signal handler."""
        self.inbox.put(Interrupted(signal))

    def _loop(self, pool: Workers, room: threading.Semaphore) -> None:
        while not self._is_done():
            self._plan_lines(room)
            fresh = self.outbox.take(self._window - self.sender.pending)
            if fresh:
                self._step(Arrived(fresh), pool)
                continue
            if self._is_done():  # the last lines may have sent nothing
                break
            for message in self._messages():
                if isinstance(message, Line):
                    self._waiting.append(message)
                elif isinstance(message, EndOfInput):
                    self._ended, self.read_error = True, message.error
                elif isinstance(message, Interrupted):
                    self._interrupt(message.signal, pool)
                else:
                    self._step(message, pool)
            self.watch(self)

    @property
    def has_ended(self) -> bool:
        """Was the input read to its end, and every line planned?"""
        return self._ended and not self._waiting

    @property
    def _window(self) -> int:
        return WINDOW if self.sender.mode == "single" else BULK_WINDOW

    def _is_done(self) -> bool:
        if self.stopped is not None:
            return self.sender.flying == 0 or self.clock() >= self._drain_until
        if self.interrupted is not None:
            return self.sender.flying == 0 or self.clock() >= self._drain_until
        drained = self.sender.pending == 0 and self.outbox.backlog == 0
        return self._ended and not self._waiting and drained

    def _messages(self) -> Iterator[Any]:
        """What has come in; where nothing has, wait until something must be done."""
        wait = self._wake - self.clock() if self.sender.pending else NAP
        if self.stopped is not None or self.interrupted is not None:
            wait = self._drain_until - self.clock()
        try:
            yield self.inbox.get(timeout=min(max(wait, 0.0), NAP))
        except queue.Empty:
            yield Woke()
            return
        while True:
            try:
                yield self.inbox.get_nowait()
            except queue.Empty:
                return

    def _plan_lines(self, room: threading.Semaphore) -> None:
        if self.stopped is not None or self.interrupted is not None:
            return
        while self._waiting and self.outbox.backlog < self._window:
            self._accept(self._waiting.popleft())
            room.release()

    def _accept(self, line: Line) -> None:
        self.lines += 1
        plan = plan_line(self.transform, line)
        if plan.outcome == "invalid":
            self._invalid(line, plan)
            return
        prior = None if plan.key is None else self.outbox.prior(plan.key)
        settled, state = settle(plan, prior, self.wall() * 1_000)
        self.outbox.counts.saved += len(plan.calls) - len(settled.calls)
        origin = Origin(line.number, line.id, line.raw)
        self.outbox.accept(origin, settled, state, plan.rule in self.batched)
        self.tally.add(line.number, settled.outcome, settled.diagnostics)
        if settled.outcome == "refused":
            reason = [one for one in settled.diagnostics if one.severity == "error"][-1]
            self.reject(line, "refused", reason.code, str(reason))

    def _invalid(self, line: Line, plan: Plan) -> None:
        reason = plan.diagnostics[-1]
        self.tally.add(line.number, "invalid", plan.diagnostics)
        self.reject(line, "invalid", reason.code, str(reason))

    def _step(self, message: Message, pool: Workers) -> None:
        self.sender, commands = step(self.sender, message, self.clock(), self.luck())
        for command in commands:
            self._act(command, pool)

    def _act(self, command: Command, pool: Workers) -> None:
        if isinstance(command, Post):
            bodies = self.outbox.bodies(command.ids)
            pool.submit(self._request, command.request, self._post, command.call, bodies)
        elif isinstance(command, Ask):
            ask = self.klaviyo.ask
            pool.submit(self._request, command.request, ask, command.job, command.errors)
        elif isinstance(command, Warn):
            self.warnings.append(command)
        elif isinstance(command, Delivered):
            self.outbox.delivered(command.ids)
        elif isinstance(command, Dead):
            self.outbox.dead(command)
            letter = self.outbox.letters[-1]
            line = Line(letter.origin.line, letter.origin.raw, {"id": letter.origin.id})
            self.reject(line, "dead", letter.code, letter.detail)
        elif isinstance(command, Sleep):
            self._wake = command.until
        elif isinstance(command, Stop):
            self.stopped = command
            self._drain_until = self.clock() + DRAIN

    def _post(self, call: str, bodies: list[bytes]) -> Answer:
        return self.klaviyo.send(call, request_body(call, bodies))

    def _request(self, request: int, act: Callable[..., Answer], *given: Any) -> None:
        """In a thread: whatever happens, an answer comes back."""
        try:
            answer = act(*given)
        except Exception as error:  # a fault of ours must not lose the request
            text = f"a fault of this program: {type(error).__name__}"
            answer = Answer(None, fault="crash", body=text.encode())
        self.inbox.put(Answered(request, answer))

    def _interrupt(self, signal: int, pool: Workers) -> None:
        if self.interrupted is None:
            self.interrupted = signal
            self._drain_until = self.clock() + DRAIN
            self._step(Draining(), pool)
        else:
            self._drain_until = self.clock()  # asked twice: at once


def _read(
    stream: IO[bytes],
    inbox: queue.SimpleQueue[Any],
    room: threading.Semaphore,
    quit_: threading.Event,
) -> None:
    """In a thread: a slow or endless input never keeps answers waiting."""
    error = None
    try:
        for number, raw in read_lines(stream):
            room.acquire()
            if quit_.is_set():
                return
            inbox.put(read_line(number, raw))
    except (OSError, ValueError) as fault:
        error = fault.strerror if isinstance(fault, OSError) else str(fault)
    except Exception as fault:  # whatever it is, the loop must learn that no more lines come
        error = f"a fault of this program: {type(fault).__name__}"
    inbox.put(EndOfInput(error))
