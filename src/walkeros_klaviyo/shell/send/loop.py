"""How does a run go from lines to deliveries? The loop: start here.

The loop acts but decides nothing: lines come in, the pure pipeline plans them, the store records
them, the pure sender says what to do next, threads do it, and answers go back to the sender. All
of it runs in one thread, which owns the store; other threads only put messages into the inbox.
"""

from __future__ import annotations

import queue
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Final

from attrs import Factory, define, evolve, field

from walkeros_klaviyo.delivery.course import Course
from walkeros_klaviyo.delivery.messages import (
    Arrived,
    Ask,
    Charged,
    Command,
    Dead,
    Delivered,
    Draining,
    Message,
    Post,
    Resumed,
    Sleep,
    Stop,
    Warn,
    Woke,
)
from walkeros_klaviyo.delivery.sender import Sender, step
from walkeros_klaviyo.shell.input.line import Line
from walkeros_klaviyo.shell.store import Store
from walkeros_klaviyo.shell.store.letter import Letter

from .acceptance import Acceptance, Rejected
from .inbox import Batch, EndOfInput, Flush, Input, Interrupted, Job, Unfinished
from .uncommitted import LOG, Observers, Uncommitted, tell
from .workers import Connection, Posting

WINDOW: Final = 512
"""The most calls given to the sender at once in single mode."""
BULK_WINDOW: Final = 12_000
"""The same where bulk is allowed: enough for the largest request."""
TURN: Final = 1_000
"""The most lines accepted in one turn, so that answers need not wait."""
ANEW: Final = 200
"""Retried dead letters planned in one transaction."""
NAP: Final = 60.0
"""The longest sleep in seconds when nothing comes in."""
REST: Final = 1.0
"""Seconds of idleness after which bodies of delivered calls are wiped from the disk."""
WARNINGS: Final = 100
"""The most distinct warnings kept."""
SHOWN: Final = 10
"""The most dead letters kept for the summary."""


@define(eq=False)
class Loop:
    """The delivery of a stream of events, with one store."""

    acceptance: Acceptance
    klaviyo: Connection
    sender: Sender
    course: Course = Factory(Course)
    observers: Observers = Factory(Observers)
    most_waiting: int | None = None
    """Pending calls at which no more lines are taken; None means the sender's window, for an input
    that can wait."""
    clock: Callable[[], float] = time.monotonic
    luck: Callable[[], float] = random.random
    input: Input = Factory(Input)
    trouble: Stop | None = None
    """Why nothing is being sent; None again once something is."""
    warnings: Counter[Warn] = Factory(Counter)
    """How often each warning occurred."""
    letters: list[Letter] = Factory(list)
    """The first dead letters of this run."""
    settled_before: int = field(
        default=Factory(lambda self: self.store.settled, takes_self=True), init=False
    )
    """Calls settled before this run."""
    inbox: queue.SimpleQueue[Any] = field(factory=queue.SimpleQueue, repr=False)
    _waiting: deque[Batch] = field(factory=deque, init=False, repr=False)
    _flushes: list[tuple[int, Future[None]]] = field(factory=list, init=False, repr=False)
    _open: Uncommitted = field(factory=Uncommitted, init=False, repr=False)
    _posting: Posting = field(init=False, repr=False)
    _wake: float = field(default=0.0, init=False)

    @property
    def store(self) -> Store:
        """The store that it accepts into and delivers from."""
        return self.acceptance.store

    @property
    def has_ended(self) -> bool:
        """Has the input ended, and is every line planned?"""
        return self.course.has_read and not self._waiting

    def interrupt(self, signal: int) -> None:
        """Start no new requests; safe to call from a signal handler."""
        self.inbox.put(Interrupted(signal))

    def keep_going(self, close_input: Callable[[], None] = lambda: None) -> None:
        """Run until the input has ended and all is settled, or until stopped and drained.

        `close_input` is called once no more lines are wanted.
        """
        self._posting = Posting(self.klaviyo, self.inbox)
        try:
            self.store.begin()
            self.course = evolve(self.course, began=self.clock())
            while not self._is_done():
                self._turn()
            if not self.has_ended:
                close_input()
                self._accept_the_rest()
            self._commit()
        finally:
            self._posting.close()

    def _turn(self) -> None:
        if self.course.is_tried_again(self.clock()):
            self.course = evolve(self.course, stopped=None)
            self._step(Resumed())
        self._accept_waiting()
        self._flush()
        is_hungry = self.sender.pending <= self._window // 2
        if self._open.is_due(self.store, is_hungry and self.store.backlog > 0, self.clock()):
            self._commit()
        takes = is_hungry and self.course.sends
        if takes and (fresh := self.store.take(self._window - self.sender.pending)):
            self._step(Arrived(fresh))
        elif not self._is_done():  # the last lines may have led to no call
            for message in self._messages():
                self._hear(message)
            self._open.settle(self.store)
            tell(self.observers.watch, self)

    def _accept_the_rest(self) -> None:
        """Accept lines already read from a pipe, whose sender could not know that they were not."""
        with suppress(queue.Empty):
            while True:
                self._hear(self.inbox.get_nowait())
        for batch in tuple(self._waiting):
            if batch.is_gone:
                self._waiting.remove(batch)
                self._accept(batch)

    def _is_done(self) -> bool:
        now = self.clock()
        is_idle = self.has_ended and not self.store.backlog and not self.store.to_plan_anew
        if is_idle and self.course.accepts and (stop := self.course.gives_up(self.sender, now)):
            self.course = self.course.stop(stop, now)
        return self.course.is_over(self.sender, is_idle, now)

    def _hear(self, message: Any) -> None:
        if isinstance(message, Batch):
            self._waiting.append(message)
        elif isinstance(message, Flush):
            self._flushes.append((self.store.numbered, message.done))
        elif isinstance(message, Job):
            self._do(message)
        elif isinstance(message, EndOfInput):
            self.course = evolve(self.course, has_read=True)
            self.input.error = message.error
        elif isinstance(message, Unfinished):
            self.input.unfinished = message.line
        elif isinstance(message, Interrupted):
            if self.course.interrupted is None:
                self._step(Draining())
            self.course = self.course.interrupt(message.signal, self.clock())
        elif message is not None:
            self._step(message)

    def _do(self, job: Job) -> None:
        if not job.done.set_running_or_notify_cancel():
            return
        self._commit()  # if this fails, nothing else is undone
        try:
            self._open.reply(job.done, job.act())
        except Exception as error:  # belongs to whoever submitted the job
            job.done.set_exception(error)

    def _messages(self) -> Iterator[Any]:
        """Messages that have come in; if there are none, wait until there is something to do."""
        rests, now = self.store.can_rest, self.clock()
        due = [self.course.looks_at, now + (REST if rests else NAP)]
        if self.course.sends and self.sender.pending:
            due.append(self._wake)
        if self._open.due_at is not None:
            due.append(self._open.due_at)
        try:
            yield self.inbox.get(timeout=max(min(due) - now, 0.0))
        except queue.Empty:
            if rests:
                self.store.rest()
            yield Woke()
            return
        with suppress(queue.Empty):
            while True:
                yield self.inbox.get_nowait()

    @property
    def _window(self) -> int:
        return WINDOW if self.sender.mode == "single" else BULK_WINDOW

    def _accept_waiting(self) -> None:
        if not self.course.accepts:
            return
        while self.store.to_plan_anew and self._has_room():  # before anything newer
            for again in self.store.again(ANEW):
                self._note(*self.acceptance.plan_anew(again))
            self._commit()
        turn = 0
        while self._waiting and self._has_room() and turn < TURN:
            batch = self._waiting.popleft()
            self._accept(batch)
            turn += len(batch.lines)

    def _has_room(self) -> bool:
        """May another line be accepted?"""
        if self.most_waiting is None:
            return self.store.backlog < self._window
        return self.store.open_calls < self.most_waiting

    def _accept(self, batch: Batch) -> None:
        if not batch.accepted.set_running_or_notify_cancel():
            return
        plans, rejected = self.acceptance.accept(*batch.lines)
        self._note(*rejected)
        waits = not batch.place and not batch.is_gone
        self._open.reply(batch.accepted, plans, batch.place, waits)

    def _flush(self) -> None:
        """Resolve flushes whose calls are all settled."""
        oldest = self.store.oldest if self._flushes else None
        waiting, self._flushes = self._flushes, []
        for number, done in waiting:
            if oldest is None or oldest > number:
                self._open.reply(done, None)
            else:
                self._flushes.append((number, done))

    def _commit(self) -> None:
        self._open.commit(self.store, self.observers)

    def _step(self, message: Message) -> None:
        self.sender, commands = step(self.sender, message, self.clock(), self.luck())
        for command in commands:
            self._act(command)

    def _act(self, command: Command) -> None:
        if isinstance(command, Post):
            self._posting.post(command, self.store.bodies(command.ids))
        elif isinstance(command, Ask):
            self._posting.ask(command)
        elif isinstance(command, Warn):
            if len(self.warnings) < WARNINGS or command in self.warnings:
                self.warnings[command] += 1
            fields = {"code": command.code}  # its detail may be personal
            LOG.warning("%s", command.code, extra={"fields": fields})
        elif isinstance(command, Delivered):
            if command.left_out:
                self.store.repaired(command.ids[0], command.left_out)
            self._open.settled.extend(command.ids)
            self.trouble = None
        elif isinstance(command, Charged):
            self.store.charge(command)
        elif isinstance(command, Dead):
            for letter in self.store.dead(command):
                origin = letter.origin
                line = Line(origin.line, origin.raw, {"id": origin.id})
                self._note(Rejected(line, "dead", letter))
        elif isinstance(command, Sleep):
            self._wake = command.until
        elif isinstance(command, Stop):
            self.trouble = command
            self.course = self.course.stop(command, self.clock())
            reason = command.reason
            LOG.error("stopped: %s", reason, extra={"fields": {"stopped": reason}})
            if command.reason == "key":
                self.store.refuse_key()

    def _note(self, *rejected: Rejected) -> None:
        """Note rejections, reported once durable; the first are kept for the summary."""
        for one in rejected:
            if len(self.letters) < SHOWN and one.outcome != "invalid":
                self.letters.append(one.letter)
        self._open.rejected.extend(rejected)
