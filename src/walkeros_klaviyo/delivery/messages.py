"""Which messages does the sender take, and which commands does it give?

Both are plain values. Request bodies never pass through here: the sender knows an item by its
number, and the shell keeps the call behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from types import MappingProxyType
from typing import Final, Literal

from attrs import frozen

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS

NetworkFault = Literal["connect", "reset", "timeout", "tls", "crash", "unsent"]
"""How a request ended without an answer: no connection, cut off, timed out, certificate not
trusted, an error of our own while making it, or not made at all."""

_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


@frozen
class Dead:
    """Klaviyo refused this item for good: a dead letter, with the reason in Klaviyo's words."""

    id: int
    status: int | None
    code: str
    detail: str
    pointer: str = ""


@frozen
class Repair:
    """What to leave out of a refused call when it is resent, and how it was first refused.

    `leave_out` names identifiers of its profile; WEAKER stands for all but the strongest.
    """

    leave_out: tuple[str, ...]
    refused: Dead


WEAKER: Final = "weaker"


@frozen
class Item:
    """One pending call: its number (in order of acceptance), its endpoint, and how it may be sent.

    `lanes` are order keys, one per identifier of the person: calls that share one keep their order.
    `repeat` stands for an event's metric and unique_id: two with the same never share a request.
    `group` stands for a job's envelope, such as its list: only items of one group share a request.
    `bulk` asks for bulk whatever the backlog. `size` is in bytes. `most` is how many rows its
    request may have (0: any number; 1: it is sent alone). `failures` counts failed requests since
    the last halving, `failed_at` is when the last one failed; `in_silence`: nothing else got
    through then. `charges` are failures blamed on the item itself: too many make it a dead letter.
    """

    id: int
    call: str
    lanes: tuple[str, ...] = ()
    size: int = 0
    repeat: str | None = None
    group: str = ""
    bulk: bool = False
    most: int = 0
    failures: int = 0
    failed_at: float = -inf
    in_silence: bool = False
    charges: int = 0
    repair: Repair | None = None

    @property
    def is_upsert(self) -> bool:
        """Must all later calls of the person wait for it?"""
        return ENDPOINTS[self.call].changes_profile

    @property
    def is_alone(self) -> bool:
        """Is it sent in a request of its own?"""
        return self.most == 1

    @property
    def is_suspect(self) -> bool:
        """Is its next try by the bulk endpoint? Charged items alternate between the two."""
        return self.is_alone and self.charges > 0 and self.failures > 1 and self.failures % 2 == 0


@frozen
class Answer:
    """What came back for a request: a status, or a network fault.

    `wall` is the time of arrival in seconds since 1970, for a Retry-After that is a date. Header
    names are in lower case. Where a fault left no body, `body` describes what went wrong.
    """

    status: int | None
    headers: Mapping[str, str] = _NO_HEADERS
    body: bytes = b""
    fault: NetworkFault | None = None
    wall: float = 0.0


@frozen
class Arrived:
    """New items to send, in the order of acceptance."""

    items: tuple[Item, ...]


@frozen
class Answered:
    """A request was answered, or failed."""

    request: int
    answer: Answer


@frozen
class Woke:
    """Time has passed."""


@frozen
class Draining:
    """Start nothing new; requests under way may still be answered."""


@frozen
class Resumed:
    """Continue after a stop: its cause may have been fixed."""


Message = Arrived | Answered | Woke | Draining | Resumed


@frozen
class Post:
    """Send these items in one request to this endpoint."""

    request: int
    call: str
    ids: tuple[int, ...]
    leave_out: tuple[str, ...] = ()
    """Identifiers to leave out of the only item's profile (see Repair)."""


@frozen
class Ask:
    """Ask for an import's progress (or, with `errors`, which of its rows failed)."""

    request: int
    job: str
    errors: bool = False


@frozen
class Warn:
    """Something the user should know, though nothing is lost."""

    code: str
    detail: str


@frozen
class Delivered:
    """Klaviyo has accepted these items."""

    ids: tuple[int, ...]
    left_out: tuple[str, ...] = ()
    """Identifiers left out of the only item's profile (see Repair)."""


@frozen
class Charged:
    """The failures blamed on this item itself; store them, for a restart must not forget them."""

    id: int
    charges: int


@frozen
class Sleep:
    """Nothing to do before this time, unless an answer or new items arrive."""

    until: float


Reason = Literal["key", "scope", "unreachable", "not-klaviyo", "tls", "stuck", "ended"]
"""Why it is pointless to go on."""


@frozen
class Stop:
    """It is pointless to go on: keep everything and tell the user why."""

    reason: Reason
    detail: str


Command = Post | Ask | Warn | Delivered | Charged | Dead | Sleep | Stop
