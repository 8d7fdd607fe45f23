"""Which faults does the sandbox simulate?

At random, with one seeded draw per request, so that the same seed and order of requests give the
same faults:

    error     500, 502, 503 or 504; nothing recorded
    reset     the connection closes without an answer; recorded or not, by luck
    slow      recorded, answered late
    throttle  429 with Retry-After; nothing recorded
    half      recorded, and the answer is cut off
    lie       recorded, but answered 503
    page      somebody else's web page, with one of many statuses; nothing recorded
    stray     a status that Klaviyo does not give, without JSON:API; nothing recorded

By a row's content, so that the same rows always fail, alone or among others:

    poison    any request with such an event or profile is answered 500; nothing recorded
    conflict  an upsert of such a profile by two or more identifiers is answered 409
    phone     a row with such a phone number is refused for it

At random for imports: `cancel`, the job ends as cancelled, importing nothing. By a request's size:
`bytes`, a longer one gets a 413 that is not Klaviyo's; `rows`, one with more is reset.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

from attrs import field, frozen

Name: TypeAlias = Literal["error", "reset", "slow", "throttle", "half", "lie", "page", "stray"]
NAMES: Final[tuple[str, ...]] = get_args(Name)
"""Faults decided by one draw per request."""
CHANCES: Final = ("poison", "conflict", "phone", "cancel")
"""Faults with a chance of their own."""
BOUNDS: Final = ("bytes", "rows")
"""Faults by the size of a request."""
FOREIGN: Final = frozenset({"page", "stray"})
"""Faults whose answer is not Klaviyo's, whatever its status."""
ERRORS: Final = (500, 502, 503, 504)


@frozen
class Fault:
    """The fault of one request."""

    name: str
    status: int = 500
    """The status of an `error`."""
    recorded: bool = False
    """Whether the request is recorded nevertheless."""
    retry_after: int = 1
    pick: float = 0.0
    """Picks one of several pages or stray answers, from 0 to 1."""


def _known(faults: object, attribute: object, rates: Mapping[str, float]) -> None:
    for name in rates:
        if name not in NAMES:
            raise ValueError(f"{name}: not decided by a draw; those are {', '.join(NAMES)}")


@frozen
class Faults:
    """The chance of each fault, 0 to 1, and the bounds on a request's size."""

    rates: Mapping[str, float] = field(factory=dict, validator=_known)
    """The chances of the faults decided by one draw."""
    poison: float = 0.0
    conflict: float = 0.0
    phone: float = 0.0
    cancel: float = 0.0
    bytes: int | None = None
    rows: int | None = None

    def draw(self, luck: random.Random) -> Fault | None:
        """The fault of the next request, or None. Consumes the same random numbers either way.

        >>> Faults({"lie": 1.0}).draw(random.Random(1)).recorded
        True
        """
        if not self.rates:
            return None
        roll, status, side = luck.random(), luck.randrange(4), luck.random() < 0.5
        retry_after = luck.randint(1, 2)
        for name, rate in self.rates.items():
            if roll < rate:
                recorded = side if name == "reset" else name in ("slow", "half", "lie")
                # The position within its share is random too, and needs no further draw.
                return Fault(name, ERRORS[status], recorded, retry_after, roll / rate)
            roll -= rate
        return None
