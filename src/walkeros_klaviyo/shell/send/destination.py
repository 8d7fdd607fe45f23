"""How do I send from a program that keeps running?

    with Destination(config, store="shop.db") as destination:
        destination.push(event)

What was pushed is on the disk when `push` returns; a thread delivers it, at Klaviyo's pace, in
order a profile. After a crash the next Destination of the same store goes on with what waits.
"""

from __future__ import annotations

import atexit
import codecs
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from functools import partial
from importlib import import_module
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any, Final, TypeVar
from weakref import WeakSet

from walkeros_klaviyo.core.compose import kept_back
from walkeros_klaviyo.core.config import Config, parse_config
from walkeros_klaviyo.core.pipeline import Transform
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.delivery.batch import Mode
from walkeros_klaviyo.delivery.course import Course
from walkeros_klaviyo.delivery.messages import Stop
from walkeros_klaviyo.delivery.sender import unheard
from walkeros_klaviyo.shell.problem import problem_of
from walkeros_klaviyo.shell.process import leave_signals_to_others
from walkeros_klaviyo.shell.send.account import api_key_of
from walkeros_klaviyo.shell.send.entrance import (
    DestinationClosedError,
    DestinationFullError,
    Entrance,
)
from walkeros_klaviyo.shell.send.gauges import (
    Gauges,
    Standing,
    copied,
    read_gauges,
    read_standing,
)
from walkeros_klaviyo.shell.send.host import DEFAULT_HOST, parse_host
from walkeros_klaviyo.shell.send.inbox import EndOfInput, Flush, Job
from walkeros_klaviyo.shell.send.run import new_loop
from walkeros_klaviyo.shell.send.uncommitted import LOG, Observers, tell
from walkeros_klaviyo.shell.send.workers import Connection, Workers
from walkeros_klaviyo.shell.store import DEFAULT_PATH, Forgotten, Retried, Store
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
        own = None if transform is None else kept_back(transform)
        self._store = Store.open(store, host=url, key=key, is_new_key=is_new_key)
        self._thread = threading.Thread(target=self._work, name="klaviyo", daemon=True)
        self._observer = Workers(1, "klaviyo-observer")
        self._ended: Future[None] = Future()
        try:
            if klaviyo is None:
                from walkeros_klaviyo.shell.send.klaviyo import Klaviyo  # the SDK: 300 ms

                klaviyo = Klaviyo(key, url)
            given: dict[str, Any] = {"limits": limits, "mode": mode, "transform": own}
            self._loop = new_loop(parsed, self._store, klaviyo, give_up=inf, **given)
            self._loop.course = Course(is_lasting=True)
            self._loop.most_waiting = most_waiting
            self._loop.observers = Observers(on_dead=partial(self._tell, on_dead))
            self._entrance = Entrance(self._loop.inbox, self._store)
            _import_ahead()
            self._thread.start()
        except BaseException:
            self._store.close()
            raise
        _OPEN.add(self)

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
            plans.extend(self._entrance.take(some, timeout))
        return tuple(plans)

    def submit(self, events: Iterable[Any]) -> Future[tuple[Plan, ...]]:
        """Take these events together, without waiting: the future holds what becomes of them.

        It is done once they are on the disk. While it can be cancelled they are not taken; it is
        cancelled where the destination ends before. Raises DestinationClosedError.
        """
        return self._entrance.hand_in(events)

    @property
    def is_open(self) -> bool:
        """Does it take events?"""
        return self._entrance.is_open

    def flush(self, timeout: float | None = None) -> Counts:
        """Wait until all that was pushed before is decided, or the time is over; the counts then.

        Returns at once where nothing can go out (see `trouble`).
        """
        self._entrance.check()
        flush = Flush()
        self._entrance.inbox.put(flush)
        self._wait(flush.done, timeout, lambda: self.trouble is not None)
        return self.counts

    def close(self, timeout: float | None = 10.0) -> Counts:
        """Deliver what waits, for so many seconds (None: until all is decided); then end.

        It ends at once where nothing can go out (see `trouble`). What is left waits in the store
        for the next one. May be called again; in a forked child it does nothing.
        """
        if self._entrance.is_ours:
            self._entrance.is_closed = True
            self._entrance.inbox.put(EndOfInput())
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
        return copied(self._store.counts)

    @property
    def trouble(self) -> Stop | None:
        """Why nothing goes out, where a person must do something: a refused key, a wrong host."""
        loop = self._loop
        return loop.trouble or unheard(loop.sender, SILENCE, loop.clock())

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

    def standing(self, letters: int = 50, known: Standing | None = None) -> Future[Standing]:
        """How it stands, for a person: with what waits and so many dead letters. As `gauges`.

        Who asks often gives what is `known`: letters are not read again where none came or went.
        """
        return self._ask(partial(read_standing, self._loop, letters, known))

    def retry(
        self,
        numbers: Iterable[int] | None = None,
        *,
        code: str | None = None,
        metric: str | None = None,
        limit: int = -1,
    ) -> Future[Retried]:
        """Plan the events of dead letters anew, as `store retry` does; by this configuration, now.

        All of them, or those of these numbers, this code, this metric; up to a `limit` (-1: none).
        The others wait meanwhile. Raises DestinationClosedError.
        """
        which = partial(self._store.retry, numbers, code=code, metric=metric, limit=limit)
        return self._ask(which)

    def drop(
        self,
        numbers: Iterable[int] | None = None,
        *,
        code: str | None = None,
        metric: str | None = None,
        limit: int = -1,
    ) -> Future[int]:
        """Remove dead letters for good, as `store drop` does: how many were there? As `retry`."""
        which = partial(self._store.drop, numbers, code=code, metric=metric, limit=limit)
        return self._ask(which)

    def probe(self) -> Future[None]:
        """Done once the disk has taken a write; holds a StoreError where it does not take one.

        Raises DestinationClosedError.
        """
        return self._ask(self._store.probe)

    def _ask(self, act: Callable[[], T]) -> Future[T]:
        """To be done by the thread that owns the store."""
        self._entrance.check()
        job = Job(act)
        self._entrance.inbox.put(job)
        return job.done

    def __enter__(self) -> Destination:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Destination of {self._store.host}, store {self._store.path.name}>"

    def _tell(self, on_dead: Callable[[Letter], None], letter: Letter) -> None:
        if self._observer.waiting < _UNTOLD:
            self._observer.submit(tell, on_dead, letter)
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
            stopped = self._loop.course.stopped
            how = "closed in order" if stopped is None else f"stopped: {stopped.detail}"
            self._store.report(how)
            self._store.commit()
        except BaseException as error:
            self._entrance.error = error
            self._loop.trouble = Stop("ended", _why(error))
        finally:
            self._store.close()
            self._ended.set_result(None)
            self._entrance.leave()


def _why(error: BaseException) -> str:
    """What ended it, for a person; of a fault of ours its name alone."""
    if isinstance(error, OSError) and error.filename is None:
        return str(error)
    said = problem_of(error) if isinstance(error, Exception) else None
    return said or type(error).__name__


_OPEN: Final[WeakSet[Destination]] = WeakSet()


@atexit.register
def _close_all() -> None:
    """A program that ends without closing must not take its threads down within SQLite."""
    for destination in tuple(_OPEN):
        destination.close(1.0)


def _import_ahead() -> None:
    """What the core and the SDK import only where they use it.

    A program may fork while our thread is within such an import; its lock would stay held in the
    child for ever, and the child's own Destination would wait for it.
    """
    for name in ("decimal", "hashlib", "phonenumbers"):
        import_module(name)
    codecs.lookup("idna")
