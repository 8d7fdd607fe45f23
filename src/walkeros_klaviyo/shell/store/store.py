"""What waits, what became of it, and what is known, on the disk: start here.

One SQLite file. `accept`, `delivered` and `dead` write into the open transaction; `commit` makes
it durable, all or nothing. Only what is committed is handed out to be sent.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

from attrs import define, field

from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.state import States
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.delivery.messages import Charged, Dead, Item
from walkeros_klaviyo.shell.input.position import Position

from . import accepting, counting, people, waiting
from . import forget as forgetting
from . import letters as dead_letters
from . import status as standing
from .connection import Connect, connect
from .counts import Counts
from .errors import StoreMismatchError
from .examine import missing
from .guard import IN_SQLITE, guarded, never_close, watch_forks
from .holder import Hold, hold, holder_of
from .letter import Letter, Origin
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
from .rows import Again, Body, Damaged, DeadLetter
from .session import Session
from .sources import advance, position

DEFAULT_PATH: Final = Path("walkeros-klaviyo.db")


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
        store = cls(place, opened.host, opened.damaged, opened.session, None)
        watch_forks(store)
        return store

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
        store = cls(path, opened.host, opened.damaged, opened.session, held)
        watch_forks(store)
        return store

    @guarded
    def check_binding(self, host: str, key: str | None) -> None:
        """Raise StoreMismatchError where a run with them would; without a key only the host."""
        bound = key is None or may_use(self._session.connection, self._session.salted, key)
        reason = mismatch(host == self.host, bound, self.host)
        if reason is not None:
            raise StoreMismatchError(f"{self.path} belongs to {reason}.")

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
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
    def metrics(self) -> dict[str, Counter[str]]:
        """By metric: accepted, delivered, dead."""
        return self._session.book.metrics

    @property
    def unreported(self) -> tuple[Counts, dict[str, Counter[str]]]:
        """The counts, and those by metric, since `report`: of a killed run nobody was told."""
        return counting.unreported(self._session.book)

    @guarded
    def report(self, how: str, is_complete: bool = True) -> None:
        """A person was told how the run ended and, if it was complete, of everything so far."""
        if is_complete:
            counting.report(self._session.book)
        standing.end(self._session, how)

    @guarded
    def begin(self) -> None:
        """A run begins; until `report` nobody knows how it ends."""
        standing.end(self._session, "")

    @guarded
    def refuse_key(self) -> None:
        """Klaviyo does not take the key; the next opening may bring another one."""
        self._session.write()
        refuse_key(self._session.connection, self._session.salted)

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

    @guarded
    def prior(self, keys: Iterable[str]) -> States:
        """What Klaviyo was last told under these keys; uncommitted news included."""
        return people.prior(self._session, keys)

    @guarded
    def learn(self, changes: States) -> None:
        """Klaviyo is told this, by a call that is not recorded."""
        people.learn(self._session, changes, None)

    @guarded
    def accept(
        self,
        origin: Origin,
        plan: Plan,
        changes: States,
        bulk: bool = False,
        *,
        saved: int = 0,
        again: Again | None = None,
    ) -> tuple[Letter, ...]:
        """Record an event's calls and what they change; the dead letters of refused calls.

        `bulk`: its rule asks for bulk. `saved`: upserts that were left out because Klaviyo was
        told the same before. `again`: the dead letter whose event this is, planned anew.
        """
        self._session.book.counts.saved += saved
        return accepting.accept(self._session, origin, plan, changes, bulk, again)

    @property
    def to_plan_anew(self) -> int:
        """Dead letters whose events are to be planned anew."""
        return self._session.book.again

    @guarded
    def again(self, limit: int) -> tuple[Again, ...]:
        """The first of them (-1: all); a damaged one becomes a dead letter again."""
        found = dead_letters.again(self._session, limit)
        for one in found:
            if isinstance(one, Damaged) and not self._session.reads_only:
                dead_letters.set_aside(self._session, one.id)
        return tuple(one for one in found if isinstance(one, Again))

    @guarded
    def is_overtaken(self, keys: Iterable[str], number: int) -> bool:
        """Was Klaviyo told something by a later call than that of whoever has one of these keys?"""
        return people.is_overtaken(self._session, keys, number)

    @guarded
    def take(self, limit: int) -> tuple[Item, ...]:
        """The next committed calls in the order of acceptance; each is taken once since opening.

        A damaged row is no item: it becomes a dead letter with the code store.damaged.
        """
        return waiting.take(self._session, limit)

    @guarded
    def recent_events(self, limit: int) -> tuple[tuple[str | None, Call], ...]:
        """The latest events that wait, in order: the id of each, and its call."""
        return waiting.recent_events(self._session, limit)

    @guarded
    def bodies(self, ids: Iterable[int]) -> tuple[Body | Damaged, ...]:
        """What is to be posted, in the order asked for; `Damaged` is not to be sent."""
        return waiting.bodies(self._session, ids)

    @guarded
    def delivered(self, ids: Iterable[int]) -> None:
        """Klaviyo has taken these calls; their bodies leave the store."""
        waiting.delivered(self._session, ids)

    @guarded
    def repaired(self, identity: int, left_out: Collection[str]) -> None:
        """Klaviyo took this call without some of its identifiers; before it is `delivered`."""
        waiting.repaired(self._session, identity, left_out)

    @guarded
    def charge(self, charged: Charged) -> None:
        """A call has used up so much of its patience; `take` tells it after a restart."""
        self._session.charge(charged.id, charged.charges)

    @guarded
    def dead(self, dead: Dead | Iterable[Dead]) -> tuple[Letter, ...]:
        """These calls are refused for good. An upsert takes its profile's state back."""
        several = (dead,) if isinstance(dead, Dead) else dead
        found = [waiting.bury(self._session, one) for one in several]
        return tuple(one for one in found if one is not None)

    @guarded
    def position(self, source: str) -> Position | None:
        """How far a source was read; None where it never was."""
        return position(self._session, source)

    @guarded
    def advance(self, source: str, position: Position) -> None:
        """A source was read so far."""
        advance(self._session, source, position)

    @guarded
    def commit(self) -> None:
        """Make durable what was written since the last commit, all of it or nothing."""
        self._session.commit()

    @property
    def can_rest(self) -> bool:
        """Is anything of what was delivered still on the disk, though nothing waits?"""
        return self._session.can_rest

    @guarded
    def rest(self) -> None:
        """Leave nothing of it behind."""
        self._session.rest()

    @guarded
    def rollback(self) -> None:
        """Undo what was written since the last commit."""
        self._session.rollback()

    def letters(self, limit: int | None = None) -> Iterator[DeadLetter | Damaged]:
        """Dead letters, the oldest first, with everything a person needs."""
        found = dead_letters.letters(self._session, limit)
        while (one := self._next(found)) is not None:
            yield one

    @guarded
    def _next(self, found: Iterator[DeadLetter | Damaged]) -> DeadLetter | Damaged | None:
        return next(found, None)

    @guarded
    def retry(
        self,
        numbers: Iterable[int] | None = None,
        *,
        code: str | None = None,
        metric: str | None = None,
    ) -> dead_letters.Retried:
        """Hand the events of dead letters (by number, or all; of a code, of a metric) to the next
        run, which plans them anew."""
        return dead_letters.retry(self._session, _which(numbers, code, metric))

    @guarded
    def drop(
        self,
        numbers: Iterable[int] | None = None,
        *,
        code: str | None = None,
        metric: str | None = None,
    ) -> int:
        """Remove dead letters (chosen as for `retry`) for good; how many?"""
        return dead_letters.drop(self._session, _which(numbers, code, metric))

    @property
    @guarded
    def waiting_numbers(self) -> set[int]:
        """The numbers of all calls that wait."""
        return {one[0] for one in self._session.connection.execute("SELECT id FROM outbox")}

    @guarded
    def drop_waiting(self, numbers: Iterable[int]) -> int:
        """Remove calls that wait, by number, for good; how many were there?"""
        return sum(waiting.remove(self._session, number, "dropped") for number in set(numbers))

    @guarded
    def forget(
        self,
        key: str | None = None,
        *,
        email: str | None = None,
        external_id: str | None = None,
        phone: str | None = None,
        anonymous_id: str | None = None,
    ) -> forgetting.Forgotten:
        """Remove one person, all that is known by one identifier or several; `key` is a plan's."""
        known = {} if key is None else forgetting.known_by(key)
        given = {
            "email": email,
            "external_id": external_id,
            "phone_number": phone,
            "anonymous_id": anonymous_id,
        }
        known |= {kind: text for kind, text in given.items() if text and text.strip()}
        return forgetting.forget(self._session, known, key)

    @guarded
    def status(self) -> standing.Status:
        """How the store stands."""
        holder = holder_of(self.path) if self._hold is None else self._hold.holder
        return standing.status(self._session, self.host, holder)

    @guarded
    def imbalance(self) -> str | None:
        """What breaks accepted = delivered + pending + dead + not sent; None if it holds.

        The pending and the dead are counted where they lie, not computed.
        """
        return missing(self._session)

    def undo(self) -> None:
        """After an error nothing is left half-written."""
        self._session.rollback()

    def leave_to_the_parent(self) -> None:
        """In a forked child: nothing is closed, and the lock is not ours."""
        if self._hold is not None:
            self._hold.abandon()
        never_close(self._session.connection)


def _which(
    numbers: Iterable[int] | None, code: str | None, metric: str | None
) -> dead_letters.Which:
    chosen = None if numbers is None else frozenset(numbers)
    return dead_letters.Which(chosen, code, metric)
