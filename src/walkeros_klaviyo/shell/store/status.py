"""What is the status of the store?"""

from __future__ import annotations

from collections import Counter
from typing import Final

from attrs import frozen

from . import counting
from .counts import Counts
from .holder import Holder
from .place import wal_size
from .session import Session


@frozen
class Waiting:
    """Pending calls of one kind."""

    call: str
    metric: str
    calls: int


@frozen
class Stuck:
    """A pending call that failed while others got through."""

    id: int
    line: int
    call: str
    metric: str
    tries: int
    """Its charges; at `delivery.retry.MAX_CHARGES` it becomes a dead letter."""


@frozen
class Status:
    """What is pending, what is dead, the size of the store, and who is using it."""

    counts: Counts
    waiting: tuple[Waiting, ...]
    oldest: float | None
    """When the oldest pending call was accepted, in seconds since 1970."""
    oldest_line: int | None
    stuck: tuple[Stuck, ...]
    """The first pending calls that failed while others got through."""
    dead: Counter[str]
    """Dead letters by code."""
    again: int
    """Retried dead letters: the next run plans their events again."""
    profiles: int
    """Profiles with a known state."""
    size: int
    """Bytes on disk."""
    host: str
    holder: Holder | None
    """Another process that is using it."""
    ended: str = ""
    """How the last run ended; empty if it was killed."""


def status(session: Session, host: str, holder: Holder | None) -> Status:
    """The status of the store now."""
    session.flush()
    ask = session.connection.execute
    sql = "SELECT call, metric, count(*) FROM outbox GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
    oldest = ask("SELECT at, line FROM outbox ORDER BY id LIMIT 1").fetchone()
    dead = ask("SELECT code, count(*) FROM letters GROUP BY 1 ORDER BY 2 DESC, 1").fetchall()
    return Status(
        session.book.counts,
        tuple(Waiting(*row) for row in ask(sql)),
        oldest and oldest[0],
        oldest and oldest[1],
        stuck(session),
        Counter(dict(dead)),
        session.book.again,
        ask(
            "SELECT count(DISTINCT number) FROM people WHERE told <> '' AND length(key) = 16"
        ).fetchone()[0],
        session.path.stat().st_size + wal_size(session.path),
        host,
        holder,
        ended_of(session),
    )


def stuck(session: Session) -> tuple[Stuck, ...]:
    """The first pending calls that failed while others got through."""
    session.flush()
    sql = (
        "SELECT id, line, call, metric, charges.charges FROM outbox JOIN charges USING (id) "
        "ORDER BY id LIMIT 20"
    )
    return tuple(Stuck(*row) for row in session.connection.execute(sql))


_ENDED: Final = "ended"


def ended_of(session: Session) -> str:
    """How the last run ended; empty if it was killed."""
    sql = "SELECT value FROM meta WHERE name = ?"
    found = session.connection.execute(sql, (_ENDED,)).fetchone()
    return found[0].decode(errors="replace") if found and isinstance(found[0], bytes) else ""


def begin(session: Session) -> None:
    """Record that a run begins; until `report`, it counts as killed."""
    report(session, "", is_complete=False)


def report(session: Session, how: str, is_complete: bool = True) -> None:
    """Record how the run ended and, if it is complete, that all counts were reported."""
    if is_complete:
        counting.report(session.book)
    session.write()
    row = (_ENDED, how.encode(errors="replace"))
    session.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", row)


def probe(session: Session) -> None:
    """Write to the disk to see that it works; raises StoreError if it does not."""
    begin(session)  # no change: a run is under way
    session.commit()
