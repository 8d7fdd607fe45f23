"""How does delivery's state survive a crash? Start here.

In one SQLite file, with pending calls, dead letters, counts and people's states. `accept`,
`delivered` and `dead` write into the open transaction; `commit` makes it durable, all or nothing.
Only committed calls are handed out to be sent.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from attrs import define, field

from . import accepting, counting, people, sources, untold, waiting
from . import forget as forgetting
from . import letters as dead_letters
from . import status as standing
from .connection import Connect, connect
from .counts import Counts
from .errors import StoreMismatchError
from .examine import missing
from .guard import IN_SQLITE, guarded, guarded_in, never_close, watch_forks
from .holder import Hold, hold, holder_of
from .lag import Lags
from .opening import (
    Binding,
    Opened,
    close_session,
    may_use,
    mismatch,
    open_session,
    refuse_key,
    view_session,
)
from .place import absolute
from .rows import Damaged, DeadLetter
from .session import Session

DEFAULT_PATH: Final = Path("walkeros-klaviyo.db")


P = ParamSpec("P")
T = TypeVar("T")


def _on_session(act: Callable[Concatenate[Session, P], T]) -> Callable[Concatenate[Store, P], T]:
    """A method that does this in the store's session, atomically."""
    return guarded_in(attrgetter("_session"), act)


@define(eq=False)
class Store:
    """An open store, used from one thread of one process.

    `damaged` holds the numbers of calls and of dead letters found damaged when it was opened.
    """

    path: Path
    host: str
    damaged: tuple[tuple[int, ...], tuple[int, ...]]
    _session: Session = field(repr=False)
    _hold: Hold | None = field(repr=False)
    """None if the store is only viewed."""
    pid: int = field(factory=os.getpid, repr=False)
    is_closed: bool = field(default=False, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        watch_forks(self)

    @classmethod
    def open(
        cls,
        path: str | Path = DEFAULT_PATH,
        *,
        host: str,
        key: str,
        is_new_key: bool = False,
        connect: Connect = connect,
        clock: Callable[[], float] = time.time,
    ) -> Store:
        """Open the store of this host and API key, or make it; only a digest of the key is kept.

        Another key is refused, unless it `is_new_key` of the same account or Klaviyo refused the
        store's own. Raises StoreError.
        """
        return cls._open(Path(path), Binding(host, key, is_new_key), connect, clock)

    @classmethod
    def visit(cls, path: str | Path = DEFAULT_PATH, *, connect: Connect = connect) -> Store:
        """Open an existing store for repair, whichever host and key it belongs to."""
        return cls._open(Path(path), None, connect, time.time)

    @classmethod
    def view(cls, path: str | Path = DEFAULT_PATH) -> Store:
        """Open an existing store read-only, even while another process is using it.

        All reads see the same moment.
        """
        place = absolute(Path(path))
        with IN_SQLITE:
            opened = view_session(place)
        if opened is None:  # an earlier version: migrate it first
            return cls.visit(place)
        return cls(place, opened.host, opened.damaged, opened.session, None)

    @classmethod
    def _open(
        cls,
        path: Path,
        binding: Binding | None,
        factory: Connect,
        clock: Callable[[], float],
    ) -> Store:
        path = absolute(path)
        held = hold(path, clock)
        try:
            with IN_SQLITE:
                opened: Opened = open_session(path, binding, factory, clock)
        except BaseException:
            held.release()
            raise
        return cls(path, opened.host, opened.damaged, opened.session, held)

    @guarded
    def check_binding(self, host: str, key: str | None) -> None:
        """Raise StoreMismatchError if a run with this host and key would."""
        bound = key is None or may_use(self._session.connection, self._session.salted, key)
        reason = mismatch(host == self.host, bound, self.host)
        if reason is not None:
            raise StoreMismatchError(f"{self.path} belongs to {reason}.")

    # These are implemented and documented in their own modules.
    prior = _on_session(people.prior)
    is_overtaken = _on_session(people.is_overtaken)
    learn = _on_session(people.learn)
    accept = _on_session(accepting.accept)
    recent_events = _on_session(waiting.recent_events)
    take = _on_session(waiting.take)
    bodies = _on_session(waiting.bodies)
    delivered = _on_session(waiting.delivered)
    repaired = _on_session(waiting.repaired)
    charge = _on_session(Session.charge)
    dead = _on_session(waiting.dead)
    drop_waiting = _on_session(waiting.drop)
    oldest_age = _on_session(waiting.oldest_age)
    position = _on_session(sources.position)
    advance = _on_session(sources.advance)
    commit = _on_session(Session.commit)
    rest = _on_session(Session.rest)
    probe = _on_session(standing.probe)
    stuck = _on_session(standing.stuck)
    rollback = _on_session(Session.rollback)
    retry = _on_session(dead_letters.retry)
    drop = _on_session(dead_letters.drop)
    again = _on_session(dead_letters.again)
    forget = _on_session(forgetting.forget)
    untold = _on_session(untold.untold)
    begin = _on_session(standing.begin)
    report = _on_session(standing.report)
    refuse_key = _on_session(refuse_key)
    imbalance = _on_session(missing)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def is_inherited(self) -> bool:
        """Is this a forked child's copy? Asked each time, since a fork made in C tells nobody."""
        return os.getpid() != self.pid

    def close(self) -> None:
        """Close, undoing what is not committed. In a forked child nothing is touched."""
        if self.is_closed or self.is_inherited:
            return
        self.is_closed = True
        try:
            close_session(self._session)
        finally:
            if self._hold is not None:
                self._hold.release()

    @property
    def counts(self) -> Counts:
        """Counts of accepted events by outcome, in this run and all before."""
        return self._session.book.counts

    @property
    def lags(self) -> Lags:
        """Times from acceptance to delivery, since the store was opened."""
        return self._session.lags

    @property
    def metrics(self) -> dict[str, Counter[str]]:
        """Events accepted, delivered and dead, by metric."""
        return self._session.book.metrics

    @property
    def unreported(self) -> tuple[Counts, dict[str, Counter[str]]]:
        """The counts, and those by metric, since the last `report`, including killed runs."""
        return counting.unreported(self._session.book)

    @guarded
    def refuse(self) -> None:
        """Count a line that is not an event, and so was not accepted."""
        self._session.book.counts.invalid += 1

    @property
    def backlog(self) -> int:
        """Calls waiting to be taken, including uncommitted ones."""
        return self._session.untaken

    @property
    def open_calls(self) -> int:
        """Calls that are neither delivered nor dead."""
        return self._session.book.waiting

    @property
    def settled(self) -> int:
        """Calls that were delivered or became dead letters."""
        return self._session.book.numbered - self._session.book.waiting

    @property
    def numbered(self) -> int:
        """The number of the latest call."""
        return self._session.book.numbered

    @property
    @guarded
    def oldest(self) -> int | None:
        """The number of the oldest pending call; None if there is none."""
        self._session.flush()
        sql = "SELECT min(id) FROM outbox"
        number: int | None = self._session.connection.execute(sql).fetchone()[0]
        return number

    @property
    @guarded
    def dead_calls(self) -> int:
        """The number of dead letters, of events and of upserts."""
        count: int = self._session.connection.execute("SELECT count(*) FROM letters").fetchone()[0]
        return count

    @property
    def letter_version(self) -> tuple[int, int, int, int]:
        """A value that changes whenever a dead letter is added or removed."""
        book = self._session.book
        counts = book.counts
        return book.lettered, counts.dead, counts.dead_upserts, book.again

    @property
    @guarded
    def letter_names(self) -> dict[int, tuple[str, str | None]]:
        """(code, metric) of each dead letter, by number."""
        found = self._session.connection.execute("SELECT id, code, metric FROM letters").fetchall()
        return {number: (code, metric) for number, code, metric in found}

    @property
    def has_uncommitted(self) -> bool:
        """Would `commit` write anything?"""
        session = self._session
        return session.connection.in_transaction or session.book.has_news

    @property
    def to_plan_anew(self) -> int:
        """The number of retried dead letters."""
        return self._session.book.again

    @property
    def can_rest(self) -> bool:
        """Are bodies of delivered calls still on disk, while nothing is pending?"""
        return self._session.can_rest

    def letters(self, limit: int | None = None) -> Iterator[DeadLetter | Damaged]:
        """Dead letters, oldest first, complete for display."""
        found = dead_letters.letters(self._session, limit)
        while (one := self._next(found)) is not None:
            yield one

    @guarded
    def _next(self, found: Iterator[DeadLetter | Damaged]) -> DeadLetter | Damaged | None:
        return next(found, None)

    @property
    @guarded
    def waiting_numbers(self) -> set[int]:
        """The numbers of all pending calls."""
        return {one[0] for one in self._session.connection.execute("SELECT id FROM outbox")}

    @guarded
    def status(self) -> standing.Status:
        """The status of the store."""
        holder = holder_of(self.path) if self._hold is None else self._hold.holder
        return standing.status(self._session, self.host, holder)

    def undo(self) -> None:
        """Roll back, so that an error leaves nothing half-written."""
        self._session.rollback()

    def leave_to_the_parent(self) -> None:
        """In a forked child: close nothing, and leave the lock to the parent."""
        if self._hold is not None:
            self._hold.abandon()
        never_close(self._session.connection)
