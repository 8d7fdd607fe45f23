"""How do I send from a program that keeps running?

    with Destination(config, store="shop.db") as destination:
        destination.push(event)

An event is on disk when `push` returns; a thread delivers it at Klaviyo's pace, in order for each
profile. After a crash the next Destination with the same store continues with what is pending.
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
"""Pending calls at which `push` blocks."""
AT_ONCE: Final = 500
"""Events of `push_many` accepted together."""
SILENCE: Final = 30.0
"""Seconds after which a host that has never answered counts as wrong."""
_SIGTERM: Final = 15
_LAST: Final = 5.0
"""Seconds that `close` waits for a thread told to end at once."""
T = TypeVar("T")
_UNTOLD: Final = 10_000
"""Dead letters that may queue for a slow `on_dead`."""


class Destination:
    """Klaviyo, for a long-running program: thread-safe, durable, in bounded memory.

    `config` is a Config, or the mapping for `parse_config`; `transform` is one composed over it
    (`before`, `after`) if the plain pipeline is not enough. The API key comes from the
    configuration or KLAVIYO_API_KEY. Raises ConfigError, UsageError, HostError or StoreError, each
    of which says what to do.
    `on_dead` is called, in a thread of its own, with every call that Klaviyo refuses for good, once
    that is durable. Exceptions in it are logged; it may call `push`.
    `is_new_key` says that the key is a new one of the store's own account.
    A refused key (401) does not end it: it goes on taking events and tries again, and `trouble`
    says why nothing is being sent.
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
        """Take one event; returns its plan once that is on disk.

        Blocks while too many calls are pending. Raises DestinationFullError after `timeout`
        seconds, or DestinationClosedError; the event was not taken then.
        """
        return self.push_many((event,), timeout)[0]

    def push_many(self, events: Iterable[Any], timeout: float | None = None) -> tuple[Plan, ...]:
        """Take many events, much faster than one at a time; `timeout` is per 500 of them."""
        source = iter(events)
        plans: list[Plan] = []
        while some := tuple(islice(source, AT_ONCE)):
            plans.extend(self._entrance.take(some, timeout))
        return tuple(plans)

    def submit(self, events: Iterable[Any]) -> Future[tuple[Plan, ...]]:
        """Take these events together, without waiting: the future will hold their plans.

        It is done once they are on disk. As long as it can be cancelled, they are not taken; it is
        cancelled if the destination closes first. Raises DestinationClosedError.
        """
        return self._entrance.hand_in(events)

    @property
    def is_open(self) -> bool:
        """Does it take events?"""
        return self._entrance.is_open

    def flush(self, timeout: float | None = None) -> Counts:
        """Wait until everything pushed before is settled, or `timeout` seconds; returns the counts.

        Returns at once if nothing can be sent (see `trouble`).
        """
        self._entrance.check()
        flush = Flush()
        self._entrance.inbox.put(flush)
        self._wait(flush.done, timeout, lambda: self.trouble is not None)
        return self.counts

    def close(self, timeout: float | None = 10.0) -> Counts:
        """Deliver what is pending, for `timeout` seconds (None: until all is settled); then end.

        Ends at once if nothing can be sent (see `trouble`). What is left stays in the store for the
        next Destination. May be called again; in a forked child it does nothing.
        """
        if self._entrance.is_ours:
            self._entrance.is_closed = True
            self._entrance.inbox.put(EndOfInput())
            self._join(inf if timeout is None else timeout, lambda: self.trouble is not None)
            for _ in range(2):  # the second time, abandon requests under way too
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
        """Counts of all events of this store, including those of earlier programs."""
        return copied(self._store.counts)

    @property
    def trouble(self) -> Stop | None:
        """Why nothing is being sent, if somebody must act: a refused key or a wrong host."""
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

        Requests under way at this moment still arrive.
        """
        known = {"email": email, "external_id": external_id, "phone": phone}
        done = self._ask(partial(self._store.forget, **known, anonymous_id=anonymous_id))
        self._wait(done, timeout, lambda: False)
        if not done.done():
            raise DestinationClosedError("it ended before the person was forgotten")
        return done.result()

    def gauges(self) -> Future[Gauges]:
        """Its numbers, for a monitor; does not wait. Raises DestinationClosedError."""
        return self._ask(partial(read_gauges, self._loop))

    def standing(self, letters: int = 50, known: Standing | None = None) -> Future[Standing]:
        """The gauges with what is pending and some dead letters, for display; does not wait.

        If you ask often, pass the last result as `known`: unchanged letters are not read again.
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
        """Plan the events of dead letters again now, by this configuration, as `store retry` does.

        All of them, or those with these numbers, a code, or a metric; at most `limit` (-1: no
        limit). Other events wait meanwhile. Raises DestinationClosedError.
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
        """Remove dead letters, chosen as for `retry`, for good; the future holds how many."""
        which = partial(self._store.drop, numbers, code=code, metric=metric, limit=limit)
        return self._ask(which)

    def probe(self) -> Future[None]:
        """Done once the disk has accepted a write; holds a StoreError if it does not.

        Raises DestinationClosedError.
        """
        return self._ask(self._store.probe)

    def _ask(self, act: Callable[[], T]) -> Future[T]:
        """Run a job in the thread that owns the store."""
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
            LOG.warning("on_dead is too slow: it does not receive every dead letter")

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
    """What ended it, for display; for a bug of ours only the exception's name."""
    if isinstance(error, OSError) and error.filename is None:
        return str(error)
    said = problem_of(error) if isinstance(error, Exception) else None
    return said or type(error).__name__


_OPEN: Final[WeakSet[Destination]] = WeakSet()


@atexit.register
def _close_all() -> None:
    """Close at exit, so that threads are not killed inside SQLite."""
    for destination in tuple(_OPEN):
        destination.close(1.0)


def _import_ahead() -> None:
    """Import what the core and the SDK otherwise import on first use.

    If the program forked while our thread was inside such an import, the import lock would stay
    held in the child for ever, and the child's own Destination would wait for it.
    """
    for name in ("decimal", "hashlib", "phonenumbers"):
        import_module(name)
    codecs.lookup("idna")
