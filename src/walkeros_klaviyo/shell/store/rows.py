"""What does a row of the store represent?

A pending call becomes an item for the sender, a body to post, or a dead letter. Each row is sealed
by digests: `head` over what the sender needs, `seal` over everything. A row whose seal does not
match is `Damaged` and never sent.
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
"""The code of a dead letter whose row was damaged; it can be viewed but is never sent."""

SELECT_CALLS: Final = f"SELECT {', '.join(CallRow._fields)} FROM outbox"
SELECT_SHORT: Final = f"SELECT {', '.join(CallRow._fields[:-3])}, length(body) FROM outbox"
SELECT_LETTERS: Final = f"SELECT {', '.join(LetterRow._fields)} FROM letters"
SELECT_AGAIN: Final = f"SELECT {', '.join(AgainRow._fields)} FROM again"
INSERT_CALL: Final = f"INSERT INTO outbox VALUES ({', '.join('?' * len(CallRow._fields))})"
INSERT_LETTER: Final = f"INSERT INTO letters VALUES ({', '.join('?' * len(LetterRow._fields))})"
INSERT_AGAIN: Final = f"INSERT INTO again VALUES ({', '.join('?' * len(AgainRow._fields))})"


@frozen
class Body:
    """A call's body, as posted."""

    id: int
    call: str
    text: bytes


@frozen
class Damaged:
    """A row that was changed or is gone; it is not sent."""

    id: int


@frozen
class DeadLetter:
    """A dead letter, complete for display."""

    id: int
    at: float
    """When it died, in seconds since 1970."""
    letter: Letter
    body: bytes | None
    """What would have been posted; None if the event led to no call."""

    @property
    def can_be_retried(self) -> bool:
        """Is its event intact, so that it can be planned again?"""
        return self.letter.code != DAMAGED


@frozen
class Again:
    """A retried dead letter, whose event is to be planned again; `number` is its call's."""

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
    """The row of a retried dead letter; of its blobs only the event is kept."""
    values = letter._asdict()
    columns = tuple(values[name] for name in AgainRow._fields[:-2])
    return AgainRow._make((*columns, salted.seal(columns, letter.raw), letter.raw))


def item_of(salted: Salted, row: tuple[Any, ...]) -> Item | Damaged:
    """The sender's item for a call, from the columns up to `head` and the body's size."""
    *columns, head, size = row
    if head != salted.seal((*columns, size)) or columns[2] not in ENDPOINTS:
        return Damaged(columns[0])
    return item_from(columns, size)


def item_from(columns: Sequence[Any], size: int, waits_with: tuple[str, ...] | None = None) -> Item:
    """The sender's item for a call, from columns that are known to be intact.

    `waits_with`: its lanes (order keys), if more identifiers of the person are known by now.
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
    """Is a row of the outbox intact?"""
    return call_row(salted, row[:-4], row[-2], row[-1]) == row


def is_whole_letter(salted: Salted, row: tuple[Any, ...]) -> bool:
    """Is a dead letter intact?"""
    return bool(row[-4] == salted.seal(row[:-4], *row[-3:]))


def is_whole_again(salted: Salted, row: tuple[Any, ...]) -> bool:
    """Is a retried letter intact?"""
    return bool(row[-2] == salted.seal(row[:-2], row[-1]))


def letter_of(row: LetterRow) -> DeadLetter:
    """The dead letter of an intact row."""
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
    """The retried letter of an intact row."""
    origin = Origin(row.line, row.event, row.raw)
    return Again(row.id, row.number, row.call, row.metric, bool(row.decides), origin)


def plain(text: str) -> str:
    """A string that SQLite can hold; unpaired surrogates become question marks.

    >>> plain("caf\\ud83d")
    'caf?'
    """
    return text if text.isascii() else text.encode(errors="replace").decode()


def split(joined: bytes) -> tuple[bytes, ...]:
    """Split joined digests.

    >>> split(b"a" * 16 + b"b" * 16) == (b"a" * 16, b"b" * 16)
    True
    """
    if len(joined) <= 16:  # nearly always it is one, or two
        return (joined,) if joined else ()
    if len(joined) == 32:
        return joined[:16], joined[16:]
    return tuple([joined[at : at + 16] for at in range(0, len(joined), 16)])


def as_blob(value: object) -> bytes:
    """The value of a blob column, even if damage changed its type."""
    if isinstance(value, bytes):
        return value
    return b"" if value is None else str(value).encode(errors="replace")
