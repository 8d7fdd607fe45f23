"""How do I send from a program that keeps running?

    with Destination(config, store="shop.db") as destination:
        destination.push(event)

What was pushed is on the disk when `push` returns; a thread delivers it, at Klaviyo's pace, in
order a profile. After a crash the next Destination of the same store goes on with what waits.
"""

from __future__ import annotations

import atexit
import codecs
import json
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import CancelledError, Future, wait
from functools import partial
from importlib import import_module
from itertools import count, islice
from math import inf
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Final, TypeVar

from walkeros_klaviyo.core.compose import kept_back
from walkeros_klaviyo.core.config import Config, parse_config
from walkeros_klaviyo.core.pipeline import Transform
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.walkeros.event import EventError
from walkeros_klaviyo.delivery.batch import Mode
from walkeros_klaviyo.delivery.messages import Stop
from walkeros_klaviyo.delivery.sender import new_sender, silence
from walkeros_klaviyo.shell.input.line import Line, read_line
from walkeros_klaviyo.shell.problem import problem_of
from walkeros_klaviyo.shell.process import leave_signals_to_others
from walkeros_klaviyo.shell.send.account import api_key_of
from walkeros_klaviyo.shell.send.gauges import Gauges, copied, read_gauges
from walkeros_klaviyo.shell.send.host import DEFAULT_HOST, parse_host
from walkeros_klaviyo.shell.send.inbox import Batch, EndOfInput, Flush, Job
from walkeros_klaviyo.shell.send.loop import LOG, Connection
from walkeros_klaviyo.shell.send.run import new_loop
from walkeros_klaviyo.shell.send.workers import Workers
from walkeros_klaviyo.shell.store import DEFAULT_PATH, Forgotten, Store
from walkeros_klaviyo.shell.store.counts import Counts
from walkeros_klaviyo.shell.store.letter import Letter

__all__ = ["Destination", "DestinationClosedError", "DestinationFullError"]

MOST_WAITING: Final = 1_000_000
"""Calls that may wait on the disk before `push` waits as well."""
AT_ONCE: Final = 500
"""Events of `push_many` that are accepted together."""
SILENCE: Final = 30.0
"""Seconds without any answer, ever, after which a host counts as wrong."""
_SIGTERM: Final = 15
_LAST: Final = 5.0
"""Seconds that `close` waits for a thread that was told to end at once."""
T = TypeVar("T")
_UNTOLD: Final = 10_000
"""Dead letters of which a slow `on_dead` may still have to be told."""


class DestinationFullError(TimeoutError):
    """Too many calls wait, and none went out in the time that was given; the event is not taken."""


class DestinationClosedError(RuntimeError):
    """The destination takes nothing any more: it was closed, its store failed, or it was forked."""


class Destination:
    """Klaviyo, for a long-running program: thread-safe, durable, in bounded memory.

    `config` is a Config, or the mapping for `parse_config`; `transform` is one over it that you
    composed (`before`, `after`), where the plain pipeline is not enough. The API key comes from
    the configuration or from KLAVIYO_API_KEY. Raises ConfigError, UsageError, HostError or
    StoreError, each with its remedy.
    `on_dead` is told, in a thread of its own and once that is durable, of every call that Klaviyo
    refuses for good. What it raises is logged; it may call `push`.
    `is_new_key` says that the key is a new one of the store's own account.
    A key that is refused (401) does not end it: it goes on taking events and tries again, and
    `trouble` says why nothing goes out.
    """

    def __init__(
        self,
        config: Config | Mapping[str, Any],
        *,
        store: str | Path = DEFAULT_PATH,
        host: str = DEFAULT_HOST,
        mode: Mode = "auto",
        limits: bool = True,
        transform: Transform | None = None,
        most_waiting: int = MOST_WAITING,
        is_new_key: bool = False,
        on_dead: Callable[[Letter], None] = lambda letter: None,
        klaviyo: Connection | None = None,
    ) -> None:
        parsed = config if isinstance(config, Config) else parse_config(config)
        key, url = api_key_of(parsed), parse_host(host)
        self._pid = os.getpid()
        own = None if transform is None else kept_back(transform)
        self._store = Store.open(store, host=url, key=key, is_new_key=is_new_key)
        try:
            connection = klaviyo or _connect(key, url)
            self._loop = new_loop(
                parsed, self._store, connection, limits=limits, mode=mode, transform=own
            )
        except BaseException:
            self._store.close()
            raise
        self._loop.is_lasting = True
        self._loop.sender = new_sender(limits, inf, mode=mode)
        self._loop.most_waiting = most_waiting
        self._observer = Workers(1, "klaviyo-observer")
        self._loop.on_dead = lambda letter: self._tell(on_dead, letter)
        self._waiting: set[Future[Any]] = set()
        self._numbers = count(1)
        self._error: BaseException | None = None
        self._is_closed = False
        self._ended: Future[None] = Future()
        self._counts = Counts()
        _import_ahead()
        self._thread = threading.Thread(target=self._work, name="klaviyo", daemon=True)
        try:
            self._thread.start()
        except BaseException:
            self._store.close()
            raise
        # A program that ends without closing must not take its threads down within SQLite.
        atexit.register(_close_at_exit, weakref.ref(self))

    def push(self, event: Any, timeout: float | None = None) -> Plan:
        """Take one event; returns what becomes of it, once that is on the disk.

        Waits where too many calls wait. Raises DestinationFullError after `timeout` seconds, and
        DestinationClosedError; then the event was not taken.
        """
        return self.push_many((event,), timeout)[0]

    def push_many(self, events: Iterable[Any], timeout: float | None = None) -> tuple[Plan, ...]:
        """Take many; much faster than one at a time. `timeout` is for each 500 of them."""
        source = iter(events)
        plans: list[Plan] = []
        while some := tuple(islice(source, AT_ONCE)):
            plans.extend(self._take(some, timeout))
        return tuple(plans)

    def submit(self, events: Iterable[Any]) -> Future[tuple[Plan, ...]]:
        """Take these events together, without waiting: the future holds what becomes of them.

        It is done once they are on the disk. While it can be cancelled they are not taken; it is
        cancelled where the destination ends before. Raises DestinationClosedError.
        """
        return self._hand_in(events, lambda accepted: None)

    def _hand_in(
        self, events: Iterable[Any], done: Callable[[Future[Any]], None]
    ) -> Future[tuple[Plan, ...]]:
        # No lock: a signal's handler may raise or close it in the middle, and a fork may come at
        # any time. What touches the future comes before anybody else has it, for a handler that
        # raises there would leave it locked. It waits before it checks, `_work` closes before it
        # looks who waits: one sees the other.
        self._check()
        batch = Batch(tuple(line_of(next(self._numbers), event) for event in events))
        batch.accepted.add_done_callback(self._waiting.discard)
        batch.accepted.add_done_callback(done)
        self._waiting.add(batch.accepted)
        try:
            self._check()
        except DestinationClosedError:
            batch.accepted.cancel()
            raise
        self._loop.inbox.put(batch)
        return batch.accepted

    @property
    def is_open(self) -> bool:
        """Does it take events?"""
        return self._error is None and not self._is_closed and os.getpid() == self._pid

    def flush(self, timeout: float | None = None) -> Counts:
        """Wait until all that was pushed before is decided, or the time is over; the counts then.

        Returns at once where nothing can go out (see `trouble`).
        """
        self._check()
        flush = Flush()
        self._loop.inbox.put(flush)
        self._wait(flush.done, timeout, lambda: self.trouble is not None)
        return self.counts

    def close(self, timeout: float | None = 10.0) -> Counts:
        """Deliver what waits, for so many seconds (None: until all is decided); then end.

        It ends at once where nothing can go out (see `trouble`). What is left waits in the store
        for the next one. May be called again; in a forked child it does nothing.
        """
        if os.getpid() == self._pid:
            self._is_closed = True
            self._loop.inbox.put(EndOfInput())
            self._join(inf if timeout is None else timeout, lambda: self.trouble is not None)
            for _ in range(2):  # finish what is under way; then not even that
                if self._thread.is_alive():
                    self._loop.interrupt(_SIGTERM)
                    self._join(1.0)
            self._join(_LAST)
            self._observer.close(1.0)
        return self.counts

    def _join(self, timeout: float, is_useless: Callable[[], bool] = lambda: False) -> None:
        if threading.current_thread() is not self._thread:
            self._wait(self._ended, timeout, is_useless)

    @property
    def counts(self) -> Counts:
        """What became of all events of this store: of this program and those before it."""
        counts = self._store.counts if not self._store.is_closed else self._counts
        return copied(counts)

    @property
    def trouble(self) -> Stop | None:
        """Why nothing goes out, where a person must do something: a refused key, a wrong host."""
        sender = self._loop.sender
        since = sender.failing_since
        if self._loop.trouble is None and since is not None and not sender.heard:
            seconds = self._loop.clock() - since
            if seconds >= SILENCE:
                return silence(sender, round(seconds))
        return self._loop.trouble

    def forget(
        self,
        *,
        email: str | None = None,
        external_id: str | None = None,
        phone: str | None = None,
        anonymous_id: str | None = None,
        timeout: float | None = None,
    ) -> Forgotten:
        """Erase one person from the store, as `store forget` does; one identifier is enough.

        What is under way at this moment still arrives.
        """
        known = {"email": email, "external_id": external_id, "phone": phone}
        done = self._ask(partial(self._store.forget, **known, anonymous_id=anonymous_id))
        self._wait(done, timeout, lambda: False)
        if not done.done():
            raise DestinationClosedError("it ended before the person was forgotten")
        return done.result()

    def gauges(self) -> Future[Gauges]:
        """How it stands in numbers, for a monitor; does not wait. Raises DestinationClosedError."""
        return self._ask(partial(read_gauges, self._loop))

    def probe(self) -> Future[None]:
        """Done once the disk has taken a write; holds a StoreError where it does not take one.

        Raises DestinationClosedError.
        """
        return self._ask(self._store.probe)

    def _ask(self, act: Callable[[], T]) -> Future[T]:
        """To be done by the thread that owns the store."""
        self._check()
        job = Job(act)
        self._loop.inbox.put(job)
        return job.done

    def __enter__(self) -> Destination:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Destination of {self._store.host}, store {self._store.path.name}>"

    def _take(self, events: tuple[Any, ...], timeout: float | None) -> tuple[Plan, ...]:
        # Waiting on the future itself is not safe where a signal's handler raises.
        done: SimpleQueue[Future[Any]] = SimpleQueue()
        accepted = self._hand_in(events, done.put)
        try:
            done.get(timeout=timeout)
        except Empty:
            if accepted.cancel():
                raise DestinationFullError(
                    f"no room for the event in {timeout:g} seconds: "
                    f"{self._store.open_calls:,} calls wait"
                ) from None
            done.get()  # it was being accepted at this moment
        try:
            return accepted.result()
        except CancelledError:
            raise DestinationClosedError("the event was not taken") from self._error

    def _check(self) -> None:
        if os.getpid() != self._pid:
            raise DestinationClosedError(
                f"this Destination belongs to process {self._pid}; "
                "a forked child makes its own, with another store"
            )
        if self._error is not None:
            raise DestinationClosedError(str(self._error)) from self._error
        if self._is_closed:
            raise DestinationClosedError("it is closed")

    def _tell(self, on_dead: Callable[[Letter], None], letter: Letter) -> None:
        if self._observer.waiting < _UNTOLD:
            self._observer.submit(self._loop.observe, lambda: on_dead(letter))
        else:
            LOG.warning("on_dead is too slow: it is not told of every dead letter")

    def _wait(
        self, done: Future[Any], timeout: float | None, is_useless: Callable[[], bool]
    ) -> None:
        left = inf if timeout is None else timeout
        while left > 0 and self._thread.is_alive() and not is_useless():
            if wait((done,), min(left, 0.05)).done:
                return
            left -= 0.05

    def _work(self) -> None:
        leave_signals_to_others()
        try:
            self._loop.keep_going()
            stopped = self._loop.stopped
            how = "closed in order" if stopped is None else f"stopped: {stopped.detail}"
            self._store.report(how)
            self._store.commit()
        except BaseException as error:
            self._error = error
            said = problem_of(error) if isinstance(error, Exception) else None
            self._loop.trouble = Stop("ended", said or type(error).__name__)
        finally:
            self._counts = copied(self._store.counts)
            self._store.close()
            self._is_closed = True
            self._ended.set_result(None)
            for accepted in tuple(self._waiting):
                if not accepted.cancel() and not accepted.done():  # planned, and not durable
                    accepted.set_exception(CancelledError())


def line_of(number: int, event: Any) -> Line:
    """An event as if it had been read from a file: nobody can change it any more.

    >>> line_of(1, {"name": "page view"}).raw
    b'{"name": "page view"}'
    >>> line_of(1, {"total": float("nan")}).value.code
    'event.not-json'
    """
    try:
        raw = json.dumps(event, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        reason = "its nesting is too deep" if isinstance(error, RecursionError) else str(error)
        return Line(number, b"", EventError("event.not-json", "", f"not JSON: {reason}"))
    return read_line(number, raw)


def _close_at_exit(reference: weakref.ref[Destination]) -> None:
    destination = reference()
    if destination is not None:
        destination.close(1.0)


def _import_ahead() -> None:
    """What the core and the SDK import only where they use it.

    A program may fork while our thread is within such an import; its lock would stay held in the
    child for ever, and the child's own Destination would wait for it.
    """
    for name in ("decimal", "hashlib", "phonenumbers"):
        import_module(name)
    codecs.lookup("idna")


def _connect(key: str, url: str) -> Connection:
    from walkeros_klaviyo.shell.send.klaviyo import (
        Klaviyo,  # the SDK: 300 ms, only where it is used
    )

    return Klaviyo(key, url)
