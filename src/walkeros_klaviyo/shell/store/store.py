"""What waits, what became of it, and what is known, on the disk: start here.

One SQLite file. `accept`, `delivered` and `dead` write into the open transaction; `commit` makes
it durable, all or nothing. Only what is committed is handed out to be sent.
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
    """A method that does this in the store's session, all or nothing."""
    return guarded_in(attrgetter("_session"), act)


@define(eq=False)
class Store:
    """An open store; used from one thread of one process.

    `damaged` are the rows (calls, dead letters) that were found damaged then.
    """

    path: Path
    host: str
    damaged: tuple[tuple[int, ...], tuple[int, ...]]
    _session: Session = field(repr=False)
    _hold: Hold | None = field(repr=False)
    """None where it is only looked at."""
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
        """Open the store of this host and API key, or make it; of the key a digest is kept.

        Another key is refused, unless it `is_new_key` of the same account, or Klaviyo refused
        the one that the store knows.
        """
        return cls._open(Path(path), Binding(host, key, is_new_key), connect, clock)

    @classmethod
    def visit(cls, path: str | Path = DEFAULT_PATH, *, connect: Connect = connect) -> Store:
        """Open a store that exists, whosever it is, to repair it."""
        return cls._open(Path(path), None, connect, time.time)

    @classmethod
    def view(cls, path: str | Path = DEFAULT_PATH) -> Store:
        """Only look at a store that exists, also while another process works with it.

        Nothing can be written; all that is read is of one moment.
        """
        place = absolute(Path(path))
        with IN_SQLITE:
            opened = view_session(place)
        if opened is None:  # of an earlier version: it becomes one of today's
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
        """Raise StoreMismatchError where a run with them would; without a key only the host."""
        bound = key is None or may_use(self._session.connection, self._session.salted, key)
        reason = mismatch(host == self.host, bound, self.host)
        if reason is not None:
            raise StoreMismatchError(f"{self.path} belongs to {reason}.")

    # Each is done, and told of, by the module of that question.
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

    def close(self) -> None:
        """Close it; what was not committed is undone. In a forked child nothing is touched."""
        if self.is_closed or os.getpid() != self.pid:
            return
        self.is_closed = True
        try:
            close_session(self._session)
        finally:
            if self._hold is not None:
                self._hold.release()

    @property
    def counts(self) -> Counts:
        """What became of the accepted events, in this run and in those before."""
        return self._session.book.counts

    @property
    def lags(self) -> Lags:
        """How long it was from acceptance to delivery, since the store was opened."""
        return self._session.lags

    @property
    def metrics(self) -> dict[str, Counter[str]]:
        """By metric: accepted, delivered, dead."""
        return self._session.book.metrics

    @property
    def unreported(self) -> tuple[Counts, dict[str, Counter[str]]]:
        """The counts, and those by metric, since `report`: of a killed run nobody was told."""
        return counting.unreported(self._session.book)

    @guarded
    def refuse(self) -> None:
        """A line was no event, and so not accepted."""
        self._session.book.counts.invalid += 1

    @property
    def backlog(self) -> int:
        """Calls that wait to be taken, those included that are not committed."""
        return self._session.untaken

    @property
    def open_calls(self) -> int:
        """Calls that are neither delivered nor dead."""
        return self._session.book.waiting

    @property
    def settled(self) -> int:
        """Calls that were delivered or died."""
        return self._session.book.numbered - self._session.book.waiting

    @property
    def numbered(self) -> int:
        """The number of the latest call."""
        return self._session.book.numbered

    @property
    @guarded
    def oldest(self) -> int | None:
        """The number of the call that waits longest; None where none waits."""
        self._session.flush()
        sql = "SELECT min(id) FROM outbox"
        number: int | None = self._session.connection.execute(sql).fetchone()[0]
        return number

    @property
    @guarded
    def dead_calls(self) -> int:
        """Dead letters that are kept, of events and of upserts."""
        count: int = self._session.connection.execute("SELECT count(*) FROM letters").fetchone()[0]
        return count

    @property
    def letter_version(self) -> tuple[int, int, int, int]:
        """Another where a dead letter came or went."""
        book = self._session.book
        counts = book.counts
        return book.lettered, counts.dead, counts.dead_upserts, book.again

    @property
    @guarded
    def letter_names(self) -> dict[int, tuple[str, str | None]]:
        """By number of a dead letter that is kept: its code and its metric."""
        found = self._session.connection.execute("SELECT id, code, metric FROM letters").fetchall()
        return {number: (code, metric) for number, code, metric in found}

    @property
    def has_uncommitted(self) -> bool:
        """Would `commit` write anything?"""
        session = self._session
        return session.connection.in_transaction or session.book.has_news

    @property
    def to_plan_anew(self) -> int:
        """Dead letters whose events are to be planned anew."""
        return self._session.book.again

    @property
    def can_rest(self) -> bool:
        """Is anything of what was delivered still on the disk, though nothing waits?"""
        return self._session.can_rest

    def letters(self, limit: int | None = None) -> Iterator[DeadLetter | Damaged]:
        """Dead letters, the oldest first, with everything a person needs."""
        found = dead_letters.letters(self._session, limit)
        while (one := self._next(found)) is not None:
            yield one

    @guarded
    def _next(self, found: Iterator[DeadLetter | Damaged]) -> DeadLetter | Damaged | None:
        return next(found, None)

    @property
    @guarded
    def waiting_numbers(self) -> set[int]:
        """The numbers of all calls that wait."""
        return {one[0] for one in self._session.connection.execute("SELECT id FROM outbox")}

    @guarded
    def status(self) -> standing.Status:
        """How the store stands."""
        holder = holder_of(self.path) if self._hold is None else self._hold.holder
        return standing.status(self._session, self.host, holder)

    def undo(self) -> None:
        """After an error nothing is left half-written."""
        self._session.rollback()

    def leave_to_the_parent(self) -> None:
        """In a forked child: nothing is closed, and the lock is not ours."""
        if self._hold is not None:
            self._hold.abandon()
        never_close(self._session.connection)
