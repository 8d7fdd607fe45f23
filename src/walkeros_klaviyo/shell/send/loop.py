"""How is it all kept going? The loop: start here.

It acts and decides nothing: lines come in, the pure pipeline plans them, the store records them,
the pure sender says what to do next, threads do it, and the answers go back to the sender. All of
it happens in one thread, which owns the store; other threads only put messages into the inbox.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, Final, Protocol

from attrs import Factory, define, field

from walkeros_klaviyo.delivery.messages import (
    Answer,
    Answered,
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
from walkeros_klaviyo.delivery.sender import Sender, step, stuck
from walkeros_klaviyo.shell.input.line import Line
from walkeros_klaviyo.shell.input.position import Position
from walkeros_klaviyo.shell.store import Body, Store
from walkeros_klaviyo.shell.store.letter import Letter

from .acceptance import Acceptance, Rejected
from .inbox import Batch, EndOfInput, Flush, Interrupted, Job, Unfinished
from .request import as_refusal, request_body, without
from .workers import Workers

WINDOW: Final = 512
"""Calls in the sender's hands at once, in single mode."""
BULK_WINDOW: Final = 12_000
"""And where bulk is allowed: enough for the largest request."""
TURN: Final = 1_000
"""Lines accepted in one turn at most, so that answers are not kept waiting."""
ANEW: Final = 200
"""Events of dead letters that are planned anew in one transaction."""
LAG: Final = 0.2
"""Seconds that a delivery may wait for its commit; a crash before repeats it, with the same id."""
THREADS: Final = 32
NAP: Final = 60.0
"""Seconds that the loop sleeps at most where nothing comes in."""
DRAIN: Final = 10.0
"""Seconds that a stopped run waits for what is under way."""
REST: Final = 1.0
"""Seconds of idleness after which nothing of what was delivered is left on the disk."""
AGAIN: Final = 60.0
"""Seconds after which a program that keeps running tries again."""
WARNINGS: Final = 100
"""Warnings that are kept."""
SHOWN: Final = 10
"""Dead letters that are kept at hand to be shown."""
STUCK: Final = 60.0
"""Seconds after which a run ends whose last calls fail by themselves, with nothing else to do."""
LOG: Final = logging.getLogger("walkeros_klaviyo")
LOG.addHandler(logging.NullHandler())  # silent, unless the program asks


class Connection(Protocol):
    """How Klaviyo is asked; `send.klaviyo.Klaviyo` is one."""

    def send(self, call: str, body: bytes) -> Answer:
        """Make one call."""

    def ask(self, job: str, errors: bool = False) -> Answer:
        """Ask how far an import is, or which of its rows failed."""


@define(eq=False)
class Loop:
    """One delivery of a stream of events, out of one store.

    `reject` writes down what was rejected, before that is committed: rather twice than never.
    The others only look on: `on_dead` once it is durable, and `watch` after each turn, for a
    progress bar. What they raise is logged, and delivery goes on.
    """

    acceptance: Acceptance
    klaviyo: Connection
    sender: Sender
    reject: Callable[[Sequence[Rejected]], None] = lambda rejected: None
    on_dead: Callable[[Letter], None] = lambda letter: None
    watch: Callable[[Loop], None] = lambda loop: None
    close_input: Callable[[], None] = lambda: None
    """No more lines are wanted."""
    most_waiting: int | None = None
    """Calls that may wait in the store before no more lines are taken; None: the sender's window,
    for an input that can wait."""
    is_lasting: bool = False
    """For a program that keeps running: it is not ended by a stop. It goes on accepting, and tries
    again in a while."""
    clock: Callable[[], float] = time.monotonic
    luck: Callable[[], float] = random.random
    warnings: Counter[Warn] = Factory(Counter)
    """How often each was given."""
    letters: list[Letter] = Factory(list)
    """The first dead letters of this run."""
    size: int | None = None
    """Bytes of the input, where they are known."""
    is_endless: bool = False
    """Is it a log that is followed? Then a signal is how it ends."""
    has_place: bool = False
    """Is the place kept to which the input was read?"""
    settled_before: int = field(default=0, init=False)
    """Calls that were settled before this run."""
    stopped: Stop | None = None
    trouble: Stop | None = None
    """Why nothing goes out; until something does."""
    interrupted: int | None = None
    read_error: str | None = None
    unfinished: int | None = None
    """The line at the end of a file that is left for the next run."""
    inbox: queue.SimpleQueue[Any] = field(factory=queue.SimpleQueue, repr=False)
    _waiting: deque[Batch] = field(factory=deque, init=False, repr=False)
    _replies: list[tuple[Future[Any], Any]] = field(factory=list, init=False, repr=False)
    """Who waits for what is not durable yet, and the answer."""
    _is_awaited: bool = field(default=False, init=False)
    _rejected: list[Rejected] = field(factory=list, init=False, repr=False)
    _places: dict[str, Position] = field(factory=dict, init=False, repr=False)
    """How far each input was accepted."""
    _settled: list[int] = field(factory=list, init=False, repr=False)
    _flushes: list[tuple[int, Future[None]]] = field(factory=list, init=False, repr=False)
    _ended: bool = field(default=False, init=False)
    _wake: float = field(default=0.0, init=False)
    _began: float = field(default=0.0, init=False)
    _commit_at: float | None = field(default=None, init=False)
    _drain_until: float = field(default=0.0, init=False)
    _again_at: float = field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        self.settled_before = self.store.settled

    @property
    def share(self) -> float | None:
        """The part of the input that is accepted, where its size is known."""
        last = self.acceptance.last
        return min(last.end / self.size, 1.0) if self.size and last is not None else None

    @property
    def store(self) -> Store:
        """What it accepts into, and delivers out of."""
        return self.acceptance.store

    def keep_going(self) -> None:
        """Until the input has ended and all is delivered, or it was stopped and is drained."""
        pool = Workers(THREADS)
        try:
            self._keep_going(pool)
        finally:
            pool.close()

    def _keep_going(self, pool: Workers) -> None:
        self.store.begin()
        self._began = self.clock()
        while not self._is_done():
            self._try_again(pool)
            self._accept_waiting()
            self._flush()
            self._commit_if_due()
            fresh = self._take()
            if fresh:
                self._step(Arrived(fresh), pool)
                continue
            if self._is_done():  # the last lines may have sent nothing
                break
            for message in self._messages():
                self._hear(message, pool)
            self._settle()
            self.observe(lambda: self.watch(self))
        if not self.has_ended:
            self._accept_the_rest(pool)
        self._commit()

    def _accept_the_rest(self, pool: Workers) -> None:
        """What was read already is kept: a pipe's sender could not know that it was not."""
        self.close_input()
        with suppress(queue.Empty):
            while True:
                self._hear(self.inbox.get_nowait(), pool)
        waiting, self._waiting = self._waiting, deque()
        for batch in waiting:
            if batch.is_gone:
                self._accept(batch)
            else:
                self._waiting.append(batch)

    def interrupt(self, signal: int) -> None:
        """Stop starting new requests; safe to call from a signal handler."""
        self.inbox.put(Interrupted(signal))

    @property
    def has_ended(self) -> bool:
        """Was the input read to its end, and every line planned?"""
        return self._ended and not self._waiting

    def _is_done(self) -> bool:
        if self.interrupted is not None or (self.stopped is not None and not self._may_recover):
            return self.sender.flying == 0 or self.clock() >= self._drain_until
        if not self.has_ended or self.store.backlog or self.store.to_plan_anew:
            return False
        if self.sender.pending and self.sender.is_stuck and self._is_silent:
            self.stopped = stuck(self.sender)
            self._drain_until = self.clock() + DRAIN
        return self.sender.pending == 0

    @property
    def _is_silent(self) -> bool:
        """Has Klaviyo taken or judged nothing for long?"""
        spoke_at = max(one.spoke_at for one in self.sender.endpoints.values())
        return self.clock() - max(spoke_at, self._began) >= STUCK

    @property
    def _may_recover(self) -> bool:
        return self.is_lasting and not self._ended

    def _try_again(self, pool: Workers) -> None:
        """Go on after a stop, a while later."""
        if self.stopped is not None and self._may_recover and self.clock() >= self._again_at:
            self.stopped = None
            self._step(Resumed(), pool)

    def _hear(self, message: Any, pool: Workers) -> None:
        if isinstance(message, Batch):
            self._waiting.append(message)
        elif isinstance(message, Flush):
            self._flushes.append((self.store.numbered, message.done))
        elif isinstance(message, Job):
            self._do(message)
        elif isinstance(message, EndOfInput):
            self._ended, self.read_error = True, message.error
        elif isinstance(message, Unfinished):
            self.unfinished = message.line
        elif isinstance(message, Interrupted):
            self._interrupt(message.signal, pool)
        elif message is not None:
            self._step(message, pool)

    def _do(self, job: Job) -> None:
        if not job.done.set_running_or_notify_cancel():
            return
        self._commit()  # where it fails, nothing else is undone
        try:
            self._reply(job.done, job.act())
        except Exception as error:  # it is for whoever gave the job
            job.done.set_exception(error)

    def _messages(self) -> Iterator[Any]:
        """What has come in; where nothing has, wait until something must be done."""
        rests = self.store.can_rest
        try:
            yield self.inbox.get(timeout=max(self._until(rests) - self.clock(), 0.0))
        except queue.Empty:
            if rests:
                self.store.rest()
            yield Woke()
            return
        while True:
            try:
                yield self.inbox.get_nowait()
            except queue.Empty:
                return

    def _until(self, rests: bool) -> float:
        """The next moment at which something must be done though nothing comes in."""
        now = self.clock()
        due = [now + (REST if rests else NAP)]
        if self.interrupted is not None:
            due.append(self._drain_until)
        elif self.stopped is not None:
            due.append(self._again_at if self._may_recover else self._drain_until)
        elif self.sender.pending:
            due.append(self._wake)
        if self._commit_at is not None:
            due.append(self._commit_at)
        return min(due)

    @property
    def _window(self) -> int:
        return WINDOW if self.sender.mode == "single" else BULK_WINDOW

    def _accept_waiting(self) -> None:
        if self.interrupted is not None or (self.stopped is not None and not self._may_recover):
            return
        self._plan_anew()
        turn = 0
        while self._waiting and self._has_room() and turn < TURN:
            batch = self._waiting.popleft()
            self._accept(batch)
            turn += len(batch.lines)

    def _plan_anew(self) -> None:
        """What was dead and is to be tried again: before anything newer."""
        while self.store.to_plan_anew and self._has_room():
            for one in self.store.again(ANEW):
                for rejected in self.acceptance.plan_anew(one):
                    self._note(rejected)
            self._commit()

    def _has_room(self) -> bool:
        """May another line be accepted?"""
        if self.most_waiting is None:
            return self.store.backlog < self._window
        return self.store.open_calls < self.most_waiting

    def _accept(self, batch: Batch) -> None:
        if not batch.accepted.set_running_or_notify_cancel():
            return
        plans = []
        for line in batch.lines:
            plan, rejected = self.acceptance.accept(line)
            plans.append(plan)
            for one in rejected:
                self._note(one)
        self._places.update(batch.place)
        self._reply(batch.accepted, tuple(plans), not batch.place and not batch.is_gone)

    def _reply(self, future: Future[Any], answer: Any, is_awaited: bool = True) -> None:
        """Once it is durable; at once, unless only a reader ahead waits for it."""
        self._replies.append((future, answer))
        self._is_awaited = self._is_awaited or is_awaited

    def _flush(self) -> None:
        """Tell those who wait for what was accepted before they asked."""
        if not self._flushes:
            return
        oldest = self.store.oldest
        done = [one for one in self._flushes if oldest is None or oldest > one[0]]
        if done:
            self._flushes = [one for one in self._flushes if one not in done]
            for _, future in done:
                self._reply(future, None)

    def _commit_if_due(self) -> None:
        """In groups: when someone waits for it, when there is work for the sender, or in time."""
        if not (self.store.has_uncommitted or self._replies or self._rejected):
            return
        now = self.clock()
        if self._commit_at is None:
            self._commit_at = now + LAG
        is_hungry = self.store.backlog > 0 and self.sender.pending <= self._window // 2
        if self._is_awaited or is_hungry or now >= self._commit_at:
            self._commit()

    def _settle(self) -> None:
        """Write down at once what a turn's answers have delivered."""
        if self._settled:
            settled, self._settled = self._settled, []
            self.store.delivered(settled)

    def _commit(self) -> None:
        """All that was accepted, the places of its files and the answers, or nothing."""
        self._settle()
        for name, position in self._places.items():
            self.store.advance(name, position)
        rejected, self._rejected = self._rejected, []
        if rejected:
            self.observe(lambda: self.reject(rejected))
        self.store.commit()
        self._places.clear()
        self._commit_at, self._is_awaited = None, False
        replies, self._replies = self._replies, []
        for future, answer in replies:
            future.set_result(answer)
        _log(rejected)
        for one in rejected:
            self.observe(partial(self.on_dead, one.letter))

    def observe(self, tell: Callable[[], None]) -> None:
        """Who only looks on cannot hurt delivery, whatever they do."""
        try:
            tell()
        except BaseException as error:  # SystemExit too: it would end the loop, not the program
            is_ours = threading.current_thread() is threading.main_thread()
            if isinstance(error, KeyboardInterrupt) and is_ours:
                raise
            LOG.warning("an observer failed and was passed over: %s", type(error).__name__)

    def _take(self) -> tuple[Any, ...]:
        if self.stopped is not None or self.interrupted is not None:
            return ()
        if self.sender.pending > self._window // 2:
            return ()
        return self.store.take(self._window - self.sender.pending)

    def _step(self, message: Message, pool: Workers) -> None:
        self.sender, commands = step(self.sender, message, self.clock(), self.luck())
        for command in commands:
            self._act(command, pool)

    def _act(self, command: Command, pool: Workers) -> None:
        if isinstance(command, Post):
            self._post(command, pool)
        elif isinstance(command, Ask):
            ask = self.klaviyo.ask
            pool.submit(self._request, command.request, ask, command.job, command.errors)
        elif isinstance(command, Warn):
            if len(self.warnings) < WARNINGS or command in self.warnings:
                self.warnings[command] += 1
            fields = {"code": command.code}  # its detail may hold words of Klaviyo's, and so people
            LOG.warning("%s", command.code, extra={"fields": fields})
        elif isinstance(command, Delivered):
            if command.left_out:
                self.store.repaired(command.ids[0], command.left_out)
            self._settled.extend(command.ids)
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
            self.stopped = self.trouble = command
            reason = command.reason
            LOG.error("stopped: %s", reason, extra={"fields": {"stopped": reason}})
            self._again_at = self.clock() + AGAIN
            if command.reason == "key":
                self.store.refuse_key()
            self._drain_until = self.clock() + DRAIN

    def _note(self, rejected: Rejected) -> None:
        """Told once it is durable; the first dead letters are kept at hand to be shown."""
        if len(self.letters) < SHOWN and rejected.outcome != "invalid":
            self.letters.append(rejected.letter)
        self._rejected.append(rejected)

    def _post(self, command: Post, pool: Workers) -> None:
        found = self.store.bodies(command.ids)
        whole = [one.text for one in found if isinstance(one, Body)]
        if len(whole) < len(found):  # damaged since it was taken: never sent
            rows = [row for row, one in enumerate(found) if not isinstance(one, Body)]
            self.inbox.put(Answered(command.request, as_refusal(command.call, rows)))
            return
        if command.leave_out:
            left = without(whole[0], command.leave_out)
            if left is None:
                self.inbox.put(Answered(command.request, Answer(None, fault="unsent")))
                return
            whole = [left]
        pool.submit(self._request, command.request, self._send, command.call, whole)

    def _send(self, call: str, bodies: list[bytes]) -> Answer:
        return self.klaviyo.send(call, request_body(call, bodies))

    def _request(self, request: int, act: Callable[..., Answer], *given: Any) -> None:
        """In a thread: whatever happens, an answer comes back."""
        try:
            answer = act(*given)
        except Exception as error:  # a fault of ours must not lose the request
            answer = Answer(None, fault="crash", body=type(error).__name__.encode())
        self.inbox.put(Answered(request, answer))

    def _interrupt(self, signal: int, pool: Workers) -> None:
        if self.interrupted is None:
            self.interrupted = signal
            self._drain_until = self.clock() + DRAIN
            self._step(Draining(), pool)
        else:
            self._drain_until = self.clock()  # asked twice: at once


def _log(rejected: Sequence[Rejected]) -> None:
    """By reason, with the first line: of a thousand at once there is one word."""
    first: dict[tuple[str, str], int] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for one in rejected:
        reason = one.outcome, one.letter.code
        first.setdefault(reason, one.line.number)
        counts[reason] += 1
    for (outcome, code), count in counts.items():
        line = first[outcome, code]
        more = "" if count == 1 else f" and {count - 1:,} more"
        fields = {"outcome": outcome, "line": line, "code": code, "count": count}
        LOG.warning("%s: line %d%s, %s", outcome, line, more, code, extra={"fields": fields})
