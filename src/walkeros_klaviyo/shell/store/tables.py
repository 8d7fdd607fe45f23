"""Which tables does a store have, and how is an older store migrated?

Bodies, lines and Klaviyo's own words hold personal data; they are blobs, deleted with their rows.
All other columns are free of it: digests, numbers, names of metrics, codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

APPLICATION_ID: Final = 0x774B_6C61  # "wKla"
VERSION: Final = 4


class CallRow(NamedTuple):
    """A pending call. `number` is the id of the call that first sent what it sends."""

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
    """A dead letter: the columns of its call, why it died, and its contents."""

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
    """A retried dead letter, under the same id: the next run plans its event again."""

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


# As these versions had them, not as the classes above have them now: another column comes by a step
# of its own, which every new store takes, too.
_CALL: Final = (
    "number, call, lane, repeat, metric, decides, bulk, told, told_before, line, event, at"
)
_AGAIN: Final = "number, call, lane, metric, decides, line, event, at, seal, raw"

MIGRATIONS: Final[Mapping[int, tuple[str, ...]]] = MappingProxyType(
    {
        0: (
            "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
            # Pending calls, a row each, in order of acceptance; blobs come last, so that the small
            # columns can be read without them.
            f"CREATE TABLE outbox (id INTEGER PRIMARY KEY, {_CALL}, head, seal, body, raw)",
            f"CREATE TABLE letters (id INTEGER PRIMARY KEY, {_CALL}, status, code, pointer, seal,"
            " detail, body, raw)",
            # What Klaviyo was last sent, by the digest of a profile's key, and by which call.
            "CREATE TABLE states (profile BLOB PRIMARY KEY, told TEXT, number INTEGER)"
            " WITHOUT ROWID",
            # Counts, updated with each commit.
            "CREATE TABLE tally (kind TEXT, name TEXT, value INTEGER, seal BLOB,"
            " PRIMARY KEY (kind, name)) WITHOUT ROWID",
            # How far each source has been read.
            "CREATE TABLE positions (source BLOB PRIMARY KEY, offset INTEGER, line INTEGER,"
            " digest TEXT, seal BLOB) WITHOUT ROWID",
        ),
        1: (
            # The charges of pending calls: failures blamed on the call itself.
            "CREATE TABLE charges (id INTEGER PRIMARY KEY, charges INTEGER, seal BLOB)",
        ),
        2: (
            # A person's state, under the digest of each of their keys (see people.py).
            # Earlier state does not fit these rules, so everything is sent once more.
            "CREATE TABLE people (key BLOB PRIMARY KEY, told TEXT, time REAL, linked BLOB,"
            " certain TEXT, number INTEGER) WITHOUT ROWID",
            "INSERT INTO people SELECT profile, '', NULL, profile, '-', number FROM states",
            "DROP TABLE states",
        ),
        3: (f"CREATE TABLE again (id INTEGER PRIMARY KEY, {_AGAIN})",),
    }
)
"""The statements that migrate each version to the next."""


def steps(
    found: int, wanted: int = VERSION, migrations: Mapping[int, tuple[str, ...]] = MIGRATIONS
) -> tuple[str, ...]:
    """The statements that migrate one version to another; LookupError if there are none.

    >>> steps(VERSION)
    ()
    >>> len(steps(0)) > 5
    True
    """
    missing = [version for version in range(found, wanted) if version not in migrations]
    if missing or found > wanted:
        raise LookupError(f"no way leads from version {found} to {wanted}")
    return tuple(one for version in range(found, wanted) for one in migrations[version])
