"""Which tables? And how does an older store become one of today's?

Bodies, lines and Klaviyo's own words hold personal data and are blobs of a row that goes away;
what else a column holds says nothing of a person: digests, numbers, names of metrics, codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

APPLICATION_ID: Final = 0x774B_6C61  # "wKla"
VERSION: Final = 4


class CallRow(NamedTuple):
    """A call that waits. `number` is the id of the call that first told what it tells."""

    id: int
    number: int
    call: str | None
    lane: bytes | None
    repeat: bytes | None
    metric: str | None
    decides: int
    bulk: int
    told: str | None
    told_before: str | None
    line: int
    event: str | None
    at: float
    head: bytes
    seal: bytes
    body: bytes
    raw: bytes


class LetterRow(NamedTuple):
    """A dead letter: the columns of the call that it was, why it died, and what it held."""

    id: int
    number: int
    call: str | None
    lane: bytes | None
    repeat: bytes | None
    metric: str | None
    decides: int
    bulk: int
    told: str | None
    told_before: str | None
    line: int
    event: str | None
    at: float
    status: int | None
    code: str
    pointer: str
    seal: bytes
    detail: bytes
    body: bytes | None
    raw: bytes


class AgainRow(NamedTuple):
    """What was the dead letter of that id, and whose event the next run plans anew."""

    id: int
    number: int
    call: str | None
    lane: bytes | None
    metric: str | None
    decides: int
    line: int
    event: str | None
    at: float
    seal: bytes
    raw: bytes


MIGRATIONS: Final[Mapping[int, tuple[str, ...]]] = MappingProxyType(
    {
        0: (
            "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
            # What waits: a row a call, in the order of acceptance; the blobs come last, so that
            # what is small is read without them.
            f"CREATE TABLE outbox (id INTEGER PRIMARY KEY, {', '.join(CallRow._fields[1:])})",
            f"CREATE TABLE letters (id INTEGER PRIMARY KEY, {', '.join(LetterRow._fields[1:])})",
            # What Klaviyo was last told, by the digest of a profile's key, and by which call.
            "CREATE TABLE states (profile BLOB PRIMARY KEY, told TEXT, number INTEGER)"
            " WITHOUT ROWID",
            # Counts, kept up to date with each commit.
            "CREATE TABLE tally (kind TEXT, name TEXT, value INTEGER, seal BLOB,"
            " PRIMARY KEY (kind, name)) WITHOUT ROWID",
            # How far each source was read.
            "CREATE TABLE positions (source BLOB PRIMARY KEY, offset INTEGER, line INTEGER,"
            " digest TEXT, seal BLOB) WITHOUT ROWID",
        ),
        1: (
            # What calls that wait have used up of their patience.
            "CREATE TABLE charges (id INTEGER PRIMARY KEY, charges INTEGER, seal BLOB)",
        ),
        2: (
            # What is known of a person, under the digest of each of their keys (see people.py).
            # What was told before is not known by these rules: all of it is told once more.
            "CREATE TABLE people (key BLOB PRIMARY KEY, told TEXT, time REAL, linked BLOB,"
            " certain TEXT, number INTEGER) WITHOUT ROWID",
            "INSERT INTO people SELECT profile, '', NULL, profile, '-', number FROM states",
            "DROP TABLE states",
        ),
        3: (f"CREATE TABLE again (id INTEGER PRIMARY KEY, {', '.join(AgainRow._fields[1:])})",),
    }
)
"""By version: what makes the next one of it."""


def steps(
    found: int, wanted: int = VERSION, migrations: Mapping[int, tuple[str, ...]] = MIGRATIONS
) -> tuple[str, ...]:
    """The statements that lead from one version to another; LookupError where no way leads.

    >>> steps(VERSION)
    ()
    >>> len(steps(0)) > 5
    True
    """
    missing = [version for version in range(found, wanted) if version not in migrations]
    if missing or found > wanted:
        raise LookupError(f"no way leads from version {found} to {wanted}")
    return tuple(one for version in range(found, wanted) for one in migrations[version])
