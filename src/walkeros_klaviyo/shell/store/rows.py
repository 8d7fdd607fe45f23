"""What does a row stand for?

A call that waits becomes an item for the sender, a body to be posted, or a dead letter. Each row
is sealed: `head` over what the sender needs, `seal` over everything. A row whose seal does not
fit is `Damaged`, and is never sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS
from walkeros_klaviyo.delivery.messages import Item

from .checksum import Salted
from .letter import Letter, Origin
from .tables import AgainRow, CallRow, LetterRow

DAMAGED: Final = "store.damaged"
"""The code of a dead letter whose row was damaged; it can be looked at, and is never sent."""

SELECT_CALLS: Final = f"SELECT {', '.join(CallRow._fields)} FROM outbox"
SELECT_SHORT: Final = f"SELECT {', '.join(CallRow._fields[:-3])}, length(body) FROM outbox"
SELECT_LETTERS: Final = f"SELECT {', '.join(LetterRow._fields)} FROM letters"
SELECT_AGAIN: Final = f"SELECT {', '.join(AgainRow._fields)} FROM again"
INSERT_CALL: Final = f"INSERT INTO outbox VALUES ({', '.join('?' * len(CallRow._fields))})"
INSERT_LETTER: Final = f"INSERT INTO letters VALUES ({', '.join('?' * len(LetterRow._fields))})"
INSERT_AGAIN: Final = f"INSERT INTO again VALUES ({', '.join('?' * len(AgainRow._fields))})"


@frozen
class Body:
    """A call's body, as it will be posted."""

    id: int
    call: str
    text: bytes


@frozen
class Damaged:
    """A row that is not as we wrote it, or is gone: it is not sent."""

    id: int


@frozen
class DeadLetter:
    """A dead letter with everything a person needs."""

    id: int
    at: float
    """When it died, in seconds since 1970."""
    letter: Letter
    body: bytes | None
    """What was to be posted; None where the event came to no call."""

    @property
    def can_be_retried(self) -> bool:
        """Is its event whole, so that it can be planned anew?"""
        return self.letter.code != DAMAGED


@frozen
class Again:
    """What was a dead letter, and whose event is to be planned anew; `number` is its call's."""

    id: int
    number: int
    call: str | None
    metric: str | None
    decides: bool
    origin: Origin


def call_row(
    salted: Salted, columns: tuple[Any, ...], body: bytes | None, raw: bytes
) -> tuple[Any, ...]:
    """A row of the outbox: its columns up to `at`, sealed, with its blobs."""
    size = len(body) if isinstance(body, bytes) else None
    head = salted.seal((*columns, size))
    return (*columns, head, salted.seal((head,), body, raw), body, raw)


def letter_row(
    salted: Salted, columns: tuple[Any, ...], detail: bytes, body: bytes | None, raw: bytes
) -> LetterRow:
    """A row of the letters: its columns up to `pointer`, sealed, with its blobs."""
    seal = salted.seal(columns, detail, body, raw)
    return LetterRow._make((*columns, seal, detail, body, raw))


def again_row(salted: Salted, letter: LetterRow) -> AgainRow:
    """The row of what was a dead letter: of its blobs the event alone is kept."""
    values = letter._asdict()
    columns = tuple(values[name] for name in AgainRow._fields[:-2])
    return AgainRow._make((*columns, salted.seal(columns, letter.raw), letter.raw))


def item_of(salted: Salted, row: tuple[Any, ...]) -> Item | Damaged:
    """What the sender is told of a call: the columns up to `head`, and the body's size."""
    *columns, head, size = row
    if head != salted.seal((*columns, size)) or columns[2] not in ENDPOINTS:
        return Damaged(columns[0])
    return item_from(columns, size)


def item_from(columns: Sequence[Any], size: int, waits_with: tuple[str, ...] | None = None) -> Item:
    """What the sender is told of a call, from a row's columns that are known to be whole.

    `waits_with`: its lanes, where more is known of whose it is than the row says.
    """
    identity, _, call, lanes, likeness, _, _, bulk = columns[:8]
    like = None if likeness is None else likeness.hex()
    is_event = not ENDPOINTS[call].changes_profile
    return Item(
        identity,
        call,
        _lanes(lanes) if waits_with is None else waits_with,
        size,
        like if is_event else None,
        "" if is_event or like is None else like,
        bulk=bool(bulk),
    )


def _lanes(lanes: bytes | None) -> tuple[str, ...]:
    return () if lanes is None else tuple(one.hex() for one in split(lanes))


def is_whole_call(salted: Salted, row: tuple[Any, ...]) -> bool:
    """Is a row of the outbox as we wrote it?"""
    return call_row(salted, row[:-4], row[-2], row[-1]) == row


def is_whole_letter(salted: Salted, row: tuple[Any, ...]) -> bool:
    """Is a dead letter as we wrote it?"""
    return bool(row[-4] == salted.seal(row[:-4], *row[-3:]))


def is_whole_again(salted: Salted, row: tuple[Any, ...]) -> bool:
    """Is what is to be planned anew as we wrote it?"""
    return bool(row[-2] == salted.seal(row[:-2], row[-1]))


def letter_of(row: LetterRow) -> DeadLetter:
    """A dead letter for people, from a whole row."""
    letter = Letter(
        Origin(row.line, row.event, row.raw),
        row.call,
        row.metric,
        row.status,
        row.code,
        row.detail.decode(errors="replace"),
        row.pointer,
    )
    return DeadLetter(row.id, row.at, letter, row.body)


def again_of(row: AgainRow) -> Again:
    """What is to be planned anew, from a whole row."""
    origin = Origin(row.line, row.event, row.raw)
    return Again(row.id, row.number, row.call, row.metric, bool(row.decides), origin)


def plain(text: str) -> str:
    """A string that SQLite can hold; half characters become question marks.

    >>> plain("caf\\ud83d")
    'caf?'
    """
    return text if text.isascii() else text.encode(errors="replace").decode()


def split(joined: bytes) -> tuple[bytes, ...]:
    """Digests that were joined.

    >>> split(b"a" * 16 + b"b" * 16) == (b"a" * 16, b"b" * 16)
    True
    """
    if len(joined) <= 16:  # nearly always it is one, or two
        return (joined,) if joined else ()
    if len(joined) == 32:
        return joined[:16], joined[16:]
    return tuple([joined[at : at + 16] for at in range(0, len(joined), 16)])


def as_blob(value: object) -> bytes:
    """What stands where a blob should, even if damage made it something else."""
    if isinstance(value, bytes):
        return value
    return b"" if value is None else str(value).encode(errors="replace")
