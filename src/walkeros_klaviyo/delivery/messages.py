"""What is said between the sender and whoever acts for it?

Messages go in, commands come out; both are values. Bodies never pass through here: the sender
knows an item by its number, and the shell holds what it stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from types import MappingProxyType
from typing import Final, Literal

from attrs import frozen

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS

NetworkFault = Literal["connect", "reset", "timeout", "tls", "crash", "unsent"]
"""How a request ended without an answer: nobody there, cut off, too slow, not to be trusted, a
fault of our own in making it, or not made at all."""

_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


@frozen
class Dead:
    """Klaviyo refused this item for good: the reason in its own words."""

    id: int
    status: int | None
    code: str
    detail: str
    pointer: str = ""


@frozen
class Repair:
    """What a refused call leaves out when it goes once more, and how it was refused before.

    `leave_out` names identifiers of its profile; WEAKER stands for all but the strongest.
    """

    leave_out: tuple[str, ...]
    refused: Dead


WEAKER: Final = "weaker"


@frozen
class Item:
    """One call that waits: its number (in the order of acceptance), endpoint and person.

    `lanes` stand for the person's identifiers; calls that share one keep their order.
    `repeat` stands for an event's metric and unique_id: two of one never share a request. `group`
    stands for what a job says once for all its rows, such as a list: only items of one share it.
    `bulk` asks for bulk whatever the backlog. `most` rows may share a request with it (0: as many
    as there is room for; 1: it goes alone). `failures` counts its requests that failed since it
    was last halved, `failed_at` is when the last one did, `in_silence` whether nobody got through
    before that; `charges` count against itself.
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
        """Do all later calls of the person wait for it?"""
        return ENDPOINTS[self.call].changes_profile

    @property
    def is_alone(self) -> bool:
        """Does it share its request with nobody?"""
        return self.most == 1

    @property
    def is_suspect(self) -> bool:
        """A charged item: every second try uses the bulk endpoint, where others pass."""
        return self.is_alone and self.charges > 0 and self.failures > 1 and self.failures % 2 == 0


@frozen
class Answer:
    """What came back for a request: a status, or a fault of the network.

    `wall` is the shell's clock in seconds since 1970 when it came, for a Retry-After that is a
    date. Header names are in lower case. Where a fault left no body, `body` says what went wrong.
    """

    status: int | None
    headers: Mapping[str, str] = _NO_HEADERS
    body: bytes = b""
    fault: NetworkFault | None = None
    wall: float = 0.0


@frozen
class Arrived:
    """New items to be sent, in the order of acceptance."""

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
    """Start nothing new; what is under way may still be answered."""


@frozen
class Resumed:
    """After a stop: what it was for may be mended, so go on with all that waits."""


Message = Arrived | Answered | Woke | Draining | Resumed


@frozen
class Post:
    """Send these items by this endpoint, as one request."""

    request: int
    call: str
    ids: tuple[int, ...]
    leave_out: tuple[str, ...] = ()
    """Of the only item's profile (see Repair)."""


@frozen
class Ask:
    """Ask how far an import is (`errors`: which of its rows failed)."""

    request: int
    job: str
    errors: bool = False


@frozen
class Warn:
    """Something a person should know, though nothing is lost by it."""

    code: str
    detail: str


@frozen
class Delivered:
    """Klaviyo has taken these items."""

    ids: tuple[int, ...]
    left_out: tuple[str, ...] = ()
    """What the only item's profile went without (see Repair)."""


@frozen
class Charged:
    """So many failures count against this item itself; a restart must not forget them."""

    id: int
    charges: int


@frozen
class Sleep:
    """Nothing is to do before this time, unless an answer or new items come."""

    until: float


Reason = Literal["key", "scope", "unreachable", "not-klaviyo", "tls", "stuck", "ended"]
"""Why there is no use in going on."""


@frozen
class Stop:
    """No use in going on: keep everything, and tell the person."""

    reason: Reason
    detail: str


Command = Post | Ask | Warn | Delivered | Charged | Dead | Sleep | Stop
